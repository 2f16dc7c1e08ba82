//! Checks of the key against the package and against the certificate that a device will report.
//!
//! The SDK asks whether *some* signing certificate has the key's MD5 and *some* has its SHA-256. Here both must be of
//! one certificate, and for every Android version that the app supports.

use super::expectation::NamedCertificate;
use super::signature::levels;
use super::{Check, Facts, Finding, Group, Outcome};
use crate::api_key::{Claimed, Claims};
use crate::archive::Kind;
use crate::certificate::{Certificate, WellKnown};
use crate::fingerprint::{Fingerprints, Md5, Sha256};
use crate::signature::Verdict;
use crate::text::Untrusted;
use std::fmt::Display;

pub(super) const CHECKS: &[Check] = &[
    Check::new("key-package-mismatch", Group::Key, "the key is for this package", package),
    Check::new("key-md5-mismatch", Group::Key, "the key's MD5 is that of the signing certificate", md5),
    Check::new("key-sha256-mismatch", Group::Key, "the key's SHA-256 is that of the signing certificate", sha256),
    Check::new("key-certificates-mixed", Group::Key, "MD5 and SHA-256 are of one certificate", mixed),
    Check::new("key-without-md5", Group::Key, "the key is bound to a certificate", unbound).warning(),
];

const NO_KEY: &str = "there is no key to read";

fn package(facts: &Facts) -> Outcome {
    let Some(key) = facts.api_key() else { return Outcome::Moot(NO_KEY) };
    let Some(found) = key.claims().package.as_deref() else {
        return Outcome::Moot("the key names no Android package");
    };
    let wanted = facts.manifest.package.as_str();
    if found == wanted {
        return Outcome::Pass;
    }
    let cause = package_cause(wanted, found);
    Outcome::fail(
        Finding::new(format!("the key is for `{}`, the app is `{}`{cause}", Untrusted(found), Untrusted(wanted)))
            .help(format!("make a key for the package `{}` in Amazon's console", Untrusted(wanted)))
            .evidence("wanted", wanted)
            .evidence("found", found),
    )
}

/// Why the two may differ.
pub(crate) fn package_cause(app: &str, key: &str) -> &'static str {
    let prefixed = |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'));
    if app.eq_ignore_ascii_case(key) {
        ": only the case differs, and it counts"
    } else if prefixed(app, key) {
        ": does the build add an applicationIdSuffix?"
    } else if prefixed(key, app) {
        ": was the key made for a variant with an applicationIdSuffix?"
    } else {
        ""
    }
}

/// A certificate that devices of some versions report, as far as it is known.
struct Target {
    name: String,
    md5: Option<Md5>,
    sha256: Option<Sha256>,
}

/// For each range of Android versions, the certificates that count.
fn targets(facts: &Facts) -> Result<Vec<(String, Vec<Target>)>, Outcome> {
    if let Some(named) = &facts.expectations.certificate {
        return Ok(vec![(String::new(), vec![named_target(named)])]);
    }
    if let Some(store) = facts.expectations.store {
        return Err(Outcome::Unknown(
            Finding::new(format!("{store} signs the app again, and its certificate was not named{}", own_match(facts)))
                .help(format!("give --cert-md5 and --cert-sha256 from {}", store.where_to_look())),
        ));
    }
    if facts.kind == Kind::Aab {
        let message = "an App Bundle is signed again by the store, and that certificate was not named";
        let help = "give --cert-md5 and --cert-sha256 of the certificate that the store signs with (Amazon: `Appstore \
             Certificate Hashes`; Play: `App signing`), or --cert or --ks";
        return Err(Outcome::Unknown(Finding::new(format!("{message}{}", own_match(facts))).help(help)));
    }
    if facts.signatures.verdict == Verdict::Unsigned {
        let help = "sign the file, or name the certificate that will sign with --cert, --ks or --cert-md5";
        let finding = Finding::new("the file is not signed, so the key cannot be held against a certificate");
        return Err(Outcome::Unknown(finding.help(help)));
    }
    let several = facts.signatures.device.len() > 1;
    let ranges = facts.signatures.device.iter().map(|device| {
        let name = if several { format!(" on API {}", levels(device.range)) } else { String::new() };
        (name, device.certificates.iter().map(own_target).collect())
    });
    let ranges: Vec<_> = ranges.collect();
    if ranges.is_empty() {
        return Err(Outcome::Unknown(Finding::new("no certificate could be read from the signature")));
    }
    Ok(ranges)
}

