//! The one place where data is deflated.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

/// Deflates at the best level (RFC 1951).
pub(super) fn deflate(contents: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(contents).and_then(|()| encoder.finish()).unwrap_or_default()
}
