//! What can be wrong with the bytes of a key file, whatever the key in it says.

use super::token::Part;
use crate::text::Untrusted;
use std::fmt;

/// One thing that is wrong with the bytes. Offsets are bytes from the start of the file.
///
/// Login with Amazon reads past some of them ([`Defect::accepted_by_lwa`]). Amazon Device Messaging is stricter: there
/// any white space breaks the key, a line break at the end included.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are the same in all variants: where, how often, in which part")]
pub enum Defect {
    /// The file is larger than what is read of it.
    TooLarge { size: usize },
    /// UTF-16 instead of UTF-8.
    Utf16,
    /// Bytes that are not UTF-8. The SDK makes U+FFFD of them, and skips that in the signature.
    NotUtf8 { offset: usize, in_signature: bool },
    /// U+FEFF at the start.
    ByteOrderMark,
    /// Blank lines above the key.
    LeadingBlankLine { lines: usize },
    /// White space before the key on its line. `trimmed`: the SDK trims all of it.
    LeadingWhiteSpace { offset: usize, count: usize, trimmed: bool },
    /// White space behind the key on its line.
    TrailingWhiteSpace { offset: usize, count: usize },
    /// NUL bytes behind the key.
    TrailingNul { offset: usize, count: usize },
    /// Line breaks behind the key. `carriage_return`: at least one is written with CR.
    TrailingLineBreak { offset: usize, count: usize, carriage_return: bool },
    /// More text below the key.
    SecondLine { offset: usize },
    /// The key is spread over several lines.
    Wrapped { offset: usize, lines: usize },
    /// White space inside the key. `trimmed`: it stands at the end of a part, where the SDK trims it.
    WhiteSpaceInside { offset: usize, count: usize, part: Part, trimmed: bool },
    /// As many spaces in the signature as there are characters missing: a form decoder made them of `+`.
    SpaceForPlus { offset: usize, count: usize },
    /// Quotes around the key. `opening`: there is one in front.
    Quotes { offset: usize, opening: bool },
    /// Text in front of the key, as `key=`. The text itself when it is a plain name.
    Prefix { offset: usize, name: Option<String> },
    /// `-` or `_`, which only URL-safe base64 has.
    UrlSafeAlphabet { offset: usize, count: usize, part: Part },
    /// `%2B` and the like.
    PercentEncoding { offset: usize, count: usize },
    /// A character without width.
    ZeroWidth { offset: usize, character: char, part: Part },
    /// Another character that no key has.
    OtherCharacter { offset: usize, character: char, part: Part },
    /// Dots behind the signature.
    TrailingDot { offset: usize },
    /// `=` signs that are missing at the end of a part.
    MissingPadding { offset: usize, missing: usize, part: Part },
}

