//! Keystores and certificate files: their bytes, and the part of the report that tells what they have.

use super::{CertificateObject, EntryObject, Failure, StoreObject};
use crate::keystore::{Entry, Keystore};
use crate::limits::KEYSTORE_SIZE;
use crate::source::ReadAt;

/// Reads a small file whole: a keystore, a certificate, a key.
///
/// # Errors
/// [`Failure`] when it is larger than any of them, or cannot be read.
pub fn small_file(source: &dyn ReadAt) -> Result<Vec<u8>, Failure> {
    let size = source.size();
    if size > u64::try_from(KEYSTORE_SIZE).unwrap_or(u64::MAX) {
        return Err(Failure::new(format!("the file has {size} bytes, more than any keystore, certificate or key"))
            .help("check that this is the file you mean"));
    }
    source.bytes(0..size).map_err(|error| Failure::new(error.to_string()))
}

/// All entries, or the one that was asked for.
#[must_use]
pub fn store_object(path: String, keystore: &Keystore, wanted: Option<&Entry>) -> StoreObject {
    let entries = keystore.entries.iter().filter(|entry| wanted.is_none_or(|wanted| std::ptr::eq(wanted, *entry)));
    let entries = entries.map(|entry| EntryObject {
        alias: entry.alias().map(str::to_owned),
        entry: entry.kind().as_str(),
        certificate: entry.certificate().map(CertificateObject::from),
        chain: entry.chain().len(),
    });
    StoreObject {
        path,
        kind: keystore.format.to_string(),
        entries: entries.collect(),
        notes: keystore.notes.iter().map(ToString::to_string).collect(),
    }
}
