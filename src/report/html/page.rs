//! The frame of a page: what it may do, how it looks, and what it runs.

use super::super::{ConfigObject, Document, FileObject, Tone};
use super::findings::class;
use super::{COPY, Html, STYLE, error, file};
use crate::digest::sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What a page is made of. Styles and scripts stand in the page, and count by their hashes.
#[derive(Debug)]
pub struct Frame<'a> {
    pub title: &'a str,
    pub styles: &'a [&'static str],
    pub scripts: &'a [&'static str],
    /// What its policy allows beside them, each with a space before it: what scripts may do, and further directives.
    pub allowed: (&'static str, &'static str),
}

/// A whole page around a body.
#[must_use]
pub fn frame(frame: &Frame<'_>, body: impl FnOnce(&mut Html)) -> String {
    let Frame { title, styles, scripts, allowed } = frame;
    let policy = format!(
        "default-src 'none'; style-src{}; script-src{}{}; base-uri 'none'; form-action 'none'{}",
        hashes(styles),
        hashes(scripts),
        allowed.0,
        allowed.1
    );
    let mut html = Html::default();
    html.own("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.own("<meta http-equiv=\"Content-Security-Policy\" content=\"").text(&policy).own("\">\n");
    html.own("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.own("<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
    html.leaf("title", "", title).own("\n");
    for style in *styles {
        html.own("<style>").own(style).own("</style>\n");
    }
    html.own("</head>\n<body>\n");
    body(&mut html);
    for script in *scripts {
        html.own("\n<script>").own(script).own("</script>");
    }
    html.own("\n</body>\n</html>\n");
    html.into_string()
}

/// Sources of a directive (CSP level 3, section 2.3.1).
fn hashes(texts: &[&str]) -> String {
    texts.iter().map(|text| format!(" 'sha256-{}'", STANDARD.encode(sha256(text.as_bytes())))).collect()
}

/// The report of a run.
#[must_use]
pub fn page(document: &Document) -> String {
    let title = match document.files.as_slice() {
        [only] => format!("apkkey {}: {}", document.command, only.path()),
        _ => format!("apkkey {}", document.command),
    };
    let look = Frame { title: &title, styles: &[STYLE], scripts: &[COPY], allowed: ("", "") };
    frame(&look, |html| {
        html.element("main", "", |html| {
            top(html, document);
            document.errors.iter().for_each(|failure| error(html, failure));
            document.files.iter().for_each(|found| file(html, found));
            let notes = document.run.iter().flat_map(|run| &run.notes);
            notes.for_each(|note| {
                html.leaf("p", "remark", note);
            });
        });
        html.leaf("footer", "", &format!("{} {}", document.tool.name, document.tool.version));
    })
}

/// What came of all files together.
fn top(html: &mut Html, document: &Document) {
    html.element("header", "top", |html| {
        html.leaf("h1", "", &format!("apkkey {}", document.command));
        let several = document.files.len().saturating_add(document.errors.len()) > 1;
        if several && document.command == "verify" {
            let tone = class(Tone::of_verdict(document.verdict));
            html.with("p", &[("class", "verdict"), ("data-tone", tone)], |html| {
                html.leaf("strong", "", document.verdict).own(" ").leaf("span", "", &document.summary());
            });
        }
        if let Some(config) = document.run.as_ref().and_then(|run| run.config.as_ref()) {
            html.leaf("p", "remark", &ConfigObject::told(config));
        }
    });
}

impl FileObject {
    /// The file's name in the report.
    pub fn path(&self) -> &str {
        match self {
            Self::App(found) => &found.path,
            Self::Library(found) => &found.path,
            Self::Store(found) => &found.path,
            Self::Form(found) => &found.path,
            Self::Key(found) => &found.path,
            Self::Changed(found) => &found.path,
            Self::Lineage(found) => &found.path,
            Self::Sources(found) => &found.path,
        }
    }
}
