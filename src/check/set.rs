//! Checks of APKs that come together: a base and its splits, as Android's installer holds them against each other
//! (`PackageInstallerSession.assertApkConsistentLocked`), and libraries, whose assets come into an app.

use super::{
    Check, Depth, Expectations, Facts, FactsError, Finding, Group, KeyPlace, Outcome, Question, Severity, Subject,
};
use crate::archive::{ApkSet, Archive, ArchiveError, Library, SetError, SetKind};
use crate::fingerprint::Sha256;
use crate::manifest::Manifest;
use crate::signature::{SdkRange, Signatures};
use crate::text::Untrusted;
use crate::zip::Entry;
use std::collections::BTreeSet;

pub(super) const CHECKS: &[Check] = &[
    of_set(Check::new("set-archive-broken", Group::Archive, "the set is a sound ZIP archive", broken)).warning(),
    of_set(Check::new(
        "set-certificates-differ",
        Group::Signature,
        "all APKs of a set have the same certificates",
        certificates,
    )),
    of_set(Check::new("set-apps-differ", Group::Manifest, "all APKs of a set are of one version of one app", apps)),
    of_set(Check::new("set-key-in-split", Group::Key, "only the base APK of a set has the key", key_in_split)),
    of_library(Check::new("library-key", Group::Key, "a library brings no key into apps", |_| {
        Outcome::Moot("this is an app")
    })),
];

const fn of_set(check: Check) -> Check {
    Check { subject: Subject::SetMember, ..check }
}

const fn of_library(check: Check) -> Check {
    Check { subject: Subject::Library, ..check }
}

/// The place of an APK in a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetMember {
    /// Who made the set.
    pub kind: SetKind,
    /// The APK's entry in the set.
    pub entry: String,
    /// The split's name; `None` for a base APK, which is an app of its own.
    pub split: Option<String>,
    /// What is wrong with the set's own archive; told with the first APK.
    violations: Vec<String>,
    /// The base APK that this one must agree with; `None` for that one itself.
    base: Option<Box<Base>>,
}

/// What the other APKs of a set must have in common with the base.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Base {
    entry: String,
    package: String,
    version_code: Option<u64>,
    shown: Shown,
    current: BTreeSet<Sha256>,
    key: Option<String>,
}

/// An APK of a set, by its entry, and what was read of it.
pub type MemberFacts = (String, Result<Facts, FactsError>);

/// Reads every APK of a set, base APKs first. One that cannot be read does not hide the others.
///
/// # Errors
/// [`SetError::NoBase`] when all of them are splits.
pub fn gather_set(
    set: &ApkSet<'_>,
    question: &Question<'_>,
    expectations: &Expectations,
) -> Result<Vec<MemberFacts>, SetError> {
    // splits of bundletool name no Android version: they are installed where their base is
    let manifests = set.apks().filter_map(|entry| manifest(set, entry).ok());
    let base_sdk = manifests.filter(|manifest| manifest.split.is_none()).filter_map(|base| base.min_sdk.number()).min();
    let question =
        Question { min_sdk: question.min_sdk.or(base_sdk), v4_signature: question.v4_signature.clone(), ..*question };
    let read = |entry: &Entry| (entry.name.clone(), member(set, entry, (&question, expectations)));
    let mut members: Vec<MemberFacts> = set.apks().map(read).collect();
    let is_base = |(_, facts): &MemberFacts| facts.as_ref().is_ok_and(|facts| facts.manifest.split.is_none());
    members.sort_by_key(|member| !is_base(member));
    let base = members.first().filter(|member| is_base(member));
    if base.is_none() && members.iter().all(|(_, facts)| facts.is_ok()) {
        return Err(SetError::NoBase);
    }
    let base = base.and_then(|(entry, facts)| Some(Base::new(entry, facts.as_ref().ok()?)));
    let mut violations: Vec<String> = set.directory().violations().iter().map(ToString::to_string).collect();
    for (index, (entry, facts)) in members.iter_mut().enumerate() {
        let Ok(facts) = facts else { continue };
        // by its place: two entries may have one name
        let other = base.as_ref().filter(|_| index > 0);
        facts.set = Some(SetMember {
            kind: set.kind(),
            entry: entry.clone(),
            split: facts.manifest.split.clone(),
            violations: std::mem::take(&mut violations),
            base: other.cloned().map(Box::new),
        });
    }
    Ok(members)
}

fn manifest(set: &ApkSet<'_>, entry: &Entry) -> Result<Manifest, ArchiveError> {
    let apk = set.read(entry)?;
    Archive::open(&apk)?.manifest()
}

