//! All schemes of an APK together: which of them count, and how they fit each other (`ApkVerifier.java`).

use super::algorithm::ContentDigest;
use super::block::{self, Search, SigningBlock};
use super::findings::Findings;
use super::jar::{self, JarFiles, JarScope};
use super::schemes::{Parsed, Scope, Values};
use super::signer::{SignerBlock, attribute};
use super::v3::{self, Context, LAST_LEVEL, first_level};
use super::verify::{self, Actual, check_signer};
use super::{
    Depth, Input, Request, Scheme, SignatureError, Signatures, Verdict, agreement, content, rules, spare, stamp, v4,
    v32,
};
use crate::bytes::Reader;
use crate::parallel;
use crate::text::Untrusted;
use crate::zip::Directory;
use std::collections::{BTreeMap, BTreeSet};

const APK_MANIFEST: &str = "AndroidManifest.xml";

/// Looks at all signatures of an APK.
pub(super) fn examine(input: Input<'_>, request: &Request) -> Result<Signatures, SignatureError> {
    let levels = (request.min_sdk, request.max_sdk.unwrap_or(LAST_LEVEL).min(LAST_LEVEL));
    if levels.0 > levels.1 {
        return Err(SignatureError::EmptyRange { min: levels.0, max: levels.1 });
    }
    let mut findings = Findings::default();
    check_archive(input.directory, &mut findings);
    let block = find_block(input, &mut findings)?;
    let values = Values::read(input, block.as_ref(), &mut findings)?;
    let jar = JarFiles::find(input.directory);
    let scope = Scope::of(levels, values.present(&jar));
    let parsed = Parsed::of(&values, &scope, &mut findings);
    let needed = check_schemes(&parsed, &scope, &mut findings);
    // certificates alone are few bytes, whatever the file has
    let bytes = if request.depth == Depth::Full { input.source.size() } else { 0 };
    let (contents, v1) = parallel::join(
        bytes,
        || check_contents(input, block.as_ref().filter(|_| request.depth == Depth::Full), (&parsed, &scope, &needed)),
        || examine_jar(&jar, input, (request, &scope)),
    );
    findings.append(contents?);
    let (v1, jar_findings) = v1?;
    findings.append(jar_findings);
    if let Some(idsig) = request.v4_signature.as_ref().filter(|_| request.depth == Depth::Full) {
        v4::check(input, idsig, (&parsed, &scope), &mut findings)?;
    }
    agreement::check_demands(request, &scope, &mut findings);
    if !findings.has_problems() {
        agreement::check_signers(&parsed, &scope, &v1.signers, &mut findings);
    }

    let complete = request.depth == Depth::Full
        && needed.values().all(|digests| !digests.is_empty())
        && (!scope.uses(Scheme::V1) || v1.holds);
    let verdict = match (scope.present.is_empty(), findings.has_problems()) {
        (true, _) => Verdict::Unsigned,
        (false, true) => Verdict::Rejected,
        (false, false) if complete => Verdict::Verified,
        (false, false) => Verdict::NotChecked,
    };
    let manifest_sha256 = match v1.manifest_sha256 {
        None if request.depth == Depth::Full && stamp::is_named(input) => jar.manifest_sha256(input)?,
        known => known,
    };
    let contents =
        stamp::Contents { parsed: &parsed, scope: &scope, manifest_sha256, holds: verdict == Verdict::Verified };
    let source_stamp = stamp::examine(input, block.as_ref(), (request, &contents), &mut findings)?;
    let v1 = v1.signers;
    Ok(Signatures {
        verdict,
        schemes: scope.present.into_iter().collect(),
        signers: parsed.signers(&v1),
        lineage: parsed.lineage(),
        source_stamp,
        device: parsed.shows(&v1).by_level(levels),
        problems: findings.problems,
        warnings: findings.warnings,
        notes: findings.notes,
        block_ids: block.as_ref().map(SigningBlock::ids).unwrap_or_default(),
        unknown_pairs: block.as_ref().map(SigningBlock::unknown_ids).unwrap_or_default(),
    })
}

