package org.gradle.process

/** Starts programs for real. */
class ExecOperations {
    final Map<String, String> environment

    ExecOperations(Map<String, String> environment) { this.environment = environment }

    Map exec(Closure configure) {
        def spec = new ExecSpec()
        configure(spec)
        def builder = new ProcessBuilder(spec.words.collect { it.toString() }).directory(spec.folder).redirectErrorStream(true)
        builder.environment().putAll(environment)
        def process = builder.start()
        process.outputStream.close()
        spec.standardOutput << process.inputStream
        assert spec.standardOutput.is(spec.errorOutput) && spec.ignoreExitValue && spec.standardInput.available() == 0
        return [exitValue: process.waitFor()]
    }
}

class ExecSpec {
    List words
    File folder
    InputStream standardInput
    OutputStream standardOutput, errorOutput
    boolean ignoreExitValue

    void commandLine(List words) { this.words = words }

    void workingDir(File folder) { this.folder = folder }
}
