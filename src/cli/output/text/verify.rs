//! What `apkkey verify` tells people: what is there, what is wrong with it, and what to do.

use super::{ERROR, FAINT, GOOD, NOTE, STRONG, WARNING, app_title, field, help_line, levels, note};
use crate::cli::output::model::{
    ApiKeyObject, AppObject, CertificateObject, CheckObject, Document, FileObject, LibraryObject, SignatureObject,
};
use anstyle::Style;
use apkkey::text::Untrusted;
use std::io::{Result, Write};

/// One app: with `quiet` only what is wrong.
pub(super) fn app(app: &AppObject, quiet: bool, out: &mut dyn Write) -> Result<()> {
    let checks = app.checks.as_deref().unwrap_or_default();
    if quiet {
        return findings(Some(&app.path), checks, out);
    }
    title(app, out)?;
    writeln!(out)?;
    if split(app).is_none() {
        contents(app, out)?;
    }
    findings(None, checks, out)?;
    verdict(app.verdict.unwrap_or_default(), checks, out)
}

/// An app that nothing is wrong with, among others.
pub(super) fn line(app: &AppObject, out: &mut dyn Write) -> Result<()> {
    title(app, out)?;
    write!(out, ": ")?;
    verdict(app.verdict.unwrap_or_default(), app.checks.as_deref().unwrap_or_default(), out)
}

/// Whether one line is enough for the file: nothing is wrong with it, and there are others to tell of.
pub(super) fn is_one_line(file: &FileObject, files: usize) -> bool {
    let FileObject::App(app) = file else { return false };
    let checks = app.checks.as_deref().unwrap_or_default();
    app.verdict == Some("good") && files > 1 && !checks.iter().any(CheckObject::is_reported)
}

fn title(app: &AppObject, out: &mut dyn Write) -> Result<()> {
    match split(app) {
        Some(split) => write!(out, "{STRONG}{}{STRONG:#}: split `{}`", app.path, Untrusted(split)),
        None => app_title(app, out),
    }
}

/// The name of an APK that is only a part of an app.
fn split(app: &AppObject) -> Option<&str> {
    app.set.as_ref()?.split.as_deref()
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
    for severity in ["error", "warning", "note"] {
        let is_wanted = path.is_none() || severity != "note";
        for check in checks.iter().filter(|check| is_wanted && check.is_reported() && check.severity == severity) {
            finding(path, check, out)?;
        }
    }
    Ok(())
}

fn finding(path: Option<&str>, check: &CheckObject, out: &mut dyn Write) -> Result<()> {
    let style = style_of(&check.severity);
    let CheckObject { id, severity, message, help, .. } = check;
    let place = path.map_or_else(String::new, |path| format!("{path}: "));
    writeln!(out, "{style}{severity}[{id}]{style:#}: {place}{}{message}", check.prefix())?;
    for (name, value) in check.values() {
        writeln!(out, "  {FAINT}{name:<7}{FAINT:#} {}", Untrusted(value))?;
    }
    help_line(help.as_deref(), out)
}

fn style_of(severity: &str) -> Style {
    match severity {
        "error" => ERROR,
        "warning" => WARNING,
        _ => NOTE,
    }
}

fn verdict(verdict: &str, checks: &[CheckObject], out: &mut dyn Write) -> Result<()> {
    let style = match verdict {
        "good" => GOOD,
        "bad" => ERROR,
        _ => WARNING,
    };
    let strict = verdict == "incomplete" && checks.iter().any(|check| check.blocks);
    let strict = if strict { ": with --strict that is not enough" } else { "" };
    writeln!(out, "{style}{verdict}{style:#}: {}{strict}", counts(checks))
}

