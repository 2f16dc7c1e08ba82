//! How the data of stored entries is aligned.
//!
//! Android maps stored entries into memory: native libraries need a boundary of a page (4 or 16 KiB), everything else
//! of 4 bytes. The rules of [`Alignment::Preserved`] are those of AOSP's `ApkSigner.java`
//! (`outputInputJarEntryLfhRecord`, `getInputJarEntryDataAlignmentMultiple`).

use super::contents::LocalHeader;
use super::edit::length;
use super::error::ZipError;
use super::reader::{Directory, Entry, Method};
use crate::bytes::{BytesError, Reader};
use crate::source::ReadAt;

/// The extra field in which zipalign of the Android tools and apksigner keep padding: a 16-bit alignment and zero
/// bytes (`ApkSigner.java`, `ALIGNMENT_ZIP_EXTRA_DATA_FIELD_HEADER_ID`).
const ALIGNMENT_FIELD: u16 = 0xd935;

/// Alignments that Android asks for, largest first: 16 KiB and 4 KiB pages for native libraries, 4 bytes for all
/// other stored entries.
const ALIGNMENTS: [u64; 3] = [16_384, 4_096, 4];

/// What is done about the alignment of stored entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alignment {
    /// An entry that moves keeps the alignment that its data had.
    #[default]
    Kept,
    /// As `apksigner --alignment-preserved true`: an entry that moves is aligned again if it was aligned before.
    Preserved {
        /// The boundary for native libraries whose local header does not name one, in bytes.
        library_page: u16,
    },
    /// Every stored entry is aligned; one that already is stays as it is. A native library gets the larger of
    /// `library_page` and what its local header names.
    Made {
        /// The boundary for native libraries, in bytes.
        library_page: u16,
    },
}

impl Alignment {
    /// The alignment that must be made anew when the entry goes to `position`; `None` when it is copied as it is.
    pub(super) fn to_make(self, entry: &Entry, (local, extra): (&LocalHeader, &[u8]), position: u64) -> Option<u64> {
        if entry.method != Method::STORED {
            return None;
        }
        let header_size = local.data.start.saturating_sub(local.header.start);
        let new_data = position.saturating_add(header_size);
        let alignment = self.wanted(entry, local, extra);
        let copied = match self {
            Self::Kept | Self::Made { .. } => new_data.is_multiple_of(alignment),
            Self::Preserved { .. } => {
                let moved = position.abs_diff(local.header.start);
                moved.is_multiple_of(alignment) || !local.data.start.is_multiple_of(alignment)
            }
        };
        (!copied).then_some(alignment)
    }

    fn wanted(self, entry: &Entry, local: &LocalHeader, extra: &[u8]) -> u64 {
        let is_library = entry.name.ends_with(".so");
        let declared = declared(extra);
        let wanted = match self {
            Self::Kept => return ALIGNMENTS.into_iter().find(|a| local.data.start.is_multiple_of(*a)).unwrap_or(1),
            Self::Preserved { library_page } => declared.unwrap_or(if is_library { library_page } else { 4 }),
            Self::Made { library_page } if is_library => declared.unwrap_or(0).max(library_page),
            Self::Made { .. } => declared.unwrap_or(4).max(4),
        };
        u64::from(wanted).max(1)
    }

    /// Names of the stored entries that are not aligned in this way where they stand.
    ///
    /// # Errors
    /// [`ZipError`] when a local header cannot be read.
    pub fn misaligned(self, source: &dyn ReadAt, directory: &Directory) -> Result<Vec<String>, ZipError> {
        let mut names = Vec::new();
        for entry in directory.entries().iter().filter(|entry| entry.method == Method::STORED) {
            if self.moves(source, directory, entry)? {
                names.push(entry.name.clone());
            }
        }
        Ok(names)
    }

    fn moves(self, source: &dyn ReadAt, directory: &Directory, entry: &Entry) -> Result<bool, ZipError> {
        let local = directory.local_header(source, entry)?;
        let extra = source.bytes(local.extra.clone())?;
        Ok(self.to_make(entry, (&local, &extra), entry.local_header_offset).is_some())
    }

