//! `--key` and `--cert`.

use super::{OpenedSigner, SignerArgs, base_name, known};
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::password::{Attempt, Given, PasswordReader, Tried};
use crate::cli::store::may_need_another_password;
use crate::cli::waiting;
use apkkey::certificate::Certificate;
use apkkey::identity::{PrivateKey, SigningIdentity};
use apkkey::keystore::{self, Content, Keystore, KeystoreError, Passwords, detect};
use apkkey::secret::Password;
use apkkey::signature::sign::Signer;
use std::path::Path;
use zeroize::Zeroizing;

pub(super) fn open(
    path: &Path,
    args: &SignerArgs,
    passwords: &mut PasswordReader<'_>,
) -> Result<OpenedSigner, Failure> {
    let given = passwords.read("--key-pass", args.key_pass.as_ref())?;
    let bytes = Zeroizing::new(input::read(path)?);
    let key = private_key(path, &bytes, (args, &given, passwords))?;
    let certificates = match &args.cert {
        Some(certificate) => certificates(certificate)?,
        None => beside(path, &bytes)?,
    };
    let chain = chain(&key, &certificates).ok_or_else(|| {
        let certificate = args.cert.as_deref().unwrap_or(path);
        Failure::new(format!("{} does not belong to this key", shown(certificate)))
            .help("give the certificate that was made for the key")
            .at(path)
    })?;
    let identity = SigningIdentity::new(key, chain).map_err(input::about(path))?;
    let name = args.v1_signer_name.clone().unwrap_or_else(|| base_name(path));
    let signer = Signer { identity, name, min_sdk: args.signer_for_min_sdk_version };
    Ok(OpenedSigner { signer, notes: Vec::new() })
}

fn private_key(
    path: &Path,
    bytes: &[u8],
    (args, given, passwords): (&SignerArgs, &Given, &PasswordReader<'_>),
) -> Result<PrivateKey, Failure> {
    let attempt = Attempt::new(shown(path), passwords.output()).in_encoding(args.keystore.encoding()?);
    let attempt = known(attempt, given, KEY_VARIABLE).without_password();
    let question = format!("Password of the key in {}: ", shown(path));
    let attempt = if let Given::Password(_) = given { attempt } else { attempt.ask(question) };
    let open = |password: Option<&Password>| {
        let budget = args.keystore.budget();
        let list: Vec<&Password> = password.into_iter().collect();
        let key = waiting::with_word(&budget, passwords.output(), || keystore::private_key(bytes, &list, &budget));
        match key {
            Ok(key) => Tried::Opened(key),
            Err(error) if may_need_another_password(&error) => Tried::Wrong(Failure::from_error(&error)),
            Err(error) => Tried::Failed(Failure::from_error(&error)),
        }
    };
    attempt.run(open).map_err(|failure| failure.at(path))
}

/// The environment variable with the key's password.
pub(super) const KEY_VARIABLE: &str = "APKKEY_KEY_PASS";

/// Reads `--cert`.
fn certificates(path: &Path) -> Result<Keystore, Failure> {
    let bytes = input::read(path)?;
    let content = detect(&bytes);
    if matches!(content, Content::Keystore(_)) {
        return Err(Failure::new(format!("this is {content}, not a certificate"))
            .help("give a keystore with --ks, and leave --key and --cert out")
            .at(path));
    }
    Keystore::open(&bytes, &Passwords::none()).map_err(input::about(path))
}

/// The certificates in the key's own file, which PEM allows.
fn beside(path: &Path, bytes: &[u8]) -> Result<Keystore, Failure> {
    match Keystore::open(bytes, &Passwords::none()) {
        Err(KeystoreError::PrivateKeyAlone) => {
            let named = path.with_file_name(format!("{}.x509.pem", base_name(path)));
            let help = if named.is_file() {
                format!("give its certificate: --cert {}", shown(&named))
            } else {
                "give its certificate with --cert".to_owned()
            };
            Err(Failure::new("this is a private key without a certificate").help(help).at(path))
        }
        other => other.map_err(input::about(path)),
    }
}

/// The chain whose first certificate is the key's.
fn chain(key: &PrivateKey, certificates: &Keystore) -> Option<Vec<Certificate>> {
    let mut entries = certificates.entries.iter();
    let belongs = |certificate: &Certificate| key.belongs_to(certificate);
    let entry = entries.find(|entry| entry.certificate().is_some_and(belongs))?;
    Some(entry.chain().cloned().collect())
}
