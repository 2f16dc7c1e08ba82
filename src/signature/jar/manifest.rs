//! The manifest, and whether a signature file speaks of it (`V1SchemeVerifier.verifySigFileAgainstManifest`).

use super::EntryDigests;
use super::section::{Malformed, NamedDigest, Section, sections};
use crate::signature::findings::Findings;
use crate::signature::rules::{self, Rule};
use crate::signature::verify::Levels;
use crate::signature::{Input, Kind, Scheme};
use crate::text::Untrusted;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What is judged, and for which Android versions.
#[derive(Clone)]
pub(in crate::signature) struct JarScope<'a> {
    pub(in crate::signature) input: Input<'a>,
    pub(in crate::signature) kind: Kind,
    pub(in crate::signature) levels: Levels,
    /// The schemes of the signing block that are used.
    pub(in crate::signature) block_schemes: BTreeSet<Scheme>,
    /// What the entries were digested to while the file was signed.
    pub(in crate::signature) known: Option<&'a EntryDigests>,
}

/// The manifest, and which signature files name which of its sections.
#[derive(Debug)]
pub(super) struct Manifest<'a> {
    data: &'a [u8],
    main: Option<Section<'a>>,
    entries: HashMap<String, EntrySection<'a>>,
}

/// The section of one entry.
#[derive(Debug)]
pub(super) struct EntrySection<'a> {
    pub(super) section: Section<'a>,
    /// One bit for each signature file that names the entry; there are at most 10.
    pub(super) signers: u16,
}

impl<'a> Manifest<'a> {
    /// Reads the manifest; it may name only entries in `present`.
    pub(super) fn parse(data: &'a [u8], present: &HashSet<&str>, findings: &mut Findings) -> Option<Self> {
        let mut list = match sections(data) {
            Ok(list) => list.into_iter(),
            Err(malformed) => {
                report_malformed("META-INF/MANIFEST.MF", malformed, findings);
                return None;
            }
        };
        let before = findings.problems.len();
        let mut manifest = Self { data, main: list.next(), entries: HashMap::new() };
        for (index, section) in list.enumerate() {
            let Some(name) = section.name() else {
                let message = format!("section {} of the manifest has no name", index.saturating_add(1));
                findings.problem(rules::JAR_SECTION_UNNAMED, Scheme::V1, message);
                continue;
            };
            let mut problem = |rule: &'static Rule, message: &str| {
                findings.problem(rule, Scheme::V1, format!("`{}` {message}", Untrusted(&name)));
            };
            if !present.contains(name.as_str()) {
                problem(rules::JAR_ENTRY_MISSING, "is in the manifest, but not in the archive");
            }
            if manifest.entries.contains_key(&name) {
                problem(rules::JAR_SECTION_TWICE, "is in the manifest twice");
            }
            manifest.entries.insert(name, EntrySection { section, signers: 0 });
        }
        (findings.problems.len() == before).then_some(manifest)
    }

    /// The section of an entry.
    pub(super) fn entry(&self, name: &str) -> Option<&EntrySection<'a>> {
        self.entries.get(name)
    }

    /// Marks the entries that this signature file names as signed by the signer with this bit. `None` when Android
    /// ignores the signature file; problems when it refuses it.
    pub(super) fn sign(&mut self, file: &SignatureFile<'_>, bit: u16, findings: &mut Findings) -> Option<()> {
        for name in file.check(self, findings)? {
            if let Some(entry) = self.entries.get_mut(&name) {
                entry.signers |= bit;
            }
        }
        Some(())
    }
}

fn report_malformed(name: &str, malformed: Malformed, findings: &mut Findings) {
    let message = format!("`{}`: {}", Untrusted(name), malformed.message());
    findings.problem(rules::JAR_SECTION_MALFORMED, Scheme::V1, message);
}

/// A signature file whose PKCS#7 signature holds.
#[derive(Clone, Copy)]
pub(super) struct SignatureFile<'a> {
    pub(super) name: &'a str,
    pub(super) data: &'a [u8],
    pub(super) scope: &'a JarScope<'a>,
}

