//! Edits of an archive that leave every other entry's bytes, compression, times and alignment alone.
//!
//! New entries go behind the last one, in the place of the APK Signing Block, so that nothing else moves and the
//! prefix can be copied by the kernel. When an entry is taken out, what stands behind it moves up, and the padding
//! in the local headers is made anew so that each stored entry keeps the alignment that it had.

use super::alignment::{ALIGNMENT_FIELD, Alignment};
use super::deflate::deflate;
use super::error::ZipError;
use super::reader::{Directory, Entry, Method};
use super::record::{Common, END_SIZE, EndRecord, FLAG_UTF8, LOCAL_MAGIC, LOCAL_SIZE, RECORD_MAGIC};
use crate::source::{Piece, ReadAt};
use std::collections::BTreeSet;
use std::ops::Range;

/// 1981-01-01 00:00 in the MS-DOS format: what bundletool writes, so that output does not depend on the clock.
const FIXED_DATE: u32 = 0x0221_0000;

/// An entry to put behind the others.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// The name.
    pub name: String,
    /// The uncompressed data.
    pub contents: Vec<u8>,
}

/// What to change in an archive.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Positions in [`Directory::entries`] of entries to take out.
    pub removed: BTreeSet<usize>,
    /// Entries to put behind the others.
    pub added: Vec<NewEntry>,
}

/// The new archive as a plan: a writer only obeys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// The entries, from the start of the file.
    pub entries: Vec<Piece>,
    /// The central directory that follows.
    pub directory: Vec<u8>,
    /// The end record at the end.
    pub end_record: Vec<u8>,
    /// How many bytes of the old file keep their place, from its start.
    pub untouched: u64,
}

impl Rewritten {
    /// All parts in order.
    pub fn pieces(self) -> impl Iterator<Item = Piece> {
        self.entries.into_iter().chain([Piece::Bytes(self.directory), Piece::Bytes(self.end_record)])
    }
}

impl Edit {
    /// Plans the new archive.
    ///
    /// # Errors
    /// [`ZipError`] when a local header of an entry that moves cannot be read, or the result cannot be expressed.
    pub fn plan(&self, source: &dyn ReadAt, directory: &Directory) -> Result<Rewritten, ZipError> {
        self.plan_aligned(source, directory, Alignment::Kept)
    }

    /// Plans the new archive, with stored entries aligned in this way.
    ///
    /// # Errors
    /// As [`Edit::plan`].
    pub fn plan_aligned(
        &self,
        source: &dyn ReadAt,
        directory: &Directory,
        alignment: Alignment,
    ) -> Result<Rewritten, ZipError> {
        let mut writer = Planner { alignment, ..Planner::default() };
        let kept = self.kept_in_file_order(directory);
        let cut = self.first_removed(directory).min(alignment.first_misaligned(source, directory, &kept)?);
        let untouched = untouched_prefix(source, directory, &kept, cut)?;
        writer.copy(0..untouched);
        let mut offsets = vec![None; directory.entries().len()];
        for (position, entry) in kept {
            let new_offset = if entry.local_header_offset < untouched {
                entry.local_header_offset
            } else {
                let offset = writer.position;
                writer.move_entry(source, directory, entry)?;
                offset
            };
            if let Some(slot) = offsets.get_mut(position) {
                *slot = Some(new_offset);
            }
        }
        for (entry, offset) in directory.entries().iter().zip(offsets) {
            if let Some(offset) = offset {
                writer.keep_record(directory, entry, offset)?;
            }
        }
        for entry in &self.added {
            writer.add(entry)?;
        }
        writer.finish(directory.comment(), untouched)
    }

    fn kept_in_file_order<'a>(&self, directory: &'a Directory) -> Vec<(usize, &'a Entry)> {
        let entries = directory.entries().iter().enumerate();
        let mut kept: Vec<_> = entries.filter(|(position, _)| !self.removed.contains(position)).collect();
        kept.sort_by_key(|(_, entry)| entry.local_header_offset);
        kept
    }

    /// Where the first removed entry begins.
    fn first_removed(&self, directory: &Directory) -> u64 {
        let removed = self.removed.iter().filter_map(|position| directory.entries().get(*position));
        removed.map(|entry| entry.local_header_offset).min().unwrap_or(u64::MAX)
    }
}

