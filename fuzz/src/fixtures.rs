//! The repository's fixtures: seeds, and the worthless keys that sign what a target builds. Other seeds can be given.

use apkkey::api_key::TokenKey;
use apkkey::certificate::Certificate;
use apkkey::identity::{PrivateKey, SigningIdentity};
use apkkey::keystore::{KdfBudget, private_key};
use base64::Engine;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Files that stand for the seeds of every target.
static GIVEN: OnceLock<Vec<Vec<u8>>> = OnceLock::new();

/// Takes the files of a folder for seeds.
pub fn give(folder: &Path) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    paths.sort();
    GIVEN.set(paths.iter().map(|path| std::fs::read(path).unwrap()).collect()).unwrap();
}

pub fn given() -> Option<&'static [Vec<u8>]> {
    GIVEN.get().map(Vec::as_slice)
}

/// The folder `fixtures/`.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

pub fn read(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// All files of a folder with one of these endings, up to a size, in the order of their names.
pub fn with_endings(sub: &str, endings: &[&str], largest: usize) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder().join(sub)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.ends_with(".json") && endings.iter().any(|ending| name.ends_with(ending)));
    names.sort();
    names.iter().map(|name| read(&format!("{sub}/{name}"))).filter(|bytes| bytes.len() <= largest).collect()
}

/// The bytes in a PEM file.
pub fn der(name: &str) -> Vec<u8> {
    let text = String::from_utf8(read(name)).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
}

pub fn key(name: &str) -> PrivateKey {
    private_key(&read(&format!("keys/{name}.key.pem")), &[], &KdfBudget::default()).unwrap()
}

pub fn certificate(name: &str) -> Certificate {
    Certificate::from_der(der(&format!("keys/{name}.crt.pem"))).unwrap()
}

pub fn identity(name: &str) -> SigningIdentity {
    SigningIdentity::new(key(name), vec![certificate(name)]).unwrap()
}

/// The key that made the fixtures' API keys genuine.
pub fn token_key() -> TokenKey {
    TokenKey::parse(&read("keys/token-test-key.pub.pem")).unwrap()
}