/// How many checks passed, and how many findings there are of each severity.
fn counts(checks: &[CheckObject]) -> String {
    let passed = checks.iter().filter(|check| check.outcome == "pass").count();
    let of = |severity: &str| checks.iter().filter(|check| check.is_reported() && check.severity == severity).count();
    let parts = [(passed, "check"), (of("error"), "error"), (of("warning"), "warning"), (of("note"), "note")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| match what {
        "check" => format!("{} passed", several(count, what)),
        _ => several(count, what),
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "no check was run".to_owned() } else { parts.join(", ") }
}

fn several(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// What is in the app that the checks are about.
fn contents(app: &AppObject, out: &mut dyn Write) -> Result<()> {
    let signature = &app.signature;
    let schemes = signature.schemes.join(", ");
    let verdict = match signature.verdict {
        "verified" => format!("verified ({schemes})"),
        "rejected" if schemes.is_empty() => "rejected".to_owned(),
        "rejected" => format!("rejected ({schemes})"),
        "unsigned" => "none".to_owned(),
        _ => format!("{schemes}, not checked"),
    };
    field("Signature", Some(&verdict), out)?;
    signed_by(signature, out)?;
    field("API key", Some(&app.api_key.as_ref().map_or_else(|| "none".to_owned(), key)), out)
}

/// The certificates as Amazon's form wants them: for each range of Android versions those that devices report, or those
/// in the signature of a file that no device gets.
fn signed_by(signature: &SignatureObject, out: &mut dyn Write) -> Result<()> {
    for device in &signature.device {
        let range = match signature.device.len() {
            1 => String::new(),
            _ => format!(", on Android API {}", levels(device.min_sdk, device.max_sdk)),
        };
        for found in &device.certificates {
            certificate(found, &range, out)?;
        }
    }
    let mut told: Vec<&str> = Vec::new();
    for signer in signature.signers.iter().filter(|_| signature.device.is_empty()) {
        if !told.contains(&signer.certificate.sha256.as_str()) {
            told.push(&signer.certificate.sha256);
            certificate(&signer.certificate, "", out)?;
        }
    }
    Ok(())
}

fn certificate(found: &CertificateObject, range: &str, out: &mut dyn Write) -> Result<()> {
    let subject = found.subject.as_deref().unwrap_or("(unreadable)");
    field("Signed by", Some(&format!("{subject}{range}")), out)?;
    for (name, digest) in [("MD5", &found.md5), ("SHA-256", &found.sha256)] {
        field(name, Some(digest), out)?;
    }
    Ok(())
}

fn key(key: &ApiKeyObject) -> String {
    match (&key.package, key.authenticated_by) {
        (Some(package), Some("amazon")) => format!("genuine, for {package}"),
        (Some(package), Some(_)) => format!("for {package}, signed by the given token key, not by Amazon"),
        (Some(package), None) => format!("not authentic, for {package}"),
        (None, _) => "unreadable".to_owned(),
    }
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
        writeln!(out, "\n{STRONG}{}{STRONG:#}", summary(document))?;
    }
    let reported = document.files.iter().filter_map(|file| Some(file.judged()?.checks)).flatten();
    let reported: Vec<&CheckObject> = reported.filter(|check| check.is_reported()).collect();
    let first = |severity: &str| reported.iter().find(|check| check.severity == severity);
    match first("error").or_else(|| first("warning")) {
        Some(check) => writeln!(out, "{FAINT}`apkkey explain {}` tells more{FAINT:#}", check.id),
        None => Ok(()),
    }
}

/// How many files came to what.
pub(in super::super) fn summary(document: &Document) -> String {
    let verdicts: Vec<&str> = document.files.iter().filter_map(|file| Some(file.judged()?.verdict)).collect();
    let of = |wanted: &str| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    let unread = document.errors.len();
    let parts =
        [(of("good"), "good"), (of("incomplete"), "incomplete"), (of("bad"), "bad"), (unread, "could not be read")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts.map(|(count, what)| format!("{count} {what}")).collect();
    format!("{}: {}", several(verdicts.len().saturating_add(unread), "file"), parts.join(", "))
}
