//! What checks said: the findings in full, and what passed behind a fold.

use super::super::{CheckObject, Tone, findings, several};
use super::Html;

/// The class of an element that has this tone.
pub(super) fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Note => "note",
        Tone::Warning => "warning",
        Tone::Error => "error",
    }
}

/// All findings, the worst first.
pub(super) fn section(html: &mut Html, checks: &[CheckObject]) {
    if findings(checks).next().is_some() {
        html.element("section", "findings", |html| {
            html.element("ul", "", |html| findings(checks).for_each(|check| finding(html, check)));
        });
    }
}

/// The checks that found nothing.
pub(super) fn folds(html: &mut Html, checks: &[CheckObject]) {
    fold(html, "passed", &of(checks, "pass"));
    fold(html, "skipped", &of(checks, "skipped"));
}

fn of<'a>(checks: &'a [CheckObject], outcome: &str) -> Vec<&'a CheckObject> {
    checks.iter().filter(|check| check.outcome == outcome && !check.is_reported()).collect()
}

fn finding(html: &mut Html, check: &CheckObject) {
    let tone = class(Tone::of_severity(check.severity));
    html.with("li", &[("class", tone), ("data-check", check.id)], |html| {
        html.element("p", "message", |html| {
            html.leaf("strong", "", check.severity).own(" ").text(check.prefix()).sentence(&check.message);
            html.own(" ").leaf("code", "id", check.id);
        });
        if check.values().next().is_some() {
            html.fields("compared", check.values());
        }
        if let Some(help) = &check.help {
            html.words("p", "help", help);
        }
    });
}

fn fold(html: &mut Html, what: &str, checks: &[&CheckObject]) {
    if checks.is_empty() {
        return;
    }
    html.element("details", "checks", |html| {
        html.leaf("summary", "", &format!("{} {what}", several(checks.len(), "check")));
        html.element("ul", "", |html| {
            for check in checks {
                html.element("li", "", |html| {
                    html.sentence(&check.message);
                    html.own(" ").leaf("code", "id", check.id);
                });
            }
        });
    });
}