/// The signers of v1: verified when v1 is used and everything is checked, else as their PKCS#7 files say.
fn examine_jar(
    jar: &JarFiles<'_>,
    input: Input<'_>,
    (request, scope): (&Request, &Scope),
) -> Result<(jar::Verified, Findings), SignatureError> {
    let mut findings = Findings::default();
    let mut verified = jar::Verified::default();
    let used = scope.uses(Scheme::V1) && jar.is_present();
    if used && request.depth == Depth::Full {
        let block_schemes = scope.used.iter().copied().filter(|scheme| *scheme != Scheme::V1).collect();
        let jar_scope = JarScope {
            input,
            kind: request.kind,
            levels: scope.levels,
            block_schemes,
            known: request.entry_digests.as_ref(),
        };
        verified = jar.verify(&jar_scope, &mut findings)?;
    }
    if verified.signers.is_empty() {
        let mut claims = Findings::default();
        verified.signers = jar.claimed_signers(input, &mut claims)?;
        if used && request.depth == Depth::Certificates {
            findings.problems.append(&mut claims.problems);
        }
    }
    Ok((verified, findings))
}

/// What no device installs, whatever its signature.
fn check_archive(directory: &Directory, findings: &mut Findings) {
    for violation in directory.violations().iter().filter(|violation| violation.is_refused_by_android()) {
        findings.problem(rules::ARCHIVE_REFUSED, None, violation.to_string());
    }
    if directory.find(APK_MANIFEST).is_none() {
        findings.problem(rules::APK_WITHOUT_MANIFEST, None, format!("the archive has no `{APK_MANIFEST}`"));
    }
}

fn find_block(input: Input<'_>, findings: &mut Findings) -> Result<Option<SigningBlock>, SignatureError> {
    match block::find(input.source, input.directory)? {
        Search::Absent => Ok(None),
        Search::Ignored(reason, _) => {
            let message = format!("there is a signing block that Android does not see: {reason}");
            findings.warning(rules::SIGNING_BLOCK_IGNORED, None, message);
            Ok(None)
        }
        Search::Found(block) => {
            block.report(input.source, findings)?;
            check_overlap(input.directory, &block, findings);
            Ok(Some(block))
        }
    }
}

/// No entry may reach into the signing block, which no signature covers as a whole.
fn check_overlap(directory: &Directory, block: &SigningBlock, findings: &mut Findings) {
    for entry in directory.entries() {
        let least_end = entry.local_header_offset.saturating_add(30).saturating_add(entry.declared_compressed_size);
        if least_end > block.range.start {
            let message = format!("entry `{}` reaches into the signing block", Untrusted(&entry.name));
            findings.problem(rules::ENTRY_INSIDE_SIGNING_BLOCK, None, message);
        }
    }
}

/// The digests of the contents that must hold for each scheme.
type Needed = BTreeMap<Scheme, BTreeSet<ContentDigest>>;

/// Checks the signers of each used scheme of the signing block.
fn check_schemes(parsed: &Parsed<'_>, scope: &Scope, findings: &mut Findings) -> Needed {
    let mut needed = Needed::new();
    let levels = scope.levels;
    let hybrid = parsed.hybrid_levels().filter(|_| scope.uses(Scheme::V32));
    let context = Context { levels, rotation_min: None, hybrid };
    if let Some(signers) = parsed.v32.as_ref().filter(|_| scope.uses(Scheme::V32)) {
        needed.insert(Scheme::V32, v32::check(signers, levels, findings));
    }
    let v31 = parsed.v31.as_ref().filter(|_| scope.uses(Scheme::V31));
    if let Some(signers) = v31 {
        needed.insert(Scheme::V31, v3::check(Scheme::V31, signers, context, findings));
    }
    if let Some(signers) = parsed.v3.as_ref().filter(|_| scope.uses(Scheme::V3)) {
        let rotation_min = v31.and_then(|signers| signers.iter().map(|signer| signer.block.sdk.0).min());
        needed.insert(Scheme::V3, v3::check(Scheme::V3, signers, Context { rotation_min, ..context }, findings));
    }
    if let Some(signers) = parsed.v2.as_ref().filter(|_| scope.uses(Scheme::V2)) {
        let v2_levels = (levels.0.max(first_level(Scheme::V2)), levels.1);
        let mut digests = BTreeSet::new();
        for signer in signers {
            digests.extend(check_signer(Scheme::V2, signer, v2_levels, findings).unwrap_or_default());
            check_newer_scheme_marks(signer, scope, findings);
        }
        needed.insert(Scheme::V2, digests);
    }
    needed
}

