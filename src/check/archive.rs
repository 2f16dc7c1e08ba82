//! Checks of the ZIP archive: what libziparchive refuses, and what hides something from it.

use super::{Check, Facts, Finding, Group, Outcome, Severity};
use crate::archive::{Kind, NameFault};
use crate::limits::PROBLEMS_PER_RULE;
use crate::text::Untrusted;
use crate::zip::{GapContents, Quirk, Violation};

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
    Check::new("archive-entry-method", Group::Archive, "local headers name the same compression", |facts| {
        quirks(facts, Quirk::OtherMethod)
    }),
    Check::new("archive-entry-encrypted", Group::Archive, "no entry is marked as encrypted", |facts| {
        quirks(facts, Quirk::Encrypted)
    }),
    Check::new(
        "archive-entry-header",
        Group::Archive,
        "local headers and the central directory say the same",
        |facts| quirks(facts, Quirk::OtherHeader),
    )
    .note(),
    Check::new("archive-entry-overlap", Group::Archive, "no two entries share bytes", overlaps),
    Check::new("archive-hidden", Group::Archive, "no other archive stands between entries", |facts| {
        gaps(facts, GapContents::Archive)
    }),
    Check::new("archive-unlisted-entry", Group::Archive, "the central directory lists all entries", |facts| {
        gaps(facts, GapContents::Entry)
    })
    .warning(),
    Check::new("archive-gap", Group::Archive, "only padding stands between entries", |facts| {
        gaps(facts, GapContents::Bytes)
    })
    .warning(),
    Check::new("archive-folder-entry", Group::Archive, "an App Bundle has no entries for folders", |facts| {
        unfit(facts, |fault| fault == NameFault::Folder)
    }),
    Check::new("archive-unsafe-name", Group::Archive, "names stay inside the archive", |facts| {
        unfit(facts, |fault| matches!(fault, NameFault::Absolute | NameFault::ParentFolder))
    }),
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
    let broken = facts.survey.broken.iter().map(|error| Finding::new(error.to_string()).help(REBUILD));
    Outcome::from_findings(outside.chain(broken).collect())
}

fn quirks(facts: &Facts, wanted: Quirk) -> Outcome {
    let found = facts.survey.quirks.iter().filter(|(_, quirk)| *quirk == wanted);
    let consequence = match wanted {
        Quirk::OtherMethod | Quirk::Encrypted => "Android reads it, other tools do not or differently",
        Quirk::OtherHeader => "Android does not read that, other tools may",
    };
    let findings = found.map(|(name, quirk)| {
        Finding::new(format!("entry `{}`: {quirk}: {consequence}", Untrusted(name))).help(REBUILD)
    });
    Outcome::from_findings(findings.collect())
}

fn overlaps(facts: &Facts) -> Outcome {
    let findings = facts.survey.overlaps.iter().map(|(first, second)| {
        let message = format!("the entries `{}` and `{}` share bytes", Untrusted(first), Untrusted(second));
        Finding::new(message).help(REBUILD)
    });
    Outcome::from_findings(findings.collect())
}

fn gaps(facts: &Facts, contents: GapContents) -> Outcome {
    let found = facts.survey.gaps.iter().filter(|gap| gap.contents == contents);
    Outcome::from_findings(found.map(|gap| Finding::new(gap.to_string()).help(REBUILD)).collect())
}

fn unfit(facts: &Facts, matches: impl Fn(NameFault) -> bool) -> Outcome {
    let found = facts.unfit_names.iter().filter(|name| matches(name.fault)).take(PROBLEMS_PER_RULE);
    let bundle = facts.kind == Kind::Aab;
    let findings = found.map(|name| {
        let entry = Untrusted(&name.entry);
        let message = match name.fault {
            NameFault::Folder => {
                format!("`{entry}` is an entry for a folder: bundletool and the stores refuse the bundle")
            }
            NameFault::Absolute => format!("the entry name `{entry}` begins with `/`"),
            NameFault::ParentFolder => format!("the entry name `{entry}` leads out of its folder"),
        };
        let help = match name.fault {
            NameFault::Folder => "build the bundle with Gradle or bundletool; with `zip`, give the option `-D`",
            NameFault::Absolute | NameFault::ParentFolder => "give the entry a name inside the archive",
        };
        let severity = if bundle { Severity::Error } else { Severity::Warning };
        Finding::new(message).help(help).weighing(severity)
    });
    Outcome::from_findings(findings.collect())
}