fn member(
    set: &ApkSet<'_>,
    entry: &Entry,
    (question, expectations): (&Question<'_>, &Expectations),
) -> Result<Facts, FactsError> {
    if question.depth == Depth::Full {
        set.check(entry).map_err(ArchiveError::from)?;
    }
    let apk = set.read(entry).map_err(ArchiveError::from)?;
    let archive = Archive::open(&apk)?;
    Facts::gather(&archive, question, expectations.clone())
}

impl Base {
    fn new(entry: &str, facts: &Facts) -> Self {
        Self {
            entry: entry.to_owned(),
            package: facts.manifest.package.as_str().to_owned(),
            version_code: facts.manifest.version_code,
            shown: shown(&facts.signatures),
            current: current(&facts.signatures),
            key: key(facts),
        }
    }
}

/// Which checks a file is for: a split is no app of its own, so it needs neither a key nor a whole manifest.
pub(super) fn concerns(check: &Check, facts: &Facts) -> bool {
    let is_split = facts.set.as_ref().is_some_and(|member| member.split.is_some());
    match check.subject {
        Subject::App => !(is_split && matches!(check.group, Group::Key | Group::Manifest)),
        Subject::SetMember => facts.set.is_some(),
        Subject::Library => false,
    }
}

fn broken(facts: &Facts) -> Outcome {
    let Some(member) = &facts.set else { return Outcome::Moot(NO_SET) };
    let finding = |violation: &String| Finding::new(format!("the set: {violation}")).help("build the set again");
    Outcome::from_findings(member.violations.iter().map(finding).collect())
}

const NO_SET: &str = "the app is in no set";
const IS_BASE: &str = "the other APKs are held against this one";

/// The member and its base.
fn pair(facts: &Facts) -> Result<(&SetMember, &Base), Outcome> {
    let member = facts.set.as_ref().ok_or(Outcome::Moot(NO_SET))?;
    Ok((member, member.base.as_deref().ok_or(Outcome::Moot(IS_BASE))?))
}

/// What devices show, as digests, by the versions of Android.
type Shown = Vec<(SdkRange, BTreeSet<Sha256>)>;

fn shown(signatures: &Signatures) -> Shown {
    let ranges = signatures.device.iter();
    ranges.map(|device| (device.range, device.certificates.iter().map(|c| c.fingerprints().sha256).collect())).collect()
}

/// The certificates of the keys that sign now: of a rotated key a device shows the oldest, and installs nothing that a
/// newer one did not sign.
fn current(signatures: &Signatures) -> BTreeSet<Sha256> {
    let newest = signatures.signers.iter().map(|signer| signer.scheme).max();
    let signers = signatures.signers.iter().filter(|signer| Some(signer.scheme) == newest);
    signers.map(|signer| signer.certificate.fingerprints().sha256).collect()
}

fn certificates(facts: &Facts) -> Outcome {
    let (member, base) = match pair(facts) {
        Ok(pair) => pair,
        Err(outcome) => return outcome,
    };
    let own = shown(&facts.signatures);
    if own.is_empty() || base.shown.is_empty() {
        return Outcome::Moot("there is no signature to compare");
    }
    let same_shown = show_same(&own, &base.shown);
    // APKs that are never installed together may be signed by other keys of one lineage, which some version must show
    let is_alike = member.split.is_none() && same_shown == Some(true);
    if is_alike || (same_shown != Some(false) && current(&facts.signatures) == base.current) {
        return Outcome::Pass;
    }
    let list = |digests: &BTreeSet<Sha256>| digests.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let (own, other) = (Untrusted(&member.entry), Untrusted(&base.entry));
    let fails = consequence(member);
    Outcome::fail(
        Finding::new(format!("`{own}` is not signed by the certificate of `{other}`: {fails}"))
            .help("sign all APKs of the set with the same key")
            .evidence("wanted", list(&base.current))
            .evidence("found", list(&current(&facts.signatures))),
    )
}

/// Why what is read of the base of a set does not stand for this APK of it, for somebody who wants one answer for all. It
/// goes by what the signatures say; whether they hold is another question.
#[must_use]
pub fn set_disagreement(facts: &Facts) -> Option<Finding> {
    let (member, base) = pair(facts).ok()?;
    if shown(&facts.signatures).is_empty() != base.shown.is_empty() {
        let (signed, other) = (Untrusted(&member.entry), Untrusted(&base.entry));
        let message = format!("only one of `{signed}` and `{other}` is signed: {}", consequence(member));
        return Some(Finding::new(message).help("sign all APKs of the set with the same key"));
    }
    let told = [certificates(facts), apps(facts)].into_iter().find_map(|outcome| match outcome {
        Outcome::Fail(findings) => findings.into_iter().next(),
        Outcome::Pass | Outcome::Moot(_) | Outcome::Unknown(_) => None,
    });
    // on whatever versions: what only one of them shows is not in an answer for both
    let all =
        |shown: &Shown| -> BTreeSet<Sha256> { shown.iter().flat_map(|(_, digests)| digests.iter().copied()).collect() };
    told.or_else(|| {
        let (own, other) = (Untrusted(&member.entry), Untrusted(&base.entry));
        let message = format!("Android versions report other certificates of `{own}` than of `{other}`");
        (all(&shown(&facts.signatures)) != all(&base.shown)).then(|| Finding::new(message))
    })
}

fn consequence(member: &SetMember) -> &'static str {
    match member.split {
        Some(_) => "no device installs them together",
        None => "they are not for the devices of one app",
    }
}