impl Defect {
    /// A name that never changes.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::Utf16 => "utf-16",
            Self::NotUtf8 { .. } => "not-utf-8",
            Self::ByteOrderMark => "byte-order-mark",
            Self::LeadingBlankLine { .. } => "leading-blank-line",
            Self::LeadingWhiteSpace { .. } => "leading-white-space",
            Self::TrailingWhiteSpace { .. } => "trailing-white-space",
            Self::TrailingNul { .. } => "trailing-nul",
            Self::TrailingLineBreak { .. } => "trailing-line-break",
            Self::SecondLine { .. } => "second-line",
            Self::Wrapped { .. } => "wrapped",
            Self::WhiteSpaceInside { .. } => "white-space-inside",
            Self::SpaceForPlus { .. } => "space-for-plus",
            Self::Quotes { .. } => "quotes",
            Self::Prefix { .. } => "prefix",
            Self::UrlSafeAlphabet { .. } => "url-safe-alphabet",
            Self::PercentEncoding { .. } => "percent-encoding",
            Self::ZeroWidth { .. } => "zero-width",
            Self::OtherCharacter { .. } => "other-character",
            Self::TrailingDot { .. } => "trailing-dot",
            Self::MissingPadding { .. } => "missing-padding",
        }
    }

    /// Whether Login with Amazon reads past it, as measured with the SDK's own classes. A file can have several
    /// defects: whether the key as a whole holds is what [`super::authenticate`] says.
    #[must_use]
    pub fn accepted_by_lwa(&self) -> bool {
        match self {
            Self::TooLarge { .. }
            | Self::ByteOrderMark
            | Self::TrailingWhiteSpace { .. }
            | Self::TrailingNul { .. }
            | Self::TrailingLineBreak { .. }
            | Self::SecondLine { .. }
            | Self::TrailingDot { .. } => true,
            Self::Utf16
            | Self::LeadingBlankLine { .. }
            | Self::Wrapped { .. }
            | Self::SpaceForPlus { .. }
            | Self::Prefix { .. }
            | Self::UrlSafeAlphabet { .. }
            | Self::PercentEncoding { .. } => false,
            Self::NotUtf8 { in_signature, .. } => *in_signature,
            Self::LeadingWhiteSpace { trimmed, .. } => *trimmed,
            Self::Quotes { opening, .. } => !opening,
            Self::WhiteSpaceInside { part, trimmed, .. } => *trimmed || *part == Part::Signature,
            Self::ZeroWidth { part, .. } | Self::OtherCharacter { part, .. } => *part == Part::Signature,
            // Both signs or none: half a padding is `bad base-64`.
            Self::MissingPadding { part, missing, .. } => *part == Part::Signature && *missing == 2,
        }
    }

    /// Whether it is white space, a byte order mark or text on other lines, which [`super::KeyFile::canonical`] leaves
    /// out.
    #[must_use]
    pub fn removed_by_inject(&self) -> bool {
        match self {
            Self::TooLarge { .. }
            | Self::ByteOrderMark
            | Self::LeadingBlankLine { .. }
            | Self::LeadingWhiteSpace { .. }
            | Self::TrailingWhiteSpace { .. }
            | Self::TrailingNul { .. }
            | Self::TrailingLineBreak { .. }
            | Self::SecondLine { .. }
            | Self::WhiteSpaceInside { .. } => true,
            Self::Utf16
            | Self::NotUtf8 { .. }
            | Self::Wrapped { .. }
            | Self::SpaceForPlus { .. }
            | Self::Quotes { .. }
            | Self::Prefix { .. }
            | Self::UrlSafeAlphabet { .. }
            | Self::PercentEncoding { .. }
            | Self::ZeroWidth { .. }
            | Self::OtherCharacter { .. }
            | Self::TrailingDot { .. }
            | Self::MissingPadding { .. } => false,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::SecondLine { .. } => "leave nothing in the file but the key",
            Self::Utf16 | Self::NotUtf8 { .. } => "save the file as UTF-8 without a byte order mark (plain ASCII)",
            Self::ByteOrderMark
            | Self::LeadingBlankLine { .. }
            | Self::LeadingWhiteSpace { .. }
            | Self::TrailingWhiteSpace { .. }
            | Self::TrailingNul { .. } => {
                "`apkkey inject` writes the exact key; by hand: `printf %s \"$KEY\" > api_key.txt`"
            }
            Self::TrailingLineBreak { .. } => {
                "`apkkey inject` writes the exact key; by hand: `printf %s \"$(cat api_key.txt)\" > fixed.txt`, and take \
                 that file"
            }
            Self::Wrapped { .. } => "join the lines: the key is one line",
            Self::WhiteSpaceInside { .. }
            | Self::SpaceForPlus { .. }
            | Self::ZeroWidth { .. }
            | Self::OtherCharacter { .. }
            | Self::MissingPadding { .. } => "copy the key again from Amazon's developer console",
            Self::Quotes { .. } => "remove the quotes",
            Self::Prefix { .. } => "the file holds the key alone: remove the text in front of it",
            Self::UrlSafeAlphabet { .. } => {
                "the key is standard base64, with `+` and `/`: undo the conversion to URL-safe base64"
            }
            Self::PercentEncoding { .. } => "undo the URL encoding (`%2B` is `+`, `%2F` is `/`, `%3D` is `=`)",
            Self::TrailingDot { .. } => "remove the dot at the end",
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { size } => write!(f, "the file has {size} bytes; a key has about 1400"),
            Self::Utf16 => f.write_str("the file is UTF-16, and the SDK reads UTF-8"),
            Self::NotUtf8 { offset, .. } => write!(f, "bytes that are not UTF-8 at byte {offset}"),
            Self::ByteOrderMark => f.write_str("a byte order mark (U+FEFF) at byte 0"),
            Self::LeadingBlankLine { lines } => write!(f, "{} above the key", counted(*lines, "blank line")),
            Self::LeadingWhiteSpace { offset, count, .. } => {
                write!(f, "{} before the key at byte {offset}", white_space(*count))
            }
            Self::TrailingWhiteSpace { offset, count } => {
                write!(f, "{} after the key at byte {offset}", white_space(*count))
            }
            Self::TrailingNul { offset, count } => {
                write!(f, "{} after the key at byte {offset}", counted(*count, "NUL byte"))
            }
            Self::TrailingLineBreak { offset, count, carriage_return } => {
                let kind = if *carriage_return { " (CR LF)" } else { "" };
                write!(f, "{}{kind} after the key at byte {offset}", counted(*count, "line break"))
            }
            Self::SecondLine { offset } => write!(f, "more text below the key at byte {offset}"),
            Self::Wrapped { offset, lines } => {
                write!(f, "the key is spread over {lines} lines; the first break is at byte {offset}")
            }
            Self::WhiteSpaceInside { offset, count, part, .. } => {
                write!(f, "{} in the key's {part} at byte {offset}", white_space(*count))
            }
            Self::SpaceForPlus { offset, count } => {
                write!(f, "{} in the signature where `+` stood, the first at byte {offset}", counted(*count, "space"))
            }
            Self::Quotes { offset, .. } => write!(f, "quotes around the key at byte {offset}"),
            Self::Prefix { offset, name: Some(name) } => {
                write!(f, "`{}` in front of the key at byte {offset}", Untrusted(name))
            }
            Self::Prefix { offset, name: None } => write!(f, "other text in front of the key at byte {offset}"),
            Self::UrlSafeAlphabet { offset, count, part } => {
                write!(
                    f,
                    "{} in the {part}, the first at byte {offset}",
                    counted(*count, "URL-safe character (`-` or `_`)")
                )
            }
            Self::PercentEncoding { offset, count } => {
                write!(f, "{}, the first at byte {offset}", counted(*count, "percent-encoded character"))
            }
            Self::ZeroWidth { offset, character, part } => {
                write!(f, "the invisible character U+{:04X} in the {part} at byte {offset}", u32::from(*character))
            }
            Self::OtherCharacter { offset, character, part } => {
                let shown = character.to_string();
                write!(f, "the character `{}`, which no key has, in the {part} at byte {offset}", Untrusted(&shown))
            }
            Self::TrailingDot { offset } => write!(f, "a dot after the key at byte {offset}"),
            Self::MissingPadding { offset, missing, part } => {
                write!(f, "{} missing at the end of the {part} at byte {offset}", counted(*missing, "`=`"))
            }
        }
    }
}

fn white_space(count: usize) -> String {
    counted(count, "white-space character")
}

/// `1 space`, `2 spaces`; a plural with a bracket or a sign in it stays as it is.
fn counted(count: usize, noun: &str) -> String {
    match (count, noun.split_once(" (")) {
        (1, _) => format!("1 {noun}"),
        (_, Some((noun, rest))) => format!("{count} {noun}s ({rest}"),
        (_, None) if noun.ends_with('`') => format!("{count} {noun}"),
        (_, None) => format!("{count} {noun}s"),
    }
}
