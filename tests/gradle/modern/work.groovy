package org.gradle.work

@interface DisableCachingByDefault { String because() }
