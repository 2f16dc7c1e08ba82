//! Checks of the manifest.

use super::{Check, Facts, Finding, Group, Outcome};
use crate::manifest::{ComponentKind, Flag, SdkVersion};
use crate::text::Untrusted;

pub(super) const CHECKS: &[Check] = &[
    Check::new("package-mismatch", Group::Manifest, "the package is the expected one (--package)", package),
    Check::new("debuggable", Group::Manifest, "the app is not debuggable", debuggable).error_in_release(),
    Check::new("min-sdk-unknown", Group::Manifest, "minSdkVersion is a number", min_sdk).warning(),
    Check::new(
        "exported-missing",
        Group::Manifest,
        "components with an intent filter say whether they are exported",
        exported,
    ),
];

fn package(facts: &Facts) -> Outcome {
    let Some(wanted) = &facts.expectations.package else {
        return Outcome::Moot("no package was named with --package");
    };
    let found = facts.manifest.package.as_str();
    if found == wanted {
        return Outcome::Pass;
    }
    Outcome::fail(
        Finding::new(format!("the app is `{}`, not `{}`", Untrusted(found), Untrusted(wanted)))
            .help("give the file of the right variant: a build tool may have left another one's there")
            .evidence("wanted", wanted)
            .evidence("found", found),
    )
}

fn debuggable(facts: &Facts) -> Outcome {
    match &facts.manifest.debuggable {
        Flag::Off => Outcome::Pass,
        Flag::On => Outcome::fail(
            Finding::new("the app is debuggable")
                .help("right for a debug build; build the release variant for an upload"),
        ),
        Flag::Unresolved(text) => Outcome::Unknown(
            Finding::new(format!("whether the app is debuggable stands in a resource (`{}`)", Untrusted(text)))
                .help("write the value into the manifest itself: apksigner refuses a resource here too"),
        ),
    }
}

fn min_sdk(facts: &Facts) -> Outcome {
    match &facts.manifest.min_sdk {
        SdkVersion::Number(_) => Outcome::Pass,
        SdkVersion::Codename(text) | SdkVersion::Unresolved(text) => Outcome::fail(
            Finding::new(format!("minSdkVersion is `{}`, so every API level was looked at", Untrusted(text)))
                .help("give --min-sdk-version, or write a number into the manifest"),
        ),
    }
}

/// The first API level for which it must be said (Android 12, `ParsedActivityUtils.java`).
const EXPORTED_FROM: u32 = 31;

fn exported(facts: &Facts) -> Outcome {
    let target = facts.manifest.target_sdk.number();
    if target.is_none_or(|target| target < EXPORTED_FROM) {
        return Outcome::Pass;
    }
    let with_filter = facts.manifest.components().filter(|component| component.kind != ComponentKind::Provider);
    let silent = with_filter.filter(|component| component.filters().next().is_some() && !component.says_exported());
    let findings = silent.map(|component| {
        let (element, class) = (component.kind.element(), Untrusted(&component.class));
        let sender = component.filters().any(|filter| {
            let amazon = |name: &&str| name.starts_with("com.amazon.device.messaging.");
            filter.actions.iter().any(amazon) || filter.schemes.contains(&"amzn")
        });
        let value = if sender { "\"true\": Amazon's services start it from outside" } else { "\"true\" or \"false\"" };
        Finding::new(format!(
            "<{element}> `{class}` has an intent filter and no android:exported: Android 12 and later do not install the app"
        ))
        .help(format!("write into that <{element}> android:exported={value}"))
    });
    Outcome::from_findings(findings.collect())
}
