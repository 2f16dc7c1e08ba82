//! Checks of the ZIP archive: what libziparchive refuses, and what hides something from it.

use super::{Check, Facts, Finding, Group, Outcome};
use crate::zip::Violation;

const REBUILD: &str = "build the file again, and let no tool change it after signing";

pub(super) const CHECKS: &[Check] = &[
    Check::new("archive-bytes-before", Group::Archive, "the file begins with a ZIP entry", |facts| {
        violated(facts, |violation| matches!(violation, Violation::BytesBefore))
    }),
    Check::new("archive-bytes-after", Group::Archive, "nothing stands behind the archive", |facts| {
        violated(facts, |violation| matches!(violation, Violation::BytesAfter { .. } | Violation::CommentCut))
    }),
    Check::new("archive-empty", Group::Archive, "the archive has entries", |facts| {
        violated(facts, |violation| matches!(violation, Violation::NoEntries))
    }),
    Check::new("archive-duplicate-entry", Group::Archive, "each name stands for one entry", |facts| {
        violated(facts, |violation| matches!(violation, Violation::DuplicateName { .. }))
    }),
    Check::new("archive-bad-name", Group::Archive, "all names are UTF-8 without NUL", |facts| {
        violated(facts, |violation| {
            matches!(
                violation,
                Violation::NameNotUtf8 { .. } | Violation::NameNotUnicode { .. } | Violation::NameWithNul { .. }
            )
        })
    }),
    Check::new(
        "archive-entry-broken",
        Group::Archive,
        "local headers agree with the central directory",
        broken_entries,
    ),
    Check::new("archive-second-end-record", Group::Archive, "the archive has one end record", |facts| {
        violated(facts, |violation| matches!(violation, Violation::SecondEndRecord))
    }),
    Check::new(
        "archive-directory-gap",
        Group::Archive,
        "the central directory fills the space before the end record",
        |facts| {
            violated(facts, |violation| {
                matches!(violation, Violation::BytesBetween { .. } | Violation::DirectoryLeftover { .. })
            })
        },
    )
    .warning(),
    Check::new("archive-several-disks", Group::Archive, "the archive is a single file", |facts| {
        violated(facts, |violation| matches!(violation, Violation::SeveralDisks))
    })
    .warning(),
];

fn violated(facts: &Facts, matches: impl Fn(&Violation) -> bool) -> Outcome {
    let violations = facts.violations.iter().filter(|violation| matches(violation));
    let findings = violations.map(|violation| {
        let consequence = if violation.is_refused_by_android() { ": Android refuses the file" } else { "" };
        Finding::new(format!("{violation}{consequence}")).help(REBUILD)
    });
    Outcome::from_findings(findings.collect())
}

fn broken_entries(facts: &Facts) -> Outcome {
    let outside = facts.violations.iter().filter(|v| matches!(v, Violation::LocalHeaderOutside { .. }));
    let outside = outside.map(|violation| Finding::new(violation.to_string()).help(REBUILD));
    let broken = facts.broken_entries.iter().map(|error| Finding::new(error.to_string()).help(REBUILD));
    Outcome::from_findings(outside.chain(broken).collect())
}
