//! The string pool of a binary XML (`ResStringPool_header` in AOSP's `ResourceTypes.h`).
//!
//! | offset | field | |
//! | --- | --- | --- |
//! | 0 | type, header size, size | `0x0001`, 28 |
//! | 8 | string count, style count | |
//! | 16 | flags | `0x100`: UTF-8, else UTF-16 |
//! | 20 | strings start, styles start | from the start of the chunk |
//! | header size | offsets of the strings | from the start of the strings |
//!
//! A string is decoded when it is used, once. One that androidfw cannot read (it lies outside, or no NUL follows it)
//! is no string here either. A pool that androidfw refuses as a whole is refused.

use super::ManifestError;
use super::axml::Chunk;
use super::element::Text;
use crate::bytes::Reader;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The strings, decoded or not.
pub(super) struct StringPool<'a> {
    offsets: &'a [u8],
    strings: &'a [u8],
    is_utf8: bool,
    decoded: BTreeMap<u32, Option<Text>>,
    text_left: usize,
}

const UTF8_FLAG: u32 = 0x100;

impl<'a> StringPool<'a> {
    /// A pool without strings.
    pub(super) fn empty() -> Self {
        Self { offsets: &[], strings: &[], is_utf8: true, decoded: BTreeMap::new(), text_left: 0 }
    }

    /// Reads the chunk's header; `text` is how many bytes may be decoded in all.
    pub(super) fn parse(chunk: &Chunk<'a>, text: usize) -> Result<Self, ManifestError> {
        let Chunk { bytes: chunk, header_size, offset, .. } = *chunk;
        let mut header = Reader::at(chunk, offset);
        header.take(8, "string pool header")?;
        let string_count = header.u32_le("string count")?;
        let style_count = header.u32_le("style count")?;
        let flags = header.u32_le("string pool flags")?;
        let strings_start = size(header.u32_le("strings start")?);
        let styles_start = size(header.u32_le("styles start")?);
        let malformed = ManifestError::Malformed { what: "string pool", offset };
        let end = if style_count > 0 { styles_start } else { chunk.len() };
        let strings = chunk.get(strings_start..end).unwrap_or_default();
        let is_utf8 = flags & UTF8_FLAG != 0;
        if string_count > 0 && !ends_with_nul(strings, is_utf8) {
            return Err(malformed);
        }
        let offsets = chunk.get(usize::from(header_size)..).unwrap_or_default();
        let offsets = offsets.get(..size(string_count).saturating_mul(4)).ok_or(malformed)?;
        Ok(Self { offsets, strings, is_utf8, decoded: BTreeMap::new(), text_left: text })
    }

    /// The string at an index; `None` when there is none that can be read.
    pub(super) fn get(&mut self, index: u32) -> Result<Option<Text>, ManifestError> {
        let encoded = match self.decoded.entry(index) {
            Entry::Occupied(known) => return Ok(known.get().clone()),
            Entry::Vacant(_) => find(self.offsets, self.strings, self.is_utf8, index),
        };
        let length = encoded.map_or(0, <[u8]>::len);
        self.text_left = self.text_left.checked_sub(length).ok_or(ManifestError::TooMuchText)?;
        let text = encoded.map(|bytes| if self.is_utf8 { from_utf8(bytes) } else { from_utf16(bytes) });
        self.decoded.insert(index, text.clone());
        Ok(text)
    }
}

/// A check of androidfw's `ResStringPool::setTo`: the strings end with a NUL, before the styles if there are some.
fn ends_with_nul(strings: &[u8], is_utf8: bool) -> bool {
    let unit = if is_utf8 { 1 } else { 2 };
    let units = strings.chunks_exact(unit);
    units.last().is_some_and(|last| last.iter().all(|byte| *byte == 0))
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The encoded string at an index.
fn find<'a>(offsets: &[u8], strings: &'a [u8], is_utf8: bool, index: u32) -> Option<&'a [u8]> {
    let start = size(index).checked_mul(4)?;
    let offset = offsets.get(start..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))?;
    if is_utf8 { find_utf8(strings.get(size(offset)..)?) } else { find_utf16(strings.get(size(offset & !1)..)?) }
}

/// Behind two lengths (in UTF-16 units, in bytes). A length is one byte or two, so it loses the higher bits of a long
/// string; androidfw then looks for the NUL 0x8000 bytes further on, again and again, and so do we.
fn find_utf8(data: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(data);
    length8(&mut reader)?;
    let declared = length8(&mut reader)?;
    let rest = reader.take_rest();
    let mut end = declared;
    while *rest.get(end)? != 0 {
        end = end.checked_add(0x8000)?;
    }
    rest.get(..end)
}

fn length8(reader: &mut Reader<'_>) -> Option<usize> {
    let first = usize::from(reader.u8("string length").ok()?);
    if first & 0x80 == 0 {
        return Some(first);
    }
    let second = usize::from(reader.u8("string length").ok()?);
    Some((first & 0x7f).wrapping_shl(8) | second)
}

/// Behind a length in units of one or two times 16 bits.
fn find_utf16(data: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(data);
    let first = usize::from(reader.u16_le("string length").ok()?);
    let length = if first & 0x8000 == 0 {
        first
    } else {
        let second = usize::from(reader.u16_le("string length").ok()?);
        (first & 0x7fff).checked_mul(0x1_0000)? | second
    };
    let text = reader.take(length.checked_mul(2)?, "string").ok()?;
    (reader.u16_le("string end").ok()? == 0).then_some(text)
}

fn from_utf8(bytes: &[u8]) -> Text {
    String::from_utf8_lossy(bytes).into()
}

fn from_utf16(bytes: &[u8]) -> Text {
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(u16::from_le_bytes);
    let text: String = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.into()
}
