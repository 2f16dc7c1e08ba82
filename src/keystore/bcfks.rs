//! BouncyCastle's FIPS keystore, BCFKS (`BcFKSKeyStoreSpi`, `org.bouncycastle.asn1.bc`).
//!
//! `ObjectStore ::= SEQUENCE { EncryptedObjectStoreData or ObjectStoreData, integrity check }`. Inside is a list of
//! objects: `SEQUENCE { type, identifier, created, modified, data, comment OPTIONAL }`. Keys come from PBKDF2 or
//! scrypt over the password and the purpose, both as UTF-16 with a terminator; AES-256 in CCM mode or key wrapping
//! (RFC 5649) encrypts.

use super::entry::{Entry, LockedKey, SealedKey};
use super::error::KeystoreError;
use super::fault::Fault;
use super::kdf::{Derived, Hash, Kdf};
use super::password::{Form, Forms, Passwords, terminated};
use super::{Format, KdfBudget, Keystore, pbe};
use crate::asn1::{Asn1, Element, tag};
use crate::certificate::Certificate;
use crate::limits::{CHAIN_LENGTH, KEYSTORE_ENTRIES};
use aes::cipher::array::Array;
use ccm::Ccm;
use ccm::aead::consts::{U8, U12, U13, U16};
use ccm::aead::{Aead, KeyInit};
use std::sync::Arc;
use zeroize::Zeroizing;

const STORE: &str = "STORE_ENCRYPTION";
const PRIVATE_KEY: &str = "PRIVATE_KEY_ENCRYPTION";
const INTEGRITY: &str = "INTEGRITY_CHECK";

/// 1.2.840.113549.1.5.13
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0d];
/// 2.16.840.1.101.3.4.1.47
const AES256_CCM: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 47];
/// 2.16.840.1.101.3.4.1.48
const AES256_WRAP_PAD: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 48];
const KEY_SIZE: usize = 32;

/// Opens a BCFKS file.
pub(super) fn open(bytes: &[u8], passwords: &Passwords<'_>) -> Result<Keystore, KeystoreError> {
    read(bytes, passwords).map_err(|fault| fault.report_element(Format::Bcfks, bytes))
}

fn read(bytes: &[u8], passwords: &Passwords<'_>) -> Result<Keystore, Fault> {
    let mut fields = Asn1::new(bytes).sequence("BCFKS")?;
    let store = fields.expect(tag::SEQUENCE, "object store data")?;
    let check = fields.any("integrity check")?;
    let forms = passwords.store.map(Forms::of).ok_or(Fault::Needed)?;
    let encrypted = store.children().peek_tag() == Some(tag::SEQUENCE);
    let plain = if encrypted {
        let envelope = Envelope { purpose: STORE, fits: pbe::is_sequence };
        envelope.decrypt(&mut store.children(), &forms, &passwords.budget)?
    } else {
        Zeroizing::new(store.raw.to_vec())
    };
    if !has_integrity(&check, store.raw, &forms, &passwords.budget)? {
        // Decryption is authenticated, so the password is right when it came this far.
        return Err(if encrypted { Fault::malformed("its MAC does not fit its contents") } else { Fault::Wrong });
    }
    Ok(Keystore { format: Format::Bcfks, entries: entries(&plain, passwords)?, notes: Vec::new() })
}

/// Password and purpose behind each other.
fn with_purpose(form: &[u8], purpose: &str) -> Form {
    let purpose: Vec<u8> = purpose.encode_utf16().flat_map(u16::to_be_bytes).collect();
    Zeroizing::new([form, &terminated(&purpose)].concat())
}

fn kdf(algorithm: &Element<'_>) -> Result<Kdf, Fault> {
    Ok(Kdf::read(algorithm)?.with_parallelism_as_block_size())
}

