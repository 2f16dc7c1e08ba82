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
    visit(Reader::new(table), 2, &mut |package| {
        visit_if(package, package_id.into(), 3, &mut |kind| {
            visit_if(kind, type_id.into(), 3, &mut |entry| {
                visit_if(entry, entry_id, 6, &mut |value| add(value, &mut values))
            })
        })
    })?;
    Ok(values)
}

type Visitor<'v, 'a> = dyn FnMut(Reader<'a>) -> Found<()> + 'v;

/// Visits the messages in a field. Nothing is collected: two bytes make a message.
fn visit<'a>(mut message: Reader<'a>, wanted: u64, visitor: &mut Visitor<'_, 'a>) -> Found<()> {
    while let Some((number, field)) = next_field(&mut message).map_err(damaged)? {
        if let Field::Bytes(bytes) = field
            && number == wanted
        {
            visitor(bytes)?;
        }
    }
    Ok(())
}

/// The same, if the message's id (field 1, itself a message) is this one.
fn visit_if<'a>(message: Reader<'a>, id: u32, wanted: u64, visitor: &mut Visitor<'_, 'a>) -> Found<()> {
    let mut found = 0;
    visit(message.clone(), 1, &mut |bytes| {
        found = number_in(bytes, 1).map_err(damaged)?;
        Ok(())
    })?;
    if found == id { visit(message, wanted, visitor) } else { Ok(()) }
}

/// Adds a `ConfigValue` that is a simple value. A configuration without qualifiers is an empty message, or is not there.
fn add(message: Reader<'_>, values: &mut Values) -> Found<()> {
    let mut is_default = true;
    visit(message.clone(), 1, &mut |configuration| {
        is_default &= configuration.is_empty();
        Ok(())
    })?;
    visit(message, 2, &mut |value| {
        visit(value, 4, &mut |content| {
            if let Some(value) = item(content).map_err(damaged)? {
                values.add(value, is_default);
            }
            Ok(())
        })
    })
}
