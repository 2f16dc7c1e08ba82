//! `output-metadata.json`, which the Android Gradle plugin writes beside APKs since 4.1 (`BuiltArtifactsImpl.kt`).

use crate::advice::Advice;
use serde::Deserialize;
use thiserror::Error;

/// Why the file cannot be understood.
#[derive(Debug, Error)]
pub enum MetadataError {
    /// It is no JSON, or has not the fields of the format.
    #[error("the file is not as the Android Gradle plugin writes it")]
    Malformed(#[source] serde_json::Error),
}

impl Advice for MetadataError {
    fn help(&self) -> Option<String> {
        Some("build the variant again, or give its APK by name".to_owned())
    }
}

/// The APKs of one variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputMetadata {
    /// The variant, as `amazonRelease`.
    pub variant: Option<String>,
    /// The application id that the APKs should have.
    pub application_id: Option<String>,
    /// Their names, relative to the metadata's folder.
    pub files: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    artifact_type: ArtifactType,
    application_id: Option<String>,
    variant_name: Option<String>,
    elements: Vec<Element>,
}

#[derive(Deserialize)]
struct ArtifactType {
    #[serde(rename = "type")]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Element {
    output_file: String,
}

impl OutputMetadata {
    /// Reads the file; `None` when it is about something else than APKs.
    ///
    /// # Errors
    /// [`MetadataError`] when it is not as the plugin writes it.
    pub fn parse(json: &[u8]) -> Result<Option<Self>, MetadataError> {
        let written: Written = serde_json::from_slice(json).map_err(MetadataError::Malformed)?;
        let files = written.elements.into_iter().map(|element| element.output_file);
        Ok((written.artifact_type.name == "APK").then(|| Self {
            variant: written.variant_name.filter(|name| !name.is_empty()),
            application_id: written.application_id.filter(|id| !id.is_empty()),
            files: files.collect(),
        }))
    }

    /// Whether the APKs are tests, which need no key.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.variant.as_ref().is_some_and(|variant| variant.ends_with("AndroidTest"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_variant_application_id_and_files() {
        let json = br#"{"version":3,"artifactType":{"type":"APK","kind":"Directory"},"applicationId":"com.a",
            "variantName":"amazonRelease","elements":[{"type":"SINGLE","filters":[],"outputFile":"a.apk"},
            {"type":"ONE_OF_MANY","outputFile":"b.apk"}],"elementType":"File"}"#;
        let metadata = OutputMetadata::parse(json).unwrap().unwrap();
        assert_eq!(metadata.variant.as_deref(), Some("amazonRelease"));
        assert_eq!(metadata.application_id.as_deref(), Some("com.a"));
        assert_eq!(metadata.files, ["a.apk", "b.apk"]);
        assert!(!metadata.is_test());
    }

    #[test]
    fn what_is_not_about_apks_is_left_alone_and_what_is_no_metadata_refused() {
        let other = br#"{"artifactType":{"type":"MERGED_MANIFESTS"},"elements":[{"outputFile":"x"}]}"#;
        assert_eq!(OutputMetadata::parse(other).unwrap(), None);
        for broken in [&b"{"[..], b"[]", b"{}", br#"{"artifactType":{"type":"APK"},"elements":[{}]}"#] {
            assert!(OutputMetadata::parse(broken).is_err());
        }
    }
}
