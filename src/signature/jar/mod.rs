//! JAR signatures: v1 of an APK, and the only signature of an App Bundle.
//!
//! | file in `META-INF` | what |
//! | --- | --- |
//! | `MANIFEST.MF` | a digest of each entry |
//! | `NAME.SF` | a digest of the manifest, and of each of its sections |
//! | `NAME.RSA`, `.DSA`, `.EC` | PKCS#7: a signature over `NAME.SF` |
//!
//! Names are taken exactly as they stand, and folders below `META-INF` count too, as in AOSP's `V1SchemeVerifier.java`.

mod algorithms;
mod block;
mod entries;
mod manifest;
mod pkcs7;
mod section;

pub(crate) use entries::EntryDigests;
pub(super) use manifest::JarScope;

use super::findings::Findings;
use super::v3::LAST_LEVEL;
use super::{Depth, Input, Kind, Request, Scheme, SignatureError, Signatures, Signer, Verdict, rules};
use crate::certificate::Certificate;
use crate::digest;
use crate::limits::{JAR_BLOCK_FILE_SIZE, JAR_MANIFEST_SIZE, SIGNERS};
use crate::source::SourceError;
use crate::text::Untrusted;
use crate::zip::{Directory, Entry, Method, ZipError};
use block::SignedFile;
use manifest::{Manifest, SignatureFile};
use pkcs7::{Named, SignedData};
use std::collections::{BTreeSet, HashSet};

/// A bundle is judged by the rules of these API levels: all signers, all algorithms, signed attributes.
pub(super) const BUNDLE_SDK: u32 = 24;

const MANIFEST: &str = "META-INF/MANIFEST.MF";

/// The entries of a JAR signature.
#[derive(Debug)]
pub(super) struct JarFiles<'d> {
    manifest: Option<&'d Entry>,
    signatures: Vec<SignatureFiles<'d>>,
}

/// One signature file and the PKCS#7 file that signs it.
#[derive(Debug, Clone, Copy)]
struct SignatureFiles<'d> {
    block: &'d Entry,
    file: Option<&'d Entry>,
}

impl<'d> JarFiles<'d> {
    pub(super) fn find(directory: &'d Directory) -> Self {
        let below: Vec<&Entry> =
            directory.entries().iter().filter(|entry| entry.name.starts_with("META-INF/")).collect();
        let blocks = below.iter().filter(|entry| is_block(&entry.name));
        let pair = |block: &&'d Entry| {
            let stem = block.name.rsplit_once('.').map_or(block.name.as_str(), |(stem, _)| stem);
            SignatureFiles { block, file: directory.find(&format!("{stem}.SF")) }
        };
        Self { manifest: directory.find(MANIFEST), signatures: blocks.map(pair).collect() }
    }

    /// Whether there is a v1 signature at all.
    pub(super) fn is_present(&self) -> bool {
        !self.signatures.is_empty()
    }

    /// The signers that the PKCS#7 files name. Nothing is verified.
    pub(super) fn claimed_signers(
        &self,
        input: Input<'_>,
        findings: &mut Findings,
    ) -> Result<Vec<Signer>, SignatureError> {
        let mut signers = Vec::new();
        for files in self.signatures.iter().filter(|files| files.file.is_some()).take(SIGNERS) {
            let Some(data) = read(input, files.block, JAR_BLOCK_FILE_SIZE, findings)? else { continue };
            if let Some(certificate) = claimed_certificate(&data, &files.block.name, findings) {
                signers.push(signer(certificate, &files.block.name));
            }
        }
        Ok(signers)
    }
}

fn is_block(name: &str) -> bool {
    [".RSA", ".DSA", ".EC"].iter().any(|suffix| name.ends_with(suffix))
}

fn signer(certificate: Certificate, entry: &str) -> Signer {
    Signer { scheme: Scheme::V1, min_sdk: None, max_sdk: None, certificate, entry: Some(entry.to_owned()) }
}

