//! What a report says about the run as a whole.

use crate::cli::config::{Config, Weight};
use crate::cli::failure::shown;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is true for all files of `verify`.
#[derive(Debug, Serialize)]
pub(crate) struct RunObject {
    pub(crate) config: Option<ConfigObject>,
    pub(crate) notes: Vec<String>,
}

/// The file that settings came from, and what it does to checks.
#[derive(Debug, Serialize)]
pub(crate) struct ConfigObject {
    pub(crate) path: String,
    pub(crate) checks: BTreeMap<String, String>,
}

impl ConfigObject {
    /// `None` when no file was read.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let named = |(name, weight): (&String, &Weight)| (name.clone(), weight.name().to_owned());
        let checks = config.checks.iter().map(named).collect();
        Some(Self { path: shown(&config.path), checks }).filter(|object| !object.path.is_empty())
    }

    /// For people.
    pub(crate) fn told(&self) -> String {
        let checks: Vec<String> = self.checks.iter().map(|(name, weight)| format!("{name} = {weight}")).collect();
        let list = if checks.is_empty() { String::new() } else { format!(" ({})", checks.join(", ")) };
        format!("settings from {}{list}", self.path)
    }
}
