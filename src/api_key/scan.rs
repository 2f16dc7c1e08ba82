//! Finds everything that is wrong with the bytes of a key file.

use super::characters::{self, Located, is_break, is_digit, is_quote, is_space, is_token, is_url_safe, is_zero_width};
use super::defect::Defect;
use super::token::Part;

/// Characters of a signature of 256 bytes, without its padding `==`.
pub(super) const SIGNATURE_DIGITS: usize = 342;

/// The first characters of every key: `{"` in base64.
pub(super) const KEY_START: &str = "eyJ";

/// Lists what is wrong, in the order of the file.
pub(super) fn scan(bytes: &[u8]) -> Vec<Defect> {
    if characters::utf16(bytes).is_some() {
        return vec![Defect::Utf16];
    }
    let mut defects = Vec::new();
    let characters = characters::located(bytes);
    let mut rest = characters.as_slice();
    if let Some((_, after)) = rest.split_first().filter(|((_, character), _)| *character == '\u{feff}') {
        defects.push(Defect::ByteOrderMark);
        rest = after;
    }
    let invalid = rest.iter().position(|(_, character)| *character == char::REPLACEMENT_CHARACTER);
    if let Some((before, [(offset, _), ..])) = invalid.map(|index| split(rest, index)) {
        let in_signature = before.iter().filter(|(_, character)| *character == '.').count() >= 2;
        defects.push(Defect::NotUtf8 { offset: *offset, in_signature });
    }
    scan_lines(rest, &mut defects);
    defects
}

fn scan_lines(characters: &[Located], defects: &mut Vec<Defect>) {
    let start = characters.iter().position(|(_, character)| !is_space(*character)).unwrap_or(characters.len());
    let (blank, from_key) = split(characters, start);
    let line_start = blank.iter().rposition(|(_, character)| is_break(*character));
    let (above, indent) = split(blank, line_start.map_or(0, |index| index.saturating_add(1)));
    if !above.is_empty() {
        defects.push(Defect::LeadingBlankLine { lines: breaks(above) });
    }
    if let Some((offset, _)) = indent.first() {
        let trimmed = indent.iter().all(|(_, character)| *character <= ' ');
        defects.push(Defect::LeadingWhiteSpace { offset: *offset, count: indent.len(), trimmed });
    }
    let end = from_key.iter().position(|(_, character)| is_break(*character)).unwrap_or(from_key.len());
    let (line, below) = split(from_key, end);
    let length = line.iter().rposition(|(_, character)| !is_space(*character)).map_or(0, |last| last.saturating_add(1));
    let (key, trailing) = split(line, length);
    let below_text = below.iter().any(|(_, character)| !is_space(*character));
    let wrapped = below_text && !is_complete(key) && continues(below);
    scan_key(key, wrapped, defects);
    scan_trailing(trailing, defects);
    if let Some((offset, _)) = below.first() {
        let offset = *offset;
        defects.push(match (below_text, wrapped) {
            (true, true) => Defect::Wrapped { offset, lines: breaks(trim_end(below)).saturating_add(1) },
            (true, false) => Defect::SecondLine { offset },
            (false, _) => Defect::TrailingLineBreak {
                offset,
                count: breaks(below),
                carriage_return: below.iter().any(|(_, character)| *character == '\r'),
            },
        });
    }
}

fn scan_trailing(trailing: &[Located], defects: &mut Vec<Defect>) {
    let (nul, space): (Vec<Located>, Vec<Located>) = trailing.iter().partition(|(_, character)| *character == '\0');
    if let Some((offset, _)) = space.first() {
        defects.push(Defect::TrailingWhiteSpace { offset: *offset, count: space.len() });
    }
    if let Some((offset, _)) = nul.first() {
        defects.push(Defect::TrailingNul { offset: *offset, count: nul.len() });
    }
}