/// The prefix that stays as it is: up to the end of the last entry that begins before `cut`.
fn untouched_prefix(
    source: &dyn ReadAt,
    directory: &Directory,
    in_file_order: &[(usize, &Entry)],
    cut: u64,
) -> Result<u64, ZipError> {
    let last_before = in_file_order.iter().rev().find(|(_, entry)| entry.local_header_offset < cut);
    match last_before {
        Some((_, entry)) => Ok(directory.local_header(source, entry)?.end),
        None => Ok(0),
    }
}

#[derive(Default)]
struct Planner {
    alignment: Alignment,
    pieces: Vec<Piece>,
    position: u64,
    directory: Vec<u8>,
    entries: usize,
}

impl Planner {
    fn copy(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        self.position = self.position.saturating_add(range.end.saturating_sub(range.start));
        match self.pieces.last_mut() {
            Some(Piece::Copy(last)) if last.end == range.start => last.end = range.end,
            _ => self.pieces.push(Piece::Copy(range)),
        }
    }

    fn bytes(&mut self, bytes: Vec<u8>) {
        self.position = self.position.saturating_add(length(&bytes));
        self.pieces.push(Piece::Bytes(bytes));
    }

    /// Copies an entry to the end, with its data aligned.
    fn move_entry(&mut self, source: &dyn ReadAt, directory: &Directory, entry: &Entry) -> Result<(), ZipError> {
        let local = directory.local_header(source, entry)?;
        let old_extra = source.bytes(local.extra.clone())?;
        let Some(alignment) = self.alignment.to_make(entry, (&local, &old_extra), self.position) else {
            self.copy(local.header.start..local.end);
            return Ok(());
        };
        let name = directory.raw_name(entry);
        let fixed_and_name = local.header.start.saturating_add(LOCAL_SIZE).saturating_add(length(name));
        let mut header = source.bytes(local.header.start..fixed_and_name)?;
        let unpadded = self.position.saturating_add(length(&header));
        let extra = match self.alignment {
            Alignment::Kept => padded_extra(&old_extra, unpadded, alignment),
            Alignment::Preserved { .. } | Alignment::Made { .. } => aligned_extra(&old_extra, unpadded, alignment),
        };
        let extra_length = u16::try_from(extra.len()).map_err(|_| ZipError::Unwritable("a local header too long"))?;
        // the extra field's length is the last field of the fixed part
        if let Some(field) = header.get_mut(28..30) {
            field.copy_from_slice(&extra_length.to_le_bytes());
        }
        header.extend_from_slice(&extra);
        self.bytes(header);
        self.copy(local.data.start..local.end);
        Ok(())
    }

    /// Copies a record of the central directory with the entry's new offset.
    fn keep_record(&mut self, directory: &Directory, entry: &Entry, offset: u64) -> Result<(), ZipError> {
        let offset = u32::try_from(offset).map_err(|_| ZipError::Unwritable("more than 4 GiB"))?;
        let mut record = directory.bytes().get(entry.record.clone()).unwrap_or_default().to_vec();
        // APPNOTE 4.3.12: the offset of the local header is the last field of the fixed 46 bytes
        if let Some(field) = record.get_mut(42..46) {
            field.copy_from_slice(&offset.to_le_bytes());
        }
        self.record(&record);
        Ok(())
    }

    fn record(&mut self, record: &[u8]) {
        self.directory.extend_from_slice(record);
        self.entries = self.entries.saturating_add(1);
    }

    /// Adds a new entry: deflated unless that does not make it smaller; a stored one is aligned to 4 bytes.
    fn add(&mut self, entry: &NewEntry) -> Result<(), ZipError> {
        let (method, data) = compress(&entry.contents);
        let size = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(|_| ZipError::Unwritable("an entry above 4 GiB"));
        let name_length = u16::try_from(entry.name.len()).map_err(|_| ZipError::Unwritable("a name too long"))?;
        let offset = u32::try_from(self.position).map_err(|_| ZipError::Unwritable("more than 4 GiB"))?;
        let unpadded = self.position.saturating_add(LOCAL_SIZE).saturating_add(u64::from(name_length));
        let alignment = if method == Method::STORED { 4 } else { 1 };
        let extra = padded_extra(&[], unpadded, alignment);
        let (date, time) = (u16::try_from(FIXED_DATE.wrapping_shr(16)).unwrap_or(0), 0);
        let mut common = Common {
            version_needed: if method == Method::STORED { 10 } else { 20 },
            flags: if entry.name.is_ascii() { 0 } else { FLAG_UTF8 },
            method,
            time,
            date,
            crc32: crc32fast::hash(&entry.contents),
            compressed_size: size(&data)?,
            size: size(&entry.contents)?,
            name_length,
            extra_length: u16::try_from(extra.len()).unwrap_or(0),
        };
        let mut local = LOCAL_MAGIC.to_vec();
        common.write(&mut local);
        local.extend_from_slice(entry.name.as_bytes());
        local.extend_from_slice(&extra);
        local.extend_from_slice(&data);
        self.bytes(local);
        common.extra_length = 0;
        self.record(&new_record(common, &entry.name, offset));
        Ok(())
    }

