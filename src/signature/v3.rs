//! v3 and v3.1: one signer for each Android version, and the lineage of a rotated key
//! (`V3SchemeVerifier.java`; the platform's `ApkSignatureSchemeV3Verifier.java`).

use super::Scheme;
use super::algorithm::ContentDigest;
use super::findings::Findings;
use super::lineage::Lineage;
use super::rules;
use super::signer::{self, SignerBlock, attribute};
use super::verify::{Levels, check_signer};
use crate::bytes::Reader;
use crate::certificate::Certificate;
use std::collections::BTreeSet;

/// The largest API level that a signer can name (Java's `Integer.MAX_VALUE`).
pub(super) const LAST_LEVEL: u32 = 0x7fff_ffff;

/// A signer with its lineage.
#[derive(Debug)]
pub(super) struct V3Signer<'a> {
    pub(super) block: SignerBlock<'a>,
    pub(super) lineage: Option<Lineage>,
}

impl V3Signer<'_> {
    /// The certificate that a device shows: the oldest of the lineage, else the signer's own.
    pub(super) fn shown(&self) -> Option<&Certificate> {
        let own = self.block.certificates.first();
        self.lineage.as_ref().and_then(Lineage::oldest).or(own)
    }

    /// Whether the signer is for a platform that is not released yet (v3.1 and newer).
    pub(super) fn is_for_dev_release(&self) -> bool {
        self.block.attribute(attribute::DEV_RELEASE).is_some()
    }

    fn lineage_length(&self) -> usize {
        self.lineage.as_ref().map_or(0, |lineage| lineage.nodes.len())
    }
}

/// The levels on which a device uses a signer. One for a development release does not count on its first level, which
/// belongs to the platform that was released before.
pub(super) fn device_levels(signer: &V3Signer<'_>) -> Levels {
    let (min, max) = signer.block.sdk;
    if signer.is_for_dev_release() { (min.saturating_add(1), max) } else { (min, max) }
}

/// Reads the signers of a v3, v3.1 or v3.2 pair and their lineages.
pub(super) fn parse<'a>(scheme: Scheme, value: &'a [u8], findings: &mut Findings) -> Vec<V3Signer<'a>> {
    let signers = signer::parse(scheme, value, findings);
    signers.into_iter().map(|block| read_lineage(scheme, block, findings)).collect()
}

fn read_lineage<'a>(scheme: Scheme, block: SignerBlock<'a>, findings: &mut Findings) -> V3Signer<'a> {
    let mut values = block.attributes.iter().filter(|(id, _)| *id == attribute::LINEAGE).map(|(_, value)| *value);
    let lineage = values.next().and_then(|value| match Lineage::parse(value) {
        Ok(lineage) => Some(lineage),
        Err((rule, message)) => {
            findings.problem(rule, scheme, format!("lineage of signer {}: {message}", block.number));
            None
        }
    });
    if values.next().is_some() {
        findings.problem(rules::LINEAGE_TWICE, scheme, format!("signer {} has two lineages", block.number));
    }
    V3Signer { block, lineage }
}

/// What the other schemes say about the API levels of this one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    /// The API levels in question.
    pub(super) levels: Levels,
    /// The first API level of the v3.1 signers, when v3 is checked and v3.1 is there.
    pub(super) rotation_min: Option<u32>,
    /// The API levels of the v3.2 signers, when v3.2 is there.
    pub(super) hybrid: Option<Levels>,
}