/// The certificate of the first signer in a PKCS#7 file.
fn claimed_certificate(data: &[u8], name: &str, findings: &mut Findings) -> Option<Certificate> {
    let signed = SignedData::parse(data).inspect_err(|error| {
        findings.problem(rules::JAR_BLOCK_MALFORMED, Scheme::V1, format!("`{}`: {error}", Untrusted(name)));
    });
    let signed = signed.ok()?;
    let Some(first) = signed.signers.first() else {
        findings.problem(rules::JAR_BLOCK_WITHOUT_SIGNER, Scheme::V1, format!("`{}` has no signer", Untrusted(name)));
        return None;
    };
    match signed.certificate(first) {
        Named::Certificate(certificate) => Some(certificate.clone()),
        Named::Missing => {
            let message = format!("`{}` lacks the certificate of its signer", Untrusted(name));
            findings.problem(rules::JAR_CERTIFICATE_MISSING, Scheme::V1, message);
            None
        }
        Named::Ambiguous => {
            let message = format!("`{}` has several certificates that its signer could mean", Untrusted(name));
            findings.problem(rules::JAR_CERTIFICATE_MISSING, Scheme::V1, message);
            None
        }
    }
}

/// The contents of an entry; `None` and a problem when Android cannot read it either.
fn read(
    input: Input<'_>,
    entry: &Entry,
    limit: u64,
    findings: &mut Findings,
) -> Result<Option<Vec<u8>>, SignatureError> {
    if entry.declared_size > limit {
        let message = format!("`{}` has {} bytes, more than any real one", Untrusted(&entry.name), entry.declared_size);
        findings.problem(rules::JAR_FILE_TOO_LARGE, Scheme::V1, message);
        return Ok(None);
    }
    match input.directory.contents(input.source, &as_jar_reads(entry), limit) {
        Ok(contents) => Ok(Some(contents)),
        Err(error) => unreadable(error, findings).map(|()| None),
    }
}

/// AOSP's JAR verifier takes every method but 0 for deflate (`LocalFileRecord.java`).
fn as_jar_reads(entry: &Entry) -> Entry {
    let method = if entry.method == Method::STORED { Method::STORED } else { Method::DEFLATED };
    Entry { method, ..entry.clone() }
}

/// An entry that breaks the rules of ZIP is a problem, a disk that cannot be read an error.
fn unreadable(error: ZipError, findings: &mut Findings) -> Result<(), SignatureError> {
    if let ZipError::Source(source @ SourceError::Io(_)) = error {
        return Err(source.into());
    }
    findings.problem(rules::ENTRY_UNREADABLE, Scheme::V1, error.to_string());
    Ok(())
}

