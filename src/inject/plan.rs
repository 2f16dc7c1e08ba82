//! What will be done to an app, as a value: a dry run prints it, the writer obeys it.

use super::{Accepted, InjectError, Remark, self_check};
use crate::archive::{Archive, Kind};
use crate::check::Group;
use crate::signature::{self, Scheme, sign};
use crate::text::Untrusted;
use crate::zip::{Alignment, Directory, Edit, Gap, Method, NewEntry, Rewritten, Survey, Violation, ZipError};
use std::collections::BTreeSet;
use std::fmt;

/// The entry in which apksigner keeps the digest of a source stamp's certificate (`SourceStampConstants.java`).
const STAMP_ENTRY: &str = "stamp-cert-sha256";
/// Android maps this file into memory and refuses an app for API 30 or newer where it is compressed
/// (`AssetManager`, `ParsingPackageUtils.java`, `RESOURCES_ARSC_COMPRESSED`).
const RESOURCES: &str = "resources.arsc";
/// From this `targetSdkVersion` on.
const RESOURCES_STORED_FROM: u32 = 30;

/// What becomes of the key.
#[derive(Debug, Clone, Copy)]
pub enum KeyChange<'o> {
    /// Nothing.
    Keep,
    /// This key goes in, in the place of any other.
    Put(&'o Accepted),
    /// The key is taken out.
    Remove,
}

/// What becomes of the signature.
#[derive(Debug, Clone, Copy)]
pub enum SignatureChange<'o> {
    /// A signature that would break is a reason to refuse.
    Keep,
    /// An old signature is dropped.
    Drop,
    /// An old signature is dropped, and this one is made.
    Sign(&'o sign::SigningRequest),
}

/// What shall be done.
#[derive(Debug, Clone, Copy)]
pub struct Order<'o> {
    /// With the key.
    pub key: KeyChange<'o>,
    /// With the signature.
    pub signature: SignatureChange<'o>,
}

/// One step of a plan, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Take an entry out.
    Remove(String),
    /// Cut the APK Signing Block.
    CutSigningBlock,
    /// Drop a pair of the signing block that Android does not know.
    DropPair(u32),
    /// Cut bytes that belong to no entry.
    CutGap(Gap),
    /// Store an entry that is compressed.
    Store(String),
    /// Align the data of stored entries.
    Align(usize),
    /// Put an entry in.
    Add(String),
    /// Sign with these schemes, as these signers.
    Sign(Vec<Scheme>, Vec<String>),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remove(name) => write!(f, "remove `{}`", Untrusted(name)),
            Self::CutSigningBlock => f.write_str("remove the APK Signing Block"),
            Self::DropPair(id) => write!(f, "drop the signing block's pair {id:#010x}{}", signature::pair_maker(*id)),
            Self::CutGap(gap) => {
                let size = gap.range.end.saturating_sub(gap.range.start);
                write!(f, "remove {size} bytes at {} that belong to no entry", gap.range.start)
            }
            Self::Store(name) => write!(f, "store `{}` without compression", Untrusted(name)),
            Self::Align(1) => f.write_str("align 1 stored entry"),
            Self::Align(count) => write!(f, "align {count} stored entries"),
            Self::Add(name) => write!(f, "add `{}`", Untrusted(name)),
            Self::Sign(schemes, signers) => {
                let schemes: Vec<String> = schemes.iter().map(ToString::to_string).collect();
                write!(f, "sign with {} as {}", schemes.join(", "), signers.join(" and "))
            }
        }
    }
}

/// What will be written.
#[derive(Debug)]
pub struct Plan<'o> {
    /// The steps, for a person.
    pub steps: Vec<Step>,
    /// The new archive.
    pub work: Work<'o>,
    /// What the user should know about the result.
    pub remarks: Vec<Remark>,
    /// Checks of the archive that find an error in the old file already. Android reads it all the same.
    pub known_faults: BTreeSet<&'static str>,
}

impl Plan<'_> {
    fn nothing() -> Self {
        Self { steps: Vec::new(), work: Work::Nothing, remarks: Vec::new(), known_faults: BTreeSet::new() }
    }
}

/// What there is to do.
#[derive(Debug)]
pub enum Work<'o> {
    /// Nothing: the file already is as it should be.
    Nothing,
    /// Write this.
    Write(Rewritten),
    /// Make the signatures, and write the signed file.
    Sign(Box<sign::Unsigned<'o>>),
}

impl Work<'_> {
    /// The schemes with which the file will be signed.
    #[must_use]
    pub fn schemes(&self) -> Vec<Scheme> {
        match self {
            Self::Nothing | Self::Write(_) => Vec::new(),
            Self::Sign(unsigned) => unsigned.schemes(),
        }
    }

    /// How many bytes of the old file keep their place, from its start.
    fn untouched(&self) -> u64 {
        match self {
            Self::Nothing => u64::MAX,
            Self::Write(rewritten) => rewritten.untouched,
            Self::Sign(unsigned) => unsigned.untouched(),
        }
    }
}

