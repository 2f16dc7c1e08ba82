//! Puts an API key into an app: a plan first, then a writer that only obeys it.
//!
//! The new entry stands behind the last one, in the place of the APK Signing Block, so no other byte moves. A key
//! that is replaced, and signature files that no longer hold, are taken out without leaving a hole.

use crate::advice::Advice;
use crate::api_key::{ApiKey, Authentic, KeyFile, NotAuthentic, Platform, TokenError, TokenKey, authenticate};
use crate::archive::Archive;
use crate::check;
use crate::signature;
use crate::source::ReadAt;
use crate::text::Untrusted;
use crate::zip::{Directory, Edit, Gap, NewEntry, Rewritten, Survey, Violation, ZipError};
use std::collections::BTreeSet;
use std::fmt;
use std::io::BufReader;
use thiserror::Error;

/// The entry in which apksigner keeps the digest of a source stamp's certificate (`SourceStampConstants.java`).
const STAMP_ENTRY: &str = "stamp-cert-sha256";

/// Why a key is not put in. Nothing has been written then.
#[derive(Debug, Error)]
pub enum InjectError {
    /// The file holds no key.
    #[error(transparent)]
    NoKey(#[from] TokenError),
    /// The key has defects that cannot be removed without guessing.
    #[error("the key is damaged: {0}")]
    Damaged(String),
    /// Amazon did not sign the key.
    #[error(transparent)]
    NotAuthentic(#[from] NotAuthentic),
    /// The key is for iOS, or names no package.
    #[error("the key is not for Android")]
    NotAndroid,
    /// The key is for another app.
    #[error("the key is for `{}`, the app is `{}`{cause}", Untrusted(key), Untrusted(app))]
    Package {
        /// The app's package.
        app: String,
        /// The key's package.
        key: String,
        /// Why they may differ.
        cause: &'static str,
    },
    /// The app is signed, and the signature would no longer hold.
    #[error("the file is signed ({0}), and putting a key in breaks the signature")]
    Signed(String),
    /// Android refuses the archive as it is.
    #[error("Android refuses this archive: {0}")]
    Refused(Violation),
    /// An entry cannot be opened on a device, so that nothing sure can be said of the archive.
    #[error("{0}")]
    BrokenEntry(String),
    /// Two entries share bytes, so that moving one damages the other.
    #[error("the entries `{}` and `{}` share bytes", Untrusted(first), Untrusted(second))]
    Overlap {
        /// The entry that stands first.
        first: String,
        /// The entry that begins inside of it.
        second: String,
    },
    /// The archive cannot be rewritten.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// What was written does not read back as it should.
    #[error("the written archive does not hold: {0}")]
    SelfCheck(String),
}

impl Advice for InjectError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::NoKey(error) => return error.help(),
            Self::NotAuthentic(error) => {
                return error.help().map(|help| format!("{help}; `--force` puts it in all the same"));
            }
            Self::Zip(error) => return error.help(),
            Self::Damaged(_) => "copy the key again from Amazon's developer console",
            Self::NotAndroid => "make an Android key in the same security profile; `--force` puts it in all the same",
            Self::Package { .. } => "use the key of this app; `--force` puts it in all the same",
            Self::Signed(_) => {
                "put the key in before signing; or give `--unsigned` to drop the signature, and sign again afterwards"
            }
            Self::Refused(_) | Self::BrokenEntry(_) | Self::Overlap { .. } => "build the file again",
            Self::SelfCheck(_) => "nothing was changed; please report this with the file",
        };
        Some(help.to_owned())
    }
}

/// Something that the user should know although the key goes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark(pub String);

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key that may go into an app of this package.
#[derive(Debug)]
pub struct Accepted {
    token: String,
    /// White space that was left out, and findings that `--force` let through.
    pub remarks: Vec<Remark>,
}

impl Accepted {
    /// The exact bytes of the key file.
    #[must_use]
    pub fn token(&self) -> &[u8] {
        self.token.as_bytes()
    }
}

/// Takes a key for a package: it must be authentic, for Android and for this package. With `force` what is wrong is a
/// remark instead of an error, as long as there is a token to write.
///
/// # Errors
/// [`InjectError`].
pub fn accept(file: &KeyFile, package: &str, token_key: &TokenKey, force: bool) -> Result<Accepted, InjectError> {
    let key = file.key.as_ref().map_err(Clone::clone)?;
    let token = file.canonical().ok_or_else(|| InjectError::Damaged(first_damage(file)))?;
    let mut remarks: Vec<Remark> = file
        .defects
        .iter()
        .filter(|defect| defect.removed_by_inject())
        .map(|defect| Remark(format!("left out: {defect}")))
        .collect();
    for error in objections(key, package, token_key) {
        if !force {
            return Err(error);
        }
        remarks.push(Remark(format!("forced: {error}")));
    }
    Ok(Accepted { token, remarks })
}

