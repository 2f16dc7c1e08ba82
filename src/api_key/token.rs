//! The token `header.payload.signature`, read as Login with Amazon reads it on a device (SDK 2.0.1 to 3.0.6).
//!
//! UTF-8, the first line only, one leading byte order mark dropped, trimmed; split at `.` into exactly three parts,
//! where empty parts at the end do not count; each part trimmed and decoded as [`super::base64`] does. The header is
//! never decoded. The signature is decoded when it is checked: also a key whose signature is damaged has claims.

use super::base64;
use super::claims::Claims;
use crate::advice::Advice;
use crate::text::Untrusted;
use serde_json::Value;
use std::fmt;
use thiserror::Error;

/// The header of every known key: `{"alg":"RSA-SHA256","ver":"1"}`.
pub(super) const KNOWN_HEADER: &str = "eyJhbGciOiJSU0EtU0hBMjU2IiwidmVyIjoiMSJ9";

/// A key that could be read: three parts and an object in the payload. Nothing about it is proven.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    header: String,
    payload: String,
    signature: String,
    claims: Claims,
}

/// A part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What stands before the first dot.
    Header,
    /// What stands between the dots.
    Payload,
    /// What stands behind the second dot.
    Signature,
}

/// Why a file holds no Amazon API key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenError {
    /// No bytes: the SDK then looks for the key in the manifest.
    #[error("the file is empty (0 bytes)")]
    Empty,
    /// The SDK reads the first line only.
    #[error("the first line is blank, and the SDK reads no other")]
    BlankFirstLine,
    /// The first line does not end within what is read.
    #[error("the first line is longer than {} bytes", crate::limits::API_KEY_FILE)]
    TooLong,
    /// The text that a sample project has where the key should stand.
    #[error("the file holds the placeholder `{}` instead of a key", Untrusted(.text))]
    Placeholder {
        /// The placeholder.
        text: String,
    },
    /// Something that can be named.
    #[error("the file holds {0} instead of an Amazon API key")]
    Other(OtherContent),
    /// Not three parts.
    #[error("{} instead of three, separated by dots", match .found {
        0 | 1 => "the file holds no Amazon API key: it has one part".to_owned(),
        found => format!("the key has {found} parts"),
    })]
    Parts {
        /// How many parts the first line has.
        found: usize,
    },
    /// The payload is not base64.
    #[error("the key's payload is not base64")]
    PayloadBase64,
    /// The payload is not a JSON object.
    #[error("the key's payload is not a JSON object")]
    PayloadJson,
}

/// What stands in a file that should hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherContent {
    /// A Google API key (`AIza...`).
    GoogleKey,
    /// `google-services.json`.
    GoogleServices,
    /// Another JSON text.
    Json,
    /// A PEM text.
    Pem,
    /// HTML or XML.
    Markup,
    /// A token of another service in the JWT format.
    WebToken,
    /// An Amazon client id (`amzn1.application-oa2-client...`).
    ClientId,
    /// An Amazon client secret.
    ClientSecret,
    /// A Git LFS pointer.
    GitLfsPointer,
    /// A UUID, as OneSignal's app id.
    Uuid,
    /// Bytes that are no text.
    Binary,
}

impl fmt::Display for OtherContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GoogleKey => "a Google API key",
            Self::GoogleServices => "a google-services.json",
            Self::Json => "JSON",
            Self::Pem => "a PEM text",
            Self::Markup => "HTML or XML",
            Self::WebToken => "a token of another service (a JSON Web Token)",
            Self::ClientId => "an Amazon client id",
            Self::ClientSecret => "what looks like a client secret",
            Self::GitLfsPointer => "a Git LFS pointer",
            Self::Uuid => "a UUID (an app id of another service?)",
            Self::Binary => "bytes that are no text",
        })
    }
}

const COPY_AGAIN: &str = "in Amazon's developer console open the security profile's `Android/Kindle Settings`, press \
     `Show` beside the API key and copy the whole text; it begins with `eyJ` and has two dots";

impl Advice for TokenError {
    fn help(&self) -> Option<String> {
        let text = match self {
            Self::Empty => "write the key into the file; with 0 bytes the SDK looks for it in the manifest instead",
            Self::BlankFirstLine => "the key must stand on the first line: delete what is above it",
            Self::Other(OtherContent::ClientSecret) => {
                "a client secret belongs on a server, never in an app: revoke it if it was published, and put the API \
                 key here"
            }
            Self::Other(OtherContent::GitLfsPointer) => "run `git lfs pull`, which puts the file's content here",
            Self::TooLong
            | Self::Placeholder { .. }
            | Self::Other(_)
            | Self::Parts { .. }
            | Self::PayloadBase64
            | Self::PayloadJson => COPY_AGAIN,
        };
        Some(text.to_owned())
    }
}

