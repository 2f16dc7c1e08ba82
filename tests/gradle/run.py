"""Builds tests/gradle for real and looks at what comes out: python run.py PROGRAM

Debian's Gradle 4.4.1 with its Android plugin 2.2.2, and the script of `apkkey gradle --legacy`."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent.parent / "fixtures"
PASSWORD = "storepass"
KEYS = {name: (FIXTURES / f"token/{name}.txt").read_bytes() for name in ("release", "debug", "other-package")}


class Build:
    def __init__(self, program):
        self.program = program
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.app = self.folder / "app"
        shutil.copytree(HERE, self.folder, dirs_exist_ok=True)
        subprocess.run(["bash", HERE / "sdk.sh", self.folder / "sdk"], check=True)
        for fixture, name in (("keystore/debug-jks.keystore", "debug.keystore"), ("keystore/release.jks", "release.jks"),
                              ("keys/token-test-key.pub.pem", "token-test-key.pub.pem")):
            shutil.copyfile(FIXTURES / fixture, self.app / name)
        self.debug_key(KEYS["debug"])
        # what was run, how long it took, and whether a secret was on a command line
        self.calls = self.folder / "calls"
        wrapper = self.folder / "bin/apkkey"
        wrapper.parent.mkdir()
        wrapper.write_text(f"""#!/bin/bash
