//! Binary XML, the manifest of an APK (`ResXMLTree_header` in AOSP's `ResourceTypes.h`).
//!
//! Chunks: type (u16), header size (u16), size (u32), all little-endian; the whole file is one.
//!
//! | type | chunk |
//! | --- | --- |
//! | `0x0001` | string pool |
//! | `0x0180` | resource map: the resource id of the attribute name with the same index |
//! | `0x0100..=0x017f` | nodes; `0x0102` and `0x0103` begin and end an element |
//!
//! Read as androidfw reads it (`ResXMLTree::setTo`, `ResXMLParser::nextNode`), since that decides what a device sees:
//! the file's own type does not matter, the last pool and map before the first node count, nodes of unknown type and
//! the names of end nodes are passed over, what is open at the end is closed. Beyond that a total size larger than the
//! file is accepted. Attributes of less than 20 bytes are refused: they would overlap.

use super::ManifestError;
use super::element::{Attribute, Budget, Element, Text, TreeBuilder, Value};
use super::strings::StringPool;
use crate::bytes::Reader;
use crate::limits::MANIFEST_TEXT_FACTOR;

const STRING_POOL: u16 = 0x0001;
const RESOURCE_MAP: u16 = 0x0180;
const FIRST_NODE: u16 = 0x0100;
const LAST_NODE: u16 = 0x017f;
const START_ELEMENT: u16 = 0x0102;
const END_ELEMENT: u16 = 0x0103;

/// `sizeof(ResXMLTree_node)`
const NODE_HEADER: u16 = 16;
/// `sizeof(ResXMLTree_attribute)`
const ATTRIBUTE: u16 = 20;
/// "No string".
const NO_INDEX: u32 = u32::MAX;
/// `Res_value::TYPE_STRING`
const TYPE_STRING: u8 = 0x03;

/// A chunk of which everything is there.
pub(super) struct Chunk<'a> {
    kind: u16,
    pub(super) header_size: u16,
    pub(super) offset: u64,
    /// With its header.
    pub(super) bytes: &'a [u8],
}

struct Document<'a> {
    strings: StringPool<'a>,
    resource_ids: &'a [u8],
    budget: Budget,
}

/// Reads the root element.
pub(super) fn parse(data: &[u8]) -> Result<Element, ManifestError> {
    let mut reader = chunks(data)?;
    let text = data.len().saturating_mul(MANIFEST_TEXT_FACTOR);
    let mut document = Document { strings: StringPool::empty(), resource_ids: &[], budget: Budget::new() };
    let mut tree = TreeBuilder::new();
    let mut in_nodes = false;
    while !reader.is_empty() {
        let chunk = next_chunk(&mut reader, if in_nodes { NODE_HEADER } else { 8 })?;
        match chunk.kind {
            STRING_POOL if !in_nodes => document.strings = StringPool::parse(&chunk, text)?,
            RESOURCE_MAP if !in_nodes => document.resource_ids = chunk.content(),
            START_ELEMENT => tree.start(document.element(&chunk)?)?,
            END_ELEMENT => {
                if let Some(root) = tree.end() {
                    return Ok(root);
                }
            }
            _ => {}
        }
        in_nodes |= (FIRST_NODE..=LAST_NODE).contains(&chunk.kind);
    }
    tree.finish().ok_or(ManifestError::NoElement)
}

/// The chunks inside the file's own one.
fn chunks(data: &[u8]) -> Result<Reader<'_>, ManifestError> {
    let mut header = Reader::new(data);
    header.u16_le("file type")?;
    let header_size = header.u16_le("file header size")?;
    let declared_size = usize::try_from(header.u32_le("file size")?).unwrap_or(usize::MAX);
    let inside = data.get(..declared_size).unwrap_or(data);
    let chunks =
        inside.get(usize::from(header_size)..).ok_or(ManifestError::Malformed { what: "file header", offset: 0 })?;
    Ok(Reader::at(chunks, u64::from(header_size)))
}

