//! How the schemes of an APK, its manifest and its signers fit each other (`ApkVerifier.verify`).

use super::findings::Findings;
use super::schemes::{Parsed, Scope};
use super::v3::{self, first_level};
use super::{Request, Scheme, Signer, rules};
use crate::certificate::Certificate;

/// What the manifest and the schemes demand of each other.
pub(super) fn check_demands(request: &Request, scope: &Scope, findings: &mut Findings) {
    if scope.uses(Scheme::V31) && !scope.uses(Scheme::V3) {
        findings.problem(rules::V31_WITHOUT_V3, Scheme::V31, "there is a v3.1 signature, but no v3 signature");
    }
    let below_v32 = scope.levels.0 < first_level(Scheme::V32);
    if scope.uses(Scheme::V32) && below_v32 && !scope.uses(Scheme::V3) {
        let message = "there is a v3.2 signature, but no v3 signature for older Android versions";
        findings.problem(rules::V32_WITHOUT_V3, Scheme::V32, message);
    }
    if scope.uses(Scheme::V1) && !scope.present.is_empty() && !scope.present.contains(&Scheme::V1) {
        let message = format!("API levels below {} need a v1 signature, and there is none", first_level(Scheme::V2));
        findings.problem(rules::JAR_SIGNATURE_MISSING, Scheme::V1, message);
    }
    let sandbox = request.target_sandbox_version.unwrap_or(1);
    if sandbox > 1 && scope.levels.1 >= 26 && !scope.uses_block() {
        let message = format!("targetSandboxVersion {sandbox} needs APK Signature Scheme v2 or newer");
        findings.problem(rules::TARGET_SANDBOX_NEEDS_V2, None, message);
    }
    let target = request.target_sdk.unwrap_or(0);
    if target >= 30 && scope.levels.1 >= target && !scope.uses_block() {
        let message = format!("targetSdkVersion {target} needs APK Signature Scheme v2 or newer");
        findings.problem(rules::TARGET_SDK_NEEDS_V2, None, message);
    }
    if scope.present.iter().eq([&Scheme::V1]) && !findings.has_problems() {
        let message = "it alone covers the contents of entries, not times, attributes and other parts of the archive";
        findings.note(rules::JAR_ALONE, Scheme::V1, message);
    }
}

/// v1 and v2 must have the same signers, and v3 must have the same one or a lineage that begins with it.
pub(super) fn check_signers(parsed: &Parsed<'_>, scope: &Scope, v1: &[Signer], findings: &mut Findings) {
    let v1: Option<Vec<&Certificate>> =
        scope.uses(Scheme::V1).then(|| v1.iter().map(|signer| &signer.certificate).collect());
    let v2: Option<Vec<&Certificate>> = parsed
        .v2
        .as_ref()
        .filter(|_| scope.uses(Scheme::V2))
        .map(|signers| signers.iter().filter_map(|signer| signer.certificates.first()).collect());
    if let (Some(v1), Some(v2)) = (&v1, &v2) {
        let same = v1.iter().all(|certificate| v2.contains(certificate))
            && v2.iter().all(|certificate| v1.contains(certificate));
        if !same {
            let message = "the signers of v1 and v2 are not the same";
            findings.problem(rules::V1_V2_SIGNERS_DIFFER, Scheme::V2, message);
        }
    }
    if let Some(past) = v1.or(v2) {
        check_past_signers(parsed, scope, &past, findings);
    }
}

/// The signer of v1 or v2 must be the root of the lineage, or the signer of v3 itself.
fn check_past_signers(parsed: &Parsed<'_>, scope: &Scope, past: &[&Certificate], findings: &mut Findings) {
    let Some(v3) = parsed.v3.as_ref().filter(|_| scope.uses(Scheme::V3)) else { return };
    if past.len() != 1 {
        let message = "v1 or v2 has several signers, v3 knows one";
        findings.problem(rules::V3_SEVERAL_PAST_SIGNERS, Scheme::V3, message);
    }
    let v31 = parsed.v31.as_deref().filter(|_| scope.uses(Scheme::V31));
    let lineage = v31.and_then(v3::longest_lineage).or_else(|| v3::longest_lineage(v3));
    let wanted = match lineage {
        Some(lineage) => lineage.oldest(),
        None => v3.first().and_then(|signer| signer.block.certificates.first()),
    };
    if lineage.is_none() && v3.len() != 1 {
        let message = "v3 has several signers, but no lineage";
        findings.problem(rules::V3_SEVERAL_SIGNERS, Scheme::V3, message);
    }
    if wanted != past.first().copied() {
        let message = "v3 is signed by another key than v1 or v2, and no lineage begins with that one";
        findings.problem(rules::V3_PAST_SIGNER_MISMATCH, Scheme::V3, message);
    }
}
