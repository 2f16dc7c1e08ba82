//! What a report says about the run as a whole.

use serde::Serialize;
use std::collections::BTreeMap;

/// What is true for all files of `verify`.
#[derive(Debug, Serialize)]
pub struct RunObject {
    pub config: Option<ConfigObject>,
    pub notes: Vec<String>,
}

/// The file that settings came from, and what it does to checks.
#[derive(Debug, Serialize)]
pub struct ConfigObject {
    pub path: String,
    pub checks: BTreeMap<String, String>,
}

impl ConfigObject {
    /// For people.
    pub fn told(&self) -> String {
        let checks: Vec<String> = self.checks.iter().map(|(name, weight)| format!("{name} = {weight}")).collect();
        let list = if checks.is_empty() { String::new() } else { format!(" ({})", checks.join(", ")) };
        format!("settings from {}{list}", self.path)
    }
}
