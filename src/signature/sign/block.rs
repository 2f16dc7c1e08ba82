//! The APK Signing Block as bytes (its layout stands in the module that reads it).

use super::encode::length_u32;
use crate::limits::KEPT_PAIRS_SIZE;
use crate::signature::Input;
use crate::signature::block::{self, Search, id};
use crate::signature::content::PAGE;
use crate::source::SourceError;

const MAGIC: &[u8; 16] = b"APK Sig Block 42";
/// Both sizes and the magic.
const FRAME: usize = 32;
/// Size and id of a pair.
const PAIR_HEADER: usize = 12;

/// A pair of the old block that goes into the new one.
#[derive(Debug, Clone)]
pub(super) struct KeptPair {
    pub(super) id: u32,
    pub(super) value: Vec<u8>,
}

/// What becomes of pairs of the old block that Android does not know.
#[derive(Debug, Default)]
pub(super) struct OldBlock {
    pub(super) kept: Vec<KeptPair>,
    pub(super) dropped: Vec<u32>,
}

impl OldBlock {
    /// Looks at the old block, and reads its unknown pairs when they are to be kept.
    pub(super) fn read(input: Input<'_>, keep: bool) -> Result<Self, SourceError> {
        let Search::Found(found) = block::find(input.source, input.directory)? else { return Ok(Self::default()) };
        let mut old = Self::default();
        let mut budget = KEPT_PAIRS_SIZE;
        for pair_id in found.unknown_ids() {
            let Some(pair) = found.pair(pair_id) else { continue };
            let size = pair.value.end.saturating_sub(pair.value.start);
            match budget.checked_sub(size).filter(|_| keep) {
                Some(rest) => {
                    budget = rest;
                    old.kept.push(KeptPair { id: pair_id, value: input.source.bytes(pair.value.clone())? });
                }
                None => old.dropped.push(pair_id),
            }
        }
        Ok(old)
    }
}

/// The zero bytes that make a block begin on a page when `size` bytes stand before it.
pub(super) fn zeros_before(size: u64) -> Vec<u8> {
    let page = u64::try_from(PAGE).unwrap_or(1);
    let missing = size.next_multiple_of(page).saturating_sub(size);
    vec![0; usize::try_from(missing).unwrap_or(0)]
}

/// The block of these pairs, filled up with a pair of zero bytes to whole pages
/// (`ApkSigningBlockUtils.generateApkSigningBlock`).
pub(super) fn encode(pairs: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (pair_id, value) in pairs {
        push_pair(&mut body, *pair_id, value);
    }
    let size = body.len().saturating_add(FRAME);
    let mut missing = size.next_multiple_of(PAGE).saturating_sub(size);
    if missing > 0 {
        if missing < PAIR_HEADER {
            missing = missing.saturating_add(PAGE);
        }
        push_pair(&mut body, id::PADDING, &vec![0; missing.saturating_sub(PAIR_HEADER)]);
    }
    // the first size field does not count itself
    let counted = u64::try_from(body.len().saturating_add(24)).unwrap_or(u64::MAX).to_le_bytes();
    [counted.as_slice(), &body, &counted, MAGIC].concat()
}

fn push_pair(out: &mut Vec<u8>, pair_id: u32, value: &[u8]) {
    out.extend_from_slice(&u64::from(length_u32(value)).saturating_add(4).to_le_bytes());
    out.extend_from_slice(&pair_id.to_le_bytes());
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_fills_whole_pages() {
        for size in [0, 1, 4000, 4040, 4041, 4052, 4053, 4096] {
            let block = encode(&[(7, vec![1; size])]);
            assert_eq!(block.len() % PAGE, 0, "{size}");
            assert!(block.ends_with(MAGIC));
        }
        assert_eq!(encode(&[(7, vec![1; PAGE - FRAME - PAIR_HEADER])]).len(), PAGE, "no padding where none is needed");
        assert_eq!(encode(&[(7, vec![1; PAGE - FRAME - PAIR_HEADER - 11])]).len(), 2 * PAGE);
        assert_eq!(zeros_before(4096).len(), 0);
        assert_eq!(zeros_before(4097).len(), 4095);
    }
}
