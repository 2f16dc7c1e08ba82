//! The report for people.

mod form;
mod sources;
mod verify;

use super::model::{
    ApiKeyObject, AppObject, CertificateObject, ChangedObject, Document, EntryObject, FileObject, KeyObject,
    LineageObject, StoreObject, Tone, levels,
};
use crate::cli::failure::Failure;
use anstyle::{AnsiColor, Style};
use apkkey::text::Untrusted;
use std::io::{Result, Write};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

fn style(tone: Tone) -> Style {
    match tone {
        Tone::Good => GOOD,
        Tone::Note => NOTE,
        Tone::Warning => WARNING,
        Tone::Error => ERROR,
    }
}

/// Writes a whole report; with `quiet` only what is wrong.
pub(super) fn document(document: &Document, quiet: bool, out: &mut dyn Write) -> Result<()> {
    verify::start(document, quiet, out)?;
    let mut last: Option<&FileObject> = None;
    let is_one_line = |file: &FileObject| verify::is_one_line(file, document.files.len());
    for file in &document.files {
        let is_list = is_one_line(file) && last.is_some_and(is_one_line);
        if last.replace(file).is_some() && !quiet && !is_list {
            writeln!(out)?;
        }
        match file {
            FileObject::App(app) if app.checks.is_some() => match is_one_line(file) {
                true if quiet => {}
                true => verify::line(app, out)?,
                false => verify::app(app, quiet, out)?,
            },
            FileObject::Library(library) => verify::library(library, quiet, out)?,
            FileObject::App(app) => app_fingerprints(app, out)?,
            FileObject::Store(store) => store_fingerprints(store, out)?,
            FileObject::Form(found) => form::values(found, out)?,
            FileObject::Key(key) => key_file(key, quiet, out)?,
            FileObject::Changed(change) => changed(change, quiet, out)?,
            FileObject::Lineage(lineage) => whole_lineage(lineage, out)?,
            FileObject::Sources(module) => sources::module(module, quiet, out)?,
        }
    }
    verify::end(document, quiet, out)
}

/// An error, on standard error.
pub(super) fn failure(failure: &Failure, out: &mut dyn Write) -> Result<()> {
    let Failure { path, message, help } = failure;
    let path = path.as_ref().map_or_else(String::new, |path| format!("{path}: "));
    writeln!(out, "{ERROR}error{ERROR:#}: {path}{message}")?;
    help_line(help.as_deref(), out)
}

