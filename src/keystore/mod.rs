//! Every keystore that an Android developer may have: JKS, JCEKS, PKCS#12, BKS, UBER, BCFKS, and certificates and
//! keys outside one. The kind is found by content, never by name ([`detect()`]).
//!
//! Opening reads the certificates. Keys stay as they are in the file until [`Entry::unlock`], because each may have a
//! password of its own and its own costly key derivation. Where certificates are in clear (JKS, JCEKS, BKS, some
//! PKCS#12), no password is needed for them; a [`Note`] then says that the integrity was not checked.
//!
//! Nothing here asks for a password or knows where one comes from.

mod bcfks;
mod bks;
mod budget;
mod certificates;
mod chain;
mod cipher;
mod code_pages;
mod detect;
mod encoding;
mod entry;
mod error;
mod fault;
mod foreign;
mod java_serial;
mod jks;
mod kdf;
mod password;
mod pbe;
mod pem;
mod pkcs12;
mod sun;
mod text;
mod text_copy;

#[cfg(test)]
mod tests;

pub use self::budget::KdfBudget;
pub use self::detect::{Content, detect};
pub use self::encoding::PasswordEncoding;
pub use self::entry::{Entry, EntryKind};
pub use self::error::{Cost, KeystoreError, Readable, Secret};
pub use self::fault::Flaw;
pub use self::password::Passwords;

use self::entry::SealedKey;
use self::pem::KeyBlock;
use crate::asn1::tag;
use crate::identity::PrivateKey;
use crate::limits::KEYSTORE_SIZE;
use crate::secret::Password;
use crate::text::nearest;
use std::fmt;
use zeroize::Zeroizing;

/// The format of a keystore, or of certificates outside one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Java's own.
    Jks,
    /// Java's, with stronger key encryption and secret keys.
    Jceks,
    /// PKCS#12, `.p12`, `.pfx`: what keytool writes since JDK 9.
    Pkcs12,
    /// BouncyCastle's.
    Bks,
    /// BouncyCastle's, encrypted as a whole.
    Uber,
    /// BouncyCastle's for FIPS.
    Bcfks,
    /// PEM text.
    Pem,
    /// One certificate or key in DER.
    Der,
    /// Certificates in PKCS#7, `.p7b`.
    Pkcs7,
}

impl Format {
    /// The word for it in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jks => "jks",
            Self::Jceks => "jceks",
            Self::Pkcs12 => "pkcs12",
            Self::Bks => "bks",
            Self::Uber => "uber",
            Self::Bcfks => "bcfks",
            Self::Pem => "pem",
            Self::Der => "der",
            Self::Pkcs7 => "pkcs7",
        }
    }

    /// What messages call such a file.
    fn title(self) -> &'static str {
        match self {
            Self::Jks => "JKS keystore",
            Self::Jceks => "JCEKS keystore",
            Self::Pkcs12 => "PKCS#12 keystore",
            Self::Bks => "BKS keystore",
            Self::Uber => "UBER keystore",
            Self::Bcfks => "BCFKS keystore",
            Self::Pem => "PEM file",
            Self::Der => "DER file",
            Self::Pkcs7 => "PKCS#7 file",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something a user should know about a keystore that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// It was opened without a password, so nobody knows whether the file was changed.
    IntegrityNotChecked,
    /// The file has no integrity check at all.
    NoIntegrityCheck,
    /// The integrity check has 16 bits only (BKS version 1).
    WeakIntegrityCheck,
    /// The file was base64 and was decoded first.
    DecodedBase64,
    /// This many bytes stand behind the keystore.
    TrailingBytes(usize),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IntegrityNotChecked => f.write_str("integrity not checked: that takes the keystore's password"),
            Self::NoIntegrityCheck => f.write_str("the file has no integrity check"),
            Self::WeakIntegrityCheck => f.write_str("the integrity check has 16 bits only (BKS version 1)"),
            Self::DecodedBase64 => f.write_str("the file is base64 text and was decoded first"),
            Self::TrailingBytes(count) => write!(f, "{count} bytes behind the keystore were ignored"),
        }
    }
}

/// A keystore that was opened, or certificates outside one.
#[derive(Debug, Clone)]
pub struct Keystore {
    /// The format that was found.
    pub format: Format,
    /// What is in it, in the order of the file.
    pub entries: Vec<Entry>,
    /// What a user should know.
    pub notes: Vec<Note>,
}

impl Keystore {
    /// Opens what `bytes` hold.
    ///
    /// # Errors
    /// [`KeystoreError::PasswordNeeded`] and [`KeystoreError::WrongPassword`] when another password would help; the
    /// others name what the bytes are or what is wrong with them.
    pub fn open(bytes: &[u8], passwords: &Passwords<'_>) -> Result<Self, KeystoreError> {
        if bytes.len() > KEYSTORE_SIZE {
            return Err(KeystoreError::TooMany { what: "bytes", limit: KEYSTORE_SIZE });
        }
        let content = detect(bytes);
        if let Content::Base64Of(inner) = content {
            let decoded = decode(bytes).ok_or(KeystoreError::NotAKeystore(Content::Base64Of(inner)))?;
            return open_decoded(&decoded, passwords);
        }
        open_content(content, bytes, passwords)
    }

