//! Checks of the certificate that signed the file: its age, its strength, and whether it is the named one.

use super::{Check, Facts, Finding, Group, Outcome, Severity, Store};
use crate::archive::Kind;
use crate::certificate::{Certificate, Details, KeyKind};
use crate::text::Untrusted;
use crate::timestamp::Timestamp;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "certificate-expires-soon",
        Group::Signature,
        "the certificate is valid for years to come",
        expires_soon,
    )
    .warning(),
    Check::new("certificate-weak", Group::Signature, "the certificate's key is strong enough for this day", weak)
        .warning(),
    Check::new(
        "certificate-differs",
        Group::Signature,
        "the file is signed with the certificate that was named",
        differs,
    )
    .warning(),
];

/// The end of 2033-10-22: Google Play wants certificates that are valid beyond that day ("Sign your app").
const PLAY_DEADLINE: i64 = 2_013_638_399;
/// A year in seconds.
const YEAR: i64 = 365 * 86_400;
/// The smallest RSA and DSA keys that NIST SP 800-131A still accepts.
const LEAST_BITS: usize = 2048;

/// The signers' certificates, each once.
fn certificates(facts: &Facts) -> Vec<&Certificate> {
    let mut found: Vec<&Certificate> = Vec::new();
    for signer in &facts.signatures.signers {
        if !found.contains(&&signer.certificate) {
            found.push(&signer.certificate);
        }
    }
    found
}

fn of_each(facts: &Facts, findings: impl Fn(&Details) -> Vec<Finding>) -> Outcome {
    let certificates = certificates(facts);
    if certificates.is_empty() {
        return Outcome::Moot("the file is not signed");
    }
    let details = certificates.into_iter().filter_map(Certificate::details);
    Outcome::from_findings(details.flat_map(findings).collect())
}

fn expires_soon(facts: &Facts) -> Outcome {
    of_each(facts, |details| {
        let subject = Untrusted(&details.subject);
        let day = Timestamp(details.not_after).day();
        let today = facts.today.map(|today| today.0);
        let left = today.map(|today| details.not_after.saturating_sub(today));
        let is_amazon = facts.expectations.store == Some(Store::Amazon);
        let finding = match left {
            Some(left) if left < 0 => {
                let message = format!("the certificate `{subject}` expired on {day}: Google Play refuses the upload");
                Finding::new(format!("{message}; installed apps and the Amazon Appstore do not mind"))
            }
            Some(left) if left < YEAR => Finding::new(format!("the certificate `{subject}` expires soon, on {day}")),
            _ if details.not_after <= PLAY_DEADLINE && is_amazon => return Vec::new(),
            _ if details.not_after <= PLAY_DEADLINE => {
                let message = format!("the certificate `{subject}` expires on {day}");
                Finding::new(format!("{message}; Google Play wants certificates that are valid beyond 2033-10-22"))
            }
            _ => return Vec::new(),
        };
        let finding = finding.help(
            "an app keeps its certificate for life, or rotates it with a lineage; for a new app make one that is valid \
             for 30 years (keytool -validity 10950)",
        );
        vec![if is_amazon { finding.weighing(Severity::Note) } else { finding }]
    })
}

fn weak(facts: &Facts) -> Outcome {
    of_each(facts, |details| {
        let mut findings = Vec::new();
        let subject = Untrusted(&details.subject);
        if let KeyKind::Rsa(bits) | KeyKind::Dsa(bits) = details.key
            && bits < LEAST_BITS
        {
            let message = format!("the key of `{subject}` ({}) is shorter than {LEAST_BITS} bits", details.key);
            findings.push(
                Finding::new(message).help("for a new app make a key with RSA 2048 or more (keytool -keysize 2048)"),
            );
        }
        let old = ["MD5", "SHA-1", "MD2"].iter().find(|name| details.signature_algorithm.contains(*name));
        if let Some(digest) = old {
            let message = format!("the certificate `{subject}` is signed with {digest}");
            findings.push(
                Finding::new(message)
                    .help("Android does not verify a certificate's own signature; some scanners complain of it")
                    .weighing(Severity::Note),
            );
        }
        findings
    })
}

fn differs(facts: &Facts) -> Outcome {
    let expectations = &facts.expectations;
    let Some(named) = &expectations.certificate else { return Outcome::Moot("no certificate was named") };
    if facts.kind == Kind::Aab || expectations.store.is_some() {
        return Outcome::Moot("the store signs again, with the named certificate");
    }
    let device = facts.signatures.device.iter().flat_map(|device| &device.certificates);
    let own: Vec<_> = device.map(Certificate::fingerprints).collect();
    let Some(first) = own.first() else { return Outcome::Moot("the file is not signed") };
    let is_named = |own: &crate::fingerprint::Fingerprints| {
        named.md5.is_none_or(|md5| md5 == own.md5) && named.sha256.is_none_or(|sha256| sha256 == own.sha256)
    };
    if own.iter().any(is_named) {
        return Outcome::Pass;
    }
    let alias = expectations.others.iter().find(|(_, other)| other == first);
    let by = alias.map_or_else(|| format!("MD5 {}", first.md5), |(name, _)| Untrusted(name).to_string());
    let message = format!("the file is signed by {by}, and the key was held against {}", Untrusted(&named.origin));
    Outcome::fail(
        Finding::new(message)
            .help("sign with the named certificate; or tell with --store amazon or --store play who signs again")
            .evidence("wanted", named.md5.map_or_else(String::new, |md5| md5.to_string()))
            .evidence("found", first.md5.to_string()),
    )
}
