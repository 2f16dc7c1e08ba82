//! What an app is, and the values that a form wants of it.

use super::super::{ApiKeyObject, AppObject, CertificateObject, Tone, counts};
use super::findings::{class, folds, section};
use super::{Html, android};
use crate::check::Store;

/// An app, with what was found when checks were run.
pub(super) fn app(html: &mut Html, app: &AppObject) {
    let checks = app.checks.as_deref();
    let verdict = app.verdict.map_or("", |verdict| class(Tone::of_verdict(verdict)));
    html.with("article", &[("class", "file"), ("data-path", &app.path), ("data-tone", verdict)], |html| {
        html.element("header", "", |html| {
            html.leaf("h2", "", &app.path).leaf("p", "what", &app.title());
            if let (Some(verdict), Some(checks)) = (app.verdict, checks) {
                badge(html, verdict, &counts(checks));
            }
        });
        section(html, checks.unwrap_or_default());
        if app.split().is_none() {
            form(html, app);
            key(html, app);
        }
        folds(html, checks.unwrap_or_default());
        details(html, app);
        if checks.is_none() {
            html.words("p", "remark", "The contents were not verified: `apkkey verify` does that.");
        }
    });
}

/// The verdict, in a word and in numbers.
pub(super) fn badge(html: &mut Html, verdict: &str, counts: &str) {
    let tone = class(Tone::of_verdict(verdict));
    html.with("p", &[("class", "verdict"), ("data-tone", tone)], |html| {
        html.leaf("strong", "", verdict).own(" ").leaf("span", "", counts);
    });
}

/// The values that Amazon's form asks for, in its order, for each certificate that devices report.
fn form(html: &mut Html, app: &AppObject) {
    let signature = &app.signature;
    if signature.verdict == "rejected" {
        html.leaf("p", "caution", "The signature does not hold, so nobody has proved whose certificate this is.");
    }
    if signature.verdict == "unsigned" {
        html.leaf(
            "p",
            "remark",
            "The file is not signed, so there is no certificate in it: drop the keystore that will.",
        );
        return;
    }
    let is_split = signature.device.len() > 1;
    for device in &signature.device {
        let range = is_split.then(|| android::range(device.min_sdk, device.max_sdk));
        for certificate in &device.certificates {
            values(html, app, (certificate, range.as_deref()));
        }
    }
    if signature.device.is_empty() {
        for (_, certificate) in signature.certificates() {
            values(html, app, (certificate, None));
        }
    }
    if is_split {
        html.leaf("p", "remark", "Devices report different certificates: the app can hold one key only.");
    }
    if app.kind == "apk" {
        let (store, place) = (Store::Amazon, Store::Amazon.where_to_look());
        let remark = format!(
            "For the app as it is in this file: {store} signs again, and for what it delivers the digests stand under {place}."
        );
        html.words("p", "remark", &remark);
    }
    if app.kind == "aab" {
        let remark = "This is the upload certificate: the store signs what it delivers with another one.";
        html.leaf("p", "remark", remark);
    }
}

fn values(html: &mut Html, app: &AppObject, (certificate, range): (&CertificateObject, Option<&str>)) {
    html.element("section", "values", |html| {
        html.element("h3", "", |html| {
            html.text(range.unwrap_or("For Amazon’s form")).own(" ");
            if range.is_none() {
                html.leaf("small", "", "Security Profile, Android/Kindle Settings");
            }
        });
        html.element("dl", "form", |html| {
            html.copied("Package", &app.package);
            digests(html, certificate);
        });
        signer(html, "Signed by", certificate);
    });
}

/// The two digests of the form, under its names.
pub(super) fn digests(html: &mut Html, certificate: &CertificateObject) {
    html.copied("MD5 Signature", &certificate.md5).copied("SHA256 Signature", &certificate.sha256);
}

