// Stand-ins for what the script needs of org.gradle.api. Each does the least that its real one promises.
package org.gradle.api

interface Action<T> { void execute(T subject) }

class GradleException extends RuntimeException {
    GradleException(String message, Throwable cause = null) { super(message, cause) }
}

abstract class DefaultTask {
    String name, group, description
    List dependencies = [], finalizers = []
    final logger = new Log()

    void dependsOn(Object... tasks) { dependencies.addAll(tasks) }

    void finalizedBy(Object... tasks) { finalizers.addAll(tasks) }
}

class Log {
    final List<String> warnings = [], errors = []

    void warn(String line) { warnings << line }

    void error(String line) { errors << line }
}
