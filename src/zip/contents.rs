//! An entry's local header and data, checked as libziparchive checks them when an entry is used.

use super::error::ZipError;
use super::reader::{self, Directory, Entry, Method};
use super::record::{Common, DESCRIPTOR_MAGIC, FLAG_DATA_DESCRIPTOR, FLAG_ENCRYPTED, LOCAL_MAGIC, LOCAL_SIZE};
use crate::bytes::Reader;
use crate::limits::{INFLATED_CHUNK, IO_CHUNK};
use crate::source::ReadAt;
use flate2::{Decompress, FlushDecompress, Status};
use std::fmt;
use std::ops::Range;

/// A local header that agrees with the central directory.
#[derive(Debug, Clone)]
pub struct LocalHeader {
    /// Header, name and extra field.
    pub header: Range<u64>,
    /// The extra field.
    pub extra: Range<u64>,
    /// The data, compressed or not.
    pub data: Range<u64>,
    /// The end of the entry: behind the data descriptor if there is one, else behind the data.
    pub end: u64,
    /// What Android overlooks and other readers stumble over.
    pub quirks: Vec<Quirk>,
}

/// Something about an entry that Android overlooks, so that the entry can be read, while other readers refuse it or
/// see other contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quirk {
    /// The local header names another compression method than the central directory, which is what Android goes by.
    OtherMethod,
    /// A flag says that the data is encrypted, and Android reads it as it is.
    Encrypted,
    /// Fields that nobody needs for reading differ: version, flags, time; values in a local header whose data descriptor
    /// has them; a number of a disk.
    OtherHeader,
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherMethod => "its local header has another compression method",
            Self::Encrypted => "it is marked as encrypted",
            Self::OtherHeader => "its local header and the central directory say other things about it (version, flags, time, size, CRC-32 or disk)",
        })
    }
}

impl Directory {
    /// Reads the local header of an entry, and its data descriptor if it has one, and checks both against the central
    /// directory (`zip_archive.cc`, `FindEntry` and `ValidateDataDescriptor`).
    ///
    /// # Errors
    /// [`ZipError::Local`] when they disagree, or the data would reach into the central directory.
    pub fn local_header(&self, source: &dyn ReadAt, entry: &Entry) -> Result<LocalHeader, ZipError> {
        let local = |reason| ZipError::Local { name: entry.name.clone(), reason };
        let outside = || local("its local header reaches into the central directory");
        let limit = self.layout().directory.start;
        let start = entry.local_header_offset;
        let wanted_name = self.raw_name(entry);
        let name_start = start.checked_add(LOCAL_SIZE).filter(|end| *end < limit).ok_or_else(outside)?;
        let name_end = name_start.saturating_add(length(wanted_name));
        let bytes = source.bytes(start..name_end.min(limit))?;
        let mut reader = Reader::at(&bytes, start);
        if reader.array::<4>("local header signature").ok() != Some(LOCAL_MAGIC) {
            return Err(local("no local header stands where the central directory says"));
        }
        let declared = Common::parse(&mut reader).map_err(|_| outside())?;
        if usize::from(declared.name_length) != wanted_name.len() || reader.take_rest() != wanted_name {
            return Err(local("its local header has another name"));
        }
        let data_start = name_end.saturating_add(u64::from(declared.extra_length));
        if data_start > limit {
            return Err(outside());
        }
        check_agreement(entry, &declared).map_err(local)?;
        let data_end = data_start.checked_add(entry.declared_compressed_size).filter(|end| *end <= limit);
        let data_end = data_end.ok_or_else(|| local("its data reaches into the central directory"))?;
        let end = if declared.flags & FLAG_DATA_DESCRIPTOR == 0 {
            data_end
        } else {
            self.descriptor_end(source, entry, data_end)?
        };
        let quirks = self.quirks(entry, &declared);
        Ok(LocalHeader {
            header: start..data_start,
            extra: name_end..data_start,
            data: data_start..data_end,
            end,
            quirks,
        })
    }