/// `PbkdMacIntegrityCheck ::= SEQUENCE { MAC algorithm, key derivation, MAC }`.
fn has_integrity(check: &Element<'_>, covered: &[u8], forms: &Forms, budget: &KdfBudget) -> Result<bool, Fault> {
    if check.tag != tag::SEQUENCE {
        return Err(Fault::Unsupported("a signature as its integrity check".to_owned()));
    }
    let mut fields = check.children();
    let oid = fields.sequence("MAC algorithm")?.oid("MAC algorithm")?;
    let hash = Hash::of_hmac(oid).ok_or_else(|| Fault::Unsupported(pbe::algorithm_name(oid)))?;
    let kdf = kdf(&fields.expect(tag::SEQUENCE, "key derivation")?)?;
    let mac = fields.octets("MAC")?;
    let size = kdf.key_size().and_then(|size| usize::try_from(size).ok()).unwrap_or(hash.output_size());
    for form in forms.bouncy_castle() {
        let key = kdf.derive(&with_purpose(&form, INTEGRITY), size, budget)?;
        if hash.hmac(&key, covered) == *mac {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Something encrypted for one purpose.
struct Envelope {
    purpose: &'static str,
    fits: fn(&[u8]) -> bool,
}

impl Envelope {
    /// Reads an `AlgorithmIdentifier` and the OCTET STRING behind it, and decrypts.
    fn decrypt(&self, fields: &mut Asn1<'_>, forms: &Forms, budget: &KdfBudget) -> Result<Derived, Fault> {
        let mut algorithm = fields.sequence("encryption algorithm")?;
        let data = fields.octets("encrypted data")?;
        let oid = algorithm.oid("encryption algorithm")?;
        if oid.0 != PBES2 {
            return Err(Fault::Unsupported(pbe::algorithm_name(oid)));
        }
        let mut parameters = algorithm.sequence("PBES2 parameters")?;
        let kdf = kdf(&parameters.expect(tag::SEQUENCE, "key derivation")?)?;
        let cipher = Cipher::read(&parameters.expect(tag::SEQUENCE, "encryption scheme")?)?;
        for form in forms.bouncy_castle() {
            let key = kdf.derive(&with_purpose(&form, self.purpose), KEY_SIZE, budget)?;
            if let Some(plain) = cipher.decrypt(&key, &data).filter(|plain| (self.fits)(plain)) {
                return Ok(plain);
            }
        }
        Err(Fault::Wrong)
    }
}

enum Cipher {
    /// With this nonce and length of the tag.
    Ccm(Vec<u8>, u32),
    WrapPad,
}

impl Cipher {
    fn read(scheme: &Element<'_>) -> Result<Self, Fault> {
        let mut fields = scheme.children();
        let oid = fields.oid("encryption scheme")?;
        if oid.0 == AES256_WRAP_PAD {
            return Ok(Self::WrapPad);
        }
        if oid.0 != AES256_CCM {
            return Err(Fault::Unsupported(pbe::algorithm_name(oid)));
        }
        // RFC 5084, 3.1: the length of the tag is 12 when absent.
        let mut parameters = fields.sequence("CCM parameters")?;
        let nonce = parameters.octets("nonce")?.into_owned();
        let tag_size = if parameters.is_empty() { 12 } else { parameters.u32("tag length")? };
        let known = matches!((nonce.len(), tag_size), (12 | 13, 8 | 12 | 16));
        if !known {
            return Err(Fault::Unsupported(format!(
                "AES-CCM with a nonce of {} and a tag of {tag_size} bytes",
                nonce.len()
            )));
        }
        Ok(Self::Ccm(nonce, tag_size))
    }

    fn decrypt(&self, key: &[u8], data: &[u8]) -> Option<Derived> {
        let plain = match self {
            Self::WrapPad => {
                let mut plain = Zeroizing::new(vec![0; data.len().checked_sub(aes_kw::IV_LEN)?]);
                let unwrapped = aes_kw::KwpAes256::new_from_slice(key).ok()?.unwrap_key(data, &mut plain).ok()?;
                return Some(Zeroizing::new(unwrapped.to_vec()));
            }
            Self::Ccm(nonce, tag_size) => match (nonce.len(), tag_size) {
                (12, 8) => open_ccm::<Ccm<aes::Aes256, U8, U12>>(key, nonce, data)?,
                (12, 12) => open_ccm::<Ccm<aes::Aes256, U12, U12>>(key, nonce, data)?,
                (12, 16) => open_ccm::<Ccm<aes::Aes256, U16, U12>>(key, nonce, data)?,
                (13, 8) => open_ccm::<Ccm<aes::Aes256, U8, U13>>(key, nonce, data)?,
                (13, 12) => open_ccm::<Ccm<aes::Aes256, U12, U13>>(key, nonce, data)?,
                (13, 16) => open_ccm::<Ccm<aes::Aes256, U16, U13>>(key, nonce, data)?,
                _ => return None,
            },
        };
        Some(Zeroizing::new(plain))
    }
}

fn open_ccm<C: Aead + KeyInit>(key: &[u8], nonce: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let nonce = Array::try_from(nonce).ok()?;
    C::new_from_slice(key).ok()?.decrypt(&nonce, data).ok()
}

/// `ObjectStoreData ::= SEQUENCE { version, integrity algorithm, created, modified, objects, comment OPTIONAL }`.
fn entries(plain: &[u8], passwords: &Passwords<'_>) -> Result<Vec<Entry>, Fault> {
    let mut fields = Asn1::new(plain).sequence("object store data")?;
    fields.u32("version")?;
    fields.sequence("integrity algorithm")?;
    fields.expect(tag::GENERALIZED_TIME, "creation time")?;
    fields.expect(tag::GENERALIZED_TIME, "modification time")?;
    let mut objects = fields.sequence("objects")?;
    let mut entries = Vec::new();
    while !objects.is_empty() {
        if entries.len() >= KEYSTORE_ENTRIES {
            return Err(Fault::TooMany { what: "entries", limit: KEYSTORE_ENTRIES });
        }
        entries.push(entry(objects.sequence("object")?, passwords)?);
    }
    Ok(entries)
}

fn entry(mut object: Asn1<'_>, passwords: &Passwords<'_>) -> Result<Entry, Fault> {
    const CERTIFICATE: u32 = 0;
    const PRIVATE_KEY: u32 = 1;
    const PROTECTED_PRIVATE_KEY: u32 = 3;
    let kind = object.u32("object type")?;
    let alias = object.expect(tag::UTF8_STRING, "identifier")?.content;
    let alias = Some(String::from_utf8_lossy(alias).into_owned());
    object.expect(tag::GENERALIZED_TIME, "creation time")?;
    object.expect(tag::GENERALIZED_TIME, "modification time")?;
    let data = object.octets("object data")?;
    match kind {
        CERTIFICATE => {
            let certificate = Certificate::from_der(data.into_owned())?;
            Ok(Entry::certificate_entry(alias, vec![Arc::new(certificate)]))
        }
        PRIVATE_KEY | PROTECTED_PRIVATE_KEY => {
            let mut fields = Asn1::new(&data).sequence("private key data")?;
            let sealed = fields.expect(tag::SEQUENCE, "encrypted private key")?.raw.to_vec();
            let mut certificates = fields.sequence("certificates")?;
            let mut chain = Vec::new();
            while !certificates.is_empty() {
                if chain.len() >= CHAIN_LENGTH {
                    return Err(Fault::TooMany { what: "certificates in a chain", limit: CHAIN_LENGTH });
                }
                let certificate = certificates.expect(tag::SEQUENCE, "certificate")?;
                chain.push(Arc::new(Certificate::from_der(certificate.raw.to_vec())?));
            }
            let locked = LockedKey::new(SealedKey::Bcfks(sealed), Format::Bcfks, &passwords.budget);
            Ok(Entry::key(alias, chain, locked))
        }
        _ => Ok(Entry::secret(alias)),
    }
}

/// Decrypts an `EncryptedPrivateKeyInfo` to its PKCS#8.
pub(super) fn decrypt_key(der: &[u8], forms: &Forms, budget: &KdfBudget) -> Result<Derived, Fault> {
    let mut fields = Asn1::new(der).sequence("encrypted private key")?;
    let envelope = Envelope { purpose: PRIVATE_KEY, fits: pbe::is_private_key_info };
    envelope.decrypt(&mut fields, forms, budget)
}