/// A remark, on standard error.
pub(super) fn note(message: &str, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{NOTE}note{NOTE:#}: {message}")
}

/// Something that may be wrong, on standard error.
pub(super) fn warning(message: &str, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{WARNING}warning{WARNING:#}: {message}")
}

fn help_line(help: Option<&str>, out: &mut dyn Write) -> Result<()> {
    match help {
        Some(help) => writeln!(out, "  {STRONG}help{STRONG:#}: {help}"),
        None => Ok(()),
    }
}

fn field(name: &str, value: Option<&str>, out: &mut dyn Write) -> Result<()> {
    match value {
        Some(value) => writeln!(out, "  {FAINT}{name:<9}{FAINT:#} {}", Untrusted(value)),
        None => Ok(()),
    }
}

fn certificate(certificate: &CertificateObject, out: &mut dyn Write) -> Result<()> {
    for (name, digest) in [("MD5", &certificate.md5), ("SHA-1", &certificate.sha1), ("SHA-256", &certificate.sha256)] {
        writeln!(out, "  {FAINT}{name:<9}{FAINT:#} {STRONG}{digest}{STRONG:#}")?;
    }
    field("Subject", certificate.subject.as_deref(), out)?;
    field("Valid", certificate.validity().as_deref(), out)?;
    field("Key", certificate.key.as_deref(), out)?;
    match &certificate.well_known {
        Some(known) => writeln!(out, "  {WARNING}This is the {known}.{WARNING:#}"),
        None => Ok(()),
    }
}

fn store_fingerprints(store: &StoreObject, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{STRONG}{}{STRONG:#}: {}", store.path, store.title())?;
    for note in &store.notes {
        writeln!(out, "{NOTE}note{NOTE:#}: {note}")?;
    }
    for entry in &store.entries {
        writeln!(out)?;
        entry_title(entry, out)?;
        if let Some(found) = &entry.certificate {
            certificate(found, out)?;
        }
    }
    Ok(())
}

fn entry_title(entry: &EntryObject, out: &mut dyn Write) -> Result<()> {
    let kind = entry.title();
    match &entry.alias {
        Some(alias) => writeln!(out, "{STRONG}{}{STRONG:#} ({kind})", Untrusted(alias)),
        None => writeln!(out, "{STRONG}{kind}{STRONG:#}"),
    }
}

/// What the app is, without the end of the line.
fn app_title(app: &AppObject, out: &mut dyn Write) -> Result<()> {
    write!(out, "{STRONG}{}{STRONG:#}: {}", app.path, app.title())
}

fn app_fingerprints(app: &AppObject, out: &mut dyn Write) -> Result<()> {
    app_title(app, out)?;
    writeln!(out)?;
    let signature = &app.signature;
    field(
        "Signed",
        Some(&signature.schemes.join(", ")).filter(|schemes| !schemes.is_empty()).map(|s| s.as_str()),
        out,
    )?;
    for device in &signature.device {
        writeln!(out)?;
        if signature.device.len() > 1 {
            writeln!(out, "{STRONG}Android API {}{STRONG:#}", levels(device.min_sdk, device.max_sdk))?;
        }
        for found in &device.certificates {
            certificate(found, out)?;
        }
    }
    for signer in signature.signers.iter().filter(|_| signature.device.is_empty()) {
        writeln!(out)?;
        certificate(&signer.certificate, out)?;
    }
    if signature.lineage.len() > 1 {
        lineage(&signature.lineage, out)?;
    }
    if app.kind == "aab" {
        writeln!(out, "\nThis is the upload certificate: the store signs what it delivers with another one.")?;
    }
    writeln!(out, "\n{FAINT}The contents were not verified: `apkkey verify` does that.{FAINT:#}")
}

fn lineage(lineage: &[CertificateObject], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "\n{STRONG}Lineage{STRONG:#}, oldest first: devices report the first, apksigner prints the last")?;
    for (index, found) in lineage.iter().enumerate() {
        writeln!(out, "  {}. {} {}", index.saturating_add(1), found.md5, Untrusted(found.holder()))?;
    }
    Ok(())
}

fn key_file(key: &KeyObject, quiet: bool, out: &mut dyn Write) -> Result<()> {
    let api_key = &key.api_key;
    let place = api_key.entry.as_ref().map_or_else(String::new, |entry| format!(" ({})", Untrusted(entry)));
    let (tone, verdict) = api_key.verdict();
    let verdict_style = style(tone);
    if !quiet || !api_key.problems.is_empty() {
        writeln!(out, "{STRONG}{}{STRONG:#}{place}: {verdict_style}{verdict}{verdict_style:#}", key.path)?;
    }
    if !quiet {
        key_fields(api_key, out)?;
    }
    for problem in &api_key.problems {
        let tone = api_key.problem_tone();
        let (style, word) = (style(tone), if tone == Tone::Error { "error" } else { "warning" });
        writeln!(out, "{style}{word}{style:#}: {}", problem.message)?;
        help_line(problem.help.as_deref(), out)?;
    }
    Ok(())
}

fn key_fields(key: &ApiKeyObject, out: &mut dyn Write) -> Result<()> {
    for (name, value) in key.fields() {
        field(name, Some(value), out)?;
    }
    match key.advice() {
        Some(advice) => writeln!(out, "{FAINT}{advice}{FAINT:#}"),
        None => Ok(()),
    }
}

fn changed(change: &ChangedObject, quiet: bool, out: &mut dyn Write) -> Result<()> {
    for remark in &change.remarks {
        writeln!(out, "{NOTE}note{NOTE:#}: {remark}")?;
    }
    if quiet {
        return Ok(());
    }
    let done = match (change.changed, change.dry_run) {
        (false, _) => "is already as it should be, nothing was changed",
        (true, true) => "would be written (dry run)",
        (true, false) => "written",
    };
    writeln!(out, "{STRONG}{}{STRONG:#}: {GOOD}{done}{GOOD:#}", change.out)?;
    for step in &change.steps {
        writeln!(out, "  {step}")?;
    }
    match &change.v4_signature_file {
        Some(path) => writeln!(out, "{STRONG}{path}{STRONG:#}: {GOOD}written{GOOD:#} (v4 signature)"),
        None => Ok(()),
    }
}

fn whole_lineage(lineage: &LineageObject, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{STRONG}{}{STRONG:#}: lineage, oldest first; devices report the first certificate", lineage.path)?;
    for (index, node) in lineage.lineage.iter().enumerate() {
        writeln!(out, "\n{STRONG}{}{STRONG:#}", index.saturating_add(1))?;
        certificate(&node.certificate, out)?;
        field("Keeps", Some(&node.capabilities.join(", ")), out)?;
    }
    Ok(())
}
