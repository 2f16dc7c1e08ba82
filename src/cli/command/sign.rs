//! `apkkey sign`: aligns and signs an app, without a look at its key.

use super::change::{self, Input};
use crate::cli::Status;
use crate::cli::args::SignArgs;
use crate::cli::failure::Failure;
use crate::cli::input;
use crate::cli::output::Output;
use crate::cli::output::model::{Document, FileObject};
use crate::cli::password::PasswordReader;
use crate::cli::signer::FurtherSigner;
use crate::cli::signing;
use apkkey::archive::Archive;
use apkkey::inject::{KeyChange, Order, SignatureChange};
use std::path::Path;

pub(crate) fn run(args: &SignArgs, further: &[FurtherSigner], output: &Output) -> Result<Status, Failure> {
    let path = args.file.as_deref().or(args.input.as_deref()).unwrap_or(Path::new(""));
    let source = input::open(path)?;
    let archive = Archive::open(&source).map_err(input::about(path))?;
    let manifest = archive.manifest().map_err(input::about(path))?;
    let signers = signing::open_signers(&args.signing, further, &mut PasswordReader::new(output))?;
    let request = signing::request(&args.signing, signers, (archive.kind(), &manifest))?;
    let order = Order { key: KeyChange::Keep, signature: SignatureChange::Sign(&request) };
    let input = Input { path, source: &source, archive: &archive, package: manifest.package.as_str() };
    let changed = change::carry_out(&input, order, &args.target, &[])?;
    let mut document = Document::new("sign");
    document.files.push(FileObject::Changed(changed));
    output.document(&document)?;
    Ok(Status::Good)
}
