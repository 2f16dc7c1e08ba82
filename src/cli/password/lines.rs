//! The lines of a password file. A line ends with LF, CR LF, or with the file; nothing else is removed from it.

use apkkey::secret::Password;
use zeroize::{Zeroize, Zeroizing};

/// What is left of a file.
pub(super) struct Lines {
    bytes: Zeroizing<Vec<u8>>,
    place: usize,
    read: usize,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lines(..)")
    }
}

impl Lines {
    pub(super) fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        let bytes = from_utf16(&bytes).unwrap_or(bytes);
        let place = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Self { bytes, place, read: 0 }
    }

    /// The number of the next line, from 1.
    pub(super) fn next_number(&self) -> usize {
        self.read.saturating_add(1)
    }

    /// The next line, if the file has not ended.
    pub(super) fn next(&mut self) -> Option<Password> {
        let rest = self.bytes.get(self.place..).filter(|rest| !rest.is_empty())?;
        let (line, length) = match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => (rest.get(..end)?, end.saturating_add(1)),
            None => (rest, rest.len()),
        };
        self.place = self.place.saturating_add(length);
        self.read = self.read.saturating_add(1);
        Some(decode(line.strip_suffix(b"\r").unwrap_or(line)))
    }
}

/// UTF-8; bytes that are none are taken one by one, as apksigner does besides.
pub(super) fn decode(bytes: &[u8]) -> Password {
    Password::new(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len().saturating_mul(2));
            text.extend(bytes.iter().map(|byte| char::from(*byte)));
            text
        }
    })
}

/// UTF-16 with a byte order mark, which PowerShell's `>` writes, as UTF-8.
fn from_utf16(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (unit, rest): (fn([u8; 2]) -> u16, _) = match bytes {
        [0xff, 0xfe, rest @ ..] => (u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => (u16::from_be_bytes, rest),
        _ => return None,
    };
    let (pairs, _) = rest.as_chunks::<2>();
    let mut units = Zeroizing::new(Vec::with_capacity(pairs.len()));
    units.extend(pairs.iter().map(|pair| unit(*pair)));
    let mut text = String::from_utf16_lossy(&units);
    let bytes = Zeroizing::new(text.as_bytes().to_vec());
    text.zeroize();
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<String> {
        let mut lines = Lines::new(Zeroizing::new(bytes.to_vec()));
        std::iter::from_fn(|| lines.next().map(|line| line.reveal().to_owned())).collect()
    }

    #[test]
    fn a_line_loses_its_break_and_nothing_else() {
        assert_eq!(lines(b"one\ntwo\r\n three "), ["one", "two", " three "]);
        assert_eq!(lines(b"\xef\xbb\xbfone\r"), ["one"]);
        assert_eq!(lines(b"\n\n"), ["", ""]);
        assert!(lines(b"").is_empty());
    }

    #[test]
    fn other_encodings_are_read_too() {
        assert_eq!(lines(b"\xff\xfea\0\xe4\0\r\0\n\0b\0"), ["a\u{e4}", "b"]);
        assert_eq!(lines(b"a\xe4"), ["a\u{e4}"], "Latin-1");
        assert_eq!(lines("a\u{e4}".as_bytes()), ["a\u{e4}"], "UTF-8");
    }
}
