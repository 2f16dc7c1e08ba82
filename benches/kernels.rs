//! The kernels that commands spend their time in, each on its own: `cargo bench`.
//!
//! Times are for reading side by side in one run; nothing asserts them.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a benchmark stops at the first surprise")]

use apkkey::api_key::{KeyFile, TokenKey, authenticate};
use apkkey::archive::Archive;
use apkkey::check::{Depth, Expectations, Facts, Question};
use apkkey::digest::{DigestAlgorithm, sha256};
use apkkey::keystore::{Keystore, Passwords};
use apkkey::secret::Password;
use apkkey::zip::Directory;
use divan::{Bencher, black_box, counter::BytesCount};
use std::path::Path;

fn main() {
    divan::main();
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).unwrap()
}

/// What v2 and v3 hash, a chunk of 1 MiB at a time.
#[divan::bench(args = ["SHA-256", "SHA-512"])]
fn digest_of_a_chunk(bencher: Bencher<'_, '_>, name: &str) {
    let chunk = vec![0x5a_u8; 1 << 20];
    let algorithm = if name == "SHA-256" { DigestAlgorithm::Sha256 } else { DigestAlgorithm::Sha512 };
    bencher.counter(BytesCount::of_slice(&chunk)).bench(|| algorithm.digest(black_box(&chunk)));
}

/// What every open of an archive costs.
#[divan::bench]
fn central_directory(bencher: Bencher<'_, '_>) {
    let app = fixture("apk/demo-release.apk");
    bencher.bench(|| Directory::read(black_box(&app)).unwrap());
}

/// What `fingerprint` and `verify` do with a small app, without starting a program.
#[divan::bench(args = ["fingerprint", "verify"])]
fn small_app(bencher: Bencher<'_, '_>, command: &str) {
    let app = fixture("apk/demo-release.apk");
    let token_key = TokenKey::parse(&fixture("keys/token-test-key.pub.pem")).unwrap();
    let depth = if command == "verify" { Depth::Full } else { Depth::Certificates };
    bencher.bench(|| {
        let archive = Archive::open(black_box(&app)).unwrap();
        Facts::gather(&archive, &Question::new(&token_key, depth), Expectations::default()).unwrap()
    });
}

/// Key derivation and decryption: JKS has none for certificates, keytool's PKCS#12 has 10,000 rounds twice.
#[divan::bench(args = ["release.jks", "keytool-17.p12"], sample_count = 20)]
fn keystore(bencher: Bencher<'_, '_>, name: &str) {
    let (bytes, password) = (fixture(&format!("keystore/{name}")), Password::new("storepass".to_owned()));
    bencher.bench(|| Keystore::open(black_box(&bytes), &Passwords::store(&password)).unwrap());
}

/// Reading an API key, and the RSA signature over it.
#[divan::bench]
fn api_key(bencher: Bencher<'_, '_>) {
    let bytes = fixture("token/release.txt");
    let token_key = TokenKey::parse(&fixture("keys/token-test-key.pub.pem")).unwrap();
    bencher.bench(|| authenticate(KeyFile::read(black_box(&bytes)).key.as_ref().unwrap(), &token_key).is_ok());
}

/// The digest of a certificate: what a fingerprint costs once the certificate is there.
#[divan::bench]
fn sha256_of_a_certificate(bencher: Bencher<'_, '_>) {
    let certificate = fixture("keystore/release.der");
    bencher.bench(|| sha256(black_box(&certificate)));
}