impl ApiKey {
    /// Reads one line of text as the SDK does.
    pub(super) fn from_line(line: &str) -> Result<Self, TokenError> {
        let line = trim(line.strip_prefix('\u{feff}').unwrap_or(line));
        if line.is_empty() {
            return Err(TokenError::BlankFirstLine);
        }
        let [header, payload, signature] = parts(line)?;
        let json = base64::decode(payload).ok_or(TokenError::PayloadBase64)?;
        // The SDK makes a string of the bytes, which replaces what is not UTF-8; so do we.
        let Ok(Value::Object(object)) = serde_json::from_str(&String::from_utf8_lossy(&json)) else {
            return Err(TokenError::PayloadJson);
        };
        Ok(Self {
            header: header.to_owned(),
            payload: payload.to_owned(),
            signature: signature.to_owned(),
            claims: Claims::from_object(&object),
        })
    }

    /// What the key says of itself. It is proven by [`super::authenticate`] only.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Whether the header is the one of every known key. The SDK 2.0.1 demanded its `alg`; later ones never look.
    #[must_use]
    pub fn has_known_header(&self) -> bool {
        self.header == KNOWN_HEADER
    }

    /// The whole key: three parts with dots between them. Not for messages.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{}.{}.{}", self.header, self.payload, self.signature)
    }

    /// The text under the signature.
    pub(super) fn signed_text(&self) -> String {
        format!("{}.{}", self.header, self.payload)
    }

    /// The signature, when it is base64.
    pub(super) fn signature(&self) -> Option<Vec<u8>> {
        base64::decode(&self.signature)
    }

    /// Whether the header is a JSON object as every token of this format has it.
    pub(super) fn has_json_header(&self) -> bool {
        let header = base64::decode(&self.header).unwrap_or_default();
        matches!(serde_json::from_slice(&header), Ok(Value::Object(_)))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = [self.header.len(), self.payload.len(), self.signature.len()];
        f.debug_struct("ApiKey").field("package", &self.claims.package).field("lengths", &lengths).finish()
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

/// What Java's `String.trim` drops at both ends.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|character| character <= ' ')
}

/// As Java's `String.split("[.]")`: empty parts at the end do not count.
fn parts(line: &str) -> Result<[&str; 3], TokenError> {
    let mut parts: Vec<&str> = line.split('.').take(MOST_PARTS).collect();
    while parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    let found = parts.len();
    let parts = <[&str; 3]>::try_from(parts).map_err(|_| TokenError::Parts { found })?;
    Ok(parts.map(trim))
}

/// A line in the limits of a key file cannot have more.
const MOST_PARTS: usize = crate::limits::API_KEY_FILE;

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"pkg":"a"}` without padding.
    const PAYLOAD: &str = "eyJwa2ciOiJhIn0";

    #[test]
    fn splits_as_the_sdk_does() {
        for line in
            ["h.P.s", " h . P . s\t", "\u{feff}h.P.s", "\u{feff} h.P.s", "h.P.s.", "h.P.s...", ".P.s", "h.P.s\0"]
        {
            assert!(ApiKey::from_line(&line.replace('P', PAYLOAD)).is_ok(), "{line}");
        }
        for (line, found) in [("h.P", 2), ("h.P.", 2), ("h.P.s.x", 4), ("...", 0), ("x", 1), ("h.P.s. .", 4)] {
            let error = ApiKey::from_line(&line.replace('P', PAYLOAD)).unwrap_err();
            assert_eq!(error, TokenError::Parts { found }, "{line}");
        }
        for line in ["", " \t", "\u{feff}", "\u{feff} "] {
            assert_eq!(ApiKey::from_line(line).unwrap_err(), TokenError::BlankFirstLine);
        }
    }

    #[test]
    fn refuses_a_payload_that_is_no_object() {
        assert_eq!(ApiKey::from_line("h.A.s").unwrap_err(), TokenError::PayloadBase64);
        assert_eq!(ApiKey::from_line("h.W10.s").unwrap_err(), TokenError::PayloadJson, "an array");
        assert_eq!(ApiKey::from_line("h..s").unwrap_err(), TokenError::PayloadJson);
    }

    #[test]
    fn a_payload_nested_too_deeply_is_refused() {
        use ::base64::{Engine, engine::general_purpose::STANDARD};
        let nested = STANDARD.encode("{\"a\":".repeat(9_000));
        assert_eq!(ApiKey::from_line(&format!("h.{nested}.s")).unwrap_err(), TokenError::PayloadJson);
    }

    #[test]
    fn debug_does_not_show_the_key() {
        let key = ApiKey::from_line(&format!("header.{PAYLOAD}.secret")).unwrap();
        assert_eq!(format!("{key:?}"), "ApiKey { package: Some(\"a\"), lengths: [6, 15, 6] }");
        assert_eq!(key.reveal(), format!("header.{PAYLOAD}.secret"));
    }
}
