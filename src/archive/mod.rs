//! One opened app: an APK, an App Bundle, or a set of APKs, told apart by what is inside.
//!
//! | kind | told by | package from | the key's place |
//! | --- | --- | --- | --- |
//! | APK | `AndroidManifest.xml` in binary XML | that manifest | `assets/api_key.txt` |
//! | AAB | `BundleConfig.pb` (bundletool's `AppBundle.java`) | `base/manifest/AndroidManifest.xml`, protobuf | `base/assets/api_key.txt` |
//! | APK set | `toc.pb`, or `*.apk` entries | | in its base APK |

mod library;
mod names;
mod placement;
mod set;
mod toolkit;

pub use library::Library;
pub use names::{NameFault, UnfitName};
pub use placement::{NearMiss, Placement, WantedFile};
pub use set::{ApkSet, InnerApk, SetError, SetKind, is_encrypted_apkm};
pub use toolkit::Toolkit;

use crate::advice::Advice;
use crate::limits::{API_KEY_ENTRY, MANIFEST_SIZE, RESOURCES_SIZE};
use crate::manifest::resources::{self, ResourceError, TextResource};
use crate::manifest::{Manifest, ManifestError};
use crate::signature;
use crate::source::ReadAt;
use crate::zip::{Directory, Entry, Survey, ZipError};
use std::fmt;
use thiserror::Error;

/// What an archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An APK, as a device installs it.
    Apk,
    /// An Android App Bundle, as a store takes it.
    Aab,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Apk => "APK",
            Self::Aab => "App Bundle",
        })
    }
}

/// Why a file cannot be opened as an app.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The ZIP archive cannot be read.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// A set of APKs, each with a signature and perhaps a key of its own: [`ApkSet`] opens it.
    #[error("this is a set of APKs, not one APK")]
    ApkSet,
    /// An Android library: [`Library`] opens it.
    #[error("this is an Android library (AAR), not an app")]
    Library,
    /// An APK in a set cannot be read.
    #[error(transparent)]
    Set(Box<SetError>),
    /// A ZIP archive without an Android manifest.
    #[error("this ZIP archive is neither an APK nor an App Bundle: it has no AndroidManifest.xml")]
    NotAnApp,
    /// The manifest cannot be understood.
    #[error("the manifest `{entry}` cannot be read")]
    Manifest {
        /// The manifest's place in the archive.
        entry: &'static str,
        /// What is wrong with it.
        source: ManifestError,
    },
}

impl Advice for ArchiveError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Zip(error) => return error.help(),
            Self::Manifest { source, .. } => return source.help(),
            Self::Set(error) => return error.help(),
            Self::ApkSet => {
                "`verify`, `fingerprint` and `key` read sets; here give its base APK (base.apk, splits/base-master.apk or \
                 universal.apk), or change the App Bundle and build the set again"
            }
            Self::Library => "give the APK or App Bundle of the app that uses the library",
            Self::NotAnApp => "give an APK or an App Bundle (.aab)",
        };
        Some(help.to_owned())
    }
}

/// An opened app.
pub struct Archive<'a> {
    source: &'a dyn ReadAt,
    directory: Directory,
    kind: Kind,
}

impl<'a> Archive<'a> {
    /// Lists the entries and tells what the archive is. Reads the end of the file and the central directory only.
    ///
    /// # Errors
    /// [`ArchiveError`] when it is not a readable APK or App Bundle.
    pub fn open(source: &'a dyn ReadAt) -> Result<Self, ArchiveError> {
        let directory = Directory::read(source)?;
        let kind = kind_of(&directory)?;
        Ok(Self { source, directory, kind })
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The bytes that it was opened from.
    #[must_use]
    pub fn source(&self) -> &'a dyn ReadAt {
        self.source
    }

    /// Its entries.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Reads the manifest of the app; in an App Bundle that of the base module.
    ///
    /// # Errors
    /// [`ArchiveError`] when it is missing or malformed.
    pub fn manifest(&self) -> Result<Manifest, ArchiveError> {
        let name = manifest_entry(self.kind);
        let entry = self.directory.find(name).ok_or(ArchiveError::NotAnApp)?;
        let bytes = self.directory.contents(self.source, entry, u64::try_from(MANIFEST_SIZE).unwrap_or(u64::MAX))?;
        let manifest = match self.kind {
            Kind::Apk => Manifest::from_axml(&bytes),
            Kind::Aab => Manifest::from_proto(&bytes),
        };
        manifest.map_err(|source| ArchiveError::Manifest { entry: name, source })
    }

