//! Key files in a source tree: which one a Gradle build would take for which variant.
//!
//! | what | from where |
//! | --- | --- |
//! | a module | a folder with `build.gradle` or `build.gradle.kts` |
//! | its variants | the build file, see [`BuildScript`] |
//! | a key that is packaged | `src/SET/assets/api_key.txt` for a source set of the variant |
//! | which one wins | variant, build type, flavors together, flavors, main, then libraries that the module depends on |
//!
//! Measured with Android plugin 2.2.2; the same in <https://developer.android.com/build/build-variants#resource-merging>.

#![cfg(feature = "fs")]

use super::outputs::OutputsError;
use super::script::{BuildScript, ModuleKind};
use super::variants::Variant;
use crate::limits::{BUILD_SCRIPT_SIZE, OUTPUT_FOLDER_DEPTH, OUTPUT_FOLDER_FILES};
use crate::source::{FileSource, ReadAt};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const KEY: &str = "api_key.txt";
const SCRIPTS: [&str; 2] = ["build.gradle", "build.gradle.kts"];

/// A folder with a build file.
#[derive(Debug, Clone)]
pub struct Module {
    /// The folder.
    pub folder: PathBuf,
    /// Its build file.
    pub script_path: PathBuf,
    /// What the build file says.
    pub script: BuildScript,
    /// Its name in Gradle, as `:app`.
    path: String,
}

/// A source tree.
#[derive(Debug, Default)]
pub struct Sources {
    modules: Vec<Module>,
    /// All files named as a key, however the letters are written, and a few near misses.
    keys: BTreeSet<PathBuf>,
}

/// A variant, and the keys that it would package, the one that wins first.
#[derive(Debug, Clone)]
pub struct VariantKeys {
    /// The variant.
    pub variant: Variant,
    /// The key files.
    pub keys: Vec<PathBuf>,
}

impl Sources {
    /// Looks below a folder; an empty path is the current one.
    ///
    /// # Errors
    /// When a folder cannot be listed, or has more files than any source tree.
    pub fn find(folder: &Path) -> Result<Self, OutputsError> {
        let mut found = Found::default();
        list(folder, 0, &mut found)?;
        found.scripts.sort();
        let mut modules: Vec<Module> = Vec::new();
        for script_path in found.scripts {
            let own = script_path.parent().unwrap_or(Path::new("")).to_owned();
            if modules.iter().any(|module| module.folder == own) {
                continue;
            }
            let bytes = FileSource::open(&script_path).map_err(|error| OutputsError::Unread(error.into()))?;
            let bytes = bytes.bytes(0..bytes.size().min(BUILD_SCRIPT_SIZE)).map_err(OutputsError::Unread)?;
            let script = BuildScript::read(&String::from_utf8_lossy(&bytes));
            let below = own.strip_prefix(folder).unwrap_or(&own).components();
            let path = below.map(|part| format!(":{}", part.as_os_str().to_string_lossy())).collect();
            modules.push(Module { folder: own, script_path, script, path });
        }
        Ok(Self { modules, keys: found.keys })
    }

    /// The modules that make apps, or else those that may: a plugin of the project's own may make one of them.
    #[must_use]
    pub fn apps(&self) -> Vec<&Module> {
        let of_kind = |kind| self.modules.iter().filter(move |module| module.script.kind == kind);
        let apps: Vec<&Module> = of_kind(ModuleKind::Application).collect();
        if !apps.is_empty() {
            return apps;
        }
        of_kind(ModuleKind::Other).filter(|module| module.folder.join("src").is_dir()).collect()
    }

    /// What each variant of a module would package.
    #[must_use]
    pub fn variants(&self, module: &Module) -> Vec<VariantKeys> {
        let libraries = self.libraries(module);
        let keys_of = |variant: &Variant| -> Vec<PathBuf> {
            let own = variant.source_sets.iter().map(|set| place(&module.folder, set));
            let of_libraries = libraries
                .iter()
                .flat_map(|library| [variant.build_type.as_str(), "main"].map(|set| place(&library.folder, set)));
            own.chain(of_libraries).filter(|path| self.keys.contains(path)).collect()
        };
        module.script.variants().into_iter().map(|variant| VariantKeys { keys: keys_of(&variant), variant }).collect()
    }

    /// Key files that no variant of no module packages.
    #[must_use]
    pub fn unpackaged(&self) -> Vec<&Path> {
        let variants = self.apps().into_iter().flat_map(|module| self.variants(module));
        let packaged: BTreeSet<PathBuf> = variants.flat_map(|variant| variant.keys).collect();
        self.keys.iter().filter(|key| !packaged.contains(*key)).map(PathBuf::as_path).collect()
    }

    /// The module that a file belongs to.
    #[must_use]
    pub fn module_of(&self, file: &Path) -> Option<&Module> {
        let around = self.modules.iter().filter(|module| file.starts_with(&module.folder));
        around.max_by_key(|module| module.folder.components().count())
    }

    /// The modules that a module depends on, through others too.
    fn libraries(&self, module: &Module) -> Vec<&Module> {
        let mut found: Vec<&Module> = Vec::new();
        let mut open: Vec<&str> = module.script.projects.iter().map(String::as_str).collect();
        while let Some(path) = open.pop() {
            let Some(library) = self.modules.iter().find(|other| other.path == path) else { continue };
            if library.path != module.path && !found.iter().any(|known| known.path == library.path) {
                found.push(library);
                open.extend(library.script.projects.iter().map(String::as_str));
            }
        }
        found
    }
}

fn place(folder: &Path, set: &str) -> PathBuf {
    folder.join("src").join(set).join("assets").join(KEY)
}

#[derive(Default)]
struct Found {
    scripts: Vec<PathBuf>,
    keys: BTreeSet<PathBuf>,
    files: usize,
}

/// Lists what is below `folder`, without following links to folders, and without what builds and tools keep.
fn list(folder: &Path, depth: usize, found: &mut Found) -> Result<(), OutputsError> {
    if depth > OUTPUT_FOLDER_DEPTH {
        return Ok(());
    }
    let opened = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(opened).map_err(OutputsError::Unlisted)? {
        let entry = entry.map_err(OutputsError::Unlisted)?;
        let is_folder = entry.file_type().map_err(OutputsError::Unlisted)?.is_dir();
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = folder.join(entry.file_name());
        found.files = found.files.saturating_add(1);
        if found.files > OUTPUT_FOLDER_FILES {
            return Err(OutputsError::TooMany);
        }
        if is_folder {
            let is_private = name.starts_with('.') || matches!(name.as_str(), "build" | "node_modules" | "Pods");
            if !is_private {
                list(&path, depth.saturating_add(1), found)?;
            }
        } else if SCRIPTS.contains(&name.as_str()) {
            found.scripts.push(path);
        } else if matches!(
            name.to_lowercase().as_str(),
            KEY | "api_key" | "api_key.txt.txt" | "apikey.txt" | "api-key.txt"
        ) {
            found.keys.insert(path);
        }
    }
    Ok(())
}
