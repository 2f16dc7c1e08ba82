//! A file that was dropped, by what it is.

use apkkey::api_key::{KeyFile, TokenKey};
use apkkey::keystore::{Content, Entry, Keystore, KeystoreError, Passwords, detect};
use apkkey::limits::{API_KEY_FILE, DETECTED};
use apkkey::report::{Failure, small_file};
use apkkey::secret::Password;
use apkkey::source::ReadAt;
use zeroize::Zeroizing;

/// A file on the page.
pub struct Item {
    /// As it was dropped.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What a file is.
pub enum Kind {
    /// An app, a set of APKs, a library: whatever is a ZIP archive.
    Archive(Box<dyn ReadAt>),
    /// A keystore, or certificates.
    Store(Store),
    /// An API key.
    Key(Vec<u8>),
    /// The public key that API keys must be signed with, in place of Amazon's.
    TokenKey(Box<TokenKey>),
    /// Something else.
    Unusable(Failure),
}

/// A keystore.
pub struct Store {
    bytes: Zeroizing<Vec<u8>>,
    /// Once it could be opened.
    pub opened: Option<Keystore>,
}

impl Item {
    /// Looks at the first bytes, and at all of a small file.
    #[must_use]
    pub fn new(name: String, source: Box<dyn ReadAt>) -> Self {
        let kind = Kind::of(&name, source).unwrap_or_else(|failure| Kind::Unusable(failure.at(&name)));
        Self { name, kind }
    }
}

impl Kind {
    fn of(name: &str, source: Box<dyn ReadAt>) -> Result<Self, Failure> {
        let (size, lower) = (source.size(), name.to_ascii_lowercase());
        let head = source.bytes(0..size.min(DETECTED)).map_err(|error| Failure::new(error.to_string()))?;
        let content = detect(&head);
        // what has the name of an app is told what is wrong with it as one
        let is_named = [".apk", ".aab", ".apks", ".xapk", ".apkm"].iter().any(|ending| lower.ends_with(ending));
        if content == Content::Zip || is_named {
            return Ok(Self::Archive(source));
        }
        let bytes = Zeroizing::new(small_file(source.as_ref())?);
        if is_api_key(name, &content, &bytes) {
            return Ok(Self::Key(bytes.to_vec()));
        }
        if content == Content::PublicKey {
            let key = TokenKey::parse(&bytes).map_err(|error| Failure::from_error(&error))?;
            return Ok(Self::TokenKey(Box::new(key)));
        }
        let mut store = Store { bytes, opened: None };
        // the debug keystore of the Android tools has a known password
        let known = name.to_ascii_lowercase().contains("debug").then(|| Password::new("android".to_owned()));
        let opened = known.map_or(Err(None), |known| store.open(Some(&known)).map_err(Some));
        match opened.or_else(|_| store.open(None)) {
            Ok(()) | Err(KeystoreError::PasswordNeeded(_) | KeystoreError::WrongPassword { .. }) => {
                Ok(Self::Store(store))
            }
            Err(error) => Err(Failure::from_error(&error)),
        }
    }
}

/// Whether a file is meant to be an API key: it is one, or has its name and is nothing else that is known.
fn is_api_key(name: &str, content: &Content, bytes: &[u8]) -> bool {
    let is_named = name.to_ascii_lowercase().contains("api_key");
    let is_nothing_else = matches!(
        content,
        Content::Unknown
            | Content::Empty
            | Content::Html
            | Content::Json
            | Content::ErrorMessage
            | Content::TextMangled
    );
    if *content == Content::ApiKeyToken || is_named && is_nothing_else {
        return true;
    }
    let file = KeyFile::read(bytes);
    *content == Content::Unknown && bytes.len() <= API_KEY_FILE && (file.key.is_ok() || file.repaired().is_some())
}

impl Store {
    /// Opens it.
    ///
    /// # Errors
    /// [`KeystoreError`] when it needs another password, or is none.
    pub fn open(&mut self, password: Option<&Password>) -> Result<(), KeystoreError> {
        let passwords = password.map_or_else(Passwords::none, Passwords::store);
        self.opened = Some(Keystore::open(&self.bytes, &passwords)?);
        Ok(())
    }

    /// The entries that may sign: one, if it is clear.
    #[must_use]
    pub fn candidates(&self) -> Vec<&Entry> {
        let only = self.opened.as_ref().map(Keystore::only_entry);
        only.map(|only| only.map_or_else(|several| several, |one| vec![one])).unwrap_or_default()
    }
}
