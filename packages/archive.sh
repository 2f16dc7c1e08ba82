#!/usr/bin/env bash
# archive.sh TARGET OUTDIR
# The archive of a release for one platform: the program, its manual pages and completions, the licences, and the checksum
# beside it. On Linux the musl targets give a static binary. The same files give the same archive.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
name=apkkey-$version-$target
suffix=''
case $target in *windows*) suffix=.exe ;; esac

source packages/flags.sh
cargo build --quiet --release --locked --target "$target"
program=target/$target/release/apkkey$suffix
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/$name"/{man,completions}
cp -r docs "$stage/$name/docs"
cp "$program" README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$stage/$name/"

# pages and completions come out of the program itself; for another platform, out of one that runs here
runs=$program
if ! "$runs" --version >/dev/null 2>&1; then
    cargo build --quiet --release --locked
    runs=target/release/apkkey
fi
"$runs" man --out "$stage/$name/man"
"$runs" completions bash >"$stage/$name/completions/apkkey.bash"
"$runs" completions zsh >"$stage/$name/completions/_apkkey"
"$runs" completions fish >"$stage/$name/completions/apkkey.fish"
"$runs" completions powershell >"$stage/$name/completions/_apkkey.ps1"

when=$(git log -1 --format=%ct 2>/dev/null || echo 0)
cd "$stage"
if [ -n "$suffix" ]; then
    archive=$name.zip
    if command -v 7z >/dev/null; then 7z a -bso0 "$out/$archive" "$name"; else zip -q -X -r "$out/$archive" "$name"; fi
else
    archive=$name.tar.gz
    # bsdtar (macOS) knows none of these options
    if tar --version | grep -q GNU; then
        tar --sort=name --mtime="@$when" --owner=0 --group=0 --numeric-owner -cf - "$name" | gzip -n9 >"$out/$archive"
    else
        tar -cf - "$name" | gzip -n9 >"$out/$archive"
    fi
fi
cd "$out"
if command -v sha256sum >/dev/null; then sha256sum "$archive"; else shasum -a 256 "$archive"; fi >"$archive.sha256"
echo "$out/$archive"
