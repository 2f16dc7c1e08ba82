//! Schemes that are there although no Android version in question looks at them.
//!
//! A device goes by a newer scheme, so what is wrong here rejects nothing. But no byte of a signed file should change
//! without a word: it is a warning.

use super::findings::Findings;
use super::schemes::{Parsed, Scope};
use super::v3::{self, LAST_LEVEL, first_level};
use super::verify::{self, Actual, check_signer};
use super::{Scheme, rules};

/// Warns of spare schemes whose signers do not hold, or signed other contents as far as these were digested.
pub(super) fn check(parsed: &Parsed<'_>, scope: &Scope, actual: &Actual, findings: &mut Findings) {
    let spare = |scheme: &Scheme| scope.present.contains(scheme) && !scope.uses(*scheme);
    for scheme in [Scheme::V2, Scheme::V3, Scheme::V31, Scheme::V32].into_iter().filter(spare) {
        let mut wrong = Findings::default();
        for block in parsed.blocks(scheme) {
            let levels = if scheme == Scheme::V2 { (first_level(scheme), LAST_LEVEL) } else { block.sdk };
            check_signer(scheme, block, levels, &mut wrong);
            if scheme != Scheme::V2 {
                v3::check_sdk(scheme, block, &mut wrong);
            }
            verify::check_contents(scheme, block, actual, &mut wrong);
        }
        let family = parsed.v3_family().into_iter().filter(|(other, _)| *other == scheme);
        for signer in family.filter_map(|(_, signers)| signers).flatten() {
            v3::check_lineage(scheme, signer, &mut wrong);
        }
        let unreadable = parsed.spare_problems.iter().filter(|problem| problem.scheme == Some(scheme));
        if let Some(problem) = unreadable.chain(&wrong.problems).next() {
            let message = format!(
                "the {scheme} signature, which no Android version in question looks at, is wrong: {}",
                problem.message
            );
            findings.warning(rules::SPARE_SCHEME_WRONG, scheme, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::signature::testing::{examined, fixture};
    use crate::signature::{Request, Verdict};

    #[test]
    fn a_changed_scheme_that_nobody_looks_at_is_told() {
        let good = fixture("apk/demo-release.apk");
        let id = 0x7109_871a_u32.to_le_bytes();
        let at = good.windows(4).position(|window| window == id).unwrap();
        let (signatures, _) = examined(&good, &Request::for_apk(28));
        assert_eq!((signatures.verdict, signatures.warnings.len()), (Verdict::Verified, 0));
        for offset in [8, 30, 60, 700, 1200] {
            let mut changed = good.clone();
            changed[at + offset] ^= 1;
            let (signatures, _) = examined(&changed, &Request::for_apk(28));
            assert_eq!(signatures.verdict, Verdict::Verified, "Android goes by v3");
            let ids: Vec<&str> = signatures.warnings.iter().map(|warning| warning.id).collect();
            assert_eq!(ids, ["spare-scheme-wrong"], "{offset}");
        }
    }
}
