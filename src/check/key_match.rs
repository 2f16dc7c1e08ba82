//! Checks of the key against the package and against the certificate that a device will report.
//!
//! The SDK asks whether *some* signing certificate has the key's MD5 and *some* has its SHA-256. Here both must be of
//! one certificate, and for every Android version that the app supports. One cause gives one finding: a key for another
//! certificate altogether is told of by its MD5 alone.

use super::expectation::NamedCertificate;
use super::remedy::CONSOLE;
use super::signature::levels;
use super::{Check, Facts, Finding, Group, Outcome};
use crate::api_key::{Claimed, Claims};
use crate::archive::Kind;
use crate::certificate::{Certificate, WellKnown};
use crate::fingerprint::{Fingerprints, Md5, Sha256};
use crate::manifest::Flag;
use crate::signature::Verdict;
use crate::text::Untrusted;
use std::fmt::Display;

pub(super) const CHECKS: &[Check] = &[
    Check::new("key-package-mismatch", Group::Key, "the key is for this package", package),
    Check::new("key-md5-mismatch", Group::Key, "the key's MD5 is that of the signing certificate", md5),
    Check::new("key-sha256-mismatch", Group::Key, "the key's SHA-256 is that of the signing certificate", sha256),
    Check::new("key-certificates-mixed", Group::Key, "MD5 and SHA-256 are of one certificate", mixed).warning(),
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
            .help(format!(
                "{CONSOLE} make a key for the package `{}`, and put it into this variant's assets",
                Untrusted(wanted)
            ))
            .evidence("wanted", wanted)
            .evidence("found", found),
    )
}

/// Why the two may differ.
#[must_use]
pub fn package_cause(app: &str, key: &str) -> &'static str {
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

/// What devices of a range of Android versions report.
struct Expected {
    /// ` on API 21 to 27`, or nothing when there is one range.
    range: String,
    certificates: Vec<Target>,
}

