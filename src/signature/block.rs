//! The APK Signing Block: pairs of an id and a value, directly before the central directory.
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | size of the block without this field |
//! | 8 + size, repeated | size of the rest of the pair, 4 bytes of id, value |
//! | 8 | the size again |
//! | 16 | `APK Sig Block 42` |
//!
//! All numbers are little-endian. Android finds the block only when the central directory ends where the end record
//! begins, and takes the first pair of an id; what cannot be split counts as absent from there on
//! (`ApkUtilsLite.findApkSigningBlock`, `ApkSigningBlockUtilsLite.findApkSignatureSchemeBlock`).
//! Nothing in the block is covered by a signature but what a scheme's signers sign themselves.

use super::Scheme;
use super::findings::Findings;
use super::rules;
use crate::bytes::Reader;
use crate::limits::{SCHEME_BLOCK_SIZE, SIGNING_BLOCK_PADDING, SIGNING_BLOCK_PAIRS};
use crate::source::{ReadAt, SourceError};
use crate::zip::Directory;
use std::collections::HashSet;
use std::ops::Range;

const MAGIC: &[u8; 16] = b"APK Sig Block 42";
/// Size and magic at the end.
const FOOTER_SIZE: u64 = 24;
/// The size at the start.
const HEADER_SIZE: u64 = 8;
/// Java's `Integer.MAX_VALUE` bounds every size.
const LARGEST_SIZE: u64 = 0x7fff_ffff;

/// Ids of pairs. `V3SchemeConstants.java`, `SourceStampConstants.java`, `ApkSigningBlockUtils.java`.
pub(super) mod id {
    pub(in crate::signature) const V2: u32 = 0x7109_871a;
    pub(in crate::signature) const V3: u32 = 0xf053_68c0;
    pub(in crate::signature) const V31: u32 = 0x1b93_ad61;
    pub(in crate::signature) const V32: u32 = 0x70e1_c89f;
    pub(in crate::signature) const STAMP_V1: u32 = 0x2b09_189e;
    pub(in crate::signature) const STAMP_V2: u32 = 0x6dff_800d;
    pub(in crate::signature) const PADDING: u32 = 0x4272_6577;
    pub(in crate::signature) const KNOWN: [u32; 7] = [V2, V3, V31, V32, STAMP_V1, STAMP_V2, PADDING];
}

/// The block and its pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SigningBlock {
    /// Where it stands in the file.
    pub(super) range: Range<u64>,
    /// Its pairs in their order, up to the first that cannot be split off.
    pub(super) pairs: Vec<Pair>,
    /// Where splitting ended early, and why.
    pub(super) broken: Option<&'static str>,
}

/// One pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) id: u32,
    /// Where its value stands in the file.
    pub(super) value: Range<u64>,
}

/// What was found before the central directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Search {
    /// No block.
    Absent,
    /// Something like a block that Android does not see, and why; its range when it is known.
    Ignored(&'static str, Option<Range<u64>>),
    /// The block.
    Found(SigningBlock),
}

impl Search {
    pub(super) fn range(&self) -> Option<Range<u64>> {
        match self {
            Self::Absent => None,
            Self::Ignored(_, range) => range.clone(),
            Self::Found(block) => Some(block.range.clone()),
        }
    }
}

/// Looks for the block.
pub(super) fn find(source: &dyn ReadAt, directory: &Directory) -> Result<Search, SourceError> {
    let layout = directory.layout();
    let end = layout.directory.start;
    let Some(footer_start) = end.checked_sub(FOOTER_SIZE) else { return Ok(Search::Absent) };
    let footer = source.bytes(footer_start..end)?;
    let Some((size, magic)) = footer.split_first_chunk::<8>() else { return Ok(Search::Absent) };
    if magic != MAGIC {
        return Ok(Search::Absent);
    }
    let size = u64::from_le_bytes(*size);
    let start = size.checked_add(HEADER_SIZE).and_then(|whole| end.checked_sub(whole));
    let Some(start) = start.filter(|_| (FOOTER_SIZE..=LARGEST_SIZE.saturating_sub(HEADER_SIZE)).contains(&size)) else {
        return Ok(Search::Ignored("its size does not fit the file", None));
    };
    let pairs_start = start.saturating_add(HEADER_SIZE);
    if source.bytes(start..pairs_start)? != size.to_le_bytes() {
        return Ok(Search::Ignored("its two sizes differ", None));
    }
    if layout.directory.end != layout.end_record.start {
        return Ok(Search::Ignored("bytes stand between the central directory and the end record", Some(start..end)));
    }
    let (pairs, broken) = split(source, pairs_start..footer_start)?;
    Ok(Search::Found(SigningBlock { range: start..end, pairs, broken }))
}

