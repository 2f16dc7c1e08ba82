//! The text of a key file: characters with the byte at which each stands, and which of them a key can have.

use super::base64;
use std::borrow::Cow;

/// A character and the offset of its first byte in the file.
pub(super) type Located = (usize, char);

/// The characters of UTF-8 bytes; what is not UTF-8 becomes U+FFFD, as for the SDK.
pub(super) fn located(bytes: &[u8]) -> Vec<Located> {
    let mut characters = Vec::new();
    let mut offset: usize = 0;
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid().char_indices();
        characters.extend(valid.map(|(index, character)| (offset.saturating_add(index), character)));
        offset = offset.saturating_add(chunk.valid().len());
        if !chunk.invalid().is_empty() {
            characters.push((offset, char::REPLACEMENT_CHARACTER));
            offset = offset.saturating_add(chunk.invalid().len());
        }
    }
    characters
}

/// UTF-16 with a byte order mark, or without one where every second byte of the start is NUL.
pub(super) fn utf16(bytes: &[u8]) -> Option<String> {
    let pairs: Vec<[u8; 2]> = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).collect();
    let zeros = |index: usize| pairs.iter().take(16).all(|pair| pair.get(index) == Some(&0));
    let decode: fn([u8; 2]) -> u16 = match pairs.first()? {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ if pairs.len() >= 4 && zeros(1) && !zeros(0) => u16::from_le_bytes,
        _ if pairs.len() >= 4 && zeros(0) && !zeros(1) => u16::from_be_bytes,
        _ => return None,
    };
    let units = pairs.into_iter().map(decode);
    Some(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// The text of a file, in whichever encoding, without its byte order mark.
pub(super) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let text = utf16(bytes).map_or_else(|| String::from_utf8_lossy(bytes), Cow::Owned);
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Cow::Owned(rest.to_owned()),
        None => text,
    }
}

/// What ends a line for Java's `BufferedReader.readLine`.
pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r')
}

/// White space of either kind: what Java trims (all up to U+0020, NUL included), or what Unicode calls so.
pub(super) fn is_space(character: char) -> bool {
    character <= ' ' || character.is_whitespace()
}

/// Characters that nobody sees.
pub(super) fn is_zero_width(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// Quotes of keyboards and of word processors.
pub(super) fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\'' | '`' | '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}')
}

/// A character of the standard alphabet.
pub(super) fn is_digit(character: char) -> bool {
    base64::value(character).is_some()
}

/// A character that only the URL-safe alphabet has (RFC 4648, 5).
pub(super) fn is_url_safe(character: char) -> bool {
    matches!(character, '-' | '_')
}

/// Characters that a key has, in either alphabet.
pub(super) fn is_token(character: char) -> bool {
    is_digit(character) || is_url_safe(character) || matches!(character, '=' | '.')
}
