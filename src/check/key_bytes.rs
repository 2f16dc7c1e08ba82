//! Checks of the key file's bytes. Login with Amazon reads past some defects; Amazon Device Messaging does not.

use super::{Check, Facts, Finding, Group, Outcome};
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
    match file(facts) {
        None => Outcome::Moot("there is no key to read"),
        Some(KeyFile { key: Err(TokenError::Empty), .. }) => Outcome::fail(
            Finding::new("the key file has 0 bytes: the SDK then looks for the key in the manifest")
                .help("write the key into it: `apkkey inject`"),
        ),
        Some(_) => Outcome::Pass,
    }
}

fn malformed(facts: &Facts) -> Outcome {
    let Some(file) = file(facts) else { return Outcome::Moot("there is no key to read") };
    match &file.key {
        Ok(_) => Outcome::Pass,
        Err(TokenError::Empty) => Outcome::Moot("the key file is empty"),
        Err(error) => {
            let finding = Finding::new(error.to_string());
            let help = crate::advice::Advice::help(error);
            Outcome::fail(help.map_or_else(|| finding.clone(), |help| finding.clone().help(help)))
        }
    }
}

fn defects(facts: &Facts, check: &str) -> Outcome {
    let Some(file) = file(facts) else { return Outcome::Moot("there is no key to read") };
    let findings = file.defects.iter().filter(|defect| check_of(defect) == check).map(|defect| {
        let scope = if defect.accepted_by_lwa() {
            ": Amazon Device Messaging refuses the key (Login with Amazon alone would accept it)"
        } else {
            ": every Amazon SDK refuses the key"
        };
        Finding::new(format!("{defect}{scope}")).help(defect.help()).evidence("defect", defect.id())
    });
    Outcome::from_findings(findings.collect())
}