fn first_damage(file: &KeyFile) -> String {
    let damage = file.defects.iter().find(|defect| !defect.removed_by_inject());
    damage.map_or_else(|| "it has more than the key in it".to_owned(), ToString::to_string)
}

fn objections(key: &ApiKey, package: &str, token_key: &TokenKey) -> Vec<InjectError> {
    let mut objections = Vec::new();
    let authentic: Result<Authentic<ApiKey>, NotAuthentic> = authenticate(key, token_key);
    if let Err(error) = authentic {
        objections.push(error.into());
    }
    match (key.claims().platform(), key.claims().package.as_deref()) {
        (Platform::Android, Some(found)) if found == package => {}
        (Platform::Android, Some(found)) => objections.push(InjectError::Package {
            app: package.to_owned(),
            key: found.to_owned(),
            cause: check::package_cause(package, found),
        }),
        _ => objections.push(InjectError::NotAndroid),
    }
    objections
}

/// One step of a plan, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Take an entry out.
    Remove(String),
    /// Cut the APK Signing Block.
    CutSigningBlock,
    /// Cut bytes that belong to no entry.
    CutGap(Gap),
    /// Put an entry in.
    Add(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remove(name) => write!(f, "remove `{}`", Untrusted(name)),
            Self::CutSigningBlock => f.write_str("remove the APK Signing Block"),
            Self::CutGap(gap) => {
                let size = gap.range.end.saturating_sub(gap.range.start);
                write!(f, "remove {size} bytes at {} that belong to no entry", gap.range.start)
            }
            Self::Add(name) => write!(f, "add `{}`", Untrusted(name)),
        }
    }
}

/// What will be written.
#[derive(Debug)]
pub struct Plan {
    /// The steps, for a person.
    pub steps: Vec<Step>,
    /// The new archive. `None`: it already has exactly this key, and nothing is to be done.
    pub rewritten: Option<Rewritten>,
}

/// Plans how the key gets into the archive.
///
/// # Errors
/// [`InjectError`] when the archive is signed and `unsigned` does not allow to drop the signature, or when Android
/// would not read it.
pub fn plan(archive: &Archive<'_>, key: &Accepted, unsigned: bool) -> Result<Plan, InjectError> {
    refuse_what_android_refuses(archive)?;
    let (directory, source) = (archive.directory(), archive.source());
    let signature = signature_parts(archive);
    if already_there(archive, key) && (signature.steps.is_empty() || !unsigned) {
        return Ok(Plan { steps: Vec::new(), rewritten: None });
    }
    if !signature.steps.is_empty() && !unsigned {
        let parts: Vec<_> = signature.steps.iter().map(|step| step.what()).collect();
        return Err(InjectError::Signed(parts.join(", ")));
    }
    let name = archive.key_entry_name();
    let old: BTreeSet<usize> = positions(directory, |entry| entry == name);
    let mut steps: Vec<Step> = old.iter().map(|_| Step::Remove(name.to_owned())).collect();
    steps.extend(signature.steps);
    let edit = Edit {
        removed: old.union(&signature.entries).copied().collect(),
        added: vec![NewEntry { name: name.to_owned(), contents: key.token().to_vec() }],
    };
    let survey = archive.survey()?;
    refuse_what_cannot_move(&survey, name)?;
    let rewritten = edit.plan(source, directory)?;
    let cut = survey.gaps.into_iter().filter(|gap| gap.range.start >= rewritten.untouched);
    steps.extend(cut.map(Step::CutGap));
    steps.push(Step::Add(name.to_owned()));
    Ok(Plan { steps, rewritten: Some(rewritten) })
}

