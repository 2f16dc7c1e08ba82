#!/usr/bin/env bash
# Whole commands side by side with the real tools, in one run on one machine: read the ratios, not the seconds.
# usage: benches/peers.sh [RUNS] [WORD IN ROWS]      needs keytool, apksigner, jarsigner, zip, zipalign (fixtures/make/setup.sh installs them)
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release
exec python3 benches/peers.py "${1:-5}" "${2:-}"
