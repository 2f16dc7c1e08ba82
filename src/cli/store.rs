//! Opens keystores and certificates for commands that read them.

use super::failure::{Failure, shown};
use super::input;
use super::output::Output;
use super::password::{Attempt, Credential, Given, PasswordReader, Tried, environment};
use super::signer::{KeystoreArgs, store_type};
use super::waiting;
use apkkey::keystore::{Content, Entry, KdfBudget, Keystore, KeystoreError, Passwords};
use apkkey::secret::Password;
use apkkey::text::Untrusted;
use std::path::Path;

/// The environment variable with the keystore's password.
pub(crate) const PASSWORD_VARIABLE: &str = "APKKEY_KS_PASS";

/// A file that is opened as a keystore.
pub(crate) struct StoreFile<'a> {
    pub(crate) path: &'a Path,
    pub(crate) bytes: &'a [u8],
    pub(crate) args: &'a KeystoreArgs,
    pub(crate) output: &'a Output,
}

impl StoreFile<'_> {
    /// Opens it with a password, or without; the budget is what its keys may cost.
    pub(crate) fn open_with(&self, password: Option<&Password>) -> Tried<(Keystore, KdfBudget)> {
        let budget = self.args.budget();
        let passwords = Passwords { store: password, budget: budget.clone() };
        let opened = waiting::with_word(&budget, self.output, || Keystore::open(self.bytes, &passwords));
        match opened {
            Ok(keystore) => Tried::Opened((keystore, budget)),
            Err(error @ KeystoreError::OpensKeyOnly { .. }) => {
                Tried::Refused(Failure::from_error(&error).at(self.path))
            }
            Err(error) if may_need_another_password(&error) => Tried::Wrong(Failure::from_error(&error).at(self.path)),
            Err(error) => Tried::Failed(self.known_by_name(Failure::from_error(&error), &error).at(self.path)),
        }
    }

    /// IBM's key databases have nothing in their content that tells them.
    fn known_by_name(&self, failure: Failure, error: &KeystoreError) -> Failure {
        let extension = self.path.extension().unwrap_or_default();
        let is_unknown = matches!(error, KeystoreError::NotAKeystore(Content::Unknown));
        if !is_unknown || !["kdb", "rdb", "sth"].iter().any(|name| extension == *name) {
            return failure;
        }
        failure.help("IBM's key databases are not supported: export the key as PKCS#12 with gskcapicmd or ikeyman")
    }

    /// What is tried: the password that was given; else the environment's, the debug keystore's known one, none, and then
    /// the user is asked.
    pub(crate) fn attempt(&self, given: &Given) -> Result<Attempt<'_>, Failure> {
        let mut attempt = Attempt::new(shown(self.path), self.output).in_encoding(self.args.encoding()?);
        let question = format!("Password of {}: ", shown(self.path));
        match given {
            Given::Password(credential) => return Ok(attempt.named(credential.clone())),
            Given::Prompt => return Ok(attempt.ask(question)),
            Given::Nothing => {}
        }
        if let Some(password) = environment(PASSWORD_VARIABLE) {
            attempt = attempt.named(Credential { password, origin: PASSWORD_VARIABLE.to_owned() });
        }
        if is_debug_store(self.path, self.args.ks_key_alias.as_deref()) {
            attempt = attempt.guess(Password::new("android".to_owned()));
        }
        Ok(attempt.without_password().ask(question))
    }

    /// Opens it, asking for a password only when nothing can be read without.
    fn open(&self, given: &Given) -> Result<Keystore, Failure> {
        let (keystore, _) = self.attempt(given)?.run(|password| self.open_with(password))?;
        if let Some(told) =
            self.args.ks_type.as_deref().and_then(|name| store_type::contradiction(name, keystore.format))
        {
            self.output.note(&format!("{}: {told}", shown(self.path)));
        }
        Ok(keystore)
    }
}

/// The debug keystore of the Android tools (AGP, `DefaultSigningConfig`), by its name or its alias.
fn is_debug_store(path: &Path, alias: Option<&str>) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    name.contains("debug") || alias.is_some_and(|alias| alias.eq_ignore_ascii_case("androiddebugkey"))
}

pub(crate) fn may_need_another_password(error: &KeystoreError) -> bool {
    matches!(error, KeystoreError::PasswordNeeded(_) | KeystoreError::WrongPassword { .. })
}

/// Opens a keystore or certificate whose bytes were read.
pub(crate) fn open(file: &StoreFile<'_>, given: &Given) -> Result<Keystore, Failure> {
    file.open(given).map_err(|failure| failure.at(file.path))
}

/// Opens a keystore by its path.
pub(crate) fn open_path(path: &Path, args: &KeystoreArgs, output: &Output) -> Result<Keystore, Failure> {
    args.ks_type.as_deref().map_or(Ok(()), store_type::refuse_foreign)?;
    let given = PasswordReader::new(output).read("--ks-pass", args.ks_pass.as_ref())?;
    open(&StoreFile { path, bytes: &input::read(path)?, args, output }, &given)
}

/// The one entry that is meant: the named one, or the only one with a certificate.
pub(crate) fn one_entry<'a>(path: &Path, keystore: &'a Keystore, args: &KeystoreArgs) -> Result<&'a Entry, Failure> {
    if let Some(alias) = &args.ks_key_alias {
        return keystore.find(alias).map_err(input::about(path));
    }
    keystore.only_entry().map_err(|candidates| match candidates.as_slice() {
        [] => Failure::new("there is no certificate in it").at(path),
        several => choose(path, "entries", several),
    })
}

/// The same, but nothing when there are several and none was named.
pub(crate) fn the_entry<'a>(
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

/// Several entries where one is wanted, with the digests that tell them apart.
pub(crate) fn choose(path: &Path, what: &str, entries: &[&Entry]) -> Failure {
    const SHOWN: usize = 20;
    let mut names: Vec<String> = entries.iter().take(SHOWN).map(|entry| described(entry)).collect();
    if entries.len() > SHOWN {
        names.push(format!("and {} more", entries.len().saturating_sub(SHOWN)));
    }
    Failure::new(format!("it has several {what}: {}", names.join(", "))).help("name one with --ks-key-alias").at(path)
}

fn described(entry: &Entry) -> String {
    let alias = entry.alias().unwrap_or("(no alias)");
    let md5 = entry.certificate().map(|certificate| format!(" (MD5 {})", certificate.fingerprints().md5));
    format!("{}{}", Untrusted(alias), md5.unwrap_or_default())
}
