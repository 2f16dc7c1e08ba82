//! What can be wrong with a finished app, one check per cause.
//!
//! ```text
//! Archive + expectations -> Facts -> CHECKS -> Report -> Verdict
//! ```
//!
//! [`Facts`] is everything that was read; a check is a pure function over it, with an id that never changes, a
//! heading in `docs/checks.md` and a fixture. A finding is not an error: `Err` means that nothing could be looked at.

mod adm;
mod adm_components;
mod archive;
mod certificate;
mod classes;
mod code;
mod expectation;
mod facts;
mod key_bytes;
mod key_match;
mod key_place;
mod key_token;
mod lwa;
mod manifest;
mod placed_key;
mod remedy;
mod report;
mod secrets;
mod selection;
mod set;
mod signature;

pub use code::Code;
pub use expectation::{Expectations, NamedCertificate, ProfileId, ProfileIdError, Store};
pub use facts::{Contents, Depth, Facts, FactsError, Question};
pub use key_match::package_cause;
pub use placed_key::{AppstoreKey, KeyPlace, ManifestKey, ManifestKeyFault, PlacedKey};
pub use report::{CheckResult, Outcome, Report, Verdict};
pub use secrets::{FoundLeak, Leak, Secrets};
pub use selection::{Policy, Selection, SelectionError};
pub use set::{MemberFacts, SetMember, gather_set, set_disagreement};

use std::fmt;

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The ZIP archive as Android reads it.
    Archive,
    /// The signature and its certificates.
    Signature,
    /// The API key: its place, its bytes, what it says, and what it must match.
    Key,
    /// The manifest, and the code that it names.
    Manifest,
    /// Secrets that everybody who has the app can read.
    Secret,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 5] = [Self::Archive, Self::Signature, Self::Key, Self::Manifest, Self::Secret];

    /// The name that `--only` and the JSON use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Signature => "signature",
            Self::Key => "key",
            Self::Manifest => "manifest",
            Self::Secret => "secret",
        }
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Right for a debug build, good to know.
    Note,
    /// Probably not what was meant.
    Warning,
    /// The key, or the app, fails on a device.
    Error,
}

impl Severity {
    /// Its name in reports and settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// Every app.
    App,
    /// An APK in a set of APKs.
    SetMember,
    /// An Android library.
    Library,
}

/// One check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// The name, in kebab-case, which says what is wrong and never changes.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// How much a finding weighs by default.
    pub severity: Severity,
    /// How much it weighs with `--release`.
    pub release_severity: Severity,
    /// What the check demands, in one line.
    pub summary: &'static str,
    subject: Subject,
    run: fn(&Facts) -> Outcome,
}

impl Check {
    const fn new(id: &'static str, group: Group, summary: &'static str, run: fn(&Facts) -> Outcome) -> Self {
        let (severity, subject) = (Severity::Error, Subject::App);
        Self { id, group, severity, release_severity: severity, summary, subject, run }
    }

    const fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self.release_severity = Severity::Warning;
        self
    }

    const fn note(mut self) -> Self {
        self.severity = Severity::Note;
        self.release_severity = Severity::Note;
        self
    }

    /// Right in a debug build, an error in a release.
    const fn error_in_release(mut self) -> Self {
        self.severity = Severity::Note;
        self.release_severity = Severity::Error;
        self
    }

    /// Looks at the facts.
    #[must_use]
    pub fn run(&self, facts: &Facts) -> Outcome {
        (self.run)(facts)
    }
}

/// One thing that is wrong, in words that somebody can act on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Finding {
    /// What is wrong, with the wanted and the found value.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Named values, as `wanted` and `found`.
    pub evidence: Vec<(&'static str, String)>,
    /// How much it weighs when that differs from the check's own severity.
    pub severity: Option<Severity>,
}

impl Finding {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn evidence(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.evidence.push((name, value.into()));
        self
    }

    pub(crate) fn weighing(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }
}

/// Every check, in the order in which a report tells them.
#[must_use]
pub fn checks() -> Vec<Check> {
    [archive::CHECKS, signature::CHECKS, certificate::CHECKS, key_place::CHECKS, key_bytes::CHECKS, key_token::CHECKS]
        .into_iter()
        .chain([key_match::CHECKS, manifest::CHECKS, adm::CHECKS, adm_components::CHECKS, lwa::CHECKS])
        .chain([classes::CHECKS, secrets::CHECKS, set::CHECKS])
        .flatten()
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_unique_kebab_case_and_begin_with_a_noun_of_their_group() {
        let mut seen = HashSet::new();
        for check in checks() {
            assert!(seen.insert(check.id), "{} twice", check.id);
            assert!(
                check.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
                "{}",
                check.id
            );
            assert!(!check.summary.ends_with('.'), "{}", check.id);
        }
    }
}
