//! What a signer does to a planned archive: entries behind all others, and bytes before the central directory.

use super::deflate::deflate;
use super::edit::{Rewritten, length, new_record};
use super::error::ZipError;
use super::reader::Method;
use super::record::{Common, END_SIZE, EndRecord, FLAG_UTF8, LOCAL_MAGIC};
use crate::bytes::Reader;
use crate::parallel;
use crate::source::Piece;

impl Rewritten {
    /// Adds an entry behind all others, deflated even if that makes it larger, with the date of `modified` (as
    /// [`super::Entry::modified`]): byte for byte what apksigner writes (`LocalFileRecord.java`,
    /// `outputRecordWithDeflateCompressedData`).
    ///
    /// # Errors
    /// [`ZipError::Unwritable`] when the result cannot be expressed.
    pub fn append_deflated(&mut self, name: &str, contents: &[u8], modified: u32) -> Result<(), ZipError> {
        self.append(name, contents, (&deflate(contents), modified))
    }

    /// Adds several entries as [`Rewritten::append_deflated`] does; they are deflated on all cores.
    ///
    /// # Errors
    /// [`ZipError::Unwritable`] when the result cannot be expressed.
    pub fn append_all_deflated(&mut self, files: &[(String, Vec<u8>)], modified: u32) -> Result<(), ZipError> {
        let size = |(_, contents): &(String, Vec<u8>)| length(contents);
        let deflated =
            parallel::largest_first(files, size, || (), |(), (_, contents)| Ok::<_, ZipError>(deflate(contents)))?;
        let mut files = files.iter().zip(deflated);
        files.try_for_each(|((name, contents), data)| self.append(name, contents, (&data, modified)))
    }

    fn append(&mut self, name: &str, contents: &[u8], (data, modified): (&[u8], u32)) -> Result<(), ZipError> {
        let size = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(|_| ZipError::Unwritable("an entry above 4 GiB"));
        let [date_high, date_low, time_high, time_low] = modified.to_be_bytes();
        let common = Common {
            version_needed: 20,
            flags: FLAG_UTF8,
            method: Method::DEFLATED,
            time: u16::from_be_bytes([time_high, time_low]),
            date: u16::from_be_bytes([date_high, date_low]),
            crc32: crc32fast::hash(contents),
            compressed_size: size(data)?,
            size: size(contents)?,
            name_length: u16::try_from(name.len()).map_err(|_| ZipError::Unwritable("a name too long"))?,
            extra_length: 0,
        };
        let offset = u32::try_from(self.entries_size()).map_err(|_| ZipError::Unwritable("more than 4 GiB"))?;
        let mut local = LOCAL_MAGIC.to_vec();
        common.write(&mut local);
        local.extend_from_slice(name.as_bytes());
        local.extend_from_slice(data);
        self.entries.push(Piece::Bytes(local));
        self.directory.extend_from_slice(&new_record(common, name, offset));
        self.update_end_record(1)
    }

    /// Puts bytes between the last entry and the central directory.
    ///
    /// # Errors
    /// [`ZipError::Unwritable`] when the result cannot be expressed.
    pub fn insert_before_directory(&mut self, bytes: Vec<u8>) -> Result<(), ZipError> {
        self.entries.push(Piece::Bytes(bytes));
        self.update_end_record(0)
    }

    /// Bytes before the central directory.
    #[must_use]
    pub fn entries_size(&self) -> u64 {
        self.entries.iter().map(Piece::size).fold(0, u64::saturating_add)
    }

    /// Makes the end record fit the entries and the directory again.
    fn update_end_record(&mut self, new_entries: u16) -> Result<(), ZipError> {
        let unreadable = |_| ZipError::Unwritable("an end record of this kind");
        let mut reader = Reader::new(&self.end_record);
        let mut end = EndRecord::parse(&mut reader).map_err(unreadable)?;
        let comment = reader.take_rest().to_vec();
        let too_large = |_| ZipError::Unwritable("more than 4 GiB");
        let entries = end.entries.checked_add(new_entries);
        end.entries = entries.ok_or(ZipError::Unwritable("more than 65,535 entries"))?;
        end.entries_here = end.entries;
        end.directory_size = u32::try_from(self.directory.len()).map_err(too_large)?;
        end.directory_offset = u32::try_from(self.entries_size()).map_err(too_large)?;
        let total = self.entries_size().saturating_add(length(&self.directory)).saturating_add(END_SIZE);
        u32::try_from(total).map_err(too_large)?;
        self.end_record = end.write(&comment);
        Ok(())
    }

    /// The new file as one list of pieces, to be read before it is written.
    #[must_use]
    pub fn to_pieces(&self) -> Vec<Piece> {
        self.clone().pieces().collect()
    }
}
