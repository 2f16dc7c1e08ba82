//! What checks said.

use super::{FileObject, LibraryObject};
use crate::check::{CheckResult, Finding, Outcome, Severity};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

#[derive(Debug, Serialize)]
pub struct CheckObject {
    pub id: &'static str,
    pub group: &'static str,
    pub severity: &'static str,
    pub outcome: &'static str,
    /// Could not look, and nobody else says so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    pub message: Cow<'static, str>,
    pub help: Option<String>,
    pub evidence: BTreeMap<&'static str, String>,
    /// Whether it makes the exit code 1.
    #[serde(skip)]
    pub blocks: bool,
}

impl CheckObject {
    /// One object for a check that passed or was skipped, one for each finding otherwise.
    pub fn list(result: &CheckResult) -> Vec<Self> {
        let plain = |outcome, message| {
            let blank = Self::new(result, result.severity, (outcome, &Finding::default()));
            vec![Self { blocks: false, message: Cow::Borrowed(message), ..blank }]
        };
        let found = |outcome| {
            let object = |finding| Self::new(result, result.severity_of(finding), (outcome, finding));
            result.findings().iter().map(object).collect()
        };
        match &result.outcome {
            Outcome::Pass => plain("pass", result.check.summary),
            Outcome::Moot(reason) => plain("skipped", reason),
            Outcome::Unknown(_) => found("skipped"),
            Outcome::Fail(_) => found("fail"),
        }
    }

    fn new(result: &CheckResult, severity: Severity, (outcome, finding): (&'static str, &Finding)) -> Self {
        let mut evidence: BTreeMap<&'static str, String> = BTreeMap::new();
        for (name, value) in &finding.evidence {
            evidence.entry(name).and_modify(|text| *text = format!("{text}\n{value}")).or_insert_with(|| value.clone());
        }
        Self {
            id: result.check.id,
            group: result.check.group.name(),
            severity: severity.name(),
            outcome,
            unknown: matches!(result.outcome, Outcome::Unknown(_)),
            message: Cow::Owned(finding.message.clone()),
            help: finding.help.clone(),
            evidence,
            blocks: result.blocks(finding),
        }
    }

    /// Whether a person should read it: it failed, or could not be checked and nobody else says so.
    pub fn is_reported(&self) -> bool {
        self.outcome == "fail" || self.unknown
    }

    /// What stands before the message.
    pub fn prefix(&self) -> &'static str {
        if self.unknown { "not checked: " } else { "" }
    }

    /// The values that a person wants to compare, each line apart.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let shown = ["place", "wanted", "found", "device"].into_iter();
        shown.flat_map(|name| self.evidence.get(name).map_or("", String::as_str).lines().map(move |line| (name, line)))
    }

    /// Message, values and help, for formats that have one text for all.
    pub fn in_full(&self) -> String {
        let values = self.values().map(|(name, value)| format!("\n{name}: {value}"));
        let help = self.help.iter().map(|help| format!("\nhelp: {help}"));
        format!("{}{}{}", self.prefix(), self.message, values.chain(help).collect::<String>())
    }
}

/// A file that checks were run on.
pub struct Judged<'a> {
    pub path: &'a str,
    /// The file on the disk: the set, for an APK in one.
    pub file: &'a str,
    pub verdict: &'static str,
    pub checks: &'a [CheckObject],
}

impl FileObject {
    /// What checks said about it, if there were any.
    pub fn judged(&self) -> Option<Judged<'_>> {
        match self {
            Self::App(app) => {
                let (verdict, checks) = app.verdict.zip(app.checks.as_deref())?;
                let file = app.set.as_ref().map_or(&app.path, |set| &set.path);
                Some(Judged { path: &app.path, file, verdict, checks })
            }
            Self::Library(LibraryObject { path, verdict, checks, .. }) => {
                Some(Judged { path, file: path, verdict, checks })
            }
            Self::Store(_) | Self::Form(_) | Self::Key(_) | Self::Changed(_) | Self::Lineage(_) | Self::Sources(_) => {
                None
            }
        }
    }
}
