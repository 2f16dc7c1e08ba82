//! Every prefix and many changed bytes of small fixtures: an answer or an error, never a panic, never slow.

use crate::sandbox::fixture;
use apkkey::api_key::{KeyFile, TokenKey, authenticate};
use apkkey::archive::Archive;
use apkkey::check::{Contents, Depth, Expectations, Facts, Policy, Question, Report, Verdict};
use apkkey::keystore::{Keystore, Passwords, detect};
use apkkey::secret::Password;
use std::time::{Duration, Instant};

/// More than any single look at a small file may take, with room for a busy machine.
const SLOW: Duration = Duration::from_secs(5);

fn timed<T>(what: &str, look: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let seen = look();
    assert!(start.elapsed() < SLOW, "{what} took {:?}", start.elapsed());
    seen
}

/// Each prefix, and each byte with some of its bits flipped.
fn mutants(bytes: &[u8], step: usize) -> impl Iterator<Item = (String, Vec<u8>)> {
    let prefixes = (0..bytes.len()).step_by(step).map(|end| (format!("prefix of {end}"), bytes[..end].to_vec()));
    let flips = (0..bytes.len()).step_by(step).flat_map(|at| [0x01, 0x80, 0xff].map(|mask| (at, mask)));
    let flips = flips.map(|(at, mask)| {
        let mut changed = bytes.to_vec();
        changed[at] ^= mask;
        (format!("byte {at} ^ {mask:#04x}"), changed)
    });
    prefixes.chain(flips)
}

fn verdict(bytes: &[u8], token_key: &TokenKey) -> Option<(Verdict, apkkey::signature::Verdict)> {
    let archive = Archive::open(&bytes).ok()?;
    let question = Question {
        token_key,
        depth: Depth::Full,
        min_sdk: None,
        max_sdk: None,
        stamp_cert_digest: None,
        v4_signature: None,
        today: None,
        contents: Contents::default(),
    };
    let facts = Facts::gather(&archive, &question, Expectations::default()).ok()?;
    Some((Report::new(&facts, &Policy { strict: true, ..Policy::default() }).verdict(), facts.signatures.verdict))
}

fn token_key() -> TokenKey {
    TokenKey::parse(&fixture("keys/token-test-key.pub.pem")).unwrap()
}

#[test]
fn no_change_of_a_signed_app_stays_good_without_a_finding() {
    let (good, token_key) = (fixture("apk/demo-release.apk"), token_key());
    assert_eq!(verdict(&good, &token_key).unwrap().0, Verdict::Good);
    for (what, changed) in mutants(&good, 29) {
        let seen = timed(&what, || verdict(&changed, &token_key));
        assert!(seen.is_none_or(|(verdict, _)| verdict != Verdict::Good), "{what} is still good");
    }
}

#[test]
fn no_change_of_a_bundle_panics() {
    let (good, token_key) = (fixture("aab/demo-release.aab"), token_key());
    for (what, changed) in mutants(&good, 41) {
        timed(&what, || verdict(&changed, &token_key));
    }
}

#[test]
fn no_change_of_a_keystore_panics() {
    for name in
        ["small.jks", "one-iteration.p12", "one-iteration-legacy.p12", "release.pem", "release.der", "chain.p7b"]
    {
        let good = fixture(&format!("keystore/{name}"));
        let password = Password::new("storepass".into());
        for (what, changed) in mutants(&good, 3) {
            timed(&format!("{name}: {what}"), || {
                drop(detect(&changed));
                drop(Keystore::open(&changed, &Passwords::none()));
                drop(Keystore::open(&changed, &Passwords::store(&password)));
            });
        }
    }
}

#[test]
fn no_change_of_a_key_stays_authentic_and_different() {
    let (good, token_key) = (fixture("token/release.txt"), token_key());
    let original = KeyFile::read(&good).key.unwrap();
    for (what, changed) in mutants(&good, 1) {
        let file = timed(&what, || KeyFile::read(&changed));
        let Ok(key) = &file.key else { continue };
        if authenticate(key, &token_key).is_ok() {
            assert_eq!(key.claims(), original.claims(), "{what}");
            assert!(!file.defects.is_empty() || changed == good || key == &original, "{what}: no defect is told");
        }
    }
}
