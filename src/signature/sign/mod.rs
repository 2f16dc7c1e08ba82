//! Signs APKs and App Bundles as AOSP's apksigner does, byte for byte where its output is determined
//! (`ApkSigner.java`, `DefaultApkSignerEngine.java`).
//!
//! | step | file |
//! | --- | --- |
//! | who signs which scheme, for which API levels | `roles` |
//! | old signatures out, entries in, stored entries aligned | [`crate::zip::Edit`] |
//! | `pinlist.meta` | `pins` |
//! | v1: manifest, signature files, PKCS#7 | `jar`, `manifest`, `pkcs7` |
//! | v2, v3, v3.1: the signing block | `block`, `scheme` |
//! | v4: the `.idsig` file | `idsig` |
//!
//! Nothing is written here: the result is a plan, and every digest is made of the planned file.

mod block;
mod encode;
mod error;
mod idsig;
mod jar;
mod lineage;
mod manifest;
mod pins;
mod pkcs7;
mod request;
mod roles;
mod scheme;
#[cfg(test)]
mod tests;

pub use error::SignError;
pub use lineage::{Capabilities, SigningLineage};
pub use request::{DEFAULT_LIBRARY_PAGE, DEFAULT_ROTATION_MIN_SDK, SchemeChoice, Signer, SigningRequest};

use super::content::{self, Beginning};
use super::jar::EntryDigests;
use super::v3::first_level;
use super::{Input, Kind, Request, Scheme, is_signature_entry};
use crate::parallel;
use crate::source::{Assembled, Piece, ReadAt};
use crate::zip::{Directory, Edit, Rewritten};
use roles::Roles;

/// The entry in which apksigner keeps the digest of a source stamp's certificate (`SourceStampConstants.java`).
const STAMP_ENTRY: &str = "stamp-cert-sha256";
/// The date of new entries in an archive that has no other: 2009-01-01 00:00 (`ApkSigner.java`).
const NO_DATE: u32 = 0x3a21_0000;
/// The signed file as a plan.
#[derive(Debug, Clone)]
pub struct SignedPlan {
    /// The new archive.
    pub rewritten: Rewritten,
    /// How many of its first pieces are those of [`Unsigned::settled`].
    pub settled: usize,
    /// The schemes that it has.
    pub schemes: Vec<Scheme>,
    /// The contents of the `.idsig` file (v4).
    pub idsig: Option<Vec<u8>>,
    /// What the entries were digested to, when there is a v1 signature.
    entry_digests: Option<EntryDigests>,
    first_level: u32,
}

impl SignedPlan {
    /// A full check of the file that is written by this plan, as a device makes it, but without inflating its entries a
    /// second time for v1 where a newer scheme proves that they are what was planned.
    #[must_use]
    pub fn check_request(&self, signing: &SigningRequest) -> Request {
        let kind = match signing.kind {
            Kind::Apk => Request::for_apk(self.first_level),
            Kind::Bundle => Request::for_bundle(),
        };
        Request {
            target_sdk: signing.target_sdk,
            v4_signature: self.idsig.clone(),
            entry_digests: self.entry_digests.clone(),
            ..kind
        }
    }

    /// The pieces behind the settled ones.
    pub fn rest(self) -> impl Iterator<Item = Piece> {
        let settled = self.settled;
        self.rewritten.pieces().skip(settled)
    }
}

/// A file whose entries are settled and whose signatures are yet to be made, so that its beginning can be written
/// meanwhile.
#[derive(Debug)]
pub struct Unsigned<'r> {
    roles: Roles<'r>,
    rewritten: Rewritten,
    /// The main section of the old JAR manifest.
    manifest: Option<Vec<(String, String)>>,
    /// The date of new entries.
    modified: u32,
    old_block: block::OldBlock,
    removed: Vec<String>,
}

/// Plans the file without its signatures: what `edit` takes out and puts in, old signatures gone, entries aligned.
///
/// # Errors
/// [`SignError`]. Nothing has been written then.
pub fn prepare<'r>(
    source: &dyn ReadAt,
    directory: &Directory,
    edit: &Edit,
    request: &'r SigningRequest,
) -> Result<Unsigned<'r>, SignError> {
    let roles = Roles::assign(request)?;
    let old_block = block::OldBlock::read(Input { source, directory }, request.keep_unknown_pairs)?;
    let (edit, removed) = without_old_signature(directory, edit, request.kind);
    let rewritten = edit.plan_aligned(source, directory, request.alignment)?;
    let manifest = if roles.v1.is_empty() { None } else { manifest::main_section(source, directory)? };
    let modified = newest_date(source, &rewritten)?;
    Ok(Unsigned { roles, rewritten, manifest, modified, old_block, removed })
}

/// Plans the signed file: [`prepare`] and [`Unsigned::sign`] at once.
///
/// # Errors
/// [`SignError`]. Nothing has been written then.
pub fn sign(
    source: &dyn ReadAt,
    directory: &Directory,
    edit: &Edit,
    request: &SigningRequest,
) -> Result<SignedPlan, SignError> {
    prepare(source, directory, edit, request)?.sign(source)
}

