//! All entries looked at together: which of them Android cannot use, which overlap, and what lies between them.
//!
//! Android reads each entry for itself and notices none of this. Attackers let two readers see two archives, by local
//! headers that disagree, by entries that share bytes, or by an archive in a gap.

use super::contents::{LocalHeader, Quirk};
use super::error::ZipError;
use super::reader::Directory;
use super::record::{END_MAGIC, LOCAL_MAGIC, RECORD_MAGIC};
use crate::bytes::Reader;
use crate::limits::{IO_CHUNK, PROBLEMS_PER_RULE};
use crate::source::{ReadAt, SourceError};
use std::fmt;
use std::ops::Range;

/// Bytes of a local header that tell whether it is padding.
const HEADER: usize = 30;

/// What is wrong with the entries of an archive. Of each kind the first ones are listed.
#[derive(Debug, Default)]
pub struct Survey {
    /// Entries that Android fails to open.
    pub broken: Vec<ZipError>,
    /// Names of entries that Android opens although other readers refuse them or see something else.
    pub quirks: Vec<(String, Quirk)>,
    /// Pairs of entries that share bytes of the file.
    pub overlaps: Vec<(String, String)>,
    /// Bytes that belong to no entry and are not just padding.
    pub gaps: Vec<Gap>,
}

/// Bytes that belong to no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Where they stand.
    pub range: Range<u64>,
    /// What they seem to be.
    pub contents: GapContents,
}

/// What stands in a gap, from harmless to suspicious.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapContents {
    /// Bytes without the signature of any part of an archive.
    Bytes,
    /// An entry that the central directory does not list.
    Entry,
    /// Parts of another central directory.
    Archive,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.range.end.saturating_sub(self.range.start);
        write!(f, "{size} bytes at {} belong to no entry", self.range.start)?;
        f.write_str(match self.contents {
            GapContents::Bytes => "",
            GapContents::Entry => " and hold an entry that the central directory does not list",
            GapContents::Archive => " and hold another archive",
        })
    }
}

impl Directory {
    /// Looks at every local header and at what stands between the entries, up to `end`: where a signing block begins,
    /// or the central directory.
    ///
    /// # Errors
    /// [`SourceError`] when the file cannot be read.
    pub fn survey(&self, source: &dyn ReadAt, end: u64) -> Result<Survey, SourceError> {
        let mut survey = Survey::default();
        let mut places = Vec::with_capacity(self.entries().len());
        for (entry, header) in self.entries().iter().zip(headers(self, source)) {
            match header {
                Ok(local) => {
                    for quirk in local.quirks {
                        survey.add_quirk(&entry.name, quirk);
                    }
                    places.push((local.header.start..local.end, entry.name.as_str()));
                }
                Err(ZipError::Source(error)) => return Err(error),
                Err(error) => survey.broken.push(error),
            }
        }
        // where a broken entry ends is not known, so nothing can be said of what lies between entries
        if survey.broken.is_empty() {
            places.sort_by_key(|(range, _)| (range.start, range.end));
            survey.look_between(source, &places, end)?;
        }
        survey.broken.truncate(PROBLEMS_PER_RULE);
        Ok(survey)
    }
}

impl Survey {
    fn look_between(
        &mut self,
        source: &dyn ReadAt,
        places: &[(Range<u64>, &str)],
        end: u64,
    ) -> Result<(), SourceError> {
        let mut reached = (0, "");
        for (range, name) in places {
            if range.start < reached.0 {
                self.add_overlap(reached.1, name);
            } else {
                self.add_gap(source, reached.0..range.start)?;
            }
            if range.end > reached.0 {
                reached = (range.end, name);
            }
        }
        self.add_gap(source, reached.0..end)
    }

    fn add_quirk(&mut self, name: &str, quirk: Quirk) {
        if self.quirks.iter().filter(|(_, known)| *known == quirk).count() < PROBLEMS_PER_RULE {
            self.quirks.push((name.to_owned(), quirk));
        }
    }

    fn add_overlap(&mut self, first: &str, second: &str) {
        if self.overlaps.len() < PROBLEMS_PER_RULE {
            self.overlaps.push((first.to_owned(), second.to_owned()));
        }
    }

    fn add_gap(&mut self, source: &dyn ReadAt, range: Range<u64>) -> Result<(), SourceError> {
        let Some(contents) = gap_contents(source, &range)? else { return Ok(()) };
        if self.gaps.iter().filter(|gap| gap.contents == contents).count() < PROBLEMS_PER_RULE {
            self.gaps.push(Gap { range, contents });
        }
        Ok(())
    }
}

#[cfg(feature = "parallel")]
fn headers(directory: &Directory, source: &dyn ReadAt) -> Vec<Result<LocalHeader, ZipError>> {
    use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
    // threads are started for large archives only: one read takes about a microsecond
    let entries = directory.entries().par_iter().with_min_len(1024);
    entries.map(|entry| directory.local_header(source, entry)).collect()
}

#[cfg(not(feature = "parallel"))]
fn headers(directory: &Directory, source: &dyn ReadAt) -> Vec<Result<LocalHeader, ZipError>> {
    directory.entries().iter().map(|entry| directory.local_header(source, entry)).collect()
}

