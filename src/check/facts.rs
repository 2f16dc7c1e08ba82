//! Everything that checks look at, read once.

use super::code::Code;
use super::expectation::Expectations;
use super::placed_key::{AppstoreKey, FoundKey, ManifestKey, PlacedKey};
use super::secrets::Secrets;
use super::set::SetMember;
use super::{adm, lwa};
use crate::advice::Advice;
use crate::api_key::{ApiKey, TokenKey};
use crate::archive::{Archive, ArchiveError, Kind, NearMiss, Toolkit, UnfitName};
use crate::manifest::Manifest;
use crate::signature::{self, SignatureError, Signatures, Verdict};
use crate::timestamp::Timestamp;
use crate::zip::{Survey, Violation};
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
    /// The file's own certificate does not count, and several others are at hand.
    #[error("the keystore has several entries: {}", .0.join(", "))]
    SeveralCertificates(Vec<String>),
}

impl Advice for FactsError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Archive(error) => error.help(),
            Self::Signature(error) => error.help(),
            Self::SeveralCertificates(_) => Some("name the one that will sign with --ks-key-alias".to_owned()),
        }
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
    /// The key that an SDK reads. With several entries of the name, the first.
    pub key: Option<PlacedKey>,
    /// How many entries have the key's name.
    pub key_entries: usize,
    /// The key's entry, when it is there and has no bytes.
    pub empty_key_entry: Option<String>,
    /// What the manifest has under the names of a key.
    pub manifest_key: Option<ManifestKey>,
    /// Files that look like the key and stand elsewhere.
    pub near_misses: Vec<NearMiss>,
    /// Those in other modules of an App Bundle for which bundletool refuses it.
    pub key_conflicts: Vec<String>,
    /// The Appstore SDK's own key.
    pub appstore_key: AppstoreKey,
    /// Where the key belongs.
    pub key_entry_name: &'static str,
    /// The toolkit that made the app.
    pub toolkit: Option<Toolkit>,
    /// The app's classes; only at [`Depth::Full`], and when the app has a key or uses Amazon's services.
    pub code: Option<Code>,
    /// Secrets in the archive; only at [`Depth::Full`].
    pub secrets: Option<Secrets>,
    /// The day, if the caller told it.
    pub today: Option<Timestamp>,
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
    /// The time, for certificates that expire. The library knows no clock.
    pub today: Option<Timestamp>,
    /// A key that is judged as if it stood in the app, in place of whatever does: the contents of an `api_key.txt`.
    pub key_instead: Option<&'a [u8]>,
    /// What is looked into at [`Depth::Full`].
    pub contents: Contents,
}

impl<'a> Question<'a> {
    /// For all API levels of the manifest, with nothing to compare, and without a day.
    #[must_use]
    pub fn new(token_key: &'a TokenKey, depth: Depth) -> Self {
        Self {
            token_key,
            depth,
            min_sdk: None,
            max_sdk: None,
            stamp_cert_digest: None,
            v4_signature: None,
            today: None,
            key_instead: None,
            contents: Contents::default(),
        }
    }
}

/// Contents that cost time and that not every check needs: [`super::Selection::contents`] tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// The tables of the DEX files.
    pub code: bool,
    /// Files that may be secrets.
    pub secrets: bool,
}

impl Default for Contents {
    fn default() -> Self {
        Self { code: true, secrets: true }
    }
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
        check_alias(archive.kind(), &signatures, &expectations)?;
        let found = FoundKey::search(archive, &manifest, question);
        let has_key = found.key.is_some() || found.entries > 0 || !found.near_misses.is_empty();
        let is_concerned = has_key || adm::is_declared(&manifest) || lwa::is_declared(&manifest);
        let Contents { code, secrets } = question.contents;
        let is_full = question.depth == Depth::Full;
        let code = (is_concerned && is_full && code).then(|| Code::read(archive));
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
            key: found.key,
            key_entries: found.entries,
            empty_key_entry: found.empty_entry,
            manifest_key: found.in_manifest,
            near_misses: found.near_misses,
            key_conflicts: found.conflicts,
            appstore_key: AppstoreKey::search(archive),
            key_entry_name: archive.key_entry_name(),
            toolkit: archive.toolkit(),
            code,
            secrets: (is_full && secrets).then(|| Secrets::search(archive)),
            today: question.today,
            expectations,
            set: None,
        })
    }

    /// The key that somebody meant: the one inside damaged bytes, else what the SDK reads.
    #[must_use]
    pub fn api_key(&self) -> Option<&ApiKey> {
        self.key.as_ref().and_then(PlacedKey::meant)
    }

    /// Whether damage to the bytes hides a genuine key from the SDK.
    pub(super) fn has_hidden_key(&self) -> bool {
        self.key.as_ref().is_some_and(|key| matches!(key.hidden, Some(Ok(_))))
    }
}

/// When the file's own certificate does not count, one of several must have been named.
fn check_alias(kind: Kind, signatures: &Signatures, expectations: &Expectations) -> Result<(), FactsError> {
    let own_counts = kind == Kind::Apk && expectations.store.is_none() && signatures.verdict != Verdict::Unsigned;
    if own_counts || expectations.certificate.is_some() || expectations.others.is_empty() {
        return Ok(());
    }
    let names = expectations.others.iter().map(|(name, known)| format!("{name} (MD5 {})", known.md5));
    Err(FactsError::SeveralCertificates(names.collect()))
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
