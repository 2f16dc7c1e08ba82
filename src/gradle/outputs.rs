//! Finds what a build made, below a folder.

#![cfg(feature = "fs")]

use super::metadata::{MetadataError, OutputMetadata};
use crate::advice::Advice;
use crate::limits::{OUTPUT_FOLDER_DEPTH, OUTPUT_FOLDER_FILES, OUTPUT_METADATA_SIZE};
use crate::source::{FileSource, ReadAt, SourceError};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The file that the Android Gradle plugin writes beside APKs.
const METADATA: &str = "output-metadata.json";

/// Why there is nothing to look at.
#[derive(Debug, Error)]
pub enum OutputsError {
    /// No app below the folder.
    #[error("there is no APK and no App Bundle in this folder")]
    Nothing,
    /// A folder cannot be listed.
    #[error("the folder cannot be listed")]
    Unlisted(#[source] io::Error),
    /// More files than any build makes.
    #[error("there are more than {OUTPUT_FOLDER_FILES} files below this folder")]
    TooMany,
    /// The metadata cannot be read.
    #[error("the file cannot be read")]
    Unread(#[source] SourceError),
    /// The metadata cannot be understood.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The metadata names a file that is not there.
    #[error("it names `{}`, and there is no such file", crate::text::Untrusted(.0))]
    Missing(String),
}

impl Advice for OutputsError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Nothing => {
                "build the app first, and give the module's build/outputs (as app/build/outputs), an APK, or an App Bundle"
            }
            Self::Unlisted(error) if error.kind() == io::ErrorKind::NotFound => {
                "check the path: there is no such folder, or the build has not made it yet"
            }
            Self::Unlisted(_) => "check the folder's permissions",
            Self::TooMany => "give the module's build/outputs",
            Self::Metadata(error) => return error.help(),
            Self::Unread(_) | Self::Missing(_) => "build the variant again: what is there is a part of an older build",
        };
        Some(help.to_owned())
    }
}

/// One file that a build made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The file.
    pub path: PathBuf,
    /// The variant that it was built for.
    pub variant: Option<String>,
    /// The application id that the build says it has.
    pub application_id: Option<String>,
}

/// What is below a folder.
#[derive(Debug, Default)]
pub struct Outputs {
    /// The files in the order of their paths; for a file that cannot be looked at, the path and why.
    pub files: Vec<Result<Output, (PathBuf, OutputsError)>>,
    /// APKs that the metadata beside them does not name: an older build left them.
    pub strays: Vec<PathBuf>,
    /// APKs with tests.
    pub tests: Vec<PathBuf>,
}

impl Outputs {
    /// Looks below `folder`; of a module or its build folder, below `build/outputs`.
    ///
    /// # Errors
    /// [`OutputsError`] when nothing is found or the folder cannot be listed.
    pub fn find(folder: &Path) -> Result<Self, OutputsError> {
        let mut found = Vec::new();
        list(&outputs_of(folder), 0, &mut found)?;
        found.sort();
        let mut outputs = Self::default();
        let mut named = BTreeSet::new();
        let mut described = BTreeSet::new();
        for path in found.iter().filter(|path| path.file_name().is_some_and(|name| name == METADATA)) {
            match read(path) {
                Ok(Some(metadata)) => {
                    described.extend(path.parent().map(Path::to_owned));
                    outputs.take(path, &metadata, &mut named);
                }
                Ok(None) => {}
                Err(error) => outputs.files.push(Err((path.clone(), error))),
            }
        }
        for path in found.into_iter().filter(|path| !named.contains(path)) {
            match ending(&path).as_str() {
                "apk" if path.parent().is_some_and(|folder| described.contains(folder)) => outputs.strays.push(path),
                "apk" | "aab" | "aar" | "apks" | "xapk" | "apkm" => outputs.files.push(Ok(Output::unnamed(path))),
                _ => {}
            }
        }
        if outputs.files.is_empty() {
            return Err(OutputsError::Nothing);
        }
        outputs.files.sort_by(|one, other| path_of(one).cmp(path_of(other)));
        Ok(outputs)
    }

    /// The files that metadata names.
    fn take(&mut self, path: &Path, metadata: &OutputMetadata, named: &mut BTreeSet<PathBuf>) {
        let folder = path.parent().unwrap_or(Path::new(""));
        for name in &metadata.files {
            let file = folder.join(name);
            if !file.is_file() {
                self.files.push(Err((path.to_owned(), OutputsError::Missing(name.clone()))));
            } else if metadata.is_test() {
                self.tests.push(file.clone());
            } else {
                self.files.push(Ok(Output {
                    path: file.clone(),
                    variant: metadata.variant.clone(),
                    application_id: metadata.application_id.clone(),
                }));
            }
            named.insert(file);
        }
    }
}

impl Output {
    /// A file without metadata: an App Bundle stands in a folder named after its variant.
    fn unnamed(path: PathBuf) -> Self {
        let variant = path.parent().filter(|folder| {
            let above = folder.parent().and_then(Path::file_name);
            ending(&path) == "aab" && above.is_some_and(|name| name == "bundle")
        });
        let variant = variant.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        Self { path, variant, application_id: None }
    }
}

fn path_of(file: &Result<Output, (PathBuf, OutputsError)>) -> &Path {
    match file {
        Ok(output) => &output.path,
        Err((path, _)) => path,
    }
}

fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn outputs_of(folder: &Path) -> PathBuf {
    let known = [folder.join("build/outputs"), folder.join("outputs")];
    known.into_iter().find(|outputs| outputs.is_dir()).unwrap_or_else(|| folder.to_owned())
}

fn read(path: &Path) -> Result<Option<OutputMetadata>, OutputsError> {
    let source = FileSource::open(path).map_err(|error| OutputsError::Unread(error.into()))?;
    let bytes = source.bytes(0..source.size().min(OUTPUT_METADATA_SIZE)).map_err(OutputsError::Unread)?;
    Ok(OutputMetadata::parse(&bytes)?)
}

/// Lists all files below `folder`, without following links to folders. What the build keeps for itself is left out.
fn list(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), OutputsError> {
    if depth > OUTPUT_FOLDER_DEPTH {
        return Ok(());
    }
    for entry in fs::read_dir(folder).map_err(OutputsError::Unlisted)? {
        let entry = entry.map_err(OutputsError::Unlisted)?;
        let kind = entry.file_type().map_err(OutputsError::Unlisted)?;
        let name = entry.file_name();
        let is_private = name == "intermediates" || name == "node_modules" || name.to_string_lossy().starts_with('.');
        if kind.is_dir() {
            if !is_private {
                list(&entry.path(), depth.saturating_add(1), found)?;
            }
        } else {
            found.push(entry.path());
        }
        if found.len() > OUTPUT_FOLDER_FILES {
            return Err(OutputsError::TooMany);
        }
    }
    Ok(())
}
