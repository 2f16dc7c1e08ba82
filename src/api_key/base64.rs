//! Base64 as Android decodes it: `android.util.Base64` with the flag `DEFAULT`.
//!
//! It differs from strict base64 in what a damaged key does on a device: bytes outside the alphabet are skipped
//! (so a URL-safe `-` vanishes and the rest moves up), and missing padding is fine, but half of it is not.

/// The value of one character of the standard alphabet (RFC 4648, table 1).
pub(super) fn value(character: char) -> Option<u8> {
    let byte = u8::try_from(character).ok()?;
    match byte {
        b'A'..=b'Z' => Some(byte.wrapping_sub(b'A')),
        b'a'..=b'z' => Some(byte.wrapping_sub(b'a').wrapping_add(26)),
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0').wrapping_add(52)),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Decodes as a device does; `None` where it reports `bad base-64`.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut group: u32 = 0;
    let mut digits: u8 = 0;
    let mut padding: u8 = 0;
    for character in text.chars() {
        match (value(character), character) {
            (Some(digit), _) if padding == 0 => {
                group = group.wrapping_shl(6) | u32::from(digit);
                digits = digits.wrapping_add(1);
                if digits == 4 {
                    bytes.extend(group.to_be_bytes().into_iter().skip(1));
                    (group, digits) = (0, 0);
                }
            }
            (Some(_), _) => return None,
            (None, '=') => padding = padding.checked_add(1).filter(|count| may_pad(digits, *count))?,
            (None, _) => {}
        }
    }
    match (digits, padding) {
        (0, 0) => {}
        (2, 0 | 2) => bytes.extend(group.wrapping_shl(12).to_be_bytes().into_iter().skip(1).take(1)),
        (3, 0 | 1) => bytes.extend(group.wrapping_shl(6).to_be_bytes().into_iter().skip(1).take(2)),
        _ => return None,
    }
    Some(bytes)
}

/// Whether a group of `digits` characters takes `count` signs of padding.
fn may_pad(digits: u8, count: u8) -> bool {
    match digits {
        2 => count <= 2,
        3 => count <= 1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn decodes_as_android_does() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("TQ==", b"M"),
            ("TQ", b"M"),
            ("TWE=", b"Ma"),
            ("TWE", b"Ma"),
            ("TWFu", b"Man"),
            ("TW Fu\r\n\u{a0}", b"Man"),
            ("TQ== \u{200b}", b"M"),
            ("+/+/", &[0xfb, 0xff, 0xbf]),
        ] {
            assert_eq!(decode(text).as_deref(), Some(bytes), "{text}");
        }
        assert_eq!(decode("T-WFu").unwrap(), b"Man", "a URL-safe character vanishes");
    }

    #[test]
    fn refuses_what_android_refuses() {
        for text in ["T", "TWFuT", "TQ=", "=", "T=", "TQ===", "TWE==", "TQ==TQ==", "TWFu="] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
