//! Where the same three bytes stood before.
//!
//! Places are counted from the start of the window, so that they fit into 16 bits, and 0 means "none": the first byte
//! of the window is never found again. As zlib's `head` and `prev`, with its hash of 15 bits.

/// Places in a window before its second half becomes the first: the distance that RFC 1951 allows.
pub(super) const HALF: usize = 1 << 15;

/// A table whose every index is valid: it is taken modulo the size.
struct Ring(Box<[u16; HALF]>);

impl Ring {
    fn new() -> Self {
        Self(Box::new([0; HALF]))
    }

    #[inline]
    fn at(&self, index: u16) -> u16 {
        self.0.get(usize::from(index) % HALF).copied().unwrap_or(0)
    }

    #[inline]
    fn replace(&mut self, index: u16, place: u16) -> u16 {
        self.0.get_mut(usize::from(index) % HALF).map_or(0, |slot| std::mem::replace(slot, place))
    }

    /// Moves every place by half a window; what was in the first half is forgotten.
    fn slide(&mut self) {
        const BY: u16 = 1 << 15;
        self.0.iter_mut().for_each(|place| *place = place.saturating_sub(BY));
    }
}

/// For each hash the last place, and for each place the one before it with the same hash.
pub(super) struct Chains {
    heads: Ring,
    earlier: Ring,
}

impl Chains {
    pub(super) fn new() -> Self {
        Self { heads: Ring::new(), earlier: Ring::new() }
    }

    /// Remembers three bytes and returns the last place with the same hash, 0 if there is none.
    #[inline]
    pub(super) fn insert(&mut self, bytes: [u8; 3], place: u16) -> u16 {
        let [a, b, c] = bytes.map(u16::from);
        let before = self.heads.replace((a << 10) ^ (b << 5) ^ c, place);
        self.earlier.replace(place, before);
        before
    }

    /// The place before this one with the same hash, 0 if there is none.
    #[inline]
    pub(super) fn before(&self, place: u16) -> u16 {
        self.earlier.at(place)
    }

    /// Moves the window by its half.
    pub(super) fn slide(&mut self) {
        self.heads.slide();
        self.earlier.slide();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_leads_back_to_equal_bytes() {
        let mut chains = Chains::new();
        assert_eq!(chains.insert(*b"abc", 1), 0);
        assert_eq!(chains.insert(*b"xyz", 2), 0);
        assert_eq!(chains.insert(*b"abc", 40_000), 1);
        assert_eq!(chains.insert(*b"abc", 50_000), 40_000);
        assert_eq!((chains.before(50_000), chains.before(40_000), chains.before(1)), (40_000, 1, 0));
    }

    #[test]
    fn the_first_half_and_the_byte_behind_it_are_forgotten_when_the_window_moves() {
        let mut chains = Chains::new();
        for place in [32_767, 32_768, 32_769] {
            chains.insert(*b"abc", place);
        }
        chains.slide();
        assert_eq!(chains.insert(*b"abc", 100), 1);
        assert_eq!(chains.before(1), 0);
    }
}
