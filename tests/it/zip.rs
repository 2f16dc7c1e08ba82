//! Archives that tools disagree about: each broken rule has its own check, and `inject` leaves no trace of itself.

use crate::sandbox::{Sandbox, fixture, token_key};
use apkkey::zip::Directory;
use std::io::Write;

/// An entry of an archive in the making. What is not set is as a plain tool writes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    pub(crate) name: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) deflated: bool,
    /// The extra field of the local header.
    pub(crate) extra: Vec<u8>,
    pub(crate) comment: Vec<u8>,
    /// Sizes and CRC follow the data, with the optional signature or without.
    pub(crate) descriptor: Option<bool>,
    /// Bytes before the entry.
    pub(crate) gap: Vec<u8>,
}

impl Part {
    pub(crate) fn new(name: &str, data: &[u8]) -> Self {
        Self { name: name.as_bytes().to_vec(), data: data.to_vec(), ..Self::default() }
    }

    pub(crate) fn deflated(mut self) -> Self {
        self.deflated = true;
        self
    }

    pub(crate) fn with_descriptor(mut self, signature: bool) -> Self {
        self.descriptor = Some(signature);
        self
    }

    pub(crate) fn with_extra(mut self, extra: &[u8]) -> Self {
        self.extra = extra.to_vec();
        self
    }

    pub(crate) fn behind(mut self, gap: &[u8]) -> Self {
        self.gap = gap.to_vec();
        self
    }

    fn packed(&self) -> Vec<u8> {
        if !self.deflated {
            return self.data.clone();
        }
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&self.data).unwrap();
        encoder.finish().unwrap()
    }

    /// Version, flags, method, time, date, CRC, sizes: what a local header and a record share.
    fn common(&self, packed: &[u8], with_sizes: bool) -> Vec<u8> {
        let flags: u16 = if self.descriptor.is_some() { 8 } else { 0 };
        let method: u16 = if self.deflated { 8 } else { 0 };
        let sizes = if with_sizes { [crc32fast::hash(&self.data), size(packed), size(&self.data)] } else { [0; 3] };
        let mut out: Vec<u8> = [20, flags, method, 0x6000, 0x5821].iter().flat_map(|v| v.to_le_bytes()).collect();
        out.extend(sizes.iter().flat_map(|value| value.to_le_bytes()));
        out
    }
}

fn size(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap()
}

fn short(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).unwrap().to_le_bytes()
}

/// Writes an archive: the parts, bytes behind the last one, the central directory, a comment.
pub(crate) fn build(parts: &[Part], behind: &[u8], comment: &[u8]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for part in parts {
        file.extend(&part.gap);
        let packed = part.packed();
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(part.common(&packed, true));
        directory.extend([short(&part.name), [0, 0], short(&part.comment)].concat());
        directory.extend([0; 8]);
        directory.extend(size(&file).to_le_bytes());
        directory.extend([part.name.as_slice(), &part.comment].concat());
        file.extend(b"PK\x03\x04");
        file.extend(part.common(&packed, part.descriptor.is_none()));
        file.extend([short(&part.name), short(&part.extra)].concat());
        file.extend([part.name.as_slice(), &part.extra, &packed].concat());
        if let Some(signature) = part.descriptor {
            file.extend(if signature { &b"PK\x07\x08"[..] } else { &[] });
            file.extend(&part.common(&packed, true)[10..]);
        }
    }
    file.extend(behind);
    let start = size(&file);
    file.extend(&directory);
    let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
    file.extend([&b"PK\x05\x06\0\0\0\0"[..], &count, &count].concat());
    file.extend([size(&directory).to_le_bytes(), start.to_le_bytes()].concat());
    file.extend([&short(comment), comment].concat());
    file
}

fn contents(app: &str, name: &str) -> Vec<u8> {
    let file = fixture(app);
    let directory = Directory::read(&file).unwrap();
    directory.contents(&file, directory.find(name).unwrap(), 1 << 20).unwrap()
}

/// The parts of a small unsigned APK.
pub(crate) fn apk() -> Vec<Part> {
    vec![
        Part::new("AndroidManifest.xml", &contents("apk/demo-release.apk", "AndroidManifest.xml")).deflated(),
        Part::new("classes.dex", b"dex\n035\0").with_extra(&[0; 3]),
        Part::new("assets/api_key.txt", &fixture("token/release.txt")).deflated(),
        Part::new("res/raw/sound.ogg", &[7; 100]),
    ]
}

