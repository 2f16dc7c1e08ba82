//! An entry's local header and data, checked as libziparchive checks them when an entry is used.

use super::error::ZipError;
use super::reader::{Directory, Entry, Method};
use super::record::{Common, DESCRIPTOR_MAGIC, FLAG_DATA_DESCRIPTOR, FLAG_ENCRYPTED, LOCAL_MAGIC, LOCAL_SIZE};
use crate::bytes::Reader;
use crate::limits::IO_CHUNK;
use crate::source::ReadAt;
use flate2::{Decompress, FlushDecompress, Status};
use std::ops::Range;

/// A local header that agrees with the central directory.
#[derive(Debug, Clone)]
pub struct LocalHeader {
    /// Header, name and extra field.
    pub header: Range<u64>,
    /// The data, compressed or not.
    pub data: Range<u64>,
    /// The end of the entry: behind the data descriptor if there is one, else behind the data.
    pub end: u64,
    /// The extra field's bytes.
    pub extra: Vec<u8>,
}

impl Directory {
    /// Reads the local header of an entry and checks it against the central directory.
    ///
    /// # Errors
    /// [`ZipError::Local`] when they disagree, or the data would reach into the central directory.
    pub fn local_header(&self, source: &dyn ReadAt, entry: &Entry) -> Result<LocalHeader, ZipError> {
        let local = |reason| ZipError::Local { name: entry.name.clone(), reason };
        let outside = || local("its local header reaches into the central directory");
        let limit = self.layout().directory.start;
        let start = entry.local_header_offset;
        let name_start = start.checked_add(LOCAL_SIZE).filter(|end| *end <= limit).ok_or_else(outside)?;
        let fixed = source.bytes(start..name_start)?;
        let mut reader = Reader::at(&fixed, start);
        if reader.array::<4>("local header signature").ok() != Some(LOCAL_MAGIC) {
            return Err(local("no local header stands where the central directory says"));
        }
        let declared = Common::parse(&mut reader).map_err(|_| outside())?;
        let extra_start = name_start.saturating_add(u64::from(declared.name_length));
        let data_start = extra_start.saturating_add(u64::from(declared.extra_length));
        if data_start > limit {
            return Err(outside());
        }
        let variable = source.bytes(name_start..data_start)?;
        let (name, extra) = variable.split_at_checked(usize::from(declared.name_length)).ok_or_else(outside)?;
        if name != self.raw_name(entry) {
            return Err(local("its local header has another name"));
        }
        check_agreement(entry, self.raw_method(entry), &declared).map_err(local)?;
        let data_end = data_start.checked_add(entry.declared_compressed_size).filter(|end| *end <= limit);
        let data_end = data_end.ok_or_else(|| local("its data reaches into the central directory"))?;
        let end = self.entry_end(source, &declared, data_end)?;
        Ok(LocalHeader { header: start..data_start, data: data_start..data_end, end, extra: extra.to_vec() })
    }

    /// The uncompressed data of an entry, with its length and CRC-32 checked.
    ///
    /// # Errors
    /// [`ZipError`] when the entry breaks a rule, or has more than `limit` bytes.
    pub fn contents(&self, source: &dyn ReadAt, entry: &Entry, limit: u64) -> Result<Vec<u8>, ZipError> {
        if entry.declared_size > limit {
            return Err(ZipError::TooLarge { name: entry.name.clone(), size: entry.declared_size, limit });
        }
        let mut contents = Vec::new();
        self.stream(source, entry, &mut |bytes| contents.extend_from_slice(bytes))?;
        Ok(contents)
    }

    /// Hands the uncompressed data of an entry to `sink`, piece by piece, and checks its length and CRC-32 at the end.
    /// What `sink` saw counts only when this returns `Ok`.
    ///
    /// # Errors
    /// [`ZipError`] when the entry breaks a rule.
    pub fn stream(&self, source: &dyn ReadAt, entry: &Entry, sink: &mut dyn FnMut(&[u8])) -> Result<(), ZipError> {
        let data = |reason| ZipError::Data { name: entry.name.clone(), reason };
        if entry.flags & FLAG_ENCRYPTED != 0 {
            return Err(data("it is encrypted"));
        }
        let local = self.local_header(source, entry)?;
        let mut crc32 = crc32fast::Hasher::new();
        let mut size: u64 = 0;
        let mut counted = |bytes: &[u8]| {
            crc32.update(bytes);
            size = size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            sink(bytes);
            size <= entry.declared_size
        };
        match entry.method {
            Method::STORED => copy_stored(source, local.data, &mut counted)?,
            Method::DEFLATED => inflate(source, local.data, &mut counted)?.map_err(data)?,
            Method(_) => return Err(data("its compression method is neither stored nor deflated")),
        }
        if size != entry.declared_size {
            return Err(data("its data has another length than declared"));
        }
        if crc32.finalize() != entry.declared_crc32 {
            return Err(data("its CRC-32 does not match its data"));
        }
        Ok(())
    }