    /// The entry with this alias: exactly, else ignoring case, since Java lowers the case in some formats.
    ///
    /// # Errors
    /// [`KeystoreError::UnknownAlias`], which lists what is there and the nearest.
    pub fn find(&self, alias: &str) -> Result<&Entry, KeystoreError> {
        let exact = self.entries.iter().find(|entry| entry.alias() == Some(alias));
        let lowered = alias.to_lowercase();
        let ignoring_case =
            || self.entries.iter().find(|entry| entry.alias().is_some_and(|present| present.to_lowercase() == lowered));
        exact.or_else(ignoring_case).ok_or_else(|| {
            let present: Vec<String> = self.entries.iter().filter_map(Entry::alias).map(str::to_owned).collect();
            let nearest = nearest(alias, present.iter().map(String::as_str)).map(str::to_owned);
            KeystoreError::UnknownAlias { wanted: alias.to_owned(), present, nearest }
        })
    }
}

impl Keystore {
    /// The entry that is meant when none is named: the only key with a certificate; without keys, the only certificate
    /// that is not there as the issuer of another one.
    ///
    /// # Errors
    /// The entries of which one must be named; none when there is no certificate.
    pub fn only_entry(&self) -> Result<&Entry, Vec<&Entry>> {
        let with_certificate = || self.entries.iter().filter(|entry| entry.certificate().is_some());
        let keys: Vec<&Entry> = with_certificate().filter(|entry| entry.is_key()).collect();
        let leaves = || with_certificate().filter(|entry| !entry.is_issuer_only()).collect();
        let candidates: Vec<&Entry> = if keys.is_empty() { leaves() } else { keys };
        match candidates.as_slice() {
            [only] => Ok(only),
            _ => Err(candidates),
        }
    }
}

/// The bytes of a file that is base64.
fn decode(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    text::decode_base64(&text::text(bytes)?).map(Zeroizing::new)
}

/// Opens what was base64.
fn open_decoded(decoded: &[u8], passwords: &Passwords<'_>) -> Result<Keystore, KeystoreError> {
    let mut keystore = open_content(detect(decoded), decoded, passwords)?;
    keystore.notes.push(Note::DecodedBase64);
    Ok(keystore)
}

fn open_content(content: Content, bytes: &[u8], passwords: &Passwords<'_>) -> Result<Keystore, KeystoreError> {
    if content == Content::PrivateKey {
        return Err(KeystoreError::PrivateKeyAlone);
    }
    let (Content::Keystore(format) | Content::Certificates(format)) = content else {
        return Err(KeystoreError::NotAKeystore(content));
    };
    match format {
        Format::Jks | Format::Jceks => jks::open(bytes, format, passwords),
        Format::Pkcs12 => pkcs12::open(bytes, passwords),
        Format::Bks | Format::Uber => bks::open(bytes, passwords),
        Format::Bcfks => bcfks::open(bytes, passwords),
        Format::Der => certificates::open_der(bytes, passwords),
        Format::Pkcs7 if is_der(bytes) => certificates::open_pkcs7(bytes, passwords),
        Format::Pkcs7 | Format::Pem => certificates::open_pem(bytes, passwords),
    }
}

fn is_der(bytes: &[u8]) -> bool {
    bytes.first() == Some(&tag::SEQUENCE)
}

/// Reads a private key that stands alone: PKCS#8 in clear or encrypted, PKCS#1, SEC 1, OpenSSL's DSA; PEM, DER or base64
/// of these. The first of the passwords that fits is used.
///
/// # Errors
/// As [`Keystore::open`]; [`KeystoreError::NotAPrivateKey`] when something else is there.
pub fn private_key(bytes: &[u8], passwords: &[&Password], budget: &KdfBudget) -> Result<PrivateKey, KeystoreError> {
    if bytes.len() > KEYSTORE_SIZE {
        return Err(KeystoreError::TooMany { what: "bytes", limit: KEYSTORE_SIZE });
    }
    let mut content = detect(bytes);
    let mut decoded = None;
    if let Content::Base64Of(inner) = content {
        content = *inner;
        decoded = decode(bytes);
    }
    let bytes = decoded.as_ref().map_or(bytes, |decoded| decoded.as_slice());
    let may_hold_key = matches!(content, Content::PrivateKey | Content::Certificates(Format::Pem));
    let block = if may_hold_key { key_block(bytes)? } else { None };
    let block = block.ok_or(KeystoreError::NotAPrivateKey(content))?;
    let format = if is_der(bytes) { Format::Der } else { Format::Pem };
    SealedKey::Pem(block).open(passwords, budget).map_err(|fault| fault.report(format, Secret::Key(None)))
}

/// The first private key of a PEM or DER file.
fn key_block(bytes: &[u8]) -> Result<Option<KeyBlock>, KeystoreError> {
    if is_der(bytes) {
        return Ok(detect::key_form(bytes).map(|form| KeyBlock::bare(form, bytes)));
    }
    let Some(text) = text::text(bytes) else { return Ok(None) };
    let blocks = pem::blocks(&text).map_err(|fault| fault.report(Format::Pem, Secret::Key(None)))?;
    Ok(blocks.iter().find_map(KeyBlock::of))
}