/// Checks all signers of v3 or v3.1. Returns the digests of the contents that must hold.
pub(super) fn check(
    scheme: Scheme,
    signers: &[V3Signer<'_>],
    context: Context,
    findings: &mut Findings,
) -> BTreeSet<ContentDigest> {
    let mut digests = BTreeSet::new();
    for signer in signers {
        check_sdk(scheme, &signer.block, findings);
        digests.extend(check_signer(scheme, &signer.block, signer.block.sdk, findings).unwrap_or_default());
        check_lineage(scheme, signer, findings);
        check_attributes(scheme, &signer.block, context, findings);
    }
    check_ranges(scheme, signers, context, findings);
    check_lineages(scheme, signers, findings);
    digests
}

/// A signer's range stands twice: inside the signed data and beside it.
pub(super) fn check_sdk(scheme: Scheme, signer: &SignerBlock<'_>, findings: &mut Findings) {
    let (min, max) = signer.sdk;
    if max > LAST_LEVEL || min > max {
        let message = format!("signer {} is for API levels {min} to {max}", signer.number);
        findings.problem(rules::SDK_RANGE_INVALID, scheme, message);
    }
    if signer.sdk != signer.signed_sdk {
        let (signed_min, signed_max) = signer.signed_sdk;
        let message =
            format!("signer {} says API levels {min} to {max}, but signed {signed_min} to {signed_max}", signer.number);
        findings.problem(rules::SDK_RANGE_MISMATCH, scheme, message);
    }
}

pub(super) fn check_lineage(scheme: Scheme, signer: &V3Signer<'_>, findings: &mut Findings) {
    let Some(lineage) = &signer.lineage else { return };
    let number = signer.block.number;
    if let Err((rule, message)) = lineage.verify() {
        findings.problem(rule, scheme, format!("lineage of signer {number}: {message}"));
    }
    if lineage.newest() != signer.block.certificates.first() {
        let message = format!("the lineage of signer {number} does not end with its certificate");
        findings.problem(rules::LINEAGE_SIGNER_MISMATCH, scheme, message);
    }
}

pub(super) fn check_attributes(scheme: Scheme, signer: &SignerBlock<'_>, context: Context, findings: &mut Findings) {
    let number = signer.number;
    let mut protects_v31 = false;
    for (id, value) in &signer.attributes {
        match *id {
            attribute::LINEAGE => {}
            attribute::ROTATION_MIN_SDK => {
                protects_v31 = true;
                check_rotation_mark(scheme, value, context, findings);
            }
            attribute::DEV_RELEASE if scheme != Scheme::V3 => {}
            attribute::DEV_RELEASE => {
                let message = format!("signer {number} has the mark of a v3.1 signer for an unreleased platform");
                findings.warning(rules::V31_DEV_RELEASE_ON_V3, scheme, message);
            }
            attribute::HYBRID_MIN_SDK | attribute::HYBRID_MAX_SDK => {}
            other => {
                let message = format!("signer {number} has the unknown attribute {other:#010x}");
                findings.warning(rules::SIGNER_ATTRIBUTE_UNKNOWN, scheme, message);
            }
        }
    }
    if let Some(rotation_min) = context.rotation_min.filter(|_| !protects_v31) {
        let message = format!("signer {number} does not say that v3.1 is there from API level {rotation_min} on");
        findings.warning(rules::V31_NOT_PROTECTED, scheme, message);
    }
    check_hybrid_marks(scheme, signer, context, findings);
}

/// The mark says from which API level v3.1 is there. Only Android 13 and newer look at it.
fn check_rotation_mark(scheme: Scheme, value: &[u8], context: Context, findings: &mut Findings) {
    if context.levels.1 < first_level(Scheme::V31) {
        return;
    }
    let Ok(marked) = Reader::new(value).u32_le("rotation SDK") else {
        findings.problem(rules::SIGNER_ATTRIBUTE_MALFORMED, scheme, "the mark of v3.1 is cut off");
        return;
    };
    match context.rotation_min {
        Some(rotation_min) if rotation_min == marked => {}
        Some(rotation_min) => {
            let message = format!("v3.1 should be there from API level {marked} on, but it begins at {rotation_min}");
            findings.problem(rules::V31_MIN_SDK_MISMATCH, scheme, message);
        }
        None => {
            let message = format!("v3.1 should be there from API level {marked} on, but it is not");
            findings.problem(rules::V31_STRIPPED, scheme, message);
        }
    }
}

/// The marks say for which API levels v3.2 is there. Only Android 17 and newer look at them.
fn check_hybrid_marks(scheme: Scheme, signer: &SignerBlock<'_>, context: Context, findings: &mut Findings) {
    let min = signer.number_attribute(attribute::HYBRID_MIN_SDK);
    let max = signer.number_attribute(attribute::HYBRID_MAX_SDK);
    if (min.is_none() && max.is_none()) || context.levels.1 < first_level(Scheme::V32) {
        return;
    }
    let (Some(Some(min)), None | Some(Some(_))) = (min, max) else {
        findings.problem(rules::SIGNER_ATTRIBUTE_MALFORMED, scheme, "the marks of v3.2 are incomplete");
        return;
    };
    let max = max.flatten();
    match context.hybrid {
        None => {
            let message = format!("v3.2 should be there from API level {min} on, but it is not");
            findings.problem(rules::V32_STRIPPED, scheme, message);
        }
        Some((found_min, found_max)) if found_min != min || max.is_some_and(|max| max != found_max) => {
            let message = format!("v3.2 should begin at API level {min}, but it is for {found_min} to {found_max}");
            findings.problem(rules::V32_SDK_MISMATCH, scheme, message);
        }
        Some(_) => {}
    }
}

/// The first API level that knows a scheme.
pub(super) fn first_level(scheme: Scheme) -> u32 {
    match scheme {
        Scheme::V1 => 0,
        Scheme::V2 => 24,
        Scheme::V3 => 28,
        Scheme::V31 => 33,
        Scheme::V32 => 37,
    }
}

/// No overlap, no hole, all API levels in question covered, and lineages that only grow.
fn check_ranges(scheme: Scheme, signers: &[V3Signer<'_>], context: Context, findings: &mut Findings) {
    let mut sorted: Vec<&V3Signer<'_>> = signers.iter().collect();
    sorted.sort_by_key(|signer| (signer.block.sdk.1, signer.block.sdk.0));
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else { return };
    for (earlier, later) in sorted.iter().zip(sorted.iter().skip(1)) {
        let (end, begin) = (earlier.block.sdk.1, later.block.sdk.0);
        let shared = begin == end && later.is_for_dev_release();
        if end.checked_add(1) != Some(begin) && !shared {
            let message = format!("one signer is for API levels up to {end}, the next from {begin} on");
            findings.problem(rules::SDK_RANGES_INCONSISTENT, scheme, message);
        }
        if later.lineage.is_some() && later.lineage_length() < earlier.lineage_length() {
            let message = "a signer for newer Android versions has a shorter lineage";
            findings.problem(rules::LINEAGES_INCONSISTENT, scheme, message);
        }
    }
    let below = |level: u32| level.saturating_sub(1);
    let mut wanted_max = context.rotation_min.map_or(context.levels.1, below);
    if let Some((hybrid_min, _)) = context.hybrid.filter(|(_, hybrid_max)| *hybrid_max >= context.levels.1) {
        wanted_max = wanted_max.min(below(hybrid_min));
    }
    // v3.1 may begin later than at 33, as v3 covers what is below.
    let wanted_min = if scheme == Scheme::V3 { context.levels.0.max(first_level(scheme)) } else { wanted_max };
    let (min, max) = (first.block.sdk.0, last.block.sdk.1);
    if min > wanted_min || max < wanted_max {
        let message = format!("the signers are for API levels {min} to {max}, needed is {wanted_min} to {wanted_max}");
        findings.problem(rules::SDK_RANGE_UNCOVERED, scheme, message);
    }
}

/// Each lineage must be the beginning of the longest one.
fn check_lineages(scheme: Scheme, signers: &[V3Signer<'_>], findings: &mut Findings) {
    let Some(longest) = longest_lineage(signers) else { return };
    if signers.iter().filter_map(|signer| signer.lineage.as_ref()).any(|lineage| !lineage.begins(longest)) {
        let message = "the lineages of the signers are not parts of one";
        findings.problem(rules::LINEAGES_INCONSISTENT, scheme, message);
    }
}

/// The lineage that all others are the beginning of.
pub(super) fn longest_lineage<'s>(signers: &'s [V3Signer<'_>]) -> Option<&'s Lineage> {
    signers.iter().filter_map(|signer| signer.lineage.as_ref()).max_by_key(|lineage| lineage.nodes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::block::id;
    use crate::signature::testing::{
        TestKey, TestSigner, certificate, examined, lineage, pair, signing_block, v3_value, with_block,
    };
    use crate::signature::{Request, Verdict};

    const OLD: TestKey = TestKey::Rsa("release");
    const NEW: TestKey = TestKey::Rsa("rotated-1");
    const ALL: Levels = (28, LAST_LEVEL);

    fn ids(v3: &[TestSigner], v31: &[TestSigner], min_sdk: u32) -> Vec<&'static str> {
        let mut pairs = vec![pair(id::V3, &v3_value(v3))];
        if !v31.is_empty() {
            pairs.push(pair(id::V31, &v3_value(v31)));
        }
        let (signatures, ids) = examined(&with_block(&signing_block(&pairs)), &Request::for_apk(min_sdk));
        assert_eq!(signatures.verdict == Verdict::Verified, ids.is_empty());
        ids
    }

    fn rotated(from: u32) -> TestSigner {
        TestSigner::new(NEW, (from, LAST_LEVEL)).with(attribute::LINEAGE, &lineage(&[OLD, NEW]))
    }

    /// The original signer, which says from which level v3.1 is there.
    fn original(to: u32, mark: u32) -> TestSigner {
        TestSigner::new(OLD, (28, to)).with(attribute::ROTATION_MIN_SDK, &mark.to_le_bytes())
    }

    #[test]
    fn a_signer_for_all_versions_is_good() {
        assert_eq!(ids(&[TestSigner::new(OLD, ALL)], &[], 28), [""; 0]);
        assert_eq!(ids(&[rotated(28)], &[], 28), [""; 0]);
    }

    #[test]
    fn ranges_must_be_whole() {
        let signer = |range| TestSigner::new(OLD, range);
        assert_eq!(ids(&[signer((30, LAST_LEVEL))], &[], 28), ["sdk-range-uncovered"]);
        assert_eq!(ids(&[signer((30, LAST_LEVEL))], &[], 30), [""; 0]);
        assert_eq!(ids(&[signer((28, 33))], &[], 28), ["sdk-range-uncovered"]);
        assert_eq!(ids(&[signer((28, 30)), signer((32, LAST_LEVEL))], &[], 28), ["sdk-ranges-inconsistent"]);
        assert_eq!(ids(&[signer((28, 30)), signer((30, LAST_LEVEL))], &[], 28), ["sdk-ranges-inconsistent"]);
        assert_eq!(ids(&[signer((28, 30)), signer((31, LAST_LEVEL))], &[], 28), [""; 0]);
        assert_eq!(ids(&[signer((28, u32::MAX))], &[], 28), ["sdk-range-invalid"]);
    }

    #[test]
    fn v31_is_protected_by_v3() {
        assert_eq!(ids(&[original(32, 33)], &[rotated(33)], 28), [""; 0]);
        assert_eq!(ids(&[original(33, 34)], &[rotated(34)], 28), [""; 0]);
        assert_eq!(ids(&[original(LAST_LEVEL, 33)], &[], 28), ["v31-stripped"]);
        assert_eq!(ids(&[original(33, 33)], &[rotated(34)], 28), ["v31-min-sdk-mismatch"]);
        assert_eq!(ids(&[original(31, 33)], &[rotated(33)], 28), ["sdk-range-uncovered"]);
        let only_v31 = with_block(&signing_block(&[pair(id::V31, &v3_value(&[rotated(33)]))]));
        assert_eq!(examined(&only_v31, &Request::for_apk(28)).1, ["v31-without-v3"]);
    }

    #[test]
    fn before_android_13_nobody_looks_for_v31() {
        let file = with_block(&signing_block(&[pair(id::V3, &v3_value(&[original(LAST_LEVEL, 33)]))]));
        let request = Request { max_sdk: Some(32), ..Request::for_apk(28) };
        assert_eq!(examined(&file, &request).1, [""; 0]);
    }

    #[test]
    fn a_lineage_ends_with_the_signer_and_grows() {
        let wrong_end = TestSigner::new(OLD, ALL).with(attribute::LINEAGE, &lineage(&[OLD, NEW]));
        assert_eq!(ids(&[wrong_end], &[], 28), ["lineage-signer-mismatch"]);
        let twice = rotated(28).with(attribute::LINEAGE, &lineage(&[OLD, NEW]));
        assert_eq!(ids(&[twice], &[], 28), ["lineage-twice"]);
        let damaged = TestSigner::new(NEW, ALL).with(attribute::LINEAGE, &[9, 0, 0, 0]);
        assert_eq!(ids(&[damaged], &[], 28), ["lineage-malformed"]);
        let other = TestKey::Rsa("upload");
        let first = TestSigner::new(NEW, (28, 30)).with(attribute::LINEAGE, &lineage(&[other, NEW]));
        assert_eq!(ids(&[first, rotated(31)], &[], 28), ["lineages-inconsistent"]);
    }

    #[test]
    fn v31_shows_the_oldest_certificate_too() {
        let pairs = [pair(id::V3, &v3_value(&[original(32, 33)])), pair(id::V31, &v3_value(&[rotated(33)]))];
        let (signatures, _) = examined(&with_block(&signing_block(&pairs)), &Request::for_apk(28));
        let [answer] = &signatures.device[..] else { panic!("{:?}", signatures.device) };
        assert_eq!(answer.certificates, [certificate("release")]);
        assert_eq!(signatures.lineage, ["release", "rotated-1"].map(certificate));
    }
}