/// The parts of a small unsigned App Bundle.
fn bundle() -> Vec<Part> {
    let manifest = "base/manifest/AndroidManifest.xml";
    vec![
        Part::new("BundleConfig.pb", &contents("aab/demo-unsigned.aab", "BundleConfig.pb")).deflated(),
        Part::new(manifest, &contents("aab/demo-unsigned.aab", manifest)).deflated(),
        Part::new("base/assets/api_key.txt", &fixture("token/release.txt")).deflated(),
    ]
}

/// Where the local header and the record of an entry stand.
fn places(file: &[u8], name: &str) -> (usize, usize) {
    let directory = Directory::read(&file).unwrap();
    let entry = directory.find(name).unwrap();
    let record = usize::try_from(directory.layout().directory.start).unwrap() + entry.record.start;
    (usize::try_from(entry.local_header_offset).unwrap(), record)
}

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

#[track_caller]
fn found(kind: &str, file: &[u8]) -> (Vec<String>, Vec<String>) {
    let name = format!("app.{kind}");
    let sandbox = Sandbox::new().with_bytes(&name, file);
    let ran = sandbox.run(&["verify", "--only=archive,key-unreadable", "--format=json", &name, &token_key()]);
    (ran.findings("error"), ran.findings("warning"))
}

#[track_caller]
fn has_only(file: &[u8], errors: &[&str], warnings: &[&str]) {
    let (found_errors, found_warnings) = found("apk", file);
    assert_eq!((found_errors.as_slice(), found_warnings.as_slice()), (&strings(errors)[..], &strings(warnings)[..]));
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_plain_archive_has_no_finding() {
    has_only(&build(&apk(), &[], &[]), &[], &[]);
    has_only(&build(&apk(), &[0; 4096], b"a comment"), &[], &[]);
    let every_descriptor: Vec<Part> = apk().into_iter().map(|part| part.with_descriptor(false)).collect();
    has_only(&build(&every_descriptor, &[], &[]), &[], &[]);
    assert_eq!(found("aab", &build(&bundle(), &[], &[])), (vec![], vec![]));
}

#[test]
fn a_local_header_that_disagrees_is_told_by_its_own_name() {
    let file = build(&apk(), &[], &[]);
    let (local, record) = places(&file, "classes.dex");
    for (at, value, errors) in [
        (local + 8, 8, ["archive-entry-method"]),
        (local + 6, 1, ["archive-entry-encrypted"]),
        (record + 8, 1, ["archive-entry-encrypted"]),
        (local + 6, 8, ["archive-entry-broken"]),
        (record + 8, 8, ["archive-entry-broken"]),
        (local + 14, 99, ["archive-entry-broken"]),
        (local + 30, b'k', ["archive-entry-broken"]),
    ] {
        let mut changed = file.clone();
        changed[at] = value;
        has_only(&changed, &errors, &[]);
    }
    let mut parts = apk();
    parts[1] = parts[1].clone().with_descriptor(true);
    let mut changed = build(&parts, &[], &[]);
    let at = changed.windows(4).position(|window| window == b"PK\x07\x08").unwrap();
    changed[at + 4] ^= 1;
    has_only(&changed, &["archive-entry-broken"], &[]);
}

#[test]
fn a_header_that_says_other_things_than_the_directory_is_noted() {
    let file = build(&apk(), &[], &[]);
    let notes =
        |file: &[u8]| Sandbox::new().with_bytes("app.apk", file).run(&["verify", "app.apk", "--only=archive"]).code(0);
    notes(&file).silent_about("archive-entry-header");
    let (local, record) = places(&file, "classes.dex");
    // version, time, disk
    for at in [local + 4, local + 10, record + 6, record + 12, record + 34] {
        let mut changed = file.clone();
        changed[at] ^= 0x40;
        has_only(&changed, &[], &[]);
        notes(&changed)
            .says("note[archive-entry-header]: entry `classes.dex`: its local header and the central directory");
    }
}

#[test]
fn what_android_overlooks_does_not_hide_the_key() {
    let mut file = build(&apk(), &[], &[]);
    let (local, record) = places(&file, "assets/api_key.txt");
    put(&mut file, local + 6, &[1]);
    put(&mut file, record + 8, &[1]);
    put(&mut file, local + 8, &[0x55]);
    has_only(&file, &["archive-entry-method", "archive-entry-encrypted"], &[]);
    let sandbox = Sandbox::new().with_bytes("app.apk", &file);
    sandbox.run(&["key", "app.apk", &token_key()]).code(0).says("com.example.apkkeydemo");
}

#[test]
fn entries_that_share_bytes_are_an_error() {
    let mut parts = apk();
    let inner = build(&[Part::new("assets/api_key.txt", b"OTHER")], &[], &[]);
    let inner_entry = 30 + "assets/api_key.txt".len() + 5;
    parts[3].data = inner[..inner_entry].to_vec();
    parts[2] = Part::new("assets/api_key.txt", b"OTHER");
    let mut file = build(&parts, &[], &[]);
    let (outer, _) = places(&file, "res/raw/sound.ogg");
    let (_, record) = places(&file, "assets/api_key.txt");
    let inside = u32::try_from(outer + 30 + "res/raw/sound.ogg".len()).unwrap();
    put(&mut file, record + 42, &inside.to_le_bytes());
    // the entry that stood there before is no longer listed
    has_only(&file, &["archive-entry-overlap"], &["archive-unlisted-entry"]);
    let sandbox = Sandbox::new().with_bytes("app.apk", &file).with("token/release.txt");
    let ran = sandbox.run(&["inject", "app.apk", "--api-key", "release.txt", &token_key()]).code(2);
    ran.complains("share bytes").silent_about("report");
    assert_eq!(sandbox.read("app.apk"), file);
}

#[test]
fn two_names_for_one_local_header_are_refused() {
    let mut file = build(&apk(), &[], &[]);
    let (local, _) = places(&file, "classes.dex");
    let (_, record) = places(&file, "assets/api_key.txt");
    put(&mut file, record + 42, &u32::try_from(local).unwrap().to_le_bytes());
    let (errors, _) = found("apk", &file);
    assert_eq!(errors, ["archive-entry-broken", "key-unreadable"]);
}

#[test]
fn an_archive_between_entries_is_told() {
    let hidden = build(&[Part::new("AndroidManifest.xml", b"another app")], &[], &[]);
    let entry_only = &hidden[..30 + "AndroidManifest.xml".len() + 11];
    for (gap, errors, warnings) in [
        (hidden.as_slice(), &["archive-hidden"][..], &[][..]),
        (entry_only, &[], &["archive-unlisted-entry"]),
        (b"dead bytes", &[], &["archive-gap"]),
    ] {
        let mut parts = apk();
        parts[2] = parts[2].clone().behind(gap);
        has_only(&build(&parts, &[], &[]), errors, warnings);
        has_only(&build(&apk(), gap, &[]), errors, warnings);
    }
}

#[test]
fn odd_names_are_told() {
    let with = |parts: Vec<Part>, name: &[u8]| {
        let more = Part { name: name.to_vec(), ..Part::new("", b"") };
        build(&[parts, vec![more]].concat(), &[], &[])
    };
    for (name, errors, warnings) in [
        (&b"/assets/api_key.txt"[..], &[][..], &["archive-unsafe-name"][..]),
        (b"x/../assets/api_key.txt", &[], &["archive-unsafe-name"]),
        (b"res/\xff.png", &["archive-bad-name"], &[]),
        (b"res/\xed\xa0\x80.png", &["archive-bad-name"], &[]),
        (b"assets/api_key.txt\0.png", &["archive-bad-name"], &[]),
        (b"assets/api_key.txt", &["archive-duplicate-entry"], &[]),
        (b"ASSETS/API_KEY.TXT", &[], &[]),
        (b"assets/", &[], &[]),
    ] {
        has_only(&with(apk(), name), errors, warnings);
    }
    for (name, error) in [
        (&b"base/assets/"[..], "archive-folder-entry"),
        (b"/base/assets/x", "archive-unsafe-name"),
        (b"base/../x", "archive-unsafe-name"),
    ] {
        assert_eq!(found("aab", &with(bundle(), name)), (strings(&[error]), vec![]), "{name:?}");
    }
}

#[test]
fn the_end_of_the_file_is_looked_at() {
    let file = build(&apk(), &[], &[]);
    has_only(&[&file[..], b"more"].concat(), &["archive-bytes-after"], &[]);
    let second = [&file[..], &file[file.len() - 22..]].concat();
    has_only(&second, &["archive-second-end-record"], &["archive-directory-gap"]);
    let mut disks = file.clone();
    put(&mut disks, file.len() - 18, &[1]);
    has_only(&disks, &[], &["archive-several-disks"]);
}

/// The names and contents of all entries, by the crate `zip`.
fn listed(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    use std::io::Read;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(file)).unwrap();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut data = Vec::new();
        entry.read_to_end(&mut data).unwrap();
        entries.push((entry.name().unwrap().into_owned(), data));
    }
    entries
}