/// Digests the file once and compares what the signers say.
fn check_contents(
    input: Input<'_>,
    block: Option<&SigningBlock>,
    (parsed, scope, needed): (&Parsed<'_>, &Scope, &Needed),
) -> Result<Findings, SignatureError> {
    let mut findings = Findings::default();
    let Some(block) = block else { return Ok(findings) };
    let wanted: BTreeSet<ContentDigest> = needed.values().flatten().copied().collect();
    if wanted.contains(&ContentDigest::VeritySha256) && !content::is_page_aligned(&block.range) {
        let message = "a verity digest needs the signing block to begin and end at a multiple of 4096 bytes";
        findings.problem(rules::CONTENT_NOT_PAGE_ALIGNED, None, message);
    }
    let actual = content::digest(input, &block.range, &wanted)?;
    for (scheme, digests) in needed {
        let actual = actual.iter().filter(|(content, _)| digests.contains(content));
        let actual: Actual = actual.map(|(content, digest)| (*content, digest.clone())).collect();
        for signer in parsed.blocks(*scheme) {
            verify::check_contents(*scheme, signer, &actual, &mut findings);
        }
    }
    spare::check(parsed, scope, &actual, &mut findings);
    Ok(findings)
}

/// v2 says which newer scheme must be there too (apksigning/v3, "Stripping protection").
fn check_newer_scheme_marks(signer: &SignerBlock<'_>, scope: &Scope, findings: &mut Findings) {
    for (id, value) in &signer.attributes {
        if *id != attribute::NEWER_SCHEME {
            let message = format!("signer {} has the unknown attribute {id:#010x}", signer.number);
            findings.warning(rules::SIGNER_ATTRIBUTE_UNKNOWN, Scheme::V2, message);
            continue;
        }
        let Ok(number) = Reader::new(value).u32_le("scheme number") else {
            findings.problem(rules::SIGNER_ATTRIBUTE_MALFORMED, Scheme::V2, "the mark of a newer scheme is cut off");
            continue;
        };
        match number {
            2 => {}
            3 if scope.levels.1 < first_level(Scheme::V3) || scope.uses(Scheme::V3) => {}
            3 => {
                let message = "a v3 signature should be there, but it is not";
                findings.problem(rules::NEWER_SCHEME_STRIPPED, Scheme::V2, message);
            }
            other => {
                let message = format!("signer {} names the unknown scheme {other}", signer.number);
                findings.warning(rules::NEWER_SCHEME_UNKNOWN, Scheme::V2, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::Certificate;
    use crate::signature::testing::{certificate, fixture, pair, replace_block, scheme_value, signing_block};
    use crate::signature::{self, block::id};

    fn certificates_of(file: &[u8], min_sdk: u32) -> Signatures {
        let file = file.to_vec();
        let directory = Directory::read(&file).unwrap();
        let request = Request::for_apk(min_sdk).with_depth(Depth::Certificates);
        signature::examine(&file, &directory, &request).unwrap()
    }

    fn device(signatures: &Signatures) -> Vec<(u32, Option<u32>, Vec<Certificate>)> {
        let answers = signatures.device.iter();
        answers.map(|answer| (answer.range.min, answer.range.max, answer.certificates.clone())).collect()
    }

    #[test]
    fn one_key_is_one_answer_for_all_versions() {
        for name in ["demo-release", "signed-v2-only", "signed-v3-only", "source-stamp"] {
            let signatures = certificates_of(&fixture(&format!("apk/{name}.apk")), 28);
            assert_eq!(signatures.verdict, Verdict::NotChecked, "{name}: {:?}", signatures.problems);
            assert_eq!(device(&signatures), [(28, None, vec![certificate("release")])], "{name}");
        }
        let v1 = certificates_of(&fixture("apk/signed-v1-only.apk"), 21);
        assert_eq!(device(&v1), [(21, None, vec![certificate("release")])]);
        assert_eq!(v1.schemes, [Scheme::V1]);
        let ids: Vec<&str> = v1.notes.iter().map(|note| note.id).collect();
        assert_eq!(ids, ["jar-alone"]);
        assert_eq!(certificates_of(&fixture("apk/demo-release.apk"), 21).notes, []);
    }

    #[test]
    fn a_rotated_key_shows_its_oldest_certificate() {
        let signatures = certificates_of(&fixture("apk/rotated-v3-twice.apk"), 21);
        assert_eq!(signatures.problems, []);
        assert_eq!(device(&signatures), [(21, None, vec![certificate("release")])]);
        assert_eq!(signatures.lineage, ["release", "rotated-1", "rotated-2"].map(certificate));
        let v3 = signatures.signers.iter().find(|signer| signer.scheme == Scheme::V3).unwrap();
        assert_eq!(v3.certificate, certificate("rotated-2"));
    }

    #[test]
    fn several_signers_are_all_shown() {
        let signatures = certificates_of(&fixture("apk/two-signers.apk"), 21);
        let [answer] = &signatures.device[..] else { panic!("{:?}", signatures.device) };
        let wanted = ["release", "upload"].map(certificate);
        assert!(wanted.iter().all(|certificate| answer.certificates.contains(certificate)), "{answer:?}");
    }

    #[test]
    fn an_unsigned_file_is_unsigned() {
        let signatures = certificates_of(&fixture("apk/demo-unsigned.apk"), 21);
        assert_eq!((signatures.verdict, signatures.schemes, signatures.device), (Verdict::Unsigned, vec![], vec![]));
    }

    #[test]
    fn a_stripped_scheme_is_noticed() {
        let file = fixture("apk/demo-release.apk");
        let v2 = scheme_value("apk/demo-release.apk", Scheme::V2);
        let without_v3 = replace_block(&file, &signing_block(&[pair(id::V2, &v2)]));
        let ids = |signatures: Signatures| signatures.problems.iter().map(|problem| problem.id).collect::<Vec<_>>();
        assert_eq!(ids(certificates_of(&without_v3, 24)), ["newer-scheme-stripped"]);
        let without_v2 =
            replace_block(&file, &signing_block(&[pair(id::V3, &scheme_value("apk/demo-release.apk", Scheme::V3))]));
        assert_eq!(ids(certificates_of(&without_v2, 28)), [""; 0]);
    }

    #[test]
    fn below_android_7_only_v1_counts() {
        let signatures = certificates_of(&fixture("apk/signed-v2-only.apk"), 21);
        assert_eq!(signatures.problems[0].id, "jar-signature-missing");
        assert_eq!(signatures.verdict, Verdict::Rejected);
    }

    fn full(file: &[u8], min_sdk: u32) -> Signatures {
        let file = file.to_vec();
        let directory = Directory::read(&file).unwrap();
        signature::examine(&file, &directory, &Request::for_apk(min_sdk)).unwrap()
    }

    #[test]
    fn good_files_are_verified_with_each_algorithm() {
        for name in ["demo-release", "rotated-v3-twice", "signed-dsa-2048", "signed-ec-p256", "signed-ec-p384"] {
            let signatures = full(&fixture(&format!("apk/{name}.apk")), 24);
            assert_eq!((signatures.verdict, signatures.problems), (Verdict::Verified, vec![]), "{name}");
        }
        for name in ["signed-rsa-4096", "signed-chain", "two-signers", "signed-v2-only", "source-stamp"] {
            let signatures = full(&fixture(&format!("apk/{name}.apk")), 24);
            assert_eq!((signatures.verdict, signatures.problems), (Verdict::Verified, vec![]), "{name}");
        }
    }

    #[test]
    fn a_changed_entry_is_noticed() {
        let mut file = fixture("apk/demo-release.apk");
        file[200] ^= 1;
        let signatures = full(&file, 24);
        assert_eq!(signatures.verdict, Verdict::Rejected);
        let ids: Vec<(&str, Option<Scheme>)> =
            signatures.problems.iter().map(|problem| (problem.id, problem.scheme)).collect();
        let wanted = [Scheme::V2, Scheme::V3].map(|scheme| ("content-digest-mismatch", Some(scheme)));
        assert_eq!(ids, wanted);
    }

    #[test]
    fn an_app_for_android_11_needs_v2() {
        let file = fixture("apk/signed-v1-only.apk");
        let directory = Directory::read(&file).unwrap();
        let mut request = Request::for_apk(21).with_depth(Depth::Certificates);
        request.target_sdk = Some(30);
        request.target_sandbox_version = Some(2);
        let signatures = signature::examine(&file, &directory, &request).unwrap();
        let ids: Vec<&str> = signatures.problems.iter().map(|problem| problem.id).collect();
        assert_eq!(ids, ["target-sandbox-needs-v2", "target-sdk-needs-v2"]);
        request.max_sdk = Some(25);
        let found = signature::examine(&file, &directory, &request).unwrap();
        assert_eq!((found.problems, found.notes.len()), (vec![], 1));
    }
}