impl SignatureFile<'_> {
    /// The entries that this file names, when its digests fit the manifest.
    fn check(&self, manifest: &Manifest<'_>, findings: &mut Findings) -> Option<Vec<String>> {
        let mut list = match sections(self.data) {
            Ok(list) => list.into_iter(),
            Err(malformed) => {
                report_malformed(self.name, malformed, findings);
                return None;
            }
        };
        let main = list.next().filter(|main| main.value("Signature-Version").is_some());
        let Some(main) = main else {
            self.ignored("it has no `Signature-Version`", findings);
            return None;
        };
        self.check_newer_schemes(&main, findings);
        let by_signtool = main.value("Created-By").is_some_and(|by| by.windows(8).any(|part| part == b"signtool"));
        let comparison = Comparison { file: self, manifest, by_signtool };
        let whole = comparison.check_whole(&main, findings);
        if !by_signtool {
            comparison.check_main(&main, findings);
        }
        let mut names = Vec::new();
        let mut seen = HashSet::new();
        for section in list {
            let Some(name) = section.name() else {
                self.ignored("a section has no name", findings);
                return None;
            };
            if !seen.insert(name.clone()) {
                self.ignored(&format!("it names `{}` twice", Untrusted(&name)), findings);
                return None;
            }
            if !whole && comparison.check_section(&name, &section, findings).is_none() {
                self.ignored(&format!("`{}` is not in the manifest", Untrusted(&name)), findings);
                return None;
            }
            names.push(name);
        }
        Some(names)
    }

    fn ignored(&self, reason: &str, findings: &mut Findings) {
        let message = format!("Android ignores `{}`: {reason}", Untrusted(self.name));
        findings.warning(rules::JAR_SIGNER_IGNORED, Scheme::V1, message);
    }

    /// The schemes that `X-Android-APK-Signed` names must be there (apksigning/v2, "Rollback protections").
    fn check_newer_schemes(&self, main: &Section<'_>, findings: &mut Findings) {
        let scope = self.scope;
        if scope.kind == Kind::Bundle || scope.levels.1 < 24 {
            return;
        }
        let Some(value) = main.value("X-Android-APK-Signed") else {
            if !scope.block_schemes.is_empty() {
                let message = format!("`{}` does not say that newer signatures are there", Untrusted(self.name));
                findings.warning(rules::JAR_NOT_STRIPPING_PROTECTED, Scheme::V1, message);
            }
            return;
        };
        let value = String::from_utf8_lossy(value);
        for number in value.split(',').filter_map(|number| number.trim().parse::<i32>().ok()) {
            let (scheme, from) = match number {
                2 => (Scheme::V2, 24),
                3 => (Scheme::V3, 28),
                other => {
                    let message = format!("`{}` names the unknown scheme {other}", Untrusted(self.name));
                    findings.warning(rules::NEWER_SCHEME_UNKNOWN, Scheme::V1, message);
                    continue;
                }
            };
            if scope.levels.1 >= from && !scope.block_schemes.contains(&scheme) {
                let message = format!("a {scheme} signature should be there, but it is not");
                findings.problem(rules::JAR_NEWER_SCHEME_STRIPPED, Scheme::V1, message);
            }
        }
    }

    fn digests(&self, section: &Section<'_>, suffix: &str, findings: &mut Findings) -> Vec<NamedDigest> {
        section.digests(suffix, self.scope.levels).unwrap_or_else(|_| {
            let message = format!("`{}` has a digest that is not base64", Untrusted(self.name));
            findings.problem(rules::JAR_DIGEST_MALFORMED, Scheme::V1, message);
            Vec::new()
        })
    }
}

/// A signature file's digests beside the manifest.
struct Comparison<'c> {
    file: &'c SignatureFile<'c>,
    manifest: &'c Manifest<'c>,
    /// An old tool whose digests have other names, and leave out one line end.
    by_signtool: bool,
}

impl Comparison<'_> {
    /// Whether the digest of the whole manifest fits; then its sections need not be compared.
    fn check_whole(&self, main: &Section<'_>, findings: &mut Findings) -> bool {
        let suffix = if self.by_signtool { "-Digest" } else { "-Digest-Manifest" };
        let digests = self.file.digests(main, suffix, findings);
        if digests.is_empty() {
            let message = format!("`{}` has no digest of the whole manifest", Untrusted(self.file.name));
            findings.warning(rules::JAR_MANIFEST_DIGEST_MISSING, Scheme::V1, message);
            return false;
        }
        let fits = fit(&digests, self.manifest.data);
        if !fits {
            let message = format!("the whole manifest is not the one that `{}` signs", Untrusted(self.file.name));
            findings.warning(rules::JAR_MANIFEST_DIGEST_MISMATCH, Scheme::V1, message);
        }
        fits
    }

    fn check_main(&self, main: &Section<'_>, findings: &mut Findings) {
        let digests = self.file.digests(main, "-Digest-Manifest-Main-Attributes", findings);
        let range = self.manifest.main.as_ref().map(|section| section.range.clone()).unwrap_or_default();
        if !fit(&digests, self.manifest.data.get(range).unwrap_or_default()) {
            let file = Untrusted(self.file.name);
            let message = format!("the manifest's main section is not the one that `{file}` signs");
            findings.problem(rules::JAR_MAIN_SECTION_DIGEST_MISMATCH, Scheme::V1, message);
        }
    }

    /// `None` when the manifest does not have the entry.
    fn check_section(&self, name: &str, section: &Section<'_>, findings: &mut Findings) -> Option<()> {
        let entry = self.manifest.entry(name)?;
        let digests = self.file.digests(section, "-Digest", findings);
        let (file, name) = (Untrusted(self.file.name), Untrusted(name));
        if digests.is_empty() {
            let message = format!("`{file}` has no digest for `{name}`");
            findings.problem(rules::JAR_DIGEST_MISSING, Scheme::V1, message);
        }
        let mut bytes = self.manifest.data.get(entry.section.range.clone()).unwrap_or_default();
        if self.by_signtool && bytes.ends_with(b"\n\n") {
            bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        }
        if !fit(&digests, bytes) {
            let message = format!("the manifest's section for `{name}` is not the one that `{file}` signs");
            findings.problem(rules::JAR_SECTION_DIGEST_MISMATCH, Scheme::V1, message);
        }
        Some(())
    }
}

fn fit(digests: &[NamedDigest], data: &[u8]) -> bool {
    digests.iter().all(|(algorithm, digest)| algorithm.digest(data) == *digest)
}
