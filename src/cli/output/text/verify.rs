//! What `apkkey verify` tells people: what is there, what is wrong with it, and what to do.

use super::{FAINT, STRONG, app_title, field, help_line, note, style};
use crate::cli::output::model::{
    ApiKeyObject, AppObject, CertificateObject, CheckObject, Document, FileObject, LibraryObject, SignatureObject,
    Tone, counts,
};
use apkkey::report;
use apkkey::text::Untrusted;
use std::io::{Result, Write};

/// One app: with `quiet` only what is wrong.
pub(super) fn app(app: &AppObject, quiet: bool, out: &mut dyn Write) -> Result<()> {
    let checks = app.checks.as_deref().unwrap_or_default();
    if quiet {
        return findings(Some(&app.path), checks, out);
    }
    app_title(app, out)?;
    writeln!(out)?;
    if app.split().is_none() {
        contents(app, out)?;
    }
    findings(None, checks, out)?;
    verdict(app.verdict.unwrap_or_default(), checks, out)
}

/// An app that nothing is wrong with, among others.
pub(super) fn line(app: &AppObject, out: &mut dyn Write) -> Result<()> {
    app_title(app, out)?;
    write!(out, ": ")?;
    verdict(app.verdict.unwrap_or_default(), app.checks.as_deref().unwrap_or_default(), out)
}

/// Whether one line is enough for the file: nothing is wrong with it, and there are others to tell of.
pub(super) fn is_one_line(file: &FileObject, files: usize) -> bool {
    let FileObject::App(app) = file else { return false };
    let checks = app.checks.as_deref().unwrap_or_default();
    app.verdict == Some("good") && files > 1 && !checks.iter().any(CheckObject::is_reported)
}

/// A library: it must not have what an app must.
pub(super) fn library(library: &LibraryObject, quiet: bool, out: &mut dyn Write) -> Result<()> {
    let LibraryObject { path, kind: _, package, key_entry, verdict: judged, checks } = library;
    if quiet {
        return findings(Some(path), checks, out);
    }
    let package = package.as_ref().map_or_else(String::new, |package| format!(" {}", Untrusted(package)));
    writeln!(out, "{STRONG}{path}{STRONG:#}: Android library{package}, not an app")?;
    field("API key", Some(key_entry.as_deref().unwrap_or("none, as it should be")), out)?;
    findings(None, checks, out)?;
    verdict(judged, checks, out)?;
    writeln!(out, "The key belongs into the app that uses the library: verify that one.")
}

/// What is wrong, the worst first. A path is told where no title stands above.
fn findings(path: Option<&str>, checks: &[CheckObject], out: &mut dyn Write) -> Result<()> {
    let is_wanted = |check: &&CheckObject| path.is_none() || check.severity != "note";
    report::findings(checks).filter(is_wanted).try_for_each(|check| finding(path, check, out))
}

fn finding(path: Option<&str>, check: &CheckObject, out: &mut dyn Write) -> Result<()> {
    let style = style(Tone::of_severity(check.severity));
    let CheckObject { id, severity, message, help, .. } = check;
    let place = path.map_or_else(String::new, |path| format!("{path}: "));
    writeln!(out, "{style}{severity}[{id}]{style:#}: {place}{}{message}", check.prefix())?;
    for (name, value) in check.values() {
        writeln!(out, "  {FAINT}{name:<7}{FAINT:#} {}", Untrusted(value))?;
    }
    help_line(help.as_deref(), out)
}

fn verdict(verdict: &str, checks: &[CheckObject], out: &mut dyn Write) -> Result<()> {
    let style = style(Tone::of_verdict(verdict));
    let strict = verdict == "incomplete" && checks.iter().any(|check| check.blocks);
    let strict = if strict { ": with --strict that is not enough" } else { "" };
    writeln!(out, "{style}{verdict}{style:#}: {}{strict}", counts(checks))
}

/// What is in the app that the checks are about.
fn contents(app: &AppObject, out: &mut dyn Write) -> Result<()> {
    let signature = &app.signature;
    field("Signature", Some(&signature.summary()), out)?;
    signed_by(signature, out)?;
    field("API key", Some(&app.api_key.as_ref().map_or_else(|| "none".to_owned(), ApiKeyObject::summary)), out)
}

/// The certificates as Amazon's form wants them.
fn signed_by(signature: &SignatureObject, out: &mut dyn Write) -> Result<()> {
    for (range, found) in signature.certificates() {
        let range = range.map_or_else(String::new, |range| format!(", {range}"));
        certificate(found, &range, out)?;
    }
    Ok(())
}

fn certificate(found: &CertificateObject, range: &str, out: &mut dyn Write) -> Result<()> {
    field("Signed by", Some(&format!("{}{range}", found.holder())), out)?;
    for (name, digest) in [("MD5", &found.md5), ("SHA-256", &found.sha256)] {
        field(name, Some(digest), out)?;
    }
    Ok(())
}

/// What stands above all files: where settings came from, as they can soften checks.
pub(super) fn start(document: &Document, quiet: bool, out: &mut dyn Write) -> Result<()> {
    let config = document.run.as_ref().and_then(|run| run.config.as_ref());
    match config.filter(|_| !quiet) {
        Some(config) => writeln!(out, "{}", config.told()),
        None => Ok(()),
    }
}

/// What stands below all files: notes about the whole run, and a summary if there are several.
pub(super) fn end(document: &Document, quiet: bool, out: &mut dyn Write) -> Result<()> {
    if quiet {
        return Ok(());
    }
    let notes = document.run.iter().flat_map(|run| &run.notes);
    for (index, text) in notes.enumerate() {
        if index == 0 && !document.files.is_empty() {
            writeln!(out)?;
        }
        note(text, out)?;
    }
    let judged = document.files.iter().filter(|file| file.judged().is_some()).count();
    if judged > 0 && judged.saturating_add(document.errors.len()) > 1 {
        writeln!(out, "\n{STRONG}{}{STRONG:#}", document.summary())?;
    }
    let reported = document.files.iter().filter_map(|file| Some(file.judged()?.checks)).flatten();
    let reported: Vec<&CheckObject> = reported.filter(|check| check.is_reported()).collect();
    let first = |severity: &str| reported.iter().find(|check| check.severity == severity);
    match first("error").or_else(|| first("warning")) {
        Some(check) => writeln!(out, "{FAINT}`apkkey explain {}` tells more{FAINT:#}", check.id),
        None => Ok(()),
    }
}
