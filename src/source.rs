//! Random access to bytes that may be too many to hold: a file, a buffer, a browser's `Blob`.

use std::ops::Range;
use thiserror::Error;

/// Why bytes could not be read.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The range lies beyond the end of the source.
    #[error("bytes {}..{} are beyond the end of the input ({size} bytes)", range.start, range.end)]
    Beyond {
        /// The bytes that were wanted.
        range: Range<u64>,
        /// The size of the source in bytes.
        size: u64,
    },
    /// The operating system could not read.
    #[error("cannot read the input")]
    Io(#[from] std::io::Error),
}

/// Positioned reads. Implementations never read beyond what is asked for.
pub trait ReadAt: Sync {
    /// The size in bytes.
    fn size(&self) -> u64;

    /// Fills `buffer` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`SourceError::Beyond`] when fewer bytes are there, [`SourceError::Io`] when reading goes wrong.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), SourceError>;

    /// The bytes of `range` in a new buffer. The range is checked against the size before anything is allocated.
    ///
    /// # Errors
    /// As [`ReadAt::read_exact_at`].
    fn bytes(&self, range: Range<u64>) -> Result<Vec<u8>, SourceError> {
        let size = self.size();
        let length = range.end.checked_sub(range.start).and_then(|length| usize::try_from(length).ok());
        let Some(length) = length.filter(|_| range.end <= size) else {
            return Err(SourceError::Beyond { range, size });
        };
        let mut buffer = vec![0; length];
        self.read_exact_at(&mut buffer, range.start)?;
        Ok(buffer)
    }
}

/// A part of a new file that is made from an old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These bytes of the old file.
    Copy(Range<u64>),
    /// New bytes.
    Bytes(Vec<u8>),
}

impl Piece {
    /// The size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Copy(range) => range.end.saturating_sub(range.start),
            Self::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        }
    }
}

/// A new file as it will be, before it is written.
pub struct Assembled<'a> {
    source: &'a dyn ReadAt,
    /// Each part with the offset of its first byte in the new file.
    parts: Vec<(u64, &'a Piece)>,
    size: u64,
}

impl<'a> Assembled<'a> {
    /// Joins `pieces`; those that are copied come from `source`.
    pub fn new(source: &'a dyn ReadAt, pieces: impl IntoIterator<Item = &'a Piece>) -> Self {
        let mut parts = Vec::new();
        let mut size: u64 = 0;
        for piece in pieces {
            parts.push((size, piece));
            size = size.saturating_add(piece.size());
        }
        Self { source, parts, size }
    }
}

impl ReadAt for Assembled<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), SourceError> {
        let wanted = u64::try_from(buffer.len()).unwrap_or(u64::MAX);
        if offset.checked_add(wanted).is_none_or(|end| end > self.size) {
            return Err(beyond(buffer.len(), offset, self.size));
        }
        let first = self.parts.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
        let (mut rest, mut position) = (buffer, offset);
        for (start, piece) in self.parts.iter().skip(first) {
            if rest.is_empty() {
                break;
            }
            let skipped = position.saturating_sub(*start);
            let left = piece.size().saturating_sub(skipped);
            let count = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let (part, behind) = rest.split_at_mut(count);
            match piece {
                Piece::Copy(range) => self.source.read_exact_at(part, range.start.saturating_add(skipped))?,
                Piece::Bytes(bytes) => bytes.read_exact_at(part, skipped)?,
            }
            position = position.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            rest = behind;
        }
        Ok(())
    }
}

impl ReadAt for [u8] {
    fn size(&self) -> u64 {
        u64::try_from(self.len()).unwrap_or(u64::MAX)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), SourceError> {
        let start = usize::try_from(offset).ok();
        let found = start.and_then(|start| self.get(start..start.checked_add(buffer.len())?));
        let Some(found) = found else { return Err(beyond(buffer.len(), offset, self.size())) };
        buffer.copy_from_slice(found);
        Ok(())
    }
}

impl ReadAt for &[u8] {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), SourceError> {
        (**self).read_exact_at(buffer, offset)
    }
}

impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.as_slice().size()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), SourceError> {
        self.as_slice().read_exact_at(buffer, offset)
    }
}

fn beyond(length: usize, offset: u64, size: u64) -> SourceError {
    let end = offset.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
    SourceError::Beyond { range: offset..end, size }
}

#[cfg(feature = "fs")]
pub use file::FileSource;

#[cfg(feature = "fs")]
mod file {
    use super::{ReadAt, SourceError, beyond};
    use std::fs::File;
    use std::path::Path;

    /// A file, read with positioned reads (no shared cursor, so several threads may read).
    #[derive(Debug)]
    pub struct FileSource {
        file: File,
        size: u64,
    }

    impl FileSource {
        /// Opens the file at `path`.
        ///
        /// # Errors
        /// What the operating system says.
        pub fn open(path: &Path) -> std::io::Result<Self> {
            Self::new(File::open(path)?)
        }

        /// Reads from an open file.
        ///
        /// # Errors
        /// What the operating system says.
        pub fn new(file: File) -> std::io::Result<Self> {
            let size = file.metadata()?.len();
            Ok(Self { file, size })
        }

        /// The open file.
        #[must_use]
        pub fn file(&self) -> &File {
            &self.file
        }
    }

    impl ReadAt for FileSource {
        fn size(&self) -> u64 {
            self.size
        }

        fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), SourceError> {
            match positioned_read(&self.file, buffer, offset) {
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    Err(beyond(buffer.len(), offset, self.size))
                }
                other => Ok(other?),
            }
        }
    }

    #[cfg(unix)]
    fn positioned_read(file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
    }

    #[cfg(windows)]
    fn positioned_read(file: &File, mut buffer: &mut [u8], mut offset: u64) -> std::io::Result<()> {
        use std::os::windows::fs::FileExt;
        while !buffer.is_empty() {
            let count = file.seek_read(buffer, offset)?;
            if count == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            buffer = buffer.get_mut(count..).unwrap_or_default();
            offset = offset.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_beyond_the_end_allocates_nothing() {
        let source: &[u8] = b"abc";
        assert_eq!(source.bytes(1..3).unwrap(), b"bc");
        assert!(source.bytes(0..u64::MAX).is_err());
        assert!(source.bytes(Range { start: 3, end: 2 }).is_err());
    }

    #[test]
    fn an_assembled_file_reads_as_if_it_were_written() {
        let source: &[u8] = b"0123456789";
        let pieces = [Piece::Copy(2..5), Piece::Bytes(b"abc".to_vec()), Piece::Bytes(Vec::new()), Piece::Copy(0..2)];
        let file = Assembled::new(&source, &pieces);
        let whole = b"234abc01";
        assert_eq!(file.size(), 8);
        for start in 0..=8 {
            for end in start..=8 {
                let range = u64::try_from(start).unwrap()..u64::try_from(end).unwrap();
                assert_eq!(file.bytes(range).unwrap(), &whole[start..end]);
            }
        }
        assert!(file.bytes(7..9).is_err());
    }
}
