//! Traces of a binary file that was copied as text, which adds, drops or replaces bytes.

use super::text;

/// The replacement character in UTF-8: what a text copy puts where a byte is no UTF-8.
const REPLACEMENT: &[u8] = &[0xef, 0xbf, 0xbd];
/// The beginnings of JKS and JCEKS without the upper bits, and with question marks for bytes that are no ASCII.
const SEVEN_BITS: &[[u8; 4]] = &[[0x7e, 0x6d, 0x7e, 0x6d], [0x4e; 4], *b"????"];
/// Fewer bytes may fit a pattern by chance.
const ENOUGH: usize = 64;

/// Whether the bytes are a copy of a binary file as some kind of text.
pub(super) fn is_copy(bytes: &[u8]) -> bool {
    if replaced(bytes) {
        return true;
    }
    if text::text(bytes).is_some() {
        return false;
    }
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let seven_bits = SEVEN_BITS.iter().any(|magic| bytes.starts_with(magic));
    utf16 || seven_bits || is_utf8(bytes) || carriage_returns_added(bytes)
}

/// Whether the first bytes hold replacement characters: the bytes that stood there are lost.
pub(super) fn replaced(bytes: &[u8]) -> bool {
    let early = bytes.get(..256).unwrap_or(bytes);
    early.windows(REPLACEMENT.len()).any(|window| window == REPLACEMENT)
}

/// Whether all bytes beyond ASCII are UTF-8, which binary files are only when each byte was taken for a character.
pub(super) fn is_utf8(bytes: &[u8]) -> bool {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // cut inside the last character
        Err(error) => error.error_len().is_none(),
    };
    valid && bytes.len() >= ENOUGH && !bytes.is_ascii()
}

/// Whether every line feed has a carriage return before it. Among random bytes two such pairs in a row are
/// a chance of 1 in 65,536.
pub(super) fn carriage_returns_added(bytes: &[u8]) -> bool {
    let feeds = bytes.iter().filter(|byte| **byte == b'\n').count();
    let pairs = bytes.windows(2).filter(|pair| *pair == b"\r\n").count();
    feeds >= 2 && feeds == pairs
}

/// Whether there is no zero byte where every Java keystore has some: shells drop them.
pub(super) fn zeros_dropped(bytes: &[u8]) -> bool {
    bytes.get(..32).is_some_and(|early| !early.contains(&0))
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
        assert!(is_utf8(&b"\xc3\xbe\0\x01".repeat(16)[..63 + 1]));
        assert!(is_utf8(&b"\xc3\xbe\0\x01".repeat(17)[..65]), "cut inside a character");
        assert!(!is_utf8(&b"\xc3\xbe\xc3\x01".repeat(16)));
        assert!(!is_utf8(&b"\0\x01".repeat(32)), "ASCII");
        assert!(zeros_dropped(&[7; 32]) && !zeros_dropped(&[7; 31]) && !zeros_dropped(&[0; 32]));
        assert!(!is_copy("gr\u{fc}n\n".repeat(20).as_bytes()), "plain text");
    }
}
