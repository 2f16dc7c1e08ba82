//! What the caller knows beyond the file: the package, and the certificate that will really sign.

use crate::advice::Advice;
use crate::fingerprint::{Fingerprints, Md5, Sha256};
use crate::keystore::{Entry, Keystore};
use crate::text::Untrusted;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// What the app must match.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// The package that the app must have.
    pub package: Option<String>,
    /// The certificate that devices will see, when a store or a later step signs again.
    pub certificate: Option<NamedCertificate>,
    /// The store that will sign again.
    pub store: Option<Store>,
    /// The security profile that the key must belong to.
    pub profile: Option<ProfileId>,
    /// Other certificates at hand (further aliases of a keystore), to name the one that a wrong key was made for. Without
    /// a named certificate, one of them must be named when the file's own does not count.
    pub others: Vec<(String, Fingerprints)>,
}

impl Expectations {
    /// Names the certificate by an entry of the keystore that is called `file`. Its other entries help to explain a
    /// mismatch; without a named entry all of them do, and the app's own certificate counts if it can.
    pub fn name_by(&mut self, file: &str, keystore: &Keystore, named: Option<&Entry>) {
        let name = |entry: &Entry| match entry.alias() {
            Some(alias) => format!("`{}` of {file}", Untrusted(alias)),
            None => file.to_owned(),
        };
        for entry in &keystore.entries {
            let Some(certificate) = entry.certificate() else { continue };
            let digests = certificate.fingerprints();
            if named.is_some_and(|named| std::ptr::eq(named, entry)) {
                let (md5, sha256) = (Some(digests.md5), Some(digests.sha256));
                self.certificate = Some(NamedCertificate { origin: name(entry), md5, sha256 });
            } else {
                self.others.push((name(entry), digests));
            }
        }
    }
}

/// A security profile in Amazon's console, by one of its two names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileId {
    /// `amzn1.application-oa2-client.` and 32 hex digits: what servers, and OneSignal's settings, have.
    Client(String),
    /// `amzn1.application.` and 32 hex digits: what the console calls Security Profile ID.
    Profile(String),
}

/// What was given is no name of a security profile.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProfileIdError {
    /// A secret was given.
    #[error("this is a client secret, not a client id")]
    Secret,
    /// Something else was given.
    #[error("`{}` is no client id", Untrusted(.0))]
    Malformed(String),
}

impl Advice for ProfileIdError {
    fn help(&self) -> Option<String> {
        let text = match self {
            Self::Secret => "others may have seen it on this command line: make a new one, and give the client id here",
            Self::Malformed(_) => "a client id is `amzn1.application-oa2-client.` and 32 hex digits",
        };
        Some(text.to_owned())
    }
}

impl FromStr for ProfileId {
    type Err = ProfileIdError;

    fn from_str(text: &str) -> Result<Self, ProfileIdError> {
        let is_hex = |digits: &str, count| digits.len() == count && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.starts_with("amzn1.oa2-cs.") || is_hex(text, 64) {
            return Err(ProfileIdError::Secret);
        }
        if text.strip_prefix("amzn1.application-oa2-client.").is_some_and(|digits| is_hex(digits, 32)) {
            return Ok(Self::Client(text.to_owned()));
        }
        if text.strip_prefix("amzn1.application.").is_some_and(|digits| is_hex(digits, 32)) {
            return Ok(Self::Profile(text.to_owned()));
        }
        Err(ProfileIdError::Malformed(text.to_owned()))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_ids_and_secrets_apart() {
        let digits = "0123456789abcdef".repeat(2);
        let client = format!("amzn1.application-oa2-client.{digits}");
        let profile = format!("amzn1.application.{digits}");
        assert_eq!(client.parse(), Ok(ProfileId::Client(client)));
        assert_eq!(profile.parse(), Ok(ProfileId::Profile(profile)));
        for secret in [format!("amzn1.oa2-cs.v1.{digits}{digits}"), format!("{digits}{digits}")] {
            let error = secret.parse::<ProfileId>().unwrap_err();
            assert_eq!(error, ProfileIdError::Secret);
            assert!(!error.to_string().contains(&digits) && !error.help().unwrap().contains(&digits));
        }
        for text in ["", "amzn1.application-oa2-client.0", "onesignal"] {
            assert!(matches!(text.parse::<ProfileId>(), Err(ProfileIdError::Malformed(_))), "{text}");
        }
    }
}
