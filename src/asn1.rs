//! A tolerant BER reader: what Java, BouncyCastle and Android accept, without an allocation from a declared length.
//!
//! Keystores and PKCS#7 signatures are written as DER by most tools and as BER with indefinite lengths by
//! BouncyCastle and NSS, so strict DER readers refuse real files. Beyond DER this accepts: indefinite lengths
//! (X.690 8.1.3.6), constructed OCTET STRINGs (8.7.3), and lengths with more bytes than needed (8.1.3.5).
//! Multi-byte tags are refused: no format here uses them.

use crate::limits::ASN1_DEPTH;
use std::borrow::Cow;
use std::fmt;
use thiserror::Error;

/// Why ASN.1 could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Asn1Error {
    /// The input ends inside an element.
    #[error("ASN.1 ends inside {field}")]
    Ends {
        /// The element that was being read.
        field: &'static str,
    },
    /// Another element stands where this one is required.
    #[error("ASN.1 has tag {found:#04x} where {field} should stand")]
    Unexpected {
        /// The element that is required.
        field: &'static str,
        /// The tag byte that stands there.
        found: u8,
    },
    /// The content of the element does not fit its type.
    #[error("ASN.1 {field} has a malformed value")]
    Value {
        /// The element.
        field: &'static str,
    },
    /// Elements are left after the structure.
    #[error("ASN.1 has more after {field}")]
    Leftover {
        /// The structure that should have ended.
        field: &'static str,
    },
    /// Nested deeper than [`ASN1_DEPTH`].
    #[error("ASN.1 is nested too deeply")]
    Depth,
}

/// Tag bytes (X.690 8.1.2), constructed bit included where the type is always constructed.
pub mod tag {
    /// BOOLEAN
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER
    pub const OID: u8 = 0x06;
    /// UTF8String
    pub const UTF8_STRING: u8 = 0x0c;
    /// PrintableString
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// UTCTime
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// BMPString
    pub const BMP_STRING: u8 = 0x1e;
    /// SEQUENCE
    pub const SEQUENCE: u8 = 0x30;
    /// SET
    pub const SET: u8 = 0x31;
    /// The bit that marks a constructed element.
    pub const CONSTRUCTED: u8 = 0x20;

    /// `[number]`, primitive.
    #[must_use]
    pub const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// `[number]`, constructed.
    #[must_use]
    pub const fn context_constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

/// One element: tag, content, and the bytes exactly as they stand.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    /// The tag byte, class and constructed bit included.
    pub tag: u8,
    /// The content, without header and without the end marker of an indefinite length.
    pub content: &'a [u8],
    /// Header, content and end marker.
    pub raw: &'a [u8],
    depth: u8,
}

/// A reader over the elements of one level.
#[derive(Debug, Clone)]
pub struct Asn1<'a> {
    rest: &'a [u8],
    depth: u8,
}

impl<'a> Asn1<'a> {
    /// Reads the elements in `data`.
    #[must_use]
    pub fn new(data: &'a [u8]) -> Self {
        Self { rest: data, depth: 0 }
    }

