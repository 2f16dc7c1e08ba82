//! An error on its way to the user: which file, what is wrong, why, what to do.

use apkkey::advice::Advice;
use apkkey::text::Untrusted;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Why a command, or one file of it, could not be done (exit code 2).
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// The file, as the user named it.
    pub(crate) path: Option<String>,
    /// What is wrong, causes included.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: Option<String>,
}

impl Failure {
    /// Something that only the command line can know.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { path: None, message: message.into(), help: None }
    }

    /// An error of the library.
    pub(crate) fn from_error(error: &(impl Advice + 'static)) -> Self {
        Self { path: None, message: with_causes(error), help: error.help() }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Names the file that it is about.
    pub(crate) fn at(mut self, path: &Path) -> Self {
        self.path.get_or_insert_with(|| shown(path));
        self
    }
}

/// A path for people and scripts: what a terminal would obey is escaped, and nothing is cut.
pub(crate) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
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

/// What the operating system says about a file, in our words where it helps.
pub(crate) fn io_failure(path: &Path, error: &io::Error) -> Failure {
    let kind = error.kind();
    let failure = if kind == ErrorKind::NotFound {
        Failure::new("there is no such file").help("check the path: the build may have given the file another name")
    } else if kind == ErrorKind::IsADirectory {
        Failure::new("this is a directory").help("name the file in it")
    } else if kind == ErrorKind::PermissionDenied {
        Failure::new("permission denied").help("check the file's permissions")
    } else {
        Failure::new(error.to_string())
    };
    failure.at(path)
}
