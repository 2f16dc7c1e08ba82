#!/usr/bin/env bash
# sbom.sh OUTDIR
# The bill of materials of the program (CycloneDX 1.5, JSON): every crate that is in it, with version, licence and checksum.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=0.5.9
out=$1
root=${XDG_CACHE_HOME:-$HOME/.cache}/apkkey-ci
tool=$root/bin/cargo-cyclonedx
if ! "$tool" cyclonedx --version 2>/dev/null | grep -q " $wanted\$"; then
    cargo install --quiet --locked --root "$root" cargo-cyclonedx --version "$wanted"
fi
mkdir -p "$out"
export SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 0)
"$tool" cyclonedx --format json --spec-version 1.5 --describe binaries --target all
# the folder that it was built in is nobody's business
sed "s|file://$PWD|file:///apkkey|g" apkkey_bin.cdx.json >"$out/apkkey.cdx.json"
rm apkkey_bin.cdx.json
