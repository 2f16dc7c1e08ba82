//! JAR signatures: v1 of an APK, and the only signature of an App Bundle.
//!
//! | file in `META-INF` | what |
//! | --- | --- |
//! | `MANIFEST.MF` | a digest of each entry |
//! | `NAME.SF` | a digest of the manifest, and of each of its sections |
//! | `NAME.RSA`, `.DSA`, `.EC` | PKCS#7: a signature over `NAME.SF` |
//!
//! Names are taken exactly as they stand, and folders below `META-INF` count too, as in AOSP's `V1SchemeVerifier.java`.

mod pkcs7;

use super::findings::Findings;
use super::{Input, Request, Scheme, SignatureError, Signatures, Signer, Verdict, rules};
use crate::certificate::Certificate;
use crate::limits::{JAR_BLOCK_FILE_SIZE, SIGNERS};
use crate::source::SourceError;
use crate::text::Untrusted;
use crate::zip::{Directory, Entry, Method, ZipError};
use pkcs7::{Named, SignedData};

/// A bundle is judged by the rules of these API levels: all signers, all algorithms, signed attributes.
pub(super) const BUNDLE_SDK: u32 = 24;

const MANIFEST: &str = "META-INF/MANIFEST.MF";

/// The entries of a JAR signature.
#[derive(Debug)]
pub(super) struct JarFiles<'d> {
    #[expect(dead_code, reason = "full verification comes next")]
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

/// Looks at the JAR signature of an App Bundle.
pub(super) fn examine_bundle(input: Input<'_>, request: &Request) -> Result<Signatures, SignatureError> {
    let _ = request;
    let mut findings = Findings::default();
    let files = JarFiles::find(input.directory);
    let signers = files.claimed_signers(input, &mut findings)?;
    let verdict = match (files.is_present(), findings.has_problems()) {
        (false, _) => Verdict::Unsigned,
        (true, true) => Verdict::Rejected,
        (true, false) => Verdict::NotChecked,
    };
    let schemes = if files.is_present() { vec![Scheme::V1] } else { Vec::new() };
    Ok(Signatures {
        verdict,
        schemes,
        signers,
        lineage: Vec::new(),
        source_stamp: None,
        device: Vec::new(),
        problems: findings.problems,
        warnings: findings.warnings,
        block_ids: Vec::new(),
        unknown_pairs: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::testing::{certificate, fixture};

    #[test]
    fn a_bundle_names_its_signer() {
        let file = fixture("aab/demo-release.aab");
        let directory = Directory::read(&file).unwrap();
        let signatures = super::super::examine(&file, &directory, &Request::for_bundle()).unwrap();
        assert_eq!(signatures.signers.len(), 1);
        assert_eq!(signatures.signers[0].certificate, certificate("upload"));
        let unsigned = fixture("aab/demo-unsigned.aab");
        let directory = Directory::read(&unsigned).unwrap();
        let signatures = super::super::examine(&unsigned, &directory, &Request::for_bundle()).unwrap();
        assert_eq!((signatures.verdict, signatures.signers.len()), (Verdict::Unsigned, 0));
    }
}
