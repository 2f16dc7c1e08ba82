//! Annotations for GitHub Actions: one workflow command per finding
//! (docs.github.com, "Workflow commands for GitHub Actions").
//!
//! Only lines that this module makes reach the runner: text from files stands inside commands, escaped as the
//! runner's `ActionCommand.cs` takes it apart, so that a name in an archive cannot become a command.

use super::model::{CheckObject, ConfigObject, Document, ErrorObject, Judged};
use std::io::{Result, Write};

/// Writes a command for each finding and for each file that could not be read, and a summary.
pub(super) fn document(document: &Document, quiet: bool, out: &mut dyn Write) -> Result<()> {
    for file in &document.files {
        let Some(judged) = file.judged() else { continue };
        for check in judged.checks.iter().filter(|check| check.is_reported()) {
            if !(quiet && check.severity == "note") {
                finding(&judged, check, out)?;
            }
        }
    }
    for error in &document.errors {
        failure(error, out)?;
    }
    if quiet {
        return Ok(());
    }
    if let Some(run) = &document.run {
        for note in run.config.iter().map(ConfigObject::told).chain(run.notes.iter().cloned()) {
            writeln!(out, "::notice title=apkkey::{}", data(&note))?;
        }
    }
    writeln!(out, "apkkey: {}", document.summary())
}

fn finding(judged: &Judged<'_>, check: &CheckObject, out: &mut dyn Write) -> Result<()> {
    let level = match check.severity {
        _ if check.blocks => "error",
        "note" => "notice",
        _ => "warning",
    };
    let message = format!("{}: {}", judged.path, check.in_full());
    command(level, (&format!("apkkey {}", check.id), judged.file), &message, out)
}

fn failure(error: &ErrorObject, out: &mut dyn Write) -> Result<()> {
    let path = error.path.as_deref().unwrap_or_default();
    let help = error.help.as_ref().map_or_else(String::new, |help| format!("\nhelp: {help}"));
    command("error", ("apkkey could not read the file", path), &format!("{path}: {}{help}", error.message), out)
}

/// One workflow command.
fn command(level: &str, (title, file): (&str, &str), message: &str, out: &mut dyn Write) -> Result<()> {
    let (title, file) = (property(title), property(file));
    writeln!(out, "::{level} title={title},file={file}::{}", data(message))
}

/// `escapeData` of the runner's toolkit.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// `escapeProperty` of the runner's toolkit.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_early() {
        let mut out = Vec::new();
        command("error", ("a:b,c", "x%\r\n::error::.apk"), "one\n::set-env name=A::b\r100%", &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "::error title=a%3Ab%2Cc,file=x%25%0D%0A%3A%3Aerror%3A%3A.apk::one%0A::set-env name=A::b%0D100%25\n"
        );
    }
}
