//! One entry of a keystore, and how its private key is unlocked.

use super::chain::Pool;
use super::error::{KeystoreError, Secret};
use super::fault::Fault;
use super::password::{Forms, Passwords};
use super::pbe::{self, Using};
use super::{Format, KdfBudget, bcfks, bks, pem};
use crate::certificate::Certificate;
use crate::identity::{PrivateKey, SigningIdentity};
use crate::secret::{Password, SecretBytes};
use std::fmt;
use std::sync::Arc;

/// What an entry holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A private key with its certificates.
    Key,
    /// Certificates only.
    Certificate,
    /// A secret key or other data: no certificate, and of no use for signing.
    Secret,
}

impl EntryKind {
    /// The word for it in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Certificate => "certificate",
            Self::Secret => "secret",
        }
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "a private key",
            Self::Certificate => "a certificate",
            Self::Secret => "a secret key",
        })
    }
}

/// A private key as it stands in the file.
#[derive(Clone)]
pub(super) enum SealedKey {
    /// `PrivateKeyInfo` in clear.
    Pkcs8(SecretBytes),
    /// `EncryptedPrivateKeyInfo`, of any scheme.
    Pkcs8Encrypted(Vec<u8>),
    /// A block of a PEM file.
    Pem(pem::KeyBlock),
    /// BouncyCastle's sealed key: salt, rounds, and the key's type, format, algorithm and bytes.
    Bks(Vec<u8>),
    /// BouncyCastle's `EncryptedPrivateKeyInfo` with its own ciphers.
    Bcfks(Vec<u8>),
}

/// An entry of a keystore.
#[derive(Clone)]
pub struct Entry {
    alias: Option<String>,
    kind: EntryKind,
    chain: Vec<Arc<Certificate>>,
    issuer_only: bool,
    key: Option<LockedKey>,
}

/// A private key in its file: what opening it may cost, and where else its certificate may be.
#[derive(Clone)]
pub(super) struct LockedKey {
    sealed: SealedKey,
    format: Format,
    budget: KdfBudget,
    pool: Option<Arc<Pool>>,
}

impl LockedKey {
    pub(super) fn new(sealed: SealedKey, format: Format, budget: &KdfBudget) -> Self {
        Self { sealed, format, budget: budget.clone(), pool: None }
    }

    /// Looks here for the certificate if the first of the chain does not belong to the key.
    pub(super) fn with_pool(mut self, pool: &Arc<Pool>) -> Self {
        self.pool = Some(Arc::clone(pool));
        self
    }
}

impl Entry {
    pub(super) fn key(alias: Option<String>, chain: Vec<Arc<Certificate>>, key: LockedKey) -> Self {
        Self { alias, kind: EntryKind::Key, chain, issuer_only: false, key: Some(key) }
    }

    pub(super) fn certificate_entry(alias: Option<String>, chain: Vec<Arc<Certificate>>) -> Self {
        Self { alias, kind: EntryKind::Certificate, chain, issuer_only: false, key: None }
    }

    /// Marks a certificate that is there because it issued another one.
    pub(super) fn issuing(mut self, issuer_only: bool) -> Self {
        self.issuer_only = issuer_only;
        self
    }

    pub(super) fn secret(alias: Option<String>) -> Self {
        Self { alias, kind: EntryKind::Secret, chain: Vec::new(), issuer_only: false, key: None }
    }

    /// The alias as it stands in the file. Certificates from PEM, DER and PKCS#7 files have none.
    #[must_use]
    pub fn alias(&self) -> Option<&str> {
        self.alias.as_deref()
    }

    /// What the entry holds.
    #[must_use]
    pub fn kind(&self) -> EntryKind {
        self.kind
    }

