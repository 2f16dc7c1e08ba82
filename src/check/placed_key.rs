//! The key that an SDK will read: the file in the assets, else what the manifest has; and what only looks like one.

use super::facts::Question;
use crate::api_key::{ApiKey, Authentic, KeyFile, NotAuthentic, TokenKey, authenticate};
use crate::archive::{Archive, Kind, NearMiss, WantedFile};
use crate::limits::{API_KEY_ENTRY, STRAY_KEYS_SEARCHED};
use crate::manifest::resources::ResourceError;
use crate::manifest::{Manifest, Value};
use crate::zip::{Entry, ZipError};
use std::fmt;

/// `<meta-data>` names that the SDK falls back to when there is no key file; the second is older.
const MANIFEST_NAMES: [&str; 2] = ["APIKey", "AmazonAPIKey"];
/// How every key begins: the header `{"alg":"RSA-SHA256","ver":"1"}` in base64.
const KEY_BEGINS: &[u8] = b"eyJhbGciOiJSU0EtU0hBMjU2";
/// A key has 1,026 to 1,370 characters.
const KEY_SIZES: std::ops::RangeInclusive<u64> = 900..=2_000;

/// Where the key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// This entry of the archive.
    Entry(String),
    /// The `<meta-data>` of this name in the manifest.
    MetaData(String),
}

impl KeyPlace {
    /// The entry that holds it.
    #[must_use]
    pub fn entry(&self) -> &str {
        match self {
            Self::Entry(name) => name,
            Self::MetaData(_) => "AndroidManifest.xml",
        }
    }
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(name) => write!(f, "{}", crate::text::Untrusted(name)),
            Self::MetaData(name) => write!(f, "<meta-data android:name=\"{name}\"> in AndroidManifest.xml"),
        }
    }
}

/// A key that was found where an SDK looks.
#[derive(Debug)]
pub struct PlacedKey {
    /// Where.
    pub place: KeyPlace,
    /// What is in it, or why it cannot be read.
    pub file: Result<KeyFile, ZipError>,
    /// Whether Amazon signed the key that the SDK reads; only when it reads one.
    pub authentic: Option<Result<Authentic<ApiKey>, NotAuthentic>>,
    /// Whether Amazon signed the key inside, when known damage to the bytes hides it from the SDK.
    pub hidden: Option<Result<Authentic<ApiKey>, NotAuthentic>>,
}

impl PlacedKey {
    fn new(place: KeyPlace, file: Result<KeyFile, ZipError>, token_key: &TokenKey) -> Self {
        let read = file.as_ref().ok();
        let key = read.and_then(|file| file.key.as_ref().ok());
        let repaired = read.and_then(KeyFile::repaired).map(|repaired| &repaired.key);
        let authentic = key.map(|key| authenticate(key, token_key));
        let hidden = repaired.map(|key| authenticate(key, token_key));
        Self { place, file, authentic, hidden }
    }

    /// The key that the SDK reads, whoever made it.
    #[must_use]
    pub fn key(&self) -> Option<&ApiKey> {
        self.file.as_ref().ok().and_then(|file| file.key.as_ref().ok())
    }

    /// The key that somebody meant: the genuine one that the SDK reads, else the one inside damaged bytes, else what the SDK
    /// reads all the same.
    #[must_use]
    pub fn meant(&self) -> Option<&ApiKey> {
        let is_genuine = matches!(self.authentic, Some(Ok(_)));
        let repaired = self.file.as_ref().ok().and_then(KeyFile::repaired).filter(|_| !is_genuine);
        repaired.map(|repaired| &repaired.key).or_else(|| self.key())
    }
}

/// What the manifest has under one of the names that the SDK falls back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestKey {
    /// The name.
    pub name: String,
    /// The resource that holds it, when it does not stand there itself.
    pub resource: Option<u32>,
    /// Whether devices see different texts, for their language or screen.
    pub varies: bool,
    /// The text.
    pub text: Result<String, ManifestKeyFault>,
}