    /// The name under which the device, or the bundle's base module, has the key.
    #[must_use]
    pub fn key_entry_name(&self) -> &'static str {
        match self.kind {
            Kind::Apk => "assets/api_key.txt",
            Kind::Aab => "base/assets/api_key.txt",
        }
    }

    /// Every entry at the key's place: none, one, or (against the format's rules) several.
    #[must_use]
    pub fn key_entries(&self) -> Vec<&Entry> {
        let name = self.key_entry_name();
        self.directory.entries().iter().filter(|entry| entry.name == name).collect()
    }

    /// An entry that bundletool also turns into the key of the APK, when there is no [`Archive::key_entries`].
    #[must_use]
    pub fn key_entry_by_way_of_root(&self) -> Option<&Entry> {
        let name = "base/root/assets/api_key.txt";
        if self.kind == Kind::Aab { self.directory.find(name) } else { None }
    }

    /// The bytes of a key entry.
    ///
    /// # Errors
    /// [`ZipError`] when the entry breaks a rule, or is larger than any key.
    pub fn key_contents(&self, entry: &Entry) -> Result<Vec<u8>, ZipError> {
        self.directory.contents(self.source, entry, API_KEY_ENTRY)
    }

    /// Entries that look like a wanted file but stand where no SDK looks.
    #[must_use]
    pub fn near_misses(&self, wanted: WantedFile) -> Vec<NearMiss> {
        placement::near_misses(wanted, self.kind, &self.directory)
    }

    /// Where a file of any name stands, as seen by an SDK that opens `assets/...`.
    #[must_use]
    pub fn placement_of(&self, entry: &Entry) -> Placement {
        placement::of_other_name(self.kind, &entry.name)
    }

    /// The DEX files that Android loads; in an App Bundle those of every module.
    pub fn dex_entries(&self) -> impl Iterator<Item = &Entry> {
        self.directory.entries().iter().filter(|entry| is_dex(self.kind, &entry.name))
    }

    /// Whether the app brings code that Android does not load by itself: a packer's, or one that it loads later.
    #[must_use]
    pub fn brings_hidden_code(&self) -> bool {
        self.directory.entries().iter().any(|entry| {
            let name = entry.name.as_str();
            let is_code = [".dex", ".jar", ".dex.jar"].iter().any(|ending| name.ends_with(ending));
            is_code && name.contains("assets/") && !is_dex(self.kind, name)
        })
    }

    /// Looks up a text among the resources of the app; in an App Bundle of its base module.
    ///
    /// # Errors
    /// [`ResourceError`], also when there is no table of resources or it cannot be unpacked.
    pub fn text_resource(&self, id: u32) -> Result<TextResource, ResourceError> {
        let name = match self.kind {
            Kind::Apk => "resources.arsc",
            Kind::Aab => "base/resources.pb",
        };
        let entry = self.directory.find(name).ok_or(ResourceError::Missing)?;
        let table = self.directory.contents(self.source, entry, RESOURCES_SIZE).map_err(|_| ResourceError::Damaged)?;
        match self.kind {
            Kind::Apk => resources::text_in_table(&table, id),
            Kind::Aab => resources::text_in_proto(&table, id),
        }
    }

    /// Entries with names that a store or a newer Android refuses.
    #[must_use]
    pub fn unfit_names(&self) -> Vec<UnfitName> {
        names::unfit_names(self.kind, &self.directory)
    }

    /// Looks at every local header, and at what stands between the entries and before the signing block.
    ///
    /// # Errors
    /// [`ZipError`] when the file cannot be read.
    pub fn survey(&self) -> Result<Survey, ZipError> {
        let block = signature::signing_block_range(self.source, &self.directory);
        let end = block.map_or(self.directory.layout().directory.start, |block| block.start);
        Ok(self.directory.survey(self.source, end)?)
    }

    /// The toolkit that left traces in the archive, for remedies in its words.
    #[must_use]
    pub fn toolkit(&self) -> Option<Toolkit> {
        Toolkit::of(self.kind, &self.directory)
    }
}

impl fmt::Debug for Archive<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("kind", &self.kind).finish_non_exhaustive()
    }
}

fn manifest_entry(kind: Kind) -> &'static str {
    match kind {
        Kind::Apk => "AndroidManifest.xml",
        Kind::Aab => "base/manifest/AndroidManifest.xml",
    }
}

/// `classes.dex`, `classes2.dex` and so on at the root of an APK; below `dex` in a module of a bundle.
fn is_dex(kind: Kind, name: &str) -> bool {
    let file = match kind {
        Kind::Apk => Some(name),
        Kind::Aab => name.split_once('/').and_then(|(_, rest)| rest.strip_prefix("dex/")),
    };
    let number = file.and_then(|file| file.strip_prefix("classes")?.strip_suffix(".dex"));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn kind_of(directory: &Directory) -> Result<Kind, ArchiveError> {
    let has = |name| directory.find(name).is_some();
    if has("BundleConfig.pb") || has(manifest_entry(Kind::Aab)) {
        return Ok(Kind::Aab);
    }
    if set::is_set(directory) && !has(manifest_entry(Kind::Apk)) {
        return Err(ArchiveError::ApkSet);
    }
    if library::is_library(directory) {
        return Err(ArchiveError::Library);
    }
    if has(manifest_entry(Kind::Apk)) { Ok(Kind::Apk) } else { Err(ArchiveError::NotAnApp) }
}
