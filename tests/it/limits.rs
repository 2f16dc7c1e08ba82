//! Files that claim or hold far too much: a clear answer within little memory, never a crash. Each runs as a whole
//! command with an upper bound on its address space, which what the file claims would break.

use crate::sandbox::{Ran, Sandbox, fixture};
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Bytes that an entry has once it is inflated.
const BOMB: u64 = 1 << 30;
/// KiB of address space: the program, two threads, and 128 MB of data; less than half of the bomb.
const SPACE: &str = "450000";

fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

/// An archive with one entry of zeros.
fn bomb() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bomb", SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
    std::io::copy(&mut std::io::repeat(0).take(BOMB), &mut writer).unwrap();
    writer.finish().unwrap().into_inner()
}

/// The fixture with another entry in the place of `name`, or beside the others.
fn with_entry(app: &str, name: &str, put: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut old = ZipArchive::new(Cursor::new(fixture(app))).unwrap();
    let mut new = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..old.len() {
        let entry = old.by_index_raw(index).unwrap();
        if entry.name().unwrap() != name {
            new.raw_copy_file(entry).unwrap();
        }
    }
    put(&mut new);
    new.finish().unwrap().into_inner()
}

/// Runs a command that may take no more than [`SPACE`].
fn bounded(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let environment = [("MALLOC_ARENA_MAX", "1"), ("RAYON_NUM_THREADS", "2"), ("SPACE", SPACE)];
    let ran = sandbox.run_bounded(arguments, &environment);
    assert!([0, 1, 2].contains(&ran.code), "it broke: {}", ran.shown());
    ran.silent_about("panicked")
}

#[test]
fn entries_that_inflate_to_a_gigabyte() {
    let bomb = bomb();
    assert!(bomb.len() < 2 << 20, "{}", bomb.len());
    let names = [
        ("apk/demo-nokey.apk", "assets/api_key.txt"),
        ("apk/demo-nokey.apk", "AndroidManifest.xml"),
        ("apk/demo-release.apk", "resources.arsc"),
        ("apk/demo-release.apk", "classes.dex"),
        ("apk/demo-release.apk", "META-INF/MANIFEST.MF"),
        ("apk/demo-release.apk", "META-INF/CERT.RSA"),
        ("apk/demo-release.apk", "assets/local.properties"),
        ("apk/demo-release.apk", "assets/filler"),
        ("aab/demo-release.aab", "base/manifest/AndroidManifest.xml"),
        ("aab/demo-release.aab", "base/assets/api_key.txt"),
    ];
    for (app, name) in names {
        let bytes = with_entry(app, name, |new| {
            let mut bomb = ZipArchive::new(Cursor::new(&bomb)).unwrap();
            new.raw_copy_file_rename(bomb.by_index_raw(0).unwrap(), name).unwrap();
        });
        let sandbox = Sandbox::new().with_bytes("app", &bytes);
        let ran = bounded(&sandbox, &["verify", "app"]);
        assert_ne!(ran.code, 0, "{name}: {}", ran.shown());
        bounded(&sandbox, &["fingerprint", "app"]);
    }
    // a set whose APK is one
    let mut set = ZipWriter::new(Cursor::new(Vec::new()));
    set.start_file("toc.pb", stored()).unwrap();
    let mut archive = ZipArchive::new(Cursor::new(&bomb)).unwrap();
    set.raw_copy_file_rename(archive.by_index_raw(0).unwrap(), "splits/base-master.apk").unwrap();
    let sandbox = Sandbox::new().with_bytes("app.apks", &set.finish().unwrap().into_inner());
    bounded(&sandbox, &["verify", "app.apks"]).code(2);
}

#[test]
fn as_many_entries_as_an_archive_can_have() {
    let fill = |count: usize| {
        with_entry("apk/demo-nokey-unsigned.apk", "none", |new| {
            let present = ZipArchive::new(Cursor::new(fixture("apk/demo-nokey-unsigned.apk"))).unwrap().len();
            for index in present..count {
                new.start_file(format!("assets/{index}"), stored()).unwrap();
            }
        })
    };
    let sandbox = Sandbox::new().with_bytes("most.apk", &fill(65_535)).with_bytes("more.apk", &fill(65_536));
    bounded(&sandbox, &["verify", "most.apk"]).code(1);
    bounded(&sandbox, &["verify", "more.apk"]).code(2).complains("ZIP64");
}

