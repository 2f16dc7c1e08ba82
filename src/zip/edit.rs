//! Edits of an archive that leave every other entry's bytes, compression, times and alignment alone.
//!
//! New entries go behind the last one, in the place of the APK Signing Block, so that nothing else moves and the
//! prefix can be copied by the kernel. When an entry is taken out, what stands behind it moves up, and the padding
//! in the local headers is made anew so that each stored entry keeps the alignment that it had.

use super::alignment::{Alignment, aligned_extra, padded_extra};
use super::deflate::deflate;
use super::error::ZipError;
use super::reader::{Directory, Entry, Method};
use super::record::{
    Common, END_SIZE, EndRecord, FLAG_DATA_DESCRIPTOR, FLAG_UTF8, LOCAL_MAGIC, LOCAL_SIZE, RECORD_MAGIC,
};
use crate::limits::STORED_AGAIN;
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
    /// Positions of compressed entries that shall be stored instead.
    pub unpacked: BTreeSet<usize>,
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
        let cut = self.first_changed(directory).min(alignment.first_misaligned(source, directory, &kept)?);
        let untouched = untouched_prefix(source, directory, &kept, cut)?;
        writer.copy(0..untouched);
        let mut offsets = vec![None; directory.entries().len()];
        for (position, entry) in kept {
            let new_offset = if entry.local_header_offset < untouched {
                entry.local_header_offset
            } else {
                let offset = writer.position;
                if self.unpacked.contains(&position) {
                    writer.store_entry(source, directory, entry)?;
                } else {
                    writer.move_entry(source, directory, entry)?;
                }
                offset
            };
            if let Some(slot) = offsets.get_mut(position) {
                *slot = Some(new_offset);
            }
        }
        for (position, (entry, offset)) in directory.entries().iter().zip(offsets).enumerate() {
            if let Some(offset) = offset {
                let stored = self.unpacked.contains(&position);
                writer.keep_record(directory, entry, (offset, stored))?;
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

    /// Where the first entry begins that is taken out or stored.
    fn first_changed(&self, directory: &Directory) -> u64 {
        let changed = self.removed.union(&self.unpacked).filter_map(|position| directory.entries().get(*position));
        changed.map(|entry| entry.local_header_offset).min().unwrap_or(u64::MAX)
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
        Some((_, entry)) => {
            let end = directory.local_header(source, entry)?.end;
            let overlapping = || ZipError::Local {
                name: entry.name.clone(),
                reason: "its data reach into another entry that changes",
            };
            if end > cut { Err(overlapping()) } else { Ok(end) }
        }
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

    /// Writes a compressed entry as a stored one, with its data aligned.
    fn store_entry(&mut self, source: &dyn ReadAt, directory: &Directory, entry: &Entry) -> Result<(), ZipError> {
        let contents = directory.contents(source, entry, STORED_AGAIN)?;
        let local = directory.local_header(source, entry)?;
        let name = directory.raw_name(entry);
        let fixed_and_name = local.header.start.saturating_add(LOCAL_SIZE).saturating_add(length(name));
        let mut header = source.bytes(local.header.start..fixed_and_name)?;
        let unpadded = self.position.saturating_add(length(&header));
        let extra = aligned_extra(&source.bytes(local.extra)?, unpadded, 4);
        let extra_length = u16::try_from(extra.len()).map_err(|_| ZipError::Unwritable("a local header too long"))?;
        // APPNOTE 4.3.7: the fields from the flags on are those of the record
        if let Some(fields) = header.get_mut(6..26) {
            be_stored(fields, entry);
        }
        if let Some(field) = header.get_mut(28..30) {
            field.copy_from_slice(&extra_length.to_le_bytes());
        }
        header.extend_from_slice(&extra);
        self.bytes([header, contents].concat());
        Ok(())
    }

    /// Copies a record of the central directory with the entry's new offset.
    fn keep_record(
        &mut self,
        directory: &Directory,
        entry: &Entry,
        (offset, stored): (u64, bool),
    ) -> Result<(), ZipError> {
        let offset = u32::try_from(offset).map_err(|_| ZipError::Unwritable("more than 4 GiB"))?;
        let mut record = directory.bytes().get(entry.record.clone()).unwrap_or_default().to_vec();
        if let Some(fields) = record.get_mut(8..28).filter(|_| stored) {
            be_stored(fields, entry);
        }
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

/// Changes the 20 bytes from the flags to the size, which a local header and a record have in common, to those of the
/// same entry without compression and without a data descriptor.
fn be_stored(fields: &mut [u8], entry: &Entry) {
    let flags = entry.flags & !FLAG_DATA_DESCRIPTOR;
    let size = u32::try_from(entry.declared_size).unwrap_or(u32::MAX);
    let mut put = |range: Range<usize>, bytes: &[u8]| {
        if let Some(field) = fields.get_mut(range) {
            field.copy_from_slice(bytes);
        }
    };
    put(0..2, &flags.to_le_bytes());
    put(2..4, &Method::STORED.0.to_le_bytes());
    put(8..12, &entry.declared_crc32.to_le_bytes());
    put(12..16, &size.to_le_bytes());
    put(16..20, &size.to_le_bytes());
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

    /// Found by the fuzzer `zip-edit`: an entry that was to be stored lay in the data of the one before it.
    #[test]
    fn an_entry_that_changes_cannot_lie_in_the_data_of_another() {
        let mut file = archive(&[("a", &[b'a'; 400], false, 1), ("b", &[b'b'; 400], false, 1)]);
        let good = Directory::read(&file).unwrap();
        let edit = || Edit { unpacked: [1].into(), ..Edit::default() };
        assert!(edit().plan(&file, &good).is_ok());
        // the length of the extra field in the first local header
        file[28] = 8;
        let directory = Directory::read(&file).unwrap();
        let error = edit().plan(&file, &directory).err().unwrap();
        assert!(error.to_string().contains("reach into another entry"), "{error}");
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
        let added = vec![NewEntry { name: "assets/api_key.txt".into(), contents: vec![b'k'; 100] }];
        let edit = Edit { added, ..Edit::default() };
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
        let edit = Edit { removed: BTreeSet::from([position]), ..Edit::default() };
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
    fn a_compressed_entry_is_stored_and_the_others_stay() {
        let old = sample();
        let directory = Directory::read(&old).unwrap();
        let position = directory.entries().iter().position(|entry| entry.name == "classes.dex").unwrap();
        let edit = Edit { unpacked: BTreeSet::from([position]), ..Edit::default() };
        let new = apply(&old, edit.plan(&old, &directory).unwrap());
        let after = Directory::read(&new).unwrap();
        let (was, is) = (&directory.entries()[position], &after.entries()[position]);
        assert_eq!((is.method, is.declared_compressed_size), (Method::STORED, 300));
        assert_eq!((is.declared_crc32, is.modified), (was.declared_crc32, was.modified));
        assert_eq!(after.contents(&new, is, 1000).unwrap(), [b'd'; 300]);
        assert_eq!(data_offset(&new, "classes.dex") % 4, 0);
        for (was, is) in directory.entries().iter().zip(after.entries()) {
            assert_eq!(was.name, is.name);
            assert_eq!(directory.contents(&old, was, 1000).unwrap(), after.contents(&new, is, 1000).unwrap());
        }
        zip::ZipArchive::new(std::io::Cursor::new(&new)).unwrap();
    }

    #[test]
    fn small_contents_are_stored_and_aligned() {
        let old = sample();
        let directory = Directory::read(&old).unwrap();
        for length in 0..8 {
            let name = format!("a{}", "x".repeat(length));
            let edit = Edit { added: vec![NewEntry { name: name.clone(), contents: b"k".into() }], ..Edit::default() };
            let new = apply(&old, edit.plan(&old, &directory).unwrap());
            assert_eq!(data_offset(&new, &name) % 4, 0);
        }
    }
}