/// Whether each Android version shows the same of both; `None` when there is no version that shows both.
fn show_same(one: &Shown, other: &Shown) -> Option<bool> {
    let pairs = one.iter().flat_map(|(range, digests)| {
        let others = other.iter().filter(|(other, _)| overlap(*range, *other));
        others.map(move |(_, others)| digests == others)
    });
    pairs.reduce(|all, same| all && same)
}

fn overlap(one: SdkRange, other: SdkRange) -> bool {
    let begins_before = |one: SdkRange, end: Option<u32>| end.is_none_or(|end| one.min <= end);
    begins_before(one, other.max) && begins_before(other, one.max)
}

fn apps(facts: &Facts) -> Outcome {
    let (member, base) = match pair(facts) {
        Ok(pair) => pair,
        Err(outcome) => return outcome,
    };
    let manifest = &facts.manifest;
    // one version of an app may come with other version codes for older devices, as APKs of their own
    let same_version = member.split.is_none() || manifest.version_code == base.version_code;
    if manifest.package.as_str() == base.package && same_version {
        return Outcome::Pass;
    }
    let named = |package: &str, code: Option<u64>| {
        format!("{package}, version {}", code.map_or_else(|| "unknown".to_owned(), |code| code.to_string()))
    };
    let (own, other) = (Untrusted(&member.entry), Untrusted(&base.entry));
    let fails = consequence(member);
    Outcome::fail(
        Finding::new(format!("`{own}` is of another app or version than `{other}`: {fails}"))
            .help("build all APKs of the set together")
            .evidence("wanted", named(&base.package, base.version_code))
            .evidence("found", named(manifest.package.as_str(), manifest.version_code)),
    )
}

/// The key, to compare it.
fn key(facts: &Facts) -> Option<String> {
    let file = facts.key.as_ref()?.file.as_ref().ok()?;
    file.canonical()
}

fn key_in_split(facts: &Facts) -> Outcome {
    let Some(member) = &facts.set else { return Outcome::Moot(NO_SET) };
    let Some(split) = &member.split else { return Outcome::Pass };
    let Some(placed) = &facts.key else { return Outcome::Pass };
    let KeyPlace::Entry(entry) = &placed.place else { return Outcome::Pass };
    let name = format!("the split `{}` has an `{}`", Untrusted(split), Untrusted(entry));
    let finding = match member.base.as_deref().map(|base| &base.key) {
        Some(Some(base)) if key(facts).as_ref() == Some(base) => Finding::new(format!("{name} as the base APK has"))
            .help("take it out of the feature or asset pack: the base APK has it for all")
            .weighing(Severity::Warning),
        Some(Some(_)) => Finding::new(format!(
            "{name} that differs from the base APK's: which one the app reads depends on the splits that are installed"
        ))
        .help("take it out of the feature or asset pack"),
        _ => Finding::new(format!("{name}, and the base APK has none: without this split the app has no key"))
            .help("move it to the base module (app/src/main/assets)"),
    };
    Outcome::fail(finding)
}

/// Whether a library brings a key along.
pub(super) fn judge_library(library: &Library) -> Outcome {
    let Some(entry) = &library.key_entry else { return Outcome::Pass };
    Outcome::fail(
        Finding::new(format!(
            "the library ships `{}`: every app that uses it and has no key of its own gets this one",
            Untrusted(entry)
        ))
        .help("take the key out of the library and put it into the app (app/src/main/assets)"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_version_shows_of_both_is_not_the_same() {
        let shown = |min, max, byte| (SdkRange { min, max }, BTreeSet::from([Sha256([byte; 32])]));
        let all = vec![shown(21, None, 1)];
        assert_eq!(show_same(&all, &vec![shown(28, None, 1)]), Some(true));
        assert_eq!(show_same(&all, &vec![shown(21, Some(27), 1), shown(28, None, 2)]), Some(false));
        assert_eq!(show_same(&vec![shown(21, Some(27), 1)], &vec![shown(28, None, 1)]), None);
        assert_eq!(show_same(&all, &Shown::new()), None);
    }

    #[test]
    fn ranges_without_end_overlap_with_all_that_comes() {
        let range = |min, max| SdkRange { min, max };
        assert!(overlap(range(21, Some(23)), range(23, None)));
        assert!(overlap(range(21, None), range(30, None)));
        assert!(!overlap(range(21, Some(23)), range(24, None)));
        assert!(!overlap(range(28, None), range(21, Some(27))));
    }
}
