//! The input as literals and matches, cut into blocks.
//!
//! A match is taken only if the next byte does not begin a longer one (zlib's `deflate_slow`). The window of 64 KiB, of
//! which zlib fills one half after the other, is a view of the input here; but it moves in the same moments, because
//! matches from before are forgotten then.

use super::blocks::Block;
use super::chains::{Chains, HALF};
use super::symbols::{LONGEST, Match, SHORTEST, Symbol};

/// Bytes that zlib wants to see ahead: less, and it moves the window and reads on.
const AHEAD: usize = 262;
/// The largest distance of a match; the rest of the window is for what is read ahead.
const FARTHEST: usize = HALF - AHEAD;
/// Matches of the shortest length are worth it only up to this distance.
const FARTHEST_OF_SHORTEST: u16 = 4096;
/// Places that are compared for one match.
const PLACES: u32 = 4096;
/// The same where the byte before has a match of [`GOOD`] bytes already.
const PLACES_AFTER_GOOD: u32 = PLACES / 4;
const GOOD: u16 = 32;
/// Symbols of a block: one less than zlib's buffer at memory level 8 holds.
const BLOCK: usize = (1 << 14) - 1;

/// No match.
const NONE: Match = Match { length: SHORTEST - 1, distance: 0 };

/// Finds the matches of an input.
pub(super) struct Matcher<'a> {
    /// The input from the start of the window on.
    window: &'a [u8],
    /// Where in it the next byte stands that is looked at: below 65,536.
    place: usize,
    /// Where in it the block began; `None` if that is no longer in the window.
    block: Option<usize>,
    chains: Chains,
    /// The match of the byte before, if that byte is not in a block yet.
    pending: Option<Match>,
    symbols: Vec<Symbol>,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        let symbols = Vec::with_capacity(BLOCK.min(input.len()));
        Self { window: input, place: 0, block: Some(0), chains: Chains::new(), pending: None, symbols }
    }

    /// The next block. There is at least one, and none follows the last.
    pub(super) fn next_block(&mut self) -> Block<'_> {
        self.symbols.clear();
        let mut is_last = false;
        while !is_last && self.symbols.len() < BLOCK {
            self.slide();
            is_last = self.place >= self.window.len();
            let symbol = if is_last { self.pending.take().map(|_| self.literal()) } else { self.step() };
            self.symbols.extend(symbol);
        }
        let end = self.place.saturating_sub(usize::from(self.pending.is_some()));
        let original = self.block.replace(end).and_then(|start| self.window.get(start..end));
        Block { symbols: &self.symbols, original, is_last }
    }

    /// Moves the window by its half when what it holds comes to an end.
    fn slide(&mut self) {
        let ahead = self.window.len().min(2 * HALF).saturating_sub(self.place);
        if ahead < AHEAD && self.place >= HALF + FARTHEST {
            self.window = self.window.get(HALF..).unwrap_or_default();
            self.place = self.place.saturating_sub(HALF);
            self.block = self.block.and_then(|start| start.checked_sub(HALF));
            self.chains.slide();
        }
    }

    /// The byte before as a literal.
    fn literal(&self) -> Symbol {
        Symbol::Literal(self.place.checked_sub(1).and_then(|before| self.window.get(before)).copied().unwrap_or(0))
    }

    /// Looks at one byte, and decides about the byte before.
    fn step(&mut self) -> Option<Symbol> {
        let first = self.remember();
        let before = self.pending.take();
        let found = self.search(first, before.unwrap_or(NONE).length);
        match before {
            Some(before) if before.length >= SHORTEST && found.length <= before.length => {
                self.skip(before.length);
                Some(Symbol::Match(before))
            }
            _ => {
                let symbol = before.map(|_| self.literal());
                self.pending = Some(found);
                self.place = self.place.saturating_add(1);
                symbol
            }
        }
    }

    /// Remembers the three bytes at the place, and returns where they may have stood before.
    fn remember(&mut self) -> u16 {
        let bytes = self.window.get(self.place..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |bytes| self.chains.insert(*bytes, low_bits(self.place)))
    }

    /// Goes to the end of a match that began at the byte before.
    fn skip(&mut self, length: u16) {
        let end = self.place.saturating_sub(1).saturating_add(usize::from(length));
        self.place = self.place.saturating_add(1);
        while self.place < end {
            self.remember();
            self.place = self.place.saturating_add(1);
        }
    }

    /// The longest match, if it is longer than that of the byte before and worth it.
    fn search(&self, first: u16, before: u16) -> Match {
        let distance = self.place.saturating_sub(usize::from(first));
        if first == 0 || before >= LONGEST || distance > FARTHEST {
            return NONE;
        }
        match self.longest(first, before) {
            Match { length: SHORTEST, distance } if distance > FARTHEST_OF_SHORTEST => NONE,
            found => found,
        }
    }

    /// The longest match along a chain, the nearest of several. The first place may be [`FARTHEST`] away, the others
    /// must be nearer.
    fn longest(&self, first: u16, before: u16) -> Match {
        let mut found = NONE;
        let here = self.window.get(self.place..).unwrap_or_default();
        let here = here.get(..usize::from(LONGEST)).unwrap_or(here);
        let Some(mut end) = End::of(here, usize::from(before)) else { return found };
        let mut ends = self.window.get(end.start..).unwrap_or_default();
        let limit = low_bits(self.place.saturating_sub(FARTHEST));
        let mut place = first;
        let mut places = if before >= GOOD { PLACES_AFTER_GOOD } else { PLACES };
        loop {
            if end.is_at(ends, place) {
                let length = common(here, self.window.get(usize::from(place)..).unwrap_or_default());
                if length > end.behind {
                    let distance = self.place.saturating_sub(usize::from(place));
                    found = Match { length: low_bits(length), distance: low_bits(distance) };
                    let Some(longer) = End::of(here, length) else { return found };
                    end = longer;
                    ends = self.window.get(end.start..).unwrap_or_default();
                }
            }
            place = self.chains.before(place);
            places = places.saturating_sub(1);
            if place <= limit || places == 0 {
                return found;
            }
        }
    }
}

