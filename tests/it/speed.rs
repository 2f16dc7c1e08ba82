//! What is read of a large file. Times are not asserted; bytes are.

use crate::sandbox::fixture;
use apkkey::api_key::TokenKey;
use apkkey::archive::Archive;
use apkkey::check::{Depth, Expectations, Facts, Question};
use apkkey::source::{ReadAt, SourceError};
use apkkey::zip::Directory;
use std::sync::atomic::{AtomicU64, Ordering};

/// An app with a hole of a gigabyte before its signing block, and a count of what is read.
struct Stretched {
    file: Vec<u8>,
    hole: u64,
    at: u64,
    read: AtomicU64,
}

impl Stretched {
    fn new(name: &str, hole: u32) -> Self {
        let mut file = fixture(name);
        let directory = Directory::read(&file).unwrap();
        let block = apkkey::signature::signing_block_range(&file, &directory).unwrap();
        let end = usize::try_from(directory.layout().end_record.start).unwrap();
        let offset = u32::from_le_bytes(file[end + 16..end + 20].try_into().unwrap()) + hole;
        file[end + 16..end + 20].copy_from_slice(&offset.to_le_bytes());
        Self { file, hole: u64::from(hole), at: block.start, read: AtomicU64::new(0) }
    }
}

impl ReadAt for Stretched {
    fn size(&self) -> u64 {
        self.file.size() + self.hole
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), SourceError> {
        self.read.fetch_add(u64::try_from(buffer.len()).unwrap(), Ordering::Relaxed);
        for (index, byte) in buffer.iter_mut().enumerate() {
            let place = offset + u64::try_from(index).unwrap();
            *byte = match place {
                before if before < self.at => self.file[usize::try_from(before).unwrap()],
                inside if inside < self.at + self.hole => 0,
                after => self.file[usize::try_from(after - self.hole).unwrap()],
            };
        }
        Ok(())
    }
}

#[test]
fn a_fingerprint_does_not_read_the_file() {
    let source = Stretched::new("apk/demo-release.apk", 1 << 30);
    let archive = Archive::open(&source).unwrap();
    let question = Question::new(&TokenKey::Amazon, Depth::Certificates);
    let facts = Facts::gather(&archive, &question, Expectations::default()).unwrap();
    let device = facts.signatures.device.last().unwrap();
    assert!(device.certificates[0].fingerprints().md5.to_string().starts_with("B8:F6:97:AE"));
    let read = source.read.load(Ordering::Relaxed);
    assert!(read < 1 << 20, "{read} bytes were read");
}
