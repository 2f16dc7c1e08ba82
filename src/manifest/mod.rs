//! `AndroidManifest.xml`: binary XML in an APK, protobuf in an app bundle, one tree and one meaning for both.
//!
//! Attributes of the framework are found by their resource id, never by name, as Android finds them: obfuscators
//! rename them. `package` and `split` have no id and go by name. What stands in a resource is reported as not resolved, and
//! never guessed; [`resources`] looks a text up.

pub mod attributes;
mod axml;
mod component;
mod element;
mod proto;
mod proto_table;
pub mod resources;
mod strings;
mod table;

pub use component::{Component, ComponentKind, IntentFilter};
pub use element::{Attribute, Element, Text, Value};

use crate::advice::Advice;
use crate::bytes::BytesError;
use crate::limits::{MANIFEST_DEPTH, MANIFEST_NODES, MANIFEST_SIZE};
use crate::text::Untrusted;
use std::fmt;
use thiserror::Error;

/// Why a manifest could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// No bytes.
    #[error("the manifest is empty")]
    Empty,
    /// More bytes than any manifest has.
    #[error("the manifest is larger than {MANIFEST_SIZE} bytes")]
    TooLarge,
    /// XML as in the source, not compiled.
    #[error("the manifest is plain text XML, which no device reads")]
    PlainXml,
    /// Protobuf in an APK.
    #[error("the manifest is protobuf, as in an app bundle, where binary XML should stand")]
    Protobuf,
    /// Binary XML in an app bundle.
    #[error("the manifest is binary XML, as in an APK, where protobuf should stand")]
    BinaryXml,
    /// The bytes end too early.
    #[error("the manifest is damaged: {0}")]
    Bytes(#[from] BytesError),
    /// A structure contradicts itself.
    #[error("the manifest is damaged: malformed {what} at byte {offset}")]
    Malformed {
        /// The structure.
        what: &'static str,
        /// Where it begins.
        offset: u64,
    },
    /// Elements are nested too deeply.
    #[error("the manifest's elements are nested more than {MANIFEST_DEPTH} levels deep")]
    TooDeep,
    /// Too many elements and attributes.
    #[error("the manifest has more than {MANIFEST_NODES} elements and attributes")]
    TooManyNodes,
    /// Strings that overlap.
    #[error("the manifest's strings decode to much more text than it has bytes")]
    TooMuchText,
    /// There is no element.
    #[error("the manifest has no element")]
    NoElement,
    /// The root is something else.
    #[error("the root element is `{}` instead of `manifest`", Untrusted(.found))]
    Root {
        /// Its name.
        found: String,
    },
    /// The attribute `package` is missing or empty.
    #[error("the manifest names no package")]
    NoPackage,
}

impl Advice for ManifestError {
    fn help(&self) -> Option<String> {
        let text = match self {
            Self::PlainXml => {
                "the file was zipped by hand, or is an AAR: build the APK or the bundle with the Android tools"
            }
            Self::Protobuf => "this is a module of an app bundle: `bundletool build-apks` makes APKs of the bundle",
            Self::BinaryXml => "bundletool wants modules that were linked with `aapt2 link --proto-format`",
            Self::Empty | Self::Bytes(_) | Self::Malformed { .. } | Self::NoElement => {
                "the file is damaged, or was made to confuse tools: build it again"
            }
            Self::TooLarge | Self::TooDeep | Self::TooManyNodes | Self::TooMuchText => {
                "no tool writes such a manifest: the file was made to exhaust its readers"
            }
            Self::Root { .. } | Self::NoPackage => "this is no manifest of an app",
        };
        Some(text.to_owned())
    }
}

