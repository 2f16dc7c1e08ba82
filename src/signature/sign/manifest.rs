//! The lines of `MANIFEST.MF` and `.SF` files (JAR File Specification; `ManifestWriter.java`).

use super::SignError;
use crate::limits::{JAR_ATTRIBUTES, JAR_MANIFEST_SIZE};
use crate::source::ReadAt;
use crate::zip::Directory;
use std::cmp::Ordering;

/// The manifest's entry.
pub(super) const ENTRY: &str = "META-INF/MANIFEST.MF";
/// Bytes of a line without its line end.
const LINE: usize = 70;

/// A name and its value.
pub(super) type Attribute = (String, String);

/// The attributes of the main section of the archive's own manifest, which a signer keeps; sorted by name, without
/// the version.
pub(super) fn main_section(source: &dyn ReadAt, directory: &Directory) -> Result<Option<Vec<Attribute>>, SignError> {
    let Some(entry) = directory.find(ENTRY) else { return Ok(None) };
    let contents = directory.contents(source, entry, JAR_MANIFEST_SIZE)?;
    parse_main(&contents).map(Some)
}

fn parse_main(contents: &[u8]) -> Result<Vec<Attribute>, SignError> {
    let malformed = |reason: &str| SignError::Manifest(reason.to_owned());
    let mut attributes: Vec<Attribute> = Vec::new();
    for line in unfolded(contents) {
        let line = String::from_utf8(line).map_err(|_| malformed("the old one is not UTF-8"))?;
        let (name, value) = line.split_once(": ").ok_or_else(|| malformed("the old one has a line without a name"))?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) {
            return Err(malformed("the old one has a wrong name"));
        }
        if attributes.len() >= JAR_ATTRIBUTES {
            return Err(malformed("the old one has too many attributes"));
        }
        match attributes.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) => value.clone_into(known),
            None => attributes.push((name.to_owned(), value.to_owned())),
        }
    }
    attributes.sort();
    Ok(attributes)
}

/// The lines up to the first empty one; a line that begins with a space goes on the one before.
fn unfolded(contents: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut rest = contents;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = after.strip_prefix(b"\r\n").or_else(|| after.get(1..)).unwrap_or_default();
        match (line.strip_prefix(b" "), lines.last_mut()) {
            _ if line.is_empty() => break,
            (Some(more), Some(last)) => last.extend_from_slice(more),
            _ => lines.push(line.to_vec()),
        }
    }
    lines
}

/// A section: its attributes and an empty line.
pub(super) fn section<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in attributes {
        fold(&mut out, format!("{name}: {value}").as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// Writes a line, broken where it is longer than 70 bytes.
fn fold(out: &mut Vec<u8>, line: &[u8]) {
    let (first, mut rest) = line.split_at_checked(LINE).unwrap_or((line, &[]));
    out.extend_from_slice(first);
    while !rest.is_empty() {
        let (part, after) = rest.split_at_checked(LINE.saturating_sub(1)).unwrap_or((rest, &[]));
        out.extend_from_slice(b"\r\n ");
        out.extend_from_slice(part);
        rest = after;
    }
    out.extend_from_slice(b"\r\n");
}

/// Whether a name can stand in a manifest, which has no way to write line ends.
pub(super) fn check_name(name: &str) -> Result<(), SignError> {
    if name.contains(['\r', '\n', '\0']) {
        return Err(SignError::Manifest(format!("an entry's name has a line end in it: {name:?}")));
    }
    Ok(())
}

/// The order of Java's strings: by UTF-16 units.
pub(super) fn java_order(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_at_most_72_bytes() {
        let name = "n".repeat(200);
        let text = section([("Name", name.as_str())]);
        assert!(text.split(|byte| *byte == b'\n').all(|line| line.len() <= 71));
        assert_eq!(unfolded(&text), [format!("Name: {name}").into_bytes()]);
        let exact = "n".repeat(LINE - 6);
        assert_eq!(section([("Name", exact.as_str())]), format!("Name: {exact}\r\n\r\n").into_bytes());
    }

    #[test]
    fn the_main_section_is_sorted() {
        let old = b"Manifest-Version: 1.0\nCreated-By: a\r\n long one\rBuilt-By: b\r\n\r\nName: x\r\n";
        let attributes = parse_main(old).unwrap();
        let names: Vec<_> = attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(names, ["Built-By=b", "Created-By=along one", "Manifest-Version=1.0"]);
        assert!(parse_main(b"no colon\r\n").is_err());
        assert!(parse_main(b"a b: c\r\n").is_err());
    }

    #[test]
    fn names_are_sorted_as_java_does() {
        assert_eq!(java_order("\u{ff5e}", "\u{1f600}"), Ordering::Greater, "surrogates come before");
        assert_eq!(java_order("B", "a"), Ordering::Less);
    }
}
