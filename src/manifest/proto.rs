//! The manifest of an app bundle: `aapt.pb.XmlNode` (AOSP, `tools/aapt2/Resources.proto`).
//!
//! | message | fields that are read |
//! | --- | --- |
//! | `XmlNode` | 1 element |
//! | `XmlElement` | 2 namespace_uri, 3 name, 4 attribute, 5 child |
//! | `XmlAttribute` | 1 namespace_uri, 2 name, 3 value, 5 resource_id, 6 compiled_item |
//! | `Item` | 1 ref, 2 str, 3 raw_str, 7 prim |
//! | `Reference` | 2 id |
//! | `Primitive` | 1 null, 2 empty, 3 float, 6 decimal, 7 hexadecimal, 8 boolean, 9 to 12 colors, 13 dimension, 14 fraction |
//!
//! Unknown fields are skipped, as protobuf wants it.

use super::ManifestError;
use super::element::{Attribute, Budget, Element, Text, Value};
use crate::bytes::Reader;
use crate::limits::MANIFEST_DEPTH;

/// Reads the root element.
pub(super) fn parse(data: &[u8]) -> Result<Element, ManifestError> {
    let mut budget = Budget::new();
    node(Reader::new(data), MANIFEST_DEPTH, &mut budget)?.ok_or(ManifestError::NoElement)
}

/// The value of a field.
pub(super) enum Field<'a> {
    /// Wire types 0, 1 and 5.
    Number(u64),
    /// Wire type 2.
    Bytes(Reader<'a>),
}

/// The element in an `XmlNode`; `None` for text. An element that stands in pieces is put together, as protobuf wants it.
fn node(mut message: Reader<'_>, depth: usize, budget: &mut Budget) -> Result<Option<Element>, ManifestError> {
    let Some(depth) = depth.checked_sub(1) else { return Err(ManifestError::TooDeep) };
    let mut whole = None;
    while let Some((number, field)) = next_field(&mut message)? {
        if let (1, Field::Bytes(bytes)) = (number, field) {
            budget.spend(1)?;
            element(bytes, whole.get_or_insert_default(), depth, budget)?;
        }
    }
    Ok(whole)
}

fn element(
    mut message: Reader<'_>,
    element: &mut Element,
    depth: usize,
    budget: &mut Budget,
) -> Result<(), ManifestError> {
    while let Some((number, field)) = next_field(&mut message)? {
        let Field::Bytes(bytes) = field else { continue };
        match number {
            2 => element.namespace = uri(bytes),
            3 => element.name = text(bytes),
            4 => {
                budget.spend(1)?;
                element.attributes.push(attribute(bytes)?);
            }
            5 => element.children.extend(node(bytes, depth, budget)?),
            _ => {}
        }
    }
    Ok(())
}

fn attribute(mut message: Reader<'_>) -> Result<Attribute, ManifestError> {
    let mut namespace = None;
    let mut name = Text::default();
    let mut raw = None;
    let mut resource_id = None;
    let mut compiled = None;
    while let Some((number, field)) = next_field(&mut message)? {
        match (number, field) {
            (1, Field::Bytes(bytes)) => namespace = uri(bytes),
            (2, Field::Bytes(bytes)) => name = text(bytes),
            (3, Field::Bytes(bytes)) => raw = Some(text(bytes)),
            (5, Field::Number(id)) => resource_id = Some(low_half(id)).filter(|id| *id != 0),
            (6, Field::Bytes(bytes)) => compiled = item(bytes)?,
            _ => {}
        }
    }
    let value = compiled.or_else(|| raw.clone().map(Value::String)).unwrap_or(Value::Null);
    Ok(Attribute { namespace, name, resource_id, value, raw })
}

/// An `Item`; `None` when it is of a kind that no manifest has (a file, an id, styled text).
pub(super) fn item(mut message: Reader<'_>) -> Result<Option<Value>, ManifestError> {
    let mut value = None;
    while let Some((number, field)) = next_field(&mut message)? {
        let Field::Bytes(bytes) = field else { continue };
        match number {
            1 => value = Some(Value::Reference(number_in(bytes, 2)?)),
            2 | 3 => value = Some(Value::String(text_in(bytes, 1)?)),
            7 => value = primitive(bytes)?,
            _ => {}
        }
    }
    Ok(value)
}

fn primitive(mut message: Reader<'_>) -> Result<Option<Value>, ManifestError> {
    let mut value = None;
    while let Some((number, field)) = next_field(&mut message)? {
        let data = match field {
            Field::Number(data) => low_half(data),
            Field::Bytes(_) => 0,
        };
        // `Res_value` types of AOSP's `ResourceTypes.h`
        let kind = match number {
            1 | 2 => 0x00,
            3 => 0x04,
            6 => 0x10,
            7 => 0x11,
            8 => 0x12,
            9 => 0x1c,
            10 => 0x1d,
            11 => 0x1e,
            12 => 0x1f,
            13 => 0x05,
            14 => 0x06,
            _ => continue,
        };
        value = Some(Value::from_data(kind, data));
    }
    Ok(value)
}

/// A number in a message, 0 when it is not there.
pub(super) fn number_in(mut message: Reader<'_>, wanted: u64) -> Result<u32, ManifestError> {
    let mut found = 0;
    while let Some((number, field)) = next_field(&mut message)? {
        if let Field::Number(value) = field
            && number == wanted
        {
            found = low_half(value);
        }
    }
    Ok(found)
}

/// A text in a message, empty when it is not there.
fn text_in(mut message: Reader<'_>, wanted: u64) -> Result<Text, ManifestError> {
    let mut found = Text::default();
    while let Some((number, field)) = next_field(&mut message)? {
        if let Field::Bytes(bytes) = field
            && number == wanted
        {
            found = text(bytes);
        }
    }
    Ok(found)
}

fn text(bytes: Reader<'_>) -> Text {
    String::from_utf8_lossy(bytes.peek_rest()).into()
}

/// No namespace is written as an empty one, or not at all.
fn uri(bytes: Reader<'_>) -> Option<Text> {
    (!bytes.is_empty()).then(|| text(bytes))
}

/// The lower 32 bits: negative numbers are written with 64.
fn low_half(number: u64) -> u32 {
    let [.., a, b, c, d] = number.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// The next field (protobuf's encoding guide): its number and value.
pub(super) fn next_field<'a>(message: &mut Reader<'a>) -> Result<Option<(u64, Field<'a>)>, ManifestError> {
    if message.is_empty() {
        return Ok(None);
    }
    let offset = message.offset();
    let key = varint(message)?;
    let field = match key & 7 {
        0 => Field::Number(varint(message)?),
        1 => Field::Number(message.u64_le("protobuf number")?),
        2 => {
            let length = varint(message)?;
            let start = message.offset();
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            Field::Bytes(Reader::at(message.take(length, "protobuf field")?, start))
        }
        5 => Field::Number(message.u32_le("protobuf number")?.into()),
        _ => return Err(ManifestError::Malformed { what: "protobuf field", offset }),
    };
    Ok(Some((key.wrapping_shr(3), field)))
}

fn varint(message: &mut Reader<'_>) -> Result<u64, ManifestError> {
    let offset = message.offset();
    let mut value: u64 = 0;
    for shift in (0..70).step_by(7) {
        let byte = message.u8("protobuf number")?;
        value |= u64::from(byte & 0x7f).wrapping_shl(shift);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(ManifestError::Malformed { what: "protobuf number", offset })
}
