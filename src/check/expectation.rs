//! What the caller knows beyond the file: the package, and the certificate that will really sign.

use crate::fingerprint::{Fingerprints, Md5, Sha256};
use std::fmt;

/// What the app must match.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// The package that the app must have.
    pub package: Option<String>,
    /// The certificate that devices will see, when a store or a later step signs again.
    pub certificate: Option<NamedCertificate>,
    /// The store that will sign again.
    pub store: Option<Store>,
    /// Other certificates at hand (further aliases of a keystore), to name the one that a wrong key was made for.
    pub others: Vec<(String, Fingerprints)>,
}

/// A certificate as the caller named it: by file, or by one or both of its digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedCertificate {
    /// Where it comes from, as `--cert-md5` or `release.jks, alias upload`.
    pub origin: String,
    /// Its MD5, if known.
    pub md5: Option<Md5>,
    /// Its SHA-256, if known.
    pub sha256: Option<Sha256>,
}

/// A store that signs apps again with a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// Amazon Appstore: always signs again.
    Amazon,
    /// Google Play: signs again with Play App Signing.
    Play,
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Amazon => "the Amazon Appstore",
            Self::Play => "Google Play",
        })
    }
}

impl Store {
    /// Where the store shows the digests of its certificate.
    #[must_use]
    pub fn where_to_look(self) -> &'static str {
        match self {
            Self::Amazon => "`Appstore Certificate Hashes` on the upload page of the Amazon developer console",
            Self::Play => "`App signing` in the Play Console",
        }
    }
}
