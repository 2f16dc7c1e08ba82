//! What goes wrong inside one structure, before it is known which file and which secret it belongs to.

use super::error::{Cost, KeystoreError, Readable, Secret};
use super::{Content, Format, detect, text_copy};
use crate::asn1::Asn1Error;
use crate::bytes::BytesError;
use crate::certificate::CertificateError;
use crate::identity::IdentityError;
use thiserror::Error;

/// Why the bytes do not hold what they should.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Flaw {
    /// A binary structure is cut or too long.
    #[error(transparent)]
    Bytes(#[from] BytesError),
    /// ASN.1 is malformed.
    #[error(transparent)]
    Asn1(#[from] Asn1Error),
    /// A certificate is malformed.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A value makes no sense where it stands.
    #[error("{0}")]
    Value(&'static str),
}

/// Why a structure could not be read or decrypted.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// Malformed.
    Flaw(Flaw),
    /// No password is given, and one is needed.
    Needed,
    /// The password does not fit.
    Wrong,
    /// The password opens the key of this alias, but not the store.
    KeyOnly(Option<String>),
    /// Uses something that is not implemented.
    Unsupported(String),
    /// Asks for more key derivation than is allowed.
    Costly(Cost),
    /// Has more of something than is allowed.
    TooMany { what: &'static str, limit: usize },
    /// The key is there but cannot be used.
    Key(IdentityError),
}

impl Fault {
    pub(super) fn malformed(what: &'static str) -> Self {
        Self::Flaw(Flaw::Value(what))
    }

    /// The error for a user: `secret` is what a password was wanted for.
    pub(super) fn report(self, format: Format, secret: Secret) -> KeystoreError {
        match self {
            Self::Flaw(flaw) => KeystoreError::Damaged { format, flaw, readable: None },
            Self::Needed => KeystoreError::PasswordNeeded(secret),
            Self::Wrong => KeystoreError::WrongPassword { secret, format },
            Self::KeyOnly(alias) => KeystoreError::OpensKeyOnly { alias },
            Self::Unsupported(what) => KeystoreError::Unsupported { format, what },
            Self::Costly(cost) => KeystoreError::TooCostly(cost),
            Self::TooMany { what, limit } => KeystoreError::TooMany { what, limit },
            Self::Key(error) => KeystoreError::Key(error),
        }
    }

    /// The error for a user about a file of entries that are read one after the other.
    pub(super) fn report_entries(self, format: Format, readable: Readable, bytes: &[u8]) -> KeystoreError {
        let Self::Flaw(flaw) = self else { return self.report(format, Secret::Store) };
        if text_copy::carriage_returns_added(bytes) || text_copy::zeros_dropped(bytes) {
            return KeystoreError::NotAKeystore(Content::TextMangled);
        }
        let readable = Some(readable);
        if matches!(flaw, Flaw::Bytes(BytesError::Ends { .. })) {
            return KeystoreError::Truncated { format, size: bytes.len(), wanted: None, readable };
        }
        KeystoreError::Damaged { format, flaw, readable }
    }

    /// The error for a user about a file that is one ASN.1 element, which declares its size.
    pub(super) fn report_element(self, format: Format, bytes: &[u8]) -> KeystoreError {
        let Self::Flaw(flaw) = self else { return self.report(format, Secret::Store) };
        if text_copy::carriage_returns_added(bytes) {
            return KeystoreError::NotAKeystore(Content::TextMangled);
        }
        let wanted = detect::declared_size(bytes).filter(|wanted| *wanted > bytes.len());
        let ends = matches!(flaw, Flaw::Asn1(Asn1Error::Ends { .. }));
        if wanted.is_some() || ends && !detect::is_closed(bytes) {
            return KeystoreError::Truncated { format, size: bytes.len(), wanted, readable: None };
        }
        KeystoreError::Damaged { format, flaw, readable: None }
    }
}

impl From<BytesError> for Fault {
    fn from(error: BytesError) -> Self {
        Self::Flaw(Flaw::Bytes(error))
    }
}

impl From<Asn1Error> for Fault {
    fn from(error: Asn1Error) -> Self {
        Self::Flaw(Flaw::Asn1(error))
    }
}

impl From<CertificateError> for Fault {
    fn from(error: CertificateError) -> Self {
        Self::Flaw(Flaw::Certificate(error))
    }
}

impl From<IdentityError> for Fault {
    fn from(error: IdentityError) -> Self {
        Self::Key(error)
    }
}
