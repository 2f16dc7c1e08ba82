//! Signature algorithms of the APK Signing Block (apksigning/v2, "Signature algorithm IDs"; `SignatureAlgorithm.java`).

use crate::digest::DigestAlgorithm;
use std::fmt;

/// An algorithm by its number; unknown numbers are allowed and ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct AlgorithmId(pub(super) u32);

/// How the signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignatureMethod {
    /// RSASSA-PKCS1-v1_5 with this digest.
    RsaPkcs1(DigestAlgorithm),
    /// RSASSA-PSS with this digest, MGF1 with the same, and a salt of its length.
    RsaPss(DigestAlgorithm),
    /// ECDSA with this digest.
    Ecdsa(DigestAlgorithm),
    /// DSA with this digest.
    Dsa(DigestAlgorithm),
    /// ML-DSA, which digests for itself.
    MlDsa,
}

/// How the file's contents are digested, in the order of preference: the last is the strongest
/// (`ApkSigningBlockUtilsLite.compareContentDigestAlgorithm`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum ContentDigest {
    /// SHA-256 over chunks of 1 MiB.
    ChunkedSha256,
    /// Root of a tree of SHA-256 over pages of 4 KiB.
    VeritySha256,
    /// SHA-512 over chunks of 1 MiB.
    ChunkedSha512,
}

impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ChunkedSha256 => "SHA-256",
            Self::VeritySha256 => "verity SHA-256",
            Self::ChunkedSha512 => "SHA-512",
        })
    }
}

/// A known algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Algorithm {
    pub(super) method: SignatureMethod,
    pub(super) content: ContentDigest,
    /// The first API level that knows it.
    pub(super) min_sdk: u32,
}

impl AlgorithmId {
    /// What the number stands for.
    pub(super) fn known(self) -> Option<Algorithm> {
        use ContentDigest::{ChunkedSha256, ChunkedSha512, VeritySha256};
        use DigestAlgorithm::{Sha256, Sha512};
        use SignatureMethod::{Dsa, Ecdsa, MlDsa, RsaPkcs1, RsaPss};
        let (method, content, min_sdk) = match self.0 {
            0x0101 => (RsaPss(Sha256), ChunkedSha256, 24),
            0x0102 => (RsaPss(Sha512), ChunkedSha512, 24),
            0x0103 => (RsaPkcs1(Sha256), ChunkedSha256, 24),
            0x0104 => (RsaPkcs1(Sha512), ChunkedSha512, 24),
            0x0201 => (Ecdsa(Sha256), ChunkedSha256, 24),
            0x0202 => (Ecdsa(Sha512), ChunkedSha512, 24),
            0x0301 => (Dsa(Sha256), ChunkedSha256, 24),
            0x0421 => (RsaPkcs1(Sha256), VeritySha256, 28),
            0x0423 => (Ecdsa(Sha256), VeritySha256, 28),
            0x0425 => (Dsa(Sha256), VeritySha256, 28),
            0x0501 => (MlDsa, ChunkedSha512, 37),
            _ => return None,
        };
        Some(Algorithm { method, content, min_sdk })
    }
}

impl fmt::Display for AlgorithmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(known) = self.known() else { return write!(f, "algorithm {:#06x}", self.0) };
        match known.method {
            SignatureMethod::RsaPkcs1(digest) => write!(f, "RSA with {}", digest.name())?,
            SignatureMethod::RsaPss(digest) => write!(f, "RSA-PSS with {}", digest.name())?,
            SignatureMethod::Ecdsa(digest) => write!(f, "ECDSA with {}", digest.name())?,
            SignatureMethod::Dsa(digest) => write!(f, "DSA with {}", digest.name())?,
            SignatureMethod::MlDsa => f.write_str("ML-DSA")?,
        }
        if known.content == ContentDigest::VeritySha256 { f.write_str(" and verity") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stronger_digest_is_greater() {
        assert!(ContentDigest::ChunkedSha512 > ContentDigest::VeritySha256);
        assert!(ContentDigest::VeritySha256 > ContentDigest::ChunkedSha256);
        assert_eq!(AlgorithmId(0x0421).to_string(), "RSA with SHA-256 and verity");
        assert_eq!(AlgorithmId(0x0999).to_string(), "algorithm 0x0999");
    }
}
