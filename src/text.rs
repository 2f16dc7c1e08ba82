//! Text from files on its way to a person: escaped, bounded, never obeyed by a terminal.

use std::fmt;

/// Text that came out of a file. Its `Display` escapes control and direction characters and cuts at
/// [`Untrusted::SHOWN`] characters, so that a name in an archive cannot repaint a terminal.
#[derive(Debug, Clone, Copy)]
pub struct Untrusted<'a>(pub &'a str);

impl Untrusted<'_> {
    /// Characters that are shown before the text is cut.
    pub const SHOWN: usize = 300;
}

impl fmt::Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, character) in self.0.chars().enumerate() {
            if index >= Self::SHOWN {
                return f.write_str("...");
            }
            if is_unsafe(character) {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                fmt::Write::write_char(f, character)?;
            }
        }
        Ok(())
    }
}

/// Control characters, bidirectional controls (Unicode Standard Annex 9, table 1), zero-width characters, and
/// line separators.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Lower-case hex without separators.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The closest of `candidates` to what was written, if it is close enough to be a slip.
#[must_use]
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(&written.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(200).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, a) in left.chars().take(200).enumerate() {
        let mut diagonal = index;
        let mut last = index.saturating_add(1);
        let mut next = vec![last];
        for (above, b) in row.iter().skip(1).zip(&right) {
            let substituted = diagonal.saturating_add(usize::from(a != *b));
            diagonal = *above;
            last = substituted.min(above.saturating_add(1)).min(last.saturating_add(1));
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_terminal_would_obey() {
        assert_eq!(Untrusted("a\u{1b}[31m\u{202e}b\nc").to_string(), "a\\u{1b}[31m\\u{202e}b\\u{a}c");
        assert_eq!(Untrusted(&"x".repeat(400)).to_string().len(), 303);
    }

    #[test]
    fn finds_the_nearest_name() {
        assert_eq!(nearest("uplaod", ["release", "upload"]), Some("upload"));
        assert_eq!(nearest("zzz", ["release", "upload"]), None);
    }
}
