//! Manifests and signature files: sections of attributes (JAR File Specification, "Notes on Manifest and Signature
//! Files"). Read as AOSP's `ManifestParser.java` does, and refused where the platform's reader
//! (`StrictJarManifestReader.java`) refuses: a zero byte, a line without `: `, a last line that does not end.
//!
//! Lines have at most 72 bytes; a longer value goes on in the next line behind a space. An empty line ends a section.

use crate::digest::DigestAlgorithm;
use crate::signature::verify::Levels;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;
use std::ops::Range;

/// As Java's `Base64.getDecoder()`: padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Why Android would not read a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    ZeroByte,
    LineNotEnded,
    LineWithoutColon,
    AttributeTwice,
}

impl Malformed {
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::ZeroByte => "it contains a zero byte",
            Self::LineNotEnded => "its last line does not end",
            Self::LineWithoutColon => "a line has no `: `",
            Self::AttributeTwice => "an attribute stands twice in a section",
        }
    }
}

/// One section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section<'a> {
    /// Its bytes in the file, with the empty line behind it: that is what a digest covers.
    pub(super) range: Range<usize>,
    attributes: Vec<Attribute<'a>>,
}

/// One attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Attribute<'a> {
    name: Cow<'a, [u8]>,
    value: Cow<'a, [u8]>,
}

impl Attribute<'_> {
    fn is_named(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

impl Section<'_> {
    /// The entry that the section is for: its first attribute must be `Name`.
    pub(super) fn name(&self) -> Option<String> {
        let first = self.attributes.first().filter(|attribute| attribute.is_named(b"Name"))?;
        Some(String::from_utf8_lossy(&first.value).into_owned())
    }

    /// An attribute's value.
    pub(super) fn value(&self, name: &str) -> Option<&[u8]> {
        let found = self.attributes.iter().find(|attribute| attribute.is_named(name.as_bytes()));
        found.map(|attribute| attribute.value.as_ref())
    }

    /// The digests that Android versions in `levels` compare, from the attributes that end with `suffix`
    /// (`V1SchemeVerifier.getDigestsToVerify`). Empty when some version finds none; an error when one is not base64.
    pub(super) fn digests(&self, suffix: &str, levels: Levels) -> Result<Vec<NamedDigest>, NotBase64> {
        let mut digests = Vec::new();
        if levels.0 < STRONGEST_FROM {
            match self.listed_digest(suffix, levels.0)? {
                Some(digest) => digests.push(digest),
                None => return Ok(digests),
            }
        }
        if levels.1 >= STRONGEST_FROM {
            let strongest = STRONGEST_FIRST.iter().find_map(|(name, algorithm)| {
                self.value(&format!("{name}{suffix}")).map(|value| decode(value).map(|digest| (*algorithm, digest)))
            });
            if let Some(digest) = strongest.transpose()?
                && !digests.contains(&digest)
            {
                digests.push(digest);
            }
        }
        Ok(digests)
    }

    /// Before Android 4.3: the first of the algorithms that `Digest-Algorithms` lists.
    fn listed_digest(&self, suffix: &str, level: u32) -> Result<Option<NamedDigest>, NotBase64> {
        let listed = self.value("Digest-Algorithms").map(String::from_utf8_lossy);
        let listed = listed.unwrap_or(Cow::Borrowed("SHA SHA1"));
        for name in listed.split_ascii_whitespace() {
            let known = LISTED.iter().find(|(listed, _, from)| listed.eq_ignore_ascii_case(name) && *from <= level);
            let value = self.value(&format!("{name}{suffix}"));
            if let (Some((_, algorithm, _)), Some(value)) = (known, value) {
                return decode(value).map(|digest| Some((*algorithm, digest)));
            }
        }
        Ok(None)
    }
}

/// A digest and its algorithm.
pub(super) type NamedDigest = (DigestAlgorithm, Vec<u8>);

/// A digest that is not base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotBase64;

/// From Android 4.3 (API 18) on the strongest digest counts.
const STRONGEST_FROM: u32 = 18;

const STRONGEST_FIRST: [(&str, DigestAlgorithm); 4] = [
    ("SHA-512", DigestAlgorithm::Sha512),
    ("SHA-384", DigestAlgorithm::Sha384),
    ("SHA-256", DigestAlgorithm::Sha256),
    ("SHA1", DigestAlgorithm::Sha1),
];

/// Names in `Digest-Algorithms`, and the API level from which they are known.
const LISTED: [(&str, DigestAlgorithm, u32); 7] = [
    ("MD5", DigestAlgorithm::Md5, 0),
    ("SHA", DigestAlgorithm::Sha1, 0),
    ("SHA1", DigestAlgorithm::Sha1, 0),
    ("SHA-1", DigestAlgorithm::Sha1, 0),
    ("SHA-256", DigestAlgorithm::Sha256, 0),
    ("SHA-384", DigestAlgorithm::Sha384, 9),
    ("SHA-512", DigestAlgorithm::Sha512, 9),
];

fn decode(value: &[u8]) -> Result<Vec<u8>, NotBase64> {
    BASE64.decode(value).map_err(|_| NotBase64)
}