start=$(date +%s%N)
'{program}' "$@"
code=$?
echo "$(( ($(date +%s%N) - start) / 1000000 )) $*" >>'{self.calls}'
exit $code
""")
        wrapper.chmod(0o755)
        subprocess.run([program, "gradle", "--legacy", "--quiet", "--write", self.app / "apkkey.gradle"], check=True)
        self.environment = {**os.environ, "ANDROID_HOME": str(self.folder / "sdk"), "RELEASE_PASSWORD": PASSWORD,
                            "AMAZON_API_KEY": KEYS["release"].decode(), "PATH": f"{wrapper.parent}:{os.environ['PATH']}"}
        self.environment.pop("APKKEY", None)

    def debug_key(self, key, source_set="amazonDebug"):
        file = self.app / f"src/{source_set}/assets/api_key.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(key)

    def gradle(self, *tasks, good=True, **environment):
        """Runs tasks: what Gradle printed, and by task whether it was up to date."""
        self.calls.unlink(missing_ok=True)
        ended = subprocess.run(["gradle", "--offline", "--no-daemon", "--console=plain", *tasks], cwd=self.folder, text=True,
                               env={**self.environment, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert (ended.returncode == 0) == good, ended.stdout
        told = re.findall(r"^:app:(\w+?)( UP-TO-DATE| FAILED|$)", ended.stdout, re.M)
        return ended.stdout, {task: note.strip() for task, note in told}

    def key_in(self, variant):
        flavor, kind = re.fullmatch(r"([a-z]+)([A-Z]\w+)", variant).groups()
        with zipfile.ZipFile(self.app / f"build/outputs/apk/app-{flavor}-{kind.lower()}.apk") as apk:
            return apk.read("assets/api_key.txt") if "assets/api_key.txt" in apk.namelist() else None

    def called(self):
        return self.calls.read_text().splitlines() if self.calls.exists() else []


def step(title):
    print(f"  {title}", flush=True)


def right(build):
    step("each variant gets its own key, signed with its own certificate, and is verified")
    told, tasks = build.gradle("assemble")
    assert build.key_in("amazonRelease") == KEYS["release"] and build.key_in("amazonDebug") == KEYS["debug"]
    assert build.key_in("playRelease") is None and build.key_in("playDebug") is None
    for task in ("generateAmazonDebugAmazonApiKey", "verifyAmazonReleaseAmazonApiKey", "verifyAmazonDebugAmazonApiKey"):
        assert task in tasks, told
    assert not any("Play" in task and "ApiKey" in task for task in tasks), told
    assert "error" not in told and "warning: the" not in told, told
    for variant in ("amazonRelease", "amazonDebug"):
        assert '"verdict": "good"' in (build.app / f"build/reports/apkkey/{variant}-apk.json").read_text()
    calls = build.called()
    assert len(calls) == 4, calls
    assert not any(PASSWORD in call or KEYS["release"].decode() in call for call in calls), calls
    print("   ", "; ".join(" ".join(call.split()[:2]) for call in calls), "(ms, command)")

    step("a second run is up to date")
    told, tasks = build.gradle("assemble")
    assert not build.called(), told
    for task in ("generateAmazonReleaseAmazonApiKey", "mergeAmazonReleaseAssets", "packageAmazonRelease",
                 "verifyAmazonReleaseAmazonApiKey"):
        assert tasks[task] == "UP-TO-DATE", told


def changed(build):
    step("a changed key rebuilds, and only that variant")
    build.debug_key(KEYS["debug"] + b"\n")
    told, tasks = build.gradle("assemble")
    assert tasks["generateAmazonDebugAmazonApiKey"] == "" and tasks["verifyAmazonReleaseAmazonApiKey"] == "UP-TO-DATE", told
    assert build.key_in("amazonDebug") == KEYS["debug"], "the line break is left out"
    build.debug_key(KEYS["debug"])

    step("a secret of the environment counts by its digest, which is all that Gradle keeps")
    told, _ = build.gradle("assembleAmazonRelease", good=False, AMAZON_API_KEY=KEYS["debug"].decode())
    assert "key-md5-mismatch" in told, told
    build.gradle("assembleAmazonRelease")
    kept = [path for path in (build.folder / ".gradle").rglob("*") if path.is_file()]
    # (the keystore's password is there: this old Android plugin keeps it, as an input of its own task)
    holders = [path for path in kept if KEYS["release"][:200] in path.read_bytes()]
    assert not holders, holders


def failure(told):
    """What Gradle says went wrong."""
    return re.search(r"\* What went wrong:\n.*\n> (.*)", told).group(1)


def wrong(build):
    step("a missing key stops the build and names every place")
    (build.app / "src/amazonDebug/assets/api_key.txt").unlink()
    told, _ = build.gradle("assembleAmazonDebug", good=False)
    for words in ("apkkey: error: there is no API key for the variant `amazonDebug`", "src/amazonDebug/assets/api_key.txt, "
                  "src/debug/assets/api_key.txt, src/amazon/assets/api_key.txt, src/main/assets/api_key.txt"):
        assert words in failure(told), told
    told, _ = build.gradle("assembleAmazonRelease", good=False, AMAZON_API_KEY="")
    assert "the environment variable AMAZON_API_KEY (apkkey.toml, line 5)" in failure(told), told

    step("a key for another app stops it before anything is packaged, one for another certificate after that")
    build.debug_key(KEYS["other-package"], "debug")
    told, tasks = build.gradle("assembleAmazonDebug", good=False)
    assert "src/debug/assets/api_key.txt: the key is for `com.example.otherdemo`" in failure(told), told
    assert "packageAmazonDebug" not in tasks
    (build.app / "src/debug/assets/api_key.txt").unlink()
    build.debug_key(KEYS["release"])
    told, _ = build.gradle("assembleAmazonDebug", good=False)
    assert "error[key-md5-mismatch]" in failure(told), told
    assert "the key of the variant `amazonDebug` is from src/amazonDebug/assets/api_key.txt" in failure(told), told

    step("a mistake in the settings, and a program that is not there")
    settings = (build.app / "apkkey.toml").read_text()
    (build.app / "apkkey.toml").write_text(settings.replace("api-key", "api-kye"))
    told, _ = build.gradle("assembleAmazonRelease", good=False)
    assert "line 5: there is no setting of a variant `api-kye`" in failure(told) and "did you mean `api-key`" in told, told
    (build.app / "apkkey.toml").write_text(settings)
    build.debug_key(KEYS["debug"])
    told, _ = build.gradle("assembleAmazonDebug", "-Papkkey.executable=/nowhere/apkkey", "--rerun-tasks", good=False)
    assert "-Papkkey.executable" in failure(told), told


def sources(build):
    step("the key that `apkkey sources` says wins is the one that Gradle packages")
    for folder in ("src", "build"):
        shutil.copytree(build.app / folder, build.folder / f"kept/{folder}", dirs_exist_ok=True)
    (build.app / "src/amazonDebug/assets/api_key.txt").unlink(missing_ok=True)
    sets = ["playRelease", "debug", "amazon", "main"]
    while sets:
        for source_set in sets:
            build.debug_key(f"the key of {source_set}".encode(), source_set)
        build.gradle("assemble", "-Pplain")
        report = subprocess.run([build.program, "sources", ".", "--no-config", "--format", "json"], cwd=build.folder,
                                stdout=subprocess.PIPE)
        (module,) = json.loads(report.stdout)["files"]
        for variant in module["variants"]:
            packaged = build.key_in(variant["name"])
            said = (build.folder / variant["key"]).read_bytes() if variant["key"] else None
            assert packaged == said, (sets, variant, packaged)
        shutil.rmtree(build.app / "build")
        (build.app / f"src/{sets[0]}/assets/api_key.txt").unlink()
        sets = sets[1:]
    shutil.rmtree(build.app / "src")
    for folder in ("src", "build"):
        shutil.copytree(build.folder / f"kept/{folder}", build.app / folder)


def on_missing(build):
    step("on-missing = ignore lets a variant go without")
    settings = build.app / "apkkey.toml"
    before = settings.read_text()
    settings.write_text(before + '[variants.amazonDebug]\non-missing = "ignore"\n')
    (build.app / "src/amazonDebug/assets/api_key.txt").unlink()
    shutil.rmtree(build.app / "build")
    told, _ = build.gradle("apkkeyVerify")
    assert build.key_in("amazonDebug") is None and build.key_in("amazonRelease") == KEYS["release"], told


def main():
    build = Build(str(pathlib.Path(sys.argv[1]).resolve()))
    try:
        for scene in (right, changed, wrong, sources, on_missing):
            scene(build)
    finally:
        shutil.rmtree(build.folder)


main()