/// Why the manifest's key cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestKeyFault {
    /// It is a number, or stands in `android:resource`, which the SDK does not read.
    NoText,
    /// It stands in a resource that cannot be found.
    Resource(ResourceError),
}

/// Everything about the key's place.
#[derive(Debug)]
pub(super) struct FoundKey {
    pub(super) key: Option<PlacedKey>,
    /// How many entries have the key's name.
    pub(super) entries: usize,
    /// The key's entry, when it is there and has no bytes.
    pub(super) empty_entry: Option<String>,
    pub(super) in_manifest: Option<ManifestKey>,
    pub(super) near_misses: Vec<NearMiss>,
    /// Those in other modules of an App Bundle for which bundletool refuses it.
    pub(super) conflicts: Vec<String>,
}

impl FoundKey {
    /// Looks where the SDK looks, in its order.
    pub(super) fn search(archive: &Archive<'_>, manifest: &Manifest, question: &Question<'_>) -> Self {
        let token_key = question.token_key;
        if let Some(bytes) = question.key_instead {
            return Self::instead(archive, manifest, (bytes, token_key));
        }
        let entries = archive.key_entries();
        let entry = entries.first().copied().or_else(|| archive.key_entry_by_way_of_root());
        let contents = entry.map(|entry| (entry, archive.key_contents(entry)));
        let empty_entry = match &contents {
            Some((entry, Ok(bytes))) if bytes.is_empty() => Some(entry.name.clone()),
            _ => None,
        };
        let file = contents.map(|(entry, contents)| {
            let place = KeyPlace::Entry(entry.name.clone());
            PlacedKey::new(place, contents.map(|bytes| KeyFile::read(&bytes)), token_key)
        });
        let in_manifest = ManifestKey::search(archive, manifest);
        let key = match file {
            Some(file) if empty_entry.is_none() => Some(file),
            file => in_manifest.as_ref().and_then(|found| found.place(token_key)).or(file),
        };
        let near_misses = near_misses(archive, entry);
        let conflicts =
            entry.map_or_else(Vec::new, |entry| conflicts(archive, (entry.declared_crc32, entry.declared_size)));
        Self { key, entries: entries.len(), empty_entry, in_manifest, near_misses, conflicts }
    }

    /// What there is to find once the key has been put in.
    fn instead(archive: &Archive<'_>, manifest: &Manifest, (bytes, token_key): (&[u8], &TokenKey)) -> Self {
        let entry = archive.key_entry_name().to_owned();
        let mut near_misses = archive.near_misses(WantedFile::API_KEY);
        near_misses.retain(|miss| miss.entry != entry && holds_a_key(archive, miss));
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let conflicts = conflicts(archive, (crc32fast::hash(bytes), size));
        let empty_entry = bytes.is_empty().then(|| entry.clone());
        let key = PlacedKey::new(KeyPlace::Entry(entry), Ok(KeyFile::read(bytes)), token_key);
        let in_manifest = ManifestKey::search(archive, manifest);
        Self { key: Some(key), entries: 1, empty_entry, in_manifest, near_misses, conflicts }
    }
}

impl ManifestKey {
    fn search(archive: &Archive<'_>, manifest: &Manifest) -> Option<Self> {
        let (name, data) = MANIFEST_NAMES
            .iter()
            .find_map(|name| manifest.meta_data.iter().find(|data| data.name == *name).map(|data| (*name, data)))?;
        let mut found =
            Self { name: name.to_owned(), resource: None, varies: false, text: Err(ManifestKeyFault::NoText) };
        match &data.value {
            Some(Value::String(text)) => found.text = Ok(text.to_string()),
            Some(Value::Reference(id)) => {
                found.resource = Some(*id);
                found.text = archive.text_resource(*id).map_err(ManifestKeyFault::Resource).map(|resource| {
                    found.varies = resource.varies;
                    resource.text
                });
            }
            Some(Value::Null | Value::Integer(_) | Value::Boolean(_) | Value::Other { .. }) | None => {}
        }
        Some(found)
    }