#[test]
fn the_old_key_may_stand_anywhere() {
    for position in 0..4 {
        for copies in 1..3 {
            let mut parts: Vec<Part> = apk().into_iter().map(|part| part.with_descriptor(true)).collect();
            let mut key = parts.remove(2);
            key.data = b"an old key".to_vec();
            for _ in 0..copies {
                parts.insert(position, key.clone());
            }
            let old = build(&parts, &[0; 50], b"a comment");
            let sandbox = Sandbox::new().with_bytes("app.apk", &old).with("token/release.txt");
            let arguments = ["inject", "app.apk", "--api-key", "release.txt", &token_key()];
            sandbox.run(&arguments).code(0);
            let new = sandbox.read("app.apk");
            let mut wanted: Vec<_> = parts.iter().filter(|part| part.name != key.name).collect();
            let release = Part::new("assets/api_key.txt", &fixture("token/release.txt"));
            wanted.push(&release);
            let wanted = wanted.into_iter().map(|p| (String::from_utf8(p.name.clone()).unwrap(), p.data.clone()));
            assert_eq!(listed(&new), wanted.collect::<Vec<_>>());
            let directory = Directory::read(&new).unwrap();
            assert_eq!(directory.comment(), b"a comment");
            let mut locals: Vec<_> =
                directory.entries().iter().map(|e| directory.local_header(&new, e).unwrap()).collect();
            locals.sort_by_key(|local| local.header.start);
            assert!(locals.windows(2).all(|pair| pair[0].end == pair[1].header.start), "a hole is left");
            assert_eq!(locals.last().unwrap().end, directory.layout().directory.start);
            sandbox.run(&arguments).code(0).says("is already as it should be");
            assert_eq!(sandbox.read("app.apk"), new);
        }
    }
}