/// What a manifest says of its app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The application id.
    pub package: PackageName,
    /// `versionCode`, with `versionCodeMajor` in the upper 32 bits.
    pub version_code: Option<u64>,
    /// `versionName`, when it stands in the manifest and not in a resource.
    pub version_name: Option<String>,
    /// `minSdkVersion`; 1 when it is absent.
    pub min_sdk: SdkVersion,
    /// `targetSdkVersion`; the same as `min_sdk` when it is absent.
    pub target_sdk: SdkVersion,
    /// `targetSandboxVersion`.
    pub target_sandbox_version: Option<u32>,
    /// The name of the split, in every APK of a set but the base, and in every feature module.
    pub split: Option<String>,
    /// `debuggable`, off when it is absent.
    pub debuggable: Flag,
    /// `hasCode`, on when it is absent.
    pub has_code: Flag,
    /// The `<meta-data>` elements directly in `<application>`.
    pub meta_data: Vec<MetaData>,
    /// The whole tree.
    pub root: Element,
}

/// An application id, not empty and otherwise as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PackageName(String);

/// An API level as it stands in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SdkVersion {
    /// A number.
    Number(u32),
    /// The codename of a preview, as `UpsideDownCake`.
    Codename(String),
    /// A resource, or a value of another type: this text stands there.
    Unresolved(String),
}

/// A switch as it stands in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flag {
    /// True.
    On,
    /// False.
    Off,
    /// A resource, or a value of another type: this text stands there.
    Unresolved(String),
}

/// A `<meta-data>` element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaData {
    /// `android:name`.
    pub name: String,
    /// `android:value`: text, a number, or a reference.
    pub value: Option<Value>,
    /// `android:resource`.
    pub resource: Option<Value>,
}

impl Manifest {
    /// Reads the manifest of an APK.
    ///
    /// # Errors
    /// [`ManifestError`] says what the bytes are instead, or where they are damaged.
    pub fn from_axml(bytes: &[u8]) -> Result<Self, ManifestError> {
        check_outside(bytes)?;
        match axml::parse(bytes) {
            Err(_) if proto::parse(bytes).is_ok() => Err(ManifestError::Protobuf),
            root => Self::from_root(root?),
        }
    }

    /// Reads the manifest of a module of an app bundle.
    ///
    /// # Errors
    /// [`ManifestError`] says what the bytes are instead, or where they are damaged.
    pub fn from_proto(bytes: &[u8]) -> Result<Self, ManifestError> {
        check_outside(bytes)?;
        match proto::parse(bytes) {
            Err(_) if axml::parse(bytes).is_ok() => Err(ManifestError::BinaryXml),
            root => Self::from_root(root?),
        }
    }

    /// The first `<application>`: Android passes over others.
    #[must_use]
    pub fn application(&self) -> Option<&Element> {
        application(&self.root)
    }

    fn from_root(root: Element) -> Result<Self, ManifestError> {
        if *root.name != *"manifest" {
            return Err(ManifestError::Root { found: root.name.to_string() });
        }
        let package = root.attribute_named(None, "package").and_then(Attribute::text).and_then(PackageName::new);
        let min_sdk = min_sdk(&root);
        Ok(Self {
            package: package.ok_or(ManifestError::NoPackage)?,
            version_code: version_code(&root),
            version_name: root.attribute(attributes::VERSION_NAME).and_then(version_name),
            target_sdk: target_sdk(&root).unwrap_or_else(|| min_sdk.clone()),
            min_sdk,
            target_sandbox_version: number(&root, attributes::TARGET_SANDBOX_VERSION),
            split: root.attribute_named(None, "split").and_then(Attribute::text).map(str::to_owned),
            debuggable: flag(&root, attributes::DEBUGGABLE, Flag::Off),
            has_code: flag(&root, attributes::HAS_CODE, Flag::On),
            meta_data: application(&root).map(meta_data).unwrap_or_default(),
            root,
        })
    }
}

