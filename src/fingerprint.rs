//! Digests of a certificate's DER, as Amazon's form wants them: upper-case hex pairs with colons.

use crate::digest;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Text that is not a fingerprint of the wanted length.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not {wanted} hex digits, with or without colons")]
pub struct FingerprintError {
    text: String,
    wanted: usize,
}

macro_rules! fingerprint {
    ($name:ident, $length:literal, $title:literal) => {
        #[doc = concat!("The ", $title, " of a certificate. `Display` is upper case with colons.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $length]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_pairs(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = FingerprintError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let error = || FingerprintError { text: text.chars().take(100).collect(), wanted: $length * 2 };
                let bytes = parse_pairs(text).ok_or_else(error)?;
                <[u8; $length]>::try_from(bytes).map(Self).map_err(|_| error())
            }
        }
    };
}

fingerprint!(Md5, 16, "MD5");
fingerprint!(Sha1, 20, "SHA-1");
fingerprint!(Sha256, 32, "SHA-256");

/// All three digests of one certificate, over its bytes exactly as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprints {
    /// What Amazon's form asks for first.
    pub md5: Md5,
    /// What other consoles ask for.
    pub sha1: Sha1,
    /// What Amazon's form asks for second.
    pub sha256: Sha256,
}

impl Fingerprints {
    /// Digests a certificate's DER.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self { md5: Md5(digest::md5(der)), sha1: Sha1(digest::sha1(der)), sha256: Sha256(digest::sha256(der)) }
    }
}

fn write_pairs(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, byte) in bytes.iter().enumerate() {
        let separator = if index == 0 { "" } else { ":" };
        write!(f, "{separator}{byte:02X}")?;
    }
    Ok(())
}

/// Hex pairs in any case, either all separated by colons or none.
fn parse_pairs(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = if text.contains(':') {
        let pairs: Vec<&str> = text.split(':').collect();
        if pairs.iter().any(|pair| pair.len() != 2) {
            return None;
        }
        pairs.concat().into_bytes()
    } else {
        text.as_bytes().to_vec()
    };
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(hex_pair).collect()
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(pair).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_the_form_wants_and_reads_what_people_paste() {
        let md5 = Fingerprints::of(b"").md5;
        assert_eq!(md5.to_string(), "D4:1D:8C:D9:8F:00:B2:04:E9:80:09:98:EC:F8:42:7E");
        for text in ["d41d8cd98f00b204e9800998ecf8427e", "d4:1d:8c:d9:8f:00:b2:04:e9:80:09:98:ec:f8:42:7e"] {
            assert_eq!(text.parse::<Md5>().unwrap(), md5);
        }
    }

    #[test]
    fn refuses_other_text() {
        for text in ["", "d4", "+41d8cd98f00b204e9800998ecf8427e", "d41:d8cd98f00b204e9800998ecf8427e", "ä"] {
            assert!(text.parse::<Md5>().is_err(), "{text}");
        }
    }
}
