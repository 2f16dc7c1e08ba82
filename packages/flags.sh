# Sourced by what builds a release: the folders of the machine stay out of the program, so that another machine makes the
# same bytes.
remap() { printf -- '--remap-path-prefix=%s=%s\x1f' "$1" "$2"; }
flags=$(remap "$PWD" /apkkey)$(remap "${CARGO_HOME:-$HOME/.cargo}" /cargo)$(remap "$(rustc --print sysroot)" /rust)
export CARGO_ENCODED_RUSTFLAGS=${flags%$'\x1f'}
