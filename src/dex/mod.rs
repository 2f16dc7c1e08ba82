//! The classes and strings of a DEX file, from its tables alone (AOSP, "Dalvik executable format").
//!
//! | offset | field | |
//! | --- | --- | --- |
//! | 0 | magic | `dex\n`, three digits, NUL |
//! | 36 | header size | 112 |
//! | 40 | endian tag | `0x12345678` |
//! | 56 | strings: count, offset | 4 bytes each: where the text begins |
//! | 64 | types: count, offset | 4 bytes each: the string with the descriptor, as `Lcom/example/Foo;` |
//! | 96 | class definitions: count, offset | 32 bytes each: type, access flags, supertype, ... |
//!
//! A text is its length in UTF-16 units (ULEB128) and modified UTF-8 up to a NUL. Strings are sorted, which ART demands
//! (`DexFileVerifier`), so a text is found by halving. Code is not read. Containers (version 041) are refused: their offsets
//! mean something else.

use crate::bytes::{BytesError, Reader};
use crate::limits::{DEX_CLASSES, DEX_DESCRIPTOR};
use std::borrow::Cow;
use std::cmp::Ordering;
use thiserror::Error;

/// Why a DEX file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DexError {
    /// The magic is another.
    #[error("it is no DEX file")]
    NotDex,
    /// A version whose tables stand elsewhere.
    #[error("it has the DEX version {0}, which is not read")]
    Version(String),
    /// The header contradicts the format.
    #[error("its header is malformed")]
    Header,
    /// A table lies outside of the file.
    #[error("its table of {0} lies outside of the file")]
    Outside(&'static str),
    /// More classes than a DEX file can number.
    #[error("it declares {0} classes, more than the format can number")]
    TooManyClasses(u32),
    /// The header is cut off.
    #[error("it is cut off: {0}")]
    Bytes(#[from] BytesError),
}

/// The tables of a DEX file.
#[derive(Debug, Clone)]
pub struct Dex<'a> {
    data: &'a [u8],
    strings: Table<'a, 4>,
    types: Table<'a, 4>,
    classes: Table<'a, 32>,
}

/// A class that a DEX file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class<'a> {
    /// Its descriptor, as `Lcom/example/Foo;`.
    pub descriptor: Cow<'a, str>,
    /// The descriptor of the class that it extends; `java.lang.Object` alone has none.
    pub superclass: Option<Cow<'a, str>>,
    /// Whether it is abstract or an interface, so that nothing can make one.
    pub is_abstract: bool,
}

/// `ACC_INTERFACE` and `ACC_ABSTRACT`.
const ABSTRACT: u32 = 0x0200 | 0x0400;
/// `NO_INDEX`
const NO_INDEX: u32 = u32::MAX;
const HEADER_SIZE: u32 = 112;
const ENDIAN_TAG: u32 = 0x1234_5678;
/// The first version whose files are containers.
const CONTAINERS_FROM: &str = "041";

impl<'a> Dex<'a> {
    /// Reads the header, and checks that the tables lie inside.
    ///
    /// # Errors
    /// [`DexError`].
    pub fn parse(data: &'a [u8]) -> Result<Self, DexError> {
        let mut header = Reader::new(data);
        check_magic(header.array("magic")?)?;
        header.take(28, "checksum")?;
        let header_size = header.u32_le("header size")?;
        if header_size < HEADER_SIZE || header.u32_le("endian tag")? != ENDIAN_TAG {
            return Err(DexError::Header);
        }
        header.take(12, "map")?;
        let strings = Table::read(&mut header, data, "strings")?;
        let types = Table::read(&mut header, data, "types")?;
        header.take(24, "prototypes, fields and methods")?;
        let classes = Table::read(&mut header, data, "classes")?;
        if classes.count > DEX_CLASSES {
            return Err(DexError::TooManyClasses(classes.count));
        }
        Ok(Self { data, strings, types, classes })
    }

