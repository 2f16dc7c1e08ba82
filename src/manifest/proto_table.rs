//! `resources.pb` of a module: `aapt.pb.ResourceTable` (AOSP, `tools/aapt2/Resources.proto`).
//!
//! | message | fields that are read |
//! | --- | --- |
//! | `ResourceTable` | 2 package |
//! | `Package` | 1 package_id, 3 type |
//! | `Type` | 1 type_id, 3 entry |
//! | `Entry` | 1 entry_id, 6 config_value |
//! | `ConfigValue` | 1 config, 2 value |
//! | `Value` | 4 item |
//!
//! Each id is a message of its own with the number in field 1.

use super::proto::{Field, item, next_field, number_in};
use super::resources::{ResourceError, Values};
use crate::bytes::Reader;

type Found<T> = Result<T, ResourceError>;

fn damaged<E>(_: E) -> ResourceError {
    ResourceError::Damaged
}

/// All values of a resource.
pub(super) fn values(table: &[u8], id: u32) -> Found<Values> {
    let [package_id, type_id, high, low] = id.to_be_bytes();
    let entry_id = u32::from(u16::from_be_bytes([high, low]));
    let mut values = Values::default();
    for package in messages(Reader::new(table), 2)? {
        for kind in with_id(package, package_id.into(), 3)? {
            for entry in with_id(kind, type_id.into(), 3)? {
                for value in with_id(entry, entry_id, 6)? {
                    add(value, &mut values)?;
                }
            }
        }
    }
    Ok(values)
}

/// The messages in field `wanted`, if the message's id (field 1) is this one.
fn with_id(message: Reader<'_>, id: u32, wanted: u64) -> Found<Vec<Reader<'_>>> {
    let found = messages(message.clone(), 1)?.into_iter().next_back();
    let number = found.map_or(Ok(0), |message| number_in(message, 1)).map_err(damaged)?;
    if number == id { messages(message, wanted) } else { Ok(Vec::new()) }
}

/// The messages in a field.
fn messages(mut message: Reader<'_>, wanted: u64) -> Found<Vec<Reader<'_>>> {
    let mut found = Vec::new();
    while let Some((number, field)) = next_field(&mut message).map_err(damaged)? {
        if let Field::Bytes(bytes) = field
            && number == wanted
        {
            found.push(bytes);
        }
    }
    Ok(found)
}

/// Adds a `ConfigValue` that is a simple value. A configuration without qualifiers is an empty message, or is not there.
fn add(message: Reader<'_>, values: &mut Values) -> Found<()> {
    let is_default = messages(message.clone(), 1)?.iter().all(Reader::is_empty);
    for value in messages(message, 2)? {
        for content in messages(value, 4)? {
            if let Some(value) = item(content).map_err(damaged)? {
                values.add(value, is_default);
            }
        }
    }
    Ok(())
}
