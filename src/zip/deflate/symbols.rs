//! Literals, lengths and distances as symbols of the two alphabets (RFC 1951, 3.2.5).

/// The shortest match that has a symbol.
pub(super) const SHORTEST: u16 = 3;
/// The longest one.
pub(super) const LONGEST: u16 = 258;
/// The symbol that ends a block.
pub(super) const END_OF_BLOCK: usize = 256;
/// Symbols of the first alphabet.
pub(super) const LITERALS_AND_LENGTHS: usize = 286;
/// Symbols of the second alphabet.
pub(super) const DISTANCES: usize = 30;

/// What a block consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    /// A byte.
    Literal(u8),
    /// What stands before.
    Match(Match),
}

/// A copy of what stands before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    /// Bytes, [`SHORTEST`] to [`LONGEST`].
    pub(super) length: u16,
    /// How many bytes back, at least 1.
    pub(super) distance: u16,
}

/// A symbol, and the bits that follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spelled {
    pub(super) symbol: usize,
    pub(super) extra: u16,
    pub(super) extra_count: u8,
}

impl Match {
    /// The length in the first alphabet.
    pub(super) fn spelled_length(self) -> Spelled {
        let spelled = match self.length {
            LONGEST => Spelled { symbol: 28, extra: 0, extra_count: 0 },
            length => spell(length.saturating_sub(SHORTEST), 2),
        };
        Spelled { symbol: spelled.symbol.saturating_add(END_OF_BLOCK + 1), ..spelled }
    }

    /// The distance in the second alphabet.
    pub(super) fn spelled_distance(self) -> Spelled {
        spell(self.distance.saturating_sub(1), 1)
    }
}

/// Both alphabets write a number as a symbol for its magnitude and its first `digits` binary digits behind the leading
/// one; the other digits follow as they are.
fn spell(number: u16, digits: u32) -> Spelled {
    let extra_count = number.checked_ilog2().unwrap_or(0).saturating_sub(digits);
    let leading = number.wrapping_shr(extra_count);
    Spelled {
        symbol: usize::from(leading).saturating_add(usize::try_from(extra_count.wrapping_shl(digits)).unwrap_or(0)),
        extra: number ^ leading.wrapping_shl(extra_count),
        extra_count: u8::try_from(extra_count).unwrap_or(0),
    }
}

/// Bits that follow a symbol of the first alphabet.
pub(super) fn extra_of_length(symbol: usize) -> u8 {
    match symbol.checked_sub(END_OF_BLOCK + 1) {
        None | Some(28) => 0,
        Some(length) => extra(length, 2),
    }
}

/// Bits that follow a symbol of the second alphabet.
pub(super) fn extra_of_distance(symbol: usize) -> u8 {
    extra(symbol, 1)
}

fn extra(symbol: usize, digits: u32) -> u8 {
    u8::try_from(symbol.wrapping_shr(digits)).unwrap_or(0).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(length: u16) -> (usize, u16, u8) {
        let Spelled { symbol, extra, extra_count } = Match { length, distance: 1 }.spelled_length();
        assert_eq!(extra_count, extra_of_length(symbol), "length {length}");
        (symbol, extra, extra_count)
    }

    fn distance(distance: u16) -> (usize, u16, u8) {
        let Spelled { symbol, extra, extra_count } = Match { length: 3, distance }.spelled_distance();
        assert_eq!(extra_count, extra_of_distance(symbol), "distance {distance}");
        (symbol, extra, extra_count)
    }

    #[test]
    fn lengths_are_those_of_the_table() {
        for (number, expected) in [
            (3, (257, 0, 0)),
            (10, (264, 0, 0)),
            (11, (265, 0, 1)),
            (12, (265, 1, 1)),
            (18, (268, 1, 1)),
            (19, (269, 0, 2)),
            (114, (279, 15, 4)),
            (115, (280, 0, 4)),
            (131, (281, 0, 5)),
            (257, (284, 30, 5)),
            (258, (285, 0, 0)),
        ] {
            assert_eq!(length(number), expected, "length {number}");
        }
        (3..=258).for_each(|number| assert!(length(number).0 < LITERALS_AND_LENGTHS));
    }

    #[test]
    fn distances_are_those_of_the_table() {
        for (number, expected) in [
            (1, (0, 0, 0)),
            (4, (3, 0, 0)),
            (5, (4, 0, 1)),
            (7, (5, 0, 1)),
            (9, (6, 0, 2)),
            (193, (15, 0, 6)),
            (256, (15, 63, 6)),
            (24_577, (29, 0, 13)),
            (32_768, (29, 8191, 13)),
        ] {
            assert_eq!(distance(number), expected, "distance {number}");
        }
        (1..=32_768).for_each(|number| assert!(distance(number).0 < DISTANCES));
    }
}