#[test]
fn bytes_behind_the_last_entry_are_cut_and_told() {
    let sandbox = Sandbox::new().with("token/debug.txt").with_bytes("app.apk", &build(&apk(), &[b'S'; 4096], &[]));
    let arguments = ["inject", "app.apk", "--force", "--api-key", "debug.txt", &token_key()];
    sandbox.run(&arguments).code(0).says("remove 4096 bytes at ").says("that belong to no entry");
    has_only(&sandbox.read("app.apk"), &[], &[]);
}

#[test]
fn a_broken_key_is_replaced_and_another_broken_entry_refused() {
    let good = build(&apk(), &[], &[]);
    for (name, code) in [("assets/api_key.txt", 0), ("classes.dex", 2)] {
        let mut file = good.clone();
        let (local, _) = places(&file, name);
        put(&mut file, local, b"nope");
        let sandbox = Sandbox::new().with("token/debug.txt").with_bytes("app.apk", &file);
        let ran = sandbox.run(&["inject", "app.apk", "--force", "--api-key", "debug.txt", &token_key()]).code(code);
        ran.silent_about("report");
    }
}

#[test]
fn what_only_android_reads_can_be_rewritten() {
    let mut parts = apk();
    parts.push(Part { name: b"res/\xed\xa0\x80".to_vec(), ..Part::new("", b"odd") });
    parts.push(Part::new("classes2.dex", b"dex").with_extra(&[1, 0, 0xff, 0xff, 5]));
    let mut file = build(&parts, &[], &[]);
    let (local, record) = places(&file, "classes.dex");
    put(&mut file, local + 6, &[1]);
    put(&mut file, record + 8, &[1]);
    let sandbox = Sandbox::new().with("token/debug.txt").with_bytes("app.apk", &file);
    sandbox.run(&["inject", "app.apk", "--force", "--api-key", "debug.txt", &token_key()]).code(0);
    has_only(&sandbox.read("app.apk"), &["archive-bad-name", "archive-entry-encrypted"], &[]);
}