    /// Where the first stored entry begins that must be aligned although nothing before it changes.
    pub(super) fn first_misaligned(
        self,
        source: &dyn ReadAt,
        directory: &Directory,
        in_file_order: &[(usize, &Entry)],
    ) -> Result<u64, ZipError> {
        match self {
            Self::Kept | Self::Preserved { .. } => return Ok(u64::MAX),
            Self::Made { .. } => {}
        }
        for (_, entry) in in_file_order.iter().filter(|(_, entry)| entry.method == Method::STORED) {
            if self.moves(source, directory, entry)? {
                return Ok(entry.local_header_offset);
            }
        }
        Ok(u64::MAX)
    }
}

/// The alignment that a local header names.
fn declared(extra: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(extra);
    let mut field = || -> Result<(u16, Reader<'_>), BytesError> {
        let id = reader.u16_le("extra field id")?;
        let size = reader.u16_le("extra field size")?;
        Ok((id, Reader::new(reader.take(usize::from(size), "extra field")?)))
    };
    loop {
        let (id, mut value) = field().ok()?;
        if id == ALIGNMENT_FIELD {
            return value.u16_le("alignment").ok();
        }
    }
}

/// An extra field without old padding and with so much new padding that the data behind it is aligned.
pub(super) fn padded_extra(old: &[u8], unpadded: u64, alignment: u64) -> Vec<u8> {
    let extra = without_padding(old);
    if unpadded.saturating_add(length(&extra)).is_multiple_of(alignment) {
        return extra;
    }
    aligned_extra(old, unpadded, alignment)
}

/// The same, with the field for padding also where none is needed: it says which alignment the entry wants
/// (`ApkSigner.java`, `createExtraFieldToAlignData`).
pub(super) fn aligned_extra(old: &[u8], unpadded: u64, alignment: u64) -> Vec<u8> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_alignment_field_counts() {
        assert_eq!(declared(&[]), None);
        assert_eq!(declared(&[0x55, 0x54, 1, 0, 7, 0x35, 0xd9, 3, 0, 0, 0x10, 0]), Some(4096));
        assert_eq!(declared(&[0x35, 0xd9, 1, 0, 4]), None, "too short");
        assert_eq!(declared(&[0, 0, 0]), None);
    }

    fn stored(name: &str, header: u64, data: u64) -> (Entry, LocalHeader) {
        let entry = Entry {
            name: name.to_owned(),
            flags: 0,
            method: Method::STORED,
            modified: 0,
            declared_crc32: 0,
            declared_compressed_size: 10,
            declared_size: 10,
            local_header_offset: header,
            record: 0..0,
        };
        let (end, quirks) = (data + 10, Vec::new());
        (entry, LocalHeader { header: header..data, data: data..end, end, extra: data..data, quirks })
    }

    #[test]
    fn apksigner_aligns_again_only_what_was_aligned() {
        let preserved = Alignment::Preserved { library_page: 16_384 };
        let (entry, local) = stored("res/a.png", 960, 1000);
        assert_eq!(preserved.to_make(&entry, (&local, &[]), 960), None);
        assert_eq!(preserved.to_make(&entry, (&local, &[]), 964), None);
        assert_eq!(preserved.to_make(&entry, (&local, &[]), 961), Some(4));
        let (entry, local) = stored("lib/x86/a.so", 960, 1000);
        assert_eq!(preserved.to_make(&entry, (&local, &[]), 961), None, "it was not aligned to a page");
        let (entry, local) = stored("lib/x86/a.so", 8092, 8192);
        let page = [0x35, 0xd9, 2, 0, 0, 0x10];
        assert_eq!(preserved.to_make(&entry, (&local, &page), 8093), Some(4096), "what the header names goes first");
    }

    #[test]
    fn making_raises_a_library_to_the_page() {
        let made = Alignment::Made { library_page: 16_384 };
        let (entry, local) = stored("lib/x86/a.so", 8092, 8192);
        let page = [0x35, 0xd9, 2, 0, 0, 0x10];
        assert_eq!(made.to_make(&entry, (&local, &page), 8092), Some(16_384));
        let (entry, local) = stored("res/a.png", 961, 1001);
        assert_eq!(made.to_make(&entry, (&local, &[]), 961), Some(4));
        assert_eq!(made.to_make(&entry, (&local, &[]), 960), None);
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
