//! Secrets that everybody who has the app can read: reported by place, never by value.
//!
//! | what is searched | for | up to |
//! | --- | --- | --- |
//! | every entry outside of `res` and `lib` that is no picture, sound, font or compiled code; `res/raw` | all | 256 KiB |
//! | texts among them (`.js`, `.json`, `.txt`, ...) | client secrets, private keys | 16 MiB |
//! | strings of the manifest and of the resources | client secrets | 96 MiB |
//! | strings of the DEX files, if they are read | client secrets | |
//!
//! 96 MiB in all; what is left out then is said.

mod search;
mod stores;
mod text;

use super::{Check, Facts, Finding, Group, Outcome, Severity};
use crate::archive::{Archive, Kind};
use crate::limits::{RESOURCES_SIZE, SECRET_FILE_SIZE, SECRET_TEXT_SIZE, SECRET_TOTAL_SIZE};
use crate::parallel;
use crate::text::Untrusted;
use crate::zip::Entry;
use text::Patterns;

pub(super) const CHECKS: &[Check] = &[
    Check::new("secret-client-secret", Group::Secret, "no client secret is in the app", client_secret),
    Check::new("secret-private-key", Group::Secret, "no private key is in the app", private_key),
    Check::new("secret-keystore", Group::Secret, "no keystore is in the app", keystore),
    Check::new("secret-passwords", Group::Secret, "no passwords for signing are in the app", passwords),
];

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leak {
    /// A client secret of a security profile.
    ClientSecret,
    /// A private key without a keystore.
    PrivateKey,
    /// A keystore.
    Keystore {
        /// Its format.
        format: &'static str,
        /// Whether a key is in it, as far as can be seen without a password.
        holds_key: Option<bool>,
    },
    /// Passwords for signing, by the names that they have in the file.
    Passwords(Vec<String>),
}

/// A secret and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundLeak {
    /// The entry.
    pub entry: String,
    /// The line of a text, from 1.
    pub line: Option<usize>,
    /// What it is.
    pub leak: Leak,
}

/// What was found, and what was not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    /// Everything that was found.
    pub leaks: Vec<FoundLeak>,
    /// How many entries were left out because there was too much to search.
    pub left_out: usize,
}

/// How an entry is searched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Search {
    Whole,
    Text,
    Strings,
}

impl Secrets {
    /// Searches the archive, but for the key itself, which has checks of its own.
    #[must_use]
    pub fn search(archive: &Archive<'_>) -> Self {
        let mut secrets = Self::default();
        let mut left = SECRET_TOTAL_SIZE;
        let mut chosen: Vec<(&Entry, Search)> = Vec::new();
        for entry in archive.directory().entries() {
            let Some(search) = kind_of_search(archive.kind(), entry) else { continue };
            if entry.name == archive.key_entry_name() {
                continue;
            }
            match left.checked_sub(entry.declared_size) {
                Some(rest) => {
                    left = rest;
                    chosen.push((entry, search));
                }
                None => secrets.left_out = secrets.left_out.saturating_add(1),
            }
        }
        let patterns = Patterns::new();
        let found = parallel::each(SECRET_TOTAL_SIZE.saturating_sub(left), &chosen, |(entry, search)| {
            look(archive, &patterns, entry, *search)
        });
        secrets.leaks = found.into_iter().flatten().collect();
        secrets
    }
}

/// Folders whose files are compiled, or are of the build tools.
const PASSED_OVER: &[&str] = &["res/", "lib/", "dex/", "BUNDLE-METADATA/", "kotlin/", "META-INF/com/android/"];
/// Pictures, sounds, films, fonts, compiled code and its indexes.
const COMPILED: &[&str] = &[
    "png",
    "webp",
    "jpg",
    "jpeg",
    "gif",
    "bmp",
    "ico",
    "ogg",
    "mp3",
    "wav",
    "m4a",
    "aac",
    "flac",
    "opus",
    "mp4",
    "webm",
    "ttf",
    "otf",
    "woff",
    "woff2",
    "so",
    "dex",
    "prof",
    "profm",
    "kotlin_module",
    "kotlin_builtins",
    "version",
    "astc",
    "ktx",
    "rsa",
    "dsa",
    "ec",
    "sf",
    "mf",
    "proto",
];
/// Endings of texts.
const TEXTS: &[&str] = &[
    "js",
    "mjs",
    "cjs",
    "ts",
    "json",
    "map",
    "bundle",
    "txt",
    "md",
    "xml",
    "html",
    "htm",
    "css",
    "properties",
    "env",
    "yml",
    "yaml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "config",
    "pem",
    "key",
    "crt",
    "cer",
    "csv",
    "lua",
    "py",
    "gd",
];

fn kind_of_search(kind: Kind, entry: &Entry) -> Option<Search> {
    let name = match kind {
        Kind::Apk => entry.name.as_str(),
        // modules: their root is that of the APK
        Kind::Aab => match entry.name.split_once('/') {
            Some((module, rest)) if !matches!(module, "META-INF" | "BUNDLE-METADATA") => rest,
            _ => entry.name.as_str(),
        },
    };
    let size = entry.declared_size;
    if matches!(name, "resources.arsc" | "resources.pb" | "AndroidManifest.xml" | "manifest/AndroidManifest.xml") {
        return (size <= RESOURCES_SIZE).then_some(Search::Strings);
    }
    let is_raw = name.starts_with("res/raw");
    if !is_raw && PASSED_OVER.iter().any(|folder| name.starts_with(folder)) {
        return None;
    }
    let file = name.rsplit('/').next().unwrap_or(name);
    let ending = file.rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_lowercase());
    if size == 0 || COMPILED.contains(&ending.as_str()) {
        return None;
    }
    if size <= SECRET_FILE_SIZE {
        return Some(Search::Whole);
    }
    (size <= SECRET_TEXT_SIZE && TEXTS.contains(&ending.as_str())).then_some(Search::Text)
}

