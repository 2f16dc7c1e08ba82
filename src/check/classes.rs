//! Checks of the code against the manifest, for Amazon's services and OneSignal alone: what else an app does with its
//! classes is not our business.

use super::adm::{ONESIGNAL, receivers};
use super::adm_components::sounds_like_adm;
use super::{Check, Code, Facts, Finding, Group, Outcome, adm, lwa};
use crate::manifest::{Component, ComponentKind, Flag};
use crate::text::Untrusted;
use std::collections::HashSet;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "adm-stub-packaged",
        Group::Manifest,
        "the classes of Device Messaging come from the device, not from the app",
        stub,
    ),
    Check::new(
        "component-class-missing",
        Group::Manifest,
        "the classes that the manifest names for Amazon's services are in the app",
        missing,
    ),
];

/// The class whose methods throw `Stub!` when it comes from the SDK's library.
const STUB: &str = "com.amazon.device.messaging.ADM";
const NOT_READ: &str = "the app has nothing to do with Amazon's services, so its code was not looked at";

fn stub(facts: &Facts) -> Outcome {
    let Some(code) = &facts.code else { return Outcome::Moot(NOT_READ) };
    if !code.defines(STUB) {
        return Outcome::Pass;
    }
    Outcome::fail(
        Finding::new(format!(
            "the app brings the class `{STUB}` of Amazon's library, which hides the one of the device: every call throws \
             `RuntimeException: Stub!`"
        ))
        .help(
            "use the library for compiling only: in Gradle compileOnly files('libs/amazon-device-messaging.jar'), and no \
             implementation or fileTree that takes it too",
        ),
    )
}

fn missing(facts: &Facts) -> Outcome {
    let Some(code) = &facts.code else { return Outcome::Moot(NOT_READ) };
    if facts.manifest.has_code == Flag::Off {
        return Outcome::Moot("the app has no code (android:hasCode)");
    }
    let components: Vec<_> = facts.manifest.components().filter(|component| !component.is_in_split()).collect();
    let names = Related::of(facts);
    let related = |component: &&Component<'_>| names.has(component);
    let undefined = |component: &&Component<'_>| !code.defines(&component.class);
    let lost: Vec<_> = components.iter().filter(related).filter(undefined).collect();
    if lost.is_empty() {
        return Outcome::Pass;
    }
    if let Some(outcome) = cannot_tell(code, &components, related) {
        return outcome;
    }
    let findings = lost.into_iter().map(|component| {
        let class = Untrusted(&component.class);
        let message = format!(
            "the manifest names `{class}`, and no DEX file of the app defines it: Android cannot start the \
             {}",
            component.kind.element()
        );
        Finding::new(message)
            .help(format!(
                "a shrinker (R8, ProGuard) removed or renamed it, or the name is wrong; write into proguard-rules.pro:\n    \
                 -keep class {class} {{ *; }}"
            ))
            .evidence("found", component.class.clone())
    });
    Outcome::from_findings(findings.collect())
}

/// The components of Amazon's services and of OneSignal whose classes must be the app's own.
struct Related {
    receivers: HashSet<String>,
    activities: HashSet<String>,
    uses_adm: bool,
}

impl Related {
    fn of(facts: &Facts) -> Self {
        Self {
            receivers: receivers(facts).into_iter().map(|receiver| receiver.class).collect(),
            activities: lwa::activities(&facts.manifest).map(|activity| activity.class).collect(),
            uses_adm: adm::is_used(facts),
        }
    }

    fn has(&self, component: &Component<'_>) -> bool {
        let class = component.class.as_str();
        if component.kind == ComponentKind::Alias || class.starts_with("com.amazon.device.messaging.") {
            return false;
        }
        let is_service = component.kind == ComponentKind::Service && sounds_like_adm(class) && self.uses_adm;
        let is_onesignal = class.starts_with("com.onesignal.") || ONESIGNAL.as_flattened().contains(&class);
        is_onesignal || is_service || self.receivers.contains(class) || self.activities.contains(class)
    }
}

/// Why a class that is not there may be elsewhere.
fn cannot_tell(
    code: &Code,
    components: &[Component<'_>],
    is_related: impl Fn(&&Component<'_>) -> bool,
) -> Option<Outcome> {
    if let Some((entry, reason)) = code.unreadable.first() {
        let message = format!("`{}` could not be read, so that classes may be in it: {reason}", Untrusted(entry));
        return Some(Outcome::Unknown(Finding::new(message).help("build the file again, or look with a decompiler")));
    }
    let mut others =
        components.iter().filter(|component| component.kind != ComponentKind::Alias).filter(|c| !is_related(c));
    let is_packed = others.clone().next().is_some() && !others.any(|component| code.defines(&component.class));
    if code.brings_hidden_code || is_packed {
        return Some(Outcome::Moot("the app loads code by itself (a packer?), and classes may come from there"));
    }
    None
}
