//! `apkkey inject`: the key goes in, and every other byte stays.

use crate::sandbox::{Sandbox, fixture, token_key};
use apkkey::archive::Archive;
use apkkey::zip::{Directory, Entry};

/// What Android reads of an entry, and where its data stands.
#[derive(Debug, PartialEq)]
struct Described {
    name: String,
    method: u16,
    modified: u32,
    data: Vec<u8>,
    contents: Vec<u8>,
    offset: u64,
}

fn described(file: &[u8], entry: &Entry) -> Described {
    let directory = Directory::read(&file).unwrap();
    let local = directory.local_header(&file, entry).unwrap();
    let range = usize::try_from(local.data.start).unwrap()..usize::try_from(local.data.end).unwrap();
    Described {
        name: entry.name.clone(),
        method: entry.method.0,
        modified: entry.modified,
        data: file[range].to_vec(),
        contents: directory.contents(&file, entry, 1 << 24).unwrap(),
        offset: local.data.start,
    }
}

fn others(file: &[u8]) -> Vec<Described> {
    let directory = Directory::read(&file).unwrap();
    let entries = directory.entries().iter().filter(|entry| !entry.name.ends_with("assets/api_key.txt"));
    entries.map(|entry| described(file, entry)).collect()
}

fn key(file: &[u8]) -> Vec<u8> {
    let archive = Archive::open(&file).unwrap();
    let entries = archive.key_entries();
    assert_eq!(entries.len(), 1);
    archive.key_contents(entries[0]).unwrap()
}

#[test]
fn the_key_goes_in_and_no_other_byte_moves() {
    let sandbox = Sandbox::new().with("apk/demo-nokey-unsigned.apk").with("token/trailing-newline.txt");
    let old = sandbox.read("demo-nokey-unsigned.apk");
    let arguments = ["inject", "demo-nokey-unsigned.apk", "--api-key", "trailing-newline.txt", &token_key()];
    sandbox.run(&arguments).code(0).says("left out: 1 line break").complains("not signed");
    let new = sandbox.read("demo-nokey-unsigned.apk");
    let entries_end = usize::try_from(Directory::read(&old).unwrap().layout().directory.start).unwrap();
    assert_eq!(old[..entries_end], new[..entries_end]);
    assert_eq!(others(&old), others(&new));
    assert_eq!(key(&new), fixture("token/release.txt"));
    assert_eq!(sandbox.files(), ["demo-nokey-unsigned.apk", "trailing-newline.txt"]);
    sandbox.run(&arguments).code(0).says("is already as it should be");
    assert_eq!(sandbox.read("demo-nokey-unsigned.apk"), new);
}

#[test]
fn two_runs_give_the_same_bytes() {
    let make = || {
        let sandbox = Sandbox::new().with("apk/demo-release.apk").with("token/debug.txt");
        let arguments =
            ["inject", "demo-release.apk", "--api-key", "debug.txt", "--unsigned", "--out", "out.apk", &token_key()];
        sandbox.run(&arguments).code(0);
        sandbox.read("out.apk")
    };
    assert_eq!(make(), make());
}

#[test]
fn an_old_key_and_the_signature_leave_no_dead_bytes() {
    let sandbox = Sandbox::new().with("apk/demo-release.apk").with("token/debug.txt");
    let old = sandbox.read("demo-release.apk");
    let arguments =
        ["inject", "demo-release.apk", "--api-key", "debug.txt", "--unsigned", "--out", "out.apk", &token_key()];
    sandbox.run(&arguments).code(0).says("remove `META-INF/MANIFEST.MF`").says("remove the APK Signing Block");
    assert_eq!(sandbox.read("demo-release.apk"), old, "with --out the input stays");
    let new = sandbox.read("out.apk");
    assert_eq!(key(&new), fixture("token/debug.txt"));
    let directory = Directory::read(&new).unwrap();
    let mut locals: Vec<_> = directory.entries().iter().map(|e| directory.local_header(&new, e).unwrap()).collect();
    locals.sort_by_key(|local| local.header.start);
    assert_eq!(locals[0].header.start, 0);
    assert!(locals.windows(2).all(|pair| pair[0].end == pair[1].header.start));
    assert_eq!(locals.last().unwrap().end, directory.layout().directory.start);
    let kept = others(&old).into_iter().filter(|entry| !apkkey::signature::is_signature_entry(&entry.name));
    let kept: Vec<Described> = kept.collect();
    let now = others(&new);
    assert_eq!(kept.len(), now.len());
    for (before, mut after) in kept.into_iter().zip(others(&new)) {
        let alignment = if after.name.ends_with(".so") { 16_384 } else { 4 };
        assert!(after.method != 0 || after.offset % alignment == 0, "{} is not aligned", after.name);
        after.offset = before.offset;
        assert_eq!(before, after);
    }
    assert!(now.iter().any(|entry| entry.name.starts_with("META-INF/services/")), "META-INF/services stays");
}

