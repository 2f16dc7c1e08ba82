//! What the tests of this module share: fixtures, and a few builders for malformed input.

use super::Scheme;
use super::block::{self, Search, id};
use super::findings::Findings;
use crate::certificate::Certificate;
use crate::zip::Directory;
use base64::Engine;
use std::io::Read;
use std::path::Path;

/// The bytes of a file in `fixtures/`.
pub(super) fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let mut bytes = Vec::new();
    let mut file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

/// A certificate of `fixtures/keys/`.
pub(super) fn certificate(name: &str) -> Certificate {
    let pem = String::from_utf8(fixture(&format!("keys/{name}.crt.pem"))).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    Certificate::from_der(base64::engine::general_purpose::STANDARD.decode(base64).unwrap()).unwrap()
}

/// The value of a scheme's pair in a fixture.
pub(super) fn scheme_value(name: &str, scheme: Scheme) -> Vec<u8> {
    let file = fixture(name);
    let directory = Directory::read(&file).unwrap();
    let Search::Found(block) = block::find(&file, &directory).unwrap() else { panic!("no signing block") };
    let id = match scheme {
        Scheme::V1 => panic!("v1 has no pair"),
        Scheme::V2 => id::V2,
        Scheme::V3 => id::V3,
        Scheme::V31 => id::V31,
        Scheme::V32 => id::V32,
    };
    block.value(&file, id, &mut Findings::default()).unwrap().unwrap()
}

/// `bytes` with their length in front.
pub(super) fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [u32::try_from(bytes.len()).unwrap().to_le_bytes().as_slice(), bytes].concat()
}

/// A pair of a signing block.
pub(super) fn pair(id: u32, value: &[u8]) -> Vec<u8> {
    let size = u64::try_from(value.len()).unwrap() + 4;
    [size.to_le_bytes().as_slice(), &id.to_le_bytes(), value].concat()
}

/// A signing block of these pairs.
pub(super) fn signing_block(pairs: &[Vec<u8>]) -> Vec<u8> {
    let pairs = pairs.concat();
    let size = (u64::try_from(pairs.len()).unwrap() + 24).to_le_bytes();
    [size.as_slice(), &pairs, &size, b"APK Sig Block 42"].concat()
}

/// An archive of one empty entry, with `block` before its central directory.
pub(super) fn with_block(block: &[u8]) -> Vec<u8> {
    let name = b"AndroidManifest.xml";
    let common = [&[10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x28][..], &[0; 12], &[19, 0, 0, 0]].concat();
    let local = [b"PK\x03\x04", common.as_slice(), name].concat();
    let record = [b"PK\x01\x02\x14\x00", common.as_slice(), &[0; 14], name].concat();
    let directory = u32::try_from(local.len() + block.len()).unwrap();
    let size = u32::try_from(record.len()).unwrap();
    let counts = [0, 0, 0, 0, 1, 0, 1, 0];
    let end = [b"PK\x05\x06", &counts[..], &size.to_le_bytes(), &directory.to_le_bytes(), &[0, 0]].concat();
    [local, block.to_vec(), record, end].concat()
}

/// A file with its signing block replaced.
pub(super) fn replace_block(file: &[u8], new: &[u8]) -> Vec<u8> {
    let file = file.to_vec();
    let directory = Directory::read(&file).unwrap();
    let range = block::find(&file, &directory).unwrap().range().unwrap();
    let cut = |from: u64, to: u64| file[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()].to_vec();
    let size = directory.layout().size;
    let mut out = [cut(0, range.start), new.to_vec(), cut(range.end, size)].concat();
    let moved = usize::try_from(range.start).unwrap() + new.len();
    let end = usize::try_from(size - directory.layout().end_record.start).unwrap();
    let offset = out.len() - end + 16;
    out[offset..offset + 4].copy_from_slice(&u32::try_from(moved).unwrap().to_le_bytes());
    out
}

/// The same entries in a new archive, after `edit`.
pub(super) fn rewrite(file: &[u8], edit: impl Fn(&mut Vec<(String, Vec<u8>)>)) -> Vec<u8> {
    let file = file.to_vec();
    let directory = Directory::read(&file).unwrap();
    let read = |entry: &crate::zip::Entry| (entry.name.clone(), directory.contents(&file, entry, 1 << 20).unwrap());
    let mut entries: Vec<(String, Vec<u8>)> = directory.entries().iter().map(read).collect();
    edit(&mut entries);
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, data) in entries {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, &data).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