/// The pairs in `range`, and why the rest of it is none.
fn split(source: &dyn ReadAt, range: Range<u64>) -> Result<(Vec<Pair>, Option<&'static str>), SourceError> {
    let mut pairs = Vec::new();
    let mut position = range.start;
    while position < range.end {
        if pairs.len() >= SIGNING_BLOCK_PAIRS {
            return Ok((pairs, Some("it has too many pairs")));
        }
        let header_end = position.saturating_add(12).min(range.end);
        let header = source.bytes(position..header_end)?;
        let mut reader = Reader::new(&header);
        let Ok(size) = reader.u64_le("pair size") else { return Ok((pairs, Some("a pair's size is cut off"))) };
        let body = position.saturating_add(8);
        let end = body.checked_add(size).filter(|end| *end <= range.end && (4..=LARGEST_SIZE).contains(&size));
        let (Some(end), Ok(id)) = (end, reader.u32_le("pair id")) else {
            return Ok((pairs, Some("a pair's size does not fit the block")));
        };
        pairs.push(Pair { id, value: body.saturating_add(4)..end });
        position = end;
    }
    Ok((pairs, None))
}

impl SigningBlock {
    /// The first pair of this id.
    pub(super) fn pair(&self, id: u32) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.id == id)
    }

    /// The value of the first pair of this id; a problem when it is too large to be real.
    pub(super) fn value(
        &self,
        source: &dyn ReadAt,
        id: u32,
        findings: &mut Findings,
    ) -> Result<Option<Vec<u8>>, SourceError> {
        let Some(pair) = self.pair(id) else { return Ok(None) };
        let size = pair.value.end.saturating_sub(pair.value.start);
        if size > SCHEME_BLOCK_SIZE {
            let message = format!("the pair {id:#010x} has {size} bytes, more than any real one");
            findings.problem(rules::SCHEME_BLOCK_TOO_LARGE, scheme_of(id), message);
            return Ok(Some(Vec::new()));
        }
        source.bytes(pair.value.clone()).map(Some)
    }

    /// The ids of all pairs.
    pub(super) fn ids(&self) -> Vec<u32> {
        self.pairs.iter().map(|pair| pair.id).collect()
    }

    /// Ids that Android does not know, each once.
    pub(super) fn unknown_ids(&self) -> Vec<u32> {
        let mut seen = HashSet::new();
        let unknown = self.pairs.iter().map(|pair| pair.id).filter(|id| !id::KNOWN.contains(id));
        unknown.filter(|id| seen.insert(*id)).collect()
    }

    /// Says what in the block no signature covers.
    pub(super) fn report(&self, source: &dyn ReadAt, findings: &mut Findings) -> Result<(), SourceError> {
        if self.pairs.len() >= SIGNING_BLOCK_PAIRS {
            let message = format!("the signing block has more than {SIGNING_BLOCK_PAIRS} pairs");
            findings.problem(rules::SIGNING_BLOCK_TOO_MANY_PAIRS, None, message);
        } else if let Some(reason) = self.broken {
            let message = format!("the end of the signing block cannot be split into pairs: {reason}");
            findings.warning(rules::SIGNING_BLOCK_PAIRS_MALFORMED, None, message);
        }
        for id in self.unknown_ids() {
            let message = format!("the signing block has a pair {id:#010x}{}", known_maker(id));
            findings.warning(rules::SIGNING_BLOCK_UNKNOWN_PAIR, None, message);
        }
        let mut seen = HashSet::new();
        for pair in &self.pairs {
            if !seen.insert(pair.id) {
                let message = format!("the signing block has the pair {:#010x} twice; the first one counts", pair.id);
                findings.warning(rules::SIGNING_BLOCK_DUPLICATE_PAIR, None, message);
            }
            if pair.id == id::PADDING && !is_zero(source, pair.value.clone())? {
                let message = "the signing block's padding is not zero";
                findings.warning(rules::SIGNING_BLOCK_PADDING_NOT_ZERO, None, message);
            }
        }
        Ok(())
    }
}