#[test]
fn a_signed_file_is_refused_with_the_way_on() {
    let sandbox = Sandbox::new().with("apk/demo-nokey.apk").with("token/release.txt");
    let old = sandbox.read("demo-nokey.apk");
    let ran = sandbox.run(&["inject", "demo-nokey.apk", "--api-key", "release.txt", &token_key()]).code(2);
    ran.complains("is signed").complains("--unsigned");
    assert_eq!(sandbox.read("demo-nokey.apk"), old);
}

#[test]
fn a_wrong_key_is_refused_unless_forced() {
    let sandbox = Sandbox::new()
        .with("apk/demo-nokey-unsigned.apk")
        .with("token/other-package.txt")
        .with("token/payload-edited.txt")
        .with("token/ios.txt")
        .with("token/placeholder.txt")
        .with("token/url-safe.txt");
    let old = sandbox.read("demo-nokey-unsigned.apk");
    let run = |key: &str, more: &[&str]| {
        let token_key = token_key();
        let mut arguments = vec!["inject", "demo-nokey-unsigned.apk", "--api-key", key, &token_key];
        arguments.extend(more);
        sandbox.run(&arguments)
    };
    run("other-package.txt", &[]).code(2).complains("com.example.apkkeydemo").complains("--force");
    run("payload-edited.txt", &[]).code(2).complains("signature");
    run("ios.txt", &[]).code(2).complains("not for Android");
    run("placeholder.txt", &["--force"]).code(2).complains("placeholder");
    run("none.txt", &[]).code(2).complains("none.txt: there is no such file");
    assert_eq!(sandbox.read("demo-nokey-unsigned.apk"), old);
    run("other-package.txt", &["--force", "--dry-run"]).code(0).says("forced: ").says("dry run");
    assert_eq!(sandbox.read("demo-nokey-unsigned.apk"), old);
    run("other-package.txt", &["--force"]).code(0).says("forced: the key is for");
    assert_ne!(sandbox.read("demo-nokey-unsigned.apk"), old);
}

#[test]
fn a_bundle_gets_the_key_in_its_base_module() {
    let sandbox = Sandbox::new().with("aab/demo-unsigned.aab").with("token/upload.txt").with("aab/demo-release.aab");
    let old = sandbox.read("demo-unsigned.aab");
    sandbox.run(&["inject", "demo-unsigned.aab", "--api-key", "upload.txt", &token_key()]).code(0);
    let new = sandbox.read("demo-unsigned.aab");
    assert_eq!(key(&new), fixture("token/upload.txt"));
    assert_eq!(others(&old), others(&new));
    sandbox.run(&["inject", "demo-release.aab", "--api-key", "upload.txt", &token_key()]).code(0);
}

#[test]
fn duplicates_of_the_key_become_one() {
    let sandbox = Sandbox::new().with("apk/key-duplicate.apk").with("token/release.txt");
    sandbox.run(&["inject", "key-duplicate.apk", "--api-key", "release.txt", &token_key()]).code(0);
    assert_eq!(key(&sandbox.read("key-duplicate.apk")), fixture("token/release.txt"));
}

#[test]
fn a_build_gets_the_key_into_its_assets() {
    let sandbox = Sandbox::new();
    let text = String::from_utf8(fixture("token/trailing-newline.txt")).unwrap();
    let token_key = token_key();
    let arguments = |package: &'static str| {
        vec!["inject", "--into-assets", "build/assets", "--api-key", "env:KEY", "--package", package].into_iter()
    };
    let run = |package| {
        let arguments: Vec<&str> = arguments(package).chain([token_key.as_str()]).collect();
        sandbox.run_with(&arguments, &[("KEY", &text)])
    };
    run("com.example.other").code(2).complains("com.example.other");
    assert!(sandbox.files().is_empty());
    run("com.example.apkkeydemo").code(0).says("written");
    assert_eq!(sandbox.read("build/assets/api_key.txt"), fixture("token/release.txt"));
    run("com.example.apkkeydemo").code(0).says("nothing was changed");
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_changes_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new().with("apk/demo-nokey-unsigned.apk").with("token/release.txt");
    let out = sandbox.path("no/such/folder/out.apk");
    let arguments =
        ["inject", "demo-nokey-unsigned.apk", "--api-key", "release.txt", "--out", out.to_str().unwrap(), &token_key()];
    sandbox.run(&arguments).code(2).complains("cannot write into the folder");
    std::fs::set_permissions(sandbox.path("demo-nokey-unsigned.apk"), PermissionsExt::from_mode(0o640)).unwrap();
    sandbox.run(&["inject", "demo-nokey-unsigned.apk", "--api-key", "release.txt", &token_key()]).code(0);
    let mode = std::fs::metadata(sandbox.path("demo-nokey-unsigned.apk")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn injecting_and_verifying_agree() {
    let sandbox =
        Sandbox::new().with("apk/demo-nokey-unsigned.apk").with("token/release.txt").with("keys/release.crt.pem");
    let token_key = token_key();
    sandbox.run(&["inject", "demo-nokey-unsigned.apk", "--api-key", "release.txt", &token_key]).code(0);
    let arguments =
        ["verify", "demo-nokey-unsigned.apk", "--cert", "release.crt.pem", "--skip", "signature", &token_key];
    sandbox.run(&arguments).code(0).says("good: ");
}