/// The last four bytes of what would be the next longer match: most places are dismissed by them.
struct End {
    /// The length that is to be exceeded.
    behind: usize,
    /// Where the four bytes begin in the match.
    start: usize,
    bytes: u32,
    /// Leaves the three bytes that the shortest match has.
    mask: u32,
}

impl End {
    /// `None` if there are no more bytes here.
    fn of(here: &[u8], behind: usize) -> Option<Self> {
        let start = behind.saturating_sub(3);
        let bytes = match here.get(start..)? {
            [a, b, c, d, ..] => [*a, *b, *c, *d],
            [a, b, c] if behind < 3 => [*a, *b, *c, 0],
            _ => return None,
        };
        let mask = if behind < 3 { 0x00ff_ffff } else { u32::MAX };
        Some(Self { behind, start, bytes: u32::from_le_bytes(bytes) & mask, mask })
    }

    #[inline]
    fn is_at(&self, ends: &[u8], place: u16) -> bool {
        let bytes = ends.get(usize::from(place)..).and_then(<[u8]>::first_chunk);
        bytes.is_some_and(|bytes| u32::from_le_bytes(*bytes) & self.mask == self.bytes)
    }
}

/// How many bytes are equal at the start of both, at most all of the first.
#[inline]
fn common(here: &[u8], there: &[u8]) -> usize {
    let (eights, rest) = here.as_chunks::<8>();
    let (other_eights, _) = there.as_chunks::<8>();
    let mut length = 0_usize;
    for (a, b) in eights.iter().zip(other_eights) {
        let different = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if different != 0 {
            return length.saturating_add(usize::try_from(different.trailing_zeros() / 8).unwrap_or(0));
        }
        length = length.saturating_add(8);
    }
    let other_rest = there.get(length..).unwrap_or_default();
    length.saturating_add(rest.iter().zip(other_rest).take_while(|(a, b)| a == b).count())
}

/// The lowest 16 bits: the numbers that come here have no others.
#[inline]
fn low_bits(number: usize) -> u16 {
    let [low, high, ..] = number.to_le_bytes();
    u16::from_le_bytes([low, high])
}
