// Executes the script of `apkkey gradle` against the stand-ins beside this file, with the real program:
//   Check.groovy SCRIPT PROGRAM FIXTURES FOLDER
import com.android.build.api.artifact.*
import org.codehaus.groovy.control.CompilerConfiguration
import org.codehaus.groovy.control.customizers.ImportCustomizer
import org.gradle.api.DefaultTask
import org.gradle.api.GradleException
import org.gradle.api.file.*
import org.gradle.api.provider.*
import org.gradle.api.tasks.*
import org.gradle.process.ExecOperations

import java.lang.reflect.Modifier

/** What is registered is made when it is asked for, once. */
class Registered {
    Class type
    String name
    List<Closure> actions = []
    Map<String, String> environment
    private DefaultTask made

    void configure(Closure action) { made == null ? actions << action : action(made) }

    DefaultTask get() {
        if (made == null) {
            def properties = type.methods.findAll { Modifier.isAbstract(it.modifiers) }.collectEntries { getter ->
                assert getter.annotations.any { it.annotationType().simpleName in ['Input', 'InputFiles', 'Internal', 'Inject', 'OutputDirectory', 'OutputFile'] }
                def value = getter.returnType == ExecOperations ? new ExecOperations(environment) : getter.returnType.newInstance()
                [(getter.name): { value }]
            }
            made = type == DefaultTask ? new PlainTask() : properties.asType(type)
            made.name = name
            actions.each { it(made) }
        }
        return made
    }
}

class PlainTask extends DefaultTask {}

class Tasks {
    final Map<String, Registered> all = [:]
    final List<Closure> forAll = []
    Map<String, String> environment

    Registered register(String name, Class type = DefaultTask, Closure action) {
        assert !all.containsKey(name)
        return all[name] = new Registered(name: name, type: type, actions: [action], environment: environment)
    }

    void configureEach(Closure action) { forAll << action }
}

class Build {
    File folder
    String text
    Map version = [major: 8, minor: 3]
    Map<String, String> environment = [:], properties = [:]
    List<Variant> variants = [variant('amazon', 'debug'), variant('amazon', 'release'), variant('play', 'release')]
    Tasks tasks

    static Variant variant(String flavor, String type) {
        new Variant(name: flavor + type.capitalize(), buildType: type, flavorName: flavor,
            productFlavors: [[first: 'store', second: flavor]], applicationId: Provider.of('com.example.apkkeydemo'))
    }

    Build apply(File script, String settings) {
        tasks = new Tasks(environment: environment)
        if (settings != null) new File(folder, 'apkkey.toml').text = settings
        def imports = new ImportCustomizer()
        // of those that Gradle imports by itself
        imports.addStarImports('org.gradle.api', 'org.gradle.api.file', 'org.gradle.api.provider', 'org.gradle.api.tasks', 'org.gradle.work')
        def configuration = new CompilerConfiguration()
        configuration.addCompilationCustomizers(imports)
        def components = new Components(pluginVersion: version, variants: variants)
        def binding = new Binding(
            tasks: tasks,
            layout: [projectDirectory: new Located(asFile: folder), buildDirectory: [file: { new Located(asFile: new File(folder, "build/$it")) }]],
            providers: [
                fileContents: { file -> [asText: Provider.of(file.asFile.isFile() ? file.asFile.text : null)] },
                gradleProperty: { Provider.of(properties[it]) },
                environmentVariable: { name -> new Provider(ask: { environment[name] }) },
            ],
            extensions: [getByName: { assert it == 'androidComponents'; components }],
            plugins: [withId: { id, Closure action -> assert id == 'com.android.application'; action() }],
        )
        new GroovyShell(SingleArtifact.classLoader, binding, configuration).evaluate(script)
        return this
    }

    DefaultTask task(String name) { tasks.all[name].get() }

    /** What a task says when it fails. */
    String failure(DefaultTask task, String action) {
        try {
            task."$action"()
        } catch (GradleException error) {
            return error.message
        }
        throw new AssertionError("${task.name} did not fail")
    }
}

def (script, program, fixtures, folder) = args.collect { new File(it).absoluteFile }
def key = { new File(fixtures, "token/${it}.txt").text }
def module = { String name ->
    def made = new File(folder, name)
    made.mkdirs()
    new File(made, 'test-key.pem').bytes = new File(fixtures, 'keys/token-test-key.pub.pem').bytes
    return made
}
def head = 'verify.token-key = "test-key.pem"\n'
def environment = [APKKEY: program.path, AMAZON_API_KEY: key('release')]
def settings = head + '[variants.amazonRelease]\napi-key = "env:AMAZON_API_KEY"\n[variants."amazon*"]\ncertificate = { file = "cert.pem" }\n'