    /// The name as it stands in the central directory.
    #[must_use]
    pub fn raw_name(&self, entry: &Entry) -> &[u8] {
        let record = self.bytes().get(entry.record.clone()).unwrap_or_default();
        let mut reader = Reader::new(record);
        let length = reader.take(28, "record").and_then(|_| reader.u16_le("name length")).unwrap_or(0);
        let skipped = reader.take(16, "record");
        skipped.and_then(|_| reader.take(usize::from(length), "entry name")).unwrap_or_default()
    }

    /// The compression method as it stands in the central directory: a caller may read a clone of the entry with
    /// another method, as a JAR signature counts every method but 0 as deflate (AOSP, `LocalFileRecord.java`).
    fn raw_method(&self, entry: &Entry) -> Method {
        let record = self.bytes().get(entry.record.clone()).unwrap_or_default();
        let mut reader = Reader::new(record);
        let method = reader.take(10, "record").and_then(|_| reader.u16_le("compression method"));
        method.map_or(entry.method, Method)
    }

    /// Where the entry ends: a data descriptor has 12 bytes, or 16 with its optional signature (APPNOTE 4.3.9).
    fn entry_end(&self, source: &dyn ReadAt, declared: &Common, data_end: u64) -> Result<u64, ZipError> {
        if declared.flags & FLAG_DATA_DESCRIPTOR == 0 {
            return Ok(data_end);
        }
        let limit = self.layout().directory.start;
        let magic = source.bytes(data_end..data_end.saturating_add(4).min(limit))?;
        let size = if magic == DESCRIPTOR_MAGIC { 16 } else { 12 };
        Ok(data_end.saturating_add(size).min(limit))
    }
}

/// The rules of `zip_archive.cc`, `FindEntry`.
fn check_agreement(entry: &Entry, method: Method, declared: &Common) -> Result<(), &'static str> {
    let follows = declared.flags & FLAG_DATA_DESCRIPTOR != 0;
    if follows != (entry.flags & FLAG_DATA_DESCRIPTOR != 0) {
        return Err("its local header and the central directory disagree about a data descriptor");
    }
    if declared.method != method {
        return Err("its local header has another compression method");
    }
    let same = declared.crc32 == entry.declared_crc32
        && u64::from(declared.compressed_size) == entry.declared_compressed_size
        && u64::from(declared.size) == entry.declared_size;
    if !follows && !same {
        return Err("its local header has another size or CRC-32");
    }
    if entry.method == Method::STORED && entry.declared_compressed_size != entry.declared_size {
        return Err("it is stored, but its two sizes differ");
    }
    Ok(())
}

/// Whether to go on.
type Counted<'a> = dyn FnMut(&[u8]) -> bool + 'a;

fn copy_stored(source: &dyn ReadAt, data: Range<u64>, sink: &mut Counted<'_>) -> Result<(), ZipError> {
    let mut start = data.start;
    while start < data.end {
        let end = start.saturating_add(IO_CHUNK).min(data.end);
        if !sink(&source.bytes(start..end)?) {
            break;
        }
        start = end;
    }
    Ok(())
}

/// Inflates `data`. The inner error is a rule of the format that the data breaks.
fn inflate(
    source: &dyn ReadAt,
    data: Range<u64>,
    sink: &mut Counted<'_>,
) -> Result<Result<(), &'static str>, ZipError> {
    let mut inflater = Decompress::new(false);
    let mut output = vec![0; usize::try_from(IO_CHUNK).unwrap_or(usize::MAX)];
    let mut start = data.start;
    let mut input = Vec::new();
    loop {
        if input.is_empty() && start < data.end {
            let end = start.saturating_add(IO_CHUNK).min(data.end);
            input = source.bytes(start..end)?;
            start = end;
        }
        let (read_before, written_before) = (inflater.total_in(), inflater.total_out());
        let Ok(status) = inflater.decompress(&input, &mut output, FlushDecompress::None) else {
            return Ok(Err("its data is not valid deflate data"));
        };
        let read = usize::try_from(inflater.total_in().saturating_sub(read_before)).unwrap_or(usize::MAX);
        let written = usize::try_from(inflater.total_out().saturating_sub(written_before)).unwrap_or(usize::MAX);
        input.drain(..read.min(input.len()));
        if !sink(output.get(..written).unwrap_or_default()) {
            return Ok(Err("its data is longer than declared"));
        }
        match status {
            Status::StreamEnd if input.is_empty() && start >= data.end => return Ok(Ok(())),
            Status::StreamEnd => return Ok(Err("bytes stand behind its deflate data")),
            Status::Ok | Status::BufError if read == 0 && written == 0 && start >= data.end => {
                return Ok(Err("its deflate data is cut off"));
            }
            Status::Ok | Status::BufError => {}
        }
    }
}
