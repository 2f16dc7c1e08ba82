//! Why a file is not signed.

use crate::advice::Advice;
use crate::identity::IdentityError;
use crate::source::SourceError;
use crate::text::Untrusted;
use crate::zip::{Violation, ZipError};
use thiserror::Error;

/// Why a file is not signed. Nothing has been written then.
#[derive(Debug, Error)]
pub enum SignError {
    /// No scheme is left, or nobody signs.
    #[error("nothing would be signed: {0}")]
    Nothing(&'static str),
    /// More signers than Android allows.
    #[error("{count} signers are too many: Android allows {allowed}")]
    TooManySigners {
        /// How many were given.
        count: usize,
        /// How many are allowed.
        allowed: usize,
    },
    /// Two signers would write the same v1 signature file.
    #[error("two signers have the same name `{}` in META-INF", Untrusted(.0))]
    SameName(String),
    /// A signer cannot do what is asked of it.
    #[error("{scheme} cannot be signed: {reason}")]
    Signers {
        /// The scheme.
        scheme: super::Scheme,
        /// Why.
        reason: &'static str,
    },
    /// Android refuses the app without a newer scheme.
    #[error("an app for API {target_sdk} needs a v2 or v3 signature")]
    NeedsBlock {
        /// The manifest's `targetSdkVersion`.
        target_sdk: u32,
    },
    /// The lineage is wrong, or a signer is not in it.
    #[error("the lineage cannot be used: {0}")]
    Lineage(String),
    /// The manifest of the JAR signature cannot be written.
    #[error("`META-INF/MANIFEST.MF` cannot be written: {0}")]
    Manifest(String),
    /// The list of files to keep in memory cannot be read.
    #[error("`assets/com.android.hints.pins.txt` cannot be used: {0}")]
    Pins(String),
    /// A v4 signature cannot be made.
    #[error("a v4 signature cannot be made: {0}")]
    Idsig(&'static str),
    /// Android refuses the archive as it is.
    #[error("Android refuses this archive: {0}")]
    Refused(Violation),
    /// The archive cannot be rewritten.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// The input cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A key cannot sign.
    #[error(transparent)]
    Key(#[from] IdentityError),
}

impl Advice for SignError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Zip(error) => return error.help(),
            Self::Key(error) => return error.help(),
            Self::Source(_) => return None,
            Self::Nothing(_) => "give a signer and leave at least one scheme on",
            Self::TooManySigners { .. } => "sign with fewer keys",
            Self::SameName(_) => "give each signer another name with `--v1-signer-name`",
            Self::Signers { scheme: super::Scheme::V1, .. } => {
                "sign with an RSA key, raise `--min-sdk-version`, or turn v1 off for apps from API 24 on"
            }
            Self::Signers { .. } => "give the signers in the order of the lineage, and the oldest one too",
            Self::NeedsBlock { .. } => "turn v2 or v3 on",
            Self::Lineage(_) => "give the lineage that names all signers, as apksigner or `apkkey lineage` wrote it",
            Self::Manifest(_) | Self::Refused(_) => "build the file again",
            Self::Pins(_) => "take the file out, or write one regular expression per line",
            Self::Idsig(_) => "leave v4 out: only incremental installs use it",
        };
        Some(help.to_owned())
    }
}
