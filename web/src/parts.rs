//! Parts of the page that a report has no use for: questions, and short remarks.

use apkkey::report::html::{Html, article};

/// A file about which one sentence is enough.
pub fn note(page: &mut Html, path: &str, text: &str) {
    article(page, (path, ""), |page| {
        page.element("header", "", |page| {
            page.leaf("h2", "", path).leaf("p", "what", text);
        });
    });
}

/// What two files say together.
pub fn told(page: &mut Html, (title, what): (&str, &str), (tone, text): (&str, &str)) {
    article(page, (title, tone), |page| {
        page.element("header", "", |page| {
            page.leaf("h2", "", title).leaf("p", "what", what);
            page.with("p", &[("class", "verdict"), ("data-tone", tone)], |page| {
                page.leaf("strong", "", if tone == "good" { "good" } else { "bad" }).own(" ").leaf("span", "", text);
            });
        });
    });
}

/// The question for a password; again, with what was wrong with the last one.
pub fn unlock(page: &mut Html, path: &str, wrong: Option<(&str, Option<&str>)>) {
    article(page, (path, ""), |page| {
        page.element("header", "", |page| {
            page.leaf("h2", "", path).leaf("p", "what", "Nothing in this keystore can be read without its password.");
        });
        page.element("form", "unlock", |page| {
            page.element("label", "", |page| {
                page.leaf("span", "", &format!("Password of {path}"));
                let described = if wrong.is_some() { "wrong" } else { "" };
                let attributes =
                    [("type", "password"), ("name", "password"), ("autocomplete", "off"), ("data-error", described)];
                page.empty("input", &attributes);
            });
            page.with("button", &[("type", "submit")], |page| {
                page.text("Open");
            });
            if let Some((message, help)) = wrong {
                page.with("p", &[("class", "wrong"), ("role", "alert")], |page| {
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

/// The question which of several entries signs.
pub fn choice(page: &mut Html, path: &str, (names, chosen): (&[String], Option<usize>)) {
    if names.len() < 2 {
        return;
    }
    page.element("form", "choice", |page| {
        page.element("label", "", |page| {
            page.leaf("span", "", &format!("Signs the app, of {path}")).own(" ");
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
}
