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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    type Look = fn(&[u8], u32) -> Result<TextResource, ResourceError>;

    fn entry(archive: &str, name: &str) -> Vec<u8> {
        let path = format!("{}/fixtures/{archive}", env!("CARGO_MANIFEST_DIR"));
        let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
        let mut bytes = Vec::new();
        archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    /// The id of `string/amazon_key` in all of them, as `aapt dump resources` shows it.
    const KEY: u32 = 0x7f03_0000;
    /// The other strings, and a layout, which is the name of a file.
    const OTHERS: [u32; 3] = [0x7f03_0001, 0x7f03_0002, 0x7f02_0000];

    fn tables() -> [(Vec<u8>, Look, bool); 3] {
        [
            (entry("apk/key-in-string-resource.apk", "resources.arsc"), text_in_table, false),
            (entry("apk/key-in-two-languages.apk", "resources.arsc"), text_in_table, true),
            (entry("aab/key-in-string-resource.aab", "base/resources.pb"), text_in_proto, false),
        ]
    }

    #[test]
    fn finds_the_text_and_whether_it_varies() {
        for (table, look, varies) in tables() {
            let found = look(&table, KEY).unwrap();
            assert!(found.text.starts_with("eyJhbGciOiJSU0EtU0hBMjU2") && found.text.len() > 1000);
            assert_eq!(found.varies, varies);
            for id in [0x7f03_0099, 0x7f09_0000, 0x0101_0003, 0] {
                assert_eq!(look(&table, id).unwrap_err(), ResourceError::Missing, "{id:x}");
            }
            let names: Vec<_> = OTHERS.iter().filter_map(|id| look(&table, *id).ok()).map(|found| found.text).collect();
            assert!(names.contains(&"apkkey demo".to_owned()), "{names:?}");
        }
    }

    #[test]
    fn references_are_followed_and_circles_are_not() {
        let value = |id: u32| match id {
            1..=5 => Value::Reference(id + 1),
            6 => Value::String("end".into()),
            7 => Value::Integer(7),
            _ => Value::Reference(id),
        };
        let values = |id| Ok(Values { default: Some(value(id)), others: Vec::new() });
        assert_eq!(follow(1, values).unwrap().text, "end");
        assert_eq!(follow(7, values).unwrap_err(), ResourceError::NoText);
        assert_eq!(follow(9, values).unwrap_err(), ResourceError::Circle);
    }

    #[test]
    fn every_prefix_and_every_changed_byte_is_read_or_refused() {
        for (table, look, _) in tables() {
            for end in 0..table.len() {
                drop(look(&table[..end], KEY));
            }
            assert!(look(&table[..table.len() / 2], KEY).is_err());
            for at in 0..table.len() {
                for change in [0x01, 0x80, 0xff] {
                    let mut changed = table.clone();
                    changed[at] ^= change;
                    drop(look(&changed, KEY));
                }
            }
        }
    }
}
