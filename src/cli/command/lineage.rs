//! `apkkey lineage`: shows the certificates of a rotated key, oldest first, and lets another key follow.

use crate::cli::Status;
use crate::cli::args::LineageArgs;
use crate::cli::failure::{Failure, shown};
use crate::cli::output::Output;
use crate::cli::output::model::{CertificateObject, Document, FileObject, LineageObject, NodeObject};
use crate::cli::password::PasswordReader;
use crate::cli::signer::{self, CapabilityArgs, FurtherSigner};
use crate::cli::signing;
use apkkey::output_file::OutputFile;
use apkkey::signature::sign::{Capabilities, Signer, SigningLineage};
use std::path::Path;

pub(crate) fn run(args: &LineageArgs, further: &[FurtherSigner], output: &Output) -> Result<Status, Failure> {
    let input = args.file.as_deref().or(args.input.as_deref());
    let known = input.map(signing::lineage).transpose()?;
    let mut signers = Signers { further, passwords: PasswordReader::new(output) };
    let (path, lineage) = match (&args.out, known) {
        (None, Some(known)) => (input.unwrap_or(Path::new("")), known),
        (Some(out), Some(known)) if args.old_signer == 0 => (out.as_path(), write(out, signers.set_rights(known)?)?),
        (Some(out), known) if args.old_signer > 0 => (out.as_path(), write(out, signers.extend(known)?)?),
        _ => return Err(Failure::new("give a lineage file or an APK")),
    };
    let mut document = Document::new("lineage");
    document.files.push(FileObject::Lineage(object(path, &lineage)));
    output.document(&document)?;
    Ok(Status::Good)
}

fn write(out: &Path, lineage: SigningLineage) -> Result<SigningLineage, Failure> {
    let written = OutputFile::create(out).and_then(|mut file| {
        file.write(&lineage.to_file())?;
        file.commit()
    });
    written.map_err(|error| Failure::from_error(&error).at(out))?;
    Ok(lineage)
}

/// The signers that a lineage is made or changed with.
struct Signers<'a> {
    further: &'a [FurtherSigner],
    passwords: PasswordReader<'a>,
}

impl<'a> Signers<'a> {
    /// The lineage with the new signer behind the old one.
    fn extend(&mut self, known: Option<SigningLineage>) -> Result<SigningLineage, Failure> {
        let (old, old_rights) = self.one("--old-signer")?;
        let (new, new_rights) = self.one("--new-signer")?;
        let failed = |error| Failure::from_error(&error);
        let all = Capabilities::default();
        let lineage = known.map_or_else(|| SigningLineage::begin(&old.identity, all), Ok).map_err(failed)?;
        let lineage = lineage.extend(&old.identity, &new.identity, new_rights.apply(all)).map_err(failed)?;
        change(lineage, &old, old_rights)
    }

    /// The lineage with other rights for the signers that are named.
    fn set_rights(&mut self, mut lineage: SigningLineage) -> Result<SigningLineage, Failure> {
        for named in self.further.iter().filter(|signer| signer.opener == "--signer") {
            let signer = self.open(named)?;
            lineage = change(lineage, &signer, &named.capabilities)?;
        }
        Ok(lineage)
    }

    fn one(&mut self, opener: &str) -> Result<(Signer, &'a CapabilityArgs), Failure> {
        let mut named = self.further.iter().filter(|signer| signer.opener == opener);
        let (Some(named), None) = (named.next(), named.next()) else {
            return Err(Failure::new(format!("{opener} is to be given once"))
                .help("a lineage grows by one key at a time; repeat the command for the next one"));
        };
        Ok((self.open(named)?, &named.capabilities))
    }

    fn open(&mut self, named: &FurtherSigner) -> Result<Signer, Failure> {
        let opened = signer::open(&named.args, &mut self.passwords)?;
        opened.notes.iter().for_each(|note| self.passwords.output().note(note));
        Ok(opened.signer)
    }
}

fn change(lineage: SigningLineage, signer: &Signer, rights: &CapabilityArgs) -> Result<SigningLineage, Failure> {
    let Some(leaf) = signer.identity.chain().first() else { return Ok(lineage) };
    lineage.with_capabilities(leaf, |before| rights.apply(before)).map_err(|error| Failure::from_error(&error))
}

fn object(path: &Path, lineage: &SigningLineage) -> LineageObject {
    let node = |(certificate, capabilities): (_, Capabilities)| NodeObject {
        certificate: CertificateObject::from(certificate),
        capabilities: capabilities.names(),
    };
    LineageObject { path: shown(path), kind: "lineage", lineage: lineage.certificates().map(node).collect() }
}
