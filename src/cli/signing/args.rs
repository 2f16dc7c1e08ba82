//! The options that say how a file is signed, with apksigner's names and meanings.

use crate::cli::signer::SignerArgs;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;

/// apksigner's switches take a value behind a space, or none for `true`.
const SWITCHES: &[&str] = &[
    "--v1-signing-enabled",
    "--v2-signing-enabled",
    "--v3-signing-enabled",
    "--v4-signing-enabled",
    "--verity-enabled",
    "--alignment-preserved",
    "--debuggable-apk-permitted",
    "--deterministic-dsa-signing",
    "--set-installed-data",
    "--set-shared-uid",
    "--set-permission",
    "--set-rollback",
    "--set-auth",
];

/// Joins each switch with its value, so that a file name behind a switch without value stays a file name.
pub(crate) fn join_switches(arguments: Vec<OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::with_capacity(arguments.len());
    let mut rest = arguments.into_iter().peekable();
    while let Some(mut argument) = rest.next() {
        let ends_options = argument == "--";
        let is_value = |next: &OsString| ["true", "false"].iter().any(|value| next == value);
        if SWITCHES.iter().any(|switch| argument == *switch)
            && let Some(value) = rest.next_if(is_value)
        {
            argument.push("=");
            argument.push(value);
        }
        joined.push(argument);
        if ends_options {
            joined.extend(rest);
            break;
        }
    }
    joined
}

/// How a file is signed.
#[derive(Debug, Args)]
pub(crate) struct SigningArgs {
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    #[command(flatten)]
    pub(crate) schemes: SchemeArgs,
    #[command(flatten)]
    pub(crate) alignment: AlignmentArgs,
    #[command(flatten)]
    pub(crate) rotation: RotationArgs,
}

impl SigningArgs {
    /// The files that are read.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let SignerArgs { ks, key, cert, signing_properties, .. } = &self.signer;
        ks.iter().chain(key).chain(cert).chain(signing_properties).chain(&self.rotation.lineage)
    }
}

/// The schemes, as apksigner chooses them unless one is switched on or off.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signature schemes")]
pub(crate) struct SchemeArgs {
    /// JAR signature [default: on; an App Bundle has no other]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) v1_signing_enabled: Option<bool>,
    /// APK Signature Scheme v2 [default: on]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) v2_signing_enabled: Option<bool>,
    /// APK Signature Scheme v3, and v3.1 for a rotated key [default: on, but not for several signers without lineage]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) v3_signing_enabled: Option<bool>,
    /// APK Signature Scheme v4, a file .idsig beside the APK [default: off]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) v4_signing_enabled: Option<bool>,
    /// Sign the verity digest too
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) verity_enabled: Option<bool>,
    /// The lowest API level on which the signature must hold, instead of the manifest's
    #[arg(long, value_name = "N")]
    pub(crate) min_sdk_version: Option<u32>,
    /// The highest API level in question (accepted as apksigner does; newer versions are always served)
    #[arg(long, value_name = "N", hide = true)]
    pub(crate) max_sdk_version: Option<u32>,
    /// Sign a debuggable app too [default: on]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) debuggable_apk_permitted: Option<bool>,
    /// ECDSA and DSA signatures are always deterministic (RFC 6979)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide = true)]
    pub(crate) deterministic_dsa_signing: Option<bool>,
    /// Keep pairs of an old signing block that Android does not know, as Google Play's
    #[arg(long)]
    pub(crate) keep_unknown_blocks: bool,
}

/// How stored entries are aligned.
#[derive(Debug, Args)]
#[command(next_help_heading = "Alignment")]
pub(crate) struct AlignmentArgs {
    /// The boundary for stored native libraries, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = apkkey::signature::sign::DEFAULT_LIBRARY_PAGE)]
    pub(crate) lib_page_alignment: u16,
    /// Keep the alignment that entries have, instead of making it
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) alignment_preserved: Option<bool>,
}

/// A rotated key.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rotated keys")]
pub(crate) struct RotationArgs {
    /// The lineage that proves that later signers follow earlier ones: a lineage file, or an APK signed with one
    #[arg(long, value_name = "FILE")]
    pub(crate) lineage: Option<PathBuf>,
    /// The first API level on which the rotated key counts: 33 and newer use v3.1
    #[arg(long, value_name = "N", default_value_t = apkkey::signature::sign::DEFAULT_ROTATION_MIN_SDK)]
    pub(crate) rotation_min_sdk_version: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_takes_a_boolean_and_never_a_file_name() {
        let join = |words: &str| {
            let joined = join_switches(words.split(' ').map(OsString::from).collect());
            joined.join(std::ffi::OsStr::new(" ")).into_string().unwrap()
        };
        assert_eq!(
            join("sign --v1-signing-enabled false --v2-signing-enabled app.apk"),
            "sign --v1-signing-enabled=false --v2-signing-enabled app.apk"
        );
        assert_eq!(join("sign -- --v1-signing-enabled false"), "sign -- --v1-signing-enabled false");
        assert_eq!(join("sign --out true"), "sign --out true");
    }
}