impl JarFiles<'_> {
    /// Checks everything that the Android versions in `scope` check.
    pub(super) fn verify(&self, scope: &JarScope<'_>, findings: &mut Findings) -> Result<Verified, SignatureError> {
        let before = findings.problems.len();
        let Some(manifest_entry) = self.manifest else {
            findings.problem(rules::JAR_MANIFEST_MISSING, Scheme::V1, format!("there is no `{MANIFEST}`"));
            return Ok(Verified::default());
        };
        let Some(data) = read(scope.input, manifest_entry, JAR_MANIFEST_SIZE, findings)? else {
            return Ok(Verified::default());
        };
        let names = scope.input.directory.entries().iter().filter(|entry| !entry.is_directory());
        let present: HashSet<&str> = names.map(|entry| entry.name.as_str()).collect();
        let manifest_sha256 = Some(digest::sha256(&data));
        let Some(mut manifest) = Manifest::parse(&data, &present, findings) else {
            return Ok(Verified { manifest_sha256, ..Verified::default() });
        };
        let signers = self.verify_signers(scope, &mut manifest, findings)?;
        if findings.problems.len() > before {
            return Ok(Verified { manifest_sha256, ..Verified::default() });
        }
        let all = entries::check(scope, &manifest, findings)?;
        let signers: Vec<Signer> =
            signers.into_iter().filter(|(bit, _)| bit & all != 0).map(|(_, signer)| signer).collect();
        report_unprotected(scope, &signers, findings);
        Ok(Verified { holds: findings.problems.len() == before && !signers.is_empty(), signers, manifest_sha256 })
    }

    /// SHA-256 of the manifest, whether or not anybody goes by it; `None` when it cannot be read.
    pub(super) fn manifest_sha256(&self, input: Input<'_>) -> Result<Option<[u8; 32]>, SignatureError> {
        let Some(entry) = self.manifest else { return Ok(None) };
        let data = read(input, entry, JAR_MANIFEST_SIZE, &mut Findings::default())?;
        Ok(data.map(|data| digest::sha256(&data)))
    }

    /// The signers whose signature files hold, each with its bit in the manifest.
    fn verify_signers(
        &self,
        scope: &JarScope<'_>,
        manifest: &mut Manifest<'_>,
        findings: &mut Findings,
    ) -> Result<Vec<(u16, Signer)>, SignatureError> {
        let complete = self.signatures.iter().filter_map(|files| files.file.map(|file| (files.block, file)));
        let complete: Vec<(&Entry, &Entry)> = complete.collect();
        for files in self.signatures.iter().filter(|files| files.file.is_none()) {
            let message = format!("`{}` has no signature file", Untrusted(&files.block.name));
            findings.warning(rules::JAR_SIGNATURE_FILE_MISSING, Scheme::V1, message);
        }
        if complete.len() > SIGNERS {
            let message = format!("there are more than {SIGNERS} signature files");
            findings.problem(rules::JAR_SIGNATURES_TOO_MANY, Scheme::V1, message);
            return Ok(Vec::new());
        }
        let mut signers = Vec::new();
        let mut bit = 1_u16;
        for (block_entry, file_entry) in complete {
            let block = read(scope.input, block_entry, JAR_BLOCK_FILE_SIZE, findings)?;
            let file = read(scope.input, file_entry, JAR_MANIFEST_SIZE, findings)?;
            let (Some(block), Some(file)) = (block, file) else { continue };
            let signed = SignedFile { name: &block_entry.name, block: &block, file: &file, levels: scope.levels };
            let Some(certificate) = signed.verified_signer(findings) else { continue };
            let file = SignatureFile { name: &file_entry.name, data: &file, scope };
            if manifest.sign(&file, bit, findings).is_some() {
                signers.push((bit, signer(certificate, &block_entry.name)));
                bit = bit.wrapping_shl(1);
            }
        }
        if signers.is_empty() && !findings.concerns(Scheme::V1) {
            findings.problem(rules::JAR_SIGNATURE_MISSING, Scheme::V1, "there is no signature file that counts");
        }
        Ok(signers)
    }
}

/// Names what the signature does not cover.
fn report_unprotected(scope: &JarScope<'_>, signers: &[Signer], findings: &mut Findings) {
    let used = |name: &str| {
        let stem = |name: &str| name.rsplit_once('.').map(|(stem, _)| stem.to_owned());
        name == MANIFEST
            || signers
                .iter()
                .filter_map(|signer| signer.entry.as_deref())
                .any(|entry| name == entry || (name.ends_with(".SF") && stem(name) == stem(entry)))
    };
    for entry in scope.input.directory.entries() {
        let has_data = !entry.is_directory() || entry.declared_size > 0;
        if has_data && !entries::must_be_signed(entry, scope.kind) && !used(&entry.name) {
            let message = format!("the v1 signature does not cover `{}`", Untrusted(&entry.name));
            if scope.block_schemes.is_empty() {
                findings.warning(rules::JAR_ENTRY_UNPROTECTED, Scheme::V1, message);
            } else {
                findings.note(rules::JAR_ENTRY_UNPROTECTED_BELOW_V2, Scheme::V1, message);
            }
        }
        let other_case = is_block(&entry.name.to_ascii_uppercase()) && !is_block(&entry.name);
        if other_case && super::is_signature_entry(&entry.name) {
            let message = format!("`{}` would count if it were written in capitals", Untrusted(&entry.name));
            findings.warning(rules::JAR_SIGNATURE_FILE_CASE, Scheme::V1, message);
        }
    }
}

/// What a JAR signature says when it holds.
#[derive(Debug, Default)]
pub(super) struct Verified {
    /// Whether everything was checked and no problem found.
    pub(super) holds: bool,
    /// The signers of all entries; empty when there is a problem.
    pub(super) signers: Vec<Signer>,
    /// SHA-256 of the manifest: what a source stamp covers.
    pub(super) manifest_sha256: Option<[u8; 32]>,
}

