//! Every prefix and many changed bytes of small fixtures: an answer or an error, never a panic, never slow.

use crate::sandbox::fixture;
use apkkey::api_key::{KeyFile, TokenKey, authenticate};
use apkkey::archive::{ApkSet, Archive};
use apkkey::check::{Depth, Expectations, Facts, Policy, Question, Report, Verdict, gather_set};
use apkkey::keystore::{Keystore, Passwords, detect};
use apkkey::secret::Password;
use apkkey::zip::{Directory, Survey};
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
    let question = Question::new(token_key, Depth::Full);
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

/// Whether nothing at all is said against the file, for the API levels from `min_sdk` on.
fn is_flawless(bytes: &[u8], min_sdk: u32) -> bool {
    let Ok(archive) = Archive::open(&bytes) else { return false };
    let request = apkkey::signature::Request::for_apk(min_sdk);
    let signatures = apkkey::signature::examine(&bytes, archive.directory(), &request).unwrap();
    let stamp = signatures.source_stamp.is_none_or(|stamp| stamp.verdict == apkkey::signature::Verdict::Verified);
    signatures.verdict == apkkey::signature::Verdict::Verified
        && stamp
        && signatures.warnings.is_empty()
        && archive.directory().violations().is_empty()
        && archive.survey().is_ok_and(|survey| format!("{survey:?}") == format!("{:?}", Survey::default()))
}

/// Takes minutes, so `.ci/run full` runs it, optimised.
#[test]
#[ignore = "long"]
fn long_each_changed_byte_and_each_prefix_of_signed_apps_is_refused_or_told() {
    let files =
        ["demo-release", "signed-v2-only", "signed-v3-only", "rotated-v3-twice", "source-stamp", "signed-ec-p256"];
    for name in files {
        let good = fixture(&format!("apk/{name}.apk"));
        for min_sdk in [24, 28, 33, 37] {
            if !is_flawless(&good, min_sdk) {
                continue;
            }
            for end in 0..good.len() {
                assert!(!is_flawless(&good[..end], min_sdk), "{name}: the first {end} bytes");
            }
            for at in 0..good.len() {
                for mask in [0x01, 0x80, 0xff] {
                    let mut changed = good.clone();
                    changed[at] ^= mask;
                    assert!(!is_flawless(&changed, min_sdk), "{name}: byte {at} ^ {mask:#04x}, API {min_sdk}");
                }
            }
        }
    }
}

#[test]
fn no_change_of_a_bundle_panics() {
    let (good, token_key) = (fixture("aab/demo-release.aab"), token_key());
    for (what, changed) in mutants(&good, 41) {
        timed(&what, || verdict(&changed, &token_key));
    }
}

/// The verdicts of all APKs in a set, or nothing when one cannot be read.
fn set_verdicts(bytes: &[u8], token_key: &TokenKey) -> Option<Vec<Verdict>> {
    let set = ApkSet::open(&bytes).ok()?;
    let question = Question::new(token_key, Depth::Full);
    let members = gather_set(&set, &question, &Expectations::default()).ok()?;
    let policy = Policy { strict: true, ..Policy::default() };
    members.into_iter().map(|(_, facts)| Some(Report::new(&facts.ok()?, &policy).verdict())).collect()
}

#[test]
fn no_change_inside_of_a_set_stays_good() {
    let (good, token_key) = (fixture("apks/language-split.apks"), token_key());
    assert_eq!(set_verdicts(&good, &token_key).unwrap(), [Verdict::Good, Verdict::Good]);
    let directory = Directory::read(&good).unwrap();
    let inside = |at: usize| {
        let at = u64::try_from(at).unwrap();
        let mut data = directory.entries().iter().map(|entry| directory.local_header(&good, entry).unwrap().data);
        data.any(|range| range.contains(&at))
    };
    for (what, changed) in mutants(&good, 83) {
        let seen = timed(&what, || set_verdicts(&changed, &token_key));
        let at = good.iter().zip(&changed).position(|(before, after)| before != after);
        let all_good = seen.is_some_and(|verdicts| verdicts.iter().all(|verdict| *verdict == Verdict::Good));
        assert!(!(all_good && at.is_some_and(inside)), "{what} is still good");
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
