//! Everything that checks look at, read once.

use super::expectation::Expectations;
use super::set::SetMember;
use crate::advice::Advice;
use crate::api_key::{ApiKey, Authentic, KeyFile, NotAuthentic, TokenKey, authenticate};
use crate::archive::{Archive, ArchiveError, Kind, NearMiss, Toolkit, UnfitName};
use crate::manifest::Manifest;
use crate::signature::{self, SignatureError, Signatures};
use crate::zip::{Survey, Violation, ZipError};
use thiserror::Error;

/// How much of the file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Certificates and structure; contents are not verified against the signature.
    Certificates,
    /// Everything that a device verifies.
    Full,
}

/// Why nothing could be looked at.
#[derive(Debug, Error)]
pub enum FactsError {
    /// The archive or its manifest cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The signature cannot be looked at.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl Advice for FactsError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Archive(error) => error.help(),
            Self::Signature(error) => error.help(),
        }
    }
}

/// The key file that was found at its place.
#[derive(Debug)]
pub struct PlacedKey {
    /// The entry's name.
    pub entry: String,
    /// What is in it, or why it cannot be read.
    pub file: Result<KeyFile, ZipError>,
    /// Whether Amazon signed it; only when there is a key to ask about.
    pub authentic: Option<Result<Authentic<ApiKey>, NotAuthentic>>,
}

impl PlacedKey {
    /// The key that could be read, whoever made it.
    #[must_use]
    pub fn key(&self) -> Option<&ApiKey> {
        self.file.as_ref().ok().and_then(|file| file.key.as_ref().ok())
    }
}

/// Everything that checks look at.
#[derive(Debug)]
pub struct Facts {
    /// What the file is.
    pub kind: Kind,
    /// The rules that the archive breaks.
    pub violations: Vec<Violation>,
    /// What is wrong with entries and between them; not looked for at [`Depth::Certificates`].
    pub survey: Survey,
    /// Names that a store or a newer Android refuses.
    pub unfit_names: Vec<UnfitName>,
    /// The manifest.
    pub manifest: Manifest,
    /// The signature and its certificates.
    pub signatures: Signatures,
    /// The key at its place. With several entries of the name, the first.
    pub key: Option<PlacedKey>,
    /// How many entries have the key's name.
    pub key_entries: usize,
    /// Files that look like the key and stand elsewhere.
    pub near_misses: Vec<NearMiss>,
    /// Where the key belongs.
    pub key_entry_name: &'static str,
    /// The toolkit that made the app.
    pub toolkit: Option<Toolkit>,
    /// What the caller knows.
    pub expectations: Expectations,
    /// The set that the app stands in.
    pub set: Option<SetMember>,
}

/// What to read, beside the file.
#[derive(Debug)]
pub struct Question<'a> {
    /// The key that API keys must be signed with.
    pub token_key: &'a TokenKey,
    /// How much is read.
    pub depth: Depth,
    /// The lowest API level to look at, instead of the manifest's.
    pub min_sdk: Option<u32>,
    /// The highest API level to look at.
    pub max_sdk: Option<u32>,
    /// The SHA-256 that a source stamp's certificate must have.
    pub stamp_cert_digest: Option<[u8; 32]>,
    /// The contents of the `.idsig` file, when the v4 signature shall be checked.
    pub v4_signature: Option<Vec<u8>>,
}

impl Facts {
    /// Reads everything.
    ///
    /// # Errors
    /// [`FactsError`] when the file cannot be looked at.
    pub fn gather(
        archive: &Archive<'_>,
        question: &Question<'_>,
        expectations: Expectations,
    ) -> Result<Self, FactsError> {
        let manifest = archive.manifest()?;
        let request = signature_request(archive.kind(), &manifest, question);
        let signatures = signature::examine(archive.source(), archive.directory(), &request)?;
        let entries = archive.key_entries();
        let key = entries.first().map(|entry| {
            let file = archive.key_contents(entry).map(|bytes| KeyFile::read(&bytes));
            let key = file.as_ref().ok().and_then(|file| file.key.as_ref().ok());
            let authentic = key.map(|key| authenticate(key, question.token_key));
            PlacedKey { entry: entry.name.clone(), file, authentic }
        });
        Ok(Self {
            kind: archive.kind(),
            violations: archive.directory().violations().to_vec(),
            survey: match question.depth {
                Depth::Full => archive.survey().map_err(ArchiveError::from)?,
                Depth::Certificates => Survey::default(),
            },
            unfit_names: archive.unfit_names(),
            manifest,
            signatures,
            key,
            key_entries: entries.len(),
            near_misses: archive.near_misses(),
            key_entry_name: archive.key_entry_name(),
            toolkit: archive.toolkit(),
            expectations,
            set: None,
        })
    }

    /// The key that could be read, whoever made it.
    #[must_use]
    pub fn api_key(&self) -> Option<&ApiKey> {
        self.key.as_ref().and_then(PlacedKey::key)
    }
}

/// The API levels for which the signature counts, and what the manifest says that changes the rules.
fn signature_request(kind: Kind, manifest: &Manifest, question: &Question<'_>) -> signature::Request {
    let depth = match question.depth {
        Depth::Certificates => signature::Depth::Certificates,
        Depth::Full => signature::Depth::Full,
    };
    match kind {
        Kind::Aab => signature::Request::for_bundle().with_depth(depth),
        Kind::Apk => signature::Request {
            depth,
            max_sdk: question.max_sdk,
            target_sdk: manifest.target_sdk.number(),
            target_sandbox_version: manifest.target_sandbox_version,
            stamp_cert_digest: question.stamp_cert_digest,
            v4_signature: question.v4_signature.clone(),
            ..signature::Request::for_apk(question.min_sdk.or_else(|| manifest.min_sdk.number()).unwrap_or(1))
        },
    }
}
