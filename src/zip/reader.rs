//! Finds the end record and lists the central directory, with Android's rules.

use super::error::{Violation, ZipError};
use super::record::{
    Common, END_MAGIC, END_SIZE, EndRecord, LOCAL_MAGIC, RECORD_MAGIC, ZIP64_LOCATOR_MAGIC, ZIP64_LOCATOR_SIZE,
};
use crate::bytes::{BytesError, Reader};
use crate::limits::{ARCHIVE_SIZE, CENTRAL_DIRECTORY_SIZE, END_RECORD_SEARCH};
use crate::source::ReadAt;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::ops::Range;

/// A compression method (APPNOTE 4.4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method(pub u16);

impl Method {
    /// The bytes as they are.
    pub const STORED: Self = Self(0);
    /// Deflate, the only compression that Android reads.
    pub const DEFLATED: Self = Self(8);
}

/// What the central directory declares of one entry. Nothing of it is verified until the data is read.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The name; with replacement characters if it is not UTF-8.
    pub name: String,
    /// General purpose flags.
    pub flags: u16,
    /// Compression method.
    pub method: Method,
    /// Modification date and time in the MS-DOS format (APPNOTE 4.4.6): date in the upper 16 bits.
    pub modified: u32,
    /// CRC-32 of the uncompressed data.
    pub declared_crc32: u32,
    /// Bytes of the data in the archive.
    pub declared_compressed_size: u64,
    /// Bytes of the data when uncompressed.
    pub declared_size: u64,
    /// Where the local header should stand.
    pub local_header_offset: u64,
    /// The record's bytes inside [`Directory::bytes`].
    pub record: Range<usize>,
}

impl Entry {
    /// Whether the name is that of a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// Where the parts of the archive stand, in bytes from the start of the file.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The central directory.
    pub directory: Range<u64>,
    /// The end record, its comment included.
    pub end_record: Range<u64>,
    /// The size of the file.
    pub size: u64,
}

/// The central directory of an archive.
#[derive(Debug, Clone)]
pub struct Directory {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// By the name's bytes: two names that are not UTF-8 may look alike as text.
    by_name: HashMap<Box<[u8]>, usize>,
    layout: Layout,
    comment: Vec<u8>,
    violations: Vec<Violation>,
}

impl Directory {
    /// Reads the end record and the central directory; of the rest only the first four bytes.
    ///
    /// # Errors
    /// [`ZipError`] when the entries cannot be listed. What else is wrong is in [`Directory::violations`].
    pub fn read(source: &dyn ReadAt) -> Result<Self, ZipError> {
        let tail = Tail::find(source)?;
        let mut violations = tail.violations();
        let directory = tail.directory()?;
        let bytes = source.bytes(directory.clone())?;
        let entries = list(&bytes, directory.start, usize::from(tail.end.entries), &mut violations)?;
        if source.bytes(0..4.min(source.size()))? != LOCAL_MAGIC && !entries.is_empty() {
            violations.push(Violation::BytesBefore);
        }
        let by_name = index(&bytes, &entries, directory.start, &mut violations);
        violations.sort();
        let layout = Layout { directory, end_record: tail.offset..tail.comment_end, size: source.size() };
        Ok(Self { bytes, entries, by_name, layout, comment: tail.comment, violations })
    }

    /// The entries in the order of the central directory.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The first entry of this exact name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.by_name.get(name.as_bytes()).and_then(|index| self.entries.get(*index))
    }

    /// Where the parts stand.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The central directory's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The archive comment.
    #[must_use]
    pub fn comment(&self) -> &[u8] {
        &self.comment
    }

    /// The rules that the archive breaks, sorted.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

/// The end record and where it was found.
struct Tail {
    end: EndRecord,
    offset: u64,
    comment_end: u64,
    comment: Vec<u8>,
    size: u64,
    /// Where an earlier end record signature stands.
    earlier: Option<u64>,
}

impl Tail {
    /// Searches from the end, as libziparchive does: the last end record signature decides.
    fn find(source: &dyn ReadAt) -> Result<Self, ZipError> {
        let size = source.size();
        if size > ARCHIVE_SIZE {
            return Err(ZipError::FileTooLarge(size));
        }
        let start = size.saturating_sub(END_RECORD_SEARCH);
        let searched = source.bytes(start..size)?;
        let position = last_end_record(&searched).ok_or(ZipError::NoEndRecord)?;
        let (_, found) = searched.split_at_checked(position).ok_or(ZipError::NoEndRecord)?;
        let mut reader = Reader::new(found);
        let end = EndRecord::parse(&mut reader).map_err(|_| ZipError::NoEndRecord)?;
        let rest = reader.take_rest();
        let comment = rest.get(..usize::from(end.comment_length)).unwrap_or(rest).to_vec();
        let offset = start.saturating_add(length(position));
        refuse_zip64(source, offset, end)?;
        let comment_end = offset.saturating_add(END_SIZE).saturating_add(length(comment.len()));
        let earlier = searched.get(..position).and_then(last_end_record);
        let earlier = earlier.map(|position| start.saturating_add(length(position)));
        Ok(Self { end, offset, comment_end, comment, size, earlier })
    }

