//! Everything that is written to standard output and standard error. Only here.

mod format;
mod github;
mod junit;
mod progress;
mod report_file;
mod text;

pub(crate) use apkkey::report as model;
pub(crate) use progress::Progress;
pub(crate) use report_file::ReportFile;

use super::args::{Color, Command, Format, OutputArgs};
use super::failure::Failure;
use anstream::{AutoStream, ColorChoice};
use model::Document;
use std::io::{self, Write};

/// The two streams and the files, with the user's wishes about them.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    reports: Vec<ReportFile>,
    quiet: bool,
    color: ColorChoice,
}

impl Output {
    pub(crate) fn new(args: &OutputArgs) -> Self {
        let color = match args.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { format: args.format, reports: args.report.clone(), quiet: args.quiet, color }
    }

    /// Whether the command's report can be written as it is wanted, before anything is done.
    pub(crate) fn suits(&self, command: &Command) -> Result<(), Failure> {
        for format in self.reports.iter().map(|report| report.format).chain([self.format]) {
            format::suits(format, command)?;
        }
        report_file::are_apart(&self.reports, &command.files())
    }

    /// Writes the report to standard output and to files; errors about single files go to standard error.
    pub(crate) fn document(&self, document: &Document) -> Result<(), Failure> {
        let stream = AutoStream::new(io::stdout().lock(), self.color);
        // a line at a time would be a call of the system for each
        let mut stream = io::BufWriter::with_capacity(64 << 10, stream);
        let written = format::write(self.format, document, self.quiet, &mut stream).and_then(|()| stream.flush());
        let unwritten = stream.into_parts();
        drop(unwritten);
        unless_closed(written)?;
        for error in &document.errors {
            self.failure(&error.clone().into());
        }
        self.reports.iter().try_for_each(|report| report.write(document))
    }

    /// A line that tells how far a long run is.
    pub(crate) fn progress(&self, total: usize) -> Progress {
        Progress::new(total, self.quiet)
    }

    /// Writes one line, for scripts.
    pub(crate) fn line(&self, line: &str) -> Result<(), Failure> {
        let mut stream = AutoStream::new(io::stdout().lock(), self.color);
        unless_closed(writeln!(stream, "{line}").and_then(|()| stream.flush()))
    }

    /// Says something beside the report, on standard error.
    pub(crate) fn note(&self, message: &str) {
        if !self.quiet {
            self.remark(message);
        }
    }

    /// Says what belongs to something that is wrong, on standard error, also when the user wants it quiet.
    pub(crate) fn remark(&self, message: &str) {
        let mut stream = AutoStream::new(io::stderr().lock(), self.color);
        // when standard error is closed nobody is left to hear of it
        drop(text::note(message, &mut stream));
    }

    /// Says what is wrong beside the report, on standard error, also when the user wants it quiet.
    pub(crate) fn warn(&self, message: &str) {
        let mut stream = AutoStream::new(io::stderr().lock(), self.color);
        drop(text::warning(message, &mut stream));
    }

    /// Says why something could not be done, on standard error.
    pub(crate) fn failure(&self, failure: &Failure) {
        let mut stream = AutoStream::new(io::stderr().lock(), self.color);
        drop(text::failure(failure, &mut stream));
    }
}

/// A reader that closed the pipe (`| head`) has seen enough.
fn unless_closed(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Failure::new(format!("cannot write to standard output: {error}"))),
    }
}
