//! Amazon Device Messaging: what the manifest of an app that uses it must say (Amazon, "Integrate Your App").
//!
//! The same for OneSignal, whose library brings the classes and no line of manifest. That an app has such classes says
//! nothing by itself: every app with OneSignal has them.

use super::{Check, Facts, Finding, Group, Outcome, Severity};
use crate::manifest::{Component, ComponentKind, Element, Manifest, attributes};
use crate::text::Untrusted;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "adm-undeclared",
        Group::Manifest,
        "an app with a key and with classes for Device Messaging has its manifest entries",
        undeclared,
    )
    .warning(),
    Check::new(
        "adm-feature-missing",
        Group::Manifest,
        "the manifest asks for Device Messaging inside of <application>",
        feature,
    ),
    Check::new("adm-permission-missing", Group::Manifest, "the permissions of Device Messaging are there", permissions),
    Check::new(
        "adm-permission-unprotected",
        Group::Manifest,
        "the app's own permission is given to the app alone",
        protection,
    )
    .warning(),
    Check::new(
        "adm-other-package",
        Group::Manifest,
        "permissions and categories of Device Messaging name this app",
        other_package,
    ),
];

/// The namespace of `enable-feature`.
const NAMESPACE: &str = "http://schemas.amazon.com/apk/res/android";
const FEATURE: &str = "com.amazon.device.messaging";
const RECEIVE: &str = "com.amazon.device.messaging.permission.RECEIVE";
/// Held by the Device Messaging client alone.
pub(super) const SEND: &str = "com.amazon.device.messaging.permission.SEND";
pub(super) const ACTIONS: [&str; 2] =
    ["com.amazon.device.messaging.intent.REGISTRATION", "com.amazon.device.messaging.intent.RECEIVE"];
pub(super) const RECEIVER_BASE: &str = "com.amazon.device.messaging.ADMMessageReceiver";
pub(super) const HANDLER_BASE: &str = "com.amazon.device.messaging.ADMMessageHandlerBase";
pub(super) const JOB_BASE: &str = "com.amazon.device.messaging.ADMMessageHandlerJobBase";
pub(super) const UNUSED: &str = "the app does not use Amazon Device Messaging";

/// OneSignal's classes: receiver, handler, handler for jobs.
pub(super) const ONESIGNAL: [[&str; 3]; 2] = [
    [
        "com.onesignal.notifications.receivers.ADMMessageReceiver",
        "com.onesignal.notifications.services.ADMMessageHandler",
        "com.onesignal.notifications.services.ADMMessageHandlerJob",
    ],
    [
        "com.onesignal.ADMMessageHandler$Receiver",
        "com.onesignal.ADMMessageHandler",
        "com.onesignal.ADMMessageHandlerJob",
    ],
];

/// The end of the name of an app's own permission.
const OWN_PERMISSION: &str = ".permission.RECEIVE_ADM_MESSAGE";

/// Whether the manifest has anything of Device Messaging.
pub(super) fn is_used(facts: &Facts) -> bool {
    is_declared(&facts.manifest)
        || facts.manifest.components().any(|component| {
            let extends = |base| facts.code.as_ref().and_then(|code| code.extends(&component.class, base));
            [RECEIVER_BASE, HANDLER_BASE, JOB_BASE].into_iter().any(|base| extends(base) == Some(true))
        })
}

/// The same, without a look at the code.
pub(super) fn is_declared(manifest: &Manifest) -> bool {
    let mut permissions = used(manifest).chain(declared(manifest));
    permissions.any(|name| name == RECEIVE || name.ends_with(OWN_PERMISSION))
        || !features(&manifest.root).is_empty()
        || manifest.components().any(|component| names_adm(&component))
}

fn names_adm(component: &Component<'_>) -> bool {
    let has_action = component.filters().any(|filter| filter.actions.iter().any(|action| ACTIONS.contains(action)));
    let is_onesignal = ONESIGNAL.as_flattened().contains(&component.class.as_str());
    has_action || is_onesignal || component.permission() == Some(SEND)
}

/// The receivers that Device Messaging sends to.
pub(super) fn receivers(facts: &Facts) -> Vec<Component<'_>> {
    let receivers = facts.manifest.components().filter(|component| component.kind == ComponentKind::Receiver);
    let extends = |class: &str| facts.code.as_ref().and_then(|code| code.extends(class, RECEIVER_BASE));
    receivers.filter(|receiver| names_adm(receiver) || extends(&receiver.class) == Some(true)).collect()
}

/// Names of `<uses-permission>`.
pub(super) fn used(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let children = manifest.root.children.iter();
    children.filter(|child| matches!(&*child.name, "uses-permission" | "uses-permission-sdk-23")).filter_map(name)
}

