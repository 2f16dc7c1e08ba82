//! What the app's DEX files define, as far as checks ask for it. Read only when the app has to do with Amazon's services.

use crate::archive::Archive;
use crate::dex::Dex;
use crate::limits::{APP_CLASS_NAMES, APP_CLASSES, CLASS_ANCESTORS, DEX_BATCH, DEX_NAMES, DEX_SIZE, DEX_TOTAL_SIZE};
use crate::parallel;
use crate::zip::Entry;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

/// How the user agent of Login with Amazon begins; the version follows, as in `LWAAndroidSDK/3.0.6/Android/` and
/// `LWAAndroidSDK3.0.6`. It is a string of the SDK, so shrinkers keep it.
const LWA_AGENT: &str = "LWAAndroidSDK";
/// The name of BouncyCastle's security provider.
const BOUNCY_CASTLE: &str = "BC";
/// What every class extends in the end.
const OBJECT: &str = "Ljava/lang/Object;";
/// How a client secret begins.
const CLIENT_SECRET: &str = "amzn1.oa2-cs.v1.";

/// The app's classes.
#[derive(Debug, Default)]
pub struct Code {
    classes: HashMap<String, Definition>,
    /// Bytes of the names of classes and of what they extend.
    names: usize,
    /// How many DEX files were read.
    pub files: usize,
    /// DEX files that could not be read, and why.
    pub unreadable: Vec<(String, String)>,
    /// Whether the app brings code that Android does not load by itself.
    pub brings_hidden_code: bool,
    /// Versions of Login with Amazon that the strings name.
    pub lwa_versions: BTreeSet<String>,
    /// Whether one of the strings is the name of BouncyCastle's security provider.
    pub names_bouncy_castle: bool,
    /// DEX files with a string that begins as a client secret does.
    pub with_client_secret: Vec<String>,
}

/// A class, by its descriptors.
#[derive(Debug)]
struct Definition {
    /// What it extends, unless that is `java.lang.Object`.
    superclass: Option<String>,
    is_abstract: bool,
}

impl Code {
    /// Reads the tables of all DEX files, each on a core of its own where there are threads.
    #[must_use]
    pub fn read(archive: &Archive<'_>) -> Self {
        let entries: Vec<&Entry> = archive.dex_entries().collect();
        let total = entries.iter().map(|entry| entry.declared_size).fold(0, u64::saturating_add);
        let mut code = Self { brings_hidden_code: archive.brings_hidden_code(), ..Self::default() };
        if total > DEX_TOTAL_SIZE {
            let reason = format!("all DEX files together have {total} bytes, more than {DEX_TOTAL_SIZE}");
            code.unreadable.push(("*.dex".to_owned(), reason));
            return code;
        }
        for batch in entries.chunks(DEX_BATCH) {
            for part in parallel::each(total, batch, |entry| Self::of_entry(archive, entry)) {
                code.merge(part);
            }
            if code.classes.len() > APP_CLASSES || code.names > APP_CLASS_NAMES {
                code.unreadable.push(("*.dex".to_owned(), "the app has more classes than any real one".to_owned()));
                break;
            }
        }
        code
    }

    fn of_entry(archive: &Archive<'_>, entry: &Entry) -> Self {
        let unreadable = |reason: String| Self { unreadable: vec![(entry.name.clone(), reason)], ..Self::default() };
        let bytes = match archive.directory().contents(archive.source(), entry, DEX_SIZE) {
            Ok(bytes) => bytes,
            Err(error) => return unreadable(error.to_string()),
        };
        let dex = match Dex::parse(&bytes) {
            Ok(dex) => dex,
            Err(error) => return unreadable(error.to_string()),
        };
        let mut classes = HashMap::new();
        let mut names: usize = 0;
        for class in dex.classes() {
            let superclass = class.superclass.filter(|name| name != OBJECT).map(Cow::into_owned);
            let of_both = class.descriptor.len().saturating_add(superclass.as_ref().map_or(0, String::len));
            names = names.saturating_add(of_both);
            if names > DEX_NAMES {
                return unreadable(format!("its class names have more than {DEX_NAMES} bytes"));
            }
            let definition = Definition { superclass, is_abstract: class.is_abstract };
            classes.insert(class.descriptor.into_owned(), definition);
        }
        let has_secret = dex.strings_with_prefix(CLIENT_SECRET).any(is_client_secret);
        Self {
            classes,
            names,
            files: 1,
            lwa_versions: dex.strings_with_prefix(LWA_AGENT).filter_map(version).collect(),
            names_bouncy_castle: dex.has_string(BOUNCY_CASTLE),
            with_client_secret: has_secret.then(|| entry.name.clone()).into_iter().collect(),
            ..Self::default()
        }
    }

