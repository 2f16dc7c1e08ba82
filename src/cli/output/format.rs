//! Which report is written how. A new format is a line here and a file beside this one.

use super::model::Document;
use super::{github, junit, text};
use crate::cli::args::{Command, Format};
use crate::cli::failure::Failure;
use apkkey::report::html;
use clap::ValueEnum;
use std::io::{self, Write};

/// Writes a whole report.
pub(super) fn write(format: Format, document: &Document, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::document(document, quiet, out),
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, document)?;
            writeln!(out)
        }
        Format::Github => github::document(document, quiet, out),
        Format::Junit => junit::document(document, out),
        Format::Html => out.write_all(html::page(document).as_bytes()),
    }
}

/// Refuses a format that has no place for what the command reports.
pub(super) fn suits(format: Format, command: &Command) -> Result<(), Failure> {
    let formats = command.formats();
    if formats.contains(&format) {
        return Ok(());
    }
    let command = command.name();
    let known: Vec<_> = formats.iter().map(|format| name(*format)).collect();
    Err(Failure::new(format!("`apkkey {command}` has no checks to report as {}", name(format)))
        .help(format!("it writes {}; github and junit are for `apkkey verify`", known.join(" and "))))
}

/// The name on the command line.
pub(super) fn name(format: Format) -> String {
    format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