/// Padding beyond what is worth reading counts as not zero.
fn is_zero(source: &dyn ReadAt, range: Range<u64>) -> Result<bool, SourceError> {
    if range.end.saturating_sub(range.start) > SIGNING_BLOCK_PADDING {
        return Ok(false);
    }
    Ok(source.bytes(range)?.iter().all(|byte| *byte == 0))
}

fn scheme_of(id: u32) -> Option<Scheme> {
    match id {
        id::V2 => Some(Scheme::V2),
        id::V3 => Some(Scheme::V3),
        id::V31 => Some(Scheme::V31),
        id::V32 => Some(Scheme::V32),
        _ => None,
    }
}

/// Who writes pairs that Android does not know.
pub(super) fn known_maker(id: u32) -> &'static str {
    match id {
        0x504b_4453 => " (dependency list of the Android Gradle plugin)",
        0x2146_444e => " (Google Play)",
        0x7177_7777 => " (channel name, Walle)",
        0x8811_55ff => " (channel name, VasDolly)",
        0x7a78_6b21 => " (channel name, PackerNG)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::testing::{pair, signing_block, with_block};

    fn search(file: &[u8]) -> Search {
        find(&file.to_vec(), &Directory::read(&file.to_vec()).unwrap()).unwrap()
    }

    fn found(file: &[u8]) -> SigningBlock {
        let Search::Found(block) = search(file) else { panic!("no block") };
        block
    }

    #[test]
    fn the_first_pair_of_an_id_counts() {
        let file = with_block(&signing_block(&[pair(id::V2, b"one"), pair(7, b""), pair(id::V2, b"two")]));
        let block = found(&file);
        let mut findings = Findings::default();
        assert_eq!(block.value(&file, id::V2, &mut findings).unwrap().unwrap(), b"one");
        assert_eq!(block.unknown_ids(), [7]);
        block.report(&file, &mut findings).unwrap();
        let ids: Vec<&str> = findings.warnings.iter().map(|warning| warning.id).collect();
        assert_eq!(ids, ["signing-block-unknown-pair", "signing-block-duplicate-pair"]);
    }

    #[test]
    fn padding_must_be_zero() {
        let mut findings = Findings::default();
        let good = with_block(&signing_block(&[pair(id::PADDING, &[0; 100])]));
        found(&good).report(&good, &mut findings).unwrap();
        assert!(findings.warnings.is_empty());
        let bad = with_block(&signing_block(&[pair(id::PADDING, &[0, 0, 1, 0])]));
        found(&bad).report(&bad, &mut findings).unwrap();
        assert_eq!(findings.warnings[0].id, "signing-block-padding-not-zero");
    }

    #[test]
    fn a_block_that_android_does_not_see_is_not_found() {
        let block = signing_block(&[pair(id::V2, b"value")]);
        let mut other_magic = block.clone();
        let last = other_magic.len() - 1;
        other_magic[last] = b'3';
        assert_eq!(search(&with_block(&other_magic)), Search::Absent);
        let mut sizes_differ = block.clone();
        sizes_differ[0] ^= 1;
        assert!(matches!(search(&with_block(&sizes_differ)), Search::Ignored("its two sizes differ", None)));
        let mut huge = block;
        let footer = huge.len() - 24;
        huge[footer..footer + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(matches!(search(&with_block(&huge)), Search::Ignored("its size does not fit the file", None)));
    }

    #[test]
    fn pairs_behind_a_broken_one_are_absent() {
        let mut second = pair(id::V3, b"value");
        second[0] = 0xff;
        let file = with_block(&signing_block(&[pair(id::V2, b"value"), second, pair(id::V31, b"value")]));
        let block = found(&file);
        assert_eq!(block.pairs.len(), 1);
        assert_eq!(block.broken, Some("a pair's size does not fit the block"));
    }

    #[test]
    fn no_changed_byte_panics() {
        let block = signing_block(&[pair(id::V2, b"value"), pair(id::PADDING, &[0; 20])]);
        for at in 0..block.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = block.clone();
                changed[at] = value;
                search(&with_block(&changed));
            }
        }
    }
}
