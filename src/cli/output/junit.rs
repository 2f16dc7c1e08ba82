//! JUnit XML, as GitLab, Jenkins, Azure and CircleCI read it: a suite per file, a case per check.
//!
//! There is no one specification; this keeps to what all of them read. GitLab shows `classname` and `name`, ignores
//! `message`, and drops a second case of the same name, so all findings of a check stand in one case, and in its text.

use super::model::{CheckObject, ConfigObject, Document, ErrorObject};
use std::io::{Result, Write};

/// Writes the whole document.
pub(super) fn document(document: &Document, out: &mut dyn Write) -> Result<()> {
    let judged = document.files.iter().filter_map(|file| file.judged());
    let suites = judged.map(|judged| Suite::of_file(judged.path, judged.checks));
    let suites: Vec<Suite> = suites.chain(document.errors.iter().map(Suite::of_error)).collect();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"apkkey\"{}>", Counts::sum(suites.iter().map(|suite| suite.counts)))?;
    let config = document.run.as_ref().and_then(|run| run.config.as_ref()).map(ConfigObject::told);
    for suite in &suites {
        suite.write(config.as_deref(), out)?;
    }
    writeln!(out, "</testsuites>")
}

struct Suite {
    name: String,
    counts: Counts,
    /// The test cases, as XML.
    cases: String,
}

impl Suite {
    fn of_file(path: &str, checks: &[CheckObject]) -> Self {
        let mut suite = Self { name: path.to_owned(), counts: Counts::default(), cases: String::new() };
        for findings in checks.chunk_by(|one, next| one.id == next.id) {
            suite.check(findings);
        }
        suite
    }

    /// A file that could not be looked at: one case that went wrong.
    fn of_error(error: &ErrorObject) -> Self {
        let path = error.path.as_deref().unwrap_or("apkkey");
        let mut suite = Self { name: path.to_owned(), counts: Counts::default(), cases: String::new() };
        let help = error.help.as_ref().map_or_else(String::new, |help| format!("\nhelp: {help}"));
        suite.case("readable", Some(("error", &error.message, &format!("{}{help}", error.message))));
        suite
    }

    /// One check with all of its findings.
    fn check(&mut self, findings: &[CheckObject]) {
        let Some(first) = findings.first() else { return };
        let text = findings.iter().map(|check| match check.is_reported() {
            true => format!("{}: {}", check.severity, check.in_full()),
            false => check.in_full(),
        });
        let text: Vec<String> = text.collect();
        let kind = if findings.iter().any(|check| check.blocks) {
            Some("failure")
        } else {
            match first.outcome {
                "skipped" => Some("skipped"),
                "fail" => Some("system-out"),
                _ => None,
            }
        };
        let text = text.join("\n");
        self.case(first.id, kind.map(|kind| (kind, &*first.message, text.as_str())));
    }

    fn case(&mut self, name: &str, inside: Option<(&str, &str, &str)>) {
        self.counts.add(inside.map(|(kind, ..)| kind));
        let start = format!("    <testcase classname=\"{}\" name=\"{}\"", escaped(&self.name), escaped(name));
        self.cases.push_str(&start);
        self.cases.push_str(&match inside {
            None => "/>\n".to_owned(),
            Some(("system-out", _, text)) => {
                format!(">\n      <system-out>{}</system-out>\n    </testcase>\n", escaped(text))
            }
            Some((kind, message, text)) => format!(
                ">\n      <{kind} message=\"{}\">{}</{kind}>\n    </testcase>\n",
                escaped(message),
                escaped(text)
            ),
        });
    }

    fn write(&self, config: Option<&str>, out: &mut dyn Write) -> Result<()> {
        writeln!(out, "  <testsuite name=\"{}\"{}>", escaped(&self.name), self.counts)?;
        if let Some(config) = config {
            let property = format!("<property name=\"config\" value=\"{}\"/>", escaped(config));
            writeln!(out, "    <properties>{property}</properties>")?;
        }
        write!(out, "{}", self.cases)?;
        writeln!(out, "  </testsuite>")
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn add(&mut self, kind: Option<&str>) {
        self.tests = self.tests.saturating_add(1);
        let counted = match kind {
            Some("failure") => &mut self.failures,
            Some("error") => &mut self.errors,
            Some("skipped") => &mut self.skipped,
            _ => return,
        };
        *counted = counted.saturating_add(1);
    }

    fn sum(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            tests: sum.tests.saturating_add(one.tests),
            failures: sum.failures.saturating_add(one.failures),
            errors: sum.errors.saturating_add(one.errors),
            skipped: sum.skipped.saturating_add(one.skipped),
        })
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { tests, failures, errors, skipped } = self;
        write!(f, " tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
    }
}

/// Text for an element or an attribute in double quotes. What XML 1.0 forbids even as a reference (section 2.2) is
/// written as Rust writes it; line ends and tabs become references, or a reader would turn them into spaces.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}' => out.push(character),
            forbidden => out.extend(forbidden.escape_unicode()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_forbids_is_written_out() {
        assert_eq!(escaped("a<b>&\"c\"\n\u{1b}[31m\u{0}\u{ffff}\u{1f600}"), {
            "a&lt;b&gt;&amp;&quot;c&quot;&#10;\\u{1b}[31m\\u{0}\\u{ffff}\u{1f600}"
        });
    }

    #[test]
    fn a_file_that_cannot_be_read_is_a_suite_with_an_error() {
        let mut document = Document::new("verify");
        let error = ErrorObject { path: Some("a&b.apk".to_owned()), message: "is <cut>".to_owned(), help: None };
        document.errors.push(error);
        let mut out = Vec::new();
        super::document(&document, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let wanted = "<testsuite name=\"a&amp;b.apk\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">";
        assert!(text.contains(wanted) && text.contains("<error message=\"is &lt;cut&gt;\">"), "{text}");
    }
}
