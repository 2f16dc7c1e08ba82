//! Which checks run, and how much their findings weigh.

use super::{Check, Contents, Group, Severity, checks};
use crate::advice::Advice;
use crate::text;
use thiserror::Error;

/// A name that is neither a group nor a check.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no check or group `{name}`")]
pub struct SelectionError {
    name: String,
}

impl Advice for SelectionError {
    fn help(&self) -> Option<String> {
        let names = all_names();
        let nearest = text::nearest(&self.name, names.iter().copied());
        Some(nearest.map_or_else(
            || "`apkkey explain --list` shows all checks".to_owned(),
            |name| format!("did you mean `{name}`? `apkkey explain --list` shows all checks"),
        ))
    }
}

/// Checks by id or group.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Vec<String>,
    skip: Vec<String>,
}

impl Selection {
    /// All checks, or those named in `only`, without those named in `skip`.
    ///
    /// # Errors
    /// [`SelectionError`] for a name that is neither a group nor a check.
    pub fn new(only: Vec<String>, skip: Vec<String>) -> Result<Self, SelectionError> {
        for name in only.iter().chain(&skip) {
            known(name)?;
        }
        Ok(Self { only, skip })
    }

    /// Whether the check runs.
    #[must_use]
    pub fn contains(&self, check: &Check) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == check.id || name == check.group.name());
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }
}

impl Selection {
    /// What the checks that run must look into.
    #[must_use]
    pub fn contents(&self) -> Contents {
        let any = |groups: &[Group]| checks().iter().any(|check| groups.contains(&check.group) && self.contains(check));
        Contents { code: any(&[Group::Key, Group::Manifest, Group::Secret]), secrets: any(&[Group::Secret]) }
    }
}

/// How findings are weighed.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Which checks run.
    pub selection: Selection,
    /// Checks whose errors count as warnings.
    pub allow: Vec<String>,
    /// Warnings count as errors.
    pub strict: bool,
    /// What is right for a debug build only is an error.
    pub release: bool,
    /// Severities that replace those of checks or groups; a check's own name counts before its group's.
    pub severities: Vec<(String, Severity)>,
}

impl Policy {
    /// Names checks whose errors count as warnings.
    ///
    /// # Errors
    /// [`SelectionError`] for a name that is neither a group nor a check.
    pub fn allowing(mut self, allow: Vec<String>) -> Result<Self, SelectionError> {
        for name in &allow {
            known(name)?;
        }
        self.allow = allow;
        Ok(self)
    }

    /// Replaces the severities of checks or groups.
    ///
    /// # Errors
    /// [`SelectionError`] for a name that is neither a group nor a check.
    pub fn weighing(mut self, severities: Vec<(String, Severity)>) -> Result<Self, SelectionError> {
        for (name, _) in &severities {
            known(name)?;
        }
        self.severities = severities;
        Ok(self)
    }

    /// How much a finding of the check weighs before `strict` and `allow`.
    pub(super) fn default_severity(&self, check: &Check) -> Severity {
        let own = if self.release { check.release_severity } else { check.severity };
        self.set(check).unwrap_or(own)
    }

    /// The severity that was set for the check, or else for its group.
    pub(super) fn set(&self, check: &Check) -> Option<Severity> {
        let named = |wanted: &str| self.severities.iter().rev().find(|(name, _)| name == wanted).map(|(_, set)| *set);
        named(check.id).or_else(|| named(check.group.name()))
    }

    /// Whether the check, or its group, was allowed by name.
    pub(super) fn allows(&self, check: &Check) -> bool {
        self.allow.iter().any(|name| name == check.id || name == check.group.name())
    }
}

fn known(name: &str) -> Result<(), SelectionError> {
    if all_names().contains(&name) { Ok(()) } else { Err(SelectionError { name: name.to_owned() }) }
}

fn all_names() -> Vec<&'static str> {
    checks().iter().map(|check| check.id).chain(Group::ALL.map(Group::name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_by_group_and_id() {
        let selection = Selection::new(vec!["key".into()], vec!["key-ios".into()]).unwrap();
        let selected: Vec<_> = checks().into_iter().filter(|check| selection.contains(check)).collect();
        assert!(selected.iter().all(|check| check.group == Group::Key && check.id != "key-ios"));
        assert!(selected.iter().any(|check| check.id == "key-missing"));
    }

    #[test]
    fn only_what_is_needed_is_looked_into() {
        let contents = |only: &str| Selection::new(vec![only.to_owned()], vec![]).unwrap().contents();
        assert_eq!(contents("signature"), Contents { code: false, secrets: false });
        assert_eq!(contents("adm-stub-packaged"), Contents { code: true, secrets: false });
        assert_eq!(contents("secret"), Contents { code: true, secrets: true });
        assert_eq!(Selection::default().contents(), Contents::default());
    }

    #[test]
    fn an_unknown_name_is_an_error_with_the_nearest() {
        let error = Selection::new(vec!["key-mising".into()], vec![]).unwrap_err();
        assert!(error.help().unwrap().contains("`key-missing`"));
    }
}
