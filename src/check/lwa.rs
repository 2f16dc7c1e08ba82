//! Login with Amazon: the activity that the browser comes back to, and the SDK's age.

use super::adm::used;
use super::{Check, Facts, Finding, Group, Outcome, Severity};
use crate::manifest::{Component, ComponentKind, IntentFilter, Manifest};
use crate::text::Untrusted;

pub(super) const CHECKS: &[Check] = &[
    Check::new("lwa-activity-missing", Group::Manifest, "the activity of Login with Amazon is declared", missing),
    Check::new("lwa-redirect-wrong", Group::Manifest, "the browser finds its way back to this app", redirect),
    Check::new("lwa-activity-not-exported", Group::Manifest, "the browser can start the activity", not_exported),
    Check::new("lwa-permission-missing", Group::Manifest, "Login with Amazon may use the network", permissions)
        .warning(),
    Check::new(
        "lwa-sdk-outdated",
        Group::Manifest,
        "Login with Amazon is newer than 3.0.2, which no key satisfies on Android 9 and later",
        outdated,
    ),
];

const WORKFLOW: &str = "com.amazon.identity.auth.device.workflow.WorkflowActivity";
/// What SDKs before 3 declare; newer ones still have it.
const AUTHORIZATION: &str = "com.amazon.identity.auth.device.authorization.AuthorizationActivity";
const SDK: &str = "com.amazon.identity.auth.device";
const SCHEME: &str = "amzn";
const VIEW: &str = "android.intent.action.VIEW";
const CATEGORIES: [&str; 2] = ["android.intent.category.DEFAULT", "android.intent.category.BROWSABLE"];
const UNUSED: &str = "the app does not use Login with Amazon";
/// The last version that asks for the security provider `BC`, gone since Android 9.
const LAST_WITH_BC: [u32; 3] = [3, 0, 2];

/// Whether the app uses Login with Amazon: by its manifest or its classes.
pub(super) fn is_used(facts: &Facts) -> bool {
    let in_code = facts.code.as_ref().is_some_and(|code| code.has_package(SDK) || !code.lwa_versions.is_empty());
    in_code || is_declared(&facts.manifest)
}

/// The same, without a look at the code.
pub(super) fn is_declared(manifest: &Manifest) -> bool {
    activities(manifest).next().is_some()
}

/// The SDK's activities, by name or by what they let through.
pub(super) fn activities(manifest: &Manifest) -> impl Iterator<Item = Component<'_>> {
    manifest.components().filter(|component| {
        let is_activity = matches!(component.kind, ComponentKind::Activity | ComponentKind::Alias);
        let is_sdk = [WORKFLOW, AUTHORIZATION].contains(&component.class.as_str());
        is_activity && (is_sdk || component.filters().any(|filter| filter.schemes.contains(&SCHEME)))
    })
}

fn filter_xml(facts: &Facts) -> String {
    let package = Untrusted(facts.manifest.package.as_str());
    let [default, browsable] = CATEGORIES;
    format!(
        "\n      <intent-filter>\n        <action android:name=\"{VIEW}\"/>\n        <category \
         android:name=\"{default}\"/>\n        <category android:name=\"{browsable}\"/>\n        <data \
         android:scheme=\"{SCHEME}\" android:host=\"{package}\"/>\n      </intent-filter>"
    )
}

fn missing(facts: &Facts) -> Outcome {
    if !is_used(facts) {
        return Outcome::Moot(UNUSED);
    }
    if is_declared(&facts.manifest) {
        return Outcome::Pass;
    }
    let message = "the app has Login with Amazon, and its manifest does not declare the activity that the browser comes \
         back to: a login never ends";
    Outcome::fail(Finding::new(message).help(format!(
        "write into <application>:\n    <activity android:name=\"{WORKFLOW}\" android:theme=\"@android:style/Theme.NoDisplay\" \
         android:allowTaskReparenting=\"true\" android:launchMode=\"singleTask\" android:exported=\"true\">{}\n    \
         </activity>",
        filter_xml(facts)
    )))
}

/// What is wrong with a filter for `amzn://PACKAGE`; nothing when it is right.
fn problems(filter: &IntentFilter<'_>, package: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if !filter.hosts.contains(&package) {
        problems.push(match filter.hosts.first() {
            None => "it names no host, which must be the package".to_owned(),
            Some(host) if host.eq_ignore_ascii_case(package) => {
                format!("its host is `{}`, and only the case differs", Untrusted(host))
            }
            Some(host) => format!("its host is `{}` instead of the package", Untrusted(host)),
        });
    }
    if !filter.actions.contains(&VIEW) {
        problems.push(format!("the action `{VIEW}` is missing"));
    }
    let missing = CATEGORIES.into_iter().filter(|category| !filter.categories.contains(category));
    problems.extend(missing.map(|category| format!("the category `{category}` is missing")));
    problems
}

