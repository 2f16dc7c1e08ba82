package org.gradle.api.file

import org.gradle.api.provider.Property

class Located {
    File asFile

    Located file(String path) { new Located(asFile: new File(asFile, path)) }
}

class DirectoryProperty extends Property<Located> {
    Object file(String path) { map { it.file(path) } }
}

class RegularFileProperty extends Property<Located> {}

class ConfigurableFileCollection {
    final List paths = []

    void from(Object... more) { paths.addAll(more.toList().flatten()) }
}
