//! One file of a report.

use super::super::{
    CheckObject, EntryObject, ErrorObject, FileObject, KeyObject, LibraryObject, StoreObject, Tone, counts,
};
use super::Html;
use super::app::{app, badge, claims, digests, in_full, problems, signer};
use super::findings::{class, folds, section};

/// A file, whatever it is.
pub fn file(html: &mut Html, file: &FileObject) {
    match file {
        FileObject::App(found) => app(html, found),
        FileObject::Library(found) => library(html, found),
        FileObject::Store(found) => store(html, found),
        FileObject::Key(found) => key(html, found),
        // commands that report these write no page
        FileObject::Form(_) | FileObject::Changed(_) | FileObject::Lineage(_) | FileObject::Sources(_) => {
            html.leaf("h2", "", file.path());
        }
    }
}

/// A file that could not be looked at.
pub fn error(html: &mut Html, error: &ErrorObject) {
    let path = error.path.as_deref().unwrap_or("apkkey");
    article(html, (path, "error"), |html| {
        html.element("header", "", |html| {
            html.leaf("h2", "", path);
        });
        html.element("section", "findings", |html| {
            html.element("ul", "", |html| {
                html.element("li", "error", |html| {
                    html.element("p", "message", |html| {
                        html.leaf("strong", "", "error").own(" ").sentence(&error.message);
                    });
                    if let Some(help) = &error.help {
                        html.words("p", "help", help);
                    }
                });
            });
        });
    });
}

/// The frame of a file: its name, and how it is to be taken.
pub fn article(html: &mut Html, (path, tone): (&str, &str), inside: impl FnOnce(&mut Html)) {
    html.with("article", &[("class", "file"), ("data-path", path), ("data-tone", tone)], inside);
}

/// What checks said of something that is no file by itself: a key that is not in the app yet.
pub fn judged(html: &mut Html, title: (&str, &str), (verdict, checks): (&str, &[CheckObject])) {
    let tone = class(Tone::of_verdict(verdict));
    article(html, (title.0, tone), |html| {
        html.element("header", "", |html| {
            html.leaf("h2", "", title.0).leaf("p", "what", title.1);
            badge(html, verdict, &counts(checks));
        });
        section(html, checks);
        folds(html, checks);
    });
}

fn library(html: &mut Html, library: &LibraryObject) {
    let LibraryObject { path, kind: _, package, key_entry, verdict, checks } = library;
    let tone = class(Tone::of_verdict(verdict));
    article(html, (path, tone), |html| {
        html.element("header", "", |html| {
            let package = package.as_ref().map_or_else(String::new, |package| format!(" {package}"));
            html.leaf("h2", "", path).leaf("p", "what", &format!("Android library{package}, not an app"));
            badge(html, verdict, &counts(checks));
        });
        html.fields("", [("API key", key_entry.as_deref().unwrap_or("none, as it should be"))]);
        section(html, checks);
        folds(html, checks);
        html.leaf("p", "remark", "The key belongs into the app that uses the library: verify that one.");
    });
}

fn store(html: &mut Html, store: &StoreObject) {
    article(html, (&store.path, ""), |html| {
        html.element("header", "", |html| {
            html.leaf("h2", "", &store.path).leaf("p", "what", store.title());
        });
        for note in &store.notes {
            html.leaf("p", "remark", note);
        }
        for found in &store.entries {
            entry(html, found);
        }
    });
}

fn entry(html: &mut Html, entry: &EntryObject) {
    html.element("section", "values", |html| {
        html.element("h3", "", |html| {
            if let Some(alias) = &entry.alias {
                html.text(alias).own(" ");
            }
            html.leaf("small", "", &entry.title());
        });
        let Some(certificate) = &entry.certificate else { return };
        html.element("dl", "form", |html| digests(html, certificate));
        signer(html, "Certificate of", certificate);
        html.element("details", "signature", |html| {
            html.leaf("summary", "", "The certificate");
            in_full(html, certificate);
        });
    });
}

fn key(html: &mut Html, key: &KeyObject) {
    let (tone, verdict) = key.api_key.verdict();
    article(html, (&key.path, class(tone)), |html| {
        html.element("header", "", |html| {
            html.leaf("h2", "", &key.path);
            if let Some(entry) = &key.api_key.entry {
                html.leaf("p", "what", entry);
            }
            html.with("p", &[("class", "verdict"), ("data-tone", class(tone))], |html| {
                html.leaf("strong", "", verdict);
            });
        });
        problems(html, &key.api_key);
        claims(html, &key.api_key);
    });
}
