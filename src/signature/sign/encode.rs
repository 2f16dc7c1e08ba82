//! The two encodings that signers write: little-endian lengths in signing blocks, and DER.

/// A length, or the largest when it does not fit: no part comes near it.
pub(super) fn length_u32(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// `bytes` with their 32-bit length in front.
pub(super) fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [length_u32(bytes).to_le_bytes().as_slice(), bytes].concat()
}

/// Elements, each with its length in front.
pub(super) fn sequence<B: AsRef<[u8]>>(elements: impl IntoIterator<Item = B>) -> Vec<u8> {
    elements.into_iter().flat_map(|element| prefixed(element.as_ref())).collect()
}

/// Pairs of a number and bytes, each with its length in front.
pub(super) fn pairs<B: AsRef<[u8]>>(pairs: impl IntoIterator<Item = (u32, B)>) -> Vec<u8> {
    sequence(pairs.into_iter().map(|(id, value)| [&id.to_le_bytes()[..], &prefixed(value.as_ref())].concat()))
}

/// An attribute of a signer: its length, number and value.
pub(super) fn attribute(id: u32, value: &[u8]) -> Vec<u8> {
    prefixed(&[&id.to_le_bytes()[..], value].concat())
}

/// An element in DER (X.690, 8.1.3 and 10.1).
pub(super) fn der<B: AsRef<[u8]>>(tag: u8, parts: impl IntoIterator<Item = B>) -> Vec<u8> {
    let mut content = Vec::new();
    for part in parts {
        content.extend_from_slice(part.as_ref());
    }
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let digits: Vec<u8> = content.len().to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            out.extend(digits);
        }
    }
    out.extend(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_stand_in_front() {
        assert_eq!(sequence([b"a".as_slice(), b""]), [1, 0, 0, 0, b'a', 0, 0, 0, 0]);
        assert_eq!(pairs([(2, b"a")]), [9, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, b'a']);
        assert_eq!(attribute(2, b"a"), [5, 0, 0, 0, 2, 0, 0, 0, b'a']);
        assert_eq!(der(0x30, [&[0; 127]])[..2], [0x30, 127]);
        assert_eq!(der(0x30, [&[0; 128]])[..3], [0x30, 0x81, 128]);
        assert_eq!(der(0x30, [&[0; 256]])[..4], [0x30, 0x82, 1, 0]);
    }
}
