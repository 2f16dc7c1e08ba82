//! The key of a keystore: `--ks`, and what `--signing-properties` names.

use super::from_files::KEY_VARIABLE;
use super::properties::SigningProperties;
use super::{OpenedSigner, SignerArgs, base_name, known, store_type};
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::password::{Attempt, Credential, Given, PasswordReader, PasswordSpec, Tried};
use crate::cli::store::{StoreFile, choose, may_need_another_password};
use crate::cli::waiting;
use apkkey::identity::SigningIdentity;
use apkkey::keystore::{Entry, KdfBudget, Keystore, KeystoreError, Note, Secret};
use apkkey::secret::Password;
use apkkey::signature::sign::Signer;
use apkkey::text::Untrusted;
use std::path::PathBuf;
use zeroize::Zeroizing;

pub(super) fn open(args: &SignerArgs, passwords: &mut PasswordReader<'_>) -> Result<OpenedSigner, Failure> {
    let properties = args.signing_properties.as_deref().map(SigningProperties::read).transpose()?.unwrap_or_default();
    let specs = (args.keystore.ks_pass.as_ref(), args.key_pass.as_ref());
    let access = Access::read(specs, &properties, passwords)?;
    let path = path(args, &properties)?;
    let bytes = Zeroizing::new(input::read(&path)?);
    let mut keystore_args = args.keystore.clone();
    keystore_args.ks_key_alias = keystore_args.ks_key_alias.or(properties.alias);
    let file = StoreFile { path: &path, bytes: &bytes, args: &keystore_args, output: passwords.output() };
    let unlocked = unlock(&file, &access)?;
    let name = args.v1_signer_name.clone().or(unlocked.alias).unwrap_or_else(|| base_name(&path));
    let signer = Signer { identity: unlocked.identity, name, min_sdk: args.signer_for_min_sdk_version };
    Ok(OpenedSigner { signer, notes: unlocked.notes })
}

fn path(args: &SignerArgs, properties: &SigningProperties) -> Result<PathBuf, Failure> {
    let path = args.ks.as_ref().or(properties.store.as_ref());
    match (path, &args.signing_properties) {
        (Some(path), _) if path.as_os_str() == "NONE" => {
            Err(store_type::no_file("keystores without a file (--ks NONE)"))
        }
        (Some(path), _) => Ok(path.clone()),
        (None, Some(file)) => Err(Failure::new("it names no keystore").help("name one with --ks").at(file)),
        (None, None) => Err(Failure::new("no signer is given").help("give a keystore with --ks, or --key and --cert")),
    }
}

/// The passwords that the user gave for a keystore and a key in it.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) store: Given,
    key: Given,
}

impl Access {
    /// Reads the options `--ks-pass` and `--key-pass`, in this order; where they are missing the properties say it.
    pub(crate) fn read(
        (store, key): (Option<&PasswordSpec>, Option<&PasswordSpec>),
        properties: &SigningProperties,
        passwords: &mut PasswordReader<'_>,
    ) -> Result<Self, Failure> {
        let store = passwords.read("--ks-pass", store)?;
        let key = passwords.read("--key-pass", key)?;
        Ok(Self {
            store: or_property(store, properties.store_password.as_ref(), "storePassword"),
            key: or_property(key, properties.key_password.as_ref(), "keyPassword"),
        })
    }
}

fn or_property(option: Given, property: Option<&Password>, name: &str) -> Given {
    match (option, property) {
        (Given::Nothing, Some(password)) => {
            Given::Password(Credential { password: password.clone(), origin: name.to_owned() })
        }
        (option, _) => option,
    }
}

/// A keystore of which one key was decrypted.
pub(crate) struct Unlocked {
    pub(crate) keystore: Keystore,
    pub(crate) alias: Option<String>,
    pub(crate) identity: SigningIdentity,
    pub(crate) notes: Vec<String>,
}

/// Opens a keystore and decrypts the key that is wanted.
pub(crate) fn unlock(file: &StoreFile<'_>, access: &Access) -> Result<Unlocked, Failure> {
    let opening = Opening { file, access };
    let opened = opening.keystore().map_err(|failure| failure.at(file.path))?;
    let entry = opening.wanted(&opened.keystore)?;
    let identity = opening.identity(entry, &opened).map_err(|failure| failure.at(file.path))?;
    let (alias, notes) = (entry.alias().map(str::to_owned), opening.notes(&opened.keystore, entry));
    Ok(Unlocked { keystore: opened.keystore, alias, identity, notes })
}

struct Opening<'a> {
    file: &'a StoreFile<'a>,
    access: &'a Access,
}

/// A keystore, the password that opened it, and what its keys may cost.
struct Opened {
    keystore: Keystore,
    password: Option<Password>,
    budget: KdfBudget,
}

