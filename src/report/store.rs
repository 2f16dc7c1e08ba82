//! The part of the report that tells what a keystore or certificate file has.

use super::{CertificateObject, EntryObject, StoreObject};
use crate::keystore::{Entry, Keystore};

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
