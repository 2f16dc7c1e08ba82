//! The one place where data is deflated (RFC 1951): byte for byte as zlib does at its best level.
//!
//! AOSP's apksigner compresses what it writes into META-INF with Java's `new Deflater(9, true)`, which is zlib's
//! `deflate` at level 9 without a header (`ZipUtils.java`). Two programs sign the same APK with the same bytes only if
//! they compress alike, and RFC 1951 leaves that open: which of several matches is taken, where a block ends, which of
//! equally frequent symbols gets the shorter code. zlib answers these questions alike from 1.2.8 to 1.3.1; zlib-ng and
//! its translations answer some of them otherwise. So this is zlib's algorithm, for this one setting: level 9, window
//! of 32 KiB, memory level 8, default strategy, the whole input in one call.
//!
//! | part | what |
//! | --- | --- |
//! | [`chains`] | where three bytes stood before: heads by hash, and a chain to earlier places |
//! | [`matches`] | the input as literals and matches, cut into blocks: the longest match, unless the next byte has a longer one |
//! | [`symbols`] | literals, lengths and distances as symbols of the two alphabets (RFC 1951, 3.2.5) |
//! | [`tree`] | how long each symbol's code is, from its frequency |
//! | [`code`](mod@code) | the codes of these lengths, and how a block's header describes them (RFC 1951, 3.2.2 and 3.2.7) |
//! | [`blocks`] | stored, fixed or dynamic: the shortest of them, written |
//! | [`bits`] | bits to bytes |
//!
//! What looks arbitrary here is so on purpose: it is how zlib does it. `tests/it/oracle_deflate.rs` compares the two.

mod bits;
mod blocks;
mod chains;
mod code;
mod matches;
mod symbols;
mod tree;

#[cfg(test)]
mod tests;

use bits::BitWriter;
use matches::Matcher;

/// Deflates at the best level, without a header and checksum around it.
pub(super) fn deflate(contents: &[u8]) -> Vec<u8> {
    let mut matcher = Matcher::new(contents);
    let mut output = BitWriter::default();
    loop {
        let block = matcher.next_block();
        blocks::write(&block, &mut output);
        if block.is_last {
            return output.finish();
        }
    }
}
