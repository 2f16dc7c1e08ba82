//! What reports for people say, whether on a terminal or on a page: the same words for the same thing.

use super::{
    ApiKeyObject, AppObject, CertificateObject, CheckObject, Document, EntryObject, FormValues, SignatureObject,
    StoreObject,
};
use crate::text::Untrusted;

/// How something is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Note,
    Warning,
    Error,
}

impl Tone {
    /// Of a finding.
    #[must_use]
    pub fn of_severity(severity: &str) -> Self {
        match severity {
            "error" => Self::Error,
            "warning" => Self::Warning,
            _ => Self::Note,
        }
    }

    /// Of a file, or of all.
    #[must_use]
    pub fn of_verdict(verdict: &str) -> Self {
        match verdict {
            "good" => Self::Good,
            "bad" => Self::Error,
            _ => Self::Warning,
        }
    }
}

/// API levels.
#[must_use]
pub fn levels(min: u32, max: Option<u32>) -> String {
    match max {
        Some(max) if max == min => max.to_string(),
        Some(max) => format!("{min} to {max}"),
        None => format!("{min} and later"),
    }
}

/// A number of things.
#[must_use]
pub fn several(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

impl AppObject {
    /// The name of an APK that is only a part of an app.
    pub fn split(&self) -> Option<&str> {
        self.set.as_ref()?.split.as_deref()
    }

    /// What it is: `APK com.example.app 1.2 (7)`.
    pub fn title(&self) -> String {
        if let Some(split) = self.split() {
            return format!("split `{}`", Untrusted(split));
        }
        let kind = if self.kind == "aab" { "App Bundle" } else { "APK" };
        let name = self.version_name.as_ref().map_or_else(String::new, |name| format!(" {}", Untrusted(name)));
        let code = self.version_code.map_or_else(String::new, |code| format!(" ({code})"));
        let variant = self.variant.as_ref().map(|variant| format!(", variant {}", Untrusted(&variant.name)));
        format!("{kind} {}{name}{code}{}", Untrusted(&self.package), variant.unwrap_or_default())
    }
}

impl SignatureObject {
    /// Whether it holds, and which schemes there are.
    pub fn summary(&self) -> String {
        let schemes = self.schemes.join(", ");
        match self.verdict {
            "verified" => format!("verified ({schemes})"),
            "rejected" if schemes.is_empty() => "rejected".to_owned(),
            "rejected" => format!("rejected ({schemes})"),
            "unsigned" => "none".to_owned(),
            _ => format!("{schemes}, not checked"),
        }
    }

    /// The certificates that count, each with the range of Android versions that report it where they differ; those in
    /// the signature of a file that no device gets.
    pub fn certificates(&self) -> Vec<(Option<String>, &CertificateObject)> {
        let is_split = self.device.len() > 1;
        let mut found: Vec<(Option<String>, &CertificateObject)> = Vec::new();
        for device in &self.device {
            let range = is_split.then(|| format!("on Android API {}", levels(device.min_sdk, device.max_sdk)));
            found.extend(device.certificates.iter().map(|certificate| (range.clone(), certificate)));
        }
        for signer in self.signers.iter().filter(|_| self.device.is_empty()) {
            if !found.iter().any(|(_, told)| told.sha256 == signer.certificate.sha256) {
                found.push((None, &signer.certificate));
            }
        }
        found
    }
}

impl CertificateObject {
    /// The days of its validity.
    pub fn validity(&self) -> Option<String> {
        let (from, until) = self.not_before.as_deref().zip(self.not_after.as_deref())?;
        Some(format!("{} to {}", day(from), day(until)))
    }

    /// Whose it says that it is.
    pub fn holder(&self) -> &str {
        self.subject.as_deref().unwrap_or("(unreadable)")
    }
}

/// The day of a time in RFC 3339.
fn day(time: &str) -> &str {
    time.split_once('T').map_or(time, |(day, _)| day)
}

impl StoreObject {
    /// What kind of file it is.
    pub fn title(&self) -> &str {
        match self.kind.as_str() {
            "jks" => "JKS keystore",
            "jceks" => "JCEKS keystore",
            "pkcs12" => "PKCS#12 keystore",
            "bks" => "BKS keystore (BouncyCastle)",
            "uber" => "UBER keystore (BouncyCastle)",
            "bcfks" => "BCFKS keystore (BouncyCastle)",
            "pem" => "certificate (PEM)",
            "der" => "certificate (DER)",
            "pkcs7" => "certificates (PKCS#7)",
            other => other,
        }
    }
}

impl EntryObject {
    /// What is in it.
    pub fn title(&self) -> String {
        match (self.entry, self.chain) {
            ("key", 0 | 1) => "key with its certificate".to_owned(),
            ("key", chain) => format!("key with a chain of {chain} certificates"),
            ("secret-key", _) => "secret key, without a certificate".to_owned(),
            (other, _) => other.to_owned(),
        }
    }
}

impl ApiKeyObject {
    /// Whether it is one, and whose.
    pub fn verdict(&self) -> (Tone, &'static str) {
        match (self.authentic, self.authenticated_by, self.platform) {
            (true, Some("token-key"), _) => (Tone::Warning, "signed by the given token key, not by Amazon"),
            (true, _, Some("ios")) => (Tone::Warning, "genuine Amazon API key, for iOS"),
            (true, ..) => (Tone::Good, "genuine Amazon API key"),
            (false, _, None) => (Tone::Error, "not an Amazon API key"),
            (false, ..) => (Tone::Error, "not a genuine Amazon API key"),
        }
    }

    /// How much its problems weigh.
    pub fn problem_tone(&self) -> Tone {
        if self.authentic { Tone::Warning } else { Tone::Error }
    }

    /// In a few words, beside other facts of an app.
    pub fn summary(&self) -> String {
        match (&self.package, self.authenticated_by) {
            (Some(package), Some("amazon")) => format!("genuine, for {package}"),
            (Some(package), Some(_)) => format!("for {package}, signed by the given token key, not by Amazon"),
            (Some(package), None) => format!("not authentic, for {package}"),
            (None, _) => "unreadable".to_owned(),
        }
    }

    /// What it says, under names for people.
    pub fn fields(&self) -> Vec<(&'static str, &str)> {
        let package = if self.platform == Some("ios") { "Bundle" } else { "Package" };
        let endpoints = self.endpoints.as_ref();
        let claims = [
            (package, self.package.as_deref()),
            ("MD5", self.md5.as_deref()),
            ("SHA-256", self.sha256.as_deref()),
            ("Issued", self.issued.as_deref()),
            ("Client ID", self.client_id.as_deref()),
            ("Profile", self.family_id.as_deref()),
            ("Service", self.environment),
            ("Authorize", endpoints.and_then(|endpoints| endpoints.authorization.as_deref())),
            ("Exchange", endpoints.and_then(|endpoints| endpoints.token_exchange.as_deref())),
        ];
        claims.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Who else needs a value of it.
    pub fn advice(&self) -> Option<&'static str> {
        (self.authentic && self.client_id.is_some()).then_some(
            "Whoever sends messages to the app (OneSignal: Settings, Push & In-App, Amazon Fire) must hold this Client ID \
             and its Client Secret.",
        )
    }
}

impl FormValues {
    /// The app that the values are for.
    pub fn title(&self) -> String {
        let subject = self.subject.as_ref().map(|subject| format!("signed by {}", Untrusted(subject)));
        let range = self.min_sdk.map(|min| format!("on Android API {}", levels(min, self.max_sdk)));
        let store = self.store.map(|store| match store {
            "amazon" => "as the Amazon Appstore delivers it".to_owned(),
            _ => "as Google Play delivers it".to_owned(),
        });
        let parts: Vec<String> = store.into_iter().chain(subject).chain(range).collect();
        format!("For the app {}:", parts.join(", "))
    }
}

/// How many checks passed, and how many findings there are of each severity.
#[must_use]
pub fn counts(checks: &[CheckObject]) -> String {
    let passed = checks.iter().filter(|check| check.outcome == "pass").count();
    let of = |severity: &str| checks.iter().filter(|check| check.is_reported() && check.severity == severity).count();
    let parts = [(passed, "check"), (of("error"), "error"), (of("warning"), "warning"), (of("note"), "note")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| match what {
        "check" => format!("{} passed", several(count, what)),
        _ => several(count, what),
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "no check was run".to_owned() } else { parts.join(", ") }
}

/// What is wrong, the worst first.
pub fn findings(checks: &[CheckObject]) -> impl Iterator<Item = &CheckObject> {
    ["error", "warning", "note"]
        .into_iter()
        .flat_map(move |severity| checks.iter().filter(move |check| check.is_reported() && check.severity == severity))
}

impl Document {
    /// How many files came to what.
    pub fn summary(&self) -> String {
        let verdicts: Vec<&str> = self.files.iter().filter_map(|file| Some(file.judged()?.verdict)).collect();
        let of = |wanted: &str| verdicts.iter().filter(|verdict| **verdict == wanted).count();
        let unread = self.errors.len();
        let parts =
            [(of("good"), "good"), (of("incomplete"), "incomplete"), (of("bad"), "bad"), (unread, "could not be read")];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<_> = parts.map(|(count, what)| format!("{count} {what}")).collect();
        format!("{}: {}", several(verdicts.len().saturating_add(unread), "file"), parts.join(", "))
    }
}
