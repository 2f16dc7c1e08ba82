//! Who signs: from the options to a key that belongs to its certificate.
//!
//! Passwords are looked for in this order. The keystore's: `--ks-pass`, `storePassword` of the properties file,
//! `APKKEY_KS_PASS`, `android` for a debug keystore, none where the key is in clear, the terminal. The key's:
//! `--key-pass`, `keyPassword`, `APKKEY_KEY_PASS`, the keystore's, the terminal.

mod args;
mod from_files;
mod from_store;
mod groups;
mod properties;
pub(crate) mod store_type;
#[cfg(test)]
mod tests;

pub(crate) use args::{CapabilityArgs, KeystoreArgs, SignerArgs};
pub(crate) use from_store::{Access, unlock};
pub(crate) use groups::{FurtherSigner, separate};
pub(crate) use properties::SigningProperties;

use super::failure::Failure;
use super::password::{Attempt, Credential, Given, PasswordReader, environment};
use apkkey::signature::sign::Signer;
use std::path::Path;

/// A key that may sign, and what the user should know about where it was found.
#[derive(Debug)]
pub(crate) struct OpenedSigner {
    pub(crate) signer: Signer,
    pub(crate) notes: Vec<String>,
}

/// Opens the signers of a command in their order, in which passwords are read from the same file.
pub(crate) fn open_all<'a>(
    signers: impl IntoIterator<Item = &'a SignerArgs>,
    passwords: &mut PasswordReader<'_>,
) -> Result<Vec<OpenedSigner>, Failure> {
    let mut signers: Vec<SignerArgs> = signers.into_iter().cloned().collect();
    // a limit is the command's, whichever signer's options it stands in
    let rounds = signers.iter().filter_map(|args| args.keystore.max_kdf_iterations).max();
    signers.iter_mut().for_each(|args| args.keystore.max_kdf_iterations = rounds);
    signers.iter().map(|args| open(args, passwords)).collect()
}

/// Opens one signer. No other key is decrypted.
pub(crate) fn open(args: &SignerArgs, passwords: &mut PasswordReader<'_>) -> Result<OpenedSigner, Failure> {
    args.refuse_foreign()?;
    match &args.key {
        Some(key) => from_files::open(key, args, passwords),
        None => from_store::open(args, passwords),
    }
}

/// The base name of the v1 signature files: apksigner takes a key file's name up to its first dot.
fn base_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// Adds the password that the user gave, in an option or in the environment.
fn known<'a>(attempt: Attempt<'a>, given: &Given, variable: &str) -> Attempt<'a> {
    match given {
        Given::Password(credential) => attempt.named(credential.clone()),
        Given::Prompt => attempt,
        Given::Nothing => match environment(variable) {
            Some(password) => attempt.named(Credential { password, origin: variable.to_owned() }),
            None => attempt,
        },
    }
}
