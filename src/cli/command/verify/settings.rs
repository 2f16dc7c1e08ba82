//! What `apkkey verify` goes by: the policy, what the app must match, and what is asked of the file.

use super::expected;
use crate::cli::args::{PolicyArgs, VerifyArgs};
use crate::cli::config::{Config, Weight};
use crate::cli::failure::Failure;
use crate::cli::input;
use crate::cli::output::Output;
use apkkey::api_key::TokenKey;
use apkkey::check::{Depth, Expectations, Policy, Question, Selection, checks};
use apkkey::fingerprint::Sha256;
use std::sync::Mutex;

/// Everything that is the same for all files.
pub(super) struct Settings {
    pub(super) policy: Policy,
    pub(super) expectations: Expectations,
    /// Held by whoever inflates APKs of a set into memory.
    pub(super) inflating: Mutex<()>,
    token_key: TokenKey,
    sdk: (Option<u32>, Option<u32>),
    stamp_cert_digest: Option<Sha256>,
    v4_signature: Option<Vec<u8>>,
}

impl Settings {
    pub(super) fn new(args: &VerifyArgs, config: &Config, output: &Output) -> Result<Self, Failure> {
        let sdk = (args.min_sdk_version, args.max_sdk_version);
        if sdk.0.zip(sdk.1).is_some_and(|(min, max)| min > max) {
            return Err(Failure::new("--min-sdk-version is above --max-sdk-version"));
        }
        let digest = args.stamp_cert_digest.as_deref().map(str::parse).transpose();
        Ok(Self {
            policy: policy(&args.policy, config)?,
            expectations: expected::expectations(&args.expected, config, output)?,
            inflating: Mutex::new(()),
            token_key: input::token_key(args.token_key.token_key.as_deref().or(config.token_key.as_deref()))?,
            sdk,
            stamp_cert_digest: digest.map_err(|error| Failure::new(format!("--stamp-cert-digest: {error}")))?,
            v4_signature: args.v4_signature_file.as_deref().map(input::read).transpose()?,
        })
    }

    /// What is asked of so many files.
    pub(super) fn question(&self, files: usize) -> Result<Question<'_>, Failure> {
        if self.v4_signature.is_some() && files > 1 {
            return Err(Failure::new("--v4-signature-file belongs to one file, and several are given"));
        }
        Ok(Question {
            token_key: &self.token_key,
            depth: Depth::Full,
            min_sdk: self.sdk.0,
            max_sdk: self.sdk.1,
            stamp_cert_digest: self.stamp_cert_digest.map(|digest| digest.0),
            v4_signature: self.v4_signature.clone(),
            today: input::today(),
            key_instead: None,
            contents: self.policy.selection.contents(),
        })
    }
}

/// The options of the command line, and what the file says where they say nothing. A check that an option names is
/// decided by the option.
fn policy(args: &PolicyArgs, config: &Config) -> Result<Policy, Failure> {
    let PolicyArgs { only, skip, allow, strict, release } = args;
    let failed = |error| Failure::from_error(&error);
    let (mut ignored, mut severities) = (Vec::new(), Vec::new());
    for check in checks() {
        match config.weight(check.id, check.group) {
            Some(Weight::Severity(severity)) => severities.push((check.id.to_owned(), severity)),
            Some(Weight::Ignore) if only.iter().chain(allow).all(|name| name != check.id) => {
                ignored.push(check.id.to_owned());
            }
            Some(Weight::Ignore) | None => {}
        }
    }
    let skip = skip.iter().cloned().chain(ignored).collect();
    let selection = Selection::new(only.clone(), skip).map_err(failed)?;
    if !checks().iter().any(|check| selection.contains(check)) {
        return Err(Failure::new("no check is left to run").help("name less with --skip, or more with --only"));
    }
    let (strict, release) = (*strict || config.strict, *release || config.release);
    let policy = Policy { selection, strict, release, ..Policy::default() };
    policy.allowing(allow.clone()).map_err(failed)?.weighing(severities).map_err(failed)
}