/// Looks inside what stands on the key's line, if it is a key at all.
fn scan_key(line: &[Located], wrapped: bool, defects: &mut Vec<Defect>) {
    let Some(start) = position(line, KEY_START) else { return };
    let (front, _) = split(line, start);
    let last = front.iter().rev().find(|(_, character)| !is_quote(*character) && !is_space(*character));
    let invisible = front.iter().all(|(_, character)| is_zero_width(*character));
    // A dot in front: the key lost the start of its header, and `eyJ` is the start of the payload.
    let start = if invisible || last.is_some_and(|(_, character)| *character == '.') { 0 } else { start };
    let (front, key) = split(line, start);
    let (key, behind) = split(key, closing_quotes(key));
    scan_around(front, behind, defects);
    let mut parts = key.splitn(4, |(_, character)| *character == '.');
    for part in [Part::Header, Part::Payload, Part::Signature] {
        scan_part(part, parts.next().unwrap_or_default(), wrapped, defects);
    }
    let dots = key.iter().filter(|(_, character)| *character == '.');
    if let (Some((offset, _)), Some(rest)) = (dots.clone().nth(2), parts.next())
        && rest.iter().all(|(_, character)| *character == '.')
    {
        defects.push(Defect::TrailingDot { offset: *offset });
    }
}

/// Quotes and other text around the key.
fn scan_around(front: &[Located], behind: &[Located], defects: &mut Vec<Defect>) {
    let quote = |text: &[Located]| text.iter().find(|(_, character)| is_quote(*character)).map(|(offset, _)| *offset);
    let other = front.iter().find(|(_, character)| !is_quote(*character) && !is_space(*character));
    if let Some((offset, _)) = other {
        defects.push(Defect::Prefix { offset: *offset, name: assigned_name(front) });
    }
    if let Some(offset) = quote(front).or_else(|| quote(behind)) {
        defects.push(Defect::Quotes { offset, opening: quote(front).is_some() });
    }
}

fn scan_part(part: Part, text: &[Located], wrapped: bool, defects: &mut Vec<Defect>) {
    let spaces = scan_spaces(part, text, defects);
    let first = |wanted: fn(char) -> bool| text.iter().find(|(_, character)| wanted(*character)).copied();
    let count = |wanted: fn(char) -> bool| text.iter().filter(|(_, character)| wanted(*character)).count();
    if let Some((offset, _)) = first(is_url_safe) {
        defects.push(Defect::UrlSafeAlphabet { offset, count: count(is_url_safe), part });
    }
    let encoded: Vec<usize> = text.windows(3).filter_map(percent_encoded).collect();
    if let Some(offset) = encoded.first() {
        defects.push(Defect::PercentEncoding { offset: *offset, count: encoded.len() });
    }
    if let Some((offset, character)) = first(is_zero_width) {
        defects.push(Defect::ZeroWidth { offset, character, part });
    }
    let is_other = |(_, character): &&Located| {
        let known = is_token(*character) || is_space(*character) || is_zero_width(*character);
        !known && *character != char::REPLACEMENT_CHARACTER && (*character != '%' || encoded.is_empty())
    };
    if let Some((offset, character)) = text.iter().find(is_other).copied() {
        defects.push(Defect::OtherCharacter { offset, character, part });
    }
    let digits = count(is_digit).saturating_add(count(is_url_safe));
    let whole = part != Part::Signature || digits == SIGNATURE_DIGITS;
    let padding = count(|character| character == '=');
    let missing = padding_of(digits).saturating_sub(padding);
    if let Some((last, _)) = text.last().filter(|_| missing > 0 && whole && !wrapped && !spaces && encoded.is_empty()) {
        defects.push(Defect::MissingPadding { offset: last.saturating_add(1), missing, part });
    }
}

/// White space inside a part; true when it stands where `+` stood.
fn scan_spaces(part: Part, text: &[Located], defects: &mut Vec<Defect>) -> bool {
    let spaces: Vec<usize> =
        text.iter().filter(|(_, character)| is_space(*character)).map(|(offset, _)| *offset).collect();
    let Some(offset) = spaces.first().copied() else { return false };
    let digits = text.iter().filter(|(_, character)| is_digit(*character)).count();
    let lost = SIGNATURE_DIGITS.checked_sub(digits);
    if part == Part::Signature && lost == Some(spaces.len()) {
        defects.push(Defect::SpaceForPlus { offset, count: spaces.len() });
        return true;
    }
    let inner = trim(text);
    let trimmed = !inner.iter().any(|(_, character)| is_space(*character));
    defects.push(Defect::WhiteSpaceInside { offset, count: spaces.len(), part, trimmed });
    false
}

