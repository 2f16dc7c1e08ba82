//! The results of all checks and what follows from them.

use super::selection::Policy;
use super::set;
use super::{Check, Facts, Finding, Group, KeyPlace, Severity, Subject};
use crate::archive::Library;
use crate::limits::PROBLEMS_PER_RULE;

/// What a check says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Looked, and it is right.
    Pass,
    /// Looked, and this is wrong.
    Fail(Vec<Finding>),
    /// Could not look: another check reports the cause.
    Moot(&'static str),
    /// Could not look, and nobody else says so: a warning, never success.
    Unknown(Finding),
}

impl Outcome {
    pub(crate) fn fail(finding: Finding) -> Self {
        Self::Fail(vec![finding])
    }

    /// At most [`PROBLEMS_PER_RULE`] findings, and one, as heavy as the heaviest of them, for those that were left out.
    pub(crate) fn from_findings(mut findings: Vec<Finding>) -> Self {
        if findings.len() > PROBLEMS_PER_RULE {
            let left_out = findings.split_off(PROBLEMS_PER_RULE);
            let mut more = Finding::new(format!("and {} more of this kind", left_out.len()));
            more.severity = match left_out.iter().map(|finding| finding.severity).max() {
                Some(Some(Severity::Error)) => Some(Severity::Error),
                _ if left_out.iter().any(|finding| finding.severity.is_none()) => None,
                heaviest => heaviest.flatten(),
            };
            findings.push(more);
        }
        if findings.is_empty() { Self::Pass } else { Self::Fail(findings) }
    }
}

/// A check and what it said.
#[derive(Debug, Clone)]
pub struct CheckResult {
    /// The check.
    pub check: Check,
    /// Its severity under the policy.
    pub severity: Severity,
    /// What it said.
    pub outcome: Outcome,
    weighing: Weighing,
}

/// What the policy makes of severities.
#[derive(Debug, Clone, Copy)]
struct Weighing {
    allowed: bool,
    strict: bool,
    set: Option<Severity>,
}

impl Weighing {
    /// What was allowed or set by name stays so, also where warnings are errors.
    fn apply(self, severity: Severity) -> Severity {
        match severity {
            Severity::Error if self.allowed => Severity::Warning,
            Severity::Warning if self.is_stricter() => Severity::Error,
            Severity::Error | Severity::Warning | Severity::Note => severity,
        }
    }

    fn is_stricter(self) -> bool {
        self.strict && !self.allowed && self.set.is_none()
    }
}

impl CheckResult {
    fn new(check: Check, facts: &Facts, policy: &Policy) -> Self {
        Self::said(check, placed(check.run(facts), check, facts), policy)
    }

    fn said(check: Check, outcome: Outcome, policy: &Policy) -> Self {
        let weighing = Weighing { allowed: policy.allows(&check), strict: policy.strict, set: policy.set(&check) };
        let severity = weighing.apply(policy.default_severity(&check));
        Self { severity, outcome, check, weighing }
    }

    /// The severity of one finding: its own where it has one, else that of the check. What could not be looked at is
    /// a warning. A severity that was set lowers these too.
    #[must_use]
    pub fn severity_of(&self, finding: &Finding) -> Severity {
        let lowered = |own: Severity| self.weighing.set.map_or(own, |set| own.min(set));
        match (&self.outcome, finding.severity) {
            (Outcome::Unknown(_), _) => lowered(Severity::Warning),
            (_, Some(own)) => self.weighing.apply(lowered(own)),
            (_, None) => self.severity,
        }
    }

    /// Whether the finding makes the file unacceptable: an error, or with `strict` something that could not be looked
    /// at.
    #[must_use]
    pub fn blocks(&self, finding: &Finding) -> bool {
        match self.outcome {
            Outcome::Unknown(_) => self.weighing.is_stricter(),
            Outcome::Pass | Outcome::Fail(_) | Outcome::Moot(_) => self.severity_of(finding) == Severity::Error,
        }
    }

    /// What was found, or could not be looked at.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match &self.outcome {
            Outcome::Fail(findings) => findings,
            Outcome::Unknown(finding) => std::slice::from_ref(finding),
            Outcome::Pass | Outcome::Moot(_) => &[],
        }
    }
}

/// Says of a key that stands in the manifest where it stands.
fn placed(outcome: Outcome, check: Check, facts: &Facts) -> Outcome {
    let place = facts.key.as_ref().map(|key| &key.place).filter(|place| matches!(place, KeyPlace::MetaData(_)));
    match (outcome, place) {
        (Outcome::Fail(findings), Some(place)) if check.group == Group::Key => {
            Outcome::Fail(findings.into_iter().map(|finding| finding.evidence("place", place.to_string())).collect())
        }
        (outcome, _) => outcome,
    }
}

/// What a report comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No error.
    Good,
    /// An error.
    Bad,
    /// No error, but a check that matters could not look.
    Incomplete,
}

impl Verdict {
    /// The name in the JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Incomplete => "incomplete",
        }
    }
}

/// The results of all selected checks.
#[derive(Debug, Clone)]
pub struct Report {
    /// In the order of [`super::checks`].
    pub results: Vec<CheckResult>,
}

impl Report {
    /// Runs the selected checks that concern the file.
    #[must_use]
    pub fn new(facts: &Facts, policy: &Policy) -> Self {
        let checks = super::checks().into_iter().filter(|check| set::concerns(check, facts));
        let selected = checks.filter(|check| policy.selection.contains(check));
        let results = selected.map(|check| CheckResult::new(check, facts, policy));
        Self { results: results.collect() }
    }

    /// What there is to say about a library.
    #[must_use]
    pub fn of_library(library: &Library, policy: &Policy) -> Self {
        let checks = super::checks().into_iter().filter(|check| check.subject == Subject::Library);
        let selected = checks.filter(|check| policy.selection.contains(check));
        let results = selected.map(|check| CheckResult::said(check, set::judge_library(library), policy));
        Self { results: results.collect() }
    }

    /// What follows.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let unknown = self.results.iter().any(|result| matches!(result.outcome, Outcome::Unknown(_)));
        match (self.count(Severity::Error), unknown) {
            (0, false) => Verdict::Good,
            (0, true) => Verdict::Incomplete,
            _ => Verdict::Bad,
        }
    }

    /// Whether the build may go on.
    #[must_use]
    pub fn is_acceptable(&self) -> bool {
        !self.results.iter().any(|result| result.findings().iter().any(|finding| result.blocks(finding)))
    }

    /// How many findings have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let findings = self.results.iter().flat_map(|result| result.findings().iter().map(move |one| (result, one)));
        findings.filter(|(result, finding)| result.severity_of(finding) == severity).count()
    }

    /// How many checks looked and found nothing.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.results.iter().filter(|result| result.outcome == Outcome::Pass).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_keeps_its_weight() {
        let finding = |severity| Finding { severity, ..Finding::new("x") };
        let all = |last| {
            let mut findings = vec![finding(Some(Severity::Note)); PROBLEMS_PER_RULE + 1];
            findings.push(finding(last));
            let Outcome::Fail(findings) = Outcome::from_findings(findings) else { panic!() };
            assert_eq!(findings.len(), PROBLEMS_PER_RULE + 1);
            let more = findings.last().unwrap().clone();
            assert_eq!(more.message, "and 2 more of this kind");
            more.severity
        };
        assert_eq!(all(Some(Severity::Note)), Some(Severity::Note));
        assert_eq!(all(Some(Severity::Error)), Some(Severity::Error));
        assert_eq!(all(None), None);
        assert_eq!(Outcome::from_findings(Vec::new()), Outcome::Pass);
    }
}