fn declared(manifest: &Manifest) -> impl Iterator<Item = &str> {
    manifest.root.children_named("permission").filter_map(name)
}

pub(super) fn name(element: &Element) -> Option<&str> {
    element.attribute(attributes::NAME)?.text()
}

fn own_permission(facts: &Facts) -> String {
    format!("{}{OWN_PERMISSION}", facts.manifest.package.as_str())
}

/// Every `enable-feature` for Device Messaging with its parent, wherever it stands and whatever its namespace.
fn features(root: &Element) -> Vec<(&Element, &Element)> {
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for child in &parent.children {
            if &*child.name == "enable-feature" && name(child) == Some(FEATURE) {
                found.push((parent, child));
            }
            open.push(child);
        }
    }
    found
}

fn undeclared(facts: &Facts) -> Outcome {
    let Some(code) = facts.code.as_ref().filter(|_| !is_used(facts)) else {
        return Outcome::Pass;
    };
    if facts.key.is_none() || super::lwa::is_used(facts) {
        return Outcome::Moot("there is no key, or it is for Login with Amazon");
    }
    let subclasses = code.subclasses(RECEIVER_BASE);
    let Some(receiver) = subclasses.first() else {
        return Outcome::Moot(UNUSED);
    };
    let message = format!(
        "the app has a key and the class `{}`, but its manifest has nothing of Amazon Device Messaging: devices will not \
         get messages through it",
        Untrusted(receiver)
    );
    let known = ONESIGNAL.iter().find(|[known, ..]| known == receiver);
    let services =
        known.map_or([".MyADMMessageHandler", ".MyADMMessageHandlerJob"], |[_, handler, job]| [handler, job]);
    Outcome::fail(Finding::new(message).help(format!(
        "unless the key is for something else, write into the manifest, outside of <application>:{}\n  and inside of \
         it:{}{}{}",
        permission_xml(facts, &[]),
        FEATURE_XML,
        super::adm_components::services_xml(services),
        super::adm_components::receiver_xml(facts, receiver),
    )))
}

const FEATURE_XML: &str =
    "\n    <amazon:enable-feature android:name=\"com.amazon.device.messaging\" android:required=\"false\"/>";

fn feature(facts: &Facts) -> Outcome {
    if !is_used(facts) {
        return Outcome::Moot(UNUSED);
    }
    let features = features(&facts.manifest.root);
    let is_right = |(parent, feature): &(&Element, &Element)| {
        &*parent.name == "application" && feature.namespace.as_deref() == Some(NAMESPACE)
    };
    if features.iter().any(is_right) {
        return Outcome::Pass;
    }
    let problem = match features.first() {
        None => "the manifest has no <amazon:enable-feature> for Amazon Device Messaging".to_owned(),
        Some((parent, _)) if &*parent.name != "application" => {
            format!("<amazon:enable-feature> stands in <{}> instead of <application>", Untrusted(&parent.name))
        }
        Some((_, feature)) => {
            let found = feature.namespace.as_deref().unwrap_or("no namespace");
            format!("<enable-feature> has the namespace `{}` instead of `{NAMESPACE}`", Untrusted(found))
        }
    };
    let message = format!("{problem}: the device does not register (OneSignal then shows it as GCM or FCM)");
    Outcome::fail(Finding::new(message).help(format!(
        "write xmlns:amazon=\"{NAMESPACE}\" into <manifest>, and directly into <application>:{FEATURE_XML}"
    )))
}

/// The elements that must stand outside of `<application>`, but for those named in `without`.
fn permission_xml(facts: &Facts, without: &[&str]) -> String {
    let package = Untrusted(facts.manifest.package.as_str()).to_string();
    let own = format!("{package}{OWN_PERMISSION}");
    let lines = [
        ("permission", format!("<permission android:name=\"{own}\" android:protectionLevel=\"signature\"/>")),
        ("uses-own", format!("<uses-permission android:name=\"{own}\"/>")),
        ("uses-receive", format!("<uses-permission android:name=\"{RECEIVE}\"/>")),
    ];
    let wanted = lines.into_iter().filter(|(id, _)| !without.contains(id));
    wanted.map(|(_, line)| format!("\n    {line}")).collect()
}

