//! Java's JKS and JCEKS keystores.
//!
//! | field | size |
//! | --- | --- |
//! | magic | 4: `FE ED FE ED` (JKS), `CE CE CE CE` (JCEKS) |
//! | version | 4: 1 or 2 |
//! | count | 4 |
//! | each entry: tag, alias, time | 4, string, 8 |
//! | tag 1, a private key | length 4, `EncryptedPrivateKeyInfo`, count 4, certificates |
//! | tag 2, a certificate | certificate |
//! | tag 3, a secret key (JCEKS) | a serialized `SealedObject`, without its length |
//! | digest | 20: SHA-1(password ‖ "Mighty Aphrodite" ‖ everything before) |
//!
//! A certificate is, from version 2 on, its type as a string, then its length in 4 bytes and its DER. Numbers are
//! big-endian, strings Java's modified UTF-8 behind a length of 2 bytes (`java.io.DataInput`).
//! Specified by `sun.security.provider.JavaKeyStore` and `com.sun.crypto.provider.JceKeyStore`. Certificates are
//! in clear and need no password. Bytes behind the digest are accepted, as Java does.

use super::entry::{Entry, LockedKey, SealedKey};
use super::error::{KeystoreError, Readable, Secret};
use super::fault::Fault;
use super::kdf::Hash;
use super::password::{Forms, Passwords};
use super::{Format, Keystore, Note, entry, java_serial};
use crate::bytes::Reader;
use crate::certificate::Certificate;
use crate::limits::{CHAIN_LENGTH, KEYSTORE_ENTRIES};
use std::sync::Arc;

const WHITENER: &[u8] = b"Mighty Aphrodite";
const DIGEST_SIZE: usize = 20;

const PRIVATE_KEY: u32 = 1;
const CERTIFICATE: u32 = 2;
const SECRET_KEY: u32 = 3;

/// Opens a store whose magic was recognised.
pub(super) fn open(bytes: &[u8], format: Format, passwords: &Passwords<'_>) -> Result<Keystore, KeystoreError> {
    let mut reader = Reader::new(bytes);
    let mut parsing = Parsing { format, version: 0, declared: None, entries: Vec::new() };
    let digest = parsing.read(&mut reader, passwords);
    let readable = Readable { entries: parsing.entries.len(), declared: parsing.declared };
    let digest = digest.map_err(|fault| fault.report_entries(format, readable, bytes))?;
    let mut notes = Vec::new();
    if !reader.is_empty() {
        notes.push(Note::TrailingBytes(reader.remaining()));
    }
    let covered = bytes.get(..digest.covered).unwrap_or_default();
    match passwords.store.map(Forms::of) {
        None => notes.push(Note::IntegrityNotChecked),
        Some(forms) if has_digest(covered, digest.value, &forms) => {}
        Some(_) => return Err(wrong(&parsing, passwords)),
    }
    Ok(Keystore { format, entries: parsing.entries, notes })
}

/// Where the digest stands, and what it should be.
struct Digest<'a> {
    covered: usize,
    value: &'a [u8],
}

struct Parsing {
    format: Format,
    version: u32,
    declared: Option<u32>,
    entries: Vec<Entry>,
}

impl Parsing {
    fn read<'a>(&mut self, reader: &mut Reader<'a>, passwords: &Passwords<'_>) -> Result<Digest<'a>, Fault> {
        reader.u32_be("magic")?;
        self.version = reader.u32_be("version")?;
        if !matches!(self.version, 1 | 2) {
            return Err(Fault::malformed("a version that does not exist"));
        }
        let count = reader.u32_be("entry count")?;
        self.declared = Some(count);
        for index in 0..count {
            if usize::try_from(index).unwrap_or(usize::MAX) >= KEYSTORE_ENTRIES {
                return Err(Fault::TooMany { what: "entries", limit: KEYSTORE_ENTRIES });
            }
            let entry = self.entry(reader, passwords)?;
            self.entries.push(entry);
        }
        let covered = usize::try_from(reader.offset()).unwrap_or(usize::MAX);
        Ok(Digest { covered, value: reader.take(DIGEST_SIZE, "digest")? })
    }