/// Whether the key fits the certificate that signed this file, for a file that will be signed again.
fn own_match(facts: &Facts) -> &'static str {
    let claimed = facts.api_key().and_then(|key| value(key.claims().md5.as_ref()));
    let own = facts.signatures.signers.iter().map(|signer| signer.certificate.fingerprints().md5);
    match claimed {
        Some(md5) if own.into_iter().any(|own| own == md5) => {
            " (the key is for the certificate that signed this file, which is not the one that devices will see)"
        }
        _ => "",
    }
}

fn named_target(named: &NamedCertificate) -> Target {
    Target { name: named.origin.clone(), md5: named.md5, sha256: named.sha256 }
}

fn own_target(certificate: &Certificate) -> Target {
    let Fingerprints { md5, sha256, .. } = certificate.fingerprints();
    let subject = certificate.details().map_or("the certificate", |details| details.subject.as_str());
    Target { name: Untrusted(subject).to_string(), md5: Some(md5), sha256: Some(sha256) }
}

fn value<T: Copy>(claimed: Option<&Claimed<T>>) -> Option<T> {
    claimed.and_then(|claimed| claimed.value)
}

/// One of the two digests, and where each side has it.
struct Digest<T> {
    name: &'static str,
    claimed: fn(&Claims) -> Option<&Claimed<T>>,
    of_target: fn(&Target) -> Option<T>,
    of_known: fn(&Fingerprints) -> T,
}

const MD5: Digest<Md5> = Digest {
    name: "MD5",
    claimed: |claims| claims.md5.as_ref(),
    of_target: |target| target.md5,
    of_known: |known| known.md5,
};

const SHA256: Digest<Sha256> = Digest {
    name: "SHA-256",
    claimed: |claims| claims.sha256.as_ref(),
    of_target: |target| target.sha256,
    of_known: |known| known.sha256,
};

fn md5(facts: &Facts) -> Outcome {
    compare(facts, &MD5)
}

fn sha256(facts: &Facts) -> Outcome {
    compare(facts, &SHA256)
}

/// Holds one digest of the key against every range.
fn compare<T: Copy + PartialEq + Display>(facts: &Facts, digest: &Digest<T>) -> Outcome {
    let Some(key) = facts.api_key() else { return Outcome::Moot(NO_KEY) };
    let Some(claim) = (digest.claimed)(key.claims()) else { return Outcome::Moot("the key names no such digest") };
    let ranges = match targets(facts) {
        Ok(ranges) => ranges,
        Err(_) if digest.name != MD5.name && key.claims().md5.is_some() => {
            return Outcome::Moot("the certificate that devices will see is not known");
        }
        Err(outcome) => return outcome,
    };
    let mut findings = Vec::new();
    for (range, certificates) in &ranges {
        let wanted: Vec<T> = certificates.iter().filter_map(digest.of_target).collect();
        if wanted.is_empty() {
            return Outcome::Moot("the named certificate's digest of this kind was not given");
        }
        if !claim.value.is_some_and(|value| wanted.contains(&value)) {
            let cause = cause(facts, claim.value, digest.of_known);
            findings.push(mismatch(digest.name, (range, certificates), (&wanted, &claim.text), &cause));
        }
    }
    Outcome::from_findings(findings)
}