fn look(archive: &Archive<'_>, patterns: &Patterns, entry: &Entry, search: Search) -> Vec<FoundLeak> {
    let found = |line, leak| FoundLeak { entry: entry.name.clone(), line, leak };
    // what cannot be unpacked is no secret of anybody; the checks of the archive tell of it
    let Ok(bytes) = archive.directory().contents(archive.source(), entry, RESOURCES_SIZE) else { return Vec::new() };
    if search == Search::Strings {
        return patterns.has_client_secret(&bytes).then(|| found(None, Leak::ClientSecret)).into_iter().collect();
    }
    let in_text = patterns.leaks(&bytes).into_iter().map(|(leak, line)| found(Some(line), leak));
    let mut leaks: Vec<FoundLeak> = in_text.collect();
    if search == Search::Whole {
        leaks.extend(stores::leak(&bytes).map(|leak| found(None, leak)));
        let names = text::passwords(&entry.name, &bytes);
        leaks.extend((!names.is_empty()).then(|| found(None, Leak::Passwords(names))));
    }
    leaks
}

/// Findings about the leaks that `words` has words for.
fn findings(facts: &Facts, words: impl Fn(&Leak) -> Option<(String, &'static str, Severity)>) -> Vec<Finding> {
    let Some(secrets) = &facts.secrets else { return Vec::new() };
    let found = secrets.leaks.iter().filter_map(|found| {
        let (what, help, severity) = words(&found.leak)?;
        let line = found.line.map_or_else(String::new, |line| format!(", line {line}"));
        let message = format!("{what} stands in `{}`{line}", Untrusted(&found.entry));
        Some(Finding::new(message).help(help).evidence("found", found.entry.clone()).weighing(severity))
    });
    found.collect()
}

const NOT_SEARCHED: &str = "the contents of the file were not looked at";

fn outcome(facts: &Facts, findings: Vec<Finding>) -> Outcome {
    if facts.secrets.is_none() { Outcome::Moot(NOT_SEARCHED) } else { Outcome::from_findings(findings) }
}

const REVOKE: &str = "everybody can read it there: make a new secret in the security profile in Amazon's developer console, \
     keep it on a server, and take it out of the app";

fn client_secret(facts: &Facts) -> Outcome {
    let mut found = findings(facts, |leak| {
        let what = "a client secret of Amazon".to_owned();
        matches!(leak, Leak::ClientSecret).then_some((what, REVOKE, Severity::Error))
    });
    let in_code = facts.code.iter().flat_map(|code| &code.with_client_secret);
    found.extend(in_code.map(|entry| {
        let message = format!("a client secret of Amazon stands in the code (`{}`)", Untrusted(entry));
        Finding::new(message).help(REVOKE).evidence("found", entry.clone())
    }));
    let left_out = facts.secrets.as_ref().map_or(0, |secrets| secrets.left_out);
    if left_out > 0 {
        let message = format!("{left_out} entries were not searched for secrets: the app has too much text");
        let help = "search them with a tool for secrets if they come from outside of the build";
        found.push(Finding::new(message).help(help).weighing(Severity::Note));
    }
    outcome(facts, found)
}

fn private_key(facts: &Facts) -> Outcome {
    let help = "everybody can read it there: take it out of the app, and replace it wherever it is in use";
    let found = findings(facts, |leak| {
        matches!(leak, Leak::PrivateKey).then(|| ("a private key".to_owned(), help, Severity::Error))
    });
    outcome(facts, found)
}

fn keystore(facts: &Facts) -> Outcome {
    let found = findings(facts, |leak| {
        let Leak::Keystore { format, holds_key } = leak else { return None };
        Some(match holds_key {
            Some(true) => (
                format!("a keystore with a private key ({format})"),
                "everybody can copy it and try passwords: take it out of the app; if it signs apps, rotate the key",
                Severity::Error,
            ),
            None => (
                format!(
                    "a keystore ({format}) of which nobody can tell without its password whether a private key is in it"
                ),
                "if there is one, take the keystore out of the app",
                Severity::Warning,
            ),
            Some(false) => (
                format!("a keystore of certificates ({format})"),
                "nothing to do: it holds no private key",
                Severity::Note,
            ),
        })
    });
    outcome(facts, found)
}

fn passwords(facts: &Facts) -> Outcome {
    let help = "take the file out of what the build packages, and change the passwords if the keystore may be known";
    let found = findings(facts, |leak| {
        let Leak::Passwords(names) = leak else { return None };
        let names: Vec<String> = names.iter().map(|name| format!("`{}`", Untrusted(name))).collect();
        Some((format!("a password for signing ({})", names.join(", ")), help, Severity::Error))
    });
    outcome(facts, found)
}
