//! Bits to bytes, the lowest bit first (RFC 1951, 3.1.1).

/// Collects bits.
#[derive(Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that do not fill a byte yet.
    waiting: u64,
    /// How many they are: fewer than 32 between two calls.
    count: u32,
}

impl BitWriter {
    /// Appends the lowest `count` bits of `bits`, at most 16; the others are zero.
    pub(super) fn push(&mut self, bits: u16, count: u8) {
        self.waiting |= u64::from(bits).wrapping_shl(self.count);
        self.count = self.count.saturating_add(u32::from(count));
        if self.count >= 32 {
            let [a, b, c, d, ..] = self.waiting.to_le_bytes();
            self.bytes.extend_from_slice(&[a, b, c, d]);
            self.waiting >>= 32;
            self.count = self.count.saturating_sub(32);
        }
    }

    /// Appends bytes; zero bits fill the byte before them.
    pub(super) fn push_bytes(&mut self, bytes: &[u8]) {
        let whole = usize::try_from(self.count.div_ceil(8)).unwrap_or(0);
        self.bytes.extend(self.waiting.to_le_bytes().iter().take(whole));
        self.waiting = 0;
        self.count = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// All bytes; zero bits fill the last one.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.push_bytes(&[]);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_bit_comes_first() {
        let mut bits = BitWriter::default();
        bits.push(1, 1);
        bits.push(0b10, 2);
        bits.push(0xffff, 16);
        bits.push(0, 16);
        bits.push(0x7f, 7);
        assert_eq!(bits.finish(), [0b1111_1101, 0xff, 0b111, 0, 0b1111_1000, 0b11]);
    }

    #[test]
    fn bytes_begin_at_a_byte() {
        let mut bits = BitWriter::default();
        bits.push(0b101, 3);
        bits.push_bytes(&[7, 8]);
        bits.push_bytes(&[9]);
        bits.push(1, 1);
        assert_eq!(bits.finish(), [0b101, 7, 8, 9, 1]);
        assert_eq!(BitWriter::default().finish(), [0_u8; 0]);
    }
}