/// `validate_chunk` of androidfw.
pub(super) fn next_chunk<'a>(reader: &mut Reader<'a>, smallest_header: u16) -> Result<Chunk<'a>, ManifestError> {
    let offset = reader.offset();
    let mut header = reader.clone();
    let kind = header.u16_le("chunk type")?;
    let header_size = header.u16_le("chunk header size")?;
    let size = header.u32_le("chunk size")?;
    let is_aligned = (u32::from(header_size) | size).is_multiple_of(4);
    if header_size < smallest_header || u32::from(header_size) > size || !is_aligned {
        return Err(ManifestError::Malformed { what: "chunk header", offset });
    }
    let bytes = reader.take_u32(size, "chunk")?;
    Ok(Chunk { kind, header_size, offset, bytes })
}

impl<'a> Chunk<'a> {
    /// Its type.
    pub(super) fn kind(&self) -> u16 {
        self.kind
    }

    /// What follows the header.
    pub(super) fn content(&self) -> &'a [u8] {
        self.bytes.get(usize::from(self.header_size)..).unwrap_or_default()
    }
}

impl Document<'_> {
    /// `ResXMLTree_attrExt` and the attributes behind it.
    fn element(&mut self, chunk: &Chunk<'_>) -> Result<Element, ManifestError> {
        let malformed = ManifestError::Malformed { what: "attributes", offset: chunk.offset };
        let content = chunk.content();
        let mut reader = Reader::at(content, chunk.offset.saturating_add(chunk.header_size.into()));
        let namespace = reader.u32_le("element namespace")?;
        let name = reader.u32_le("element name")?;
        let start = reader.u16_le("start of attributes")?;
        let size = reader.u16_le("size of an attribute")?;
        let count = reader.u16_le("number of attributes")?;
        if count > 0 && size < ATTRIBUTE {
            return Err(malformed);
        }
        self.budget.spend(usize::from(count).saturating_add(1))?;
        let length = usize::from(size).saturating_mul(usize::from(count));
        let behind = content.get(usize::from(start)..).and_then(|rest| rest.get(..length)).ok_or(malformed)?;
        let records = behind.chunks_exact(usize::from(size).max(1));
        let attributes = records.map(|record| self.attribute(record)).collect::<Result<_, _>>()?;
        Ok(Element { namespace: self.text(namespace)?, name: self.name(name)?, attributes, children: Vec::new() })
    }

    /// `ResXMLTree_attribute`, with its `Res_value`.
    fn attribute(&mut self, record: &[u8]) -> Result<Attribute, ManifestError> {
        let mut reader = Reader::new(record);
        let namespace = reader.u32_le("attribute namespace")?;
        let name = reader.u32_le("attribute name")?;
        let raw = reader.u32_le("attribute text")?;
        reader.take(3, "value size")?;
        let kind = reader.u8("value type")?;
        let data = reader.u32_le("value data")?;
        let text = if kind == TYPE_STRING { self.text(data)? } else { None };
        let value = text.map_or_else(|| Value::from_data(kind, data), Value::String);
        Ok(Attribute {
            namespace: self.text(namespace)?,
            name: self.name(name)?,
            resource_id: self.resource_id(name),
            value,
            raw: self.text(raw)?,
        })
    }

    fn text(&mut self, index: u32) -> Result<Option<Text>, ManifestError> {
        if index == NO_INDEX { Ok(None) } else { self.strings.get(index) }
    }

    /// A name; one that cannot be read is empty, which no lookup finds.
    fn name(&mut self, index: u32) -> Result<Text, ManifestError> {
        Ok(self.text(index)?.unwrap_or_default())
    }

    fn resource_id(&self, name: u32) -> Option<u32> {
        let start = usize::try_from(name).ok()?.checked_mul(4)?;
        let bytes = self.resource_ids.get(start..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes)).filter(|id| *id != 0)
    }
}
