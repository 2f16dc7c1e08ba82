//! Finds bytes in bytes, passing over most of them (Horspool 1980).

/// What is looked for.
pub(super) struct Needle {
    bytes: Vec<u8>,
    /// How far to go on when a window ends with this byte.
    shifts: [usize; 256],
}

impl Needle {
    /// A text, as ASCII.
    pub(super) fn new(text: &str) -> Self {
        Self::of(text.bytes().collect())
    }

    /// A text, as UTF-16 with the lower byte first.
    pub(super) fn utf16(text: &str) -> Self {
        Self::of(text.bytes().flat_map(|byte| [byte, 0]).collect())
    }

    fn of(bytes: Vec<u8>) -> Self {
        let mut shifts = [bytes.len().max(1); 256];
        for (position, byte) in bytes.iter().enumerate() {
            let to_end = bytes.len().saturating_sub(position).saturating_sub(1);
            if let Some(shift) = shifts.get_mut(usize::from(*byte)).filter(|_| to_end > 0) {
                *shift = to_end;
            }
        }
        Self { bytes, shifts }
    }

    /// Where the needle ends, from `start` on.
    pub(super) fn find(&self, hay: &[u8], start: usize) -> Option<usize> {
        let mut start = start;
        loop {
            let end = start.checked_add(self.bytes.len())?;
            let window = hay.get(start..end)?;
            if window == self.bytes {
                return Some(end);
            }
            let shift = window.last().and_then(|last| self.shifts.get(usize::from(*last)));
            start = start.checked_add(*shift?)?;
        }
    }

    /// Where each needle ends.
    pub(super) fn find_all<'a>(&'a self, hay: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        let mut start = 0;
        std::iter::from_fn(move || {
            let end = self.find(hay, start)?;
            start = end;
            Some(end)
        })
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_all_and_only_those() {
        let all = |needle: &str, hay: &str| Needle::new(needle).find_all(hay.as_bytes()).collect::<Vec<_>>();
        assert_eq!(all("-----BEGIN", "x-------BEGIN-----BEGIN"), [13, 23]);
        assert_eq!(all("aab", "aaabaab"), [4, 7]);
        assert_eq!(all("b", "abcb"), [2, 4]);
        assert!(all("abc", "ab").is_empty() && all("abc", "").is_empty());
        assert_eq!(Needle::utf16("ab").find(b"\0a\0b\0", 0), Some(5));
    }
}
