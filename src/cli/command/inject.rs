//! `apkkey inject`: puts a key into an app, or into a folder of assets for a build; aligns and signs the app.

use super::assets::{self, FoundKey};
use super::change::{self, Input};
use crate::cli::Status;
use crate::cli::args::{InjectArgs, StoreArg};
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::Output;
use crate::cli::output::model::{ChangedObject, Document, FileObject};
use crate::cli::password::PasswordReader;
use crate::cli::signer::FurtherSigner;
use crate::cli::signing;
use apkkey::archive::Archive;
use apkkey::check::{Expectations, NamedCertificate, Store};
use apkkey::inject::{self, Accepted, CertificateCheck, KeyChange, Order, Remark, SignatureChange};
use apkkey::manifest::Manifest;
use apkkey::signature::sign::SigningRequest;
use std::path::Path;

pub(crate) fn run(args: &InjectArgs, further: &[FurtherSigner], output: &Output) -> Result<Status, Failure> {
    if args.variant.is_none() && (args.config.config.is_some() || args.config.no_config) {
        return Err(Failure::new("--config and --no-config are for --variant: nothing else is read from settings"));
    }
    let changed = match (&args.into_assets, &args.file) {
        (Some(folder), _) => assets::put(folder, args, output)?,
        (None, Some(path)) => {
            let key = args.api_key.as_ref().map(|_| assets::given(args)).transpose()?;
            into_archive((path, key.as_ref()), args, further, output)?
        }
        (None, None) => return Err(Failure::new("give an APK, an App Bundle or --into-assets DIR")),
    };
    let left_unsigned = args.into_assets.is_none() && changed.changed && !changed.dry_run && changed.schemes.is_empty();
    let mut document = Document::new("inject");
    document.files.push(FileObject::Changed(changed));
    output.document(&document)?;
    if left_unsigned {
        output.note("the file is not signed: sign it now, with the certificate that the key was made for");
    }
    Ok(Status::Good)
}

fn into_archive(
    (path, key): (&Path, Option<&FoundKey>),
    args: &InjectArgs,
    further: &[FurtherSigner],
    output: &Output,
) -> Result<ChangedObject, Failure> {
    let source = input::open(path)?;
    let archive = Archive::open(&source).map_err(input::about(path))?;
    let manifest = archive.manifest().map_err(input::about(path))?;
    let package = manifest.package.as_str();
    if let Some(wanted) = args.package.as_deref().filter(|wanted| *wanted != package) {
        let message = format!("the app is `{package}`, not `{wanted}`");
        return Err(Failure::new(message).help("give the file of the right variant").at(path));
    }
    let accepted = key.map(|key| accept(args, package, key)).transpose()?;
    let request = request(args, further, (&archive, &manifest), output)?;
    let mut remarks = accepted.as_ref().map(|accepted| accepted.remarks.clone()).unwrap_or_default();
    if let (Some(accepted), Some(request)) = (&accepted, &request) {
        remarks.extend(hold_against_certificate(args, &archive, (accepted, request))?);
    }
    let signature = match &request {
        Some(request) => SignatureChange::Sign(request),
        None if args.unsigned => SignatureChange::Drop,
        None => SignatureChange::Keep,
    };
    let order = Order { key: accepted.as_ref().map_or(KeyChange::Remove, KeyChange::Put), signature };
    let input = Input { path, source: &source, archive: &archive, package };
    change::carry_out(&input, order, &args.target, &remarks)
}

/// Takes the key for this package, or says what is wrong with it.
pub(super) fn accept(args: &InjectArgs, package: &str, key: &FoundKey) -> Result<Accepted, Failure> {
    let token_key = input::token_key(key.token_key.as_deref())?;
    inject::accept(&key.file, package, &token_key, args.force)
        .map_err(|error| Failure { path: Some(key.name.clone()), ..Failure::from_error(&error) })
}

fn key_name(spec: &str) -> String {
    if spec == "-" { "standard input".to_owned() } else { shown(Path::new(spec)) }
}

/// How the app shall be signed, when a signer is given.
fn request(
    args: &InjectArgs,
    further: &[FurtherSigner],
    (archive, manifest): (&Archive<'_>, &Manifest),
    output: &Output,
) -> Result<Option<SigningRequest>, Failure> {
    if !args.signing.signer.is_given() {
        return Ok(None);
    }
    let mut passwords = PasswordReader::new(output);
    if args.api_key.as_deref() == Some("-") {
        passwords = passwords.standard_input_taken_by("--api-key -");
    }
    let signers = signing::open_signers(&args.signing, further, &mut passwords)?;
    signing::request(&args.signing, signers, (archive.kind(), manifest)).map(Some)
}

fn hold_against_certificate(
    args: &InjectArgs,
    archive: &Archive<'_>,
    (accepted, request): (&Accepted, &SigningRequest),
) -> Result<Vec<Remark>, Failure> {
    let expectations = expectations(args)?;
    let check = CertificateCheck { expectations: &expectations, force: args.force };
    check
        .run(archive, accepted, request)
        .map_err(|error| Failure { path: args.api_key.as_deref().map(key_name), ..Failure::from_error(&error) })
}

/// The certificate that devices will see, when a store signs again.
fn expectations(args: &InjectArgs) -> Result<Expectations, Failure> {
    let store = args.store.store.map(|store| match store {
        StoreArg::Amazon => Store::Amazon,
        StoreArg::Play => Store::Play,
    });
    let wrong = |option: &str, error: &dyn std::error::Error| Failure::new(format!("{option}: {error}"));
    let md5 = args.store.cert_md5.as_deref().map(str::parse).transpose();
    let md5 = md5.map_err(|error| wrong("--cert-md5", &error))?;
    let sha256 = args.store.cert_sha256.as_deref().map(str::parse).transpose();
    let sha256 = sha256.map_err(|error| wrong("--cert-sha256", &error))?;
    let named = NamedCertificate { origin: "the certificate named on the command line".to_owned(), md5, sha256 };
    let certificate = (md5.is_some() || sha256.is_some()).then_some(named);
    Ok(Expectations { store, certificate, ..Expectations::default() })
}
