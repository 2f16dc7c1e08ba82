//! Collects what is wrong and what should be known, a bounded number of each kind.

use super::rules::Rule;
use super::{Problem, Scheme};
use crate::limits::PROBLEMS_PER_RULE;
use std::cmp::Ordering;

/// Problems reject, warnings ask for a look, notes for nothing.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    pub(super) notes: Vec<Problem>,
}

impl Findings {
    pub(super) fn problem(
        &mut self,
        rule: &'static Rule,
        scheme: impl Into<Option<Scheme>>,
        message: impl Into<String>,
    ) {
        push(&mut self.problems, rule, scheme.into(), message.into());
    }

    pub(super) fn warning(
        &mut self,
        rule: &'static Rule,
        scheme: impl Into<Option<Scheme>>,
        message: impl Into<String>,
    ) {
        push(&mut self.warnings, rule, scheme.into(), message.into());
    }

    pub(super) fn note(&mut self, rule: &'static Rule, scheme: impl Into<Option<Scheme>>, message: impl Into<String>) {
        push(&mut self.notes, rule, scheme.into(), message.into());
    }

    /// Takes over what another part of the examination found.
    pub(super) fn append(&mut self, mut other: Self) {
        self.problems.append(&mut other.problems);
        self.warnings.append(&mut other.warnings);
        self.notes.append(&mut other.notes);
    }

    pub(super) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Whether this scheme has a problem so far.
    pub(super) fn concerns(&self, scheme: Scheme) -> bool {
        self.problems.iter().any(|problem| problem.scheme == Some(scheme))
    }
}

fn push(list: &mut Vec<Problem>, rule: &'static Rule, scheme: Option<Scheme>, message: String) {
    let same = list.iter().filter(|problem| problem.id == rule.id && problem.scheme == scheme).count();
    let message = match same.cmp(&PROBLEMS_PER_RULE) {
        Ordering::Less => message,
        Ordering::Equal => "there are more problems of this kind".to_owned(),
        Ordering::Greater => return,
    };
    list.push(Problem { id: rule.id, scheme, message, help: rule.help });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::rules;

    #[test]
    fn a_flood_of_problems_is_cut_and_says_so() {
        let mut findings = Findings::default();
        for index in 0..100_000 {
            findings.problem(rules::JAR_ENTRY_NOT_SIGNED, Scheme::V1, format!("entry {index}"));
        }
        assert_eq!(findings.problems.len(), PROBLEMS_PER_RULE + 1);
        assert_eq!(findings.problems.last().unwrap().message, "there are more problems of this kind");
        assert!(findings.concerns(Scheme::V1) && !findings.concerns(Scheme::V2));
    }
}
