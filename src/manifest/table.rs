//! `resources.arsc` (`ResTable_header` in AOSP's `ResourceTypes.h`).
//!
//! | chunk | content |
//! | --- | --- |
//! | `0x0002` the whole | count of packages; the string pool with all values; the packages |
//! | `0x0200` package | id, name, offsets; two string pools; specs and types |
//! | `0x0201` type | id, flags, count and start of entries, a configuration; then where each entry stands |
//!
//! An entry of a simple value is 8 bytes (size, flags, key) and a `Res_value`, or both in 8 bytes (compact). Where it
//! stands is told by 4 bytes for each entry, by 2 (times 4), or by pairs of number and offset (sparse).

use super::axml::{Chunk, next_chunk};
use super::element::Value;
use super::resources::{ResourceError, Values};
use super::strings::StringPool;
use crate::bytes::Reader;
use crate::limits::MANIFEST_TEXT_FACTOR;

const TABLE: u16 = 0x0002;
const STRING_POOL: u16 = 0x0001;
const PACKAGE: u16 = 0x0200;
const TYPE: u16 = 0x0201;

/// `ResTable_type::FLAG_SPARSE`
const SPARSE: u8 = 1;
/// `ResTable_type::FLAG_OFFSET16`
const SHORT_OFFSETS: u8 = 2;
/// `ResTable_entry::FLAG_COMPLEX`
const COMPLEX: u16 = 1;
/// `ResTable_entry::FLAG_COMPACT`
const COMPACT: u16 = 8;
/// `Res_value::TYPE_STRING`
const TYPE_STRING: u8 = 3;
/// `ResTable_type::NO_ENTRY`
const NO_ENTRY: u32 = u32::MAX;

/// Everything that goes wrong here means that the table is damaged.
type Found<T> = Result<T, ResourceError>;

fn damaged<E>(_: E) -> ResourceError {
    ResourceError::Damaged
}

/// All values of a resource.
pub(super) fn values(table: &[u8], id: u32) -> Found<Values> {
    let mut reader = Reader::new(table);
    let whole = next_chunk(&mut reader, 12).map_err(damaged)?;
    if whole.kind() != TABLE {
        return Err(ResourceError::Damaged);
    }
    let [package_id, type_id, entry_high, entry_low] = id.to_be_bytes();
    let wanted = Wanted { type_id, entry: u16::from_be_bytes([entry_high, entry_low]) };
    let mut strings = StringPool::empty();
    let mut values = Values::default();
    let mut chunks = Reader::new(whole.content());
    while !chunks.is_empty() {
        let chunk = next_chunk(&mut chunks, 8).map_err(damaged)?;
        match chunk.kind() {
            STRING_POOL => {
                let text = table.len().saturating_mul(MANIFEST_TEXT_FACTOR);
                strings = StringPool::parse(&chunk, text).map_err(damaged)?;
            }
            PACKAGE if package_number(&chunk)? == u32::from(package_id) => {
                package(&chunk, wanted, &mut strings, &mut values)?;
            }
            _ => {}
        }
    }
    Ok(values)
}

#[derive(Clone, Copy)]
struct Wanted {
    type_id: u8,
    entry: u16,
}

fn package_number(package: &Chunk<'_>) -> Found<u32> {
    let mut header = Reader::new(package.bytes);
    header.take(8, "chunk header").map_err(damaged)?;
    header.u32_le("package id").map_err(damaged)
}

fn package(package: &Chunk<'_>, wanted: Wanted, strings: &mut StringPool<'_>, values: &mut Values) -> Found<()> {
    let mut chunks = Reader::new(package.content());
    while !chunks.is_empty() {
        let chunk = next_chunk(&mut chunks, 8).map_err(damaged)?;
        if chunk.kind() != TYPE {
            continue;
        }
        let kind = Type::parse(&chunk)?;
        if kind.id == wanted.type_id
            && let Some(entry) = kind.entry(wanted.entry)
            && let Some(value) = simple_value(entry, strings)?
        {
            values.add(value, kind.is_default);
        }
    }
    Ok(())
}

