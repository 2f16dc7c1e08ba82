//! Keystores and private keys, known by their content.

use super::Leak;
use crate::asn1::{Asn1, tag};
use crate::keystore::{Content, EntryKind, Format, Keystore, Passwords, detect};

/// What a file is, when it is a keystore or a private key.
pub(super) fn leak(bytes: &[u8]) -> Option<Leak> {
    let content = detect(bytes);
    if let Content::Keystore(format) = content {
        return keystore(format, bytes);
    }
    if let Content::Base64Of(inner) = content {
        let Content::Keystore(format) = *inner else {
            return (*inner == Content::PrivateKey).then_some(Leak::PrivateKey);
        };
        return Some(Leak::Keystore { format: format.as_str(), holds_key: None });
    }
    // PEM is left to the search in texts, which wants more than a header
    let is_key = content == Content::PrivateKey && bytes.first() == Some(&tag::SEQUENCE);
    (is_key || bytes.starts_with(b"PuTTY-User-Key-File")).then_some(Leak::PrivateKey)
}

fn keystore(format: Format, bytes: &[u8]) -> Option<Leak> {
    let holds_key = match format {
        Format::Jks | Format::Jceks | Format::Bks => {
            // what cannot be opened without a password at all only begins like one
            let keystore = Keystore::open(bytes, &Passwords::none()).ok()?;
            Some(keystore.entries.iter().any(|entry| entry.kind() != EntryKind::Certificate))
        }
        Format::Pkcs12 => has_key_bag(bytes),
        Format::Bcfks => None,
        // UBER is encrypted as a whole, and too many files begin like it
        Format::Uber | Format::Pem | Format::Der | Format::Pkcs7 => return None,
    };
    Some(Leak::Keystore { format: format.as_str(), holds_key })
}

/// 1.2.840.113549.1.7.1, data
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
/// 1.2.840.113549.1.12.10.1, before the number of the bag type: 1 is a key, 2 an encrypted key, 5 a secret.
const BAG_TYPES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 0x0c, 0x0a, 1];

/// Whether a PKCS#12 file has a key (RFC 7292, 4). No password is needed: keytool, OpenSSL, BouncyCastle and NSS put keys,
/// encrypted one by one, into a safe that is not encrypted itself, and certificates mostly into one that is. `None` when
/// the file cannot be read.
fn has_key_bag(bytes: &[u8]) -> Option<bool> {
    let mut fields = Asn1::new(bytes).sequence("PKCS#12").ok()?;
    fields.u32("version").ok()?;
    let safes = content(&mut fields.sequence("authenticated safe").ok()?)?;
    let mut infos = Asn1::new(&safes).sequence("authenticated safe").ok()?;
    let mut has_key = false;
    while !infos.is_empty() {
        let Some(safe) = content(&mut infos.sequence("safe").ok()?) else { continue };
        let mut bags = Asn1::new(&safe).sequence("safe contents").ok()?;
        while !bags.is_empty() {
            let number = bags.sequence("bag").ok()?.oid("bag type").ok()?.0.strip_prefix(BAG_TYPES)?.first().copied();
            has_key |= matches!(number, Some(1 | 2 | 5));
        }
    }
    Some(has_key)
}

/// The octets of a `ContentInfo` that is not encrypted.
fn content(info: &mut Asn1<'_>) -> Option<Vec<u8>> {
    if info.oid("content type").ok()?.0 != DATA {
        return None;
    }
    let content = info.expect(tag::context_constructed(0), "content").ok()?;
    Some(content.children().octets("content").ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn fixture(name: &str) -> Vec<u8> {
        let path = format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut bytes = Vec::new();
        std::fs::File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn tells_keystores_with_keys_from_lists_of_certificates() {
        let holds_key = |name: &str| match leak(&fixture(name)) {
            Some(Leak::Keystore { holds_key, .. }) => Some(holds_key),
            _ => None,
        };
        for (name, wanted) in [
            ("keystore/release.jks", Some(Some(true))),
            ("keystore/release.jceks", Some(Some(true))),
            ("keystore/release.bks", Some(Some(true))),
            ("keystore/keytool-17.p12", Some(Some(true))),
            ("keystore/openssl-3.p12", Some(Some(true))),
            ("keystore/bouncycastle-ber.p12", Some(Some(true))),
            ("keystore/certificates-in-clear.p12", Some(Some(true))),
            ("keystore/certificates-only.jks", Some(Some(false))),
            ("keystore/certificates-only.p12", Some(Some(false))),
            ("keystore/release.bcfks", Some(None)),
            ("keystore/release.pem", None),
            ("keystore/release.der", None),
            ("keystore/chain.p7b", None),
            ("apk/demo-release.apk", None),
            ("token/release.txt", None),
        ] {
            assert_eq!(holds_key(name), wanted, "{name}");
        }
        assert_eq!(leak(&fixture("keystore/pkcs8.der")), Some(Leak::PrivateKey));
        assert_eq!(leak(&fixture("keystore/pkcs8-encrypted.der")), Some(Leak::PrivateKey));
        assert!(matches!(leak(&fixture("keystore/base64-of-jks.txt")), Some(Leak::Keystore { .. })));
    }

    #[test]
    fn every_prefix_is_looked_at_without_a_panic() {
        for name in ["keystore/keytool-17.p12", "keystore/release.bks", "keystore/release.jks"] {
            let bytes = fixture(name);
            for end in 0..bytes.len() {
                let _ = leak(&bytes[..end]);
            }
        }
    }
}