/// Plans what an order comes to.
///
/// # Errors
/// [`InjectError`] when the archive is signed and the order does not allow to drop the signature, when Android would
/// not read it, or when it cannot be signed so.
pub fn plan<'o>(archive: &Archive<'_>, order: Order<'o>) -> Result<Plan<'o>, InjectError> {
    refuse_what_android_refuses(archive)?;
    let directory = archive.directory();
    let (mut edit, mut steps) = key_edit(archive, order.key)?;
    let key_stays = edit.removed.is_empty() && edit.added.is_empty();
    let old = old_signature(archive);
    match order.signature {
        SignatureChange::Keep if key_stays => return Ok(Plan::nothing()),
        SignatureChange::Keep if !old.is_empty() => return Err(InjectError::Signed(old.join(", "))),
        SignatureChange::Drop if key_stays && old.is_empty() => return Ok(Plan::nothing()),
        SignatureChange::Keep | SignatureChange::Drop | SignatureChange::Sign(_) => {}
    }
    let facts = self_check::archive_facts(archive)?;
    let known_faults = self_check::errors(&facts, Group::Archive).map(|(id, _)| id).collect();
    let survey = facts.survey;
    refuse_what_cannot_move(&survey, archive.key_entry_name())?;
    if archive.kind() == Kind::Aab {
        remove(directory, |name| name.ends_with('/'), (&mut edit, &mut steps));
    }
    let (work, last_step) = match order.signature {
        SignatureChange::Keep | SignatureChange::Drop => {
            let is_part = |name: &str| name == STAMP_ENTRY || signature::is_signature_entry(name);
            remove(directory, is_part, (&mut edit, &mut steps));
            (Work::Write(edit.plan(archive.source(), directory)?), None)
        }
        SignatureChange::Sign(request) => signed(archive, request, (&mut edit, &mut steps))?,
    };
    if signature::signing_block_range(archive.source(), directory).is_some() {
        steps.push(Step::CutSigningBlock);
    }
    let untouched = work.untouched();
    steps.extend(survey.gaps.into_iter().filter(|gap| gap.range.start >= untouched).map(Step::CutGap));
    steps.extend(edit.added.iter().map(|entry| Step::Add(entry.name.clone())));
    steps.extend(last_step);
    let remarks = remarks(&work, order.signature);
    Ok(Plan { steps, work, remarks, known_faults })
}

/// Android versions that the app is for and that the signature does not serve.
fn remarks(work: &Work<'_>, signature: SignatureChange<'_>) -> Vec<Remark> {
    match (work, signature) {
        (Work::Sign(unsigned), SignatureChange::Sign(request)) if unsigned.first_level() > request.min_sdk => {
            let (first, min) = (unsigned.first_level(), request.min_sdk);
            vec![Remark(format!(
                "the app is for API {min} and newer, but without the older schemes only API {first} and newer accept it"
            ))]
        }
        _ => Vec::new(),
    }
}

/// What happens to the key: entries to take out, and the one to put in.
fn key_edit(archive: &Archive<'_>, key: KeyChange<'_>) -> Result<(Edit, Vec<Step>), InjectError> {
    let name = archive.key_entry_name();
    let (mut edit, mut steps) = (Edit::default(), Vec::new());
    match key {
        KeyChange::Keep => return Ok((edit, steps)),
        KeyChange::Put(key) if already_there(archive, key) => return Ok((edit, steps)),
        KeyChange::Put(key) => edit.added.push(NewEntry { name: name.to_owned(), contents: key.token().to_vec() }),
        KeyChange::Remove if archive.key_entries().is_empty() => return Err(InjectError::NoKeyToRemove(name)),
        KeyChange::Remove => {}
    }
    remove(archive.directory(), |entry| entry == name, (&mut edit, &mut steps));
    Ok((edit, steps))
}

/// The signed file, but for the signatures themselves.
fn signed<'o>(
    archive: &Archive<'_>,
    request: &'o sign::SigningRequest,
    (edit, steps): (&mut Edit, &mut Vec<Step>),
) -> Result<(Work<'o>, Option<Step>), InjectError> {
    let (source, directory) = (archive.source(), archive.directory());
    if let Alignment::Made { .. } = request.alignment {
        if request.target_sdk.is_some_and(|target| target >= RESOURCES_STORED_FROM) {
            edit.unpacked = positions(directory, |name| name == RESOURCES);
            edit.unpacked.retain(|position| {
                directory.entries().get(*position).is_some_and(|entry| entry.method != Method::STORED)
            });
        }
        let misaligned = request.alignment.misaligned(source, directory)?.len();
        steps.extend((misaligned > 0).then_some(Step::Align(misaligned)));
    }
    steps.extend(edit.unpacked.iter().map(|_| Step::Store(RESOURCES.to_owned())));
    let unsigned = sign::prepare(source, directory, edit, request)?;
    steps.extend(unsigned.removed().iter().map(|name| Step::Remove(name.clone())));
    steps.extend(unsigned.dropped_pairs().iter().map(|id| Step::DropPair(*id)));
    let last_step = Step::Sign(unsigned.schemes(), request.signers.iter().map(name_and_md5).collect());
    Ok((Work::Sign(Box::new(unsigned)), Some(last_step)))
}

fn name_and_md5(signer: &sign::Signer) -> String {
    let md5 = signer.identity.chain().first().map(|certificate| certificate.fingerprints().md5.to_string());
    format!("`{}` (MD5 {})", Untrusted(&signer.name), md5.unwrap_or_default())
}

/// What belongs to an old signature, for a message.
fn old_signature(archive: &Archive<'_>) -> Vec<String> {
    let directory = archive.directory();
    let names = directory.entries().iter().map(|entry| entry.name.as_str());
    let parts = names.filter(|name| *name == STAMP_ENTRY || signature::is_signature_entry(name));
    let mut parts: Vec<String> = parts.map(|name| Untrusted(name).to_string()).collect();
    if signature::signing_block_range(archive.source(), directory).is_some() {
        parts.push("APK Signing Block".to_owned());
    }
    parts
}

/// Takes entries out.
fn remove(directory: &Directory, matches: impl Fn(&str) -> bool, (edit, steps): (&mut Edit, &mut Vec<Step>)) {
    for position in positions(directory, matches) {
        if edit.removed.insert(position)
            && let Some(entry) = directory.entries().get(position)
        {
            steps.push(Step::Remove(entry.name.clone()));
        }
    }
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