    fn finish(self, comment: &[u8], untouched: u64) -> Result<Rewritten, ZipError> {
        // 65,535 is what ZIP64 writes in this place
        let entries = u16::try_from(self.entries).ok().filter(|entries| *entries != u16::MAX);
        let entries = entries.ok_or(ZipError::Unwritable("more than 65,534 entries"))?;
        let total = self.position.saturating_add(length(&self.directory)).saturating_add(END_SIZE);
        let too_large = |_| ZipError::Unwritable("more than 4 GiB");
        u32::try_from(total).map_err(too_large)?;
        let end = EndRecord {
            disk: 0,
            directory_disk: 0,
            entries_here: entries,
            entries,
            directory_size: u32::try_from(self.directory.len())
                .map_err(|_| ZipError::Unwritable("a central directory above 4 GiB"))?,
            directory_offset: u32::try_from(self.position).map_err(too_large)?,
            comment_length: u16::try_from(comment.len()).unwrap_or(0),
        };
        Ok(Rewritten { entries: self.pieces, directory: self.directory, end_record: end.write(comment), untouched })
    }
}

pub(super) fn new_record(common: Common, name: &str, offset: u32) -> Vec<u8> {
    let mut record = RECORD_MAGIC.to_vec();
    record.extend_from_slice(&common.version_needed.to_le_bytes());
    common.write(&mut record);
    // comment length, disk number, internal attributes, external attributes
    record.extend_from_slice(&[0; 10]);
    record.extend_from_slice(&offset.to_le_bytes());
    record.extend_from_slice(name.as_bytes());
    record
}

/// Deflates at the best level, or stores when that does not make it smaller.
fn compress(contents: &[u8]) -> (Method, Vec<u8>) {
    let deflated = deflate(contents);
    if deflated.len() < contents.len() { (Method::DEFLATED, deflated) } else { (Method::STORED, contents.to_vec()) }
}

/// An extra field without old padding and with so much new padding that the data behind it is aligned.
fn padded_extra(old: &[u8], unpadded: u64, alignment: u64) -> Vec<u8> {
    let extra = without_padding(old);
    if unpadded.saturating_add(length(&extra)).is_multiple_of(alignment) {
        return extra;
    }
    aligned_extra(old, unpadded, alignment)
}

/// The same, with the field for padding also where none is needed: it says which alignment the entry wants
/// (`ApkSigner.java`, `createExtraFieldToAlignData`).
fn aligned_extra(old: &[u8], unpadded: u64, alignment: u64) -> Vec<u8> {
    let mut extra = without_padding(old);
    let here = unpadded.saturating_add(length(&extra));
    // field header, alignment value, then zero bytes up to the boundary
    let data = here.saturating_add(6);
    let zeros = data.next_multiple_of(alignment).saturating_sub(data);
    let field_size = u16::try_from(zeros.saturating_add(2)).unwrap_or(2);
    extra.extend_from_slice(&ALIGNMENT_FIELD.to_le_bytes());
    extra.extend_from_slice(&field_size.to_le_bytes());
    extra.extend_from_slice(&u16::try_from(alignment).unwrap_or(4).to_le_bytes());
    extra.resize(extra.len().saturating_add(usize::try_from(zeros).unwrap_or(0)), 0);
    extra
}

/// Takes out alignment fields and the bare zero bytes that zipalign appends; other fields stay.
fn without_padding(extra: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut rest = extra;
    while let Some((id, after_id)) = rest.split_first_chunk::<2>() {
        let Some((size, after_size)) = after_id.split_first_chunk::<2>() else { break };
        let (id, size) = (u16::from_le_bytes(*id), usize::from(u16::from_le_bytes(*size)));
        let Some((_, after)) = after_size.split_at_checked(size) else { break };
        let used = rest.len().saturating_sub(after.len());
        if id != ALIGNMENT_FIELD && (id != 0 || size != 0) {
            kept.extend_from_slice(rest.get(..used).unwrap_or_default());
        }
        rest = after;
    }
    if rest.iter().any(|byte| *byte != 0) {
        kept.extend_from_slice(rest);
    }
    kept
}