/// Looks at the JAR signature of an App Bundle.
pub(super) fn examine_bundle(input: Input<'_>, request: &Request) -> Result<Signatures, SignatureError> {
    let mut findings = Findings::default();
    let files = JarFiles::find(input.directory);
    let mut verified = Verified::default();
    if files.is_present() {
        for violation in input.directory.violations().iter().filter(|violation| violation.is_refused_by_android()) {
            findings.problem(rules::ARCHIVE_REFUSED, None, violation.to_string());
        }
        if request.depth == Depth::Full {
            let levels = (BUNDLE_SDK, LAST_LEVEL);
            let scope = JarScope { input, kind: Kind::Bundle, levels, block_schemes: BTreeSet::new(), known: None };
            verified = files.verify(&scope, &mut findings)?;
        }
        if verified.signers.is_empty() {
            let mut known = Findings::default();
            verified.signers = files.claimed_signers(input, &mut known)?;
            if request.depth == Depth::Certificates {
                findings.problems.append(&mut known.problems);
            }
        }
    }
    let verdict = match (files.is_present(), findings.has_problems()) {
        (false, _) => Verdict::Unsigned,
        (true, true) => Verdict::Rejected,
        (true, false) if verified.holds => Verdict::Verified,
        (true, false) => Verdict::NotChecked,
    };
    let schemes = if files.is_present() { vec![Scheme::V1] } else { Vec::new() };
    Ok(Signatures {
        verdict,
        schemes,
        signers: verified.signers,
        lineage: Vec::new(),
        source_stamp: None,
        device: Vec::new(),
        problems: findings.problems,
        warnings: findings.warnings,
        notes: findings.notes,
        block_ids: Vec::new(),
        unknown_pairs: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::testing::{certificate, fixture, rewrite};
    use crate::signature::{self, Signatures};
    use crate::zip::Directory;

    fn examine(file: &[u8], request: &Request) -> Signatures {
        let file = file.to_vec();
        signature::examine(&file, &Directory::read(&file).unwrap(), request).unwrap()
    }

    fn bundle(file: &[u8]) -> Signatures {
        examine(file, &Request::for_bundle())
    }

    fn ids(signatures: &Signatures) -> Vec<&str> {
        signatures.problems.iter().map(|problem| problem.id).collect()
    }

    #[test]
    fn a_good_bundle_is_verified() {
        let signatures = bundle(&fixture("aab/demo-release.aab"));
        assert_eq!((signatures.verdict, ids(&signatures)), (Verdict::Verified, vec![]));
        assert_eq!(signatures.signers.len(), 1);
        assert_eq!(signatures.signers[0].certificate, certificate("upload"));
        let unsigned = bundle(&fixture("aab/demo-unsigned.aab"));
        assert_eq!((unsigned.verdict, unsigned.signers.len()), (Verdict::Unsigned, 0));
        let cheap = examine(&fixture("aab/demo-release.aab"), &Request::for_bundle().with_depth(Depth::Certificates));
        assert_eq!((cheap.verdict, cheap.signers), (Verdict::NotChecked, signatures.signers));
    }

    #[test]
    fn an_entry_that_was_added_to_a_bundle_is_found() {
        let signatures = bundle(&fixture("aab/entry-added-after-signing.aab"));
        assert_eq!((signatures.verdict, ids(&signatures)), (Verdict::Rejected, vec!["jar-entry-not-in-manifest"]));
        let below_meta_inf = rewrite(&fixture("aab/demo-release.aab"), |entries| {
            entries.push(("META-INF/services/x".to_owned(), b"x".to_vec()));
        });
        assert_eq!(ids(&bundle(&below_meta_inf)), ["jar-entry-not-in-manifest"]);
    }

    fn edited(name: &str, edit: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        rewrite(&fixture("apk/signed-v1-only.apk"), |entries| {
            let entry = entries.iter_mut().find(|(found, _)| found.ends_with(name)).unwrap();
            edit(&mut entry.1);
        })
    }

    fn v1(file: &[u8]) -> Signatures {
        examine(file, &Request::for_apk(21))
    }

    #[test]
    fn a_good_v1_signature_survives_a_new_archive() {
        for file in [fixture("apk/signed-v1-only.apk"), rewrite(&fixture("apk/signed-v1-only.apk"), |_| ())] {
            let signatures = v1(&file);
            assert_eq!((signatures.verdict, ids(&signatures)), (Verdict::Verified, vec![]));
            assert_eq!(signatures.warnings, []);
        }
    }

    #[test]
    fn each_file_of_the_signature_protects_the_next() {
        let flip = |data: &mut Vec<u8>| data[40] ^= 1;
        assert_eq!(ids(&v1(&edited("classes.dex", flip))), ["jar-entry-digest-mismatch"]);
        assert_eq!(ids(&v1(&edited(".SF", flip))), ["jar-signature-wrong"]);
        let later = |data: &mut Vec<u8>| {
            let last = data.len() - 6;
            data[last] ^= 1;
        };
        assert_eq!(ids(&v1(&edited("MANIFEST.MF", later))), ["jar-section-digest-mismatch"]);
        let signature = |data: &mut Vec<u8>| {
            let last = data.len() - 1;
            data[last] ^= 1;
        };
        assert_eq!(ids(&v1(&edited(".RSA", signature))), ["jar-signature-wrong"]);
    }

    #[test]
    fn entries_that_come_or_go_are_found() {
        let file = fixture("apk/signed-v1-only.apk");
        let added = rewrite(&file, |entries| entries.push(("assets/new.txt".to_owned(), b"new".to_vec())));
        assert_eq!(ids(&v1(&added)), ["jar-entry-not-in-manifest"]);
        let gone = rewrite(&file, |entries| entries.retain(|(name, _)| name != "classes.dex"));
        assert_eq!(ids(&v1(&gone)), ["jar-entry-missing"]);
        let unprotected = v1(&rewrite(&file, |entries| entries.push(("META-INF/x".to_owned(), vec![]))));
        assert_eq!(unprotected.verdict, Verdict::Verified);
        assert_eq!(unprotected.warnings[0].id, "jar-entry-unprotected");
    }

    #[test]
    fn what_is_missing_is_named() {
        let file = fixture("apk/signed-v1-only.apk");
        let without = |suffix: &str| v1(&rewrite(&file, |entries| entries.retain(|(name, _)| !name.ends_with(suffix))));
        assert_eq!(ids(&without("MANIFEST.MF")), ["jar-manifest-missing"]);
        assert_eq!(ids(&without(".SF")), ["jar-signature-missing"]);
        assert_eq!(without(".RSA").verdict, Verdict::Unsigned);
    }

    #[test]
    fn a_stripped_signing_block_is_noticed() {
        let stripped = rewrite(&fixture("apk/demo-release.apk"), |_| ());
        assert_eq!(ids(&v1(&stripped)), ["jar-newer-scheme-stripped", "jar-newer-scheme-stripped"]);
        let old_only = Request { max_sdk: Some(23), ..Request::for_apk(21) };
        assert_eq!(examine(&stripped, &old_only).verdict, Verdict::Verified);
    }

    #[test]
    fn a_bomb_is_not_inflated() {
        let bomb = rewrite(&fixture("apk/signed-v1-only.apk"), |_| ());
        let directory = Directory::read(&bomb).unwrap();
        let mut file = bomb.clone();
        for entry in directory.entries().iter().filter(|entry| !entry.name.starts_with("META-INF/")) {
            let size = usize::try_from(directory.layout().directory.start).unwrap() + entry.record.start + 24;
            file[size..size + 4].copy_from_slice(&0xf000_0000_u32.to_le_bytes());
        }
        assert_eq!(ids(&v1(&file)), ["jar-entries-too-large"]);
    }

    #[test]
    fn signed_attributes_need_android_4_4() {
        let file = fixture("aab/demo-release.aab");
        let directory = Directory::read(&file).unwrap();
        let read = |suffix: &str| {
            let entry = directory.entries().iter().find(|entry| entry.name.ends_with(suffix)).unwrap();
            directory.contents(&file, entry, 1 << 20).unwrap()
        };
        let (block, mut signed) = (read(".RSA"), read(".SF"));
        let check = |file: &[u8], levels| {
            let mut findings = Findings::default();
            let signer = SignedFile { name: "x", block: &block, file, levels }.verified_signer(&mut findings);
            (signer.is_some(), findings.problems.first().map(|problem| problem.id))
        };
        assert_eq!(check(&signed, (24, LAST_LEVEL)), (true, None));
        assert_eq!(check(&signed, (18, LAST_LEVEL)).1, Some("jar-signed-attributes-unsafe"));
        signed[3] ^= 1;
        assert_eq!(check(&signed, (24, LAST_LEVEL)), (false, Some("jar-signature-wrong")));
    }
}
