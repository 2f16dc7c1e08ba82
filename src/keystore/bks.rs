//! BouncyCastle's BKS and UBER keystores (`BcKeyStoreSpi`).
//!
//! Both begin with `version(4) = 1 or 2, salt length(4), salt, rounds(4)`.
//!
//! BKS: entries in clear up to a zero byte, then an HMAC with SHA-1 over them. In version 1 its key has 16 bits only
//! (CVE-2018-5382), so 1 of 65,536 wrong passwords passes. UBER: the same entries and their SHA-1, encrypted with
//! Twofish. An entry is `type(1), alias, time(8), certificate count(4), certificates`, then by type:
//!
//! | type | value |
//! | --- | --- |
//! | 1 | certificate: type, length(4), DER |
//! | 2 | key: kind(1), format, algorithm, length(4), bytes |
//! | 3 | secret: length(4), bytes |
//! | 4 | sealed key: length(4), bytes: salt length(4), salt, rounds(4), an encrypted key as in 2 |

use super::cipher::Block;
use super::entry::{Entry, LockedKey, SealedKey};
use super::error::{KeystoreError, Readable, Secret};
use super::fault::Fault;
use super::jks::string;
use super::kdf::{Derived, Hash, Purpose, Salted};
use super::password::{Forms, Passwords};
use super::{Content, Format, KdfBudget, Keystore, Note, entry, text_copy};
use crate::bytes::Reader;
use crate::certificate::Certificate;
use crate::limits::{CHAIN_LENGTH, KEYSTORE_ENTRIES};
use crate::secret::SecretBytes;
use std::sync::Arc;
use zeroize::Zeroizing;

const MAC_SIZE: usize = 20;
const CERTIFICATE: u8 = 1;
const KEY: u8 = 2;
const SECRET: u8 = 3;
const SEALED: u8 = 4;

/// Whether bytes begin as BKS and UBER do: all BouncyCastle versions write a salt of 20 bytes.
pub(super) fn has_header(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, 0, 1 | 2, 0, 0, 0, 20, ..])
}

/// Whether an entry in clear follows the header: then it is BKS.
pub(super) fn begins_in_clear(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    let read = |reader: &mut Reader<'_>| -> Result<bool, Fault> {
        let version = Header::read(reader)?.version;
        if reader.peek_rest().first() == Some(&0) {
            return Ok(version == 2 || reader.remaining() == MAC_SIZE.saturating_add(1));
        }
        begins_with_entry(reader)
    };
    read(&mut reader).unwrap_or(false)
}

/// Whether type, alias and time of an entry come next.
fn begins_with_entry(reader: &mut Reader<'_>) -> Result<bool, Fault> {
    let kind = reader.u8("entry type")?;
    string(reader, "alias")?;
    // Times stay below 2^48 milliseconds for 8,000 years.
    Ok((CERTIFICATE..=SEALED).contains(&kind) && reader.u64_be("entry time")? < 1 << 48)
}

/// Opens BKS or UBER, whichever it is.
pub(super) fn open(bytes: &[u8], passwords: &Passwords<'_>) -> Result<Keystore, KeystoreError> {
    if begins_in_clear(bytes) { open_bks(bytes, passwords) } else { open_uber(bytes, passwords) }
}

struct Header<'a> {
    version: u32,
    salt: &'a [u8],
    rounds: u32,
}

impl<'a> Header<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let version = reader.u32_be("version")?;
        let length = reader.u32_be("salt length")?;
        let salt = reader.take_u32(length, "salt")?;
        Ok(Self { version, salt, rounds: reader.u32_be("rounds")? })
    }

    fn salted<'b>(&'b self, password: &'b [u8], budget: &'b KdfBudget) -> Salted<'b> {
        Salted { password, salt: self.salt, rounds: self.rounds, budget }
    }
}