fn permissions(facts: &Facts) -> Outcome {
    if !is_used(facts) {
        return Outcome::Moot(UNUSED);
    }
    let manifest = &facts.manifest;
    let own = own_permission(facts);
    let is_other = |name: &str| name.ends_with(OWN_PERMISSION) && name != own;
    let uses = |wanted: &str| used(manifest).any(|name| name == wanted);
    let mut findings = Vec::new();
    let mut missing = |what: String, only: &str| {
        let without: Vec<_> = ["permission", "uses-own", "uses-receive"].into_iter().filter(|id| *id != only).collect();
        let help = format!("write into <manifest>, beside <application>:{}", permission_xml(facts, &without));
        findings.push(Finding::new(format!("{what}: Device Messaging does not register the app")).help(help));
    };
    if !uses(RECEIVE) {
        missing(format!("the app does not ask for the permission `{RECEIVE}`"), "uses-receive");
    }
    if !declared(manifest).any(|name| name == own) && !declared(manifest).any(is_other) {
        missing(format!("the app does not declare its own permission `{}`", Untrusted(&own)), "permission");
    }
    if !uses(&own) && !used(manifest).any(is_other) {
        missing(format!("the app does not ask for its own permission `{}`", Untrusted(&own)), "uses-own");
    }
    let [has_handler, has_job] = super::adm_components::handler_kinds(facts);
    let wake_lock = match (has_handler, has_job) {
        (false, _) => None,
        (true, true) => Some(Severity::Note),
        (true, false) => Some(Severity::Warning),
    };
    for (permission, severity, reason) in [
        (
            "android.permission.INTERNET",
            Some(Severity::Warning),
            "without it the app cannot tell its server about the device",
        ),
        ("android.permission.WAKE_LOCK", wake_lock, "handlers for older devices (ADMMessageHandlerBase) need it"),
    ] {
        let Some(severity) = severity.filter(|_| !uses(permission)) else { continue };
        let message = format!("the app does not ask for the permission `{permission}`: {reason}");
        let help = format!("write into <manifest>:\n    <uses-permission android:name=\"{permission}\"/>");
        findings.push(Finding::new(message).help(help).weighing(severity));
    }
    Outcome::from_findings(findings)
}

/// `PROTECTION_MASK_BASE`, `PROTECTION_SIGNATURE` and `PROTECTION_SIGNATURE_OR_SYSTEM` of `PermissionInfo`.
fn protection(facts: &Facts) -> Outcome {
    let own = own_permission(facts);
    let permission = facts.manifest.root.children_named("permission").find(|element| name(element) == Some(&own));
    let Some(permission) = permission else {
        return Outcome::Moot("the app declares no permission of its own for Device Messaging");
    };
    let level = permission.attribute(attributes::PROTECTION_LEVEL).and_then(|level| level.value.integer()).unwrap_or(0);
    if matches!(level & 0xf, 2 | 3) {
        return Outcome::Pass;
    }
    let message =
        format!("the permission `{}` can be had by other apps, which then read the messages", Untrusted(&own));
    let xml = permission_xml(facts, &["uses-own", "uses-receive"]);
    Outcome::fail(Finding::new(message).help(format!("declare it so:{xml}")))
}

fn other_package(facts: &Facts) -> Outcome {
    if !is_used(facts) {
        return Outcome::Moot(UNUSED);
    }
    let manifest = &facts.manifest;
    let own = own_permission(facts);
    let mut findings = Vec::new();
    for (element, names, others) in [
        ("permission", declared(manifest).collect::<Vec<_>>(), ["uses-own", "uses-receive"]),
        ("uses-permission", used(manifest).collect(), ["permission", "uses-receive"]),
    ] {
        if names.contains(&own.as_str()) {
            continue;
        }
        for other in names.into_iter().filter(|name| name.ends_with(OWN_PERMISSION)) {
            let xml = permission_xml(facts, &others);
            findings.push(copied(&format!("<{element}>"), other, &own).help(format!("write instead:{xml}")));
        }
    }
    let package = manifest.package.as_str();
    for receiver in receivers(facts) {
        let filters = receiver.filters().filter(|f| f.actions.iter().any(|action| ACTIONS.contains(action)));
        for filter in filters.filter(|filter| !filter.categories.contains(&package)) {
            for other in filter.categories.iter().filter(|category| !category.starts_with("android.")) {
                let what = format!("<category> of the receiver `{}`", Untrusted(&receiver.class));
                findings.push(
                    copied(&what, other, package)
                        .help(format!("write instead:\n    <category android:name=\"{}\"/>", Untrusted(package))),
                );
            }
        }
    }
    Outcome::from_findings(findings)
}

fn copied(what: &str, found: &str, wanted: &str) -> Finding {
    let cause = if found.eq_ignore_ascii_case(wanted) {
        ": only the case differs, and it counts"
    } else {
        ": was it copied from a sample?"
    };
    let (shown, right) = (Untrusted(found), Untrusted(wanted));
    Finding::new(format!("{what} names `{shown}` instead of `{right}`, so that messages never arrive{cause}"))
        .evidence("wanted", wanted)
        .evidence("found", found)
}
