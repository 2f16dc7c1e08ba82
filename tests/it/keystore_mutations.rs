//! Keystores and keys of every kind, changed at random places: an answer or an error, never a panic, and never longer than
//! the key derivation that was paid for allows.
//!
//! A plain run takes a few hundred changes; `APKKEY_MUTANTS=20000 cargo test keystore_mutations` takes more, and
//! `APKKEY_MUTATED=FOLDER` takes other files.

use crate::sandbox::repository;
use apkkey::keystore::{KdfBudget, Keystore, Passwords, detect, private_key};
use apkkey::secret::Password;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The same numbers in every run (xorshift64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }
}

fn files(folder: PathBuf) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(path));
        } else if !path.to_string_lossy().ends_with(".json") {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// A prefix, changed bits, a length or count that lies, bytes that are gone or doubled.
fn mutant(good: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut changed = good.to_vec();
    // structures stand at the beginning more than anywhere else
    let span = if chance.below(2) == 0 { good.len().min(200) } else { good.len() };
    let at = chance.below(span);
    match chance.below(6) {
        0 => changed.truncate(at),
        1 | 2 => {
            for _ in 0..=chance.below(3) {
                let place = chance.below(span);
                if let Some(byte) = changed.get_mut(place) {
                    *byte ^= 1 << chance.below(8);
                }
            }
        }
        3 => {
            let lies = [
                [0; 4],
                [0, 0, 0, 1],
                [0x7f, 0xff, 0xff, 0xff],
                [0xff; 4],
                [0x84, 0xff, 0xff, 0xff],
                [0x30, 0x80, 0, 0],
            ];
            let lie = lies[chance.below(lies.len())];
            let width = 1 + chance.below(4);
            let end = (at + width).min(changed.len());
            changed[at.min(end)..end].copy_from_slice(&lie[..end - at.min(end)]);
        }
        4 => {
            let end = (at + 1 + chance.below(8)).min(changed.len());
            changed.drain(at.min(end)..end);
        }
        _ => {
            let copied = changed[at.min(changed.len())..(at + 40).min(changed.len())].to_vec();
            changed.splice(at..at, copied);
        }
    }
    changed
}

/// Everything that a command would do with the bytes; what it paid for key derivation.
fn look(bytes: &[u8], password: &Password) -> u64 {
    let budget = KdfBudget::with_rounds(20_000);
    drop(detect(bytes));
    for store in [None, Some(password)] {
        let Ok(keystore) = Keystore::open(bytes, &Passwords { store, budget: budget.clone() }) else { continue };
        for entry in keystore.entries.iter().take(3) {
            drop(entry.unlock(&[password]));
            std::hint::black_box(entry.certificate().map(|certificate| certificate.details().is_some()));
        }
    }
    drop(private_key(bytes, &[password], &budget));
    budget.spent()
}

#[test]
fn no_change_panics_or_takes_longer_than_it_paid_for() {
    let setting = |name: &str| std::env::var(name).ok();
    let folder = setting("APKKEY_MUTATED").map_or_else(|| repository("fixtures/keystore"), PathBuf::from);
    let count = setting("APKKEY_MUTANTS").map_or(600, |count| count.parse().unwrap());
    let files: Vec<_> = files(folder).into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect();
    let passwords = ["storepass", "android"].map(|text| Password::new(text.to_owned()));
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut slowest = (Duration::ZERO, String::new());
    for number in 0..count {
        let (name, good) = &files[number % files.len()];
        let bytes = mutant(good, &mut chance);
        let start = Instant::now();
        let paid = look(&bytes, &passwords[number / files.len() % 2]);
        // half a microsecond for each hash computation, and a second for everything else on a busy machine
        let derivation = Duration::from_nanos(paid * 500);
        let beyond = start.elapsed().saturating_sub(derivation);
        if beyond > slowest.0 {
            slowest = (beyond, format!("{name}, change {number}"));
        }
        assert!(beyond < Duration::from_secs(1), "{name}, change {number}: {beyond:?} beyond the key derivation");
    }
    println!("{count} changes, the slowest took {:?} beyond key derivation: {}", slowest.0, slowest.1);
}