/// The values of one type for one configuration.
struct Type<'a> {
    id: u8,
    flags: u8,
    is_default: bool,
    offsets: &'a [u8],
    entries: &'a [u8],
}

impl<'a> Type<'a> {
    fn parse(chunk: &Chunk<'a>) -> Found<Self> {
        let mut header = Reader::new(chunk.bytes);
        header.take(8, "chunk header").map_err(damaged)?;
        let id = header.u8("type").map_err(damaged)?;
        let flags = header.u8("flags").map_err(damaged)?;
        header.u16_le("reserved").map_err(damaged)?;
        let count = size(header.u32_le("number of entries").map_err(damaged)?);
        let start = size(header.u32_le("start of entries").map_err(damaged)?);
        let configuration = chunk.bytes.get(20..usize::from(chunk.header_size)).ok_or(ResourceError::Damaged)?;
        let of_each = if flags & SHORT_OFFSETS != 0 { 2 } else { 4 };
        let offsets = chunk.content().get(..count.saturating_mul(of_each)).ok_or(ResourceError::Damaged)?;
        let entries = chunk.bytes.get(start..).ok_or(ResourceError::Damaged)?;
        Ok(Self { id, flags, is_default: has_no_qualifiers(configuration), offsets, entries })
    }

    /// An entry, from its first byte on.
    fn entry(&self, index: u16) -> Option<&'a [u8]> {
        let offset = if self.flags & SPARSE != 0 {
            let pairs = self.offsets.chunks_exact(4).filter_map(|pair| pair.first_chunk::<4>());
            let found = pairs.map(|[a, b, c, d]| (u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d])));
            let (_, offset) = found.into_iter().find(|(number, _)| *number == index)?;
            usize::from(offset).checked_mul(4)?
        } else if self.flags & SHORT_OFFSETS != 0 {
            let bytes = self.offsets.get(usize::from(index).checked_mul(2)?..)?.first_chunk()?;
            let offset = Some(u16::from_le_bytes(*bytes)).filter(|offset| *offset != u16::MAX)?;
            usize::from(offset).checked_mul(4)?
        } else {
            let bytes = self.offsets.get(usize::from(index).checked_mul(4)?..)?.first_chunk()?;
            size(Some(u32::from_le_bytes(*bytes)).filter(|offset| *offset != NO_ENTRY)?)
        };
        self.entries.get(offset..)
    }
}

/// A configuration is its size and then what it demands: nothing but zeros demand nothing.
fn has_no_qualifiers(configuration: &[u8]) -> bool {
    configuration.iter().skip(4).all(|byte| *byte == 0)
}

/// The value of an entry; `None` for a bag.
fn simple_value(entry: &[u8], strings: &mut StringPool<'_>) -> Found<Option<Value>> {
    let mut reader = Reader::new(entry);
    let first = reader.u16_le("entry size").map_err(damaged)?;
    let flags = reader.u16_le("entry flags").map_err(damaged)?;
    let second = reader.u32_le("entry key").map_err(damaged)?;
    if flags & COMPACT != 0 {
        let [_, kind] = flags.to_le_bytes();
        return value(kind, second, strings).map(Some);
    }
    if flags & COMPLEX != 0 {
        return Ok(None);
    }
    let mut reader = Reader::new(entry.get(usize::from(first)..).ok_or(ResourceError::Damaged)?);
    reader.take(3, "value size").map_err(damaged)?;
    let kind = reader.u8("value type").map_err(damaged)?;
    let data = reader.u32_le("value data").map_err(damaged)?;
    value(kind, data, strings).map(Some)
}

fn value(kind: u8, data: u32, strings: &mut StringPool<'_>) -> Found<Value> {
    if kind != TYPE_STRING {
        return Ok(Value::from_data(kind, data));
    }
    strings.get(data).map_err(damaged)?.map(Value::String).ok_or(ResourceError::Damaged)
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
