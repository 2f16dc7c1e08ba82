//! What a reader of archives that is not ours makes of what was written.

use super::InjectError;
use crate::source::ReadAt;
use std::io::BufReader;

/// Refuses an archive in which the crate `zip` does not find as many entries.
pub(super) fn second_opinion(written: &dyn ReadAt, entries: usize) -> Result<(), InjectError> {
    let opened = ::zip::ZipArchive::new(BufReader::new(Cursor { source: written, position: 0 }));
    let opened = opened.map_err(|error| InjectError::SelfCheck(error.to_string()))?;
    if opened.len() == entries {
        return Ok(());
    }
    Err(InjectError::SelfCheck(format!("another reader finds {} entries instead of {entries}", opened.len())))
}

/// A seeking reader over a source, for the `zip` crate.
struct Cursor<'a> {
    source: &'a dyn ReadAt,
    position: u64,
}

impl std::io::Read for Cursor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.source.size().saturating_sub(self.position);
        let count = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let Some(part) = buffer.get_mut(..count) else { return Ok(0) };
        self.source.read_exact_at(part, self.position).map_err(std::io::Error::other)?;
        self.position = self.position.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

impl std::io::Seek for Cursor<'_> {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        let target = match to {
            std::io::SeekFrom::Start(offset) => Some(offset),
            std::io::SeekFrom::End(offset) => self.source.size().checked_add_signed(offset),
            std::io::SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