/// Splits a manifest or signature file. The first section is the main one.
pub(super) fn sections(data: &[u8]) -> Result<Vec<Section<'_>>, Malformed> {
    if data.contains(&0) {
        return Err(Malformed::ZeroByte);
    }
    if !data.is_empty() && !data.ends_with(b"\n") && !data.ends_with(b"\r") {
        return Err(Malformed::LineNotEnded);
    }
    let mut sections = Vec::new();
    let mut lines = Lines { data, position: 0 };
    let mut start = 0;
    let mut joined: Vec<Cow<'_, [u8]>> = Vec::new();
    while let Some(line) = lines.next() {
        match (line.split_first(), joined.last_mut()) {
            (None, None) => start = lines.position,
            (None, Some(_)) => {
                sections.push(section(start..lines.position, std::mem::take(&mut joined))?);
                start = lines.position;
            }
            (Some((b' ', rest)), Some(last)) => last.to_mut().extend_from_slice(rest),
            (Some(_), _) => joined.push(Cow::Borrowed(line)),
        }
    }
    if !joined.is_empty() {
        sections.push(section(start..data.len(), joined)?);
    }
    Ok(sections)
}

fn section(range: Range<usize>, lines: Vec<Cow<'_, [u8]>>) -> Result<Section<'_>, Malformed> {
    let mut attributes: Vec<Attribute<'_>> = Vec::with_capacity(lines.len());
    for line in lines {
        let attribute = attribute(line).ok_or(Malformed::LineWithoutColon)?;
        if attributes.iter().any(|other| other.is_named(&attribute.name)) {
            return Err(Malformed::AttributeTwice);
        }
        attributes.push(attribute);
    }
    Ok(Section { range, attributes })
}

fn attribute(line: Cow<'_, [u8]>) -> Option<Attribute<'_>> {
    let colon = line.windows(2).position(|pair| pair == b": ")?;
    let behind = colon.saturating_add(2);
    match line {
        Cow::Borrowed(line) => Some(Attribute { name: line.get(..colon)?.into(), value: line.get(behind..)?.into() }),
        Cow::Owned(line) => {
            let (name, value) = (line.get(..colon)?.to_vec(), line.get(behind..)?.to_vec());
            Some(Attribute { name: name.into(), value: value.into() })
        }
    }
}

/// Lines that end with CR LF, LF or CR.
struct Lines<'a> {
    data: &'a [u8],
    position: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.data.get(self.position..).filter(|rest| !rest.is_empty())?;
        let length = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        let (line, ending) = rest.split_at_checked(length)?;
        let ending = if ending.starts_with(b"\r\n") { 2 } else { ending.len().min(1) };
        self.position = self.position.saturating_add(length).saturating_add(ending);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Levels = (1, 99);

    fn one(text: &str) -> Section<'_> {
        let mut sections = sections(text.as_bytes()).unwrap();
        assert_eq!(sections.len(), 1);
        sections.remove(0)
    }

    #[test]
    fn a_section_ends_with_an_empty_line_which_belongs_to_it() {
        let text = b"Manifest-Version: 1.0\r\n\r\nName: a\r\nSHA1-Digest: AA==\r\n\r\nName: b\r\n";
        let sections = sections(text).unwrap();
        let ranges: Vec<Range<usize>> = sections.iter().map(|section| section.range.clone()).collect();
        assert_eq!(ranges, [0..25, 25..55, 55..64]);
        assert_eq!(sections[1].name().unwrap(), "a");
        assert_eq!(sections[0].name(), None);
    }

    #[test]
    fn long_lines_go_on_behind_a_space() {
        let section = one("Name: a/very/lo\r\n ng/name \r\nSHA1-Digest: A\n A==\n\n");
        assert_eq!(section.name().unwrap(), "a/very/long/name ");
        assert_eq!(section.digests("-Digest", (1, 17)).unwrap(), [(DigestAlgorithm::Sha1, vec![0])]);
    }

    #[test]
    fn each_android_version_takes_its_digest() {
        let both = one("Name: a\nSHA1-Digest: AQ==\nSHA-256-Digest: Ag==\n\n");
        let (old, new) = ((DigestAlgorithm::Sha1, vec![1]), (DigestAlgorithm::Sha256, vec![2]));
        assert_eq!(both.digests("-Digest", ALL).unwrap(), [old.clone(), new.clone()]);
        assert_eq!(both.digests("-Digest", (18, 99)).unwrap(), [new]);
        assert_eq!(both.digests("-Digest", (1, 17)).unwrap(), [old]);
        let new_only = one("Name: a\nSHA-256-Digest: Ag==\n\n");
        assert_eq!(new_only.digests("-Digest", ALL).unwrap(), [], "below 18 only SHA-1 is looked for");
        let listed = one("Name: a\nDigest-Algorithms: SHA-256\nSHA-256-Digest: Ag==\n\n");
        assert_eq!(listed.digests("-Digest", ALL).unwrap().len(), 1);
        assert_eq!(one("Name: a\nSHA1-Digest: !\n\n").digests("-Digest", ALL), Err(NotBase64));
    }

    #[test]
    fn what_the_platform_does_not_read_is_refused() {
        assert_eq!(sections(b"Name: a\0\n").unwrap_err(), Malformed::ZeroByte);
        assert_eq!(sections(b"Name: a").unwrap_err(), Malformed::LineNotEnded);
        assert_eq!(sections(b"Name a\n").unwrap_err(), Malformed::LineWithoutColon);
        assert_eq!(sections(b"Name: a\nX: 1\nx: 2\n").unwrap_err(), Malformed::AttributeTwice);
        assert_eq!(sections(b"").unwrap(), []);
        assert_eq!(sections(b"\n\n\r\n").unwrap(), []);
    }
}