    fn quirks(&self, entry: &Entry, declared: &Common) -> Vec<Quirk> {
        let method = (declared.method != self.raw_method(entry)).then_some(Quirk::OtherMethod);
        let encrypted = ((declared.flags | entry.flags) & FLAG_ENCRYPTED != 0).then_some(Quirk::Encrypted);
        let header = (!self.tells_same(entry, declared)).then_some(Quirk::OtherHeader);
        method.into_iter().chain(encrypted).chain(header).collect()
    }

    /// Whether the fields that nobody needs for reading, and for which there is no other quirk, are the same in both places.
    fn tells_same(&self, entry: &Entry, declared: &Common) -> bool {
        let record = self.bytes().get(entry.record.clone()).unwrap_or_default();
        let mut reader = Reader::new(record);
        let listed = reader.take(6, "record").and_then(|_| Common::parse(&mut reader));
        let disk = reader.take(2, "comment length").and_then(|_| reader.u16_le("disk"));
        let (Ok(listed), Ok(disk)) = (listed, disk) else { return false };
        let flags = |common: &Common| common.flags & !FLAG_ENCRYPTED;
        let fields = |common: &Common| (common.version_needed, flags(common), common.time, common.date);
        let values = |common: &Common| (common.crc32, common.compressed_size, common.size);
        // APPNOTE 4.4.7: zero where a data descriptor follows
        let follows = declared.flags & FLAG_DATA_DESCRIPTOR != 0 && values(declared) == (0, 0, 0);
        fields(&listed) == fields(declared) && (follows || values(&listed) == values(declared)) && disk == 0
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
        self.unpacker(source).unpack(entry, &mut |bytes| contents.extend_from_slice(bytes))?;
        Ok(contents)
    }

    /// What reads the data of entries.
    #[must_use]
    pub fn unpacker<'a>(&'a self, source: &'a dyn ReadAt) -> Unpacker<'a> {
        Unpacker { directory: self, source, inflater: Decompress::new(false), input: Vec::new(), output: Vec::new() }
    }

    /// The name as it stands in the central directory.
    #[must_use]
    pub fn raw_name(&self, entry: &Entry) -> &[u8] {
        reader::raw_name(self.bytes().get(entry.record.clone()).unwrap_or_default())
    }

    /// The compression method as it stands in the central directory: a caller may read a clone of the entry with
    /// another method, as a JAR signature counts every method but 0 as deflate (AOSP, `LocalFileRecord.java`).
    fn raw_method(&self, entry: &Entry) -> Method {
        let record = self.bytes().get(entry.record.clone()).unwrap_or_default();
        let mut reader = Reader::new(record);
        let method = reader.take(10, "record").and_then(|_| reader.u16_le("compression method"));
        method.map_or(entry.method, Method)
    }

    /// Where the entry ends. A data descriptor has 12 bytes, or 16 with its optional signature (APPNOTE 4.3.9), and
    /// must say the same as the central directory.
    fn descriptor_end(&self, source: &dyn ReadAt, entry: &Entry, data_end: u64) -> Result<u64, ZipError> {
        let local = |reason| ZipError::Local { name: entry.name.clone(), reason };
        let limit = self.layout().directory.start;
        let bytes = source.bytes(data_end..data_end.saturating_add(16).min(limit))?;
        let (values, size) = match bytes.strip_prefix(&DESCRIPTOR_MAGIC) {
            Some(values) => (values, 16),
            None => (bytes.as_slice(), 12),
        };
        let mut reader = Reader::at(values, data_end);
        let mut value = || reader.u32_le("data descriptor").map_err(|_| local("its data descriptor is cut off"));
        let (crc32, compressed_size, size_when_unpacked) = (value()?, value()?, value()?);
        let same = crc32 == entry.declared_crc32
            && u64::from(compressed_size) == entry.declared_compressed_size
            && u64::from(size_when_unpacked) == entry.declared_size;
        if !same {
            return Err(local("its data descriptor has another size or CRC-32"));
        }
        Ok(data_end.saturating_add(size))
    }
}

