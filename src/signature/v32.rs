//! v3.2: one classical and one ML-DSA signer for the same Android versions; both must hold
//! (apksigning/v3-2; the platform's `ApkSignatureSchemeV3Verifier.verifyV32Signers`).
//!
//! The platform treats the pair as a rotation from the classical key to the ML-DSA key, so a device shows the oldest
//! certificate of the classical signer's lineage, or the classical certificate itself.

use super::Scheme;
use super::algorithm::ContentDigest;
use super::device::Shown;
use super::findings::Findings;
use super::key;
use super::lineage::{Lineage, Node};
use super::rules;
use super::v3::{self, Context, V3Signer};
use super::verify::{Levels, check_signer};
use std::collections::BTreeSet;

/// The two signers, told apart.
struct Pair<'s, 'a> {
    classical: &'s V3Signer<'a>,
    ml_dsa: &'s V3Signer<'a>,
}

fn has_ml_dsa_key(signer: &V3Signer<'_>) -> bool {
    let certificate = signer.block.certificates.first();
    certificate.and_then(|certificate| certificate.public_key_info()).is_some_and(key::is_ml_dsa)
}

fn pair<'s, 'a>(signers: &'s [V3Signer<'a>]) -> Option<Pair<'s, 'a>> {
    match signers {
        [one, other] if has_ml_dsa_key(other) && !has_ml_dsa_key(one) => Some(Pair { classical: one, ml_dsa: other }),
        [one, other] if has_ml_dsa_key(one) && !has_ml_dsa_key(other) => Some(Pair { classical: other, ml_dsa: one }),
        _ => None,
    }
}

/// Checks both signers. Returns the digests of the contents that must hold.
pub(super) fn check(signers: &[V3Signer<'_>], levels: Levels, findings: &mut Findings) -> BTreeSet<ContentDigest> {
    const SCHEME: Scheme = Scheme::V32;
    // Marks of v3.1 and v3.2 belong into older schemes: here they name something that is not there.
    let context = Context { levels, rotation_min: None, hybrid: None };
    let mut digests = BTreeSet::new();
    for signer in signers {
        v3::check_sdk(SCHEME, &signer.block, findings);
        digests.extend(check_signer(SCHEME, &signer.block, signer.block.sdk, findings).unwrap_or_default());
        v3::check_lineage(SCHEME, signer, findings);
        v3::check_attributes(SCHEME, &signer.block, context, findings);
    }
    let Some(pair) = pair(signers) else {
        if !signers.is_empty() {
            let message = format!("there are {} signers, not one classical and one ML-DSA signer", signers.len());
            findings.problem(rules::V32_SIGNERS, SCHEME, message);
        }
        return digests;
    };
    let (classical, ml_dsa) = (pair.classical.block.sdk, pair.ml_dsa.block.sdk);
    if classical != ml_dsa {
        let message = format!(
            "the signers are for different API levels: {} to {} and {} to {}",
            classical.0, classical.1, ml_dsa.0, ml_dsa.1
        );
        findings.problem(rules::V32_SDK_MISMATCH, SCHEME, message);
    }
    if !pair.has_same_ancestors() {
        let message = "the signers have different ancestors, or give them different rights";
        findings.problem(rules::V32_LINEAGES_DIFFER, SCHEME, message);
    }
    if !pair.has_same_digests() {
        findings.problem(rules::V32_DIGESTS_DIFFER, SCHEME, "the signers have different digests of the contents");
    }
    digests
}

impl Pair<'_, '_> {
    fn has_same_ancestors(&self) -> bool {
        let ancestors = |lineage: &Lineage| -> Vec<Node> {
            let count = lineage.nodes.len().saturating_sub(1);
            lineage.nodes.iter().take(count).cloned().collect()
        };
        match (&self.classical.lineage, &self.ml_dsa.lineage) {
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
            (Some(classical), Some(ml_dsa)) => {
                let (classical, ml_dsa) = (ancestors(classical), ancestors(ml_dsa));
                let same =
                    |(one, other): (&Node, &Node)| one.certificate == other.certificate && one.flags == other.flags;
                classical.len() == ml_dsa.len() && classical.iter().zip(&ml_dsa).all(same)
            }
        }
    }

    fn has_same_digests(&self) -> bool {
        let of = |signer: &V3Signer<'_>| -> Vec<(ContentDigest, Vec<u8>)> {
            let known = signer.block.digests.iter();
            known.filter_map(|(id, digest)| Some((id.known()?.content, digest.to_vec()))).collect()
        };
        let ml_dsa = of(self.ml_dsa);
        of(self.classical).iter().all(|(content, digest)| {
            ml_dsa.iter().filter(|(other, _)| other == content).all(|(_, other)| other == digest)
        })
    }
}

