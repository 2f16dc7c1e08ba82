//! `apkkey lineage`: shows the certificates of a rotated key, oldest first, and lets another key follow.

use crate::cli::Status;
use crate::cli::args::LineageArgs;
use crate::cli::failure::{Failure, shown};
use crate::cli::output::Output;
use crate::cli::output::model::{CertificateObject, Document, FileObject, LineageObject, NodeObject};
use crate::cli::password::PasswordReader;
use crate::cli::signer::{self, FurtherSigner};
use crate::cli::signing;
use apkkey::output_file::OutputFile;
use apkkey::signature::sign::{Capabilities, Signer, SigningLineage};
use std::path::Path;

pub(crate) fn run(args: &LineageArgs, further: &[FurtherSigner], output: &Output) -> Result<Status, Failure> {
    let input = args.file.as_deref().or(args.input.as_deref());
    let known = input.map(signing::lineage).transpose()?;
    let (path, lineage) = match (&args.out, known) {
        (Some(out), known) => (out.as_path(), extended(known, out, further, output)?),
        (None, Some(known)) => (input.unwrap_or(Path::new("")), known),
        (None, None) => return Err(Failure::new("give a lineage file or an APK")),
    };
    let mut document = Document::new("lineage");
    document.files.push(FileObject::Lineage(object(path, &lineage)));
    output.document(&document)?;
    Ok(Status::Good)
}

/// The lineage with the new signer behind the old one, written to `out`.
fn extended(
    known: Option<SigningLineage>,
    out: &Path,
    further: &[FurtherSigner],
    output: &Output,
) -> Result<SigningLineage, Failure> {
    let mut passwords = PasswordReader::new(output);
    let mut open = |opener: &str| -> Result<Signer, Failure> {
        let mut named = further.iter().filter(|signer| signer.opener == opener);
        let (Some(signer), None) = (named.next(), named.next()) else {
            return Err(Failure::new(format!("{opener} is to be given once"))
                .help("a lineage grows by one key at a time; repeat the command for the next one"));
        };
        let opened = signer::open(&signer.args, &mut passwords)?;
        opened.notes.iter().for_each(|note| output.note(note));
        Ok(opened.signer)
    };
    let (old, new) = (open("--old-signer")?, open("--new-signer")?);
    let failed = |error| Failure::from_error(&error);
    let capabilities = Capabilities::default();
    let lineage = known.map_or_else(|| SigningLineage::begin(&old.identity, capabilities), Ok).map_err(failed)?;
    let lineage = lineage.extend(&old.identity, &new.identity, capabilities).map_err(failed)?;
    let written = OutputFile::create(out).and_then(|mut file| {
        file.write(&lineage.to_file())?;
        file.commit()
    });
    written.map_err(|error| Failure::from_error(&error).at(out))?;
    Ok(lineage)
}

fn object(path: &Path, lineage: &SigningLineage) -> LineageObject {
    let node = |(certificate, capabilities): (_, Capabilities)| NodeObject {
        certificate: CertificateObject::from(certificate),
        capabilities: capabilities.names(),
    };
    LineageObject { path: shown(path), kind: "lineage", lineage: lineage.certificates().map(node).collect() }
}