pub(super) fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// Writes a plan into memory.
    pub(crate) fn apply(source: &[u8], plan: Rewritten) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in plan.pieces() {
            match piece {
                Piece::Copy(range) => out.extend(source.bytes(range).unwrap()),
                Piece::Bytes(bytes) => out.extend(bytes),
            }
        }
        out
    }

    fn archive(entries: &[(&str, &[u8], bool, u16)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, data, stored, alignment) in entries {
            let method = if *stored { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
            let options =
                zip::write::SimpleFileOptions::default().compression_method(method).with_alignment(*alignment);
            writer.start_file(*name, options).unwrap();
            writer.write_all(data).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn data_offset(file: &[u8], name: &str) -> u64 {
        let directory = Directory::read(&file.to_vec()).unwrap();
        directory.local_header(&file.to_vec(), directory.find(name).unwrap()).unwrap().data.start
    }

    const LIBRARY: &str = "lib/arm64-v8a/libdemo.so";

    fn sample() -> Vec<u8> {
        archive(&[
            ("AndroidManifest.xml", &[b'm'; 500], false, 1),
            ("META-INF/CERT.SF", b"old", false, 1),
            (LIBRARY, b"ELF..", true, 16_384),
            ("resources.arsc", b"abc", true, 4),
            ("classes.dex", &[b'd'; 300], false, 1),
        ])
    }

    #[test]
    fn adding_keeps_the_prefix() {
        let old = sample();
        let directory = Directory::read(&old).unwrap();
        let edit = Edit {
            removed: BTreeSet::new(),
            added: vec![NewEntry { name: "assets/api_key.txt".into(), contents: vec![b'k'; 100] }],
        };
        let plan = edit.plan(&old, &directory).unwrap();
        assert_eq!(plan.untouched, directory.layout().directory.start);
        let new = apply(&old, plan.clone());
        assert!(new.starts_with(&old[..usize::try_from(plan.untouched).unwrap()]));
        let directory = Directory::read(&new).unwrap();
        assert!(directory.violations().is_empty());
        let entry = directory.find("assets/api_key.txt").unwrap();
        assert_eq!(directory.contents(&new, entry, 1000).unwrap(), vec![b'k'; 100]);
        assert_eq!(entry.method, Method::DEFLATED);
        assert_eq!(zip::ZipArchive::new(std::io::Cursor::new(&new)).unwrap().len(), 6);
    }

    #[test]
    fn removing_compacts_and_keeps_alignment() {
        let old = sample();
        let directory = Directory::read(&old).unwrap();
        let position = directory.entries().iter().position(|e| e.name == "META-INF/CERT.SF").unwrap();
        let edit = Edit { removed: BTreeSet::from([position]), added: vec![] };
        let new = apply(&old, edit.plan(&old, &directory).unwrap());
        assert_eq!(data_offset(&new, LIBRARY) % 16_384, 0);
        assert_eq!(data_offset(&new, "resources.arsc") % 4, 0);
        let directory = Directory::read(&new).unwrap();
        assert_eq!(directory.entries().len(), 4);
        for entry in directory.entries() {
            directory.contents(&new, entry, 1000).unwrap();
        }
        let mut ends: Vec<_> = directory.entries().iter().map(|e| directory.local_header(&new, e).unwrap()).collect();
        ends.sort_by_key(|local| local.header.start);
        for pair in ends.windows(2) {
            assert_eq!(pair[0].end, pair[1].header.start, "no hole is left");
        }
    }

    #[test]
    fn small_contents_are_stored_and_aligned() {
        let old = sample();
        let directory = Directory::read(&old).unwrap();
        for length in 0..8 {
            let name = format!("a{}", "x".repeat(length));
            let edit =
                Edit { removed: BTreeSet::new(), added: vec![NewEntry { name: name.clone(), contents: b"k".into() }] };
            let new = apply(&old, edit.plan(&old, &directory).unwrap());
            assert_eq!(data_offset(&new, &name) % 4, 0);
        }
    }

    #[test]
    fn other_extra_fields_survive() {
        let field = [0x55, 0x54, 1, 0, 7];
        let mut extra = field.to_vec();
        extra.extend([0x35, 0xd9, 2, 0, 4, 0, 0, 0, 0]);
        assert_eq!(without_padding(&extra), field);
        assert_eq!(without_padding(&[0, 0, 0]), Vec::<u8>::new());
    }
}