/// Whose certificate it is.
pub(super) fn signer(html: &mut Html, what: &str, certificate: &CertificateObject) {
    html.leaf("p", "signer", &format!("{what} {}", certificate.holder()));
    if let Some(known) = &certificate.well_known {
        html.leaf("p", "caution", &format!("This is the {known}."));
    }
}

fn key(html: &mut Html, app: &AppObject) {
    html.element("section", "key", |html| {
        html.leaf("h3", "", "API key");
        let Some(key) = &app.api_key else {
            html.leaf("p", "", "none");
            return;
        };
        let place = key.entry.as_ref().map_or_else(String::new, |entry| format!(" ({entry})"));
        html.leaf("p", "", &format!("{}{place}", key.summary()));
        if let Some(client_id) = &key.client_id {
            html.element("dl", "form", |html| {
                html.copied("Client ID", client_id);
            });
        }
        if let Some(advice) = key.advice() {
            html.leaf("p", "remark", advice);
        }
        html.element("details", "", |html| {
            html.leaf("summary", "", "What the key says");
            html.fields("claims", key.fields());
        });
    });
}

/// What a key says.
pub(super) fn claims(html: &mut Html, key: &ApiKeyObject) {
    let fields = key.fields();
    if !fields.is_empty() {
        html.element("dl", "claims", |html| {
            for (name, value) in fields {
                match name {
                    "Client ID" => html.copied(name, value),
                    _ => html.field(name, value),
                };
            }
        });
    }
    if let Some(advice) = key.advice() {
        html.leaf("p", "remark", advice);
    }
}

/// The signature and its certificates in full.
fn details(html: &mut Html, app: &AppObject) {
    html.element("details", "signature", |html| {
        html.leaf("summary", "", "Signature and certificates");
        html.fields("", [("Signature", app.signature.summary().as_str())]);
        let mut told: Vec<&str> = Vec::new();
        let signature = &app.signature;
        let signers = signature.signers.iter().map(|signer| &signer.certificate);
        for certificate in signature.certificates().into_iter().map(|(_, one)| one).chain(signers) {
            if !told.contains(&certificate.sha256.as_str()) {
                told.push(&certificate.sha256);
                in_full(html, certificate);
            }
        }
        if signature.lineage.len() > 1 {
            html.leaf("h4", "", "Lineage, oldest first: devices report the first, apksigner prints the last");
            html.element("ol", "", |html| {
                for certificate in &signature.lineage {
                    html.leaf("li", "", &format!("{} {}", certificate.md5, certificate.holder()));
                }
            });
        }
    });
}

/// Everything that is known of a certificate.
pub(super) fn in_full(html: &mut Html, certificate: &CertificateObject) {
    let CertificateObject { md5, sha1, sha256, subject: _, issuer, serial, not_before: _, not_after: _, key, .. } =
        certificate;
    let validity = certificate.validity();
    let fields = [
        ("Subject", Some(certificate.holder())),
        ("Issuer", issuer.as_deref()),
        ("Serial", serial.as_deref()),
        ("Valid", validity.as_deref()),
        ("Key", key.as_deref()),
        ("MD5", Some(md5.as_str())),
        ("SHA-1", Some(sha1.as_str())),
        ("SHA-256", Some(sha256.as_str())),
    ];
    html.fields("certificate", fields.into_iter().filter_map(|(name, value)| Some((name, value?))));
}

/// What is wrong with a key file itself.
pub(super) fn problems(html: &mut Html, key: &ApiKeyObject) {
    if key.problems.is_empty() {
        return;
    }
    let tone = class(key.problem_tone());
    html.element("section", "findings", |html| {
        html.element("ul", "", |html| {
            for problem in &key.problems {
                html.with("li", &[("class", tone), ("data-check", problem.id)], |html| {
                    html.element("p", "message", |html| {
                        html.leaf("strong", "", tone).own(" ").sentence(&problem.message);
                        html.own(" ").leaf("code", "id", problem.id);
                    });
                    if let Some(help) = &problem.help {
                        html.words("p", "help", help);
                    }
                });
            }
        });
    });
}