fn open_bks(bytes: &[u8], passwords: &Passwords<'_>) -> Result<Keystore, KeystoreError> {
    let mut list = Entries { format: Format::Bks, budget: &passwords.budget, entries: Vec::new() };
    let mut reader = Reader::new(bytes);
    let mut notes = Vec::new();
    let read = read_bks(&mut reader, &mut list, passwords, &mut notes);
    let readable = Readable { entries: list.entries.len(), declared: None };
    let fits = read.map_err(|fault| fault.report_entries(Format::Bks, readable, bytes))?;
    if !fits {
        let key = list.entries.iter().find(|entry| entry.is_key());
        return Err(match key.filter(|key| entry::opens(key, passwords)) {
            Some(key) => KeystoreError::OpensKeyOnly { alias: key.alias().map(str::to_owned) },
            None => KeystoreError::WrongPassword { secret: Secret::Store, format: Format::Bks },
        });
    }
    Ok(Keystore { format: Format::Bks, entries: list.entries, notes })
}

/// Whether the MAC fits, or there is no password to check it with.
fn read_bks(
    reader: &mut Reader<'_>,
    list: &mut Entries<'_>,
    passwords: &Passwords<'_>,
    notes: &mut Vec<Note>,
) -> Result<bool, Fault> {
    let header = Header::read(reader)?;
    let start = reader.peek_rest();
    list.read(reader)?;
    let covered = start.get(..start.len().saturating_sub(reader.remaining())).unwrap_or_default();
    let mac = reader.take(MAC_SIZE, "MAC")?;
    if !reader.is_empty() {
        notes.push(Note::TrailingBytes(reader.remaining()));
    }
    if header.version == 1 {
        notes.push(Note::WeakIntegrityCheck);
    }
    let Some(forms) = passwords.store.map(Forms::of) else {
        notes.push(Note::IntegrityNotChecked);
        return Ok(true);
    };
    let key_size = if header.version == 1 { 2 } else { MAC_SIZE };
    for form in forms.bouncy_castle() {
        let key = Hash::Sha1.pkcs12(Purpose::Mac, &header.salted(&form, &passwords.budget), key_size)?;
        if Hash::Sha1.hmac(&key, covered) == mac {
            return Ok(true);
        }
    }
    Ok(false)
}

fn open_uber(bytes: &[u8], passwords: &Passwords<'_>) -> Result<Keystore, KeystoreError> {
    let report = |fault: Fault| fault.report(Format::Uber, Secret::Store);
    if text_copy::carriage_returns_added(bytes) {
        return Err(KeystoreError::NotAKeystore(Content::TextMangled));
    }
    let mut reader = Reader::new(bytes);
    let header = Header::read(&mut reader).map_err(report)?;
    let forms = passwords.store.map(Forms::of).ok_or(Fault::Needed).map_err(report)?;
    let (blocks, rest) = whole_blocks(reader.take_rest());
    let plain = match decrypt_uber(&header, blocks, &forms, &passwords.budget) {
        // a file that was written whole has no part of a block
        Err(Fault::Wrong) if !rest.is_empty() => {
            let size = bytes.len();
            return Err(KeystoreError::Truncated { format: Format::Uber, size, wanted: None, readable: None });
        }
        plain => plain.map_err(report)?,
    };
    let mut list = Entries { format: Format::Uber, budget: &passwords.budget, entries: Vec::new() };
    list.read(&mut Reader::new(&plain)).map_err(report)?;
    let notes = if rest.is_empty() { Vec::new() } else { vec![Note::TrailingBytes(rest.len())] };
    Ok(Keystore { format: Format::Uber, entries: list.entries, notes })
}

fn whole_blocks(data: &[u8]) -> (&[u8], &[u8]) {
    let (blocks, _) = data.as_chunks::<16>();
    let whole = blocks.as_flattened().len();
    data.split_at_checked(whole).unwrap_or((data, &[]))
}

/// The entries, when the SHA-1 behind them fits.
fn decrypt_uber(header: &Header<'_>, data: &[u8], forms: &Forms, budget: &KdfBudget) -> Result<Derived, Fault> {
    for form in forms.bouncy_castle() {
        let from = header.salted(&form, budget);
        let key = Hash::Sha1.pkcs12(Purpose::Key, &from, Block::Twofish.key_size())?;
        let iv = Hash::Sha1.pkcs12(Purpose::Iv, &from, Block::Twofish.block_size())?;
        let Some(plain) = Block::Twofish.decrypt(&key, &iv, data) else { continue };
        let Some((entries, digest)) = plain.len().checked_sub(MAC_SIZE).and_then(|at| plain.split_at_checked(at))
        else {
            continue;
        };
        if **Hash::Sha1.digest(&[entries]) == *digest {
            return Ok(Zeroizing::new(entries.to_vec()));
        }
        if begins_with_entry(&mut Reader::new(entries)).unwrap_or(false) {
            return Err(Fault::malformed("its digest does not fit its contents"));
        }
    }
    Err(Fault::Wrong)
}