/// Reads the written archive back: every rule holds, the key is exactly the one that was to go in, and the `zip`
/// crate, which knows nothing of ours, agrees.
///
/// # Errors
/// [`InjectError::SelfCheck`].
pub fn check_written(written: &dyn ReadAt, key: &Accepted) -> Result<(), InjectError> {
    let broken = |reason: String| InjectError::SelfCheck(reason);
    let archive = Archive::open(written).map_err(|error| broken(error.to_string()))?;
    let mut violations = archive.directory().violations().iter();
    if let Some(violation) = violations.find(|violation| violation.is_refused_by_android()) {
        return Err(broken(violation.to_string()));
    }
    let survey = archive.survey().map_err(|error| broken(error.to_string()))?;
    refuse_what_cannot_move(&survey, "").map_err(|error| broken(error.to_string()))?;
    match archive.key_entries().as_slice() {
        [entry] if archive.key_contents(entry).is_ok_and(|found| found == key.token()) => {}
        _ => return Err(broken("the key does not read back".to_owned())),
    }
    second_opinion(written, archive.directory().entries().len())
}

fn second_opinion(written: &dyn ReadAt, entries: usize) -> Result<(), InjectError> {
    let opened = ::zip::ZipArchive::new(BufReader::new(Cursor { source: written, position: 0 }));
    let opened = opened.map_err(|error| InjectError::SelfCheck(error.to_string()))?;
    if opened.len() == entries {
        return Ok(());
    }
    Err(InjectError::SelfCheck(format!("another reader finds {} entries instead of {entries}", opened.len())))
}

/// A seeking reader over a source, for the `zip` crate.
struct Cursor<'a> {
    source: &'a dyn ReadAt,
    position: u64,
}

impl std::io::Read for Cursor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.source.size().saturating_sub(self.position);
        let count = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let Some(part) = buffer.get_mut(..count) else { return Ok(0) };
        self.source.read_exact_at(part, self.position).map_err(std::io::Error::other)?;
        self.position = self.position.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

impl std::io::Seek for Cursor<'_> {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        let target = match to {
            std::io::SeekFrom::Start(offset) => Some(offset),
            std::io::SeekFrom::End(offset) => self.source.size().checked_add_signed(offset),
            std::io::SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

struct SignatureParts {
    steps: Vec<Step>,
    entries: BTreeSet<usize>,
}

impl Step {
    fn what(&self) -> String {
        match self {
            Self::Remove(name) | Self::Add(name) => Untrusted(name).to_string(),
            Self::CutSigningBlock | Self::CutGap(_) => "APK Signing Block".to_owned(),
        }
    }
}

/// What belongs to a signature: its files, the signing block, the source stamp's entry.
fn signature_parts(archive: &Archive<'_>) -> SignatureParts {
    let directory = archive.directory();
    let is_part = |name: &str| name == STAMP_ENTRY || signature::is_signature_entry(name);
    let entries = positions(directory, is_part);
    let names = entries.iter().filter_map(|position| directory.entries().get(*position));
    let mut steps: Vec<Step> = names.map(|entry| Step::Remove(entry.name.clone())).collect();
    if signature::signing_block_range(archive.source(), directory).is_some() {
        steps.push(Step::CutSigningBlock);
    }
    SignatureParts { steps, entries }
}

fn positions(directory: &Directory, matches: impl Fn(&str) -> bool) -> BTreeSet<usize> {
    let entries = directory.entries().iter().enumerate();
    entries.filter(|(_, entry)| matches(&entry.name)).map(|(position, _)| position).collect()
}

fn already_there(archive: &Archive<'_>, key: &Accepted) -> bool {
    match archive.key_entries().as_slice() {
        [entry] => archive.key_contents(entry).is_ok_and(|found| found == key.token()),
        _ => false,
    }
}

/// An old key is taken out without a look at it; every other entry must hold.
fn refuse_what_cannot_move(survey: &Survey, key: &str) -> Result<(), InjectError> {
    let is_key = |error: &&ZipError| matches!(error, ZipError::Local { name, .. } if name == key);
    if let Some(error) = survey.broken.iter().find(|error| !is_key(error)) {
        return Err(InjectError::BrokenEntry(error.to_string()));
    }
    survey
        .overlaps
        .first()
        .map_or(Ok(()), |(first, second)| Err(InjectError::Overlap { first: first.clone(), second: second.clone() }))
}

/// Several entries at the key's place are repaired by replacing them; everything else must be right before.
fn refuse_what_android_refuses(archive: &Archive<'_>) -> Result<(), InjectError> {
    let repaired = Violation::DuplicateName { name: archive.key_entry_name().to_owned() };
    let refused =
        archive.directory().violations().iter().find(|found| found.is_refused_by_android() && **found != repaired);
    refused.map_or(Ok(()), |violation| Err(InjectError::Refused(violation.clone())))
}
