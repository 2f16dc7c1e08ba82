//! Checks of what the key says and of who signed it.

use super::{Check, Facts, Finding, Group, Outcome, ProfileId, Severity};
use crate::advice::Advice;
use crate::api_key::{Environment, Platform};
use crate::text::Untrusted;

pub(super) const CHECKS: &[Check] = &[
    Check::new("key-not-authentic", Group::Key, "Amazon signed the key", not_authentic),
    Check::new("key-ios", Group::Key, "the key is for Android", ios),
    Check::new("key-not-production", Group::Key, "the key is for Amazon's production service", environment).warning(),
    Check::new("key-claims", Group::Key, "the key says what the SDK demands", claims),
    Check::new("key-other-profile", Group::Key, "the key belongs to the named security profile (--client-id)", profile),
];

const NO_KEY: &str = "there is no key to read";

fn not_authentic(facts: &Facts) -> Outcome {
    let Some(placed) = &facts.key else { return Outcome::Moot(NO_KEY) };
    let error = match (&placed.authentic, &placed.hidden) {
        (Some(Ok(_)), _) => return Outcome::Pass,
        (_, Some(Ok(_))) => return Outcome::Moot("the key inside is genuine: other checks say what hides it"),
        (None, None) => return Outcome::Moot(NO_KEY),
        (Some(Err(error)), _) | (None, Some(Err(error))) => error,
    };
    let mut finding = Finding::new(error.to_string());
    finding.help = error.help();
    Outcome::fail(finding)
}

fn ios(facts: &Facts) -> Outcome {
    let Some(key) = facts.api_key() else { return Outcome::Moot(NO_KEY) };
    let claims = key.claims();
    match claims.platform() {
        Platform::Android => Outcome::Pass,
        Platform::Ios => {
            let bundle = claims.bundle_id.as_deref().unwrap_or_default();
            Outcome::fail(
                Finding::new(format!("the key is for the iOS app `{}`", Untrusted(bundle)))
                    .help("make an Android key in the same security profile, under `Android/Kindle Settings`"),
            )
        }
        Platform::Unknown => Outcome::fail(
            Finding::new("the key names no Android package").help("make an Android key in Amazon's developer console"),
        ),
    }
}

fn environment(facts: &Facts) -> Outcome {
    let Some(key) = facts.api_key() else { return Outcome::Moot(NO_KEY) };
    match key.claims().environment() {
        Environment::Production | Environment::Unknown => Outcome::Pass,
        Environment::PreProduction => Outcome::fail(
            Finding::new("the key is for Amazon's pre-production service")
                .help("make the key in the console at developer.amazon.com"),
        ),
    }
}

fn claims(facts: &Facts) -> Outcome {
    let Some(key) = facts.api_key() else { return Outcome::Moot(NO_KEY) };
    if key.claims().platform() == Platform::Ios {
        return Outcome::Moot("the key is for iOS");
    }
    let findings = key.claims().problems().into_iter().map(|problem| {
        let mut finding = Finding::new(problem.to_string());
        finding.help = problem.help();
        finding
    });
    let mut findings: Vec<Finding> = findings.collect();
    if !key.has_known_header() {
        let message = "the key's header is not that of Amazon's keys; Login with Amazon 2.0.1 refuses it";
        findings.push(Finding::new(message).help("copy the whole key again").weighing(Severity::Warning));
    }
    Outcome::from_findings(findings)
}

fn profile(facts: &Facts) -> Outcome {
    let Some(wanted) = &facts.expectations.profile else {
        return Outcome::Moot("no security profile was named with --client-id");
    };
    let Some(key) = facts.api_key() else { return Outcome::Moot(NO_KEY) };
    let claims = key.claims();
    let (what, wanted, found) = match wanted {
        ProfileId::Client(id) => ("client id", id, claims.client_id.as_deref()),
        ProfileId::Profile(id) => ("security profile", id, claims.family_id.as_deref()),
    };
    match found {
        Some(found) if found.eq_ignore_ascii_case(wanted) => Outcome::Pass,
        None => Outcome::Unknown(
            Finding::new(format!("the key names no {what}")).help("copy the whole key again from Amazon's console"),
        ),
        Some(found) => Outcome::fail(
            Finding::new(format!(
                "the key belongs to another security profile: messages that are sent with the {what} `{}` do not reach \
                 this app",
                Untrusted(wanted)
            ))
            .help(
                "make the key in the security profile whose Client ID and Client Secret the sender uses (OneSignal: \
                 Settings, Push & In-App, Amazon Fire), or give the sender the ones of the key's profile",
            )
            .evidence("wanted", wanted.clone())
            .evidence("found", found),
        ),
    }
}
