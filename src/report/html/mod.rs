//! Reports as HTML: the page that `apkkey verify --report html=FILE` writes, and the same parts for the page that runs
//! in a browser.
//!
//! Text reaches the page through one function that escapes it ([`Html::text`]); a page runs no script but ours, by its
//! hash, and asks no host for anything (Content Security Policy, <https://www.w3.org/TR/CSP3/>).

mod android;
mod app;
mod file;
mod findings;
mod page;

pub use file::{article, error, file, judged};
pub use page::{Frame, frame, page};

use super::shown;

/// The look of a page.
pub const STYLE: &str = include_str!("page.css");
/// What makes the buttons of a page copy.
pub const COPY: &str = include_str!("copy.js");

/// HTML in the making. Tags, classes and names of attributes are the program's own; all else is escaped.
#[derive(Debug, Default)]
pub struct Html(String);

impl Html {
    /// Text: what HTML would take as markup, and what would repaint or reorder it, is escaped; lines stay lines.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.0.push('\n');
            }
            shown(line).chars().for_each(|character| self.character(character));
        }
        self
    }

    fn character(&mut self, character: char) {
        match character {
            '&' => self.0.push_str("&amp;"),
            '<' => self.0.push_str("&lt;"),
            '>' => self.0.push_str("&gt;"),
            '"' => self.0.push_str("&quot;"),
            '\'' => self.0.push_str("&#39;"),
            other => self.0.push(other),
        }
    }

    /// Markup of the program itself.
    pub fn own(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// An element with something inside.
    pub fn element(&mut self, tag: &'static str, class: &'static str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        let class = [("class", class)];
        let attributes = if class[0].1.is_empty() { &[][..] } else { &class[..] };
        self.with(tag, attributes, inside)
    }

    /// An element with attributes.
    pub fn with(
        &mut self,
        tag: &'static str,
        attributes: &[(&'static str, &str)],
        inside: impl FnOnce(&mut Self),
    ) -> &mut Self {
        self.empty(tag, attributes);
        inside(self);
        self.own("</").own(tag).own(">")
    }

    /// An element that has nothing inside, or the start of one.
    pub fn empty(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) -> &mut Self {
        self.own("<").own(tag);
        for (name, value) in attributes {
            self.own(" ").own(name).own("=\"").text(value).own("\"");
        }
        self.own(">")
    }

    /// An element that has only text.
    pub fn leaf(&mut self, tag: &'static str, class: &'static str, text: &str) -> &mut Self {
        self.element(tag, class, |html| {
            html.text(text);
        })
    }

    /// An element with a sentence in it: what stands between backquotes is code.
    pub fn words(&mut self, tag: &'static str, class: &'static str, text: &str) -> &mut Self {
        self.element(tag, class, |html| html.sentence(text))
    }

    /// A sentence.
    pub fn sentence(&mut self, text: &str) {
        let parts: Vec<&str> = text.split('`').collect();
        if parts.len().is_multiple_of(2) {
            self.text(text);
            return;
        }
        for (index, part) in parts.into_iter().enumerate() {
            match index.is_multiple_of(2) {
                true => self.text(part),
                false => self.leaf("code", "", part),
            };
        }
    }

    /// A list of names and values.
    pub fn fields<'a>(&mut self, class: &'static str, fields: impl IntoIterator<Item = (&'static str, &'a str)>) {
        self.element("dl", class, |html| {
            for (name, value) in fields {
                html.field(name, value);
            }
        });
    }

    /// A value that is read, not copied.
    pub fn field(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.element("div", "", |html| {
            html.leaf("dt", "", name);
            html.element("dd", "", |html| html.breakable(value));
        })
    }

    /// A value that may go on in the next line behind a colon: a digest is best read in whole bytes.
    fn breakable(&mut self, value: &str) {
        for (index, part) in value.split(':').enumerate() {
            if index > 0 {
                self.own(":<wbr>");
            }
            self.text(part);
        }
    }

    /// A value that somebody carries into a form.
    pub fn copied(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.element("div", "", |html| {
            html.leaf("dt", "", name);
            html.element("dd", "", |html| {
                html.with("code", &[("data-field", name)], |html| html.breakable(value));
                let label = format!("Copy {name}");
                let attributes = [("type", "button"), ("class", "copy"), ("data-copy", value), ("aria-label", &label)];
                html.with("button", &attributes, |html| {
                    html.text("Copy");
                });
            });
        })
    }

    /// The markup.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_a_file_becomes_markup() {
        let hostile = "<script>alert(1)</script>\" onclick='x' &amp; \u{202e}\u{1b}[31m\n";
        let mut html = Html::default();
        html.leaf("p", "", hostile).copied("MD5", hostile);
        let text = html.into_string();
        for forbidden in ["<script", "\" onclick", "onclick='", "\u{202e}", "\u{1b}"] {
            assert!(!text.contains(forbidden), "{forbidden}: {text}");
        }
        assert!(text.contains("&lt;script&gt;") && text.contains("&amp;amp;"), "{text}");
    }
}
