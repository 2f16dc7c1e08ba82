//! The report for people.

mod form;
mod sources;
mod verify;

pub(super) use verify::summary;

use super::model::{
    ApiKeyObject, AppObject, CertificateObject, ChangedObject, Document, EntryObject, FileObject, KeyObject,
    LineageObject, StoreObject,
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
    if let (Some(from), Some(until)) = (&certificate.not_before, &certificate.not_after) {
        field("Valid", Some(&format!("{} to {}", day(from), day(until))), out)?;
    }
    field("Key", certificate.key.as_deref(), out)?;
    match &certificate.well_known {
        Some(known) => writeln!(out, "  {WARNING}This is the {known}.{WARNING:#}"),
        None => Ok(()),
    }
}

/// The day of a time in RFC 3339.
fn day(time: &str) -> &str {
    time.split_once('T').map_or(time, |(day, _)| day)
}

fn store_fingerprints(store: &StoreObject, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{STRONG}{}{STRONG:#}: {}", store.path, store_kind(&store.kind))?;
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
    let kind = match (entry.entry, entry.chain) {
        ("key", 0 | 1) => "key with its certificate".to_owned(),
        ("key", chain) => format!("key with a chain of {chain} certificates"),
        ("secret-key", _) => "secret key, without a certificate".to_owned(),
        (other, _) => other.to_owned(),
    };
    match &entry.alias {
        Some(alias) => writeln!(out, "{STRONG}{}{STRONG:#} ({kind})", Untrusted(alias)),
        None => writeln!(out, "{STRONG}{kind}{STRONG:#}"),
    }
}

fn store_kind(kind: &str) -> &str {
    match kind {
        "jks" => "JKS keystore",
        "jceks" => "JCEKS keystore",
        "pkcs12" => "PKCS#12 keystore",
        "bks" => "BKS keystore (BouncyCastle)",
        "uber" => "UBER keystore (BouncyCastle)",
        "bcfks" => "BCFKS keystore (BouncyCastle)",
        "pem" => "certificate (PEM)",
        "der" => "certificate (DER)",
        "pkcs7" => "certificates (PKCS#7)",
        other => other,
    }
}

/// What the app is, without the end of the line.
fn app_title(app: &AppObject, out: &mut dyn Write) -> Result<()> {
    let kind = if app.kind == "aab" { "App Bundle" } else { "APK" };
    let name = app.version_name.as_ref().map_or_else(String::new, |name| format!(" {}", Untrusted(name)));
    let code = app.version_code.map_or_else(String::new, |code| format!(" ({code})"));
    let variant = app.variant.as_ref().map(|variant| format!(", variant {}", Untrusted(&variant.name)));
    let end = format!("{name}{code}{}", variant.unwrap_or_default());
    write!(out, "{STRONG}{}{STRONG:#}: {kind} {}{end}", app.path, Untrusted(&app.package))
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

/// API levels for people.
fn levels(min: u32, max: Option<u32>) -> String {
    match max {
        Some(max) if max == min => max.to_string(),
        Some(max) => format!("{min} to {max}"),
        None => format!("{min} and later"),
    }
}

fn lineage(lineage: &[CertificateObject], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "\n{STRONG}Lineage{STRONG:#}, oldest first: devices report the first, apksigner prints the last")?;
    for (index, found) in lineage.iter().enumerate() {
        let subject = found.subject.as_deref().unwrap_or("(unreadable)");
        writeln!(out, "  {}. {} {}", index.saturating_add(1), found.md5, Untrusted(subject))?;
    }
    Ok(())
}

fn key_file(key: &KeyObject, quiet: bool, out: &mut dyn Write) -> Result<()> {
    let api_key = &key.api_key;
    let place = api_key.entry.as_ref().map_or_else(String::new, |entry| format!(" ({})", Untrusted(entry)));
    let (style, verdict) = match (api_key.authentic, api_key.authenticated_by, api_key.platform) {
        (true, Some("token-key"), _) => (WARNING, "signed by the given token key, not by Amazon"),
        (true, _, Some("ios")) => (WARNING, "genuine Amazon API key, for iOS"),
        (true, ..) => (GOOD, "genuine Amazon API key"),
        (false, _, None) => (ERROR, "not an Amazon API key"),
        (false, ..) => (ERROR, "not a genuine Amazon API key"),
    };
    if !quiet || !api_key.problems.is_empty() {
        writeln!(out, "{STRONG}{}{STRONG:#}{place}: {style}{verdict}{style:#}", key.path)?;
    }
    if !quiet {
        key_fields(api_key, out)?;
    }
    for problem in &api_key.problems {
        let (style, word) = if api_key.authentic { (WARNING, "warning") } else { (ERROR, "error") };
        writeln!(out, "{style}{word}{style:#}: {}", problem.message)?;
        help_line(problem.help.as_deref(), out)?;
    }
    Ok(())
}

fn key_fields(key: &ApiKeyObject, out: &mut dyn Write) -> Result<()> {
    let package = if key.platform == Some("ios") { "Bundle" } else { "Package" };
    let claims = [
        (package, key.package.as_deref()),
        ("MD5", key.md5.as_deref()),
        ("SHA-256", key.sha256.as_deref()),
        ("Issued", key.issued.as_deref()),
        ("Client ID", key.client_id.as_deref()),
        ("Profile", key.family_id.as_deref()),
        ("Service", key.environment),
    ];
    for (name, value) in claims {
        field(name, value, out)?;
    }
    if let Some(endpoints) = &key.endpoints {
        field("Authorize", endpoints.authorization.as_deref(), out)?;
        field("Exchange", endpoints.token_exchange.as_deref(), out)?;
    }
    match key.client_id {
        Some(_) if key.authentic => writeln!(
            out,
            "{FAINT}Whoever sends messages to the app (OneSignal: Settings, Push & In-App, Amazon Fire) must hold this Client \
             ID and its Client Secret.{FAINT:#}"
        ),
        _ => Ok(()),
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
