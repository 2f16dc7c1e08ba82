//! Traces of a binary file that was copied as text.

/// The replacement character in UTF-8: what a text copy puts where a byte is no UTF-8.
const REPLACEMENT: &[u8] = &[0xef, 0xbf, 0xbd];

/// Whether the first bytes hold replacement characters: the bytes that stood there are lost.
pub(super) fn replaced(bytes: &[u8]) -> bool {
    let early = bytes.get(..256).unwrap_or(bytes);
    early.windows(REPLACEMENT.len()).any(|window| window == REPLACEMENT)
}

/// Whether every line feed has a carriage return before it. Among random bytes two such pairs in a row are
/// a chance of 1 in 65,536.
pub(super) fn carriage_returns_added(bytes: &[u8]) -> bool {
    let feeds = bytes.iter().filter(|byte| **byte == b'\n').count();
    let pairs = bytes.windows(2).filter(|pair| *pair == b"\r\n").count();
    feeds >= 2 && feeds == pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_text_copy_from_random_bytes() {
        assert!(replaced(b"0\xef\xbf\xbd\x0a"));
        assert!(!replaced(b"0\x82\x0a"));
        assert!(carriage_returns_added(b"a\r\nb\r\n"));
        assert!(!carriage_returns_added(b"a\nb\r\n"));
        assert!(!carriage_returns_added(b"a\r\nb"));
    }
}
