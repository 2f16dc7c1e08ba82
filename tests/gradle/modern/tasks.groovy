package org.gradle.api.tasks

import java.lang.annotation.Retention
import java.lang.annotation.RetentionPolicy

@Retention(RetentionPolicy.RUNTIME) @interface Input {}
@Retention(RetentionPolicy.RUNTIME) @interface InputFiles {}
@Retention(RetentionPolicy.RUNTIME) @interface Internal {}
@Retention(RetentionPolicy.RUNTIME) @interface Optional {}
@Retention(RetentionPolicy.RUNTIME) @interface OutputDirectory {}
@Retention(RetentionPolicy.RUNTIME) @interface OutputFile {}
@Retention(RetentionPolicy.RUNTIME) @interface PathSensitive { PathSensitivity value() }
@Retention(RetentionPolicy.RUNTIME) @interface TaskAction {}

enum PathSensitivity { RELATIVE }