/// What stands in a gap; `None` for padding. zipalign and apksigner pad with zeros, the Android Gradle plugin with zeros
/// and with local headers without name and data (zipflinger, `LocalFileHeader.java`).
fn gap_contents(source: &dyn ReadAt, gap: &Range<u64>) -> Result<Option<GapContents>, SourceError> {
    let mut worst = None;
    let mut start = gap.start;
    let mut skipped: usize = 0;
    while start < gap.end {
        let end = start.saturating_add(IO_CHUNK).min(gap.end);
        // a header that begins in this piece may end in the next
        let bytes = source.bytes(start..end.saturating_add(u64::try_from(HEADER).unwrap_or(0)).min(gap.end))?;
        let count = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX);
        for at in 0..count {
            let Some(rest) = bytes.get(at..) else { break };
            let seen = if rest.starts_with(&RECORD_MAGIC) || rest.starts_with(&END_MAGIC) {
                return Ok(Some(GapContents::Archive));
            } else if rest.starts_with(&LOCAL_MAGIC) {
                if is_padding(rest) {
                    skipped = HEADER;
                    None
                } else {
                    Some(GapContents::Entry)
                }
            } else {
                (skipped == 0 && rest.first() != Some(&0)).then_some(GapContents::Bytes)
            };
            skipped = skipped.saturating_sub(1);
            worst = worst.max(seen);
        }
        start = end;
    }
    Ok(worst)
}

/// A local header that declares neither a name nor data.
fn is_padding(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    let skipped = reader.take(18, "local header");
    let sizes = skipped.and_then(|_| Ok((reader.u32_le("compressed size")?, reader.u32_le("uncompressed size")?)));
    matches!((sizes, reader.u16_le("name length")), (Ok((0, 0)), Ok(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn archive(names: &[&str]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in names {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(&[b'a'; 500]).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn survey(file: &[u8]) -> Survey {
        let directory = Directory::read(&file).unwrap();
        assert!(directory.violations().is_empty());
        directory.survey(&file, directory.layout().directory.start).unwrap()
    }

    /// Puts bytes before the second entry or, with `last`, before the central directory.
    fn with_gap(gap: &[u8], last: bool) -> Vec<u8> {
        let mut file = archive(&["a", "b"]);
        let directory = Directory::read(&file).unwrap();
        let moved = |offset: u64| u32::try_from(offset).unwrap() + u32::try_from(gap.len()).unwrap();
        let start = usize::try_from(directory.layout().directory.start).unwrap();
        let record = start + directory.entries()[1].record.start;
        let second = directory.entries()[1].local_header_offset;
        let end = file.len() - 22;
        file[end + 16..end + 20].copy_from_slice(&moved(directory.layout().directory.start).to_le_bytes());
        if !last {
            file[record + 42..record + 46].copy_from_slice(&moved(second).to_le_bytes());
        }
        let at = if last { start } else { usize::try_from(second).unwrap() };
        file.splice(at..at, gap.iter().copied());
        file
    }

    fn padding_entry(zeros: u16) -> Vec<u8> {
        let mut header = LOCAL_MAGIC.to_vec();
        header.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
        header.extend([0; 14]);
        header.extend(zeros.to_le_bytes());
        header.resize(header.len() + usize::from(zeros), 0);
        header
    }

    #[test]
    fn padding_is_no_gap() {
        for last in [false, true] {
            for gap in [vec![], vec![0; 5000], padding_entry(0), [padding_entry(70), padding_entry(9)].concat()] {
                assert!(survey(&with_gap(&gap, last)).gaps.is_empty(), "{gap:?}");
            }
        }
    }

    #[test]
    fn what_lies_between_entries_is_told() {
        let hidden = archive(&["hidden"]);
        let only_entry = &hidden[..hidden.len() - 22 - 52];
        let far = [vec![0; 65_534], END_MAGIC.to_vec(), vec![0; 10]].concat();
        for last in [false, true] {
            for (gap, contents) in [
                (b"x".as_slice(), GapContents::Bytes),
                (&[padding_entry(3), vec![7]].concat(), GapContents::Bytes),
                (only_entry, GapContents::Entry),
                (&hidden, GapContents::Archive),
                (&far, GapContents::Archive),
            ] {
                let gaps = survey(&with_gap(gap, last)).gaps;
                assert_eq!(gaps.len(), 1);
                assert_eq!(gaps[0].contents, contents);
                assert_eq!(gaps[0].range.end - gaps[0].range.start, u64::try_from(gap.len()).unwrap());
            }
        }
    }

    #[test]
    fn entries_that_share_bytes_are_told() {
        let mut file = archive(&["a", "b"]);
        let directory = Directory::read(&file).unwrap();
        // the first entry stands inside the second: a copy of the first is what the second stores
        let start = usize::try_from(directory.layout().directory.start).unwrap();
        let first = file[..usize::try_from(directory.entries()[1].local_header_offset).unwrap()].to_vec();
        let record = start + directory.entries()[0].record.start;
        file[record + 42..record + 46].copy_from_slice(&0_u32.to_le_bytes());
        assert!(survey(&file).overlaps.is_empty());
        let mut outer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        outer.start_file("b", stored).unwrap();
        outer.write_all(&first).unwrap();
        outer.start_file("a", zip::write::SimpleFileOptions::default()).unwrap();
        outer.write_all(&[b'a'; 500]).unwrap();
        let mut nested = outer.finish().unwrap().into_inner();
        let directory = Directory::read(&nested).unwrap();
        let inner =
            u32::try_from(directory.local_header(&nested, &directory.entries()[0]).unwrap().data.start).unwrap();
        let record = usize::try_from(directory.layout().directory.start).unwrap() + directory.entries()[1].record.start;
        nested[record + 42..record + 46].copy_from_slice(&inner.to_le_bytes());
        assert_eq!(survey(&nested).overlaps, [("b".to_owned(), "a".to_owned())]);
    }

    #[test]
    fn a_broken_entry_is_told() {
        let mut file = archive(&["a", "b"]);
        file[30] = b'z';
        let found = survey(&file);
        assert!(matches!(found.broken.as_slice(), [ZipError::Local { .. }]));
        assert!(found.gaps.is_empty());
    }
}
