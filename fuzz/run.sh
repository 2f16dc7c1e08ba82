#!/usr/bin/env bash
# Builds the fuzzer and runs it: fuzz/run.sh --target zip --seconds 600
set -euo pipefail
cd "$(dirname "$0")"
RUSTC_WRAPPER=$PWD/instrument.sh cargo build --quiet --locked --release
exec target/release/apkkey-fuzz "$@"
