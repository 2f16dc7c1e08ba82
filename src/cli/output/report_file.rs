//! Reports beside the one on standard output: `--report FORMAT=PATH`.

use super::format;
use super::model::Document;
use crate::cli::args::Format;
use crate::cli::failure::{Failure, shown};
use apkkey::output_file::OutputFile;
use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// One file that gets the report.
#[derive(Debug, Clone)]
pub(crate) struct ReportFile {
    pub(crate) format: Format,
    path: PathBuf,
}

impl ReportFile {
    /// Reads `FORMAT=PATH`.
    pub(crate) fn parse(spec: &str) -> Result<Self, String> {
        let (name, path) =
            spec.split_once('=').ok_or("a report is given as FORMAT=PATH, for instance json=app.json")?;
        let format = Format::from_str(name, false).map_err(|_| {
            let known: Vec<_> = Format::value_variants().iter().map(|format| format::name(*format)).collect();
            format!("there is no format `{name}`: known are {}", known.join(", "))
        })?;
        match path {
            "" => Err("the path is missing".to_owned()),
            "-" => Err("`-` is no file: --format decides what goes to standard output".to_owned()),
            path => Ok(Self { format, path: PathBuf::from(path) }),
        }
    }

    /// Writes the whole report; the file appears at once or not at all. Folders on the way are made, as a build has
    /// none for reports in the beginning.
    pub(super) fn write(&self, document: &Document) -> Result<(), Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(format!("cannot write the report: {error}")).help("check the folder and the space on the disk")
        };
        let mut report = Vec::new();
        let mut plain = anstream::StripStream::new(&mut report);
        format::write(self.format, document, false, &mut plain).map_err(|error| failed(&error).at(&self.path))?;
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed(&error).at(&self.path))?;
        }
        let written = OutputFile::create(&self.path).and_then(|mut file| {
            file.write(&report)?;
            file.commit()
        });
        written.map_err(|error| Failure::from_error(&error).at(&self.path))
    }
}

/// No report may replace another one, or a file that is looked at.
pub(super) fn are_apart(reports: &[ReportFile], files: &[&Path]) -> Result<(), Failure> {
    for (index, report) in reports.iter().enumerate() {
        let path = real(&report.path);
        if files.iter().any(|file| real(file) == path) {
            let message = format!("the report would replace `{}`, which is to be looked at", shown(&report.path));
            return Err(Failure::new(message).help("write the report to another file"));
        }
        if reports.iter().skip(index.saturating_add(1)).any(|other| real(&other.path) == path) {
            let message = format!("two reports would be written to `{}`", shown(&report.path));
            return Err(Failure::new(message).help("give each report a file of its own"));
        }
    }
    Ok(())
}

/// The file that a path means, through links, also when the file is yet to be made.
fn real(path: &Path) -> PathBuf {
    let canonical = |path: &Path| std::fs::canonicalize(path).ok();
    canonical(path).unwrap_or_else(|| {
        let folder = path.parent().map(|folder| if folder == Path::new("") { Path::new(".") } else { folder });
        let folder = folder.and_then(canonical);
        folder.zip(path.file_name()).map_or_else(|| path.to_owned(), |(folder, name)| folder.join(name))
    })
}
