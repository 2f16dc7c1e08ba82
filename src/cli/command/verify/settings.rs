//! What `apkkey verify` goes by: the policy, what the app must match, and what is asked of the file.

use crate::cli::args::{ExpectedArgs, PolicyArgs, StoreArg, VerifyArgs};
use crate::cli::command::store;
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::Output;
use apkkey::api_key::TokenKey;
use apkkey::check::{Depth, Expectations, NamedCertificate, Policy, Question, Selection, Store, checks};
use apkkey::fingerprint::Sha256;
use std::path::Path;
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
    pub(super) fn new(args: &VerifyArgs, output: &Output) -> Result<Self, Failure> {
        let sdk = (args.min_sdk_version, args.max_sdk_version);
        if sdk.0.zip(sdk.1).is_some_and(|(min, max)| min > max) {
            return Err(Failure::new("--min-sdk-version is above --max-sdk-version"));
        }
        let digest = args.stamp_cert_digest.as_deref().map(str::parse).transpose();
        Ok(Self {
            policy: policy(&args.policy)?,
            expectations: expectations(&args.expected, output)?,
            inflating: Mutex::new(()),
            token_key: input::token_key(args.token_key.token_key.as_deref())?,
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
        })
    }
}

fn policy(args: &PolicyArgs) -> Result<Policy, Failure> {
    let PolicyArgs { only, skip, allow, strict, release } = args;
    let selection = Selection::new(only.clone(), skip.clone()).map_err(|error| Failure::from_error(&error))?;
    if !checks().iter().any(|check| selection.contains(check)) {
        return Err(Failure::new("no check is left to run").help("name less with --skip, or more with --only"));
    }
    let policy = Policy { selection, strict: *strict, release: *release, ..Policy::default() };
    policy.allowing(allow.clone()).map_err(|error| Failure::from_error(&error))
}

fn expectations(args: &ExpectedArgs, output: &Output) -> Result<Expectations, Failure> {
    let store = args.store.map(|store| match store {
        StoreArg::Amazon => Store::Amazon,
        StoreArg::Play => Store::Play,
    });
    let mut expectations = Expectations { package: args.package.clone(), store, ..Expectations::default() };
    if args.cert_md5.is_some() || args.cert_sha256.is_some() {
        expectations.certificate = Some(by_digests(args)?);
    }
    if let Some(path) = args.cert.as_deref().or(args.ks.as_deref()) {
        by_file(path, args, (&mut expectations, output))?;
    }
    Ok(expectations)
}

fn by_digests(args: &ExpectedArgs) -> Result<NamedCertificate, Failure> {
    let wrong = |option: &str, error: &dyn std::error::Error| Failure::new(format!("{option}: {error}"));
    let md5 = args.cert_md5.as_deref().map(str::parse).transpose().map_err(|error| wrong("--cert-md5", &error))?;
    let sha256 = args.cert_sha256.as_deref().map(str::parse).transpose();
    let sha256 = sha256.map_err(|error| wrong("--cert-sha256", &error))?;
    Ok(NamedCertificate { origin: "the certificate named on the command line".to_owned(), md5, sha256 })
}

/// Names the certificate by a keystore or certificate file; its other entries help to explain a mismatch.
fn by_file(
    path: &Path,
    args: &ExpectedArgs,
    (expectations, output): (&mut Expectations, &Output),
) -> Result<(), Failure> {
    let keystore = store::open_path(path, &args.keystore, output)?;
    let entry = store::one_entry(path, &keystore, &args.keystore)?;
    let name = |entry: &apkkey::keystore::Entry| match entry.alias() {
        Some(alias) => format!("`{}` of {}", apkkey::text::Untrusted(alias), shown(path)),
        None => shown(path),
    };
    for other in keystore.entries.iter().filter(|other| !std::ptr::eq(*other, entry)) {
        if let Some(certificate) = other.certificate() {
            expectations.others.push((name(other), certificate.fingerprints()));
        }
    }
    let certificate = entry.certificate().ok_or_else(|| Failure::new("the entry has no certificate").at(path))?;
    let digests = certificate.fingerprints();
    expectations.certificate =
        Some(NamedCertificate { origin: name(entry), md5: Some(digests.md5), sha256: Some(digests.sha256) });
    Ok(())
}
