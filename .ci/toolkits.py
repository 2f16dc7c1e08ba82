"""Runs the examples of docs/toolkits in real projects, as far as the toolkits can be had: python toolkits.py PROGRAM [NAME...]

A block of code under a line that ends with the name of a file in back-quotes and a colon is that file."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
PACKAGE = "com.example.apkkeydemo"


class Page:
    """A page of docs/toolkits: its files, and its other blocks by language."""

    def __init__(self, name):
        text = (ROOT / "docs/toolkits" / f"{name}.md").read_text()
        self.files, self.blocks = {}, []
        for before, language, body in re.findall(r"([^\n]*)\n+```(\w*)\n(.*?)```", text, re.S):
            named = re.search(r"`([^`]+)`:$", before)
            if named:
                self.files[named.group(1)] = body
            else:
                self.blocks.append((language, body))

    def block(self, language, holding=""):
        found = [body for kind, body in self.blocks if kind == language and holding in body]
        assert found, (language, holding)
        return found[0]

    def write(self, folder, *names):
        for name in names or self.files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.files[name])


class Project:
    """A folder in which commands run with apkkey in the path, fixtures' keys being genuine."""

    def __init__(self, program):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        tools = self.folder / ".tools"
        tools.mkdir()
        self.log = tools / "log"
        # the fixtures' keys are signed with a test key, not with Amazon's
        wrapper = tools / "apkkey"
        wrapper.write_text(f"""#!/bin/sh
echo "$*" >>'{self.log}'
case "$1" in key|verify|inject) set -- "$@" '--token-key={FIXTURES}/keys/token-test-key.pub.pem';; esac
exec '{program}' "$@"
""")
        wrapper.chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
        self.environment.pop("APKKEY", None)

    def run(self, *command, code=0, folder=None, **environment):
        ended = subprocess.run(command, cwd=folder or self.folder, env={**self.environment, **environment}, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        assert code is None or ended.returncode == code, f"{command} ended with {ended.returncode}:\n{ended.stdout}"
        return ended.stdout

    def put(self, fixture, name):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(FIXTURES / fixture, path)
        return path

    def called(self):
        """How apkkey was called since the last question."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines

    def npm(self, *packages):
        manifest = self.folder / "package.json"
        if not manifest.exists():
            manifest.write_text('{ "private": true }')
        self.run("npm", "install", "--silent", "--no-audit", "--no-fund", *packages)


def cordova(program):
    page, project = Page("cordova"), Project(program)
    project.npm("cordova@13.0.0")
    app = project.folder / "app"
    project.run("npx", "cordova", "telemetry", "off", code=None)
    project.run("npx", "cordova", "create", "app", PACKAGE, "Demo")
    config = app / "config.xml"
    config.write_text(config.read_text().replace("</widget>", page.block("xml", "<hook") + "</widget>"))
    page.write(app, "hooks/apkkey.js")
    cordova = ["npx", "cordova"]
    project.run(*cordova, "platform", "add", "android@15.1.0", folder=app)
    placed = app / "platforms/android/app/src/main/assets/api_key.txt"
    assert not placed.exists(), "no key for debug builds"

    project.put("token/release.txt", "app/amazon/release/api_key.txt")
    project.put("token/debug.txt", "app/amazon/debug/api_key.txt")
    project.called()
    project.run(*cordova, "prepare", "android", folder=app)
    assert placed.read_bytes() == (FIXTURES / "token/debug.txt").read_bytes()
    # Gradle cannot be had: the build ends there, after the key was put in
    project.run(*cordova, "build", "android", "--release", folder=app, code=None)
    assert placed.read_bytes() == (FIXTURES / "token/release.txt").read_bytes()
    assert [line.split()[0] for line in project.called()] == ["inject", "inject"]
    project.put("token/other-package.txt", "app/amazon/debug/api_key.txt")
    assert "the key is for `com.example.otherdemo`" in project.run(*cordova, "prepare", "android", folder=app, code=1)
    (app / "amazon/debug/api_key.txt").unlink()
    project.run(*cordova, "prepare", "android", folder=app)
    assert not placed.exists(), "the release key stays out of debug builds"

    outputs = "app/platforms/android/app/build/outputs/apk/release"
    call = """require('./hooks/apkkey.js')({ hook: 'after_build', opts: { projectRoot: process.cwd(), options: { release: true } } })"""
    project.put("apk/demo-release.apk", f"{outputs}/app-release.apk")
    project.run("node", "-e", call, folder=app)
    project.put("apk/key-wrong-md5.apk", f"{outputs}/app-release.apk")
    assert "key-md5-mismatch" in project.run("node", "-e", call, folder=app, code=1)

    # the other way: Cordova copies the file by itself
    config.write_text(re.sub(r"<platform.*</platform>", page.block("xml", "<resource-file"), config.read_text(), flags=re.S))
    project.run(*cordova, "prepare", "android", folder=app)
    assert placed.read_bytes() == (FIXTURES / "token/release.txt").read_bytes()


def capacitor(program):
    page, project = Page("capacitor"), Project(program)
    project.npm("@capacitor/core@7.6.9", "@capacitor/cli@7.6.9", "@capacitor/android@7.6.9")
    scripts = json.loads(page.files["package.json"])["scripts"]
    manifest = project.folder / "package.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "name": "demo", "scripts": scripts}))
    (project.folder / "www").mkdir()
    (project.folder / "www/index.html").write_text("<html><head></head></html>")
    project.put("token/release.txt", "amazon/api_key.txt")
    project.run("npx", "cap", "init", "Demo", PACKAGE, "--web-dir", "www")
    project.run("npx", "cap", "add", "android")
    placed = project.folder / "android/app/src/release/assets/api_key.txt"
    project.called()
    project.run("npx", "cap", "sync", "android")
    assert placed.read_bytes() == (FIXTURES / "token/release.txt").read_bytes()
    assert [line.split()[0] for line in project.called()] == ["inject"]
    project.put("token/other-package.txt", "amazon/api_key.txt")
    assert "the key is for" in project.run("npx", "cap", "sync", "android", code=1)
    check_outputs(project, "android/app", "npm", "run", "verify")


def react_native(program):
    page, project = Page("react-native"), Project(program)
    project.npm("@react-native-community/template@0.87.2")
    shutil.copytree(project.folder / "node_modules/@react-native-community/template/template/android",
                    project.folder / "android")
    manifest = project.folder / "package.json"
    scripts = json.loads(page.files["package.json"])["scripts"]
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "scripts": scripts}))
    told = project.run("sh", "-euc", page.block("sh", "debug.keystore"))
    assert re.search(r"([0-9A-F]{2}:){15}[0-9A-F]{2}\b", told), told
    project.put("keystore/several-aliases.jks", "android/app/upload.jks")
    with open(project.folder / "android/gradle.properties", "a") as properties:
        properties.write("\nMYAPP_UPLOAD_STORE_FILE=upload.jks\nMYAPP_UPLOAD_KEY_ALIAS=upload\n"
                         "MYAPP_UPLOAD_STORE_PASSWORD=storepass\nMYAPP_UPLOAD_KEY_PASSWORD=storepass\n")
    project.run("sh", "-euc", page.block("sh", "gradle.properties"))
    # what stands in for Gradle only says that it was called
    gradlew = project.folder / "android/gradlew"
    gradlew.write_text('#!/bin/sh\necho "gradlew $*"\n')
    gradlew.chmod(0o755)
    check_outputs(project, "android/app", "npm", "run", "android:release")


def check_outputs(project, module, *command):
    """Good files are let through, the debug certificate and a wrong key stop the build."""
    outputs = f"{module}/build/outputs/apk/release/app-release.apk"
    project.put("apk/demo-release.apk", outputs)
    project.run(*command)
    project.put("apk/demo-debug.apk", outputs)
    assert "certificate-debug" in project.run(*command, code=1)
    project.put("apk/key-wrong-md5.apk", outputs)
    assert "key-md5-mismatch" in project.run(*command, code=1)


def fastlane(program):
    page, project = Page("fastlane"), Project(program)
    page.write(project.folder)
    project.run("ruby", "-c", "fastlane/Fastfile")
    good, bad = FIXTURES / "apk/demo-release.apk", FIXTURES / "apk/key-other-package.apk"
    aab = FIXTURES / "aab/demo-release.aab"
    stand_in = """
module SharedValues
  GRADLE_AAB_OUTPUT_PATH = :aab
  GRADLE_ALL_APK_OUTPUT_PATHS = :apks
end
$lanes = {}
def platform(_name) = yield
def lane(name, &body) = $lanes[name] = body
def gradle(**options) = options.fetch(:task)
def lane_context = { aab: ENV.fetch('AAB'), apks: ENV.fetch('APKS').split(':') }
# fastlane's sh raises when a command fails, and runs in the folder fastlane
def sh(*words) = Dir.chdir('fastlane') { system(*words) or raise "exit status #{$?.exitstatus}" }
eval File.read('fastlane/Fastfile')
$lanes.fetch(ARGV[0].to_sym).call
"""
    def lane(name, code, apks):
        return project.run("ruby", "-e", stand_in, name, code=code, AAB=str(aab), APKS=":".join(map(str, apks)))
    lane("amazon", 0, [])
    lane("amazon_apk", 0, [good])
    assert "package" in lane("amazon_apk", 1, [good, bad])
    assert (project.folder / "fastlane/report/apkkey.xml").exists()


def unity(program):
    page, project = Page("unity"), Project(program)
    page.write(project.folder)
    (project.folder / "Unity.cs").write_text("""
namespace UnityEditor {
    public enum BuildTarget { Android } public enum BuildTargetGroup { Android }
    public static class EditorUserBuildSettings { public static bool development; }
    public static class PlayerSettings {
        public static string GetApplicationIdentifier(BuildTargetGroup group) { return "com.example.apkkeydemo"; } } }
namespace UnityEditor.Android { public interface IPostGenerateGradleAndroidProject {
    int callbackOrder { get; } void OnPostGenerateGradleAndroidProject(string path); } }
namespace UnityEditor.Build {
    public class BuildFailedException : System.Exception { public BuildFailedException(string told) : base(told) {} }
    public interface IPostprocessBuildWithReport { int callbackOrder { get; } void OnPostprocessBuild(Reporting.BuildReport report); } }
namespace UnityEditor.Build.Reporting {
    public struct BuildSummary { public UnityEditor.BuildTarget platform; public string outputPath; }
    public class BuildReport { public BuildSummary summary; } }
static class Program { static int Main(string[] words) {
    UnityEditor.EditorUserBuildSettings.development = words[1] == "debug";
    var hook = new AmazonApiKey();
    try {
        if (words[0] == "before") hook.OnPostGenerateGradleAndroidProject(words[2]);
        else { var report = new UnityEditor.Build.Reporting.BuildReport(); report.summary.outputPath = words[2]; hook.OnPostprocessBuild(report); }
    } catch (UnityEditor.Build.BuildFailedException told) { System.Console.WriteLine(told.Message); return 1; }
    return 0; } }
""")
    project.run("mcs", "-warnaserror", "-out:unity.exe", "Unity.cs", "Assets/Editor/AmazonApiKey.cs")
    project.put("token/release.txt", "Amazon/release/api_key.txt")
    run = lambda code, *words: project.run("mono", "unity.exe", *words, code=code)
    run(0, "before", "release", "Library Folder/unityLibrary")
    placed = project.folder / "Library Folder/unityLibrary/src/main/assets/api_key.txt"
    assert placed.read_bytes() == (FIXTURES / "token/release.txt").read_bytes()
    assert "there is no such file" in run(1, "before", "debug", "Library Folder/unityLibrary")
    run(0, "after", "release", str(FIXTURES / "apk/demo-release.apk"))
    run(0, "after", "debug", str(FIXTURES / "apk/demo-debug.apk"))
    assert "key-md5-mismatch" in run(1, "after", "release", str(FIXTURES / "apk/key-wrong-md5.apk"))
    run(0, "after", "release", str(project.folder))


def maui(program):
    from xml.etree import ElementTree
    page, project = Page("maui"), Project(program)
    parts = ElementTree.fromstring("<Project>" + page.block("xml") + "</Project>")
    asset = parts.find("ItemGroup/AndroidAsset")
    assert asset.get("Link") == "api_key.txt"
    command = parts.find("Target/Exec").get("Command").replace("$(ApplicationId)", PACKAGE)
    for name, code in (("demo-release", 0), ("key-wrong-md5", 1), ("key-other-package", 1)):
        file = str(FIXTURES / f"apk/{name}.apk")
        project.run("sh", "-euc", command.replace("%(ApkkeyFile.FullPath)", file), code=code)


def bazel(program):
    page, project = Page("bazel"), Project(program)
    page.write(project.folder)
    compile(page.files["app/BUILD.bazel"], "BUILD.bazel", "exec")
    for name, code in (("demo-release", 0), ("key-other-package", 1)):
        report = project.folder / "test.xml"
        project.run("bash", "app/amazon_api_key_test.sh", str(FIXTURES / f"apk/{name}.apk"), code=code,
                    XML_OUTPUT_FILE=str(report))
        assert "<testsuite" in report.read_text()
        report.unlink()


def pre_commit(program):
    page, project = Page("pre-commit"), Project(program)
    venv = project.folder / ".venv"
    project.run(sys.executable, "-m", "venv", str(venv))
    project.run(str(venv / "bin/pip"), "install", "-q", "--disable-pip-version-check", "pre-commit>=4,<5")
    tree = project.folder / "tree"
    project.put("token/release.txt", "tree/app/src/release/assets/api_key.txt")
    git = lambda *words: project.run("git", "-c", "user.name=A", "-c", "user.email=a@example.com", *words, folder=tree)
    git("init", "-q")

    def outcomes(config, code, cache):
        (tree / ".pre-commit-config.yaml").write_text(config)
        git("add", "-A")
        return project.run(str(venv / "bin/pre-commit"), "run", "--all-files", folder=tree, code=code,
                           PRE_COMMIT_HOME=str(project.folder / cache))

    local = page.block("yaml", "repo: local")
    project.called()
    assert "Passed" in outcomes(local, 0, "local")
    assert len(project.called()) == 1
    project.put("token/trailing-newline.txt", "tree/app/src/debug/assets/api_key.txt")
    assert "line break" in outcomes(local, 1, "local")
    # the published hook builds the program of a clone, whose fixtures' keys are not Amazon's: it must refuse them
    head = project.run("git", "rev-parse", "HEAD", folder=ROOT).strip()
    remote = page.files[".pre-commit-config.yaml"].replace("https://github.com/apkkey/apkkey", f"file://{ROOT}")
    told = outcomes(remote.replace("v0.1.0", head), 1, "remote")
    assert "not a genuine Amazon API key" in told, told


TOOLKITS = [cordova, capacitor, react_native, fastlane, unity, maui, bazel, pre_commit]


def main():
    program, names = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2:]
    for toolkit in TOOLKITS:
        if not names or toolkit.__name__ in names:
            print(toolkit.__name__, flush=True)
            toolkit(program)


main()
