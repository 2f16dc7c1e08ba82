//! The tree of a manifest, the same for binary XML and for protobuf.

use super::ManifestError;
use crate::limits::{MANIFEST_DEPTH, MANIFEST_NODES};
use std::fmt;
use std::sync::Arc;

/// Text of the tree; equal texts of a binary XML share their memory.
pub type Text = Arc<str>;

/// An element with everything in it. Nested at most [`MANIFEST_DEPTH`] levels.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// The namespace's URI.
    pub namespace: Option<Text>,
    /// The local name.
    pub name: Text,
    /// The attributes, in the order of the file.
    pub attributes: Vec<Attribute>,
    /// The elements inside, in the order of the file.
    pub children: Vec<Element>,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The namespace's URI.
    pub namespace: Option<Text>,
    /// The local name. Obfuscators change it, and Android does not mind: it goes by `resource_id`.
    pub name: Text,
    /// The attribute's id in the framework's resources (`android.R.attr`), when it has one.
    pub resource_id: Option<u32>,
    /// The typed value: what Android takes for an attribute that has a resource id.
    pub value: Value,
    /// The text in the source: what Android takes for an attribute without a resource id, as `package`.
    pub raw: Option<Text>,
}

/// A typed value (`Res_value` in AOSP's `ResourceTypes.h`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// Text.
    String(Text),
    /// A number, written in decimal or hex. Android reads it as signed or as flags, as the attribute wants.
    Integer(u32),
    /// `true` or `false`.
    Boolean(bool),
    /// A resource of the app or of the framework: its value stands in `resources.arsc`, perhaps several.
    Reference(u32),
    /// A color, a dimension, a reference to a theme, and so on: `Res_value.dataType` and `data`.
    Other {
        /// The type.
        kind: u8,
        /// The data.
        data: u32,
    },
}

impl Element {
    /// The first attribute with this resource id.
    #[must_use]
    pub fn attribute(&self, resource_id: u32) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.resource_id == Some(resource_id))
    }

    /// The first attribute with this namespace and name: for attributes that have no resource id.
    #[must_use]
    pub fn attribute_named(&self, namespace: Option<&str>, name: &str) -> Option<&Attribute> {
        let mut attributes = self.attributes.iter();
        attributes.find(|attribute| attribute.namespace.as_deref() == namespace && *attribute.name == *name)
    }

    /// The elements directly inside with this name, whatever their namespace.
    pub fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| *child.name == *name)
    }
}

impl Attribute {
    /// The text of a string attribute: the source text when there is one, else the typed string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.raw.as_deref().or_else(|| self.value.text())
    }
}

impl Value {
    /// The type of the first of the integers (`TYPE_FIRST_INT`); colors are integers too.
    const FIRST_INTEGER: u8 = 0x10;
    /// The type of the last of the integers (`TYPE_LAST_INT`).
    const LAST_INTEGER: u8 = 0x1f;

    /// A `Res_value` whose type is not text.
    pub(super) fn from_data(kind: u8, data: u32) -> Self {
        match kind {
            // TYPE_NULL: 0 is undefined, 1 is `@empty`.
            0x00 => Self::Null,
            // TYPE_REFERENCE and TYPE_DYNAMIC_REFERENCE
            0x01 | 0x07 => Self::Reference(data),
            // TYPE_INT_DEC and TYPE_INT_HEX
            0x10 | 0x11 => Self::Integer(data),
            // TYPE_INT_BOOLEAN
            0x12 => Self::Boolean(data != 0),
            _ => Self::Other { kind, data },
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Null | Self::Integer(_) | Self::Boolean(_) | Self::Reference(_) | Self::Other { .. } => None,
        }
    }

    /// As Android's `TypedArray.getBoolean` reads it: every integer but 0 is true, and the texts `1`, `true` and
    /// `TRUE`. `None` when it is a reference or of a type that is no boolean.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            Self::Integer(value) => Some(*value != 0),
            Self::String(text) => Some(matches!(&**text, "1" | "true" | "TRUE")),
            Self::Other { kind: Self::FIRST_INTEGER..=Self::LAST_INTEGER, data } => Some(*data != 0),
            Self::Null | Self::Reference(_) | Self::Other { .. } => None,
        }
    }

    /// As a number, also from decimal digits in a text.
    #[must_use]
    pub fn integer(&self) -> Option<u32> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::String(text) => text.parse().ok(),
            Self::Null | Self::Boolean(_) | Self::Reference(_) | Self::Other { .. } => None,
        }
    }
}

/// As a person would write it: `@0x7f030000` for a reference.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("@null"),
            Self::String(text) => f.write_str(text),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Reference(id) => write!(f, "@{id:#010x}"),
            Self::Other { kind, data } => write!(f, "(type {kind:#04x}) {data:#010x}"),
        }
    }
}

/// What may still be made of elements and attributes.
pub(super) struct Budget {
    nodes: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { nodes: MANIFEST_NODES }
    }

    /// Pays for elements or attributes before they are made.
    pub(super) fn spend(&mut self, nodes: usize) -> Result<(), ManifestError> {
        self.nodes = self.nodes.checked_sub(nodes).ok_or(ManifestError::TooManyNodes)?;
        Ok(())
    }
}

/// Builds a tree from start and end events.
pub(super) struct TreeBuilder {
    open: Vec<Element>,
}

impl TreeBuilder {
    pub(super) fn new() -> Self {
        Self { open: Vec::new() }
    }

    /// An element begins.
    pub(super) fn start(&mut self, element: Element) -> Result<(), ManifestError> {
        if self.open.len() >= MANIFEST_DEPTH {
            return Err(ManifestError::TooDeep);
        }
        self.open.push(element);
        Ok(())
    }

    /// The last element that began ends. Gives the root when it was that.
    pub(super) fn end(&mut self) -> Option<Element> {
        let element = self.open.pop()?;
        match self.open.last_mut() {
            None => Some(element),
            Some(parent) => {
                parent.children.push(element);
                None
            }
        }
    }

    /// Ends all that is open, as Android does at the end of a document. `None` when nothing is open.
    pub(super) fn finish(mut self) -> Option<Element> {
        while !self.open.is_empty() {
            if let Some(root) = self.end() {
                return Some(root);
            }
        }
        None
    }
}
