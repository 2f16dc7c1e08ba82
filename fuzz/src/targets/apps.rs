//! Whole apps: everything that `verify` and `sign` do.

use super::{Paid, Target};
use crate::fixtures::{self, with_endings};
use crate::repair;
use apkkey::api_key::TokenKey;
use apkkey::archive::{Archive, Kind, Library};
use apkkey::check::{Depth, Expectations, Facts, Policy, Question, Report, Verdict};
use apkkey::inject::{KeyChange, Order, SignatureChange, Work, plan};
use apkkey::signature::sign::{Signer, SigningRequest};
use apkkey::signature::{Scheme, examine};
use apkkey::source::{Assembled, Piece, ReadAt};
use apkkey::zip::Directory;
use std::collections::HashSet;
use std::sync::OnceLock;

pub fn targets() -> Vec<Target> {
    let app = |name, run| Target::new(name, run, apps).repaired(repair::archive).with_words(WORDS);
    vec![app("verify", verify), app("sign", sign)]
}

const WORDS: &[&[u8]] =
    &[b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"APK Sig Block 42", b"\x1a\x87\x09\x71", b"\xc0\x68\x53\xf0"];

fn apps() -> Vec<Vec<u8>> {
    [with_endings("apk", &[".apk"], 26_000), with_endings("aab", &[".aab"], 20_000)].concat()
}

fn token_key() -> &'static TokenKey {
    static KEY: OnceLock<TokenKey> = OnceLock::new();
    KEY.get_or_init(fixtures::token_key)
}

/// Nobody changes a signed app without a finding.
fn verify(data: &[u8]) -> Paid {
    static GOOD: OnceLock<HashSet<[u8; 32]>> = OnceLock::new();
    let originals = GOOD.get_or_init(|| {
        let all = [apps(), fixtures::given().unwrap_or_default().to_vec()].concat();
        all.iter().map(|app| apkkey::digest::sha256(app)).collect()
    });
    let _ = Library::open(&data);
    let Ok(archive) = Archive::open(&data) else { return Paid::default() };
    let question = Question::new(token_key(), Depth::Full);
    let Ok(facts) = Facts::gather(&archive, &question, Expectations::default()) else { return Paid::default() };
    let report = Report::new(&facts, &Policy { strict: true, ..Policy::default() });
    let is_covered = facts.signatures.schemes.iter().any(|scheme| *scheme > Scheme::V1);
    if archive.kind() == Kind::Apk && is_covered && report.verdict() == Verdict::Good {
        assert!(originals.contains(&apkkey::digest::sha256(data)), "a changed app is good");
    }
    Paid::default()
}

/// Whatever can be signed is verified afterwards, and keeps its contents.
fn sign(data: &[u8]) -> Paid {
    let Ok(archive) = Archive::open(&data) else { return Paid::default() };
    let Ok(manifest) = archive.manifest() else { return Paid::default() };
    let signer = Signer { identity: fixtures::identity("ec-p256"), name: "cert".to_owned(), min_sdk: None };
    let min_sdk = manifest.min_sdk.number().unwrap_or(21).clamp(21, 40);
    let request = match archive.kind() {
        Kind::Apk => SigningRequest::for_apk(signer, min_sdk),
        Kind::Aab => SigningRequest::for_bundle(signer),
    };
    let order = Order { key: KeyChange::Keep, signature: SignatureChange::Sign(&request) };
    let Ok(planned) = plan(&archive, order) else { return Paid::default() };
    let Work::Sign(unsigned) = planned.work else { return Paid::default() };
    let settled: Vec<Piece> = unsigned.settled().to_vec();
    let Ok(signed) = unsigned.sign(&data) else { return Paid::default() };
    let check = signed.check_request(&request);
    let pieces: Vec<Piece> = settled.into_iter().chain(signed.rest()).collect();
    let assembled = Assembled::new(&data, &pieces);
    let Ok(written) = assembled.bytes(0..assembled.size()) else { panic!("the plan cannot be read") };
    let directory = Directory::read(&written).expect("what was signed can be read");
    let signatures = examine(&written, &directory, &check).expect("what was signed can be looked at");
    assert!(signatures.problems.is_empty(), "what was signed is rejected: {:?}", signatures.problems);
    for entry in archive.directory().entries().iter().filter(|entry| !entry.is_directory()).take(32) {
        let Ok(old) = archive.directory().contents(&data, entry, 4 << 20) else { continue };
        let Some(new) = directory.find(&entry.name) else {
            assert!(entry.name.starts_with("META-INF/") || entry.name == "stamp-cert-sha256", "{} is gone", entry.name);
            continue;
        };
        let same = directory.contents(&written, new, 4 << 20).is_ok_and(|new| new == old);
        assert!(same || entry.name.starts_with("META-INF/"), "{} has changed", entry.name);
    }
    Paid::default()
}
