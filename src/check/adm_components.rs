//! The receiver and the services of Amazon Device Messaging.
//!
//! Which service handles messages is told by what its class extends, where the DEX files say so, and else by OneSignal's
//! names. A receiver that does not extend the SDK's (Braze's, for instance) hands messages to whom it likes, and then
//! nothing is said about handlers.

use super::adm::{ACTIONS, HANDLER_BASE, JOB_BASE, ONESIGNAL, RECEIVER_BASE, SEND, UNUSED, is_used, receivers};
use super::{Check, Facts, Finding, Group, Outcome};
use crate::manifest::{Component, ComponentKind};
use crate::text::Untrusted;
use std::collections::HashSet;

pub(super) const CHECKS: &[Check] = &[
    Check::new("adm-receiver-missing", Group::Manifest, "a receiver for Device Messaging is declared", missing),
    Check::new(
        "adm-receiver-unprotected",
        Group::Manifest,
        "only Device Messaging may send to the receiver",
        unprotected,
    ),
    Check::new("adm-receiver-filter", Group::Manifest, "the receiver's filter lets messages through", filter),
    Check::new("adm-receiver-not-exported", Group::Manifest, "Device Messaging can reach the receiver", not_exported),
    Check::new("adm-handler-missing", Group::Manifest, "the services that handle messages are declared", handler),
    Check::new(
        "adm-job-permission-missing",
        Group::Manifest,
        "Android may start the service that handles messages as a job",
        job_permission,
    ),
    Check::new(
        "adm-handler-exported",
        Group::Manifest,
        "other apps cannot start the services that handle messages",
        handler_exported,
    )
    .warning(),
];

const BIND_JOB: &str = "android.permission.BIND_JOB_SERVICE";

/// A receiver as it should stand in the manifest.
pub(super) fn receiver_xml(facts: &Facts, class: &str) -> String {
    let package = Untrusted(facts.manifest.package.as_str());
    let class = Untrusted(class);
    let [registration, receive] = ACTIONS;
    format!(
        "\n    <receiver android:name=\"{class}\" android:permission=\"{SEND}\" android:exported=\"true\">\n      \
         <intent-filter>\n        <action android:name=\"{registration}\"/>\n        <action \
         android:name=\"{receive}\"/>\n        <category android:name=\"{package}\"/>\n      \
         </intent-filter>\n    </receiver>"
    )
}

/// The services as they should stand in the manifest: a handler, and a handler for jobs.
pub(super) fn services_xml([handler, job]: [&str; 2]) -> String {
    format!("{}{}", handler_xml(handler), job_xml(job))
}

fn handler_xml(class: &str) -> String {
    format!("\n    <service android:name=\"{}\" android:exported=\"false\"/>", Untrusted(class))
}

fn job_xml(class: &str) -> String {
    let class = Untrusted(class);
    format!("\n    <service android:name=\"{class}\" android:permission=\"{BIND_JOB}\" android:exported=\"false\"/>")
}

/// The class that should be declared, as far as the code tells it.
fn receiver_class(facts: &Facts) -> String {
    let defined = facts.code.as_ref().map(|code| code.subclasses(RECEIVER_BASE)).unwrap_or_default();
    defined.into_iter().next().unwrap_or_else(|| ".MyADMMessageReceiver".to_owned())
}

fn missing(facts: &Facts) -> Outcome {
    if !is_used(facts) {
        return Outcome::Moot(UNUSED);
    }
    if !receivers(facts).is_empty() {
        return Outcome::Pass;
    }
    let xml = receiver_xml(facts, &receiver_class(facts));
    Outcome::fail(
        Finding::new(
            "no receiver for Amazon Device Messaging is declared: the app neither registers nor gets messages",
        )
        .help(format!("write into <application>:{xml}")),
    )
}