    fn merge(&mut self, other: Self) {
        let Self {
            classes,
            names,
            files,
            unreadable,
            brings_hidden_code,
            lwa_versions,
            names_bouncy_castle,
            with_client_secret,
        } = other;
        self.classes.extend(classes);
        self.names = self.names.saturating_add(names);
        self.files = self.files.saturating_add(files);
        self.unreadable.extend(unreadable);
        self.brings_hidden_code |= brings_hidden_code;
        self.lwa_versions.extend(lwa_versions);
        self.names_bouncy_castle |= names_bouncy_castle;
        self.with_client_secret.extend(with_client_secret);
    }

    /// Whether a class of this name, as `com.example.Foo`, is defined.
    #[must_use]
    pub fn defines(&self, class: &str) -> bool {
        self.classes.contains_key(&descriptor(class))
    }

    /// Whether a class of a package, or of one inside of it, is defined.
    #[must_use]
    pub fn has_package(&self, package: &str) -> bool {
        let prefix = format!("L{}/", package.replace('.', "/"));
        self.classes.keys().any(|descriptor| descriptor.starts_with(&prefix))
    }

    /// Whether one class extends another, directly or not. `None` when that cannot be told: the class, or one between
    /// the two, is not defined here and not Android's.
    #[must_use]
    pub fn extends(&self, class: &str, base: &str) -> Option<bool> {
        let base = descriptor(base);
        let mut current = descriptor(class);
        for _ in 0..CLASS_ANCESTORS {
            let Some(definition) = self.classes.get(&current) else {
                let is_platform = ["Landroid/", "Ljava/"].iter().any(|prefix| current.starts_with(prefix));
                let is_library = current.starts_with("Landroid/support/");
                return (is_platform && !is_library).then_some(false);
            };
            match &definition.superclass {
                Some(superclass) if *superclass == base => return Some(true),
                Some(superclass) => current.clone_from(superclass),
                None => return Some(false),
            }
        }
        Some(false)
    }

    /// The names of classes that extend another and are not abstract, sorted.
    #[must_use]
    pub fn subclasses(&self, base: &str) -> Vec<String> {
        let concrete = self.classes.iter().filter(|(_, definition)| !definition.is_abstract);
        let names = concrete.filter_map(|(descriptor, _)| class_name(descriptor));
        let mut names: Vec<String> = names.filter(|name| self.extends(name, base) == Some(true)).collect();
        names.sort();
        names
    }
}

/// `Lcom/example/Foo;` of `com.example.Foo`.
fn descriptor(class: &str) -> String {
    format!("L{};", class.replace('.', "/"))
}

fn class_name(descriptor: &str) -> Option<String> {
    Some(descriptor.strip_prefix('L')?.strip_suffix(';')?.replace('/', "."))
}

/// The version in a user agent.
fn version(agent: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(agent).ok()?.strip_prefix(LWA_AGENT)?;
    let text = text.strip_prefix('/').unwrap_or(text);
    let version: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    version.starts_with(|c: char| c.is_ascii_digit()).then_some(version)
}

fn is_client_secret(text: &[u8]) -> bool {
    text.strip_prefix(CLIENT_SECRET.as_bytes())
        .and_then(|rest| rest.get(..64))
        .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(classes: &[(&str, &str, bool)]) -> Code {
        let classes = classes.iter().map(|(class, superclass, is_abstract)| {
            let superclass = Some(descriptor(superclass));
            (descriptor(class), Definition { superclass, is_abstract: *is_abstract })
        });
        Code { classes: classes.collect(), ..Code::default() }
    }

    #[test]
    fn follows_classes_up_to_the_one_that_is_asked_for() {
        let code = code(&[
            ("a.Handler", "a.Base", false),
            ("a.Base", "com.amazon.device.messaging.ADMMessageHandlerBase", true),
            ("a.Plain", "android.app.Service", false),
            ("a.Odd", "b.Unknown", false),
            ("a.Circle", "a.Circle", false),
        ]);
        let base = "com.amazon.device.messaging.ADMMessageHandlerBase";
        assert_eq!(code.extends("a.Handler", base), Some(true));
        assert_eq!(code.extends("a.Plain", base), Some(false));
        assert_eq!(code.extends("a.Odd", base), None);
        assert_eq!(code.extends("a.Missing", base), None);
        assert_eq!(code.extends("a.Circle", base), Some(false));
        assert_eq!(code.subclasses(base), ["a.Handler"], "the abstract one is not named");
        assert!(code.has_package("a") && !code.has_package("a.Handler"));
    }

    #[test]
    fn reads_versions_and_secrets_out_of_strings() {
        assert_eq!(version(b"LWAAndroidSDK/3.0.2/Android/").as_deref(), Some("3.0.2"));
        assert_eq!(version(b"LWAAndroidSDK3.0.6").as_deref(), Some("3.0.6"));
        assert_eq!(version(b"LWAAndroidSDK"), None);
        assert!(is_client_secret(format!("{CLIENT_SECRET}{}", "0f".repeat(32)).as_bytes()));
        assert!(!is_client_secret(b"amzn1.oa2-cs.v1."));
    }
}
