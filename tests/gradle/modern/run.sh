#!/usr/bin/env bash
# run.sh PROGRAM
# The script of `apkkey gradle`, compiled by a real Groovy and executed against the stand-ins in this folder, because no Gradle
# that has its API can be had where this runs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "$1")
groovy=${GROOVY_JAR:-/usr/share/java/groovy-all.jar}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quiet() { "$@" 2> >(grep -vE '^WARNING: ' >&2); }
mkdir "$work/classes"
quiet java -cp "$groovy" org.codehaus.groovy.tools.FileSystemCompiler -d "$work/classes" "$here"/{api,provider,file,tasks,work,process,agp}.groovy
"$program" gradle >"$work/apkkey.gradle"
# `javax.inject` is a part of Gradle
mkdir -p "$work/inject/javax/inject"
printf 'package javax.inject\nimport java.lang.annotation.*\n@Retention(RetentionPolicy.RUNTIME) @interface Inject {}\n' >"$work/inject/Inject.groovy"
quiet java -cp "$groovy" org.codehaus.groovy.tools.FileSystemCompiler -d "$work/classes" "$work/inject/Inject.groovy"
quiet java -cp "$groovy:$work/classes" groovy.ui.GroovyMain "$here/Check.groovy" \
    "$work/apkkey.gradle" "$program" "$here/../../../fixtures" "$work"
