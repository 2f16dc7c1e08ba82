//! The options that say who signs, with apksigner's names and meanings.

use super::store_type;
use crate::cli::failure::Failure;
use crate::cli::password::PasswordSpec;
use apkkey::keystore::{KdfBudget, PasswordEncoding};
use apkkey::limits::KDF_ROUNDS;
use apkkey::signature::sign::Capabilities;
use clap::Args;
use std::path::PathBuf;

/// How a keystore is opened.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Keystore")]
pub(crate) struct KeystoreArgs {
    /// The entry in the keystore
    #[arg(long, value_name = "ALIAS")]
    pub(crate) ks_key_alias: Option<String>,
    /// The keystore's password: env:NAME, file:PATH, stdin, prompt, or pass:PASSWORD (which others can see)
    #[arg(long, value_name = "SPEC")]
    pub(crate) ks_pass: Option<PasswordSpec>,
    /// The keystore's type; its content decides, and a contradiction is told
    #[arg(long, value_name = "TYPE")]
    pub(crate) ks_type: Option<String>,
    /// Try passwords in this encoding too: that of the console where the keystore was made, as ibm437 or utf-8
    #[arg(long, value_name = "CHARSET")]
    pub(crate) pass_encoding: Option<String>,
    /// The most rounds of one key derivation that are allowed, instead of 5,000,000
    #[arg(long, value_name = "N")]
    pub(crate) max_kdf_iterations: Option<u32>,
}

impl KeystoreArgs {
    /// The encoding that passwords are tried in besides.
    pub(crate) fn encoding(&self) -> Result<Option<PasswordEncoding>, Failure> {
        let Some(name) = &self.pass_encoding else { return Ok(None) };
        PasswordEncoding::named(name).map(Some).ok_or_else(|| {
            Failure::new(format!("the encoding `{}` is not known", apkkey::text::Untrusted(name)))
                .help(format!("known are {}", PasswordEncoding::NAMES))
        })
    }

    /// What opening may cost. Each attempt with another password has a new budget.
    pub(crate) fn budget(&self) -> KdfBudget {
        KdfBudget::with_rounds(self.max_kdf_iterations.unwrap_or(KDF_ROUNDS))
    }
}

/// One signer: a keystore, or a key and its certificate.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Signer")]
pub(crate) struct SignerArgs {
    /// The keystore with the key that signs
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "cert"])]
    pub(crate) ks: Option<PathBuf>,
    /// The private key that signs: PKCS#8, PKCS#1 or SEC 1, PEM or DER, encrypted or not
    #[arg(long, value_name = "FILE", conflicts_with = "ks_key_alias")]
    pub(crate) key: Option<PathBuf>,
    /// The certificate of --key, with its chain: PEM, DER or PKCS#7
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// The key's own password, given as --ks-pass is
    #[arg(long, value_name = "SPEC")]
    pub(crate) key_pass: Option<PasswordSpec>,
    /// Take keystore, alias and passwords from a Gradle or Flutter properties file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "cert"])]
    pub(crate) signing_properties: Option<PathBuf>,
    /// The base name of the v1 signature files; the alias or the key file's name without it
    #[arg(long, value_name = "NAME")]
    pub(crate) v1_signer_name: Option<String>,
    /// This signer counts from this API level on (a rotated key)
    #[arg(long, value_name = "API")]
    pub(crate) signer_for_min_sdk_version: Option<u32>,
    /// Begin the options of another signer
    #[arg(long, action = clap::ArgAction::Count)]
    pub(crate) next_signer: u8,
    #[command(flatten)]
    pub(crate) keystore: KeystoreArgs,
    #[command(flatten)]
    foreign: ForeignArgs,
}

/// apksigner's options for keys that are in no file. They are known so that they can be refused with the reason.
#[derive(Debug, Clone, Default, Args)]
struct ForeignArgs {
    #[arg(long, hide = true)]
    ks_provider_name: Option<String>,
    #[arg(long, hide = true)]
    ks_provider_class: Option<String>,
    #[arg(long, hide = true)]
    ks_provider_arg: Option<String>,
    #[arg(long, hide = true)]
    kms_type: Option<String>,
    #[arg(long, hide = true)]
    kms_key_alias: Option<String>,
}

/// What a certificate of a lineage may still do once another has followed it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Rights of a certificate in a lineage")]
pub(crate) struct CapabilityArgs {
    /// Apps signed with it are updated and keep their data [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) set_installed_data: Option<bool>,
    /// Apps signed with it share the user id [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) set_shared_uid: Option<bool>,
    /// Apps signed with it get permissions of the level "signature" [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) set_permission: Option<bool>,
    /// An app signed with it may replace one signed with a newer certificate [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) set_rollback: Option<bool>,
    /// Authenticators accept it [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) set_auth: Option<bool>,
}

impl CapabilityArgs {
    /// The rights that follow from those that were there.
    pub(crate) fn apply(&self, before: Capabilities) -> Capabilities {
        let wishes = [
            (Capabilities::INSTALLED_DATA, self.set_installed_data),
            (Capabilities::SHARED_USER_ID, self.set_shared_uid),
            (Capabilities::PERMISSION, self.set_permission),
            (Capabilities::ROLLBACK, self.set_rollback),
            (Capabilities::AUTH, self.set_auth),
        ];
        wishes.into_iter().fold(before, |rights, (right, wish)| match wish {
            Some(true) => Capabilities(rights.0 | right),
            Some(false) => Capabilities(rights.0 & !right),
            None => rights,
        })
    }

    /// Whether none was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.apply(Capabilities(0)) == Capabilities(0) && self.apply(Capabilities(u32::MAX)) == Capabilities(u32::MAX)
    }
}

impl SignerArgs {
    /// Refuses a signer whose key is in no file.
    pub(crate) fn refuse_foreign(&self) -> Result<(), Failure> {
        let ForeignArgs { ks_provider_name, ks_provider_class, ks_provider_arg, kms_type, kms_key_alias } =
            &self.foreign;
        if kms_type.is_some() || kms_key_alias.is_some() {
            return Err(store_type::no_file("keys in a cloud's key management"));
        }
        if ks_provider_name.is_some() || ks_provider_class.is_some() || ks_provider_arg.is_some() {
            return Err(store_type::no_file("keystores of other Java providers"));
        }
        self.keystore.ks_type.as_deref().map_or(Ok(()), store_type::refuse_foreign)
    }

    /// Whether a key is named at all.
    pub(crate) fn is_given(&self) -> bool {
        let Self { ks, key, signing_properties, foreign, .. } = self;
        ks.is_some() || key.is_some() || signing_properties.is_some() || foreign.kms_type.is_some()
    }
}
