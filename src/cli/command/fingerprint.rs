//! `apkkey fingerprint`: the digests that Amazon's form asks for.

use super::app::{self, App};
use super::form;
use crate::cli::Status;
use crate::cli::args::FingerprintArgs;
use crate::cli::failure::{Failure, shown};
use crate::cli::output::Output;
use crate::cli::output::model::{AppObject, Document, FileObject, app_object, set_object, store_object};
use crate::cli::password::PasswordReader;
use crate::cli::signer::{Access, KeystoreArgs, SigningProperties, store_type};
use crate::cli::store::{self, StoreFile};
use crate::cli::{debug_keystore, input, signer};
use apkkey::certificate::Certificate;
use apkkey::fingerprint::{Fingerprints, Md5, Sha1, Sha256};
use apkkey::keystore::{Content, Entry, Keystore, detect};
use apkkey::source::FileSource;
use apkkey::text::Untrusted;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

pub(crate) fn run(args: &FingerprintArgs, output: &Output) -> Result<Status, Failure> {
    let wanted = Wanted::read(args, output)?;
    if args.form.form {
        return form::run(&wanted);
    }
    let expected = args.expect.as_deref().map(Expected::parse).transpose()?;
    let mut document = Document::new("fingerprint");
    let mut found = Vec::new();
    for path in &wanted.files {
        match wanted.file(path) {
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

/// What is asked of which files.
pub(super) struct Wanted<'a> {
    pub(super) args: &'a FingerprintArgs,
    pub(super) keystore: KeystoreArgs,
    pub(super) files: Vec<PathBuf>,
    access: Access,
    pub(super) output: &'a Output,
}

/// A file's part of the report, and the digests that count in it.
type Found = (FileObject, Vec<Fingerprints>);

impl<'a> Wanted<'a> {
    fn read(args: &'a FingerprintArgs, output: &'a Output) -> Result<Self, Failure> {
        let mut keystore = args.keystore.clone();
        keystore.ks_type.as_deref().map_or(Ok(()), store_type::refuse_foreign)?;
        let debug = args.debug_keystore.then(debug_keystore::locate).transpose()?;
        let properties = args.signing_properties.as_deref().map(SigningProperties::read).transpose()?;
        let properties = properties.unwrap_or_default();
        let specs = (keystore.ks_pass.as_ref(), args.key_pass.as_ref());
        let access = Access::read(specs, &properties, &mut PasswordReader::new(output))?;
        keystore.ks_key_alias = keystore.ks_key_alias.or(properties.alias);
        let files: Vec<PathBuf> = debug.into_iter().chain(properties.store).chain(args.files.clone()).collect();
        match (files.is_empty(), &args.signing_properties) {
            (true, Some(path)) => Err(Failure::new("it names no keystore").help("give the keystore as FILE").at(path)),
            _ => Ok(Self { args, keystore, files, access, output }),
        }
    }

    fn file(&self, path: &Path) -> Result<Found, Failure> {
        let source = input::open(path)?;
        let head = input::head(&source).map_err(|failure| failure.at(path))?;
        if detect(&head) == Content::Zip {
            return app_file(path, &source, self.args);
        }
        if !self.args.can_sign {
            return self.store(path, &self.open_store(path, &source)?, Vec::new());
        }
        let bytes = Zeroizing::new(input::read_source(&source).map_err(|failure| failure.at(path))?);
        let file = StoreFile { path, bytes: &bytes, args: &self.keystore, output: self.output };
        let unlocked = signer::unlock(&file, &self.access)?;
        let key = unlocked.alias.as_deref().unwrap_or("(no alias)");
        let note = format!("key `{}` opens and belongs to its certificate: it can sign", Untrusted(key));
        self.store(path, &unlocked.keystore, vec![note])
    }

    /// Opens a keystore or certificate.
    pub(super) fn open_store(&self, path: &Path, source: &FileSource) -> Result<Keystore, Failure> {
        let bytes = Zeroizing::new(input::read_source(source).map_err(|failure| failure.at(path))?);
        let file = StoreFile { path, bytes: &bytes, args: &self.keystore, output: self.output };
        store::open(&file, &self.access.store)
    }

    fn store(&self, path: &Path, keystore: &Keystore, notes: Vec<String>) -> Result<Found, Failure> {
        let Self { args, keystore: options, .. } = self;
        let wanted = match (&options.ks_key_alias, args.md5 || args.sha1 || args.sha256) {
            (None, false) => None,
            _ => Some(store::one_entry(path, keystore, options)?),
        };
        let is_wanted = |entry: &&Entry| wanted.is_none_or(|wanted| std::ptr::eq(wanted, *entry));
        let certificates = keystore.entries.iter().filter(is_wanted).filter_map(Entry::certificate);
        let fingerprints = certificates.map(Certificate::fingerprints).collect();
        let mut object = store_object(shown(path), keystore, wanted.filter(|_| options.ks_key_alias.is_some()));
        object.notes.extend(notes);
        Ok((FileObject::Store(object), fingerprints))
    }
}

fn app_file(path: &Path, source: &FileSource, args: &FingerprintArgs) -> Result<Found, Failure> {
    if args.can_sign {
        return Err(Failure::new("an app holds no private key").help("give the keystore that signs it").at(path));
    }
    let App { path: place, facts } = app::read(path, source, args.sdk)?;
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
    let object = AppObject { set: set_object(&path.display().to_string(), &facts), ..app_object(place, &facts) };
    Ok((FileObject::App(Box::new(object)), fingerprints))
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
