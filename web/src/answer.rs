//! What the worker asks, and what it is told.

use apkkey::report::html::Html;
use serde::{Deserialize, Serialize};

/// A question of the worker.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What is wanted.
    pub ask: Wanted,
    /// The file that it is about.
    #[serde(default)]
    pub file: u32,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its size in bytes.
    #[serde(default)]
    pub size: u64,
    /// A password that somebody typed.
    #[serde(default)]
    pub password: Option<String>,
    /// Which of several entries signs.
    #[serde(default)]
    pub entry: Option<usize>,
    /// Seconds since 1970.
    #[serde(default)]
    pub now: i64,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// Take a file, and tell at once what can be told without reading it whole.
    Add,
    /// Open a keystore with a password.
    Unlock,
    /// Take an entry of a keystore for the one that signs.
    Choose,
    /// Run all checks.
    Judge,
    /// Hold the files against each other.
    Together,
    /// Forget a file.
    Remove,
}

/// What is shown of a file.
#[derive(Debug, Default, Serialize)]
pub struct Answer {
    /// The article.
    pub html: String,
    /// Whether there is more to tell, which takes longer.
    pub judges: bool,
    /// Whether what is shown of the other files may have changed.
    pub concerns_others: bool,
    /// Whether it needs a password.
    pub is_locked: bool,
}

impl Answer {
    /// Markup.
    #[must_use]
    pub fn of(html: Html) -> Self {
        Self { html: html.into_string(), ..Self::default() }
    }
}
