//! What is fuzzed: a function over bytes for each parser. A target panics when something is wrong.

mod apps;
mod archives;
mod formats;
mod keystores;
mod signatures;
mod tokens;

use crate::chance::Chance;
use crate::fixtures;

/// What an input paid for, so that it may take longer.
#[derive(Default)]
pub struct Paid {
    /// Hash computations of key derivations.
    pub hashes: u64,
}

pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]) -> Paid,
    seeds: fn() -> Vec<Vec<u8>>,
    /// Makes a changed input whole enough to be read further.
    pub repair: Option<fn(&mut Vec<u8>, &mut Chance)>,
    /// Names and magic numbers of the format.
    pub words: &'static [&'static [u8]],
}

impl Target {
    const fn new(name: &'static str, run: fn(&[u8]) -> Paid, seeds: fn() -> Vec<Vec<u8>>) -> Self {
        Self { name, run, seeds, repair: None, words: &[] }
    }

    /// The target's own seeds, unless others were given.
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        fixtures::given().map_or_else(self.seeds, <[Vec<u8>]>::to_vec)
    }

    const fn repaired(self, repair: fn(&mut Vec<u8>, &mut Chance)) -> Self {
        Self { repair: Some(repair), ..self }
    }

    const fn with_words(self, words: &'static [&'static [u8]]) -> Self {
        Self { words, ..self }
    }
}

pub fn all() -> Vec<Target> {
    [
        archives::targets(),
        formats::targets(),
        keystores::targets(),
        signatures::targets(),
        tokens::targets(),
        apps::targets(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
