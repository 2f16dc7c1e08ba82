//! What a key says of itself: the JSON object in its payload.
//!
//! The order of the fields differs between issue years, and fields came and went, so every field is optional here.
//! When a field stands twice the last one counts, as in the `org.json` that the SDK uses.

use crate::advice::Advice;
use crate::fingerprint::{Md5, Sha256};
use crate::text::Untrusted;
use crate::timestamp::Timestamp;
use serde_json::{Map, Value};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The claims of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `ver`: "2" in 2014, "3" from late 2014 on.
    pub version: Option<String>,
    /// `iss`: "Amazon".
    pub issuer: Option<String>,
    /// `type`: "APIKey".
    pub kind: Option<String>,
    /// `pkg`: the application id, case sensitive. Android keys only.
    pub package: Option<String>,
    /// `appsig`: the MD5 of the signing certificate.
    pub md5: Option<Claimed<Md5>>,
    /// `appsigSha256`: the SHA-256 of the signing certificate; in keys issued since March 2017.
    pub sha256: Option<Claimed<Sha256>>,
    /// `bundleId`: iOS keys only.
    pub bundle_id: Option<String>,
    /// `clientId`: the OAuth client of the security profile.
    pub client_id: Option<String>,
    /// `appFamilyId`: the security profile.
    pub family_id: Option<String>,
    /// `appId`.
    pub app_id: Option<String>,
    /// `appVariantId`.
    pub variant_id: Option<String>,
    /// `id`: a UUID.
    pub id: Option<String>,
    /// `iat`: when the key was issued. There is no expiry.
    pub issued: Option<Timestamp>,
    /// `endpoints`: version 3 only.
    pub endpoints: Option<Endpoints>,
    /// `scopes`.
    pub scopes: Vec<String>,
    /// `perm`.
    pub permissions: Vec<String>,
}

/// A digest as it stands in a key: Amazon's console takes what a person typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed<T> {
    /// The text in the key.
    pub text: String,
    /// The digest, when the text is one.
    pub value: Option<T>,
}

/// The servers that a key names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// `authz`.
    pub authorization: Option<String>,
    /// `tokenExchange`.
    pub token_exchange: Option<String>,
}

/// Which platform a key was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// It names a package.
    Android,
    /// It names a bundle id and no package.
    Ios,
    /// It names neither.
    Unknown,
}

/// Which of Amazon's servers a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// The servers that users' devices talk to; also a key without endpoints.
    Production,
    /// Amazon's own test servers.
    PreProduction,
    /// Servers that are neither known production nor recognisable test servers.
    Unknown,
}

/// A claim for which the SDK refuses the key, whatever the app.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClaimProblem {
    /// `iss` is not "Amazon".
    #[error("the key's issuer (`iss`) is {} instead of `Amazon`", shown(.found.as_ref()))]
    Issuer {
        /// What stands there.
        found: Option<String>,
    },
    /// The key is for iOS.
    #[error("the key is for iOS, bundle id {}", Untrusted(.bundle_id))]
    Ios {
        /// The bundle id it names.
        bundle_id: String,
    },
    /// There is no `pkg`.
    #[error("the key names no package (`pkg`)")]
    NoPackage,
    /// A digest that no certificate can have.
    #[error("the key's {field} is not a {digest}: {}", Untrusted(.text))]
    MalformedDigest {
        /// The field of the payload.
        field: &'static str,
        /// The digest that should stand there.
        digest: &'static str,
        /// What stands there.
        text: String,
    },
    /// `ver` is missing or no text.
    #[error("the key's version (`ver`) is missing or is no text")]
    NoVersion,
    /// An id that this version of key must have.
    #[error("the key has no `{field}`, which version {} needs", Untrusted(.version))]
    NoId {
        /// The field of the payload.
        field: &'static str,
        /// The key's version.
        version: String,
    },
    /// An endpoint that is missing or does not begin with `https`.
    #[error("the key's endpoint `{field}` is {} instead of an https address", shown(.found.as_ref()))]
    Endpoint {
        /// The field of the payload.
        field: &'static str,
        /// What stands there.
        found: Option<String>,
    },
}

fn shown(found: Option<&String>) -> String {
    found.map_or_else(|| "missing".to_owned(), |text| format!("`{}`", Untrusted(text)))
}

impl Advice for ClaimProblem {
    fn help(&self) -> Option<String> {
        let text = match self {
            Self::Ios { .. } | Self::NoPackage => {
                "in Amazon's developer console open the security profile, and under `Android/Kindle Settings` make a \
                 key for this app's package and certificate"
            }
            Self::MalformedDigest { .. } => {
                "make a new key, and paste the fingerprints exactly as `apkkey fingerprint` prints them"
            }
            Self::Issuer { .. } | Self::NoVersion | Self::NoId { .. } | Self::Endpoint { .. } => {
                "this is not a key as Amazon issues it: copy the key again from the developer console"
            }
        };
        Some(text.to_owned())
    }
}