    /// Whether it holds a private key.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.kind == EntryKind::Key
    }

    /// Whether it is a certificate of a PEM or PKCS#7 file that is there only as the issuer of another one:
    /// the upper part of a chain, not what an app is signed with.
    #[must_use]
    pub fn is_issuer_only(&self) -> bool {
        self.issuer_only
    }

    /// The certificates, the one that belongs to the key first, its issuers behind it.
    pub fn chain(&self) -> impl ExactSizeIterator<Item = &Certificate> {
        self.chain.iter().map(AsRef::as_ref)
    }

    /// The first certificate of the chain: the one that belongs to the key.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.chain.first().map(AsRef::as_ref)
    }

    /// Decrypts the private key with the first password that fits, and checks that it belongs to the certificate.
    ///
    /// # Errors
    /// [`KeystoreError::NotAKey`] for an entry without a key, [`KeystoreError::PasswordNeeded`] when the key is
    /// encrypted and no password is given, [`KeystoreError::WrongPassword`] when none fits,
    /// [`KeystoreError::NoCertificate`] when the file has no certificate for the key, and [`KeystoreError::Key`] when key
    /// and certificate do not belong together or cannot sign an app.
    pub fn unlock(&self, passwords: &[&Password]) -> Result<SigningIdentity, KeystoreError> {
        let key = self.private_key(passwords)?;
        let mut chain: Vec<Certificate> = self.chain().cloned().collect();
        let belongs = chain.first().is_some_and(|leaf| key.belongs_to(leaf));
        let pool = self.key.as_ref().and_then(|locked| locked.pool.as_ref());
        if let Some(pool) = pool.filter(|_| !belongs)
            && let Some(leaf) = pool.find(|certificate| key.belongs_to(certificate))
        {
            chain = pool.chain(leaf).iter().map(|certificate| Certificate::clone(certificate)).collect();
        }
        if chain.is_empty() {
            return Err(KeystoreError::NoCertificate { alias: self.alias.clone() });
        }
        Ok(SigningIdentity::new(key, chain)?)
    }

    /// Decrypts the private key alone.
    ///
    /// # Errors
    /// As [`Entry::unlock`], without those about certificates.
    pub fn private_key(&self, passwords: &[&Password]) -> Result<PrivateKey, KeystoreError> {
        let Some(locked) = &self.key else {
            return Err(KeystoreError::NotAKey { alias: self.alias.clone(), kind: self.kind });
        };
        let secret = || Secret::Key(self.alias.clone());
        locked.sealed.open(passwords, &locked.budget).map_err(|fault| fault.report(locked.format, secret()))
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { alias, kind, chain, issuer_only: _, key: _ } = self;
        f.debug_struct("Entry").field("alias", alias).field("kind", kind).field("chain", chain).finish_non_exhaustive()
    }
}

/// Whether the password that was given for the store opens this entry's key.
pub(super) fn opens(entry: &Entry, passwords: &Passwords<'_>) -> bool {
    passwords.store.is_some_and(|password| entry.private_key(&[password]).is_ok())
}

impl SealedKey {
    /// Decrypts with the first password that fits.
    pub(super) fn open(&self, passwords: &[&Password], budget: &KdfBudget) -> Result<PrivateKey, Fault> {
        if let Some(key) = self.in_clear() {
            return key;
        }
        let mut outcome = Err(Fault::Needed);
        for password in passwords {
            outcome = self.open_with(&Forms::of(password), budget);
            if !matches!(outcome, Err(Fault::Wrong)) {
                break;
            }
        }
        outcome
    }

    fn in_clear(&self) -> Option<Result<PrivateKey, Fault>> {
        match self {
            Self::Pkcs8(der) => Some(PrivateKey::from_pkcs8(der.reveal()).map_err(Fault::from)),
            Self::Pem(block) => block.in_clear(),
            Self::Pkcs8Encrypted(_) | Self::Bks(_) | Self::Bcfks(_) => None,
        }
    }

    fn open_with(&self, forms: &Forms, budget: &KdfBudget) -> Result<PrivateKey, Fault> {
        let der = match self {
            Self::Pkcs8(der) => return Ok(PrivateKey::from_pkcs8(der.reveal())?),
            Self::Pem(block) => return block.open(forms, budget),
            Self::Pkcs8Encrypted(der) => {
                let (scheme, data) = pbe::encrypted_key(der)?;
                scheme.decrypt(&data, forms, &Using { budget, fits: &pbe::is_private_key_info })?
            }
            Self::Bks(blob) => bks::unseal(blob, forms, budget)?,
            Self::Bcfks(der) => bcfks::decrypt_key(der, forms, budget)?,
        };
        Ok(PrivateKey::from_pkcs8(&der)?)
    }
}
