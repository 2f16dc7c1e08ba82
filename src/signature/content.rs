//! Digests of a whole APK without its signing block (apksigning/v2, "Integrity-protected contents").
//!
//! Three sections are digested: everything before the signing block, the central directory, and the end record with
//! its directory offset pointing at the signing block. Chunked digests take each section in chunks of 1 MiB;
//! the verity digest takes all of them as one stream of 4 KiB pages (`VerityTreeBuilder.java`).
//! Each byte is read once, whatever the number of digests.

use super::Input;
use super::algorithm::ContentDigest;
use crate::parallel;
use crate::source::{ReadAt, SourceError};
use md5::Digest;
use sha2::{Sha256, Sha512};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

const CHUNK: u64 = 1 << 20;
/// The page of a verity tree, and the alignment that its digest needs.
pub(super) const PAGE: usize = 4096;
const CHUNK_PREFIX: u8 = 0xa5;
const TOP_PREFIX: u8 = 0x5a;
/// The salt of an APK's verity digest: eight zero bytes.
const APK_SALT: &[u8] = &[0; 8];
/// Where the end record has the offset of the central directory (APPNOTE 4.3.16).
const DIRECTORY_OFFSET: Range<usize> = 16..20;

/// What one chunk gives to each digest.
#[derive(Debug, Default)]
struct ChunkDigests {
    sha256: Vec<u8>,
    sha512: Vec<u8>,
    pages: Vec<u8>,
}

/// The digests of the whole chunks at the start of a file, which are known before its end is.
#[derive(Debug, Default)]
pub(super) struct Beginning(Vec<ChunkDigests>);

impl Beginning {
    /// Digests the whole chunks in the first `size` bytes.
    pub(super) fn digest(
        source: &dyn ReadAt,
        size: u64,
        wanted: &BTreeSet<ContentDigest>,
    ) -> Result<Self, SourceError> {
        let whole = size.checked_div(CHUNK).unwrap_or(0).saturating_mul(CHUNK);
        digest_range(source, 0..if wanted.is_empty() { 0 } else { whole }, wanted).map(Self)
    }
}

/// The wanted digests of a file whose signing block stands at `block`.
pub(super) fn digest(
    input: Input<'_>,
    block: &Range<u64>,
    wanted: &BTreeSet<ContentDigest>,
) -> Result<BTreeMap<ContentDigest, Vec<u8>>, SourceError> {
    digest_rest(Beginning::default(), input, block, wanted)
}

/// As [`digest`], when the same digests of the file's beginning are already there.
pub(super) fn digest_rest(
    Beginning(mut chunks): Beginning,
    input: Input<'_>,
    block: &Range<u64>,
    wanted: &BTreeSet<ContentDigest>,
) -> Result<BTreeMap<ContentDigest, Vec<u8>>, SourceError> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let end = end_record(input, block.start)?;
    let digested = u64::try_from(chunks.len()).unwrap_or(u64::MAX).saturating_mul(CHUNK);
    chunks.extend(digest_range(input.source, digested..block.start, wanted)?);
    let tail = [input.directory.bytes(), &end].concat();
    for section in [input.directory.bytes(), end.as_slice()] {
        let chunk = usize::try_from(CHUNK).unwrap_or(usize::MAX);
        chunks.extend(section.chunks(chunk).map(|data| ChunkDigests::chunked(data, wanted)));
    }
    let size = block.start.saturating_add(u64::try_from(tail.len()).unwrap_or(u64::MAX));
    let finish = |content: &ContentDigest| {
        let value = match content {
            ContentDigest::ChunkedSha256 => top::<Sha256>(&chunks, |chunk| &chunk.sha256),
            ContentDigest::ChunkedSha512 => top::<Sha512>(&chunks, |chunk| &chunk.sha512),
            ContentDigest::VeritySha256 => {
                let mut leaves: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.pages.iter().copied()).collect();
                leaves.extend(page_digests(APK_SALT, &tail));
                [tree_root(APK_SALT, leaves).as_slice(), &size.to_le_bytes()].concat()
            }
        };
        (*content, value)
    };
    Ok(wanted.iter().map(finish).collect())
}

/// The end record, as if the central directory began where the signing block does.
fn end_record(input: Input<'_>, block_start: u64) -> Result<Vec<u8>, SourceError> {
    let mut end = input.source.bytes(input.directory.layout().end_record.clone())?;
    let offset = u32::try_from(block_start).unwrap_or(u32::MAX);
    if let Some(field) = end.get_mut(DIRECTORY_OFFSET) {
        field.copy_from_slice(&offset.to_le_bytes());
    }
    Ok(end)
}

/// Digests a part of what stands before the signing block, chunk by chunk. It begins at a multiple of a chunk.
fn digest_range(
    source: &dyn ReadAt,
    range: Range<u64>,
    wanted: &BTreeSet<ContentDigest>,
) -> Result<Vec<ChunkDigests>, SourceError> {
    let size = range.end.saturating_sub(range.start);
    let count = usize::try_from(size.div_ceil(CHUNK)).unwrap_or(usize::MAX);
    parallel::map(size, count, Vec::new, |buffer: &mut Vec<u8>, index| {
        let data = read_chunk(source, &range, index, buffer)?;
        let mut digests = ChunkDigests::chunked(data, wanted);
        if wanted.contains(&ContentDigest::VeritySha256) {
            digests.pages = page_digests(APK_SALT, data);
        }
        Ok(digests)
    })
}