struct Entries<'a> {
    format: Format,
    budget: &'a KdfBudget,
    entries: Vec<Entry>,
}

impl Entries<'_> {
    /// Reads entries up to the zero byte.
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), Fault> {
        loop {
            let kind = reader.u8("entry type")?;
            if kind == 0 {
                return Ok(());
            }
            if self.entries.len() >= KEYSTORE_ENTRIES {
                return Err(Fault::TooMany { what: "entries", limit: KEYSTORE_ENTRIES });
            }
            let entry = self.entry(kind, reader)?;
            self.entries.push(entry);
        }
    }

    fn entry(&self, kind: u8, reader: &mut Reader<'_>) -> Result<Entry, Fault> {
        let alias = Some(string(reader, "alias")?);
        reader.u64_be("entry time")?;
        let count = reader.u32_be("chain length")?;
        let mut chain = Vec::new();
        for _ in 0..count {
            if chain.len() >= CHAIN_LENGTH {
                return Err(Fault::TooMany { what: "certificates in a chain", limit: CHAIN_LENGTH });
            }
            chain.push(certificate(reader)?);
        }
        let locked = |sealed| LockedKey::new(sealed, self.format, self.budget);
        match kind {
            CERTIFICATE => Ok(Entry::certificate_entry(alias, vec![certificate(reader)?])),
            KEY => match key(reader)? {
                Some(pkcs8) => Ok(Entry::key(alias, chain, locked(SealedKey::Pkcs8(pkcs8)))),
                None => Ok(Entry::secret(alias)),
            },
            SECRET => blob(reader, "secret").map(|_| Entry::secret(alias)),
            // A sealed secret key has no certificates.
            SEALED => {
                let sealed = blob(reader, "sealed key")?.to_vec();
                if chain.is_empty() {
                    return Ok(Entry::secret(alias));
                }
                Ok(Entry::key(alias, chain, locked(SealedKey::Bks(sealed))))
            }
            _ => Err(Fault::malformed("an entry type that does not exist")),
        }
    }
}

fn blob<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<&'a [u8], Fault> {
    let length = reader.u32_be(field)?;
    Ok(reader.take_u32(length, field)?)
}

fn certificate(reader: &mut Reader<'_>) -> Result<Arc<Certificate>, Fault> {
    string(reader, "certificate type")?;
    Ok(Arc::new(Certificate::from_der(blob(reader, "certificate")?.to_vec())?))
}

/// A key; `None` for a public or secret one.
fn key(reader: &mut Reader<'_>) -> Result<Option<SecretBytes>, Fault> {
    const PRIVATE: u8 = 0;
    let kind = reader.u8("key kind")?;
    string(reader, "key format")?;
    string(reader, "key algorithm")?;
    let bytes = blob(reader, "key")?;
    Ok((kind == PRIVATE).then(|| SecretBytes::new(bytes.to_vec())))
}

/// Decrypts a sealed key (PBEWithSHAAnd3-KeyTripleDES-CBC) to its PKCS#8.
pub(super) fn unseal(sealed: &[u8], forms: &Forms, budget: &KdfBudget) -> Result<Derived, Fault> {
    let mut reader = Reader::new(sealed);
    let salt = blob(&mut reader, "salt")?;
    let rounds = reader.u32_be("rounds")?;
    let data = reader.take_rest();
    for form in forms.bouncy_castle() {
        let from = Salted { password: &form, salt, rounds, budget };
        let password_key = Hash::Sha1.pkcs12(Purpose::Key, &from, Block::TripleDes.key_size())?;
        let iv = Hash::Sha1.pkcs12(Purpose::Iv, &from, Block::TripleDes.block_size())?;
        let Some(plain) = Block::TripleDes.decrypt(&password_key, &iv, data) else { continue };
        if let Ok(Some(pkcs8)) = key(&mut Reader::new(&plain)) {
            return Ok(Zeroizing::new(pkcs8.reveal().to_vec()));
        }
    }
    Err(Fault::Wrong)
}
