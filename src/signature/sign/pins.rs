//! `pinlist.meta`: the parts of the file that Android shall keep in memory, for an app that asks for it
//! (`Hints.java`, `ApkSigner.java`). An app asks with a list of regular expressions for entry names.

use super::{Preview, SignError, preview};
use crate::limits::{PIN_PATTERNS, PIN_PATTERNS_SIZE};
use crate::source::ReadAt;
use crate::zip::{Entry, Rewritten};
use regex_lite::Regex;
use std::ops::Range;

/// What a signer writes.
pub(super) const ENTRY: &str = "pinlist.meta";
/// What the app has.
const PATTERNS: &str = "assets/com.android.hints.pins.txt";
/// Java's `Integer.MAX_VALUE`: every number is cut to it.
const LARGEST: u64 = 0x7fff_ffff;

/// Names, and which part of their data.
struct Pattern {
    name: Regex,
    start: u64,
    size: u64,
}

/// The contents of `pinlist.meta` for the planned file; `None` when the app does not ask for it.
pub(super) fn pin_list(source: &dyn ReadAt, rewritten: &Rewritten) -> Result<Option<Vec<u8>>, SignError> {
    preview(source, rewritten, |file| {
        let Some(entry) = file.directory.find(PATTERNS) else { return Ok(None) };
        let text = file.directory.contents(&file.file, entry, PIN_PATTERNS_SIZE)?;
        let patterns = parse(&text)?;
        let mut entries: Vec<&Entry> = file.directory.entries().iter().collect();
        entries.sort_by_key(|entry| entry.local_header_offset);
        let mut ranges = Vec::new();
        for entry in entries {
            ranges.extend(entry_ranges(file, entry, &patterns)?);
        }
        // the signature files and the central directory
        ranges.push(file.directory.layout().directory.start..u64::MAX);
        Ok(Some(encode(&ranges)))
    })
}

/// The parts of one entry, and its local header if there are any.
fn entry_ranges(file: &Preview<'_>, entry: &Entry, patterns: &[Pattern]) -> Result<Vec<Range<u64>>, SignError> {
    let mut ranges = Vec::new();
    let matching: Vec<&Pattern> = patterns.iter().filter(|pattern| pattern.name.is_match(&entry.name)).collect();
    if matching.is_empty() {
        return Ok(ranges);
    }
    let local = file.directory.local_header(&file.file, entry)?;
    for pattern in matching {
        let start = local.data.start.saturating_add(pattern.start);
        if start <= local.end {
            ranges.push(start..start.saturating_add(pattern.size).min(local.end));
        }
    }
    if !ranges.is_empty() {
        ranges.push(local.header);
    }
    Ok(ranges)
}

/// One pattern a line, perhaps with the first byte and the one behind the last; `#` begins a comment.
fn parse(text: &[u8]) -> Result<Vec<Pattern>, SignError> {
    let wrong = |line: &str, reason: &str| SignError::Pins(format!("{reason}: {line:?}"));
    let text = std::str::from_utf8(text).map_err(|_| SignError::Pins("it is not UTF-8".to_owned()))?;
    let mut patterns = Vec::new();
    for line in text.trim_end_matches('\n').split('\n') {
        let line = line.split('#').next().unwrap_or_default();
        // as Java splits: empty fields at the end do not count
        let fields: Vec<&str> = line.trim_end_matches(' ').split(' ').collect();
        let (name, bounds) = match fields.as_slice() {
            [name] => (name, None),
            [name, start, end] => (name, start.parse::<u64>().ok().zip(end.parse::<u64>().ok())),
            _ => return Err(wrong(line, "a line has a wrong number of fields")),
        };
        if fields.len() > 1 && bounds.is_none() {
            return Err(wrong(line, "a line has a wrong number"));
        }
        if patterns.len() >= PIN_PATTERNS {
            return Err(wrong(line, "it has too many lines"));
        }
        let name = Regex::new(&format!("^(?:{name})$")).map_err(|_| wrong(line, "a regular expression is wrong"))?;
        let (start, end) = bounds.unwrap_or((0, u64::MAX));
        patterns.push(Pattern { name, start, size: end.saturating_sub(start) });
    }
    Ok(patterns)
}

/// Start and size of each part, big-endian.
fn encode(ranges: &[Range<u64>]) -> Vec<u8> {
    let number = |value: u64| u32::try_from(value.min(LARGEST)).unwrap_or(u32::MAX).to_be_bytes();
    let pair = |range: &Range<u64>| [number(range.start), number(range.end.saturating_sub(range.start))].concat();
    ranges.iter().flat_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_patterns_with_bounds() {
        let patterns = parse(b"classes\\d*.dex # code\nlib/.* 4 10\n").unwrap();
        assert_eq!(patterns.len(), 2);
        assert!(patterns[0].name.is_match("classes2.dex") && !patterns[0].name.is_match("classes2.dex.x"));
        assert!(patterns[1].name.is_match("lib/a.so") && !patterns[1].name.is_match("xlib/a.so"));
        assert_eq!((patterns[1].start, patterns[1].size), (4, 6));
        for bad in ["a b", "a b c d", "a x 1", "a(", "\u{0}[", "a\n\n(b"] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_cut_to_java_s_largest() {
        assert_eq!(encode(&[1..3, 5..u64::MAX]), [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5, 0x7f, 0xff, 0xff, 0xff]);
    }
}