/// Fills `buffer` with the chunk of this number out of `range`.
fn read_chunk<'b>(
    source: &dyn ReadAt,
    range: &Range<u64>,
    index: usize,
    buffer: &'b mut Vec<u8>,
) -> Result<&'b [u8], SourceError> {
    let start = range.start.saturating_add(u64::try_from(index).unwrap_or(u64::MAX).saturating_mul(CHUNK));
    let length = range.end.saturating_sub(start).min(CHUNK);
    buffer.resize(usize::try_from(length).unwrap_or(0), 0);
    source.read_exact_at(buffer, start)?;
    Ok(buffer)
}

impl ChunkDigests {
    fn chunked(data: &[u8], wanted: &BTreeSet<ContentDigest>) -> Self {
        let mut digests = Self::default();
        if wanted.contains(&ContentDigest::ChunkedSha256) {
            digests.sha256 = chunk_digest::<Sha256>(data);
        }
        if wanted.contains(&ContentDigest::ChunkedSha512) {
            digests.sha512 = chunk_digest::<Sha512>(data);
        }
        digests
    }
}

fn chunk_digest<D: Digest>(data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let prefix = D::new().chain_update([CHUNK_PREFIX]).chain_update(length.to_le_bytes());
    prefix.chain_update(data).finalize().to_vec()
}

/// The digest over the digests of all chunks.
fn top<D: Digest>(chunks: &[ChunkDigests], of: impl Fn(&ChunkDigests) -> &Vec<u8>) -> Vec<u8> {
    let count = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
    let mut digest = D::new().chain_update([TOP_PREFIX]).chain_update(count.to_le_bytes());
    for chunk in chunks {
        digest.update(of(chunk));
    }
    digest.finalize().to_vec()
}

/// SHA-256 of each page of `data`; the last page is filled up with zero bytes.
fn page_digests(salt: &[u8], data: &[u8]) -> Vec<u8> {
    let mut digests = Vec::with_capacity(data.len().div_ceil(PAGE).saturating_mul(32));
    for page in data.chunks(PAGE) {
        let padding = vec![0; PAGE.saturating_sub(page.len())];
        let digest = Sha256::new().chain_update(salt).chain_update(page).chain_update(padding).finalize();
        digests.extend_from_slice(&digest);
    }
    digests
}

/// The root above the digests of all pages.
fn tree_root(salt: &[u8], mut level: Vec<u8>) -> Vec<u8> {
    while level.len() > PAGE {
        level = page_digests(salt, &level);
    }
    page_digests(salt, &level)
}

/// Whether a verity digest can be made at all: the kernel works on whole pages.
pub(super) fn is_page_aligned(block: &Range<u64>) -> bool {
    let page = u64::try_from(PAGE).unwrap_or(1);
    block.start.is_multiple_of(page) && block.end.is_multiple_of(page)
}

/// The levels of the fs-verity tree of the whole file, the digests of the file's pages first, each filled up to whole
/// pages.
pub(super) fn file_tree(input: Input<'_>) -> Result<Vec<Vec<u8>>, SourceError> {
    let size = input.source.size();
    let count = usize::try_from(size.div_ceil(CHUNK)).unwrap_or(usize::MAX);
    let leaves = parallel::map(size, count, Vec::new, |buffer: &mut Vec<u8>, index| {
        read_chunk(input.source, &(0..size), index, buffer).map(|data| page_digests(&[], data))
    })?;
    let mut levels = vec![leaves.concat()];
    while let Some(last) = levels.last_mut() {
        let used = last.len();
        last.resize(used.next_multiple_of(PAGE), 0);
        if used <= PAGE {
            break;
        }
        let next = page_digests(&[], last);
        levels.push(next);
    }
    Ok(levels)
}

/// The root above the levels.
pub(super) fn file_root(levels: &[Vec<u8>]) -> Vec<u8> {
    levels.last().map(|top| page_digests(&[], top)).unwrap_or_default()
}

/// Whether these bytes are the levels, the smallest first.
pub(super) fn is_tree(levels: &[Vec<u8>], mut bytes: &[u8]) -> bool {
    for level in levels.iter().rev() {
        let Some(rest) = bytes.strip_prefix(level.as_slice()) else { return false };
        bytes = rest;
    }
    bytes.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_has_its_length_in_front() {
        let wanted = Sha256::digest([&[0xa5, 3, 0, 0, 0][..], b"abc"].concat()).to_vec();
        assert_eq!(chunk_digest::<Sha256>(b"abc"), wanted);
    }

    #[test]
    fn a_tree_is_built_until_one_page_is_left() {
        let one = page_digests(&[], &[7; 10]);
        let mut page = vec![7; 10];
        page.resize(PAGE, 0);
        assert_eq!(one, Sha256::digest(&page).to_vec());
        let leaves: Vec<u8> = (0_u8..129).flat_map(|index| [index; 32]).collect();
        let first = Sha256::digest(&leaves[..PAGE]).to_vec();
        let second = page_digests(&[], &leaves[PAGE..]);
        let top = [first, second].concat();
        assert_eq!(tree_root(&[], leaves), page_digests(&[], &top));
    }

    #[test]
    fn an_unaligned_block_has_no_verity_digest() {
        assert!(is_page_aligned(&(8192..12288)));
        assert!(!is_page_aligned(&(8192..12289)) && !is_page_aligned(&(8193..12289)));
    }
}