    fn violations(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        let end = self.end;
        if self.comment.len() < usize::from(end.comment_length) {
            violations.push(Violation::CommentCut);
        }
        if self.comment_end < self.size {
            violations.push(Violation::BytesAfter { count: self.size.saturating_sub(self.comment_end) });
        }
        if end.disk != 0 || end.directory_disk != 0 || end.entries_here != end.entries {
            violations.push(Violation::SeveralDisks);
        }
        if end.entries == 0 {
            violations.push(Violation::NoEntries);
        }
        let directory_end = u64::from(end.directory_offset).saturating_add(u64::from(end.directory_size));
        if self.earlier.is_some_and(|earlier| earlier >= directory_end) {
            violations.push(Violation::SecondEndRecord);
        }
        if directory_end < self.offset {
            violations.push(Violation::BytesBetween { count: self.offset.saturating_sub(directory_end) });
        }
        violations
    }

    fn directory(&self) -> Result<Range<u64>, ZipError> {
        let offset = u64::from(self.end.directory_offset);
        let size = u64::from(self.end.directory_size);
        let end = offset.saturating_add(size);
        if end > self.offset {
            return Err(ZipError::DirectoryOutside { offset, size, end_record: self.offset });
        }
        if size > CENTRAL_DIRECTORY_SIZE {
            return Err(ZipError::DirectoryTooLarge(size));
        }
        Ok(offset..end)
    }
}

/// The last end record signature that has room for a whole record.
fn last_end_record(searched: &[u8]) -> Option<usize> {
    let room = usize::try_from(END_SIZE).ok()?;
    searched.windows(room).rposition(|window| window.starts_with(&END_MAGIC))
}

fn refuse_zip64(source: &dyn ReadAt, end_offset: u64, end: EndRecord) -> Result<(), ZipError> {
    if end.directory_offset == u32::MAX || end.directory_size == u32::MAX {
        return Err(ZipError::Zip64);
    }
    let Some(locator) = end_offset.checked_sub(ZIP64_LOCATOR_SIZE) else { return Ok(()) };
    let magic = source.bytes(locator..locator.saturating_add(4))?;
    if magic == ZIP64_LOCATOR_MAGIC { Err(ZipError::Zip64) } else { Ok(()) }
}

fn list(bytes: &[u8], start: u64, count: usize, violations: &mut Vec<Violation>) -> Result<Vec<Entry>, ZipError> {
    let mut reader = Reader::at(bytes, start);
    let mut entries = Vec::new();
    for index in 1..=count {
        let position = bytes.len().saturating_sub(reader.remaining());
        let entry = parse_record(&mut reader, position, violations).map_err(|source| ZipError::Record {
            index,
            count,
            source,
        })?;
        entries.push(entry);
    }
    if !reader.is_empty() {
        violations.push(Violation::DirectoryLeftover { count: length(reader.remaining()) });
    }
    Ok(entries)
}

fn parse_record(reader: &mut Reader<'_>, start: usize, violations: &mut Vec<Violation>) -> Result<Entry, BytesError> {
    let offset = reader.offset();
    if reader.array::<4>("record signature")? != RECORD_MAGIC {
        return Err(BytesError::Ends { field: "record signature", offset });
    }
    let before = reader.remaining();
    reader.u16_le("version made by")?;
    let common = Common::parse(reader)?;
    let comment_length = reader.u16_le("comment length")?;
    reader.u16_le("disk number")?;
    reader.u16_le("internal attributes")?;
    reader.u32_le("external attributes")?;
    let local_header_offset = u64::from(reader.u32_le("local header offset")?);
    let raw_name = reader.take(usize::from(common.name_length), "entry name")?;
    reader.take(usize::from(common.extra_length), "extra field")?;
    reader.take(usize::from(comment_length), "entry comment")?;
    let used = before.saturating_sub(reader.remaining()).saturating_add(RECORD_MAGIC.len());
    Ok(Entry {
        name: checked_name(raw_name, violations),
        flags: common.flags,
        method: common.method,
        modified: u32::from(common.date).wrapping_shl(16) | u32::from(common.time),
        declared_crc32: common.crc32,
        declared_compressed_size: u64::from(common.compressed_size),
        declared_size: u64::from(common.size),
        local_header_offset,
        record: start..start.saturating_add(used),
    })
}