/// What can be said before reading.
fn check_outside(bytes: &[u8]) -> Result<(), ManifestError> {
    if bytes.is_empty() {
        return Err(ManifestError::Empty);
    }
    if bytes.len() > MANIFEST_SIZE {
        return Err(ManifestError::TooLarge);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    if text.starts_with(b"<") { Err(ManifestError::PlainXml) } else { Ok(()) }
}

fn application(root: &Element) -> Option<&Element> {
    root.children_named("application").next()
}

fn number(element: &Element, resource_id: u32) -> Option<u32> {
    element.attribute(resource_id)?.value.integer()
}

fn version_code(root: &Element) -> Option<u64> {
    let minor = number(root, attributes::VERSION_CODE)?;
    let major = number(root, attributes::VERSION_CODE_MAJOR).unwrap_or(0);
    Some(u64::from(major).wrapping_shl(32) | u64::from(minor))
}

fn version_name(attribute: &Attribute) -> Option<String> {
    match &attribute.value {
        value @ (Value::String(_) | Value::Integer(_) | Value::Boolean(_)) => Some(value.to_string()),
        Value::Null | Value::Reference(_) | Value::Other { .. } => None,
    }
}

/// A device checks each `<uses-sdk>` against itself, so the highest counts.
fn min_sdk(root: &Element) -> SdkVersion {
    let versions = sdk_versions(root, attributes::MIN_SDK_VERSION);
    let highest = versions.reduce(|left, right| match (&left, &right) {
        (SdkVersion::Number(a), SdkVersion::Number(b)) => SdkVersion::Number(*a.max(b)),
        (SdkVersion::Number(_), SdkVersion::Codename(_) | SdkVersion::Unresolved(_)) => right,
        (SdkVersion::Codename(_) | SdkVersion::Unresolved(_), _) => left,
    });
    highest.unwrap_or(SdkVersion::Number(1))
}

/// Of several `<uses-sdk>` the last sets the target.
fn target_sdk(root: &Element) -> Option<SdkVersion> {
    sdk_versions(root, attributes::TARGET_SDK_VERSION).last()
}

fn sdk_versions(root: &Element, resource_id: u32) -> impl Iterator<Item = SdkVersion> {
    root.children_named("uses-sdk").filter_map(move |uses_sdk| sdk_version(uses_sdk.attribute(resource_id)?))
}

fn sdk_version(attribute: &Attribute) -> Option<SdkVersion> {
    match &attribute.value {
        Value::Null => None,
        // Android reads it as signed, and every device is above a negative level.
        Value::Integer(level) => Some(SdkVersion::Number(if i32::try_from(*level).is_ok() { *level } else { 0 })),
        Value::String(text) => Some(match text.parse() {
            Ok(level) => SdkVersion::Number(level),
            Err(_) => SdkVersion::Codename(text.to_string()),
        }),
        Value::Boolean(_) | Value::Reference(_) | Value::Other { .. } => {
            Some(SdkVersion::Unresolved(source_text(attribute)))
        }
    }
}

fn flag(root: &Element, resource_id: u32, absent: Flag) -> Flag {
    let attribute = application(root).and_then(|application| application.attribute(resource_id));
    match attribute.map(|attribute| (attribute, attribute.value.boolean())) {
        None | Some((Attribute { value: Value::Null, .. }, _)) => absent,
        Some((_, Some(true))) => Flag::On,
        Some((_, Some(false))) => Flag::Off,
        Some((attribute, None)) => Flag::Unresolved(source_text(attribute)),
    }
}

/// The text in the source if it was kept, else the value as `@0x7f030000`.
fn source_text(attribute: &Attribute) -> String {
    attribute.raw.as_deref().map_or_else(|| attribute.value.to_string(), str::to_owned)
}

fn meta_data(application: &Element) -> Vec<MetaData> {
    let value = |element: &Element, id| element.attribute(id).map(|attribute| attribute.value.clone());
    let elements = application.children_named("meta-data");
    let named = elements.filter_map(|element| {
        let name = element.attribute(attributes::NAME)?.value.text()?.to_owned();
        let (value, resource) = (value(element, attributes::VALUE), value(element, attributes::RESOURCE));
        Some(MetaData { name, value, resource })
    });
    named.collect()
}

impl PackageName {
    /// A name that is not empty.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// The name as it stands.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Escaped for a terminal.
impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Untrusted(&self.0).fmt(f)
    }
}

impl SdkVersion {
    /// The API level, when it is a number.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        match self {
            Self::Number(level) => Some(*level),
            Self::Codename(_) | Self::Unresolved(_) => None,
        }
    }
}

/// Escaped for a terminal.
impl fmt::Display for SdkVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(level) => write!(f, "{level}"),
            Self::Codename(text) | Self::Unresolved(text) => Untrusted(text).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