impl Opening<'_> {
    fn keystore(&self) -> Result<Opened, Failure> {
        self.file.attempt(&self.access.store)?.run(|password| self.keystore_with(password))
    }

    /// Where the certificates are in clear a keystore opens without a password, but a key mostly does not: then the
    /// keystore's password is what is wanted. A wrong alias is told before any password is.
    fn keystore_with(&self, password: Option<&Password>) -> Tried<Opened> {
        let (keystore, budget) = match self.file.open_with(password) {
            Tried::Opened(opened) => opened,
            Tried::Wrong(failure) => return Tried::Wrong(failure),
            Tried::Refused(failure) => return Tried::Refused(failure),
            Tried::Failed(failure) => return Tried::Failed(failure),
        };
        if password.is_none() {
            match self.wanted(&keystore).map(|entry| entry.private_key(&[])) {
                Err(failure) => return Tried::Failed(failure),
                Ok(Err(KeystoreError::PasswordNeeded(_))) => {
                    return Tried::Wrong(Failure::from_error(&KeystoreError::PasswordNeeded(Secret::Store)));
                }
                Ok(_) => {}
            }
        }
        Tried::Opened(Opened { keystore, password: password.cloned(), budget })
    }

    /// The entry that signs: the named one, or the only key.
    fn wanted<'b>(&self, keystore: &'b Keystore) -> Result<&'b Entry, Failure> {
        let path = self.file.path;
        let keys: Vec<&Entry> = keystore.entries.iter().filter(|entry| entry.is_key()).collect();
        let Some(alias) = &self.file.args.ks_key_alias else {
            return match keys.as_slice() {
                [only] => Ok(only),
                [] => Err(Failure::new("it holds certificates only and no private key: it cannot sign")
                    .help("give the keystore in which the key was made; exports and truststores have none")
                    .at(path)),
                several => Err(choose(path, "keys", several)),
            };
        };
        let entry = keystore.find(alias).map_err(input::about(path))?;
        if entry.is_key() {
            return Ok(entry);
        }
        let error = KeystoreError::NotAKey { alias: entry.alias().map(str::to_owned), kind: entry.kind() };
        let mut failure = Failure::from_error(&error);
        let names: Vec<String> =
            keys.iter().filter_map(|key| key.alias()).map(|name| format!("{}", Untrusted(name))).collect();
        if !names.is_empty() {
            failure.help = Some(format!("private keys are in: {}", names.join(", ")));
        }
        Err(failure.at(path))
    }

    fn identity(&self, entry: &Entry, opened: &Opened) -> Result<SigningIdentity, Failure> {
        let attempt = Attempt::new(key_name(entry), self.file.output).in_encoding(self.file.args.encoding()?);
        let mut attempt = known(attempt, &self.access.key, KEY_VARIABLE);
        attempt = match &opened.password {
            Some(password) => attempt.guess(password.clone()),
            None => attempt.without_password(),
        };
        let is_given = matches!(self.access.key, Given::Password(_));
        if !is_given {
            attempt = attempt.ask(question(entry));
        }
        attempt.run(|password| {
            let list: Vec<&Password> = password.into_iter().collect();
            match waiting::with_word(&opened.budget, self.file.output, || entry.unlock(&list)) {
                Ok(identity) => Tried::Opened(identity),
                Err(error) if !may_need_another_password(&error) => Tried::Failed(Failure::from_error(&error)),
                Err(error) if is_given => Tried::Wrong(Failure::from_error(&error)),
                Err(error) => Tried::Wrong(another_password(entry, &error)),
            }
        })
    }

    fn notes(&self, keystore: &Keystore, entry: &Entry) -> Vec<String> {
        let path = shown(self.file.path);
        let mut notes = Vec::new();
        let alias = entry.alias().map(|alias| Untrusted(alias).to_string());
        match (&self.file.args.ks_key_alias, alias) {
            (None, Some(alias)) => notes.push(format!("{path}: used alias `{alias}`, the only key")),
            (Some(wanted), Some(alias)) if entry.alias() != Some(wanted) => {
                notes.push(format!("{path}: used alias `{alias}` for `{}`", Untrusted(wanted)));
            }
            _ => {}
        }
        let told = self.file.args.ks_type.as_deref().and_then(|name| store_type::contradiction(name, keystore.format));
        notes.extend(told.map(|told| format!("{path}: {told}")));
        // without a password nothing could be checked, and none was needed
        let others = keystore.notes.iter().filter(|note| **note != Note::IntegrityNotChecked);
        notes.extend(others.map(|note| format!("{path}: {note}")));
        notes
    }
}

/// The keystore's password does not open the key.
fn another_password(entry: &Entry, error: &KeystoreError) -> Failure {
    let mut failure = Failure::from_error(error);
    failure.message = format!("the keystore opened, but {} has another password", key_name(entry));
    failure
}

fn question(entry: &Entry) -> String {
    format!("Password of {} (it differs from the keystore's): ", key_name(entry))
}

fn key_name(entry: &Entry) -> String {
    entry.alias().map_or_else(|| "its key".to_owned(), |alias| format!("key \"{}\"", Untrusted(alias)))
}
