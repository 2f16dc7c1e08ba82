//! Checks of the key's place: there, once, at the one path that the SDK opens.

use super::{Check, Facts, Finding, Group, Outcome};
use crate::archive::Toolkit;
use crate::text::Untrusted;

pub(super) const CHECKS: &[Check] = &[
    Check::new("key-missing", Group::Key, "the app has a key at the place where the SDK looks", missing),
    Check::new("key-misplaced", Group::Key, "no key stands where no SDK looks instead", misplaced),
    Check::new("key-duplicate", Group::Key, "the key's name stands for one entry", duplicate),
    Check::new("key-copy", Group::Key, "no copies of the key lie around", copies).warning(),
];

/// `<meta-data>` names that the SDK falls back to when there is no key file; the second is older.
const MANIFEST_KEYS: [&str; 2] = ["APIKey", "AmazonAPIKey"];

fn missing(facts: &Facts) -> Outcome {
    if facts.key.is_some() {
        return Outcome::Pass;
    }
    if !facts.near_misses.is_empty() {
        return Outcome::Moot("a misplaced key was found");
    }
    let in_manifest = facts.manifest.meta_data.iter().find(|data| MANIFEST_KEYS.contains(&data.name.as_str()));
    if let Some(data) = in_manifest {
        let message = format!(
            "the key stands in the manifest (`{}`), where Login with Amazon reads it and Amazon Device Messaging does not",
            data.name
        );
        return Outcome::Unknown(Finding::new(message).help(format!("put the key into `{}`", facts.key_entry_name)));
    }
    Outcome::fail(
        Finding::new(format!("there is no `{}`", facts.key_entry_name))
            .help(format!("{}; or put it in with `apkkey inject`", place_for(facts.toolkit))),
    )
}

/// Where the toolkit wants the file.
fn place_for(toolkit: Option<Toolkit>) -> &'static str {
    match toolkit {
        None => "put the key into app/src/main/assets/api_key.txt (or the assets of one variant)",
        Some(Toolkit::Cordova) => {
            "add <resource-file src=\"api_key.txt\" target=\"app/src/main/assets/api_key.txt\"/> to config.xml"
        }
        Some(Toolkit::Capacitor | Toolkit::Flutter | Toolkit::ReactNative) => {
            "put the key into android/app/src/main/assets/api_key.txt"
        }
        Some(Toolkit::Unity) => "put the key into the `assets` of an .androidlib, or into Assets/StreamingAssets",
        Some(Toolkit::Dotnet) => "add <AndroidAsset Include=\"api_key.txt\" Link=\"api_key.txt\"/> to the project",
        Some(Toolkit::Godot) => "export the file as a non-resource: add `api_key.txt` to the export filter",
        Some(Toolkit::Air) => "put the key at the root of the project: AIR adds `assets/` itself",
    }
}

fn misplaced(facts: &Facts) -> Outcome {
    if facts.key.is_some() {
        return Outcome::Pass;
    }
    let findings = facts.near_misses.iter().map(|miss| {
        Finding::new(format!("the key stands at `{}`, where no SDK looks: {}", Untrusted(&miss.entry), miss.placement))
            .help(miss.placement.help())
            .evidence("wanted", facts.key_entry_name)
            .evidence("found", miss.entry.clone())
    });
    Outcome::from_findings(findings.collect())
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
        Finding::new(format!("another key file stands at `{}`: {}", Untrusted(&miss.entry), miss.placement))
            .help("remove it: only one place counts")
            .evidence("found", miss.entry.clone())
    });
    Outcome::from_findings(findings.collect())
}
