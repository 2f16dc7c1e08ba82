//! The fixed layouts: end record, central directory record, local header.

use super::reader::Method;
use crate::bytes::{BytesError, Reader};

/// `PK\3\4` (APPNOTE 4.3.7).
pub(super) const LOCAL_MAGIC: [u8; 4] = *b"PK\x03\x04";
/// `PK\1\2` (APPNOTE 4.3.12).
pub(super) const RECORD_MAGIC: [u8; 4] = *b"PK\x01\x02";
/// `PK\5\6` (APPNOTE 4.3.16).
pub(super) const END_MAGIC: [u8; 4] = *b"PK\x05\x06";
/// `PK\6\7`, the ZIP64 locator, directly before the end record (APPNOTE 4.3.15).
pub(super) const ZIP64_LOCATOR_MAGIC: [u8; 4] = *b"PK\x06\x07";
/// `PK\7\8`, optional before a data descriptor (APPNOTE 4.3.9.3).
pub(super) const DESCRIPTOR_MAGIC: [u8; 4] = *b"PK\x07\x08";

/// Bytes of a local header without name and extra field.
pub(super) const LOCAL_SIZE: u64 = 30;
/// Bytes of an end record without comment.
pub(super) const END_SIZE: u64 = 22;
/// Bytes of a ZIP64 locator.
pub(super) const ZIP64_LOCATOR_SIZE: u64 = 20;

/// General purpose flag 3: sizes and CRC follow the data (APPNOTE 4.4.4).
pub(super) const FLAG_DATA_DESCRIPTOR: u16 = 1 << 3;
/// General purpose flag 0: encrypted.
pub(super) const FLAG_ENCRYPTED: u16 = 1;
/// General purpose flag 11: name and comment are UTF-8.
pub(super) const FLAG_UTF8: u16 = 1 << 11;

/// The end record without its comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct EndRecord {
    pub(super) disk: u16,
    pub(super) directory_disk: u16,
    pub(super) entries_here: u16,
    pub(super) entries: u16,
    pub(super) directory_size: u32,
    pub(super) directory_offset: u32,
    pub(super) comment_length: u16,
}

impl EndRecord {
    pub(super) fn parse(reader: &mut Reader<'_>) -> Result<Self, BytesError> {
        reader.take(END_MAGIC.len(), "end record signature")?;
        Ok(Self {
            disk: reader.u16_le("disk number")?,
            directory_disk: reader.u16_le("disk of the central directory")?,
            entries_here: reader.u16_le("entries on this disk")?,
            entries: reader.u16_le("entries")?,
            directory_size: reader.u32_le("central directory size")?,
            directory_offset: reader.u32_le("central directory offset")?,
            comment_length: reader.u16_le("comment length")?,
        })
    }

    pub(super) fn write(self, comment: &[u8]) -> Vec<u8> {
        let mut out = END_MAGIC.to_vec();
        for value in [self.disk, self.directory_disk, self.entries_here, self.entries] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        out.extend_from_slice(&self.directory_size.to_le_bytes());
        out.extend_from_slice(&self.directory_offset.to_le_bytes());
        out.extend_from_slice(&self.comment_length.to_le_bytes());
        out.extend_from_slice(comment);
        out
    }
}

/// The fields that a central directory record and a local header share (APPNOTE 4.4.2 to 4.4.11).
#[derive(Debug, Clone, Copy)]
pub(super) struct Common {
    pub(super) version_needed: u16,
    pub(super) flags: u16,
    pub(super) method: Method,
    pub(super) time: u16,
    pub(super) date: u16,
    pub(super) crc32: u32,
    pub(super) compressed_size: u32,
    pub(super) size: u32,
    pub(super) name_length: u16,
    pub(super) extra_length: u16,
}

impl Common {
    pub(super) fn parse(reader: &mut Reader<'_>) -> Result<Self, BytesError> {
        Ok(Self {
            version_needed: reader.u16_le("version needed")?,
            flags: reader.u16_le("flags")?,
            method: Method(reader.u16_le("compression method")?),
            time: reader.u16_le("modification time")?,
            date: reader.u16_le("modification date")?,
            crc32: reader.u32_le("CRC-32")?,
            compressed_size: reader.u32_le("compressed size")?,
            size: reader.u32_le("uncompressed size")?,
            name_length: reader.u16_le("name length")?,
            extra_length: reader.u16_le("extra field length")?,
        })
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        for value in [self.version_needed, self.flags, self.method.0, self.time, self.date] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        for value in [self.crc32, self.compressed_size, self.size] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        for value in [self.name_length, self.extra_length] {
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
}
