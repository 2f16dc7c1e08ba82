//! What a file holds when it holds no key: named, so that the message can say more than "not three parts".

use super::base64;
use super::token::{OtherContent, TokenError};
use serde_json::Value;

/// A better name for the error of a text that is not a key, when there is one.
pub(super) fn name(text: &str) -> Option<TokenError> {
    let text = text.trim();
    if let Some(content) = recognise(text) {
        return Some(TokenError::Other(content));
    }
    is_placeholder(text).then(|| TokenError::Placeholder { text: text.to_owned() })
}

/// Whether the first part of `line` is the header of a token that is not Amazon's (RFC 7519, 5).
pub(super) fn is_web_token(line: &str) -> bool {
    let header = line.trim().split('.').next().and_then(base64::decode).unwrap_or_default();
    let Ok(Value::Object(header)) = serde_json::from_slice::<Value>(&header) else { return false };
    header.get("alg").and_then(Value::as_str).is_some_and(|algorithm| algorithm != "RSA-SHA256")
}

fn recognise(text: &str) -> Option<OtherContent> {
    let lower = text.to_lowercase();
    let first = lower.lines().next().unwrap_or_default();
    let is_hex = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let content = if text.contains(['\0', '\u{fffd}']) {
        OtherContent::Binary
    } else if first.starts_with("version https://git-lfs") {
        OtherContent::GitLfsPointer
    } else if lower.starts_with("-----begin") {
        OtherContent::Pem
    } else if ["<?xml", "<!doctype", "<html", "<resources"].iter().any(|start| lower.starts_with(start)) {
        OtherContent::Markup
    } else if let Ok(Value::Object(object)) = serde_json::from_str(text) {
        if object.contains_key("project_info") { OtherContent::GoogleServices } else { OtherContent::Json }
    } else if text.starts_with("AIza") && !text.contains(char::is_whitespace) {
        OtherContent::GoogleKey
    } else if first.starts_with("amzn1.oa2-cs.") || is_hex(&lower, 64) {
        OtherContent::ClientSecret
    } else if first.starts_with("amzn1.application") {
        OtherContent::ClientId
    } else if is_uuid(&lower) {
        OtherContent::Uuid
    } else if is_web_token(text) {
        OtherContent::WebToken
    } else {
        return None;
    };
    Some(content)
}

/// Five groups of hex digits (RFC 9562, 4).
fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// The texts that sample projects ship: "Replace this file with your API key", "[Api Key]", "YOUR_API_KEY".
fn is_placeholder(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "api key",
        "api_key",
        "apikey",
        "api-key",
        "your",
        "replace",
        "insert",
        "paste",
        "placeholder",
        "todo",
        "dummy",
    ];
    let lower = text.to_lowercase();
    let repeats = lower.len() >= 3 && lower.chars().all(|character| matches!(character, 'x' | '*' | '.' | '0'));
    let is_short = text.chars().count() <= 120 && !text.contains("eyJ");
    is_short && (repeats || (WORDS.iter().any(|word| lower.contains(word)) && !lower.split(is_no_word).any(is_secret)))
}

fn is_no_word(character: char) -> bool {
    !character.is_alphanumeric()
}

/// A word that may be a real key of something, and that no message should show.
fn is_secret(word: &str) -> bool {
    word.len() >= 20 || (word.len() >= 8 && word.contains(|character: char| character.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::hex;

    #[test]
    fn names_what_people_put_there() {
        let secret = hex(&[0xab; 32]);
        for (text, content) in [
            ("AIzaSyA0123456789abcdefghijklmnopqrstuv", OtherContent::GoogleKey),
            ("{\"project_info\": {}}", OtherContent::GoogleServices),
            ("{\"key\": 1}", OtherContent::Json),
            ("-----BEGIN CERTIFICATE-----\nMII", OtherContent::Pem),
            ("<?xml version=\"1.0\"?><a/>", OtherContent::Markup),
            ("<!DOCTYPE html>", OtherContent::Markup),
            ("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.AAAA", OtherContent::WebToken),
            ("amzn1.application-oa2-client.00", OtherContent::ClientId),
            ("amzn1.oa2-cs.v1.00", OtherContent::ClientSecret),
            (secret.as_str(), OtherContent::ClientSecret),
            ("version https://git-lfs.github.com/spec/v1\noid sha256:00", OtherContent::GitLfsPointer),
            ("b2f7f966-d8cc-11e4-bed1-df8f05be55ba\n", OtherContent::Uuid),
            ("PK\u{3}\u{4}\0\0", OtherContent::Binary),
        ] {
            assert_eq!(name(text), Some(TokenError::Other(content)), "{text}");
        }
        for text in ["Replace this file with your API key", "[Api Key]", "YOUR_API_KEY", "xxxxxx", "TODO"] {
            assert_eq!(name(text), Some(TokenError::Placeholder { text: text.to_owned() }));
        }
        for text in [
            "",
            "hello",
            "api_key=AIzaSyA0123456789abcdefghijklmnopqrstuv",
            "eyJhbGciOiJSU0EtU0hBMjU2IiwidmVyIjoiMSJ9.your",
            &"your ".repeat(100),
        ] {
            assert_eq!(name(text), None, "{text}");
        }
    }
}