/// What the SDK trims off a part.
fn trim(text: &[Located]) -> &[Located] {
    let start = text.iter().position(|(_, character)| *character > ' ').unwrap_or(text.len());
    let end = text.iter().rposition(|(_, character)| *character > ' ').map_or(start, |last| last.saturating_add(1));
    text.get(start..end).unwrap_or_default()
}

/// The name in `name=` or `name:` in front of a key, when it is short and plain.
fn assigned_name(front: &[Located]) -> Option<String> {
    let text: String =
        front.iter().map(|(_, character)| *character).filter(|character| !is_quote(*character)).collect();
    let name = text.trim().strip_suffix(['=', ':'])?.trim_end();
    let plain =
        name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | ' '));
    (plain && (1..=30).contains(&name.len())).then(|| text.trim().to_owned())
}

/// Where the closing quotes begin, with a comma or semicolon behind them.
fn closing_quotes(key: &[Located]) -> usize {
    let is_end = |character: char| is_quote(character) || is_space(character) || matches!(character, ',' | ';');
    let start = key.iter().rposition(|(_, character)| !is_end(*character)).map_or(0, |last| last.saturating_add(1));
    let (_, end) = split(key, start);
    if end.iter().any(|(_, character)| is_quote(*character)) { start } else { key.len() }
}

/// Whether the line has all of a key: three parts, the last with its 256 bytes.
fn is_complete(line: &[Located]) -> bool {
    let signature = line.splitn(3, |(_, character)| *character == '.').nth(2);
    signature.is_some_and(|text| text.iter().filter(|(_, character)| is_digit(*character)).count() >= SIGNATURE_DIGITS)
}

/// Whether the next line with text holds nothing but what a key is made of.
fn continues(below: &[Located]) -> bool {
    let mut lines = below.split(|(_, character)| is_break(*character));
    let next = lines.find(|line| line.iter().any(|(_, character)| !is_space(*character)));
    next.is_some_and(|line| line.iter().all(|(_, character)| is_token(*character) || is_space(*character)))
}

/// The offset of `%` with two hex digits behind it (RFC 3986, 2.1).
fn percent_encoded(window: &[Located]) -> Option<usize> {
    match window {
        [(offset, '%'), (_, high), (_, low)] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => Some(*offset),
        _ => None,
    }
}

/// Signs of padding behind this many characters (RFC 4648, 4).
fn padding_of(digits: usize) -> usize {
    match digits % 4 {
        2 => 2,
        3 => 1,
        _ => 0,
    }
}

/// Line breaks, where CR LF is one.
fn breaks(text: &[Located]) -> usize {
    let feeds = text.iter().filter(|(_, character)| *character == '\n').count();
    let pairs = text.windows(2).filter(|pair| matches!(pair, [(_, '\r'), (_, '\n')])).count();
    let returns = text.iter().filter(|(_, character)| *character == '\r').count();
    feeds.saturating_add(returns).saturating_sub(pairs)
}

fn trim_end(text: &[Located]) -> &[Located] {
    let end = text.iter().rposition(|(_, character)| !is_space(*character)).map_or(0, |last| last.saturating_add(1));
    split(text, end).0
}

fn position(text: &[Located], wanted: &str) -> Option<usize> {
    let wanted: Vec<char> = wanted.chars().collect();
    text.windows(wanted.len()).position(|window| window.iter().map(|(_, character)| character).eq(&wanted))
}

/// Splits at `index`, or gives all when it lies beyond the end.
fn split(text: &[Located], index: usize) -> (&[Located], &[Located]) {
    text.split_at_checked(index).unwrap_or((text, &[]))
}
