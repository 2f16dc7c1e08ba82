//! Why nothing is written.

use crate::advice::Advice;
use crate::api_key::{NotAuthentic, TokenError};
use crate::check::FactsError;
use crate::signature::sign::SignError;
use crate::text::Untrusted;
use crate::zip::{Violation, ZipError};
use thiserror::Error;

/// Why a key is not put in. Nothing has been written then.
#[derive(Debug, Error)]
pub enum InjectError {
    /// The file holds no key.
    #[error(transparent)]
    NoKey(#[from] TokenError),
    /// There is no key to take out.
    #[error("there is no key at `{0}`")]
    NoKeyToRemove(&'static str),
    /// The key has defects that cannot be removed without guessing.
    #[error("the key is damaged: {0}")]
    Damaged(String),
    /// Amazon did not sign the key.
    #[error(transparent)]
    NotAuthentic(#[from] NotAuthentic),
    /// The key is for iOS, or names no package.
    #[error("the key is not for Android")]
    NotAndroid,
    /// The key is for another app.
    #[error("the key is for `{}`, the app is `{}`{cause}", Untrusted(key), Untrusted(app))]
    Package {
        /// The app's package.
        app: String,
        /// The key's package.
        key: String,
        /// Why they may differ.
        cause: &'static str,
    },
    /// The key is for another certificate than the one that signs.
    #[error("{message}{}", shown(evidence))]
    Certificate {
        /// What is wrong, as `apkkey verify` would say it of the signed file.
        message: String,
        /// The wanted and the found value.
        evidence: Vec<(&'static str, String)>,
        /// What to do about it.
        help: Option<String>,
    },
    /// The app is signed, and the signature would no longer hold.
    #[error("the file is signed ({0}), and putting a key in breaks the signature")]
    Signed(String),
    /// Android refuses the archive as it is.
    #[error("Android refuses this archive: {0}")]
    Refused(Violation),
    /// An entry cannot be opened on a device, so that nothing sure can be said of the archive.
    #[error("{0}")]
    BrokenEntry(String),
    /// Two entries share bytes, so that moving one damages the other.
    #[error("the entries `{}` and `{}` share bytes", Untrusted(first), Untrusted(second))]
    Overlap {
        /// The entry that stands first.
        first: String,
        /// The entry that begins inside of it.
        second: String,
    },
    /// The archive cannot be rewritten.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// The file cannot be signed so.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The app cannot be looked at.
    #[error(transparent)]
    Facts(#[from] FactsError),
    /// What was written does not read back as it should.
    #[error("the written archive does not hold: {0}")]
    SelfCheck(String),
}

impl Advice for InjectError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::NoKey(error) => return error.help(),
            Self::NotAuthentic(error) => {
                return error.help().map(|help| format!("{help}; `--force` puts it in all the same"));
            }
            Self::Zip(error) => return error.help(),
            Self::Sign(error) => return error.help(),
            Self::Facts(error) => return error.help(),
            Self::Certificate { help, .. } => {
                return help.as_ref().map(|help| format!("{help}; `--force` puts it in all the same"));
            }
            Self::NoKeyToRemove(_) => "nothing was changed: the app has no key at the place that SDKs read",
            Self::Damaged(_) => "copy the key again from Amazon's developer console",
            Self::NotAndroid => "make an Android key in the same security profile; `--force` puts it in all the same",
            Self::Package { .. } => "use the key of this app; `--force` puts it in all the same",
            Self::Signed(_) => {
                "give `--ks` (or `--key` and `--cert`) to sign again in one step; or `--unsigned` to drop the signature and sign later"
            }
            Self::Refused(_) | Self::BrokenEntry(_) | Self::Overlap { .. } => "build the file again",
            Self::SelfCheck(_) => "nothing was changed; please report this with the file",
        };
        Some(help.to_owned())
    }
}

/// The two values below the message.
fn shown(evidence: &[(&'static str, String)]) -> String {
    let lines = evidence.iter().filter(|(name, _)| ["wanted", "found"].contains(name));
    lines.map(|(name, value)| format!("\n  {name:<7} {}", Untrusted(value))).collect()
}
