//! Checks of the key file's bytes. Login with Amazon reads past some defects; Amazon Device Messaging does not.

use super::placed_key::KeyPlace;
use super::{Check, Facts, Finding, Group, Outcome, Severity, adm};
use crate::advice::Advice;
use crate::api_key::{Defect, KeyFile, TokenError};

pub(super) const CHECKS: &[Check] = &[
    Check::new("key-unreadable", Group::Key, "the key's entry can be unpacked", unreadable),
    Check::new("key-empty", Group::Key, "the key file is not empty", empty),
    Check::new("key-malformed", Group::Key, "the file holds a key: three parts with a payload", malformed),
    Check::new("key-whitespace", Group::Key, "no white space and no line break stand around the key", |facts| {
        defects(facts, "key-whitespace")
    }),
    Check::new("key-encoding", Group::Key, "the file is plain ASCII", |facts| defects(facts, "key-encoding")),
    Check::new("key-second-line", Group::Key, "nothing stands below the key", |facts| {
        defects(facts, "key-second-line")
    }),
    Check::new("key-wrapped", Group::Key, "the key is one line", |facts| defects(facts, "key-wrapped")),
    Check::new("key-quoted", Group::Key, "no quotes and no name stand around the key", |facts| {
        defects(facts, "key-quoted")
    }),
    Check::new("key-url-encoded", Group::Key, "the key is standard base64, not made for a URL", |facts| {
        defects(facts, "key-url-encoded")
    }),
    Check::new("key-incomplete", Group::Key, "no character of the key is missing or too much", |facts| {
        defects(facts, "key-incomplete")
    }),
];

/// The check that reports a defect.
fn check_of(defect: &Defect) -> &'static str {
    match defect {
        Defect::LeadingBlankLine { .. }
        | Defect::LeadingWhiteSpace { .. }
        | Defect::TrailingWhiteSpace { .. }
        | Defect::TrailingNul { .. }
        | Defect::TrailingLineBreak { .. }
        | Defect::WhiteSpaceInside { .. } => "key-whitespace",
        Defect::Utf16
        | Defect::NotUtf8 { .. }
        | Defect::ByteOrderMark
        | Defect::ZeroWidth { .. }
        | Defect::OtherCharacter { .. } => "key-encoding",
        Defect::SecondLine { .. } | Defect::TooLarge { .. } => "key-second-line",
        Defect::Wrapped { .. } => "key-wrapped",
        Defect::Quotes { .. } | Defect::Prefix { .. } => "key-quoted",
        Defect::UrlSafeAlphabet { .. } | Defect::PercentEncoding { .. } | Defect::SpaceForPlus { .. } => {
            "key-url-encoded"
        }
        Defect::TrailingDot { .. } | Defect::MissingPadding { .. } => "key-incomplete",
    }
}

fn file(facts: &Facts) -> Option<&KeyFile> {
    facts.key.as_ref().and_then(|key| key.file.as_ref().ok())
}

fn unreadable(facts: &Facts) -> Outcome {
    match facts.key.as_ref().map(|key| &key.file) {
        None => Outcome::Moot("there is no key"),
        Some(Ok(_)) => Outcome::Pass,
        Some(Err(error)) => Outcome::fail(
            Finding::new(format!("the key cannot be unpacked: {error}"))
                .help("build the file again, or put the key in with `apkkey inject`"),
        ),
    }
}

fn empty(facts: &Facts) -> Outcome {
    let Some(entry) = &facts.empty_key_entry else {
        return if facts.key.is_none() { Outcome::Moot("there is no key") } else { Outcome::Pass };
    };
    let finding = Finding::new(format!("`{entry}` has 0 bytes")).help("write the key into it, or use `apkkey inject`");
    let falls_back = matches!(facts.key.as_ref().map(|key| &key.place), Some(KeyPlace::MetaData(_)));
    if falls_back && !adm::is_used(facts) {
        let message = format!("`{entry}` has 0 bytes: Login with Amazon reads the key in the manifest instead");
        return Outcome::fail(Finding { message, ..finding }.weighing(Severity::Warning));
    }
    Outcome::fail(finding)
}

fn malformed(facts: &Facts) -> Outcome {
    let Some(file) = file(facts) else { return Outcome::Moot("there is no key to read") };
    if file.repaired().is_some() {
        return Outcome::Moot("there is a key inside: other checks say what hides it");
    }
    match &file.key {
        Ok(_) => Outcome::Pass,
        Err(TokenError::Empty) => Outcome::Moot("the key file is empty"),
        Err(error) => {
            let mut finding = Finding::new(format!("{error}: every Amazon SDK refuses the key (`Invalid JWT format`)"));
            finding.help = error.help();
            Outcome::fail(finding)
        }
    }
}

fn defects(facts: &Facts, check: &str) -> Outcome {
    let Some(file) = file(facts) else { return Outcome::Moot("there is no key to read") };
    if file.key.is_err() && file.repaired().is_none() {
        return Outcome::Moot("the file holds no key");
    }
    let findings = file.defects.iter().filter(|defect| check_of(defect) == check).map(|defect| {
        let scope = if defect.accepted_by_lwa() {
            ": Amazon Device Messaging refuses the key (Login with Amazon alone would accept it)"
        } else {
            ": every Amazon SDK refuses the key"
        };
        let help = match facts.has_hidden_key() {
            true => format!("{}; the key inside is genuine", defect.help()),
            false => defect.help().to_owned(),
        };
        let finding = Finding::new(format!("{defect}{scope}")).help(help).evidence("defect", defect.id());
        // what Device Messaging would refuse does not matter where it does not look
        let in_manifest = matches!(facts.key.as_ref().map(|key| &key.place), Some(KeyPlace::MetaData(_)));
        if in_manifest && defect.accepted_by_lwa() { finding.weighing(Severity::Warning) } else { finding }
    });
    Outcome::from_findings(findings.collect())
}
