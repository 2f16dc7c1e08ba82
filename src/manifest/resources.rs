//! Texts among the resources: `resources.arsc` of an APK, `resources.pb` of a module of an App Bundle.
//!
//! Only what a reference in a manifest needs is read: the value of one resource, for the configuration that has no
//! qualifiers, and whether other configurations (languages, screens) have another. References are followed.

use super::element::{Text, Value};
use super::{proto_table, table};
use crate::limits::RESOURCE_REFERENCES;
use thiserror::Error;

/// A text among the resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextResource {
    /// What it is without any qualifier.
    pub text: String,
    /// Whether a device may see another text, for its language or screen.
    pub varies: bool,
}

/// Why a text could not be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ResourceError {
    /// The table does not hold together.
    #[error("the table of resources is damaged")]
    Damaged,
    /// There is no such resource, or only for certain languages or screens.
    #[error("there is no such resource")]
    Missing,
    /// It is a number, a color, a file.
    #[error("the resource is no text")]
    NoText,
    /// It points to another one, and that to the next.
    #[error("the resource points to another one, more than {RESOURCE_REFERENCES} times")]
    Circle,
}

/// The values of one resource.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// Without qualifiers.
    pub(super) default: Option<Value>,
    /// With qualifiers.
    pub(super) others: Vec<Value>,
}

impl Values {
    pub(super) fn add(&mut self, value: Value, is_default: bool) {
        match &mut self.default {
            slot @ None if is_default => *slot = Some(value),
            Some(default) if *default == value => {}
            _ if self.others.contains(&value) || self.others.len() > 1 => {}
            _ => self.others.push(value),
        }
    }
}

/// The text of a resource in `resources.arsc`.
///
/// # Errors
/// [`ResourceError`].
pub fn text_in_table(table: &[u8], id: u32) -> Result<TextResource, ResourceError> {
    follow(id, |id| table::values(table, id))
}

/// The text of a resource in `resources.pb`.
///
/// # Errors
/// [`ResourceError`].
pub fn text_in_proto(table: &[u8], id: u32) -> Result<TextResource, ResourceError> {
    follow(id, |id| proto_table::values(table, id))
}

fn follow(id: u32, values: impl Fn(u32) -> Result<Values, ResourceError>) -> Result<TextResource, ResourceError> {
    let (mut id, mut varies) = (id, false);
    for _ in 0..RESOURCE_REFERENCES {
        let Values { default, others } = values(id)?;
        let default = default.ok_or(ResourceError::Missing)?;
        varies |= others.iter().any(|other| *other != default);
        match default {
            Value::String(text) => return Ok(TextResource { text: Text::to_string(&text), varies }),
            Value::Reference(next) => id = next,
            Value::Null | Value::Integer(_) | Value::Boolean(_) | Value::Other { .. } => {
                return Err(ResourceError::NoText);
            }
        }
    }
    Err(ResourceError::Circle)
}
