//! Checks of the key's place: there, once, at the one path that the SDK opens. The Appstore's own key as well.

use super::placed_key::{KeyPlace, ManifestKeyFault};
use super::{Check, Facts, Finding, Group, Outcome, Severity, adm, remedy};
use crate::api_key::KeyFile;
use crate::archive::{NearMiss, WantedFile};
use crate::text::Untrusted;

pub(super) const CHECKS: &[Check] = &[
    Check::new("key-missing", Group::Key, "the app has a key at the place where the SDK looks", missing),
    Check::new("key-misplaced", Group::Key, "no key stands where no SDK looks instead", misplaced),
    Check::new("key-in-manifest", Group::Key, "the key stands in a file, not in the manifest", in_manifest).warning(),
    Check::new("key-duplicate", Group::Key, "the key's name stands for one entry", duplicate),
    Check::new("key-copy", Group::Key, "no copies of the key lie around", copies).warning(),
    Check::new(
        "appstore-key-misplaced",
        Group::Key,
        "AppstoreAuthenticationKey.pem, if there is one, stands where the Appstore SDK looks",
        appstore_key,
    ),
];

fn missing(facts: &Facts) -> Outcome {
    if facts.key.is_some() {
        return Outcome::Pass;
    }
    if !facts.near_misses.is_empty() {
        return Outcome::Moot("a misplaced key was found");
    }
    let other = match facts.manifest_key.as_ref().map(|found| (&found.name, &found.text)) {
        Some((_, Err(_))) => return Outcome::Moot("the manifest names a key that cannot be read"),
        Some((name, Ok(text))) => {
            let reason = KeyFile::read(text.as_bytes()).key.err().map_or_else(String::new, |e| format!(": {e}"));
            format!(" (the manifest's `{name}` is no Amazon API key{reason})")
        }
        None => String::new(),
    };
    let place = remedy::source_place(facts.toolkit, WantedFile::API_KEY);
    Outcome::fail(Finding::new(format!("there is no `{}`{other}", facts.key_entry_name)).help(format!(
        "it holds the key from Amazon's developer console, nothing else: {place}; or put it into this file with \
                 `apkkey inject`"
    )))
}

fn misplaced(facts: &Facts) -> Outcome {
    match &facts.key {
        None => Outcome::from_findings(facts.near_misses.iter().map(|miss| misplaced_finding(facts, miss)).collect()),
        Some(key) => match &key.place {
            KeyPlace::Entry(entry) if entry != facts.key_entry_name => Outcome::fail(
                Finding::new(format!(
                    "the key stands at `{entry}`, which bundletool puts at the right place all the same"
                ))
                .help(format!("put it at `{}`: if that is ever there too, it wins", facts.key_entry_name))
                .weighing(Severity::Warning),
            ),
            KeyPlace::Entry(_) | KeyPlace::MetaData(_) => Outcome::Pass,
        },
    }
}

fn misplaced_finding(facts: &Facts, miss: &NearMiss) -> Finding {
    Finding::new(format!("the key stands at `{}`, where no SDK looks: {}", Untrusted(&miss.entry), miss.placement))
        .help(remedy::misplaced(&miss.placement, facts.toolkit, WantedFile::API_KEY))
        .evidence("wanted", facts.key_entry_name)
        .evidence("found", miss.entry.clone())
}

fn in_manifest(facts: &Facts) -> Outcome {
    let Some(found) = &facts.manifest_key else { return Outcome::Pass };
    let help = format!("put the key into `{}`, and take it out of the manifest", facts.key_entry_name);
    let name = &found.name;
    let is_read = matches!(facts.key.as_ref().map(|key| &key.place), Some(KeyPlace::MetaData(_)));
    match (&found.text, is_read) {
        (Err(fault), _) if facts.key.is_none() && facts.near_misses.is_empty() => {
            let what = match fault {
                ManifestKeyFault::NoText => "it is no text".to_owned(),
                ManifestKeyFault::Resource(error) => error.to_string(),
            };
            let message = format!("the manifest names a key (`{name}`) that cannot be read: {what}");
            Outcome::Unknown(Finding::new(message).help(help))
        }
        (_, false) => Outcome::Pass,
        (_, true) => {
            let resource = found.resource.map_or_else(String::new, |id| format!(", resource @{id:#010x}"));
            let message = format!(
                "the key stands in the manifest (`{name}`{resource}), where Login with Amazon finds it when there is no \
                 key file; Amazon Device Messaging is documented to read the file alone"
            );
            if adm::is_used(facts) {
                return Outcome::fail(Finding::new(message).help(help).weighing(Severity::Error));
            }
            if found.varies {
                let message = format!("{message}. Other languages or screens have another text, which is not checked");
                return Outcome::Unknown(Finding::new(message).help(help));
            }
            Outcome::fail(Finding::new(message).help(help))
        }
    }
}

fn duplicate(facts: &Facts) -> Outcome {
    match facts.key_entries {
        0 => Outcome::Moot("there is no key"),
        1 => Outcome::Pass,
        count => Outcome::fail(
            Finding::new(format!("`{}` stands {count} times in the archive", facts.key_entry_name))
                .help("remove all but one: `apkkey inject --unsigned` replaces them with one"),
        ),
    }
}

fn copies(facts: &Facts) -> Outcome {
    if facts.key.is_none() {
        return Outcome::Moot("there is no key");
    }
    let findings = facts.near_misses.iter().map(|miss| {
        let message = format!("another key file stands at `{}`: {}", Untrusted(&miss.entry), miss.placement);
        let refused = facts.key_conflicts.contains(&miss.entry);
        let consequence = if refused { "; bundletool refuses two modules that have the file" } else { "" };
        Finding::new(format!("{message}{consequence}"))
            .help("remove it: only one place counts")
            .evidence("found", miss.entry.clone())
            .weighing(if refused { Severity::Error } else { Severity::Warning })
    });
    Outcome::from_findings(findings.collect())
}

fn appstore_key(facts: &Facts) -> Outcome {
    let wanted = WantedFile::APPSTORE_KEY;
    let right = wanted.entry(facts.kind);
    let findings = facts.appstore_key.elsewhere.iter().map(|miss| {
        let entry = Untrusted(&miss.entry);
        if facts.appstore_key.is_placed {
            let message = format!("another {} stands at `{entry}`: {}", wanted.name, miss.placement);
            return Finding::new(message).help("remove it: only one place counts").weighing(Severity::Warning);
        }
        let message = format!("{} stands at `{entry}`, where the Appstore SDK does not look", wanted.name);
        Finding::new(format!("{message}: {}", miss.placement))
            .help(remedy::misplaced(&miss.placement, facts.toolkit, wanted))
            .evidence("wanted", right.clone())
            .evidence("found", miss.entry.clone())
    });
    Outcome::from_findings(findings.collect())
}
