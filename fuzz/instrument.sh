#!/bin/sh
# Stands before rustc (RUSTC_WRAPPER): counts the edges that an input takes through apkkey and the parsers under it.
# Ciphers and digests are left alone, since their loops tell nothing and would run at half the speed.
rustc=$1
shift
case " $* " in
*" --crate-name apkkey "* | *" --crate-name x509_parser "* | *" --crate-name asn1_rs "*)
    exec "$rustc" "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    ;;
esac
exec "$rustc" "$@"