    /// Whether all elements are read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes that are left.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The tag byte of the next element.
    #[must_use]
    pub fn peek_tag(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Takes the next element, whatever it is.
    ///
    /// # Errors
    /// [`Asn1Error::Ends`] when the element is not complete, [`Asn1Error::Depth`] when it nests too deeply.
    pub fn any(&mut self, field: &'static str) -> Result<Element<'a>, Asn1Error> {
        let (element, rest) = split(self.rest, self.depth, field)?;
        self.rest = rest;
        Ok(element)
    }

    /// Takes the next element, which must have this tag. An OCTET STRING may be constructed.
    ///
    /// # Errors
    /// [`Asn1Error::Unexpected`] when another tag stands there; else as [`Asn1::any`].
    pub fn expect(&mut self, wanted: u8, field: &'static str) -> Result<Element<'a>, Asn1Error> {
        let Some(found) = self.peek_tag() else { return Err(Asn1Error::Ends { field }) };
        let constructed_string = wanted == tag::OCTET_STRING && found == tag::OCTET_STRING | tag::CONSTRUCTED;
        if found != wanted && !constructed_string {
            return Err(Asn1Error::Unexpected { field, found });
        }
        self.any(field)
    }

    /// Takes the next element if it has this tag.
    ///
    /// # Errors
    /// As [`Asn1::any`].
    pub fn optional(&mut self, wanted: u8, field: &'static str) -> Result<Option<Element<'a>>, Asn1Error> {
        if self.peek_tag() == Some(wanted) { self.any(field).map(Some) } else { Ok(None) }
    }

    /// Takes a SEQUENCE and reads inside it.
    ///
    /// # Errors
    /// As [`Asn1::expect`].
    pub fn sequence(&mut self, field: &'static str) -> Result<Asn1<'a>, Asn1Error> {
        Ok(self.expect(tag::SEQUENCE, field)?.children())
    }

    /// Takes a SET and reads inside it.
    ///
    /// # Errors
    /// As [`Asn1::expect`].
    pub fn set(&mut self, field: &'static str) -> Result<Asn1<'a>, Asn1Error> {
        Ok(self.expect(tag::SET, field)?.children())
    }

    /// Takes an OBJECT IDENTIFIER.
    ///
    /// # Errors
    /// As [`Asn1::expect`].
    pub fn oid(&mut self, field: &'static str) -> Result<Oid<'a>, Asn1Error> {
        Ok(Oid(self.expect(tag::OID, field)?.content))
    }

    /// Takes an INTEGER that must be a number from 0 to 2^32 - 1.
    ///
    /// # Errors
    /// [`Asn1Error::Value`] when it is negative or larger; else as [`Asn1::expect`].
    pub fn u32(&mut self, field: &'static str) -> Result<u32, Asn1Error> {
        let content = self.expect(tag::INTEGER, field)?.content;
        unsigned(content).ok_or(Asn1Error::Value { field })
    }

    /// Takes an OCTET STRING, joining its parts when it is constructed.
    ///
    /// # Errors
    /// As [`Asn1::expect`].
    pub fn octets(&mut self, field: &'static str) -> Result<Cow<'a, [u8]>, Asn1Error> {
        self.expect(tag::OCTET_STRING, field)?.octets(field)
    }

    /// Finishes: no element may be left.
    ///
    /// # Errors
    /// [`Asn1Error::Leftover`] when one is.
    pub fn finish(self, field: &'static str) -> Result<(), Asn1Error> {
        if self.rest.is_empty() { Ok(()) } else { Err(Asn1Error::Leftover { field }) }
    }
}

impl<'a> Element<'a> {
    /// Reads the elements inside this one.
    #[must_use]
    pub fn children(&self) -> Asn1<'a> {
        Asn1 { rest: self.content, depth: self.depth.saturating_add(1) }
    }

    /// The bytes of a string, joined when it is constructed (also for implicitly tagged strings).
    ///
    /// # Errors
    /// [`Asn1Error`] when a part is malformed.
    pub fn octets(&self, field: &'static str) -> Result<Cow<'a, [u8]>, Asn1Error> {
        if self.tag & tag::CONSTRUCTED == 0 {
            return Ok(Cow::Borrowed(self.content));
        }
        let mut joined = Vec::new();
        let mut parts = self.children();
        while !parts.is_empty() {
            joined.extend_from_slice(&parts.octets(field)?);
        }
        Ok(Cow::Owned(joined))
    }

    /// The content of a BIT STRING whose unused bits are none.
    ///
    /// # Errors
    /// [`Asn1Error::Value`] when it is empty or has unused bits.
    pub fn bits(&self, field: &'static str) -> Result<&'a [u8], Asn1Error> {
        match self.content.split_first() {
            Some((0, bits)) => Ok(bits),
            _ => Err(Asn1Error::Value { field }),
        }
    }
}

/// Reads one element that must fill `data`.
///
/// # Errors
/// [`Asn1Error`] when it is malformed or does not fill the input.
pub fn single<'a>(data: &'a [u8], field: &'static str) -> Result<Element<'a>, Asn1Error> {
    let mut reader = Asn1::new(data);
    let element = reader.any(field)?;
    reader.finish(field)?;
    Ok(element)
}

/// An OBJECT IDENTIFIER as its encoded bytes; comparing bytes compares identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Oid<'a>(pub &'a [u8]);

impl fmt::Display for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        let mut value: u64 = 0;
        for byte in self.0 {
            value = value.checked_shl(7).unwrap_or(0) | u64::from(byte & 0x7f);
            if byte & 0x80 != 0 {
                continue;
            }
            if first {
                let root = (value / 40).min(2);
                write!(f, "{root}.{}", value.saturating_sub(root.saturating_mul(40)))?;
                first = false;
            } else {
                write!(f, ".{value}")?;
            }
            value = 0;
        }
        Ok(())
    }
}

fn unsigned(content: &[u8]) -> Option<u32> {
    let (first, _) = content.split_first()?;
    if first & 0x80 != 0 {
        return None;
    }
    let significant: Vec<u8> = content.iter().copied().skip_while(|byte| *byte == 0).collect();
    if significant.len() > 4 {
        return None;
    }
    Some(significant.iter().fold(0, |value, byte| value.wrapping_shl(8) | u32::from(*byte)))
}

/// Splits `data` after its first element.
fn split<'a>(data: &'a [u8], depth: u8, field: &'static str) -> Result<(Element<'a>, &'a [u8]), Asn1Error> {
    if depth > ASN1_DEPTH {
        return Err(Asn1Error::Depth);
    }
    let (tag, after_tag) = data.split_first().ok_or(Asn1Error::Ends { field })?;
    if tag & 0x1f == 0x1f {
        return Err(Asn1Error::Unexpected { field, found: *tag });
    }
    let (length, body) = declared_length(after_tag, field)?;
    let (content, rest) = match length {
        Some(length) => body.split_at_checked(length).ok_or(Asn1Error::Ends { field })?,
        None if tag & tag::CONSTRUCTED == 0 => return Err(Asn1Error::Value { field }),
        None => split_indefinite(body, depth, field)?,
    };
    let used = data.len().saturating_sub(rest.len());
    let raw = data.get(..used).ok_or(Asn1Error::Ends { field })?;
    Ok((Element { tag: *tag, content, raw, depth }, rest))
}

/// The declared length (`None`: indefinite) and what follows it.
fn declared_length<'a>(data: &'a [u8], field: &'static str) -> Result<(Option<usize>, &'a [u8]), Asn1Error> {
    let (first, rest) = data.split_first().ok_or(Asn1Error::Ends { field })?;
    match first {
        0x80 => Ok((None, rest)),
        length if *length < 0x80 => Ok((Some(usize::from(*length)), rest)),
        long => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f)).ok_or(Asn1Error::Ends { field })?;
            let length = digits
                .iter()
                .try_fold(0_usize, |value, digit| value.checked_mul(256).map(|shifted| shifted | usize::from(*digit)));
            Ok((Some(length.ok_or(Asn1Error::Ends { field })?), rest))
        }
    }
}

/// Splits an indefinite-length body at its end marker `00 00` (X.690 8.1.5).
fn split_indefinite<'a>(body: &'a [u8], depth: u8, field: &'static str) -> Result<(&'a [u8], &'a [u8]), Asn1Error> {
    let mut rest = body;
    loop {
        if let Some(after) = rest.strip_prefix(&[0, 0]) {
            let used = body.len().saturating_sub(rest.len());
            let content = body.get(..used).ok_or(Asn1Error::Ends { field })?;
            return Ok((content, after));
        }
        (_, rest) = split(rest, depth.saturating_add(1), field)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_definite_and_indefinite() {
        let definite = [0x30, 3, 2, 1, 5];
        let indefinite = [0x30, 0x80, 2, 1, 5, 0, 0];
        for data in [&definite[..], &indefinite[..]] {
            let mut inside = Asn1::new(data).sequence("pair").unwrap();
            assert_eq!(inside.u32("version").unwrap(), 5);
            inside.finish("pair").unwrap();
        }
        assert_eq!(single(&indefinite, "pair").unwrap().raw, indefinite);
    }

    #[test]
    fn joins_a_constructed_octet_string() {
        let data = [0x24, 0x80, 4, 1, b'a', 4, 2, b'b', b'c', 0, 0];
        assert_eq!(Asn1::new(&data).octets("content").unwrap(), b"abc".as_slice());
    }

    #[test]
    fn refuses_what_is_cut_or_nested_too_deeply() {
        assert_eq!(
            Asn1::new(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).any("x").unwrap_err(),
            Asn1Error::Ends { field: "x" }
        );
        let deep = [0x30, 0x80].repeat(100_000);
        assert_eq!(Asn1::new(&deep).any("x").unwrap_err(), Asn1Error::Depth);
        assert_eq!(Asn1::new(&[2, 1, 0x80]).u32("x").unwrap_err(), Asn1Error::Value { field: "x" });
    }

    #[test]
    fn prints_an_oid_in_dots() {
        assert_eq!(Oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]).to_string(), "1.2.840.113549.1.1.1");
        assert_eq!(Oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 18]).to_string(), "2.16.840.1.101.3.4.3.18");
    }
}