/// What must be matched, range by range.
fn expected(facts: &Facts) -> Result<Vec<Expected>, Outcome> {
    if let Some(named) = &facts.expectations.certificate {
        return Ok(vec![Expected { range: String::new(), certificates: vec![named_target(named)] }]);
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
    let ranges = facts.signatures.device.iter().map(|device| Expected {
        range: if several { format!(" on API {}", levels(device.range)) } else { String::new() },
        certificates: device.certificates.iter().map(own_target).collect(),
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

/// Whether the key's digests are among those of a range; `None` when the key or the certificates have no such digest.
struct Fit {
    md5: Option<bool>,
    sha256: Option<bool>,
    /// Whether one certificate has all that the key has.
    together: bool,
}

impl Fit {
    fn of(claims: &Claims, certificates: &[Target]) -> Self {
        let (md5, sha256) = (value(claims.md5.as_ref()), value(claims.sha256.as_ref()));
        let known_md5 = certificates.iter().any(|target| target.md5.is_some());
        let known_sha256 = certificates.iter().any(|target| target.sha256.is_some());
        let has_md5 = |target: &Target| target.md5.is_some() && target.md5 == md5;
        let has_sha256 = |target: &Target| target.sha256.is_some() && target.sha256 == sha256;
        Self {
            md5: (claims.md5.is_some() && known_md5).then(|| certificates.iter().any(has_md5)),
            sha256: (claims.sha256.is_some() && known_sha256).then(|| certificates.iter().any(has_sha256)),
            together: certificates.iter().any(|target| has_md5(target) && has_sha256(target)),
        }
    }
}

/// How a key fits each range.
type Fits = Vec<(Expected, Fit)>;

/// The claims of the key, and how they fit.
fn fits(facts: &Facts) -> Result<(&Claims, Fits), Outcome> {
    let claims = facts.api_key().ok_or(Outcome::Moot(NO_KEY))?.claims();
    let expected = expected(facts)?;
    let fits = expected.into_iter().map(|expected| {
        let fit = Fit::of(claims, &expected.certificates);
        (expected, fit)
    });
    Ok((claims, fits.collect()))
}

fn md5(facts: &Facts) -> Outcome {
    if facts.api_key().is_some_and(|key| key.claims().md5.is_none()) {
        return Outcome::Moot("the key names no MD5");
    }
    let (claims, fits) = match fits(facts) {
        Ok(found) => found,
        Err(outcome) => return outcome,
    };
    if fits.iter().all(|(_, fit)| fit.md5.is_none()) {
        return Outcome::Moot("the MD5 of the named certificate was not given");
    }
    let wrong = fits.iter().filter(|(_, fit)| fit.md5 == Some(false));
    let findings = wrong.map(|(expected, fit)| {
        let cause = cause(facts, value(claims.md5.as_ref()), |known| known.md5);
        let (names, range) = (names(expected), &expected.range);
        let message = match fit.sha256 {
            Some(true) => {
                format!("the key's SHA-256 is right, its MD5 is of another certificate than {names}{range}{cause}")
            }
            Some(false) | None => format!("the key is for another certificate than {names}{range}{cause}"),
        };
        let wanted = expected.certificates.iter().filter_map(|target| target.md5);
        mismatch(facts, message, fit.sha256 == Some(true))
            .evidence("wanted", joined(wanted))
            .evidence("found", claims.md5.as_ref().map_or_else(String::new, |claimed| claimed.text.clone()))
    });
    Outcome::from_findings(findings.collect())
}

fn sha256(facts: &Facts) -> Outcome {
    if facts.api_key().is_some_and(|key| key.claims().sha256.is_none()) {
        return Outcome::Moot("the key names no SHA-256: keys issued before March 2017 have none");
    }
    let (claims, fits) = match fits(facts) {
        Ok(found) => found,
        Err(_) if facts.api_key().is_some_and(|key| key.claims().md5.is_some()) => {
            return Outcome::Moot("the certificate that devices will see is not known");
        }
        Err(outcome) => return outcome,
    };
    if fits.iter().all(|(_, fit)| fit.sha256.is_none()) {
        return Outcome::Moot("the SHA-256 of the named certificate was not given");
    }
    let told = fits.iter().any(|(_, fit)| fit.sha256 == Some(false) && fit.md5 == Some(false));
    let wrong = fits.iter().filter(|(_, fit)| fit.sha256 == Some(false) && fit.md5 != Some(false));
    let findings = wrong.map(|(expected, fit)| {
        let cause = cause(facts, value(claims.sha256.as_ref()), |known| known.sha256);
        let (names, range) = (names(expected), &expected.range);
        let message = match fit.md5 {
            Some(_) => {
                format!("the key's MD5 is right, its SHA-256 is of another certificate than {names}{range}{cause}")
            }
            None => format!("the key is for a certificate with another SHA-256 than {names}{range}{cause}"),
        };
        let wanted = expected.certificates.iter().filter_map(|target| target.sha256);
        mismatch(facts, message, fit.md5.is_some())
            .evidence("wanted", joined(wanted))
            .evidence("found", claims.sha256.as_ref().map_or_else(String::new, |claimed| claimed.text.clone()))
    });
    let findings: Vec<_> = findings.collect();
    match findings.is_empty() && told {
        true => Outcome::Moot("the key is for another certificate altogether: see key-md5-mismatch"),
        false => Outcome::from_findings(findings),
    }
}

fn names(expected: &Expected) -> String {
    let names: Vec<_> = expected.certificates.iter().map(|target| target.name.as_str()).collect();
    names.join(" or ")
}

fn joined<T: Display>(digests: impl Iterator<Item = T>) -> String {
    digests.map(|digest| digest.to_string()).collect::<Vec<_>>().join(" ")
}

/// A finding with what to do; `half` when one of the two digests is right.
fn mismatch(facts: &Facts, message: String, half: bool) -> Finding {
    let named = facts.expectations.certificate.is_some();
    let again = if half {
        "Amazon's form takes an MD5 and a SHA-256 without comparing them: make the key again with both of one certificate, \
         as `apkkey fingerprint` prints them"
            .to_owned()
    } else if named {
        format!("{CONSOLE} make a key with the MD5 and the SHA-256 of that certificate")
    } else {
        format!(
            "{CONSOLE} make a key with the MD5 and the SHA-256 that `apkkey fingerprint` prints for this file, or sign the \
             file with the certificate that the key is for (`--ks KEYSTORE` tells which alias that is; `apkkey fingerprint \
             --debug-keystore` prints the digests of this machine's debug certificate)"
        )
    };
    let store = if named || half || is_debug_build(facts) {
        ""
    } else {
        "; when a store signs this file again (Amazon always does), give --store amazon and the store's digests with \
         --cert-md5 and --cert-sha256"
    };
    Finding::new(message).help(format!("{again}{store}"))
}

fn has_debug_certificate(facts: &Facts) -> bool {
    let mut signers = facts.signatures.signers.iter();
    signers.any(|signer| signer.certificate.well_known() == Some(WellKnown::AndroidDebug))
}

/// Whether no store will ever sign this file.
fn is_debug_build(facts: &Facts) -> bool {
    facts.manifest.debuggable == Flag::On || has_debug_certificate(facts)
}

/// Which certificate the key was made for, if it is one that is known here.
fn cause<T: PartialEq>(facts: &Facts, claimed: Option<T>, of: fn(&Fingerprints) -> T) -> String {
    let Some(claimed) = claimed else { return ": what the key has is no such digest".to_owned() };
    let matches = |fingerprints: &Fingerprints| of(fingerprints) == claimed;
    let signatures = &facts.signatures;
    if let Some((name, _)) = facts.expectations.others.iter().find(|(_, fingerprints)| matches(fingerprints)) {
        let signed_by = own_alias(facts).map_or_else(String::new, |own| format!(", the file is signed by {own}"));
        return format!(": the key is for {}{signed_by}", Untrusted(name));
    }
    if signatures.lineage.iter().any(|certificate| matches(&certificate.fingerprints())) {
        return ": it is for a newer certificate of the lineage; devices report the oldest".to_owned();
    }
    if let Some(signer) = signatures.signers.iter().find(|signer| matches(&signer.certificate.fingerprints())) {
        return format!(": it is for the {} signer, which is not the one that devices report", signer.scheme);
    }
    if has_debug_certificate(facts) && facts.expectations.certificate.is_none() {
        return ": the app is signed with the debug certificate, which needs a key of its own".to_owned();
    }
    String::new()
}

/// The keystore's name for the certificate that signed the file.
fn own_alias(facts: &Facts) -> Option<String> {
    let own = facts.signatures.signers.first()?.certificate.fingerprints();
    let expectations = &facts.expectations;
    let named = expectations.certificate.as_ref().filter(|named| named.sha256 == Some(own.sha256));
    let other = || expectations.others.iter().find(|(_, fingerprints)| *fingerprints == own).map(|(name, _)| name);
    named.map(|named| &named.origin).or_else(other).map(|name| Untrusted(name).to_string())
}

/// Each digest is of a signer, but not both of one.
fn mixed(facts: &Facts) -> Outcome {
    let (claims, fits) = match fits(facts) {
        Ok(found) => found,
        Err(Outcome::Moot(reason)) => return Outcome::Moot(reason),
        Err(_) => return Outcome::Moot("there is no certificate to compare with"),
    };
    if claims.md5.is_none() || claims.sha256.is_none() {
        return Outcome::Moot("the key has only one digest");
    }
    let is_mixed = |fit: &Fit| fit.md5 == Some(true) && fit.sha256 == Some(true) && !fit.together;
    match fits.iter().find(|(_, fit)| is_mixed(fit)) {
        None => Outcome::Pass,
        Some((expected, _)) => Outcome::fail(
            Finding::new(format!("the key's MD5 is of one signer and its SHA-256 of another{}", expected.range))
                .help("make the key again with both digests of one certificate, as `apkkey fingerprint` prints them"),
        ),
    }
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
