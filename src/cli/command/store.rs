//! Opens keystores and certificates for commands.

use crate::cli::args::KeystoreArgs;
use crate::cli::failure::Failure;
use crate::cli::input;
use crate::cli::output::Output;
use crate::cli::password::{self, Tried};
use apkkey::keystore::{Entry, Keystore, KeystoreError, Passwords};
use std::path::Path;

/// Opens a keystore or certificate; asks for a password only when nothing can be read without.
pub(super) fn open(path: &Path, bytes: &[u8], args: &KeystoreArgs, output: &Output) -> Result<Keystore, Failure> {
    if args.ks_pass.as_deref().is_some_and(|spec| spec.starts_with("pass:")) {
        output
            .note("a password on the command line can be seen by other users: prefer --ks-pass env:NAME or file:PATH");
    }
    let origin = password::origin(args.ks_pass.as_deref())?;
    let debug = is_debug_store(path, args);
    password::with_password(&origin, debug, |password| {
        let passwords = password.map_or_else(Passwords::none, Passwords::store);
        match Keystore::open(bytes, &passwords) {
            Ok(keystore) => Tried::Opened(keystore),
            Err(error) if asks_for_a_password(&error) => Tried::Wrong(Failure::from_error(&error).at(path)),
            Err(error) => Tried::Failed(Failure::from_error(&error).at(path)),
        }
    })
    .map_err(|failure| failure.at(path))
}

/// The debug keystore of the Android tools (AGP, `DefaultSigningConfig`), by its name or its alias.
fn is_debug_store(path: &Path, args: &KeystoreArgs) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let alias = args.ks_key_alias.as_deref().unwrap_or_default();
    name.contains("debug") || alias.eq_ignore_ascii_case("androiddebugkey")
}

fn asks_for_a_password(error: &KeystoreError) -> bool {
    matches!(error, KeystoreError::PasswordNeeded(_) | KeystoreError::WrongPassword { .. })
}

/// Opens a keystore by its path.
pub(super) fn open_path(path: &Path, args: &KeystoreArgs, output: &Output) -> Result<Keystore, Failure> {
    open(path, &input::read(path)?, args, output)
}

/// The one entry that is meant: the named one, or the only one with a certificate.
pub(super) fn one_entry<'a>(path: &Path, keystore: &'a Keystore, args: &KeystoreArgs) -> Result<&'a Entry, Failure> {
    if let Some(alias) = &args.ks_key_alias {
        return keystore.find(alias).map_err(input::about(path));
    }
    let with_certificate: Vec<&Entry> = keystore.entries.iter().filter(|entry| entry.certificate().is_some()).collect();
    let keys: Vec<&Entry> = with_certificate.iter().copied().filter(|entry| entry.is_key()).collect();
    let leaves: Vec<&Entry> = with_certificate.iter().copied().filter(|entry| !entry.is_issuer_only()).collect();
    match (keys.as_slice(), leaves.as_slice()) {
        ([only], _) => Ok(only),
        ([], [only]) => Ok(only),
        ([], []) => Err(Failure::new("there is no certificate in it").at(path)),
        (several, all) => {
            let list = if several.is_empty() { all } else { several };
            let names: Vec<String> = list.iter().map(|entry| described(entry)).collect();
            Err(Failure::new(format!("it has several entries: {}", names.join(", ")))
                .help("name one with --ks-key-alias")
                .at(path))
        }
    }
}

/// The same, but nothing when there are several and none was named.
pub(super) fn the_entry<'a>(
    path: &Path,
    keystore: &'a Keystore,
    args: &KeystoreArgs,
) -> Result<Option<&'a Entry>, Failure> {
    let keys = keystore.entries.iter().filter(|entry| entry.is_key() && entry.certificate().is_some()).count();
    if args.ks_key_alias.is_none() && keys > 1 {
        return Ok(None);
    }
    one_entry(path, keystore, args).map(Some)
}

/// An entry for a list, with the digest that tells it apart.
fn described(entry: &Entry) -> String {
    let alias = entry.alias().unwrap_or("(no alias)");
    let md5 = entry.certificate().map(|certificate| format!(" (MD5 {})", certificate.fingerprints().md5));
    format!("{}{}", apkkey::text::Untrusted(alias), md5.unwrap_or_default())
}