    /// The classes that are defined here; those whose descriptor cannot be read are left out.
    pub fn classes(&self) -> impl Iterator<Item = Class<'a>> {
        self.classes.rows().filter_map(|row| {
            let mut row = Reader::new(row);
            let class = row.u32_le("class").ok()?;
            let flags = row.u32_le("access flags").ok()?;
            let superclass = row.u32_le("superclass").ok()?;
            Some(Class {
                descriptor: self.descriptor(class)?,
                superclass: if superclass == NO_INDEX { None } else { self.descriptor(superclass) },
                is_abstract: flags & ABSTRACT != 0,
            })
        })
    }

    /// Whether this text, of ASCII without NUL, is one of the strings.
    #[must_use]
    pub fn has_string(&self, text: &str) -> bool {
        self.strings_from(text).next() == Some(text.as_bytes())
    }

    /// The strings that begin with `prefix`, of ASCII without NUL, in modified UTF-8.
    pub fn strings_with_prefix<'b>(&'b self, prefix: &'b str) -> impl Iterator<Item = &'a [u8]> + 'b {
        self.strings_from(prefix).take_while(|text| text.starts_with(prefix.as_bytes()))
    }

    /// The strings from the first that does not sort before `text` on.
    fn strings_from<'b>(&'b self, text: &'b str) -> impl Iterator<Item = &'a [u8]> + 'b {
        let (mut low, mut high) = (0, self.strings.count);
        while low < high {
            let middle = low.midpoint(high);
            let found = self.string(middle, text.len().saturating_add(1));
            if found.is_some_and(|found| compare(found, text.as_bytes()) == Ordering::Less) {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        (low..self.strings.count).map_while(|index| self.string(index, DEX_DESCRIPTOR))
    }

    fn descriptor(&self, type_index: u32) -> Option<Cow<'a, str>> {
        let string = u32::from_le_bytes(*self.types.row(type_index)?);
        self.string(string, DEX_DESCRIPTOR).map(String::from_utf8_lossy)
    }

    /// At most `limit` bytes of a string.
    fn string(&self, index: u32, limit: usize) -> Option<&'a [u8]> {
        let start = usize::try_from(u32::from_le_bytes(*self.strings.row(index)?)).ok()?;
        let rest = self.data.get(start..)?;
        // ULEB128: the last byte is the first without the upper bit
        let length = rest.iter().take(5).position(|byte| byte & 0x80 == 0)?.checked_add(1)?;
        let text = rest.get(length..)?;
        let shown = text.get(..limit).unwrap_or(text);
        let end = shown.iter().position(|byte| *byte == 0).unwrap_or(shown.len());
        shown.get(..end)
    }
}

/// By UTF-16 units, as far as the comparison with ASCII needs it: modified UTF-8 writes U+0000 as two bytes.
fn compare(found: &[u8], ascii: &[u8]) -> Ordering {
    let units = found.iter().map(|byte| if *byte == 0xc0 { 0 } else { *byte });
    units.take(ascii.len()).cmp(ascii.iter().copied())
}

fn check_magic(magic: [u8; 8]) -> Result<(), DexError> {
    let [b'd', b'e', b'x', b'\n', digits @ .., 0] = magic else { return Err(DexError::NotDex) };
    let version = std::str::from_utf8(&digits).ok().filter(|version| version.bytes().all(|byte| byte.is_ascii_digit()));
    match version {
        None => Err(DexError::NotDex),
        Some(version) if version >= CONTAINERS_FROM => Err(DexError::Version(version.to_owned())),
        Some(_) => Ok(()),
    }
}

/// Rows of equal size, all of them inside of the file.
#[derive(Debug, Clone, Copy)]
struct Table<'a, const ROW: usize> {
    bytes: &'a [u8],
    count: u32,
}

impl<'a, const ROW: usize> Table<'a, ROW> {
    fn read(header: &mut Reader<'_>, data: &'a [u8], what: &'static str) -> Result<Self, DexError> {
        let count = header.u32_le(what)?;
        let offset = header.u32_le(what)?;
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let length = size(count).saturating_mul(ROW);
        let bytes = data.get(size(offset)..).and_then(|rest| rest.get(..length));
        let bytes = if count == 0 { Some(&[][..]) } else { bytes };
        Ok(Self { bytes: bytes.ok_or(DexError::Outside(what))?, count })
    }

    fn row(&self, index: u32) -> Option<&'a [u8; ROW]> {
        let start = usize::try_from(index).ok()?.checked_mul(ROW)?;
        self.bytes.get(start..)?.first_chunk()
    }

    fn rows(&self) -> impl Iterator<Item = &'a [u8]> + use<'a, ROW> {
        self.bytes.chunks_exact(ROW)
    }
}

#[cfg(test)]
mod tests;