/// The rules of `zip_archive.cc`, `FindEntry`, and two of apksig: the local header and the central directory must agree
/// about a data descriptor (`LocalFileRecord.java`), and a stored entry has one size.
fn check_agreement(entry: &Entry, declared: &Common) -> Result<(), &'static str> {
    let follows = declared.flags & FLAG_DATA_DESCRIPTOR != 0;
    if follows != (entry.flags & FLAG_DATA_DESCRIPTOR != 0) {
        return Err("its local header and the central directory disagree about a data descriptor");
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

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Whether to go on.
type Counted<'a> = dyn FnMut(&[u8]) -> bool + 'a;

/// Reads the data of entries; its buffers serve one entry after the other.
pub struct Unpacker<'a> {
    directory: &'a Directory,
    source: &'a dyn ReadAt,
    inflater: Decompress,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl fmt::Debug for Unpacker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unpacker")
    }
}

impl Unpacker<'_> {
    /// Hands the uncompressed data of an entry to `sink`, piece by piece, and checks its length and CRC-32 at the end.
    /// What `sink` saw counts only when this returns `Ok`.
    ///
    /// # Errors
    /// [`ZipError`] when the entry breaks a rule.
    pub fn unpack(&mut self, entry: &Entry, sink: &mut dyn FnMut(&[u8])) -> Result<(), ZipError> {
        let data = |reason| ZipError::Data { name: entry.name.clone(), reason };
        let local = self.directory.local_header(self.source, entry)?;
        let mut crc32 = crc32fast::Hasher::new();
        let mut size: u64 = 0;
        let mut counted = |bytes: &[u8]| {
            crc32.update(bytes);
            size = size.saturating_add(length(bytes));
            sink(bytes);
            size <= entry.declared_size
        };
        match entry.method {
            Method::STORED => self.copy(local.data, &mut counted)?,
            Method::DEFLATED => self.inflate(local.data, &mut counted)?.map_err(data)?,
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

    fn copy(&mut self, data: Range<u64>, sink: &mut Counted<'_>) -> Result<(), ZipError> {
        let mut start = data.start;
        while start < data.end {
            let end = start.saturating_add(IO_CHUNK).min(data.end);
            refill(&mut self.input, self.source, start..end)?;
            if !sink(&self.input) {
                break;
            }
            start = end;
        }
        Ok(())
    }

    /// Inflates `data`. The inner error is a rule of the format that the data breaks.
    fn inflate(&mut self, data: Range<u64>, sink: &mut Counted<'_>) -> Result<Result<(), &'static str>, ZipError> {
        let Self { source, inflater, input, output, .. } = self;
        inflater.reset(false);
        output.resize(INFLATED_CHUNK, 0);
        input.clear();
        let (mut start, mut used) = (data.start, 0_usize);
        loop {
            if used >= input.len() && start < data.end {
                let end = start.saturating_add(IO_CHUNK).min(data.end);
                refill(input, *source, start..end)?;
                (start, used) = (end, 0);
            }
            let (read_before, written_before) = (inflater.total_in(), inflater.total_out());
            let rest = input.get(used..).unwrap_or_default();
            let Ok(status) = inflater.decompress(rest, output, FlushDecompress::None) else {
                return Ok(Err("its data is not valid deflate data"));
            };
            let read = usize::try_from(inflater.total_in().saturating_sub(read_before)).unwrap_or(usize::MAX);
            let written = usize::try_from(inflater.total_out().saturating_sub(written_before)).unwrap_or(usize::MAX);
            used = used.saturating_add(read);
            if !sink(output.get(..written).unwrap_or_default()) {
                return Ok(Err("its data is longer than declared"));
            }
            match status {
                Status::StreamEnd if used >= input.len() && start >= data.end => return Ok(Ok(())),
                Status::StreamEnd => return Ok(Err("bytes stand behind its deflate data")),
                Status::Ok | Status::BufError if read == 0 && written == 0 && start >= data.end => {
                    return Ok(Err("its deflate data is cut off"));
                }
                Status::Ok | Status::BufError => {}
            }
        }
    }
}

/// Reads `range` into `buffer`, whose memory serves again.
fn refill(buffer: &mut Vec<u8>, source: &dyn ReadAt, range: Range<u64>) -> Result<(), ZipError> {
    let length = range.end.saturating_sub(range.start);
    buffer.resize(usize::try_from(length).unwrap_or(usize::MAX), 0);
    Ok(source.read_exact_at(buffer, range.start)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// An archive of one deflated entry.
    fn archive() -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        writer.start_file("a.txt", zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&[b'a'; 500]).unwrap();
        writer.finish().unwrap().into_inner()
    }

    /// The same with a data descriptor of these bytes behind the data.
    fn with_descriptor(descriptor: impl Fn(&Entry) -> Vec<u8>) -> Vec<u8> {
        let mut file = archive();
        let directory = Directory::read(&file).unwrap();
        let descriptor = descriptor(&directory.entries()[0]);
        let start = usize::try_from(directory.layout().directory.start).unwrap();
        file[6] |= 8;
        file[14..26].fill(0);
        file[start + 8] |= 8;
        file.splice(start..start, descriptor.iter().copied());
        let end = file.len() - 22;
        file[end + 16..end + 20].copy_from_slice(&u32::try_from(start + descriptor.len()).unwrap().to_le_bytes());
        file
    }

    fn values(entry: &Entry) -> Vec<u8> {
        let sizes = [entry.declared_compressed_size, entry.declared_size].map(|size| u32::try_from(size).unwrap());
        [entry.declared_crc32, sizes[0], sizes[1]].iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn look(file: &[u8]) -> Result<(LocalHeader, Vec<u8>), ZipError> {
        let directory = Directory::read(&file).unwrap();
        let entry = &directory.entries()[0];
        Ok((directory.local_header(&file, entry)?, directory.contents(&file, entry, 1000)?))
    }

    #[test]
    fn a_data_descriptor_may_have_a_signature_and_must_agree() {
        for signature in [&DESCRIPTOR_MAGIC[..], &[]] {
            let file = with_descriptor(|entry| [signature, &values(entry)].concat());
            let (local, contents) = look(&file).unwrap();
            assert_eq!(contents, [b'a'; 500]);
            assert_eq!(local.end - local.data.end, 12 + length(signature));
            for at in 0..12 {
                let mut changed = file.clone();
                let place = usize::try_from(local.end).unwrap() - 12 + at;
                changed[place] ^= 1;
                assert!(look(&changed).unwrap_err().to_string().contains("data descriptor"), "byte {at}");
            }
        }
        assert!(look(&with_descriptor(|entry| values(entry)[..11].to_vec())).is_err());
        assert!(look(&with_descriptor(|_| Vec::new())).is_err());
    }

    #[test]
    fn what_android_overlooks_is_told_and_read() {
        let directory_start = usize::try_from(Directory::read(&archive()).unwrap().layout().directory.start).unwrap();
        for (at, quirk) in [(6, Quirk::Encrypted), (directory_start + 8, Quirk::Encrypted), (8, Quirk::OtherMethod)] {
            let mut file = archive();
            file[at] ^= 1;
            let (local, contents) = look(&file).unwrap();
            assert_eq!(local.quirks, [quirk]);
            assert_eq!(contents, [b'a'; 500]);
        }
        assert!(look(&archive()).unwrap().0.quirks.is_empty());
    }

    #[test]
    fn fields_that_nobody_reads_are_the_same_in_both_places() {
        let start = usize::try_from(Directory::read(&archive()).unwrap().layout().directory.start).unwrap();
        // version, flags, time and date of the local header and of the central directory, disk
        for at in [4, 5, 7, 10, 11, 12, 13].into_iter().flat_map(|at| [at, start + 2 + at]).chain([start + 34]) {
            let mut file = archive();
            file[at] ^= 2;
            let (local, contents) = look(&file).unwrap();
            assert_eq!(local.quirks, [Quirk::OtherHeader], "{at}");
            assert_eq!(contents, [b'a'; 500]);
        }
        // behind a data descriptor's flag nobody reads the values: zero, or the same as elsewhere
        let good = with_descriptor(values);
        assert!(look(&good).unwrap().0.quirks.is_empty());
        let mut same = good.clone();
        let entry = &Directory::read(&good).unwrap().entries()[0].clone();
        same[14..26].copy_from_slice(&values(entry));
        assert!(look(&same).unwrap().0.quirks.is_empty());
        for at in 14..26 {
            let mut file = good.clone();
            file[at] ^= 1;
            assert_eq!(look(&file).unwrap().0.quirks, [Quirk::OtherHeader], "{at}");
        }
    }
}
