//! Codes from their lengths, and how the header of a block describes them.

use super::bits::BitWriter;
use super::symbols::{DISTANCES, Spelled};
use super::tree::code_lengths;

/// The code of one alphabet.
pub(super) struct Code {
    /// For each symbol the code, ready to be written, and its bits; 0 for a symbol without a code.
    codes: Vec<(u16, u8)>,
}

impl Code {
    /// The code that is best for these frequencies.
    pub(super) fn best(frequencies: &[u32], longest: u8) -> Self {
        Self::new(&code_lengths(frequencies, longest))
    }

    /// Codes of the same length follow each other, shorter codes come first (RFC 1951, 3.2.2).
    fn new(lengths: &[u8]) -> Self {
        let mut codes: Vec<(u16, u8)> = lengths.iter().map(|length| (0, *length)).collect();
        let mut next = 0_u16;
        for length in 1..=15_u32 {
            next <<= 1;
            for (code, _) in codes.iter_mut().filter(|(_, of_symbol)| u32::from(*of_symbol) == length) {
                *code = next.reverse_bits().wrapping_shr(16_u32.saturating_sub(length));
                next = next.wrapping_add(1);
            }
        }
        Self { codes }
    }

    /// Symbols up to the last one that has a code.
    fn used(&self) -> usize {
        self.codes.len()
    }

    fn lengths(&self) -> impl Iterator<Item = u8> {
        self.codes.iter().map(|(_, length)| *length)
    }

    /// Bits of all symbols of these frequencies, with the bits that follow them.
    pub(super) fn size(&self, frequencies: &[u32], extra: fn(usize) -> u8) -> u64 {
        let sizes = self.lengths().enumerate().zip(frequencies).map(|((symbol, length), frequency)| {
            let bits = u64::from(length).saturating_add(u64::from(extra(symbol)));
            bits.saturating_mul(u64::from(*frequency))
        });
        sizes.sum()
    }

    /// Writes a symbol and the bits that follow it.
    #[inline]
    pub(super) fn write(&self, spelled: Spelled, output: &mut BitWriter) {
        let (code, length) = self.codes.get(spelled.symbol).copied().unwrap_or_default();
        output.push(code, length);
        output.push(spelled.extra, spelled.extra_count);
    }
}

/// The codes of both alphabets.
pub(super) struct Codes {
    pub(super) literals: Code,
    pub(super) distances: Code,
}

impl Codes {
    /// The codes that need no header (RFC 1951, 3.2.6).
    pub(super) fn fixed() -> Self {
        let lengths = [vec![8; 144], vec![9; 112], vec![7; 24], vec![8; 8]].concat();
        Self { literals: Code::new(&lengths), distances: Code::new(&[5; DISTANCES]) }
    }
}

/// The order in which the lengths of the code length code are written (RFC 1951, 3.2.7).
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The description of two codes at the start of a dynamic block.
pub(super) struct Header {
    /// Symbols that have a code, the first alphabet's minus 257 and the second's minus 1.
    used: [u16; 2],
    /// The code of the code lengths.
    code: Code,
    /// Its lengths that are written.
    lengths: Vec<u8>,
    /// The lengths of both codes.
    runs: Vec<Spelled>,
    frequencies: [u32; ORDER.len()],
}

impl Header {
    pub(super) fn new(codes: &Codes) -> Self {
        let mut runs = runs(&codes.literals);
        runs.extend(self::runs(&codes.distances));
        let mut frequencies = [0_u32; ORDER.len()];
        for run in &runs {
            frequencies.get_mut(run.symbol).into_iter().for_each(|count| *count = count.saturating_add(1));
        }
        let code = Code::best(&frequencies, 7);
        let mut lengths: Vec<u8> =
            ORDER.iter().map(|symbol| code.codes.get(*symbol).map_or(0, |(_, length)| *length)).collect();
        // More than the four that must be written remain: codes have lengths, and these stand behind them.
        while lengths.last() == Some(&0) {
            lengths.pop();
        }
        let minus = |code: &Code, least| u16::try_from(code.used().saturating_sub(least)).unwrap_or(0);
        Self { used: [minus(&codes.literals, 257), minus(&codes.distances, 1)], code, lengths, runs, frequencies }
    }

    /// Its bits.
    pub(super) fn size(&self) -> u64 {
        let lengths = u64::try_from(self.lengths.len()).unwrap_or(0).saturating_mul(3);
        lengths.saturating_add(5 + 5 + 4).saturating_add(self.code.size(&self.frequencies, extra_of_run))
    }

    pub(super) fn write(&self, output: &mut BitWriter) {
        let [literals, distances] = self.used;
        output.push(literals, 5);
        output.push(distances, 5);
        output.push(u16::try_from(self.lengths.len().saturating_sub(4)).unwrap_or(0), 4);
        self.lengths.iter().for_each(|length| output.push(u16::from(*length), 3));
        self.runs.iter().for_each(|run| self.code.write(*run, output));
    }
}

/// Bits that follow a symbol of the code length alphabet.
fn extra_of_run(symbol: usize) -> u8 {
    match symbol {
        16 => 2,
        17 => 3,
        18 => 7,
        _ => 0,
    }
}

/// The lengths of a code in the code length alphabet, which repeats the last length or zeros.
fn runs(code: &Code) -> Vec<Spelled> {
    let mut runs = Vec::new();
    let lengths: Vec<u8> = code.lengths().collect();
    for equal in lengths.chunk_by(|a, b| a == b) {
        let once = |length: &u8| Spelled { symbol: usize::from(*length), extra: 0, extra_count: 0 };
        let (first, repeated) = match equal {
            [0, ..] => (None, equal.chunks(138)),
            [first, rest @ ..] => (Some(first), rest.chunks(6)),
            [] => continue,
        };
        runs.extend(first.map(once));
        for chunk in repeated {
            match (chunk.len(), first) {
                (..3, _) => runs.extend(chunk.iter().map(once)),
                (count, Some(_)) => runs.push(run(16, count, 3)),
                (count @ 3..=10, None) => runs.push(run(17, count, 3)),
                (count, None) => runs.push(run(18, count, 11)),
            }
        }
    }
    runs
}

fn run(symbol: usize, count: usize, least: usize) -> Spelled {
    let extra = u16::try_from(count.saturating_sub(least)).unwrap_or(0);
    Spelled { symbol, extra, extra_count: extra_of_run(symbol) }
}
