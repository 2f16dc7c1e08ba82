//! What holds for one signer by itself: its signature, its key, its lists of algorithms
//! (`V2SchemeVerifier.parseSigner`, `V3SchemeVerifier.parseSigner`).

use super::Scheme;
use super::algorithm::{Algorithm, AlgorithmId, ContentDigest};
use super::findings::Findings;
use super::key::{self, PublicKey};
use super::rules;
use super::signer::{Record, SignerBlock};
use super::x509;
use crate::text::hex;
use std::collections::{BTreeMap, BTreeSet};

/// API levels, both ends included.
pub(super) type Levels = (u32, u32);

/// The signatures that some Android version in `levels` looks at: on each version the strongest that it knows
/// (`ApkSigningBlockUtilsLite.getSignaturesToVerify`). Empty when the lowest version knows none.
pub(super) fn used_signatures<'a>(signatures: &[Record<'a>], levels: Levels) -> Vec<(Algorithm, Record<'a>)> {
    let mut best: BTreeMap<u32, (Algorithm, Record<'a>)> = BTreeMap::new();
    for record in signatures {
        let Some(algorithm) = record.0.known().filter(|algorithm| algorithm.min_sdk <= levels.1) else { continue };
        let better = best.get(&algorithm.min_sdk).is_none_or(|(other, _)| algorithm.content > other.content);
        if better {
            best.insert(algorithm.min_sdk, (algorithm, *record));
        }
    }
    let covered = best.first_key_value().is_some_and(|(first, _)| *first <= levels.0);
    if covered { best.into_values().collect() } else { Vec::new() }
}

/// Checks a signer by itself. Returns the digests of the contents that must hold, if it is good so far.
pub(super) fn check_signer(
    scheme: Scheme,
    signer: &SignerBlock<'_>,
    levels: Levels,
    findings: &mut Findings,
) -> Option<BTreeSet<ContentDigest>> {
    let before = findings.problems.len();
    let digests = check_signatures(scheme, signer, levels, findings);
    check_certificates(scheme, signer, findings);
    let signatures: Vec<AlgorithmId> = signer.signatures.iter().map(|(algorithm, _)| *algorithm).collect();
    let digested: Vec<AlgorithmId> = signer.digests.iter().map(|(algorithm, _)| *algorithm).collect();
    if signatures != digested {
        let message = format!("signer {}: signatures and digests are for different algorithms", signer.number);
        findings.problem(rules::SIGNER_ALGORITHMS_DIFFER, scheme, message);
    }
    (findings.problems.len() == before).then_some(digests)
}

fn check_signatures(
    scheme: Scheme,
    signer: &SignerBlock<'_>,
    levels: Levels,
    findings: &mut Findings,
) -> BTreeSet<ContentDigest> {
    let number = signer.number;
    if signer.signatures.is_empty() {
        findings.problem(rules::SIGNER_WITHOUT_SIGNATURE, scheme, format!("signer {number} has no signature"));
        return BTreeSet::new();
    }
    let used = used_signatures(&signer.signatures, levels);
    if used.is_empty() {
        let message = format!("signer {number} has no signature that Android knows from API level {} on", levels.0);
        findings.problem(rules::SIGNER_ALGORITHM_UNSUPPORTED, scheme, message);
    }
    let Some(key) = PublicKey::parse(signer.public_key) else {
        let message = format!("signer {number}: its public key cannot be read");
        findings.problem(rules::SIGNER_KEY_MALFORMED, scheme, message);
        return BTreeSet::new();
    };
    let holds = |algorithm: Algorithm, signature: &[u8]| key.verify(algorithm.method, signer.signed_data, signature);
    for (algorithm, (id, signature)) in &used {
        if !key.fits(algorithm.method) {
            let message = format!("signer {number}: its public key does not fit {id}");
            findings.problem(rules::SIGNER_KEY_MALFORMED, scheme, message);
        } else if !holds(*algorithm, signature) {
            let message = format!("signer {number}: its signature ({id}) is wrong");
            findings.problem(rules::SIGNER_SIGNATURE_WRONG, scheme, message);
        }
    }
    for record in signer.signatures.iter().filter(|record| !used.iter().any(|(_, other)| other == *record)) {
        match record.0.known() {
            None => {
                let message = format!("signer {number} has a signature with the unknown {}", record.0);
                findings.warning(rules::SIGNER_ALGORITHM_UNKNOWN, scheme, message);
            }
            Some(algorithm) if !holds(algorithm, record.1) => {
                let message =
                    format!("signer {number}: a signature that no Android version uses ({}) is wrong", record.0);
                findings.warning(rules::SIGNER_SPARE_SIGNATURE_WRONG, scheme, message);
            }
            Some(_) => {}
        }
    }
    used.iter().map(|(algorithm, _)| algorithm.content).collect()
}

fn check_certificates(scheme: Scheme, signer: &SignerBlock<'_>, findings: &mut Findings) {
    let number = signer.number;
    let Some(first) = signer.certificates.first() else {
        findings.problem(rules::SIGNER_WITHOUT_CERTIFICATE, scheme, format!("signer {number} has no certificate"));
        return;
    };
    for (index, certificate) in signer.certificates.iter().enumerate() {
        if let Some(defect) = x509::defect(certificate) {
            let message = format!("signer {number}: certificate {}: {defect}", index.saturating_add(1));
            findings.problem(rules::SIGNER_CERTIFICATE_MALFORMED, scheme, message);
        }
    }
    let certified = first.public_key_info().unwrap_or_default();
    let same = certified == signer.public_key || key::canonical(certified).as_deref() == Some(signer.public_key);
    if !same {
        let message = format!("signer {number}: its public key is not that of its certificate");
        findings.problem(rules::SIGNER_KEY_MISMATCH, scheme, message);
    }
    if scheme != Scheme::V32 && key::is_ml_dsa(certified) {
        let message = format!("signer {number} has an ML-DSA key");
        findings.problem(rules::ML_DSA_OUTSIDE_V32, scheme, message);
    }
}

/// Digests of the contents as they are.
pub(super) type Actual = BTreeMap<ContentDigest, Vec<u8>>;

/// Compares a signer's digests of the contents with the actual ones of its scheme
/// (`ApkSigningBlockUtils.verifyIntegrity`).
pub(super) fn check_contents(scheme: Scheme, signer: &SignerBlock<'_>, actual: &Actual, findings: &mut Findings) {
    for (id, digest) in &signer.digests {
        let Some(content) = id.known().map(|algorithm| algorithm.content) else { continue };
        let Some(actual) = actual.get(&content).filter(|actual| actual != digest) else { continue };
        let (signed, found) = (hex(digest.get(..64).unwrap_or(digest)), hex(actual));
        let message =
            format!("signer {}: the {content} digest of the contents is {found}, signed is {signed}", signer.number);
        findings.problem(rules::CONTENT_DIGEST_MISMATCH, scheme, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::signer;
    use crate::signature::testing::scheme_value;

    fn ids(signatures: &[u32], levels: Levels) -> Vec<u32> {
        let records: Vec<Record<'_>> = signatures.iter().map(|id| (AlgorithmId(*id), &b""[..])).collect();
        used_signatures(&records, levels).iter().map(|(_, (id, _))| id.0).collect()
    }

    #[test]
    fn each_android_version_uses_the_strongest_signature_that_it_knows() {
        assert_eq!(ids(&[0x0103, 0x0104], (24, 99)), [0x0104]);
        assert_eq!(ids(&[0x0103, 0x0421], (24, 99)), [0x0103, 0x0421]);
        assert_eq!(ids(&[0x0103, 0x0421], (24, 27)), [0x0103]);
        assert_eq!(ids(&[0x0421], (24, 99)), [0_u32; 0], "24 to 27 know none");
        assert_eq!(ids(&[0x0421], (28, 99)), [0x0421]);
        assert_eq!(ids(&[0x0999], (24, 99)), [0_u32; 0]);
    }

    #[test]
    fn each_changed_byte_of_a_signer_is_refused_or_reported() {
        for (name, scheme) in [("apk/signed-v2-only.apk", Scheme::V2), ("apk/signed-v3-only.apk", Scheme::V3)] {
            let value = scheme_value(name, scheme);
            for at in 0..value.len() {
                let mut changed = value.clone();
                changed[at] ^= 1;
                let mut findings = Findings::default();
                let signers = signer::parse(scheme, &changed, &mut findings);
                for signer in &signers {
                    check_signer(scheme, signer, (28, 99), &mut findings);
                    if signer.sdk != signer.signed_sdk {
                        findings.problem(rules::SDK_RANGE_MISMATCH, scheme, "");
                    }
                }
                assert!(findings.has_problems() || !findings.warnings.is_empty(), "{name}: byte {at}");
            }
        }
    }
}