// the wiring
def build = new Build(folder: module('wired'), environment: environment).apply(script, settings)
assert build.tasks.all.keySet() == ['apkkeyVerify', 'generateAmazonDebugAmazonApiKey', 'verifyAmazonDebugAmazonApiKey',
    'verifyAmazonDebugBundleAmazonApiKey', 'generateAmazonReleaseAmazonApiKey', 'verifyAmazonReleaseAmazonApiKey',
    'verifyAmazonReleaseBundleAmazonApiKey'] as Set
def (debug, release, play) = build.variants
assert play.sources.assets.added == null && play.artifacts.listeners.isEmpty()
def (added, where) = release.sources.assets.added
def generate = added.get()
assert generate.is(build.task('generateAmazonReleaseAmazonApiKey')) && where(generate).is(generate.outputDirectory)
assert generate.sourceSets.get() == ['amazonRelease', 'release', 'amazon', 'main']
def digest = java.security.MessageDigest.getInstance('SHA-256').digest(environment.AMAZON_API_KEY.bytes).encodeHex().toString()
assert generate.secrets.get() == [AMAZON_API_KEY: digest]
def watched = generate.settings.paths.collect { it instanceof Located ? it.asFile.name : it.toString() }
assert watched.containsAll(['apkkey.toml', 'test-key.pem', 'cert.pem', 'src/amazonRelease/assets/api_key.txt', 'src/main/assets/api_key.txt'])
def (listener, input) = release.artifacts.listeners[SingleArtifact.APK.INSTANCE]
assert input(listener.get()).is(build.task('verifyAmazonReleaseAmazonApiKey').apkFolder)
def (bundleListener, bundleInput) = release.artifacts.listeners[SingleArtifact.BUNDLE.INSTANCE]
assert bundleInput(bundleListener.get()).is(build.task('verifyAmazonReleaseBundleAmazonApiKey').bundle)
assert build.task('apkkeyVerify').dependencies.size() == 8
assert new Build(folder: module('all'), environment: environment).apply(script, head).tasks.all.keySet().any { it.contains('Play') }
assert new Build(folder: module('none'), environment: environment).apply(script, null).tasks.all.size() == 10

// before AGP 8.3 no task can listen
def old = new Build(folder: module('old'), environment: environment, version: [major: 8, minor: 2]).apply(script, settings)
assert old.variants.every { it.artifacts.listeners.isEmpty() }
def assemble = new PlainTask(name: 'assembleAmazonRelease')
old.tasks.forAll.each { it(assemble) }
assert assemble.finalizers*.name == ['verifyAmazonReleaseAmazonApiKey']
assert old.task('verifyAmazonReleaseAmazonApiKey').apkFolder.get() == [got: SingleArtifact.APK.INSTANCE]

// the tasks, with the real program
def assets = new File(build.folder, 'generated')
generate.outputDirectory.set(new Located(asFile: assets))
generate.generate()
assert new File(assets, 'api_key.txt').text == key('release') && generate.logger.warnings.isEmpty() && generate.logger.errors.isEmpty()
def outputs = new File(build.folder, 'outputs')
outputs.mkdirs()
def put = { String apk -> new File(outputs, 'app.apk').bytes = new File(fixtures, "apk/${apk}.apk").bytes }
def verify = build.task('verifyAmazonReleaseAmazonApiKey')
verify.apkFolder.set(new Located(asFile: outputs))
put('demo-release')
verify.verify()
assert verify.logger.warnings.isEmpty() && verify.report.get().asFile.text.contains('"verdict": "good"')
put('key-wrong-md5')
def told = build.failure(verify, 'verify')
assert told.startsWith('apkkey: error[key-md5-mismatch]') && told.contains('is from the environment variable AMAZON_API_KEY'), told
new File(build.folder, 'cert.pem').bytes = new File(fixtures, 'keys/upload.crt.pem').bytes
def bundle = build.task('verifyAmazonDebugBundleAmazonApiKey')
bundle.bundle.set(new Located(asFile: new File(fixtures, 'aab/demo-release.aab')))
bundle.verify()
assert bundle.report.get().asFile.name == 'amazonDebug-aab.json' && bundle.report.get().asFile.isFile()

// what is missing
def missing = build.task('generateAmazonDebugAmazonApiKey')
missing.outputDirectory.set(new Located(asFile: new File(build.folder, 'generated-debug')))
told = build.failure(missing, 'generate')
assert told.startsWith('apkkey: error: there is no API key for the variant `amazonDebug`') && told.contains('src/debug/assets/api_key.txt'), told
assert missing.logger.errors.any { it.contains('help: ') }
def nowhere = new Build(folder: module('nowhere'), environment: environment, properties: ['apkkey.executable': '/nowhere/apkkey']).apply(script, settings)
def stopped = nowhere.task('generateAmazonReleaseAmazonApiKey')
stopped.outputDirectory.set(new Located(asFile: assets))
assert nowhere.failure(stopped, 'generate').contains('-Papkkey.executable=PATH')
println '  the script was compiled, wired and executed'
