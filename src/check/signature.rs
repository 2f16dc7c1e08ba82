//! Checks of the signature: is it there, does it hold, and which certificate does a device report.

use super::{Check, Facts, Finding, Group, Outcome, Severity};
use crate::archive::Kind;
use crate::certificate::{Certificate, WellKnown};
use crate::manifest::Flag;
use crate::signature::{Problem, SdkRange, Verdict};

pub(super) const CHECKS: &[Check] = &[
    Check::new("signature-missing", Group::Signature, "the file is signed", missing),
    Check::new("signature-invalid", Group::Signature, "the signature holds as Android verifies it", invalid),
    Check::new("signature-doubtful", Group::Signature, "the signature leaves nothing uncovered", doubtful).warning(),
    Check::new(
        "signature-differs",
        Group::Signature,
        "all Android versions report the same certificate",
        differs_by_version,
    )
    .warning(),
    Check::new("source-stamp-invalid", Group::Signature, "a source stamp, if there is one, holds", source_stamp)
        .warning(),
    Check::new(
        "certificate-debug",
        Group::Signature,
        "the certificate is not the Android debug certificate",
        debug_certificate,
    )
    .error_in_release(),
    Check::new(
        "certificate-public",
        Group::Signature,
        "the certificate's private key is not published",
        public_certificate,
    )
    .error_in_release(),
];

fn missing(facts: &Facts) -> Outcome {
    if facts.signatures.verdict != Verdict::Unsigned {
        return Outcome::Pass;
    }
    let finding = match facts.kind {
        Kind::Aab if facts.manifest.debuggable == Flag::On => {
            Finding::new("the App Bundle is not signed; the Android plugin leaves debuggable bundles so")
                .help("nothing to do for a debug build; a store takes a signed, not debuggable bundle only")
                .weighing(Severity::Note)
        }
        Kind::Aab => Finding::new("the App Bundle is not signed").help("sign it with the upload key before the upload"),
        Kind::Apk => Finding::new("the APK is not signed: no device installs it")
            .help("sign it, and make the key for the certificate that signs"),
    };
    Outcome::fail(finding)
}

fn invalid(facts: &Facts) -> Outcome {
    match facts.signatures.verdict {
        Verdict::Verified => Outcome::Pass,
        Verdict::Unsigned => Outcome::Moot("the file is not signed"),
        Verdict::NotChecked => Outcome::Unknown(
            Finding::new("only the certificates in the signature were read, not whether it holds")
                .help("`apksigner verify` tells whether it holds"),
        ),
        Verdict::Rejected => {
            let problems = facts.signatures.problems.iter().map(|problem| {
                let scheme = problem.scheme.map_or_else(String::new, |scheme| format!("{scheme}: "));
                Finding::new(format!("{scheme}{}", problem.message)).help(problem.help).evidence("rule", problem.id)
            });
            let findings: Vec<_> = problems.collect();
            if findings.is_empty() {
                return Outcome::fail(Finding::new("the signature does not hold"));
            }
            Outcome::Fail(findings)
        }
    }
}

fn doubtful(facts: &Facts) -> Outcome {
    let finding = |problem: &Problem| {
        let scheme = problem.scheme.map_or_else(String::new, |scheme| format!("{scheme}: "));
        Finding::new(format!("{scheme}{}", problem.message)).help(problem.help).evidence("rule", problem.id)
    };
    let warnings = facts.signatures.warnings.iter().map(finding);
    let notes = facts.signatures.notes.iter().map(|problem| finding(problem).weighing(Severity::Note));
    Outcome::from_findings(warnings.chain(notes).collect())
}

fn differs_by_version(facts: &Facts) -> Outcome {
    if facts.kind == Kind::Aab {
        return Outcome::Moot("the store signs what devices get");
    }
    let device = &facts.signatures.device;
    let Some((first, rest)) = device.split_first() else {
        return Outcome::Moot("there is no signature that a device would report");
    };
    if rest.iter().all(|range| range.certificates == first.certificates) {
        return Outcome::Pass;
    }
    let mut finding = Finding::new("Android versions report different certificates: no one key fits all of them")
        .help("sign so that all schemes have the same oldest certificate (keep it in the lineage)");
    for range in device {
        let digests: Vec<_> = range.certificates.iter().map(|c| c.fingerprints().md5.to_string()).collect();
        finding = finding.evidence("device", format!("API {}: MD5 {}", levels(range.range), digests.join(", ")));
    }
    Outcome::fail(finding)
}

/// API levels for people.
pub(super) fn levels(range: SdkRange) -> String {
    match range.max {
        Some(max) if max == range.min => max.to_string(),
        Some(max) => format!("{} to {max}", range.min),
        None => format!("{} and later", range.min),
    }
}

fn source_stamp(facts: &Facts) -> Outcome {
    match &facts.signatures.source_stamp {
        Some(stamp) if stamp.verdict == Verdict::Rejected => {
            let messages: Vec<_> = stamp.problems.iter().map(|problem| problem.message.clone()).collect();
            Outcome::fail(
                Finding::new(format!("the source stamp does not hold: {}", messages.join("; ")))
                    .help("stamp the file when it is signed, or remove the entry `stamp-cert-sha256`"),
            )
        }
        _ => Outcome::Pass,
    }
}

fn debug_certificate(facts: &Facts) -> Outcome {
    well_known(
        facts,
        |certificate| certificate.well_known() == Some(WellKnown::AndroidDebug),
        |_| {
            Finding::new("the app is signed with the Android debug certificate")
                .help("right for a debug build; a release needs your own certificate and a key made for it")
        },
    )
}

fn public_certificate(facts: &Facts) -> Outcome {
    let is_public = |certificate: &Certificate| matches!(certificate.well_known(), Some(WellKnown::AospTestKey(_)));
    well_known(facts, is_public, |certificate| {
        let name = certificate.well_known().map_or_else(String::new, |known| known.to_string());
        Finding::new(format!("the app is signed with the {name}: everybody can sign updates of it"))
            .help("sign with a key of your own")
    })
}

fn well_known(
    facts: &Facts,
    matches: impl Fn(&Certificate) -> bool,
    finding: impl Fn(&Certificate) -> Finding,
) -> Outcome {
    if facts.signatures.verdict == Verdict::Unsigned {
        return Outcome::Moot("the file is not signed");
    }
    let mut certificates = facts.signatures.signers.iter().map(|signer| &signer.certificate);
    certificates.find(|certificate| matches(certificate)).map_or(Outcome::Pass, |found| Outcome::fail(finding(found)))
}