fn about_receivers(facts: &Facts, findings: impl Fn(&Component<'_>) -> Vec<Finding>) -> Outcome {
    if !is_used(facts) {
        return Outcome::Moot(UNUSED);
    }
    let receivers = receivers(facts);
    if receivers.is_empty() {
        return Outcome::Moot("no receiver is declared");
    }
    Outcome::from_findings(receivers.iter().flat_map(findings).collect())
}

fn unprotected(facts: &Facts) -> Outcome {
    about_receivers(facts, |receiver| {
        let class = Untrusted(&receiver.class);
        let message = match receiver.permission() {
            Some(SEND) => return Vec::new(),
            None => format!("the receiver `{class}` demands no permission: Device Messaging does not register the app"),
            Some(other) => format!(
                "the receiver `{class}` demands the permission `{}` instead of `{SEND}`: Device Messaging does not \
                 register the app",
                Untrusted(other)
            ),
        };
        let help = format!("write android:permission=\"{SEND}\" into that <receiver>");
        vec![Finding::new(message).help(help).evidence("wanted", SEND)]
    })
}

fn filter(facts: &Facts) -> Outcome {
    let receivers = receivers(facts);
    let has_action = |action: &str| {
        let mut filters = receivers.iter().flat_map(Component::filters);
        filters.any(|filter| filter.actions.contains(&action))
    };
    let missing: Vec<&str> = ACTIONS.into_iter().filter(|action| !has_action(action)).collect();
    let package = facts.manifest.package.as_str();
    about_receivers(facts, |receiver| {
        let class = Untrusted(&receiver.class);
        let mut findings = Vec::new();
        for action in &missing {
            let what = if action.ends_with("RECEIVE") { "messages" } else { "its registration" };
            let message = format!("the receiver `{class}` has no action for {what}");
            let help = format!("write into its <intent-filter>:\n    <action android:name=\"{action}\"/>");
            findings.push(Finding::new(message).help(help).evidence("wanted", *action));
        }
        let adm = receiver.filters().filter(|filter| filter.actions.iter().any(|action| ACTIONS.contains(action)));
        let without = adm.filter(|filter| filter.categories.iter().all(|category| category.starts_with("android.")));
        for _ in without {
            let message =
                format!("the receiver `{class}` has no category with the app's package: messages never arrive");
            let help =
                format!("write into its <intent-filter>:\n    <category android:name=\"{}\"/>", Untrusted(package));
            findings.push(Finding::new(message).help(help).evidence("wanted", package));
        }
        findings
    })
}

fn not_exported(facts: &Facts) -> Outcome {
    about_receivers(facts, |receiver| {
        if receiver.exported() != Some(false) {
            return Vec::new();
        }
        let class = Untrusted(&receiver.class);
        let message = format!("the receiver `{class}` is not exported, so that Device Messaging cannot send to it");
        let help = "write android:exported=\"true\" into that <receiver>; its permission keeps others out";
        vec![Finding::new(message).help(help)]
    })
}

fn services(facts: &Facts) -> impl Iterator<Item = Component<'_>> {
    facts.manifest.components().filter(|component| component.kind == ComponentKind::Service)
}

/// What a class extends, for sure.
fn extends(facts: &Facts, class: &str, base: &str) -> Option<bool> {
    facts.code.as_ref().and_then(|code| code.extends(class, base))
}

/// Whether a service is one of the SDK's handlers, or may be one as far as its name goes.
fn is_handler(facts: &Facts, class: &str) -> bool {
    let by_code = [HANDLER_BASE, JOB_BASE].map(|base| extends(facts, class, base));
    let known = ONESIGNAL.iter().any(|[_, services @ ..]| services.contains(&class));
    known || by_code.contains(&Some(true)) || (by_code.contains(&None) && sounds_like_adm(class))
}

/// Whether a service for older devices, and one for jobs, is declared, as far as it is known.
pub(super) fn handler_kinds(facts: &Facts) -> [bool; 2] {
    let mut kinds = [false; 2];
    for service in services(facts) {
        let class = service.class.as_str();
        let [handler, job] = [HANDLER_BASE, JOB_BASE].map(|base| extends(facts, class, base) == Some(true));
        let is_known = |index: usize| ONESIGNAL.iter().any(|names| names.get(index) == Some(&class));
        kinds = [kinds[0] || handler || is_known(1), kinds[1] || job || is_known(2)];
    }
    kinds
}

/// Whether a class sounds as if it had to do with Device Messaging.
pub(super) fn sounds_like_adm(class: &str) -> bool {
    let simple = class.rsplit('.').next().unwrap_or(class);
    simple.contains("ADM") || simple.contains("Adm")
}

