//! Tests of whole files: real ones from `fixtures/keystore`, and broken ones made from them.

mod damage;
mod fixtures;
mod hostile;
mod kinds;
mod variants;

use super::*;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/keystore")
}

fn fixture(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    File::open(directory().join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

fn open(bytes: &[u8], store: Option<&str>) -> Result<Keystore, KeystoreError> {
    let store = store.map(password);
    Keystore::open(bytes, &Passwords { store: store.as_ref(), budget: KdfBudget::default() })
}

/// One element in DER, for files that no tool writes.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], length.as_slice(), &content].concat()
}
