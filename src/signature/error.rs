//! Why the signatures of a file cannot be looked at.

use crate::advice::Advice;
use crate::source::SourceError;
use thiserror::Error;

/// The input could not be read. Everything else that is wrong is a [`super::Problem`].
#[derive(Debug, Error)]
pub enum SignatureError {
    /// Reading went wrong.
    #[error("the file cannot be read while its signatures are checked")]
    Source(#[from] SourceError),
    /// The request asks for an empty range of API levels.
    #[error("the lowest API level ({min}) is above the highest ({max})")]
    EmptyRange {
        /// The lowest API level.
        min: u32,
        /// The highest API level.
        max: u32,
    },
}

impl Advice for SignatureError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Source(_) => None,
            Self::EmptyRange { .. } => {
                Some("give a `--max-sdk-version` that is not below the app's minSdkVersion".to_owned())
            }
        }
    }
}
