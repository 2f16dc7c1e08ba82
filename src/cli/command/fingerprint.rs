//! `apkkey fingerprint`: the digests that Amazon's form asks for.

use super::{app, store};
use crate::cli::Status;
use crate::cli::args::FingerprintArgs;
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::Output;
use crate::cli::output::model::{CertificateObject, Document, EntryObject, FileObject, StoreObject};
use apkkey::api_key::TokenKey;
use apkkey::archive::Archive;
use apkkey::certificate::Certificate;
use apkkey::check::{Contents, Depth, Expectations, Facts, Question};
use apkkey::fingerprint::{Fingerprints, Md5, Sha1, Sha256};
use apkkey::keystore::{Content, Keystore, detect};
use apkkey::source::FileSource;
use std::path::Path;

pub(crate) fn run(args: &FingerprintArgs, output: &Output) -> Result<Status, Failure> {
    let expected = args.expect.as_deref().map(Expected::parse).transpose()?;
    let mut document = Document::new("fingerprint");
    let mut found = Vec::new();
    for path in &args.files {
        match file(path, args, output) {
            Ok((object, fingerprints)) => {
                document.files.push(object);
                found.push((path, fingerprints));
            }
            Err(failure) => document.errors.push(failure.into()),
        }
    }
    let met = expected.is_none_or(|expected| {
        !found.is_empty() && found.iter().all(|(_, list)| list.iter().any(|digests| expected.is_of(digests)))
    });
    let status = status(&document, met);
    document.verdict = if status == Status::Good { "good" } else { "bad" };
    if args.md5 || args.sha1 || args.sha256 {
        for error in &document.errors {
            output.failure(&error.clone().into());
        }
        for (path, fingerprints) in &found {
            output.line(&bare(path, fingerprints, args)?)?;
        }
    } else {
        output.document(&document)?;
    }
    if !met {
        output.failure(&Failure::new("no certificate has the digest given with --expect"));
    }
    Ok(status)
}

fn status(document: &Document, met: bool) -> Status {
    match (document.errors.is_empty(), met) {
        (false, _) => Status::Failed,
        (true, false) => Status::Bad,
        (true, true) => Status::Good,
    }
}

/// The one digest that a script wants.
fn bare(path: &Path, fingerprints: &[Fingerprints], args: &FingerprintArgs) -> Result<String, Failure> {
    let mut distinct = fingerprints.to_vec();
    distinct.dedup();
    match distinct.as_slice() {
        [one] if args.md5 => Ok(one.md5.to_string()),
        [one] if args.sha1 => Ok(one.sha1.to_string()),
        [one] => Ok(one.sha256.to_string()),
        [] => Err(Failure::new("there is no certificate in it").at(path)),
        several => {
            let digests: Vec<String> = several.iter().map(|digests| digests.md5.to_string()).collect();
            Err(Failure::new(format!("it has several certificates, with the MD5s {}", digests.join(", ")))
                .help("choose one: --ks-key-alias for a keystore, --sdk for an app; without --md5 all are listed")
                .at(path))
        }
    }
}

/// A file's part of the report, and the digests that count in it.
fn file(path: &Path, args: &FingerprintArgs, output: &Output) -> Result<(FileObject, Vec<Fingerprints>), Failure> {
    let source = input::open(path)?;
    let head = input::head(&source).map_err(|failure| failure.at(path))?;
    if detect(&head) == Content::Zip {
        return app_file(path, &source, args);
    }
    let bytes = input::read_source(&source).map_err(|failure| failure.at(path))?;
    let keystore = store::open(path, &bytes, &args.keystore, output)?;
    let wanted = match (&args.keystore.ks_key_alias, args.md5 || args.sha1 || args.sha256) {
        (None, false) => None,
        _ => Some(store::one_entry(path, &keystore, &args.keystore)?),
    };
    let fingerprints = keystore
        .entries
        .iter()
        .filter(|entry| wanted.is_none_or(|wanted| std::ptr::eq(wanted, *entry)))
        .filter_map(|entry| entry.certificate().map(Certificate::fingerprints));
    let fingerprints = fingerprints.collect();
    let alias = args.keystore.ks_key_alias.is_some().then_some(wanted).flatten();
    Ok((FileObject::Store(store_object(path, &keystore, alias)), fingerprints))
}

fn store_object(path: &Path, keystore: &Keystore, wanted: Option<&apkkey::keystore::Entry>) -> StoreObject {
    let entries = keystore.entries.iter().filter(|entry| wanted.is_none_or(|wanted| std::ptr::eq(wanted, *entry)));
    let entries = entries.map(|entry| EntryObject {
        alias: entry.alias().map(str::to_owned),
        entry: entry.kind().as_str(),
        certificate: entry.certificate().map(CertificateObject::from),
        chain: entry.chain().len(),
    });
    StoreObject {
        path: shown(path),
        kind: keystore.format.to_string(),
        entries: entries.collect(),
        notes: keystore.notes.iter().map(ToString::to_string).collect(),
    }
}

fn app_file(
    path: &Path,
    source: &FileSource,
    args: &FingerprintArgs,
) -> Result<(FileObject, Vec<Fingerprints>), Failure> {
    let archive = Archive::open(source).map_err(input::about(path))?;
    let question = Question {
        token_key: &TokenKey::Amazon,
        depth: Depth::Certificates,
        min_sdk: args.sdk,
        max_sdk: args.sdk,
        stamp_cert_digest: None,
        v4_signature: None,
        today: None,
        contents: Contents::default(),
    };
    let facts = Facts::gather(&archive, &question, Expectations::default()).map_err(input::about(path))?;
    if facts.signatures.signers.is_empty() {
        return Err(Failure::new("the file is not signed, so there is no certificate in it")
            .help("give the keystore that will sign it")
            .at(path));
    }
    let signatures = &facts.signatures;
    let device = signatures.device.iter().flat_map(|range| &range.certificates);
    // a bundle is on no device: its signers are the upload certificate
    let signers = signatures.signers.iter().map(|signer| &signer.certificate).filter(|_| signatures.device.is_empty());
    let mut fingerprints: Vec<Fingerprints> = device.chain(signers).map(Certificate::fingerprints).collect();
    fingerprints.sort_by_key(|digests| digests.sha256);
    fingerprints.dedup();
    Ok((FileObject::App(Box::new(app::object(shown(path), &facts))), fingerprints))
}

/// A digest that a certificate must have.
#[derive(Clone, Copy)]
enum Expected {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Expected {
    fn parse(text: &str) -> Result<Self, Failure> {
        if let Ok(md5) = text.parse() {
            return Ok(Self::Md5(md5));
        }
        if let Ok(sha1) = text.parse() {
            return Ok(Self::Sha1(sha1));
        }
        let help = "give 32, 40 or 64 hex digits, with or without colons";
        text.parse().map(Self::Sha256).map_err(|_| Failure::new("--expect is no MD5, SHA-1 or SHA-256").help(help))
    }

    fn is_of(self, digests: &Fingerprints) -> bool {
        match self {
            Self::Md5(md5) => digests.md5 == md5,
            Self::Sha1(sha1) => digests.sha1 == sha1,
            Self::Sha256(sha256) => digests.sha256 == sha256,
        }
    }
}
