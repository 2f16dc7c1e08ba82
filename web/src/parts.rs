//! Parts of the page that a report has no use for: questions, and short remarks.

use apkkey::report::html::{Html, article};

/// A file about which one sentence is enough.
pub fn note(page: &mut Html, path: &str, (class, text): (&'static str, &str)) {
    article(page, (path, ""), |page| {
        page.element("header", "", |page| {
            page.leaf("h2", "", path).leaf("p", class, text);
        });
    });
}

/// What two files say together.
pub fn told(page: &mut Html, (title, what): (&str, &str), (tone, text): (&str, &str)) {
    article(page, (title, tone), |page| {
        page.element("header", "", |page| {
            page.leaf("h2", "", title).leaf("p", "what", what);
            page.with("p", &[("class", "verdict"), ("data-tone", tone)], |page| {
                let word = match tone {
                    "good" => "good",
                    "error" => "bad",
                    "warning" => "warning",
                    _ => "not said",
                };
                page.leaf("strong", "", word).own(" ").leaf("span", "", text);
            });
        });
    });
}

/// The question for a password; again, with what was wrong with the last one.
pub fn unlock(page: &mut Html, (number, path): (u32, &str), wrong: Option<(&str, Option<&str>)>) {
    article(page, (path, ""), |page| {
        page.element("header", "", |page| {
            page.leaf("h2", "", path).leaf("p", "what", "Nothing in this keystore can be read without its password.");
        });
        let described = format!("wrong-{number}");
        page.element("form", "unlock", |page| {
            page.element("label", "", |page| {
                page.leaf("span", "", &format!("Password of {path}"));
                let invalid = if wrong.is_some() { "true" } else { "false" };
                let attributes = [
                    ("type", "password"),
                    ("name", "password"),
                    ("autocomplete", "off"),
                    ("aria-invalid", invalid),
                    ("aria-describedby", &described),
                ];
                page.empty("input", &attributes);
            });
            page.with("button", &[("type", "submit")], |page| {
                page.text("Open");
            });
            if let Some((message, help)) = wrong {
                page.with("p", &[("class", "wrong"), ("role", "alert"), ("id", &described)], |page| {
                    page.text(message);
                    if let Some(help) = help {
                        page.own(": ").text(help);
                    }
                });
            }
        });
        page.leaf("p", "remark", "The password stays in this page and is forgotten with it.");
    });
}

/// The question which of several certificates signs.
pub fn choice(page: &mut Html, names: &[String], chosen: Option<usize>) {
    let (tone, what) = match chosen {
        Some(_) => ("", "Apps are held against it."),
        None => (
            "warning",
            "Several certificates could be the one that signs. Until you choose one, an app is held against its own.",
        ),
    };
    article(page, ("Which certificate signs?", tone), |page| {
        page.element("header", "", |page| {
            page.leaf("h2", "", "Which certificate signs?").leaf("p", "what", what);
        });
        page.element("form", "choice", |page| {
            page.element("label", "", |page| {
                page.leaf("span", "unseen", "The certificate that signs the app");
                page.with("select", &[("name", "entry")], |page| {
                    page.with("option", &[("value", "")], |page| {
                        page.text("not said");
                    });
                    for (index, name) in names.iter().enumerate() {
                        let value = index.to_string();
                        let attributes = [("value", value.as_str()), ("selected", "")];
                        let count = if chosen == Some(index) { 2 } else { 1 };
                        page.with("option", attributes.get(..count).unwrap_or_default(), |page| {
                            page.text(name);
                        });
                    }
                });
            });
        });
    });
}