    fn entry(&self, reader: &mut Reader<'_>, passwords: &Passwords<'_>) -> Result<Entry, Fault> {
        let tag = reader.u32_be("entry tag")?;
        let alias = Some(string(reader, "alias")?);
        reader.u64_be("entry time")?;
        match tag {
            PRIVATE_KEY => {
                let length = reader.u32_be("private key length")?;
                let sealed = reader.take_u32(length, "private key")?.to_vec();
                let chain = self.chain(reader)?;
                let sealed = SealedKey::Pkcs8Encrypted(sealed);
                Ok(Entry::key(alias, chain, LockedKey::new(sealed, self.format, &passwords.budget)))
            }
            CERTIFICATE => Ok(Entry::certificate_entry(alias, vec![self.certificate(reader)?])),
            SECRET_KEY if self.format == Format::Jceks => {
                java_serial::skip(reader)?;
                Ok(Entry::secret(alias))
            }
            _ => Err(Fault::malformed("an entry tag that does not exist")),
        }
    }

    fn chain(&self, reader: &mut Reader<'_>) -> Result<Vec<Arc<Certificate>>, Fault> {
        let count = reader.u32_be("chain length")?;
        let mut chain = Vec::new();
        for _ in 0..count {
            if chain.len() >= CHAIN_LENGTH {
                return Err(Fault::TooMany { what: "certificates in a chain", limit: CHAIN_LENGTH });
            }
            chain.push(self.certificate(reader)?);
        }
        Ok(chain)
    }

    fn certificate(&self, reader: &mut Reader<'_>) -> Result<Arc<Certificate>, Fault> {
        if self.version >= 2 {
            let kind = string(reader, "certificate type")?;
            // `CertificateFactory.getInstance` takes the name in any case
            if !["X.509", "X509"].iter().any(|name| kind.eq_ignore_ascii_case(name)) {
                return Err(Fault::malformed("a certificate type other than X.509"));
            }
        }
        let length = reader.u32_be("certificate length")?;
        let der = reader.take_u32(length, "certificate")?.to_vec();
        Ok(Arc::new(Certificate::from_der(der)?))
    }
}

fn has_digest(covered: &[u8], wanted: &[u8], forms: &Forms) -> bool {
    forms.java().iter().any(|form| **Hash::Sha1.digest(&[form, WHITENER, covered]) == *wanted)
}

/// The digest does not fit, although the entries were readable to the last byte: almost surely the password is wrong,
/// perhaps that of a key. Whether the file was changed nobody can tell then.
fn wrong(parsing: &Parsing, passwords: &Passwords<'_>) -> KeystoreError {
    // JCEKS derives with many rounds: one key tells enough.
    match parsing.entries.iter().find(|entry| entry.is_key()) {
        Some(key) if entry::opens(key, passwords) => {
            KeystoreError::OpensKeyOnly { alias: key.alias().map(str::to_owned) }
        }
        _ => KeystoreError::WrongPassword { secret: Secret::Store, format: parsing.format },
    }
}

/// A string in modified UTF-8: NUL as `C0 80`, characters beyond the basic plane as two surrogates of 3 bytes.
pub(super) fn string(reader: &mut Reader<'_>, field: &'static str) -> Result<String, Fault> {
    let length = reader.u16_be(field)?;
    let mut bytes = Reader::new(reader.take(usize::from(length), field)?);
    let mut units = Vec::new();
    while !bytes.is_empty() {
        units.push(unit(&mut bytes, field)?);
    }
    Ok(String::from_utf16_lossy(&units))
}

fn unit(bytes: &mut Reader<'_>, field: &'static str) -> Result<u16, Fault> {
    let first = u16::from(bytes.u8(field)?);
    match first {
        0..0x80 => Ok(first),
        0xc0..0xe0 => Ok((first & 0x1f) << 6 | continued(bytes, field)?),
        0xe0..0xf0 => Ok((first & 0x0f) << 12 | continued(bytes, field)? << 6 | continued(bytes, field)?),
        _ => Err(Fault::malformed("a string that is no modified UTF-8")),
    }
}

fn continued(bytes: &mut Reader<'_>, field: &'static str) -> Result<u16, Fault> {
    let byte = bytes.u8(field)?;
    if byte & 0xc0 == 0x80 {
        Ok(u16::from(byte & 0x3f))
    } else {
        Err(Fault::malformed("a string that is no modified UTF-8"))
    }
}
