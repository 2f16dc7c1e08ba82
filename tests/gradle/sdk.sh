#!/usr/bin/env bash
# sdk.sh FOLDER
# An Android SDK that is just enough for Debian's Android plugin 2.2.2: android.jar out of the demo's stubs, the framework's
# resources (API 29) and the signatures of Java 7 that the JDK keeps; aapt and zipalign of Debian; empty files where the plugin
# only looks whether there is one. dx is a part of the plugin itself.
set -euo pipefail
stubs=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../fixtures/make/demo/stubs" && pwd)
platform=$1/platforms/android-29
tools=$1/build-tools/29.0.3
mkdir -p "$platform" "$tools/lib"
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT

find "$stubs" -name '*.java' -print0 | xargs -0 javac -nowarn -source 8 -target 8 -d "$classes" 2>/dev/null
python3 - "$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")/lib/ct.sym" "$classes" <<'PY'
import pathlib
import sys
import zipfile

# entries are RELEASES/MODULE/package/Class.sig; the digits and letters of RELEASES name the Java versions
for entry in (symbols := zipfile.ZipFile(sys.argv[1])).namelist():
    releases, module, *path = entry.split("/")
    if "7" in releases and module == "java.base" and entry.endswith(".sig") and path[0] in ("java", "javax"):
        target = pathlib.Path(sys.argv[2], *path).with_suffix(".class")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(symbols.read(entry))
PY
unzip -q /usr/share/android-framework-res/framework-res.apk AndroidManifest.xml resources.arsc 'res/*' -d "$classes"
jar --create --file "$platform/android.jar" --no-manifest -C "$classes" .

cat >"$platform/source.properties" <<'END'
Pkg.Desc=Android SDK Platform 10
Pkg.Revision=1
Platform.Version=10
AndroidVersion.ApiLevel=29
Layoutlib.Api=15
Layoutlib.Revision=1
Platform.MinToolsRev=22
END
printf 'ro.build.version.sdk=29\nro.build.version.codename=REL\nro.build.version.release=10\n' >"$platform/build.prop"
touch "$platform/framework.aidl" "$tools/lib/dx.jar"
printf 'Pkg.Revision=29.0.3\n' >"$tools/source.properties"
for tool in aapt aidl dexdump split-select zipalign; do ln -sf "/usr/bin/$tool" "$tools/$tool"; done
for tool in arm-linux-androideabi-ld bcc_compat dx i686-linux-android-ld llvm-rs-cc mipsel-linux-android-ld; do
    printf '#!/bin/sh\nexit 0\n' >"$tools/$tool"
    chmod +x "$tools/$tool"
done