/// What a device shows.
pub(super) fn shown(signers: &[V3Signer<'_>]) -> Vec<Shown> {
    let classical = pair(signers).map(|pair| pair.classical);
    let shown = classical.and_then(|signer| {
        let (min, max) = v3::device_levels(signer);
        signer.shown().map(|certificate| Shown { levels: (min, max), certificate: certificate.clone() })
    });
    shown.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::block::id;
    use crate::signature::signer::attribute;
    use crate::signature::testing::{
        TestKey, TestSigner, certificate, examined, lineage, pair, signing_block, v3_value, with_block,
    };
    use crate::signature::v3::LAST_LEVEL;
    use crate::signature::{Request, Verdict};

    const FALLBACK: TestKey = TestKey::Rsa("release");
    const CLASSICAL: TestKey = TestKey::Rsa("rotated-1");
    const ML_DSA: TestKey = TestKey::MlDsa(7);
    const HYBRID: Levels = (37, LAST_LEVEL);

    fn fallback() -> TestSigner {
        TestSigner::new(FALLBACK, (28, 36)).with(attribute::HYBRID_MIN_SDK, &37_u32.to_le_bytes())
    }

    fn signer(key: TestKey) -> TestSigner {
        TestSigner::new(key, HYBRID).with(attribute::LINEAGE, &lineage(&[FALLBACK, key]))
    }

    fn file(v3: &TestSigner, v32: &[TestSigner]) -> Vec<u8> {
        let mut pairs = vec![pair(id::V3, &v3_value(std::slice::from_ref(v3)))];
        if !v32.is_empty() {
            pairs.push(pair(id::V32, &v3_value(v32)));
        }
        with_block(&signing_block(&pairs))
    }

    fn ids(v3: &TestSigner, v32: &[TestSigner]) -> Vec<&'static str> {
        let (signatures, ids) = examined(&file(v3, v32), &Request::for_apk(28));
        assert_eq!(signatures.verdict == Verdict::Verified, ids.is_empty());
        ids
    }

    #[test]
    fn both_signers_hold() {
        let file = file(&fallback(), &[signer(CLASSICAL), signer(ML_DSA)]);
        let (signatures, ids) = examined(&file, &Request::for_apk(28));
        assert_eq!((signatures.verdict, ids), (Verdict::Verified, vec![]));
        assert_eq!(signatures.warnings, []);
        assert_eq!(signatures.schemes, [Scheme::V3, Scheme::V32]);
        let [answer] = &signatures.device[..] else { panic!("{:?}", signatures.device) };
        assert_eq!(answer.certificates, [certificate("release")]);
    }

    #[test]
    fn without_lineage_the_device_shows_the_classical_certificate() {
        let bare = |key| TestSigner::new(key, HYBRID);
        let file = file(&fallback(), &[bare(ML_DSA), bare(CLASSICAL)]);
        let (signatures, ids) = examined(&file, &Request::for_apk(28));
        assert_eq!((signatures.verdict, ids), (Verdict::Verified, vec![]));
        let shown: Vec<&str> = signatures
            .device
            .iter()
            .map(|answer| if answer.certificates == [certificate("release")] { "release" } else { "other" })
            .collect();
        assert_eq!(shown, ["release", "other"]);
        assert_eq!(signatures.device[1].certificates, [certificate("rotated-1")]);
    }

    #[test]
    fn a_changed_ml_dsa_signature_is_noticed() {
        let value = v3_value(&[signer(CLASSICAL), signer(ML_DSA)]);
        let mut changed = value.clone();
        // The public key with its header of 22 bytes and its length stands last, the signature before it.
        let inside = value.len() - 1952 - 22 - 4 - 1000;
        changed[inside] ^= 1;
        let pairs = [pair(id::V3, &v3_value(&[fallback()])), pair(id::V32, &changed)];
        let (_, ids) = examined(&with_block(&signing_block(&pairs)), &Request::for_apk(28));
        assert_eq!(ids, ["signer-signature-wrong"]);
    }

    #[test]
    fn each_rule_has_its_problem() {
        let other = TestKey::Rsa("upload");
        assert_eq!(ids(&fallback(), &[]), ["v32-stripped", "sdk-range-uncovered"]);
        assert_eq!(ids(&fallback(), &[signer(CLASSICAL)]), ["v32-signers"]);
        assert_eq!(ids(&fallback(), &[signer(CLASSICAL), signer(other)]), ["v32-signers"]);
        let bare = TestSigner::new(ML_DSA, HYBRID);
        assert_eq!(ids(&fallback(), &[signer(CLASSICAL), bare]), ["v32-lineages-differ"]);
        let ancestor = TestSigner::new(ML_DSA, HYBRID).with(attribute::LINEAGE, &lineage(&[other, ML_DSA]));
        assert_eq!(ids(&fallback(), &[signer(CLASSICAL), ancestor]), ["v32-lineages-differ"]);
        let later = TestSigner::new(ML_DSA, (38, LAST_LEVEL)).with(attribute::LINEAGE, &lineage(&[FALLBACK, ML_DSA]));
        assert_eq!(ids(&fallback(), &[signer(CLASSICAL), later]), ["v32-sdk-mismatch"]);
        let marked = TestSigner::new(FALLBACK, (28, 37)).with(attribute::HYBRID_MIN_SDK, &38_u32.to_le_bytes());
        assert_eq!(ids(&marked, &[signer(CLASSICAL), signer(ML_DSA)]), ["v32-sdk-mismatch"]);
    }

    #[test]
    fn ml_dsa_alone_is_refused_elsewhere() {
        let alone = TestSigner::new(ML_DSA, (37, LAST_LEVEL));
        let file = with_block(&signing_block(&[pair(id::V3, &v3_value(&[alone]))]));
        assert_eq!(examined(&file, &Request::for_apk(37)).1, ["ml-dsa-outside-v32"]);
    }

    #[test]
    fn older_versions_need_v3() {
        let file = with_block(&signing_block(&[pair(id::V32, &v3_value(&[signer(CLASSICAL), signer(ML_DSA)]))]));
        assert_eq!(examined(&file, &Request::for_apk(28)).1, ["v32-without-v3"]);
        assert_eq!(examined(&file, &Request::for_apk(37)).1, [""; 0]);
    }
}