impl Unsigned<'_> {
    /// The beginning of the new file, which signing does not change.
    #[must_use]
    pub fn settled(&self) -> &[Piece] {
        &self.rewritten.entries
    }

    /// How many bytes of the old file keep their place, from its start.
    #[must_use]
    pub fn untouched(&self) -> u64 {
        self.rewritten.untouched
    }

    /// Names of entries that are taken out: those of an old signature, and of directories.
    #[must_use]
    pub fn removed(&self) -> &[String] {
        &self.removed
    }

    /// Pairs of the old signing block that Android does not know and that are dropped.
    #[must_use]
    pub fn dropped_pairs(&self) -> &[u32] {
        &self.old_block.dropped
    }

    /// The schemes that the file will have.
    #[must_use]
    pub fn schemes(&self) -> Vec<Scheme> {
        self.roles.schemes()
    }

    /// The first API level that will accept the file: above the app's lowest when older schemes are off.
    #[must_use]
    pub fn first_level(&self) -> u32 {
        let oldest = self.roles.schemes().into_iter().min().unwrap_or(Scheme::V1);
        self.roles.min_sdk.max(first_level(oldest))
    }

    /// Makes the signatures.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(self, source: &dyn ReadAt) -> Result<SignedPlan, SignError> {
        let first_level = self.first_level();
        let Self { roles, mut rewritten, manifest, modified, old_block, .. } = self;
        let settled = rewritten.entries.len();
        let beginning = rewritten.entries.clone();
        let beginning = Assembled::new(source, &beginning);
        let (digests, files) = parallel::join(
            beginning.size(),
            || Beginning::digest(&beginning, beginning.size(), &roles.content_digests()),
            || -> Result<(Rewritten, Option<EntryDigests>), SignError> {
                let mut entry_digests = None;
                if let Some(pins) = pins::pin_list(source, &rewritten)? {
                    rewritten.append_deflated(pins::ENTRY, &pins, modified)?;
                }
                if !roles.v1.is_empty() {
                    let signed = jar::sign(source, &rewritten, &roles, manifest.as_deref())?;
                    rewritten.append_all_deflated(&signed.files, modified)?;
                    entry_digests = Some(signed.digests);
                }
                Ok((rewritten, entry_digests))
            },
        );
        let (digests, (mut rewritten, entry_digests)) = (digests?, files?);
        add_signing_block(source, &mut rewritten, (&roles, &old_block.kept), digests)?;
        let idsig = if roles.v4.is_empty() { None } else { Some(idsig::make(source, &rewritten, &roles)?) };
        Ok(SignedPlan { rewritten, settled, schemes: roles.schemes(), idsig, entry_digests, first_level })
    }
}

/// The edit that also takes out what belongs to an old signature, and the names of those entries. From an APK the
/// entries of directories go too, as with apksigner: no signature covers them, and Android does not read them.
fn without_old_signature(directory: &Directory, edit: &Edit, kind: Kind) -> (Edit, Vec<String>) {
    let mut edit = edit.clone();
    let mut names = Vec::new();
    for (position, entry) in directory.entries().iter().enumerate() {
        let is_old = is_signature_entry(&entry.name)
            || [STAMP_ENTRY, pins::ENTRY].contains(&entry.name.as_str())
            || (entry.is_directory() && kind == Kind::Apk);
        if is_old && edit.removed.insert(position) {
            names.push(entry.name.clone());
        }
    }
    (edit, names)
}

/// The planned file as it is so far, to be read.
struct Preview<'a> {
    file: Assembled<'a>,
    directory: Directory,
}

/// Reads the planned file; everything that Android would refuse ends it here.
fn preview<T>(
    source: &dyn ReadAt,
    rewritten: &Rewritten,
    look: impl FnOnce(&Preview<'_>) -> Result<T, SignError>,
) -> Result<T, SignError> {
    let pieces = rewritten.to_pieces();
    let file = Assembled::new(source, &pieces);
    let directory = Directory::read(&file)?;
    if let Some(violation) = directory.violations().iter().find(|violation| violation.is_refused_by_android()) {
        return Err(SignError::Refused(violation.clone()));
    }
    look(&Preview { file, directory })
}

impl Preview<'_> {
    fn input(&self) -> Input<'_> {
        Input { source: &self.file, directory: &self.directory }
    }
}

/// The date of the newest entry, which all new entries get.
fn newest_date(source: &dyn ReadAt, rewritten: &Rewritten) -> Result<u32, SignError> {
    preview(source, rewritten, |preview| {
        Ok(preview.directory.entries().iter().map(|entry| entry.modified).max().unwrap_or(NO_DATE))
    })
}

/// Digests the rest of the entries, the directory and the end record, and puts the block of signatures before the
/// directory.
fn add_signing_block(
    source: &dyn ReadAt,
    rewritten: &mut Rewritten,
    (roles, kept): (&Roles<'_>, &[block::KeptPair]),
    beginning: Beginning,
) -> Result<(), SignError> {
    if roles.v2.is_empty() && roles.v3.is_empty() {
        return Ok(());
    }
    rewritten.insert_before_directory(block::zeros_before(rewritten.entries_size()))?;
    let digests = preview(source, rewritten, |preview| {
        let at = preview.directory.layout().directory.start;
        Ok(content::digest_rest(beginning, preview.input(), &(at..at), &roles.content_digests())?)
    })?;
    let mut pairs: Vec<(u32, Vec<u8>)> = kept.iter().map(|pair| (pair.id, pair.value.clone())).collect();
    pairs.extend(scheme::pairs(roles, &digests)?);
    rewritten.insert_before_directory(block::encode(&pairs))?;
    Ok(())
}