/// The name inside a record of the central directory (APPNOTE 4.3.12).
pub(super) fn raw_name(record: &[u8]) -> &[u8] {
    let mut reader = Reader::new(record);
    let length = reader.take(28, "record").and_then(|_| reader.u16_le("name length")).unwrap_or(0);
    let skipped = reader.take(16, "record");
    skipped.and_then(|_| reader.take(usize::from(length), "entry name")).unwrap_or_default()
}

/// A name without NUL in UTF-8 (`zip_archive.cc`, `IsValidEntryName`).
fn checked_name(raw: &[u8], violations: &mut Vec<Violation>) -> String {
    let name = String::from_utf8_lossy(raw).into_owned();
    if raw.contains(&0) {
        violations.push(Violation::NameWithNul { name: name.clone() });
    }
    if !is_android_utf8(raw) {
        violations.push(Violation::NameNotUtf8 { name: name.clone() });
    } else if std::str::from_utf8(raw).is_err() {
        violations.push(Violation::NameNotUnicode { name: name.clone() });
    }
    name
}

/// libziparchive counts leading and continuation bytes only, so it takes surrogates, overlong forms and sequences of
/// up to six bytes.
fn is_android_utf8(name: &[u8]) -> bool {
    let mut rest = name.iter();
    while let Some(byte) = rest.next() {
        let continuations = match byte.leading_ones() {
            0 => 0,
            ones @ 2..=6 => ones.saturating_sub(1),
            _ => return false,
        };
        for _ in 0..continuations {
            if rest.next().is_none_or(|byte| byte.leading_ones() != 1) {
                return false;
            }
        }
    }
    true
}

fn index(
    bytes: &[u8],
    entries: &[Entry],
    directory: u64,
    violations: &mut Vec<Violation>,
) -> HashMap<Box<[u8]>, usize> {
    let mut by_name = HashMap::with_capacity(entries.len());
    for (position, entry) in entries.iter().enumerate() {
        if entry.local_header_offset >= directory {
            violations.push(Violation::LocalHeaderOutside { name: entry.name.clone() });
        }
        let raw = raw_name(bytes.get(entry.record.clone()).unwrap_or_default());
        match by_name.entry(Box::from(raw)) {
            Slot::Occupied(_) => violations.push(Violation::DuplicateName { name: entry.name.clone() }),
            Slot::Vacant(slot) => drop(slot.insert(position)),
        }
    }
    by_name
}

fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, data) in entries {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(data).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn good() -> Vec<u8> {
        archive(&[("AndroidManifest.xml", b"manifest"), ("assets/api_key.txt", b"KEY-1")])
    }

    fn end_of(file: &[u8]) -> usize {
        last_end_record(file).unwrap()
    }

    fn violations(file: &[u8]) -> Vec<Violation> {
        Directory::read(&file.to_vec()).unwrap().violations().to_vec()
    }

    fn replace(file: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let mut out = file.to_vec();
        let places: Vec<usize> = (0..file.len()).filter(|at| file[*at..].starts_with(from)).collect();
        for at in places {
            out[at..at + to.len()].copy_from_slice(to);
        }
        out
    }

    #[test]
    fn a_good_archive_has_no_violation() {
        let file = good();
        let directory = Directory::read(&file).unwrap();
        assert!(directory.violations().is_empty());
        let entry = directory.find("assets/api_key.txt").unwrap();
        assert_eq!(directory.contents(&file, entry, 100).unwrap(), b"KEY-1");
        assert_eq!(directory.raw_name(entry), b"assets/api_key.txt");
    }

    #[test]
    fn bytes_around_the_archive_are_named() {
        let mut after = good();
        after.extend(b"trailing");
        assert_eq!(violations(&after), [Violation::BytesAfter { count: 8 }]);
        let mut comment = good();
        let end = end_of(&comment);
        comment[end + 20] = 9;
        assert_eq!(violations(&comment), [Violation::CommentCut]);
    }

    #[test]
    fn bytes_before_the_archive_are_named() {
        let mut file = good();
        file[..4].copy_from_slice(b"dex\n");
        assert_eq!(violations(&file), [Violation::BytesBefore]);
    }

    #[test]
    fn duplicate_and_odd_names_are_named() {
        let twice = replace(&archive(&[("a.txt", b"1"), ("b.txt", b"2")]), b"b.txt", b"a.txt");
        assert_eq!(violations(&twice), [Violation::DuplicateName { name: "a.txt".into() }]);
        let nul = replace(&good(), b"assets/api_key.txt", b"assets/api_key\0txt");
        assert_eq!(violations(&nul), [Violation::NameWithNul { name: "assets/api_key\0txt".into() }]);
        let surrogate = replace(&good(), b"assets/api_key.txt", b"assets/api_key.\xed\xa0\x80");
        assert!(matches!(violations(&surrogate)[..], [Violation::NameNotUnicode { .. }]));
        let binary = replace(&good(), b"assets/api_key.txt", b"assets/api_key.tx\xff");
        assert_eq!(violations(&binary), [Violation::NameNotUtf8 { name: "assets/api_key.tx\u{fffd}".into() }]);
    }

    #[test]
    fn names_are_compared_by_their_bytes() {
        let file = replace(&archive(&[("a.txt", b"1"), ("b.txt", b"2")]), b"a.txt", b"\xed\xa0\x80xt");
        let file = replace(&file, b"b.txt", b"\xed\xa0\x81xt");
        let directory = Directory::read(&file).unwrap();
        assert_eq!(directory.entries()[0].name, directory.entries()[1].name);
        assert!(directory.violations().iter().all(|v| matches!(v, Violation::NameNotUnicode { .. })));
        assert!(directory.find(&directory.entries()[0].name).is_none());
    }

    #[test]
    fn a_file_above_4_gib_is_refused_by_its_size() {
        struct Large;
        impl ReadAt for Large {
            fn size(&self) -> u64 {
                1 << 32
            }
            fn read_exact_at(&self, _: &mut [u8], _: u64) -> Result<(), crate::source::SourceError> {
                unreachable!("nothing is read")
            }
        }
        assert!(matches!(Directory::read(&Large), Err(ZipError::FileTooLarge(_))));
    }

    #[test]
    fn an_end_record_in_the_comment_is_named() {
        let mut file = good();
        let end = end_of(&file);
        let mut inner = file[end..].to_vec();
        inner[8..12].copy_from_slice(&[1, 0, 1, 0]);
        file[end + 20] = 22;
        file.extend(inner);
        let found = violations(&file);
        assert!(found.contains(&Violation::SecondEndRecord), "{found:?}");
    }

    #[test]
    fn the_declared_count_decides() {
        let mut file = good();
        let end = end_of(&file);
        file[end + 8..end + 12].copy_from_slice(&[1, 0, 1, 0]);
        let directory = Directory::read(&file).unwrap();
        assert_eq!(directory.entries().len(), 1);
        assert!(matches!(directory.violations(), [Violation::DirectoryLeftover { .. }]));
        file[end + 8..end + 12].copy_from_slice(&[9, 0, 9, 0]);
        assert!(matches!(Directory::read(&file), Err(ZipError::Record { index: 3, count: 9, .. })));
    }

    #[test]
    fn a_local_header_that_disagrees_is_refused() {
        let file = good();
        let at = file.windows(18).position(|window| window == b"assets/api_key.txt").unwrap();
        let mut other = file.clone();
        other[at + 13] = b'z';
        let directory = Directory::read(&other).unwrap();
        let error = directory.contents(&other, directory.find("assets/api_key.txt").unwrap(), 100).unwrap_err();
        assert_eq!(error.to_string(), "entry `assets/api_key.txt`: its local header has another name");
    }

    #[test]
    fn declared_sizes_are_not_believed() {
        let file = archive(&[("bomb", &vec![0; 1 << 20])]);
        let directory = Directory::read(&file).unwrap();
        let entry = directory.find("bomb").unwrap();
        assert!(matches!(directory.contents(&file, entry, 1000), Err(ZipError::TooLarge { .. })));
        let mut lying = entry.clone();
        lying.declared_size = 100;
        let mut seen = 0;
        assert!(directory.unpacker(&file).unpack(&lying, &mut |bytes| seen += bytes.len()).is_err());
        assert!(seen <= 1 << 17, "inflating stops soon after the declared size");
    }

    #[test]
    fn no_prefix_and_no_changed_byte_panics() {
        let file = good();
        for end in 0..file.len() {
            let _ = Directory::read(&file[..end].to_vec());
        }
        for at in 0..file.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = file.clone();
                changed[at] = value;
                let Ok(directory) = Directory::read(&changed) else { continue };
                for entry in directory.entries() {
                    let _ = directory.contents(&changed, entry, 1 << 20);
                }
            }
        }
    }
}
