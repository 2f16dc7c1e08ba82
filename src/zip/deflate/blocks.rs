//! Stored, fixed or dynamic: the shortest form of a block (RFC 1951, 3.2.3).

use super::bits::BitWriter;
use super::code::{Code, Codes, Header};
use super::symbols::{
    DISTANCES, END_OF_BLOCK, LITERALS_AND_LENGTHS, Spelled, Symbol, extra_of_distance, extra_of_length,
};
use super::tree::LONGEST_CODE;

/// A part of the input.
pub(super) struct Block<'a> {
    /// What it consists of.
    pub(super) symbols: &'a [Symbol],
    /// Its bytes, if all of them are still in the window: else it cannot be stored.
    pub(super) original: Option<&'a [u8]>,
    pub(super) is_last: bool,
}

/// How often each symbol occurs.
struct Frequencies {
    literals: [u32; LITERALS_AND_LENGTHS],
    distances: [u32; DISTANCES],
}

impl Frequencies {
    fn new(symbols: &[Symbol]) -> Self {
        let mut counted = Self { literals: [0; LITERALS_AND_LENGTHS], distances: [0; DISTANCES] };
        for symbol in symbols {
            match symbol {
                Symbol::Literal(byte) => count(&mut counted.literals, usize::from(*byte)),
                Symbol::Match(found) => {
                    count(&mut counted.literals, found.spelled_length().symbol);
                    count(&mut counted.distances, found.spelled_distance().symbol);
                }
            }
        }
        count(&mut counted.literals, END_OF_BLOCK);
        counted
    }

    /// Bits of the block in these codes, without its header.
    fn size(&self, codes: &Codes) -> u64 {
        let literals = codes.literals.size(&self.literals, extra_of_length);
        literals.saturating_add(codes.distances.size(&self.distances, extra_of_distance))
    }
}

fn count(frequencies: &mut [u32], symbol: usize) {
    frequencies.get_mut(symbol).into_iter().for_each(|frequency| *frequency = frequency.saturating_add(1));
}

/// Writes a block in its shortest form. Sizes are compared in whole bytes, and a form with a shorter header wins.
pub(super) fn write(block: &Block<'_>, output: &mut BitWriter) {
    let frequencies = Frequencies::new(block.symbols);
    let best = Codes {
        literals: Code::best(&frequencies.literals, LONGEST_CODE),
        distances: Code::best(&frequencies.distances, LONGEST_CODE),
    };
    let header = Header::new(&best);
    let fixed = Codes::fixed();
    let dynamic_size = whole_bytes(header.size().saturating_add(frequencies.size(&best)));
    let fixed_size = whole_bytes(frequencies.size(&fixed));
    if let Some((original, size)) = block.original.and_then(|bytes| Some((bytes, u16::try_from(bytes.len()).ok()?)))
        && u64::from(size).saturating_add(4) <= dynamic_size.min(fixed_size)
    {
        write_kind(0, block, output);
        output.push_bytes(&[size.to_le_bytes(), (!size).to_le_bytes()].concat());
        output.push_bytes(original);
    } else if fixed_size <= dynamic_size {
        write_kind(1, block, output);
        write_symbols(block.symbols, &fixed, output);
    } else {
        write_kind(2, block, output);
        header.write(output);
        write_symbols(block.symbols, &best, output);
    }
}

/// Bytes of a block of this many bits behind the three of its kind.
fn whole_bytes(bits: u64) -> u64 {
    bits.saturating_add(3).div_ceil(8)
}

fn write_kind(kind: u16, block: &Block<'_>, output: &mut BitWriter) {
    output.push(u16::from(block.is_last), 1);
    output.push(kind, 2);
}

fn write_symbols(symbols: &[Symbol], codes: &Codes, output: &mut BitWriter) {
    let plain = |symbol| Spelled { symbol, extra: 0, extra_count: 0 };
    for symbol in symbols {
        match symbol {
            Symbol::Literal(byte) => codes.literals.write(plain(usize::from(*byte)), output),
            Symbol::Match(found) => {
                codes.literals.write(found.spelled_length(), output);
                codes.distances.write(found.spelled_distance(), output);
            }
        }
    }
    codes.literals.write(plain(END_OF_BLOCK), output);
}