fn redirect(facts: &Facts) -> Outcome {
    let package = facts.manifest.package.as_str();
    let activities: Vec<_> = activities(&facts.manifest).collect();
    if activities.is_empty() {
        return Outcome::Moot(UNUSED);
    }
    let filters = activities.iter().flat_map(|activity| activity.filters().map(move |filter| (activity, filter)));
    let filters: Vec<_> = filters.filter(|(_, filter)| filter.schemes.contains(&SCHEME)).collect();
    let judged = filters.iter().map(|(activity, filter)| (activity, filter, problems(filter, package)));
    let best = judged.min_by_key(|(_, _, problems)| problems.len());
    let help = format!("its filter must be:{}", filter_xml(facts));
    match best {
        Some((_, _, problems)) if problems.is_empty() => Outcome::Pass,
        Some((activity, filter, problems)) => {
            let class = Untrusted(&activity.class);
            let message = format!("the browser does not find its way back to `{class}`: {}", problems.join("; "));
            Outcome::fail(
                Finding::new(message)
                    .help(help)
                    .evidence("wanted", format!("{SCHEME}://{package}"))
                    .evidence("found", format!("{SCHEME}://{}", filter.hosts.join(" "))),
            )
        }
        None => {
            let class = activities.first().map_or("", |activity| &activity.class);
            let message = format!("`{}` has no filter for {SCHEME}://{}", Untrusted(class), Untrusted(package));
            Outcome::fail(Finding::new(message).help(help).evidence("wanted", format!("{SCHEME}://{package}")))
        }
    }
}

fn not_exported(facts: &Facts) -> Outcome {
    let hidden = activities(&facts.manifest).filter(|activity| activity.exported() == Some(false));
    let findings = hidden.map(|activity| {
        let class = Untrusted(&activity.class);
        let message = format!("`{class}` is not exported, so that the browser cannot come back to it");
        Finding::new(message).help("write android:exported=\"true\" into that <activity>")
    });
    if is_declared(&facts.manifest) { Outcome::from_findings(findings.collect()) } else { Outcome::Moot(UNUSED) }
}

fn permissions(facts: &Facts) -> Outcome {
    if !is_used(facts) {
        return Outcome::Moot(UNUSED);
    }
    let wanted = [
        ("android.permission.INTERNET", Severity::Warning),
        ("android.permission.ACCESS_NETWORK_STATE", Severity::Note),
    ];
    let missing = wanted.into_iter().filter(|(wanted, _)| !used(&facts.manifest).any(|name| name == *wanted));
    let findings = missing.map(|(permission, severity)| {
        Finding::new(format!("the app does not ask for the permission `{permission}`, which Login with Amazon needs"))
            .help(format!("write into <manifest>:\n    <uses-permission android:name=\"{permission}\"/>"))
            .weighing(severity)
    });
    Outcome::from_findings(findings.collect())
}

const UPDATE: &str = "take the newest Login with Amazon SDK from developer.amazon.com (3.0.3 or later)";

fn outdated(facts: &Facts) -> Outcome {
    if !is_used(facts) {
        return Outcome::Moot(UNUSED);
    }
    let Some(code) = &facts.code else { return Outcome::Moot("the app's code was not looked at") };
    let message = "asks for the security provider `BC`, gone since Android 9: every key fails there";
    let old = code.lwa_versions.iter().find(|version| parsed(version) <= LAST_WITH_BC);
    if let Some(version) = old {
        let message = format!("Login with Amazon {} {message}", Untrusted(version));
        return Outcome::fail(Finding::new(message).help(UPDATE).evidence("found", version.clone()));
    }
    if !code.lwa_versions.is_empty() || !code.names_bouncy_castle {
        return Outcome::Pass;
    }
    let brings_provider = ["org.bouncycastle", "org.spongycastle"].iter().any(|package| code.has_package(package));
    if brings_provider {
        let message = "which version of Login with Amazon the app has cannot be told, and versions up to 3.0.2 fail on \
             Android 9 and later";
        return Outcome::fail(Finding::new(message).help(UPDATE).weighing(Severity::Note));
    }
    let message = format!("Login with Amazon, of a version that names itself nowhere, {message}");
    Outcome::fail(Finding::new(message).help(UPDATE))
}

/// Parts that are missing or no numbers count as 0.
fn parsed(version: &str) -> [u32; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    [0; 3].map(|_: u32| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_their_numbers() {
        for (version, is_old) in [("3.0.2", true), ("2.10.9", true), ("3.0", true), ("3.0.3", false), ("3.0.10", false)]
        {
            assert_eq!(parsed(version) <= LAST_WITH_BC, is_old, "{version}");
        }
    }
}