fn mismatch<T: Display>(
    digest: &str,
    (range, certificates): (&str, &[Target]),
    (wanted, found): (&[T], &str),
    cause: &str,
) -> Finding {
    let names: Vec<_> = certificates.iter().map(|target| target.name.as_str()).collect();
    let shown: Vec<_> = wanted.iter().map(ToString::to_string).collect();
    let names = names.join(" or ");
    Finding::new(format!("the key is for a certificate with another {digest} than {names}{range}{cause}"))
        .help(format!("make a key with this {digest} in Amazon's console, or sign with the certificate of the key"))
        .evidence("wanted", shown.join(" "))
        .evidence("found", found)
}

/// Which certificate the key was made for, if it is one that is known here.
fn cause<T: PartialEq>(facts: &Facts, claimed: Option<T>, of: fn(&Fingerprints) -> T) -> String {
    let Some(claimed) = claimed else { return ": what the key has is no such digest".to_owned() };
    let matches = |fingerprints: &Fingerprints| of(fingerprints) == claimed;
    if let Some((name, _)) = facts.expectations.others.iter().find(|(_, fingerprints)| matches(fingerprints)) {
        return format!(": it is for {}", Untrusted(name));
    }
    let signatures = &facts.signatures;
    if signatures.lineage.iter().any(|certificate| matches(&certificate.fingerprints())) {
        return ": it is for a newer certificate of the lineage; devices report the oldest".to_owned();
    }
    if let Some(signer) = signatures.signers.iter().find(|signer| matches(&signer.certificate.fingerprints())) {
        return format!(": it is for the {} signer, which is not the one that devices report", signer.scheme);
    }
    let debug = signatures.signers.iter().any(|s| s.certificate.well_known() == Some(WellKnown::AndroidDebug));
    if debug && facts.expectations.certificate.is_none() {
        return ": the app is signed with the debug certificate, which needs a key of its own".to_owned();
    }
    String::new()
}

/// Both digests match, but no one certificate has both; or one matches and the other does not.
fn mixed(facts: &Facts) -> Outcome {
    let Some(key) = facts.api_key() else { return Outcome::Moot(NO_KEY) };
    let claims = key.claims();
    let (Some(md5), Some(sha256)) = (value(claims.md5.as_ref()), value(claims.sha256.as_ref())) else {
        return Outcome::Moot("the key has only one digest");
    };
    let Ok(ranges) = targets(facts) else { return Outcome::Moot("there is no certificate to compare with") };
    for (range, certificates) in &ranges {
        let known = certificates.iter().filter(|target| target.md5.is_some() && target.sha256.is_some());
        let known: Vec<_> = known.collect();
        let has_md5 = known.iter().any(|target| target.md5 == Some(md5));
        let has_sha256 = known.iter().any(|target| target.sha256 == Some(sha256));
        let both = known.iter().any(|target| target.md5 == Some(md5) && target.sha256 == Some(sha256));
        if both || !(has_md5 || has_sha256) {
            continue;
        }
        let message = match (has_md5, has_sha256) {
            (true, true) => "the key's MD5 is of one signer and its SHA-256 of another",
            (true, false) => "the key's MD5 is right, its SHA-256 is of another certificate",
            _ => "the key's SHA-256 is right, its MD5 is of another certificate",
        };
        return Outcome::fail(
            Finding::new(format!("{message}{range}"))
                .help("Amazon's form takes two digests without comparing them: make the key again with both of one certificate, as `apkkey fingerprint` prints them"),
        );
    }
    Outcome::Pass
}

fn unbound(facts: &Facts) -> Outcome {
    let Some(key) = facts.api_key() else { return Outcome::Moot(NO_KEY) };
    let claims = key.claims();
    if claims.md5.is_some() || claims.sha256.is_some() || claims.package.is_none() {
        return Outcome::Pass;
    }
    Outcome::fail(Finding::new("the key names no certificate, so any signature would do").help("make a new key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_why_packages_differ() {
        assert!(package_cause("com.example.App", "com.example.app").contains("case"));
        assert!(package_cause("com.example.debug", "com.example").contains("applicationIdSuffix"));
        assert!(package_cause("com.example", "com.example.debug").contains("variant"));
        assert_eq!(package_cause("com.example", "org.other"), "");
    }
}
