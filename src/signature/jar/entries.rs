//! Whether the entries are those that the manifest digests, and all signed by the same signers
//! (`V1SchemeVerifier.verifyJarEntriesAgainstManifestAndSigners`).

use super::as_jar_reads;
use super::manifest::{JarScope, Manifest};
use super::section::NamedDigest;
use crate::digest::DigestAlgorithm;
use crate::limits::{JAR_INFLATED_LEAST, JAR_INFLATED_RATIO};
use crate::parallel;
use crate::signature::findings::Findings;
use crate::signature::{Input, Kind, Scheme, SignatureError, is_signature_entry, rules};
use crate::source::SourceError;
use crate::text::Untrusted;
use crate::zip::{Entry, Unpacker, ZipError};
use std::collections::HashMap;

/// What entries were digested to while their file was signed, by name.
///
/// When the written file is checked, a scheme of the signing block proves that its bytes are those that were planned, so
/// the entries need not be inflated again to be digested to the same values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryDigests {
    pub(in crate::signature) algorithm: DigestAlgorithm,
    pub(in crate::signature) digests: HashMap<String, Vec<u8>>,
}

impl EntryDigests {
    /// Whether these are the digests of the entry; `None` when they are of another kind.
    fn fits(&self, task: &Task<'_>) -> Option<bool> {
        let known = self.digests.get(&task.entry.name)?;
        match task.digests.as_slice() {
            [(algorithm, digest)] if *algorithm == self.algorithm => Some(digest == known),
            _ => None,
        }
    }
}

/// An entry and the digests that it must have.
struct Task<'d> {
    entry: &'d Entry,
    digests: Vec<NamedDigest>,
}

/// What became of a task.
enum Outcome {
    Fits,
    Differs,
    Unreadable(ZipError),
}

/// Checks all entries. Returns the bits of the signers that signed every one of them.
pub(super) fn check(
    scope: &JarScope<'_>,
    manifest: &Manifest<'_>,
    findings: &mut Findings,
) -> Result<u16, SignatureError> {
    let input = scope.input;
    let mut entries: Vec<&Entry> =
        input.directory.entries().iter().filter(|entry| must_be_signed(entry, scope.kind)).collect();
    entries.sort_by_key(|entry| entry.local_header_offset);
    let mut tasks = Vec::new();
    let mut signers = None;
    for entry in entries {
        tasks.extend(task(entry, manifest, scope, (&mut signers, findings)));
    }
    let Some(signers) = signers else {
        findings.problem(rules::JAR_NOTHING_SIGNED, Scheme::V1, "no entry is signed");
        return Ok(0);
    };
    if is_too_large(input, &tasks) {
        findings.problem(rules::JAR_ENTRIES_TOO_LARGE, Scheme::V1, "the entries declare more data than any real app");
        return Ok(0);
    }
    let size = |task: &Task<'_>| task.entry.declared_size;
    let known = scope.known.filter(|_| !scope.block_schemes.is_empty());
    let outcomes = parallel::largest_first(
        &tasks,
        size,
        || input.directory.unpacker(input.source),
        |unpacker, task| match known.and_then(|known| known.fits(task)) {
            Some(true) => Ok(Outcome::Fits),
            Some(false) => Ok(Outcome::Differs),
            None => task.run(unpacker),
        },
    )?;
    for (task, outcome) in tasks.iter().zip(outcomes) {
        match outcome {
            Outcome::Fits => {}
            Outcome::Differs => {
                let message = format!("`{}` is not what was signed", Untrusted(&task.entry.name));
                findings.problem(rules::JAR_ENTRY_DIGEST_MISMATCH, Scheme::V1, message);
            }
            Outcome::Unreadable(error) => findings.problem(rules::ENTRY_UNREADABLE, Scheme::V1, error.to_string()),
        }
    }
    Ok(signers)
}

/// Android leaves out everything in `META-INF`; a bundle's tools leave out only the signature itself.
pub(super) fn must_be_signed(entry: &Entry, kind: Kind) -> bool {
    let exempt = match kind {
        Kind::Apk => entry.name.starts_with("META-INF/"),
        Kind::Bundle => is_signature_entry(&entry.name),
    };
    !exempt && !entry.is_directory()
}

/// The digests that an entry must have; a problem when it is not signed, or not by those who signed the others.
fn task<'d>(
    entry: &'d Entry,
    manifest: &Manifest<'_>,
    scope: &JarScope<'_>,
    (signers, findings): (&mut Option<u16>, &mut Findings),
) -> Option<Task<'d>> {
    let name = Untrusted(&entry.name);
    let Some(found) = manifest.entry(&entry.name) else {
        findings.problem(rules::JAR_ENTRY_NOT_IN_MANIFEST, Scheme::V1, format!("`{name}` is not in the manifest"));
        return None;
    };
    if found.signers == 0 {
        findings.problem(rules::JAR_ENTRY_NOT_SIGNED, Scheme::V1, format!("no signature file names `{name}`"));
        return None;
    }
    if *signers.get_or_insert(found.signers) != found.signers {
        let message = format!("`{name}` is signed by other signers than the entries before it");
        findings.problem(rules::JAR_ENTRY_SIGNERS_DIFFER, Scheme::V1, message);
        return None;
    }
    match found.section.digests("-Digest", scope.levels) {
        Ok(digests) if !digests.is_empty() => Some(Task { entry, digests }),
        Ok(_) => {
            let message = format!("the manifest has no digest for `{name}` that all Android versions know");
            findings.problem(rules::JAR_DIGEST_MISSING, Scheme::V1, message);
            None
        }
        Err(_) => {
            let message = format!("the manifest's digest for `{name}` is not base64");
            findings.problem(rules::JAR_DIGEST_MALFORMED, Scheme::V1, message);
            None
        }
    }
}

/// Inflating is paid for by what is declared, before it is done; no entry gives more than it declares.
fn is_too_large(input: Input<'_>, tasks: &[Task<'_>]) -> bool {
    let declared = tasks.iter().fold(0_u64, |sum, task| sum.saturating_add(task.entry.declared_size));
    let size = input.directory.layout().size;
    declared > size.saturating_mul(JAR_INFLATED_RATIO).max(JAR_INFLATED_LEAST)
}

impl Task<'_> {
    fn run(&self, unpacker: &mut Unpacker<'_>) -> Result<Outcome, SignatureError> {
        let mut hashers: Vec<_> = self.digests.iter().map(|(algorithm, _)| algorithm.hasher()).collect();
        let read = unpacker.unpack(&as_jar_reads(self.entry), &mut |bytes| {
            hashers.iter_mut().for_each(|hasher| hasher.update(bytes));
        });
        match read {
            Err(ZipError::Source(source @ SourceError::Io(_))) => Err(source.into()),
            Err(error) => Ok(Outcome::Unreadable(error)),
            Ok(()) => {
                let fits = self.digests.iter().zip(hashers).all(|((_, digest), hasher)| hasher.finish() == *digest);
                Ok(if fits { Outcome::Fits } else { Outcome::Differs })
            }
        }
    }
}
