//! An error on its way to the user: which file, what is wrong, why, what to do.

use crate::advice::Advice;
use crate::text::Untrusted;
use std::ffi::OsStr;

/// Why a command, or one file of it, could not be done.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The file, as the user named it.
    pub path: Option<String>,
    /// What is wrong, causes included.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Failure {
    /// Something that only the caller can know.
    pub fn new(message: impl Into<String>) -> Self {
        Self { path: None, message: message.into(), help: None }
    }

    /// An error of the library.
    pub fn from_error(error: &(impl Advice + 'static)) -> Self {
        Self { path: None, message: with_causes(error), help: error.help() }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Names the file that it is about, unless it has a name already.
    #[must_use]
    pub fn at(mut self, name: impl AsRef<OsStr>) -> Self {
        self.path.get_or_insert_with(|| shown(name));
        self
    }
}

/// A file's name for people and scripts: what a terminal would obey is escaped, and nothing is cut.
#[must_use]
pub fn shown(name: impl AsRef<OsStr>) -> String {
    let text = name.as_ref().to_string_lossy();
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(Untrusted::SHOWN).map(|part| Untrusted(&part.iter().collect::<String>()).to_string()).collect()
}

fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !message.ends_with(&text) {
            message = format!("{message}: {text}");
        }
        source = cause.source();
    }
    message
}
