//! Files that are text: their characters, and the bytes behind base64 and hex.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;
use zeroize::Zeroizing;

/// The characters of a text file: UTF-8 with or without a byte order mark, or UTF-16 with one, which is what
/// PowerShell writes. `None` when the bytes hold control characters that no text has.
pub(super) fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        all => String::from_utf8_lossy(all),
    };
    let is_binary =
        |character: char| character.is_ascii_control() && !matches!(character, '\t' | '\n' | '\r' | '\u{c}');
    (!text.chars().any(is_binary)).then_some(text)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(unit)).collect();
    String::from_utf16_lossy(&units)
}

/// The bytes behind base64 of either alphabet, with any white space, with or without padding.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const LAX: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    for character in text.chars().filter(|character| !character.is_whitespace()) {
        digits.push(match character {
            '-' => '+',
            '_' => '/',
            other => other,
        });
    }
    LAX.decode(digits.as_bytes()).ok()
}

/// The bytes behind hex digits.
pub(super) fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_powershell_writes() {
        assert_eq!(text(b"\xff\xfea\0b\0").unwrap(), "ab");
        assert_eq!(text(b"\xef\xbb\xbfab").unwrap(), "ab");
        assert!(text(b"a\0b").is_none());
    }

    #[test]
    fn decodes_base64_as_people_paste_it() {
        for pasted in ["/u3+7Q==", "/u3+7Q", "/u3+\n7Q==\n", "_u3-7Q"] {
            assert_eq!(decode_base64(pasted).unwrap(), [0xfe, 0xed, 0xfe, 0xed], "{pasted}");
        }
        assert!(decode_base64("/u3+7Q!").is_none());
        assert_eq!(decode_hex("0aFF").unwrap(), [10, 255]);
        assert!(decode_hex("0aF").is_none());
    }
}
