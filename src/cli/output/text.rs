//! The report for people.

use super::model::{
    ApiKeyObject, AppObject, CertificateObject, CheckObject, Document, EntryObject, FileObject, InjectedObject,
    KeyObject, StoreObject,
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
    for (index, file) in document.files.iter().enumerate() {
        if index > 0 && !quiet {
            writeln!(out)?;
        }
        match file {
            FileObject::App(app) if app.checks.is_some() => verified(app, quiet, out)?,
            FileObject::App(app) => app_fingerprints(app, out)?,
            FileObject::Store(store) => store_fingerprints(store, out)?,
            FileObject::Key(key) => key_file(key, quiet, out)?,
            FileObject::Injected(injected) => inject(injected, quiet, out)?,
        }
    }
    Ok(())
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

fn app_title(app: &AppObject, out: &mut dyn Write) -> Result<()> {
    let kind = if app.kind == "aab" { "App Bundle" } else { "APK" };
    let name = app.version_name.as_ref().map_or_else(String::new, |name| format!(" {}", Untrusted(name)));
    let code = app.version_code.map_or_else(String::new, |code| format!(" ({code})"));
    writeln!(out, "{STRONG}{}{STRONG:#}: {kind} {}{name}{code}", app.path, Untrusted(&app.package))
}

fn app_fingerprints(app: &AppObject, out: &mut dyn Write) -> Result<()> {
    app_title(app, out)?;
    let signature = &app.signature;
    field(
        "Signed",
        Some(&signature.schemes.join(", ")).filter(|schemes| !schemes.is_empty()).map(|s| s.as_str()),
        out,
    )?;
    for device in &signature.device {
        writeln!(out)?;
        if signature.device.len() > 1 {
            let until = device.max_sdk.map_or_else(|| " and later".to_owned(), |max| format!(" to {max}"));
            writeln!(out, "{STRONG}Android API {}{until}{STRONG:#}", device.min_sdk)?;
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
    if !quiet {
        writeln!(out, "{STRONG}{}{STRONG:#}{place}: {style}{verdict}{style:#}", key.path)?;
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

fn inject(injected: &InjectedObject, quiet: bool, out: &mut dyn Write) -> Result<()> {
    for remark in &injected.remarks {
        writeln!(out, "{NOTE}note{NOTE:#}: {remark}")?;
    }
    if quiet {
        return Ok(());
    }
    let done = match (injected.changed, injected.dry_run) {
        (false, _) => "has this key already, nothing was changed",
        (true, true) => "would be written (dry run)",
        (true, false) => "written",
    };
    writeln!(out, "{STRONG}{}{STRONG:#}: {GOOD}{done}{GOOD:#}", injected.out)?;
    for step in &injected.steps {
        writeln!(out, "  {step}")?;
    }
    Ok(())
}

fn verified(app: &AppObject, quiet: bool, out: &mut dyn Write) -> Result<()> {
    if !quiet {
        app_title(app, out)?;
        summary(app, out)?;
    }
    let checks = app.checks.as_deref().unwrap_or_default();
    for check in checks.iter().filter(|check| check.is_reported()) {
        if !(quiet && check.severity == "note") {
            finding(app, check, out)?;
        }
    }
    if quiet {
        return Ok(());
    }
    let (style, verdict) = match app.verdict {
        Some("good") => (GOOD, "good"),
        Some("bad") => (ERROR, "bad"),
        _ => (WARNING, "incomplete"),
    };
    writeln!(out, "{style}{verdict}{style:#}: {}", counts(checks))
}

fn counts(checks: &[CheckObject]) -> String {
    let passed = checks.iter().filter(|check| check.outcome == "pass").count();
    let mut text = format!("{passed} checks passed");
    for severity in ["error", "warning", "note"] {
        let count = checks.iter().filter(|check| check.is_reported() && check.severity == severity).count();
        match count {
            0 => {}
            1 => text.push_str(&format!(", 1 {severity}")),
            _ => text.push_str(&format!(", {count} {severity}s")),
        }
    }
    text
}

/// What is there, before what is wrong.
fn summary(app: &AppObject, out: &mut dyn Write) -> Result<()> {
    let schemes = app.signature.schemes.join(", ");
    let signature = match app.signature.verdict {
        "verified" => format!("verified ({schemes})"),
        "rejected" => "rejected".to_owned(),
        "unsigned" => "none".to_owned(),
        _ => format!("{schemes}, not checked"),
    };
    field("Signature", Some(&signature), out)?;
    let device = app.signature.device.last().and_then(|device| device.certificates.first());
    let signed_by = device.or_else(|| app.signature.signers.first().map(|signer| &signer.certificate));
    field("Signed by", signed_by.and_then(|found| found.subject.as_deref()), out)?;
    field("MD5", signed_by.map(|found| found.md5.as_str()), out)?;
    field("API key", Some(&app.api_key.as_ref().map_or_else(|| "none".to_owned(), key_summary)), out)
}

fn key_summary(key: &ApiKeyObject) -> String {
    match (&key.package, key.authenticated_by) {
        (Some(package), Some("amazon")) => format!("genuine, for {package}"),
        (Some(package), Some(_)) => format!("for {package}, signed by the given token key, not by Amazon"),
        (Some(package), None) => format!("not authentic, for {package}"),
        (None, _) => "unreadable".to_owned(),
    }
}

fn finding(app: &AppObject, check: &CheckObject, out: &mut dyn Write) -> Result<()> {
    let style = match check.severity.as_str() {
        "error" => ERROR,
        "warning" => WARNING,
        _ => NOTE,
    };
    let CheckObject { id, severity, message, help, evidence, outcome, .. } = check;
    let skipped = if *outcome == "skipped" { "not checked: " } else { "" };
    writeln!(out, "{style}{severity}[{id}]{style:#}: {}: {skipped}{message}", app.path)?;
    for name in ["place", "wanted", "found", "device"] {
        for line in evidence.get(name).map_or("", String::as_str).lines() {
            writeln!(out, "  {FAINT}{name:<7}{FAINT:#} {}", Untrusted(line))?;
        }
    }
    help_line(help.as_deref(), out)
}
