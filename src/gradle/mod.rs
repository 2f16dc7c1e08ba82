//! What the Android Gradle plugin leaves behind, and what it says about it.
//!
//! | place | what | says |
//! | --- | --- | --- |
//! | `build/outputs/apk/**/output-metadata.json` | beside the APKs of a variant | variant, application id, the files' names |
//! | `build/outputs/bundle/VARIANT/*.aab` | an App Bundle | the variant, by its folder |
//! | `build/outputs/aar/*.aar` | libraries | |
//!
//! Nothing of it is proven: [`crate::check`] holds the application id against the APK.

mod lexer;
mod metadata;
mod outputs;
mod script;
mod sources;
mod variants;

pub use metadata::{MetadataError, OutputMetadata};
#[cfg(feature = "fs")]
pub use outputs::{Output, Outputs, OutputsError};
pub use script::{BuildScript, Dimensioned, IdSettings, ModuleKind};
#[cfg(feature = "fs")]
pub use sources::{Module, Sources, VariantKeys};
pub use variants::Variant;