#[test]
fn entries_that_claim_four_gigabytes() {
    for field in [20, 24, 42] {
        let mut bytes = fixture("apk/demo-nokey-unsigned.apk");
        let records: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(b"PK\x01\x02")).collect();
        for record in records {
            bytes[record + field..record + field + 4].copy_from_slice(&0xffff_fffe_u32.to_le_bytes());
        }
        let sandbox = Sandbox::new().with_bytes("app.apk", &bytes);
        let ran = bounded(&sandbox, &["verify", "app.apk"]);
        assert_ne!(ran.code, 0, "field {field}: {}", ran.shown());
    }
}

#[test]
fn structures_inside_of_structures() {
    // SEQUENCE, of indefinite length, a hundred thousand times
    let nested = [0x30, 0x80].repeat(100_000);
    let sandbox = Sandbox::new().with_bytes("deep.p12", &nested).with_bytes("deep.der", &nested);
    bounded(&sandbox, &["fingerprint", "deep.p12"]).code(2);
    let signed = with_entry("apk/demo-release.apk", "META-INF/CERT.RSA", |new| {
        new.start_file("META-INF/CERT.RSA", stored()).unwrap();
        new.write_all(&nested).unwrap();
    });
    let sandbox = sandbox.with_bytes("app.apk", &signed);
    assert_ne!(bounded(&sandbox, &["verify", "app.apk"]).code, 0);

    // an element in an element (Resources.proto: XmlNode.element = 1, XmlElement.child = 5)
    let mut manifest = Vec::new();
    for _ in 0..5_000 {
        for field in [5 << 3 | 2, 1 << 3 | 2] {
            let mut outer = vec![field];
            let mut length = manifest.len();
            while length >= 0x80 {
                outer.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
                length >>= 7;
            }
            outer.push(u8::try_from(length).unwrap());
            outer.append(&mut manifest);
            manifest = outer;
        }
    }
    let name = "base/manifest/AndroidManifest.xml";
    let bundle = with_entry("aab/demo-release.aab", name, |new| {
        new.start_file(name, stored()).unwrap();
        new.write_all(&manifest).unwrap();
    });
    let sandbox = sandbox.with_bytes("app.aab", &bundle);
    bounded(&sandbox, &["verify", "app.aab"]).code(2).complains("app.aab");
}

#[test]
fn tables_that_claim_billions() {
    let mut manifest = Vec::new();
    let mut archive = ZipArchive::new(Cursor::new(fixture("apk/demo-nokey-unsigned.apk"))).unwrap();
    archive.by_name("AndroidManifest.xml").unwrap().read_to_end(&mut manifest).unwrap();
    // ResStringPool_header: the number of strings stands behind the headers of the file and of the pool
    for field in [16, 20, 28] {
        let mut changed = manifest.clone();
        changed[field..field + 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
        let app = with_entry("apk/demo-nokey-unsigned.apk", "AndroidManifest.xml", |new| {
            new.start_file("AndroidManifest.xml", stored()).unwrap();
            new.write_all(&changed).unwrap();
        });
        let sandbox = Sandbox::new().with_bytes("app.apk", &app);
        let ran = bounded(&sandbox, &["verify", "app.apk"]);
        assert_ne!(ran.code, 0, "field {field}: {}", ran.shown());
    }
}

#[test]
fn a_lineage_of_ten_thousand() {
    let file = fixture("apk/release-to-rotated-2.lineage");
    // magic number, version, length, and the nodes behind their own version, each with its length
    let nodes = &file[16..];
    let first = usize::try_from(u32::from_le_bytes(nodes[..4].try_into().unwrap())).unwrap() + 4;
    let many = nodes[..first].repeat(10_000);
    let mut long = file[..8].to_vec();
    long.extend(u32::try_from(many.len() + 4).unwrap().to_le_bytes());
    long.extend(&file[12..16]);
    long.extend(many);
    let sandbox = Sandbox::new().with_bytes("long.lineage", &long);
    bounded(&sandbox, &["lineage", "long.lineage"]).code(2).complains("long.lineage");
}
