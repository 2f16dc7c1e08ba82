//! Undoes what is known to happen to keys on their way, to say whether the key inside is good.
//!
//! The result is for help texts only: nothing is ever accepted, or written into an app, because it could be repaired.

use super::characters::{self, is_break, is_digit, is_quote, is_space, is_url_safe, is_zero_width};
use super::scan::KEY_START;
use super::token::ApiKey;
use std::fmt;

/// Bytes of a signature by Amazon's key (RSA 2048).
const SIGNATURE_BYTES: usize = 256;

/// The key that comes out when damage is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// The key. Whether it is genuine is a question for [`super::authenticate`].
    pub key: ApiKey,
    /// What was undone.
    pub undone: Vec<Repair>,
}

/// Damage that can be undone. `Display` fits into "once ... is undone".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// UTF-16.
    Utf16,
    /// Other lines around the key.
    OtherLines,
    /// Text in front of the key on its line.
    Prefix,
    /// Quotes.
    Quotes,
    /// Line breaks inside the key.
    Wrapping,
    /// `%2B` and the like.
    PercentEncoding,
    /// Spaces where `+` stood.
    SpaceForPlus,
    /// Other white space inside the key.
    WhiteSpace,
    /// Invisible characters inside the key.
    ZeroWidth,
    /// `-` and `_` for `+` and `/`.
    UrlSafeAlphabet,
    /// Lost `=` signs.
    Padding,
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "the UTF-16 encoding",
            Self::OtherLines => "the text on other lines",
            Self::Prefix => "the text in front of it",
            Self::Quotes => "the quotes",
            Self::Wrapping => "the wrapping into lines",
            Self::PercentEncoding => "the URL encoding",
            Self::SpaceForPlus => "the change of `+` to spaces",
            Self::WhiteSpace => "the white space inside it",
            Self::ZeroWidth => "the invisible characters inside it",
            Self::UrlSafeAlphabet => "the URL-safe alphabet",
            Self::Padding => "the loss of `=` signs",
        })
    }
}

impl Repaired {
    /// What was undone, in words: "the quotes and the URL-safe alphabet".
    #[must_use]
    pub fn what(&self) -> String {
        let words: Vec<String> = self.undone.iter().map(ToString::to_string).collect();
        match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            Some((last, _)) => last.clone(),
            None => String::new(),
        }
    }
}

/// How an attempt reads the text.
#[derive(Clone, Copy)]
struct Reading {
    join_lines: bool,
    space_is_plus: bool,
}

/// Tries to find a whole key: a JSON header, a JSON payload, a signature of 256 bytes.
pub(super) fn repair(bytes: &[u8]) -> Option<Repaired> {
    let text = characters::decoded(bytes);
    let readings = [(false, false), (false, true), (true, false), (true, true)];
    let mut attempts = readings.into_iter().filter_map(|(join_lines, space_is_plus)| {
        let reading = Reading { join_lines, space_is_plus };
        attempt(&text, reading)
    });
    let mut repaired = attempts.find(|repaired| is_whole(&repaired.key))?;
    if characters::utf16(bytes).is_some() {
        repaired.undone.insert(0, Repair::Utf16);
    }
    Some(repaired)
}

fn is_whole(key: &ApiKey) -> bool {
    key.has_json_header() && key.signature().is_some_and(|signature| signature.len() == SIGNATURE_BYTES)
}

fn attempt(text: &str, reading: Reading) -> Option<Repaired> {
    let mut undone = Vec::new();
    let start = text.find(KEY_START)?;
    let (front, rest) = text.split_at_checked(start)?;
    let same_line = front.rsplit(is_break).next().unwrap_or_default();
    let end = if reading.join_lines { rest.len() } else { rest.find(is_break).unwrap_or(rest.len()) };
    let (rest, below) = rest.split_at_checked(end)?;
    note(&mut undone, Repair::OtherLines, front.len() > same_line.len() || !below.trim().is_empty());
    let is_text = |character| !is_quote(character) && !is_space(character) && !is_zero_width(character);
    note(&mut undone, Repair::Prefix, same_line.contains(is_text));
    note(&mut undone, Repair::Wrapping, rest.trim().contains(is_break));
    let decoded = percent_decoded(rest.trim());
    note(&mut undone, Repair::PercentEncoding, decoded != rest.trim());
    let token = token_characters(&decoded, reading, &mut undone);
    note(&mut undone, Repair::ZeroWidth, same_line.contains(is_zero_width));
    let quoted = same_line.contains(is_quote) || decoded.contains(is_quote);
    note(&mut undone, Repair::Quotes, quoted);
    note(&mut undone, Repair::UrlSafeAlphabet, token.contains(is_url_safe));
    let token = token.replace('-', "+").replace('_', "/");
    let parts: Vec<&str> = token.trim_end_matches('.').split('.').take(4).collect();
    let [header, payload, signature] = parts.try_into().ok()?;
    let padded = format!("{}.{}.{}", padded(header)?, padded(payload)?, padded(signature)?);
    note(&mut undone, Repair::Padding, padded != token.trim_end_matches('.'));
    Some(Repaired { key: ApiKey::from_line(&padded).ok()?, undone })
}

fn note(undone: &mut Vec<Repair>, repair: Repair, happened: bool) {
    if happened && !undone.contains(&repair) {
        undone.push(repair);
    }
}

/// The characters of the key, up to the first that cannot belong to it.
fn token_characters(text: &str, reading: Reading, undone: &mut Vec<Repair>) -> String {
    let mut token = String::with_capacity(text.len());
    let mut spaces = 0_usize;
    let mut invisible = false;
    for character in text.chars() {
        match character {
            ' ' if reading.space_is_plus => {
                spaces = spaces.saturating_add(1);
                token.push('+');
            }
            _ if is_break(character) => {}
            _ if is_zero_width(character) => invisible = true,
            _ if is_space(character) => spaces = spaces.saturating_add(1),
            _ if characters::is_token(character) => token.push(character),
            _ => break,
        }
    }
    let kind = if reading.space_is_plus { Repair::SpaceForPlus } else { Repair::WhiteSpace };
    note(undone, kind, spaces > 0);
    note(undone, Repair::ZeroWidth, invisible);
    token
}

/// A part with the padding that it must have (RFC 4648, 4).
fn padded(part: &str) -> Option<String> {
    let digits = part.trim_end_matches('=');
    if !digits.chars().all(is_digit) {
        return None;
    }
    let padding = match digits.len() % 4 {
        0 => "",
        2 => "==",
        3 => "=",
        _ => return None,
    };
    Some(format!("{digits}{padding}"))
}

/// Undoes `%XX` for ASCII (RFC 3986, 2.1); other signs stay.
fn percent_decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let digits = after.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(u8::is_ascii);
        match (byte, after.get(2..)) {
            (Some(byte), Some(tail)) => {
                decoded.push(char::from(byte));
                rest = tail;
            }
            _ => {
                decoded.push('%');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    decoded
}
