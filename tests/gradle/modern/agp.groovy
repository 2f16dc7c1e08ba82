// Stand-ins for the new variant API of the Android Gradle plugin.
package com.android.build.api.artifact

import org.gradle.api.Action

class SingleArtifact {
    static class APK { public static final APK INSTANCE = new APK() }
    static class BUNDLE { public static final BUNDLE INSTANCE = new BUNDLE() }
}

class Components {
    Map pluginVersion
    List<Variant> variants

    Map selector() { [all: { 'every variant' }] }

    void onVariants(selector, Action<Variant> action) {
        assert selector == 'every variant'
        variants.each { action.execute(it) }
    }
}

class Variant {
    String name, buildType, flavorName
    List<Map> productFlavors
    def applicationId
    final Sources sources = new Sources()
    final Artifacts artifacts = new Artifacts()
}

class Sources {
    final Assets assets = new Assets()
}

class Assets {
    def added

    /** The plugin chooses where the folder is. */
    void addGeneratedSourceDirectory(task, Closure folder) { added = [task, folder] }
}

class Artifacts {
    final Map listeners = [:]

    Map get(artifact) { [got: artifact] }

    Map use(task) {
        [wiredWith: { Closure input -> [toListenTo: { artifact -> listeners[artifact] = [task, input] }] }]
    }
}
