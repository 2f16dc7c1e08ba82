#!/usr/bin/env bash
# Whole commands side by side with the real tools, in one run on one machine: read the ratios, not the seconds.
# usage: benches/peers.sh [RUNS]      needs keytool, apksigner, zip, zipalign (fixtures/make/setup.sh installs them)
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-5}
cargo build --quiet --release
apkkey=$PWD/target/release/apkkey
work=$(mktemp -d); trap 'rm -r "$work"' EXIT
cp fixtures/apk/demo-release.apk fixtures/apk/demo-nokey-unsigned.apk fixtures/keystore/release.jks fixtures/token/release.txt "$work"
key=$PWD/fixtures/keys/token-test-key.pub.pem
cd "$work"
# 100 MB of what does not compress, 40 MB of what does, and 2,000 small files, beside the demo app
mkdir -p assets && cp release.txt assets/api_key.txt
python3 - <<'PY'
import os, random, zipfile
random.seed(1)
with zipfile.ZipFile('demo-nokey-unsigned.apk') as old, zipfile.ZipFile('big.apk', 'w') as new:
    for entry in old.infolist():
        new.writestr(entry, old.read(entry))
    for n in range(10):
        new.writestr(zipfile.ZipInfo(f'assets/media{n}.bin'), random.randbytes(10 << 20))
    words = [f'word{n} '.encode() for n in range(5000)]
    new.writestr('assets/text.bin', b''.join(random.choices(words, k=6_000_000)), zipfile.ZIP_DEFLATED)
    for n in range(2000):
        new.writestr(f'res/small{n}.xml', random.randbytes(40).hex(), zipfile.ZIP_DEFLATED)
PY
zipalign -f 4 big.apk aligned.apk && mv aligned.apk big.apk
apksigner sign --ks release.jks --ks-pass pass:storepass --key-pass pass:storepass --v4-signing-enabled false --out big-signed.apk big.apk

# median seconds of a command
seconds() {
    for _ in $(seq "$runs"); do
        local start end
        start=$(date +%s%N); "$@" >/dev/null 2>&1 || true; end=$(date +%s%N)
        echo $(((end - start) / 1000))
    done | sort -n | sed -n "$(((runs + 1) / 2))p" | awk '{ printf "%.3f", $1 / 1e6 }'
}
row() { # LABEL, then ours, then -- and theirs
    local label=$1; shift
    local ours=() theirs=()
    while [ "$1" != -- ]; do ours+=("$1"); shift; done; shift; theirs=("$@")
    local a b
    a=$(seconds "${ours[@]}"); b=$(seconds "${theirs[@]}")
    printf '%-44s %8s s %8s s %7.1f x\n' "$label" "$a" "$b" "$(awk "BEGIN { print $b / ($a + 1e-9) }")"
}
printf '%-44s %10s %10s %9s\n' "median of $runs" apkkey peer ratio
row 'fingerprint JKS / keytool -list -v' "$apkkey" fingerprint release.jks -- keytool -list -v -keystore release.jks -storepass storepass
row 'fingerprint APK / apksigner --print-certs' "$apkkey" fingerprint demo-release.apk -- apksigner verify --print-certs demo-release.apk
row 'fingerprint 145 MB APK / the same' "$apkkey" fingerprint big-signed.apk -- apksigner verify --print-certs big-signed.apk
row 'verify APK / apksigner verify' "$apkkey" verify demo-release.apk --token-key "$key" -- apksigner verify demo-release.apk
row 'verify 145 MB APK / apksigner verify' "$apkkey" verify big-signed.apk --token-key "$key" -- apksigner verify big-signed.apk
row 'verify 145 MB APK / sha256sum' "$apkkey" verify big-signed.apk --token-key "$key" -- sha256sum big-signed.apk
row 'inject 145 MB APK / zip -u and zipalign' "$apkkey" inject big.apk --api-key release.txt --token-key "$key" --out ours.apk -- \
    sh -c 'cp big.apk theirs.apk && zip -q -u theirs.apk assets/api_key.txt && zipalign -f 4 theirs.apk theirs-aligned.apk'
row 'inject 145 MB APK / cp' "$apkkey" inject big.apk --api-key release.txt --token-key "$key" --out ours.apk -- cp big.apk copy.apk
