//! ZIP: our reader, our reader against the crate `zip`, and edits.

use super::{Paid, Target};
use crate::fixtures::{read, with_endings};
use crate::repair;
use apkkey::archive::ApkSet;
use apkkey::check::{Depth, Expectations, Question, gather_set};
use apkkey::source::{Assembled, Piece, ReadAt};
use apkkey::zip::{Alignment, Directory, Edit, Entry, Method, NewEntry, Violation};
use std::io::Read;

const WORDS: &[&[u8]] = &[
    b"PK\x01\x02",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
    b"PK\x07\x08",
    b"APK Sig Block 42",
    b"AndroidManifest.xml",
    b"assets/api_key.txt",
    b"META-INF/MANIFEST.MF",
    b"\x35\xd9",
    b"\x75\x70",
    b"\x01\x00",
];

pub fn targets() -> Vec<Target> {
    let zip = |name, run| Target::new(name, run, apps).repaired(repair::archive).with_words(WORDS);
    vec![
        zip("zip", reader),
        zip("zip-peer", peer),
        zip("zip-edit", edit),
        Target::new("set", set, sets).repaired(repair::archive).with_words(WORDS),
    ]
}

fn apps() -> Vec<Vec<u8>> {
    [with_endings("apk", &[".apk"], 18_000), with_endings("aab", &[".aab"], 18_000)].concat()
}

fn sets() -> Vec<Vec<u8>> {
    with_endings("apks", &[".apks", ".apkm", ".xapk"], 80_000)
}

/// Bytes of one entry that are inflated.
const ENTRY: u64 = 4 << 20;

fn reader(data: &[u8]) -> Paid {
    let Ok(directory) = Directory::read(&data) else { return Paid::default() };
    let _ = directory.survey(&data, directory.layout().directory.start);
    for alignment in [Alignment::Kept, Alignment::Made { library_page: 16_384 }] {
        let _ = alignment.misaligned(&data, &directory);
    }
    for entry in directory.entries().iter().take(64) {
        let is_exact = directory.raw_name(entry) == entry.name.as_bytes();
        assert_eq!(directory.find(&entry.name).is_some(), is_exact || has_twin(&directory, entry));
        let _ = directory.local_header(&data, entry);
        if let Ok(contents) = directory.contents(&data, entry, ENTRY) {
            assert_eq!(contents.len() as u64, entry.declared_size);
            assert_eq!(crc32fast::hash(&contents), entry.declared_crc32);
        }
    }
    Paid::default()
}

/// Whether another entry's exact name is what this one's name was replaced by.
fn has_twin(directory: &Directory, entry: &Entry) -> bool {
    directory.entries().iter().any(|other| directory.raw_name(other) == entry.name.as_bytes())
}

/// Where both readers give an entry's contents, they give the same ones; and what we find nothing wrong with, the other
/// reads too.
fn peer(data: &[u8]) -> Paid {
    let Ok(directory) = Directory::read(&data) else { return Paid::default() };
    if directory.violations().iter().any(Violation::is_refused_by_android) {
        return Paid::default();
    }
    let Ok(mut other) = zip::ZipArchive::new(std::io::Cursor::new(data)) else {
        let readable = |entry| directory.contents(&data, entry, ENTRY).is_ok();
        let all = directory.entries().iter().all(readable);
        assert!(
            !all || !directory.violations().is_empty() || is_beyond_the_peer(&directory),
            "the crate zip refuses it"
        );
        return Paid::default();
    };
    // it looks for the directory right before the end record, or takes another end record: that must be told
    if other.central_directory_start() != directory.layout().directory.start {
        assert!(!directory.violations().is_empty(), "the crate zip reads another directory");
        return Paid::default();
    }
    for entry in directory.entries().iter().take(64) {
        let (Ok(ours), Ok(mut theirs)) = (directory.contents(&data, entry, ENTRY), other.by_name(&entry.name)) else {
            continue;
        };
        let mut contents = Vec::new();
        if theirs.by_ref().take(ENTRY).read_to_end(&mut contents).is_ok() {
            assert!(ours == contents, "{}: other contents", entry.name);
        }
    }
    Paid::default()
}

/// What Android ignores and the crate `zip` does not: extra fields, versions, comments that do not decode.
fn is_beyond_the_peer(directory: &Directory) -> bool {
    directory.entries().iter().any(|entry| {
        let record = &directory.bytes()[entry.record.start as usize..entry.record.end as usize];
        let name = u16::from_le_bytes([record[28], record[29]]) as usize;
        record.len() > 46 + name || record[6..8] != [20, 0] && record[6..8] != [10, 0] && record[6..8] != [0, 0]
    }) || !directory.comment().is_empty()
}

/// Whatever is taken out and put in, the rest stays as it is, and the result can be read.
fn edit(data: &[u8]) -> Paid {
    let Ok(directory) = Directory::read(&data) else { return Paid::default() };
    let count = directory.entries().len();
    let added = NewEntry { name: "assets/added.txt".to_owned(), contents: b"added".to_vec() };
    let is_there = directory.find(&added.name).is_some();
    let edit = Edit {
        removed: [0].into_iter().filter(|_| count > 1 && data.len() % 2 == 0).collect(),
        unpacked: (0..count)
            .filter(|index| index % 7 == 3 && directory.entries()[*index].method == Method::DEFLATED)
            .collect(),
        added: if is_there { Vec::new() } else { vec![added] },
    };
    for alignment in [Alignment::Kept, Alignment::Made { library_page: 4096 }] {
        let Ok(rewritten) = edit.plan_aligned(&data, &directory, alignment) else { continue };
        let pieces: Vec<Piece> = rewritten.pieces().collect();
        let assembled = Assembled::new(&data, &pieces);
        // padding for pages is not a leak: each entry gets at most one
        assert!(
            assembled.size() <= 2 * ENTRY + (data.len() as u64 + 8192 * count as u64) * 2 || !edit.unpacked.is_empty()
        );
        let Ok(written) = assembled.bytes(0..assembled.size()) else { panic!("the plan cannot be read") };
        let new = Directory::read(&written).expect("what was written can be read");
        let kept = directory.entries().iter().enumerate().filter(|(index, _)| !edit.removed.contains(index));
        for (_, entry) in kept.take(32) {
            let Ok(old) = directory.contents(&data, entry, ENTRY) else { continue };
            if directory.raw_name(entry) != entry.name.as_bytes()
                || !directory.find(&entry.name).is_some_and(|first| std::ptr::eq(first, entry))
            {
                continue;
            }
            let Some(moved) = new.find(&entry.name) else { panic!("{} is gone", entry.name) };
            match new.contents(&written, moved, ENTRY) {
                Ok(now) => assert!(now == old, "{} has changed", entry.name),
                Err(error) => panic!("{}: {error}", entry.name),
            }
        }
    }
    Paid::default()
}

fn set(data: &[u8]) -> Paid {
    let Ok(set) = ApkSet::open(&data) else { return Paid::default() };
    let token_key = crate::fixtures::token_key();
    for entry in set.apks().take(16) {
        let _ = set.check(entry);
    }
    let question = Question::new(&token_key, Depth::Certificates);
    let _ = gather_set(&set, &question, &Expectations::default());
    Paid::default()
}

/// The smallest app of the fixtures.
pub fn smallest() -> Vec<u8> {
    read("apk/demo-nokey-unsigned.apk")
}
