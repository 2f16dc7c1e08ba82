//! Checks of the manifest.

use super::{Check, Facts, Finding, Group, Outcome};
use crate::manifest::{Flag, SdkVersion};
use crate::text::Untrusted;

pub(super) const CHECKS: &[Check] = &[
    Check::new("package-mismatch", Group::Manifest, "the package is the expected one (--package)", package),
    Check::new("debuggable", Group::Manifest, "the app is not debuggable", debuggable).error_in_release(),
    Check::new("min-sdk-unknown", Group::Manifest, "minSdkVersion is a number", min_sdk).warning(),
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