    /// The key, if the text is meant to be one: other services use the name `APIKey` too.
    fn place(&self, token_key: &TokenKey) -> Option<PlacedKey> {
        let text = self.text.as_ref().ok()?;
        let file = KeyFile::read(text.as_bytes());
        let is_meant = file.key.is_ok() || file.repaired().is_some() || text.contains("eyJhbGciOiJSU0EtU0hBMjU2");
        let place = KeyPlace::MetaData(self.name.clone());
        is_meant.then(|| PlacedKey::new(place, Ok(file), token_key))
    }
}

/// The same file in other modules: with other bytes bundletool refuses the bundle, in an asset pack also with the same
/// (`EntryClashValidator.java`, `AssetModuleFilesValidator.java`). A pack has nothing but a manifest and assets.
fn conflicts(archive: &Archive<'_>, (crc32, size): (u32, u64)) -> Vec<String> {
    let entries = archive.directory().entries();
    let is_pack = |module: &str| {
        let mut parts = entries.iter().filter_map(|entry| entry.name.strip_prefix(module)?.strip_prefix('/'));
        parts.all(|part| ["assets/", "manifest/", "assets.pb"].iter().any(|start| part.starts_with(start)))
    };
    let same_file = entries.iter().filter(|other| {
        let rest = other.name.split_once('/').filter(|(module, _)| *module != "base").map(|(_, rest)| rest);
        archive.kind() == Kind::Aab && rest == Some("assets/api_key.txt")
    });
    let refused = same_file.filter(|other| {
        let differs = other.declared_crc32 != crc32 || other.declared_size != size;
        differs || other.name.split_once('/').is_some_and(|(module, _)| is_pack(module))
    });
    refused.map(|other| other.name.clone()).collect()
}

/// Files that have the key's name in other places; when the key is nowhere, also files of other names with a key in them.
fn near_misses(archive: &Archive<'_>, entry: Option<&Entry>) -> Vec<NearMiss> {
    let mut found = archive.near_misses(WantedFile::API_KEY);
    found.retain(|miss| entry.is_none_or(|entry| entry.name != miss.entry));
    if entry.is_some() {
        found.retain(|miss| holds_a_key(archive, miss));
    } else if found.is_empty() {
        found = stray_keys(archive);
    }
    found
}

fn holds_a_key(archive: &Archive<'_>, miss: &NearMiss) -> bool {
    let entry = archive.directory().find(&miss.entry);
    entry.is_some_and(|entry| begins_as_a_key(archive, entry))
}

fn stray_keys(archive: &Archive<'_>) -> Vec<NearMiss> {
    let entries = archive.directory().entries().iter().filter(|entry| KEY_SIZES.contains(&entry.declared_size));
    let candidates = entries.filter(|entry| !entry.name.starts_with("META-INF/")).take(STRAY_KEYS_SEARCHED);
    let keys = candidates.filter(|entry| begins_as_a_key(archive, entry));
    keys.map(|entry| NearMiss { entry: entry.name.clone(), placement: archive.placement_of(entry) }).collect()
}

fn begins_as_a_key(archive: &Archive<'_>, entry: &Entry) -> bool {
    let contents = archive.directory().contents(archive.source(), entry, API_KEY_ENTRY);
    contents.is_ok_and(|bytes| bytes.trim_ascii_start().starts_with(KEY_BEGINS))
}

/// The Appstore SDK's key in an app.
#[derive(Debug, Clone, Default)]
pub struct AppstoreKey {
    /// Whether it stands where the Appstore SDK looks.
    pub is_placed: bool,
    /// Where else it stands.
    pub elsewhere: Vec<NearMiss>,
}

impl AppstoreKey {
    pub(super) fn search(archive: &Archive<'_>) -> Self {
        let wanted = WantedFile::APPSTORE_KEY;
        let is_placed = archive.directory().find(&wanted.entry(archive.kind())).is_some();
        Self { is_placed, elsewhere: archive.near_misses(wanted) }
    }
}
