"""Runs the composite action's own script as a runner would, with the program given: python action.py PROGRAM"""

import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEY = f"--token-key={ROOT}/fixtures/keys/token-test-key.pub.pem"


def steps():
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    build, verify = action["runs"]["steps"]
    assert "cargo install" in build["run"] and "--locked" in build["run"]
    for step in (build, verify):
        assert "${{" not in step["run"], "an input must not become part of a script"
    return verify["run"]


def run(script, program, files, arguments="", report=""):
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder, "output")
        output.touch()
        given = dict(EXECUTABLE=program, FILES=files, ARGS=f"{KEY}\n{arguments}", REPORT=report,
                     JSON=f"{folder}/apkkey.json", GITHUB_OUTPUT=str(output))
        # what runners use for `shell: bash`
        ended = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
                               env={**os.environ, **given}, cwd=folder, capture_output=True, text=True)
        names = sorted(path.name for path in pathlib.Path(folder).iterdir())
        return ended.returncode, ended.stdout + ended.stderr, output.read_text(), names


def main():
    script, program = steps(), sys.argv[1]
    apks = ROOT / "fixtures/apk"
    code, text, output, names = run(script, program, f"{apks}/demo-release.apk\n", report="junit=reports.xml\n")
    assert (code, output) == (0, "verdict=good\n"), (code, text, output)
    assert "reports.xml" in names, names
    code, text, output, _ = run(script, program, f"{apks}/demo-release.apk\n{apks}/key-wrong-md5.apk")
    assert (code, output) == (1, "verdict=bad\n") and "::error " in text, (code, text, output)
    code, text, output, _ = run(script, program, f"{apks}/none.apk")
    assert code == 2 and "there is no such file" in text, (code, text, output)
    # a line is one argument, and never a command
    code, text, _, names = run(script, program, "$(touch made); touch made\n`touch made`")
    assert code == 2 and "made" not in names, (code, text)
    for workflow in (ROOT / ".github/workflows").glob("*.yml"):
        assert yaml.safe_load(workflow.read_text())["jobs"], workflow


main()