impl Claims {
    /// Reads the object of the payload. A field of another type than expected counts as missing.
    pub(super) fn from_object(object: &Map<String, Value>) -> Self {
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            version: text("ver"),
            issuer: text("iss"),
            kind: text("type"),
            package: text("pkg"),
            md5: text("appsig").map(Claimed::new),
            sha256: text("appsigSha256").map(Claimed::new),
            bundle_id: text("bundleId"),
            client_id: text("clientId"),
            family_id: text("appFamilyId"),
            app_id: text("appId"),
            variant_id: text("appVariantId"),
            id: text("id"),
            issued: object.get("iat").and_then(issued),
            endpoints: object.get("endpoints").and_then(Value::as_object).map(Endpoints::from_object),
            scopes: texts(object.get("scopes")),
            permissions: texts(object.get("perm")),
        }
    }

    /// Which platform the key was made for.
    #[must_use]
    pub fn platform(&self) -> Platform {
        match (&self.package, &self.bundle_id) {
            (Some(_), _) => Platform::Android,
            (None, Some(_)) => Platform::Ios,
            (None, None) => Platform::Unknown,
        }
    }

    /// Which of Amazon's servers the key is for.
    #[must_use]
    pub fn environment(&self) -> Environment {
        let Some(endpoints) = &self.endpoints else { return Environment::Production };
        let addresses = [&endpoints.authorization, &endpoints.token_exchange];
        let hosts: Vec<&str> = addresses.into_iter().flatten().map(|address| host(address)).collect();
        if hosts.iter().any(|host| host.split(['.', '-']).any(|word| TEST_SERVER_WORDS.contains(&word))) {
            Environment::PreProduction
        } else if hosts.iter().all(|host| PRODUCTION_HOSTS.contains(host)) {
            Environment::Production
        } else {
            Environment::Unknown
        }
    }

    /// What the SDK refuses the key for, whatever the app. It never looks at `type`, `id`, `iat` or an expiry.
    #[must_use]
    pub fn problems(&self) -> Vec<ClaimProblem> {
        let mut problems = Vec::new();
        if self.issuer.as_deref() != Some("Amazon") {
            problems.push(ClaimProblem::Issuer { found: self.issuer.clone() });
        }
        match (self.platform(), &self.bundle_id) {
            (Platform::Android, _) => {}
            (Platform::Ios, Some(id)) => problems.push(ClaimProblem::Ios { bundle_id: id.clone() }),
            (Platform::Ios | Platform::Unknown, _) => problems.push(ClaimProblem::NoPackage),
        }
        problems.extend(self.md5.as_ref().and_then(|claimed| claimed.problem("appsig", "MD5")));
        problems.extend(self.sha256.as_ref().and_then(|claimed| claimed.problem("appsigSha256", "SHA-256")));
        match &self.version {
            None => problems.push(ClaimProblem::NoVersion),
            Some(version) => self.version_problems(version, &mut problems),
        }
        problems
    }

    fn version_problems(&self, version: &str, problems: &mut Vec<ClaimProblem>) {
        let ids: &[(&'static str, &Option<String>)] = match version {
            "1" => &[("appId", &self.app_id)],
            _ => &[("appFamilyId", &self.family_id), ("appVariantId", &self.variant_id)],
        };
        let missing = ids.iter().filter(|(_, id)| id.is_none());
        problems.extend(missing.map(|(field, _)| ClaimProblem::NoId { field, version: version.to_owned() }));
        let Some(endpoints) = self.endpoints.as_ref().filter(|_| version == "3") else { return };
        let addresses = [("authz", &endpoints.authorization), ("tokenExchange", &endpoints.token_exchange)];
        for (field, address) in addresses {
            if !address.as_ref().is_some_and(|address| address.starts_with("https")) {
                problems.push(ClaimProblem::Endpoint { field, found: address.clone() });
            }
        }
    }
}

/// The servers named in Amazon's documents for North America, Europe and the Far East.
const PRODUCTION_HOSTS: &[&str] = &[
    "www.amazon.com",
    "api.amazon.com",
    "eu.account.amazon.com",
    "api.amazon.co.uk",
    "apac.account.amazon.com",
    "api.amazon.co.jp",
];

/// What the names of Amazon's test servers are made of: `development.amazon.com`, `api.integ.amazon.com`.
const TEST_SERVER_WORDS: &[&str] = &["development", "devo", "integ", "preprod", "pre", "gamma", "beta", "test"];

/// The host of an address; text that is no address comes back as it is.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split(['/', ':', '?', '#']).next().unwrap_or(rest)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