fn handler(facts: &Facts) -> Outcome {
    if !is_used(facts) {
        return Outcome::Moot(UNUSED);
    }
    let receivers = receivers(facts);
    let declared: HashSet<String> = services(facts).map(|service| service.class).collect();
    let is_declared = |class: &str| declared.contains(class);
    let is_defined = |class: &str| facts.code.as_ref().is_none_or(|code| code.defines(class));
    let mut findings = Vec::new();
    for [receiver, handler, job] in ONESIGNAL {
        if !receivers.iter().any(|declared| declared.class == receiver) {
            continue;
        }
        for (class, xml) in [(handler, handler_xml(handler)), (job, job_xml(job))] {
            // OneSignal before 3.12 has no handler for jobs; what a shrinker removed another check tells
            if !is_declared(class) && is_defined(class) {
                findings.push(undeclared(class, &xml));
            }
        }
    }
    let own: Vec<_> = receivers.iter().filter(|receiver| !is_onesignal(&receiver.class)).collect();
    let own: Vec<_> = own.into_iter().filter(|r| extends(facts, &r.class, RECEIVER_BASE) == Some(true)).collect();
    findings.extend(beside(facts, &own, &is_declared));
    if findings.is_empty() && !own.is_empty() && !services(facts).any(|service| is_handler(facts, &service.class)) {
        let xml = services_xml([".MyADMMessageHandler", ".MyADMMessageHandlerJob"]);
        findings.push(
            Finding::new("no service that handles messages is declared: they arrive and nothing happens")
                .help(format!("write into <application>, with the names of your classes:{xml}")),
        );
    }
    if receivers.is_empty() { Outcome::Moot("no receiver is declared") } else { Outcome::from_findings(findings) }
}

fn is_onesignal(class: &str) -> bool {
    ONESIGNAL.iter().any(|[receiver, ..]| *receiver == class)
}

/// Handlers in the neighbourhood of receivers that the code has and the manifest has not.
fn beside(facts: &Facts, receivers: &[&Component<'_>], is_declared: &impl Fn(&str) -> bool) -> Vec<Finding> {
    let Some(code) = &facts.code else { return Vec::new() };
    let neighbourhood = |class: &str| class.split('.').take(2).collect::<Vec<_>>().join(".");
    let here: HashSet<String> = receivers.iter().map(|receiver| neighbourhood(&receiver.class)).collect();
    let mut findings = Vec::new();
    if here.is_empty() {
        return findings;
    }
    for base in [HANDLER_BASE, JOB_BASE] {
        let xml = |class: &str| if base == JOB_BASE { job_xml(class) } else { handler_xml(class) };
        let near = code.subclasses(base).into_iter().filter(|class| here.contains(&neighbourhood(class)));
        findings.extend(near.filter(|class| !is_declared(class)).map(|class| undeclared(&class, &xml(&class))));
    }
    findings
}

fn undeclared(class: &str, xml: &str) -> Finding {
    let message = format!(
        "the service `{}` is not declared, and messages are handed to it: the app crashes (`No such service`) or gets none",
        Untrusted(class)
    );
    Finding::new(message).help(format!("write into <application>:{xml}")).evidence("wanted", class)
}

fn job_permission(facts: &Facts) -> Outcome {
    if !is_used(facts) {
        return Outcome::Moot(UNUSED);
    }
    let is_job = |class: &str| {
        extends(facts, class, JOB_BASE).unwrap_or_else(|| ONESIGNAL.iter().any(|[_, _, job]| *job == class))
    };
    let jobs = services(facts).filter(|service| is_job(&service.class) && service.permission() != Some(BIND_JOB));
    let findings = jobs.map(|service| {
        let class = Untrusted(&service.class);
        let message =
            format!("the service `{class}` does not demand `{BIND_JOB}`: Android refuses to start it as a job");
        Finding::new(message).help(format!("declare it so:{}", job_xml(&service.class))).evidence("wanted", BIND_JOB)
    });
    Outcome::from_findings(findings.collect())
}

fn handler_exported(facts: &Facts) -> Outcome {
    if !is_used(facts) {
        return Outcome::Moot(UNUSED);
    }
    let handlers = services(facts).filter(|service| is_handler(facts, &service.class));
    let open = handlers.filter(|service| service.exported() == Some(true) && service.permission().is_none());
    let findings = open.map(|service| {
        let message = format!("other apps can start `{}` and fake messages", Untrusted(&service.class));
        Finding::new(message).help("write android:exported=\"false\" into that <service>")
    });
    Outcome::from_findings(findings.collect())
}
