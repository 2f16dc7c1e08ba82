//! Amazon's signature over a key: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2) over `header.payload` as it stands.

use super::token::ApiKey;
use super::token_key::TokenKey;
use crate::advice::Advice;
use crate::digest;
use rsa::Pkcs1v15Sign;
use rsa::traits::PublicKeyParts;
use std::ops::Deref;
use thiserror::Error;

/// A value whose signature holds. Nothing but [`authenticate`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentic<T> {
    value: T,
    authority: Authority,
}

/// Whose key vouched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// Amazon's.
    Amazon,
    /// The one that the user gave.
    TokenKey,
}

/// Why a key is not authentic.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAuthentic {
    /// The SDK says `bad base-64`.
    #[error("the key's signature is not base64")]
    SignatureBase64,
    /// Characters were lost or added.
    #[error("the key's signature has {found} bytes instead of {wanted}")]
    SignatureLength {
        /// How many bytes the signature has.
        found: usize,
        /// How many a signature of this authority has.
        wanted: usize,
    },
    /// The signature does not belong to the text, or is somebody else's.
    #[error("the key's signature is not {} over this key", match .authority {
        Authority::Amazon => "Amazon's",
        Authority::TokenKey => "the given token key's",
    })]
    Mismatch {
        /// Whose signature it should be.
        authority: Authority,
    },
}

impl Advice for NotAuthentic {
    fn help(&self) -> Option<String> {
        let text = match self {
            Self::SignatureBase64 | Self::SignatureLength { .. } => {
                "characters of the key were lost or changed in copying: copy it again from Amazon's developer console"
            }
            Self::Mismatch { authority: Authority::Amazon } => {
                "one changed character is enough: copy the key again from Amazon's developer console"
            }
            Self::Mismatch { authority: Authority::TokenKey } => {
                "leave `--token-key` out if the key was issued by Amazon"
            }
        };
        Some(text.to_owned())
    }
}

impl<T> Authentic<T> {
    /// Whose key vouched.
    #[must_use]
    pub fn authority(&self) -> Authority {
        self.authority
    }
}

impl<T> Deref for Authentic<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Checks the signature of a key. What the key claims is a fact afterwards.
///
/// # Errors
/// [`NotAuthentic`] says what is wrong with the signature.
pub fn authenticate(key: &ApiKey, token_key: &TokenKey) -> Result<Authentic<ApiKey>, NotAuthentic> {
    let authority = match token_key {
        TokenKey::Amazon => Authority::Amazon,
        TokenKey::Given(_) => Authority::TokenKey,
    };
    let signature = key.signature().ok_or(NotAuthentic::SignatureBase64)?;
    let public_key = token_key.public_key().ok_or(NotAuthentic::Mismatch { authority })?;
    if signature.len() != public_key.size() {
        return Err(NotAuthentic::SignatureLength { found: signature.len(), wanted: public_key.size() });
    }
    let digest = digest::sha256(key.signed_text().as_bytes());
    match public_key.verify(Pkcs1v15Sign::new::<sha2::Sha256>(), &digest, &signature) {
        Ok(()) => Ok(Authentic { value: key.clone(), authority }),
        Err(_) => Err(NotAuthentic::Mismatch { authority }),
    }
}