impl<T: FromStr> Claimed<T> {
    /// The SDK drops every colon and compares without regard to case.
    fn new(text: String) -> Self {
        let value = text.replace(':', "").parse().ok();
        Self { text, value }
    }
}

impl<T> Claimed<T> {
    fn problem(&self, field: &'static str, digest: &'static str) -> Option<ClaimProblem> {
        let malformed = ClaimProblem::MalformedDigest { field, digest, text: self.text.clone() };
        self.value.is_none().then_some(malformed)
    }
}

impl<T: fmt::Display> fmt::Display for Claimed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => value.fmt(f),
            None => Untrusted(&self.text).fmt(f),
        }
    }
}

impl Endpoints {
    fn from_object(object: &Map<String, Value>) -> Self {
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        Self { authorization: text("authz"), token_exchange: text("tokenExchange") }
    }
}

/// Milliseconds since 1970, as text (real keys) or as a number, cut to seconds.
fn issued(value: &Value) -> Option<Timestamp> {
    let milliseconds: u64 = match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_u64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }?;
    Timestamp::from_seconds(i64::try_from(milliseconds / 1000).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: &str) -> Claims {
        let Ok(Value::Object(object)) = serde_json::from_str(json) else { panic!("{json}") };
        Claims::from_object(&object)
    }

    const GOOD: &str = r#"{"ver":"3","iss":"Amazon","type":"APIKey","pkg":"a.b","appFamilyId":"f","appVariantId":"v",
        "endpoints":{"authz":"https://www.amazon.com/ap/oa","tokenExchange":"https://api.amazon.com/auth/o2/token"}}"#;

    #[test]
    fn cuts_the_issue_date_to_seconds() {
        let date = |value: Value| issued(&value).map(|date| date.to_string());
        assert_eq!(date("1512479062215".into()).as_deref(), Some("2017-12-05T13:04:22Z"));
        assert_eq!(date(1_512_479_062_215_u64.into()).as_deref(), Some("2017-12-05T13:04:22Z"));
        assert_eq!(date("253402300799999".into()).as_deref(), Some("9999-12-31T23:59:59Z"));
        for text in ["253402300800000", "-1", "", "soon", "99999999999999999999"] {
            assert_eq!(date(text.into()), None, "{text}");
        }
    }

    #[test]
    fn a_good_key_has_no_problem() {
        let claims = claims(GOOD);
        assert_eq!(claims.problems(), []);
        assert_eq!((claims.platform(), claims.environment()), (Platform::Android, Environment::Production));
    }

    #[test]
    fn names_what_the_sdk_refuses() {
        for (from, to, message) in [
            ("\"Amazon\"", "\"amazon\"", "the key's issuer (`iss`) is `amazon` instead of `Amazon`"),
            ("pkg", "bundleId", "the key is for iOS, bundle id a.b"),
            ("pkg", "package", "the key names no package (`pkg`)"),
            ("\"type\"", "\"appsig\":\"12\",\"type\"", "the key's appsig is not a MD5: 12"),
            ("\"3\"", "3", "the key's version (`ver`) is missing or is no text"),
            ("\"3\"", "\"1\"", "the key has no `appId`, which version 1 needs"),
            ("appFamilyId", "x", "the key has no `appFamilyId`, which version 3 needs"),
            (
                "https://api",
                "http://api",
                "the key's endpoint `tokenExchange` is `http://api.amazon.com/auth/o2/token` instead of an https address",
            ),
            ("authz", "x", "the key's endpoint `authz` is missing instead of an https address"),
        ] {
            let problems = claims(&GOOD.replace(from, to)).problems();
            assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), [message]);
            assert!(problems.iter().all(|problem| problem.help().is_some()));
        }
    }

    #[test]
    fn tells_the_servers_apart() {
        let environment = |from, to| claims(&GOOD.replace(from, to)).environment();
        assert_eq!(environment("www.amazon.com", "development.amazon.com"), Environment::PreProduction);
        assert_eq!(environment("api.amazon.com", "api.integ.amazon.com"), Environment::PreProduction);
        assert_eq!(environment("api.amazon.com", "example.com"), Environment::Unknown);
        assert_eq!(environment("endpoints", "x"), Environment::Production);
    }

    #[test]
    fn reads_digests_as_the_sdk_compares_them() {
        let claims = claims(r#"{"appsig":"d41D8cd98f00b204e9800998ecf8427:e","appsigSha256":"D4"}"#);
        assert_eq!(claims.md5.unwrap().to_string(), "D4:1D:8C:D9:8F:00:B2:04:E9:80:09:98:EC:F8:42:7E");
        assert_eq!(claims.sha256.unwrap(), Claimed { text: "D4".into(), value: None });
    }

    #[test]
    fn the_last_of_two_equal_fields_counts() {
        assert_eq!(claims(r#"{"pkg":"first","pkg":"last"}"#).package.as_deref(), Some("last"));
    }
}
