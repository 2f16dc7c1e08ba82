//! `apkkey verify`: everything that can be wrong with a finished app.

use super::{app, store};
use crate::cli::Status;
use crate::cli::args::{ExpectedArgs, PolicyArgs, StoreArg, VerifyArgs};
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::Output;
use crate::cli::output::model::{CheckObject, Document, FileObject};
use apkkey::api_key::TokenKey;
use apkkey::archive::Archive;
use apkkey::check::{
    Depth, Expectations, Facts, NamedCertificate, Policy, ProfileIdError, Question, Report, Selection, Store, Verdict,
};
use apkkey::fingerprint::Sha256;
use apkkey::keystore::{Content, detect};
use std::path::Path;

pub(crate) fn run(args: &VerifyArgs, output: &Output) -> Result<Status, Failure> {
    let policy = policy(&args.policy)?;
    let expectations = expectations(&args.expected, output)?;
    let token_key = input::token_key(args.token_key.token_key.as_deref())?;
    let question = question(args, &token_key, &policy)?;
    let mut document = Document::new("verify");
    let mut worst = Verdict::Good;
    let mut acceptable = true;
    for path in &args.files {
        match file(path, &question, (&expectations, &policy)) {
            Ok((object, report)) => {
                worst = worse(worst, report.verdict());
                acceptable &= report.is_acceptable();
                document.files.push(object);
            }
            Err(failure) => document.errors.push(failure.into()),
        }
    }
    document.verdict = if document.errors.is_empty() { worst.name() } else { "bad" };
    output.document(&document)?;
    Ok(match (document.errors.is_empty(), acceptable) {
        (false, _) => Status::Failed,
        (true, false) => Status::Bad,
        (true, true) => Status::Good,
    })
}

fn worse(left: Verdict, right: Verdict) -> Verdict {
    match (left, right) {
        (Verdict::Bad, _) | (_, Verdict::Bad) => Verdict::Bad,
        (Verdict::Incomplete, _) | (_, Verdict::Incomplete) => Verdict::Incomplete,
        (Verdict::Good, Verdict::Good) => Verdict::Good,
    }
}

fn file(
    path: &Path,
    question: &Question<'_>,
    (expectations, policy): (&Expectations, &Policy),
) -> Result<(FileObject, Report), Failure> {
    let source = input::open(path)?;
    let archive = Archive::open(&source).map_err(|error| not_an_app(path, &source, error))?;
    let facts = Facts::gather(&archive, question, expectations.clone()).map_err(input::about(path))?;
    let report = Report::new(&facts, policy);
    let mut object = app::object(shown(path), &facts);
    object.verdict = Some(report.verdict().name());
    object.checks = Some(report.results.iter().flat_map(CheckObject::list).collect());
    Ok((FileObject::App(Box::new(object)), report))
}

/// What the file is instead, when that can be told.
fn not_an_app(path: &Path, source: &apkkey::source::FileSource, error: apkkey::archive::ArchiveError) -> Failure {
    match input::head(source).map(|head| detect(&head)) {
        Err(_) | Ok(Content::Zip | Content::Unknown) => Failure::from_error(&error).at(path),
        Ok(found) => Failure::new(format!("this is {found}, not an APK or App Bundle"))
            .help("give the built app; `apkkey fingerprint` reads keystores and certificates")
            .at(path),
    }
}

fn policy(args: &PolicyArgs) -> Result<Policy, Failure> {
    let PolicyArgs { only, skip, allow, strict, release } = args;
    let selection = Selection::new(only.clone(), skip.clone()).map_err(|error| Failure::from_error(&error))?;
    let policy = Policy { selection, strict: *strict, release: *release, ..Policy::default() };
    policy.allowing(allow.clone()).map_err(|error| Failure::from_error(&error))
}

fn question<'a>(args: &VerifyArgs, token_key: &'a TokenKey, policy: &Policy) -> Result<Question<'a>, Failure> {
    let (min, max) = (args.min_sdk_version, args.max_sdk_version);
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        return Err(Failure::new("--min-sdk-version is above --max-sdk-version"));
    }
    let v4_signature = args.v4_signature_file.as_deref().map(input::read).transpose()?;
    if v4_signature.is_some() && args.files.len() > 1 {
        return Err(Failure::new("--v4-signature-file belongs to one file, and several are given"));
    }
    let digest = args.stamp_cert_digest.as_deref().map(str::parse::<Sha256>).transpose();
    let digest = digest.map_err(|error| Failure::new(format!("--stamp-cert-digest: {error}")))?;
    Ok(Question {
        token_key,
        depth: Depth::Full,
        min_sdk: args.min_sdk_version,
        max_sdk: args.max_sdk_version,
        stamp_cert_digest: digest.map(|digest| digest.0),
        v4_signature,
        today: input::today(),
        contents: policy.selection.contents(),
    })
}

fn expectations(args: &ExpectedArgs, output: &Output) -> Result<Expectations, Failure> {
    let store = args.store.map(|store| match store {
        StoreArg::Amazon => Store::Amazon,
        StoreArg::Play => Store::Play,
    });
    let profile = args.client_id.as_deref().map(str::parse).transpose();
    let profile = profile.map_err(|error: ProfileIdError| Failure::from_error(&error))?;
    let mut expectations = Expectations { package: args.package.clone(), store, profile, ..Expectations::default() };
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
    let entry = store::the_entry(path, &keystore, &args.keystore)?;
    let name = |entry: &apkkey::keystore::Entry| match entry.alias() {
        Some(alias) => format!("`{}` of {}", apkkey::text::Untrusted(alias), shown(path)),
        None => shown(path),
    };
    for other in keystore.entries.iter().filter(|other| !entry.is_some_and(|entry| std::ptr::eq(*other, entry))) {
        if let Some(certificate) = other.certificate() {
            expectations.others.push((name(other), certificate.fingerprints()));
        }
    }
    // of several entries none was named: they help to explain, and the file's own certificate counts if it can
    let Some(entry) = entry else { return Ok(()) };
    let certificate = entry.certificate().ok_or_else(|| Failure::new("the entry has no certificate").at(path))?;
    let digests = certificate.fingerprints();
    expectations.certificate =
        Some(NamedCertificate { origin: name(entry), md5: Some(digests.md5), sha256: Some(digests.sha256) });
    Ok(())
}
