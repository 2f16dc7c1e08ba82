//! An Android library (`.aar`): its assets merge into the app that uses it, below the app's own.

use super::ArchiveError;
use crate::limits::MANIFEST_SIZE;
use crate::source::ReadAt;
use crate::zip::{Directory, ZipError};

/// What a library brings into an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// Its package, as its manifest says.
    pub package: Option<String>,
    /// The entry that becomes the API key of an app that has none of its own.
    pub key_entry: Option<String>,
}

impl Library {
    /// Reads the central directory and the manifest.
    ///
    /// # Errors
    /// [`ArchiveError`] when the archive cannot be read.
    pub fn open(source: &dyn ReadAt) -> Result<Self, ArchiveError> {
        let directory = Directory::read(source)?;
        let key_entry = directory.find("assets/api_key.txt").map(|entry| entry.name.clone());
        Ok(Self { package: package(source, &directory)?, key_entry })
    }
}

/// Whether an archive is a library: compiled classes, and nothing that only an app has.
pub(super) fn is_library(directory: &Directory) -> bool {
    let has = |name| directory.find(name).is_some();
    has("classes.jar") && !has("classes.dex") && !has("resources.arsc")
}

/// The package in the manifest, which is plain XML in a library.
fn package(source: &dyn ReadAt, directory: &Directory) -> Result<Option<String>, ZipError> {
    let Some(entry) = directory.find("AndroidManifest.xml") else { return Ok(None) };
    let bytes = directory.contents(source, entry, u64::try_from(MANIFEST_SIZE).unwrap_or(u64::MAX))?;
    Ok(package_in(&String::from_utf8_lossy(&bytes)))
}

/// The attribute `package` of the element `manifest`. A package has no character that XML would escape.
fn package_in(xml: &str) -> Option<String> {
    let (_, manifest) = xml.split_once("<manifest")?;
    let (attributes, _) = manifest.split_once('>')?;
    let (_, value) = attributes.split_once(" package=").or_else(|| attributes.split_once("\npackage="))?;
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let value = value.strip_prefix(quote)?;
    value.split_once(quote).map(|(package, _)| package.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_that_of_the_manifest_element() {
        let named = |xml: &str| package_in(xml);
        assert_eq!(named("<?xml?><manifest a=\"b\"\n    package='com.a' >").as_deref(), Some("com.a"));
        assert_eq!(named("<manifest package=\"com.b\"/>").as_deref(), Some("com.b"));
        assert_eq!(named("<manifest><a package=\"com.b\"/></manifest>"), None);
        assert_eq!(named("<manifest package="), None);
    }
}
