//! Sets of APKs and libraries, in `apkkey verify` and the other commands.

use crate::form::signed_differently;
use crate::sandbox::{Ran, Sandbox, fixture, token_key};
use serde_json::Value;
use std::io::{Read, Write};
use zip::CompressionMethod::{Deflated, Stored};

/// A set of these entries.
fn set_of(entries: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    for (name, data) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(data).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// An APK out of a set among the fixtures.
fn inner(set: &str, entry: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(fixture(set))).unwrap();
    let mut bytes = Vec::new();
    archive.by_name(entry).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn verify(name: &str, bytes: &[u8], more: &[&str]) -> Ran {
    let sandbox = Sandbox::new().with_bytes(name, bytes);
    let token_key = token_key();
    let mut arguments = vec!["verify", name, &token_key, "--format=json"];
    arguments.extend(more);
    sandbox.run(&arguments)
}

/// Each file's path and the ids of its errors and warnings.
fn found(ran: &Ran) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let json = ran.json();
    let of = |file: &Value| {
        let checks = file["checks"].as_array().unwrap().iter();
        let failed = checks.filter(|check| check["outcome"] == "fail" && check["severity"] != "note");
        (text(&file["path"]), failed.map(|check| text(&check["id"])).collect())
    };
    json["files"].as_array().unwrap().iter().map(of).collect()
}

fn good(path: &str) -> (String, Vec<String>) {
    (path.to_owned(), Vec::new())
}

#[test]
fn every_apk_of_each_kind_of_set_is_looked_at_base_first() {
    for (file, kind, apks) in [
        (
            "default.apks",
            "bundletool",
            &["splits/base-master.apk", "splits/base-master_2.apk", "splits/extras-master.apk"][..],
        ),
        ("universal.apks", "bundletool", &["universal.apk"]),
        ("sai.apks", "plain", &["base.apk", "split_extras.apk"]),
        ("demo.xapk", "xapk", &["com.example.apkkeydemo.apk", "split_extras.apk"]),
        ("demo.apkm", "apkm", &["base.apk", "split_extras.apk"]),
        ("language-split.apks", "plain", &["base.apk", "split_config.de.apk"]),
    ] {
        let ran = verify(file, &fixture(&format!("apks/{file}")), &["--release", "--strict"]).code(0);
        let wanted: Vec<_> = apks.iter().map(|apk| good(&format!("{file}!{apk}"))).collect();
        assert_eq!(found(&ran), wanted);
        for (object, apk) in ran.json()["files"].as_array().unwrap().iter().zip(apks) {
            assert_eq!(
                (&object["kind"], &object["signature"]["verdict"]),
                (&"apk".into(), &"verified".into()),
                "{apk}"
            );
            assert_eq!((&object["set"]["kind"], &object["set"]["path"]), (&kind.into(), &file.into()));
            assert_eq!(object["set"]["entry"], *apk);
            assert_eq!(object["set"]["split"].is_null(), !apk.contains("extras") && !apk.contains("split_"), "{apk}");
        }
    }
}

#[test]
fn the_key_must_be_in_every_base_and_in_no_split() {
    let ran = verify("x.apks", &fixture("apks/key-in-feature.apks"), &[]).code(1);
    let missing = vec!["key-missing".to_owned()];
    assert_eq!(
        found(&ran),
        [
            ("x.apks!splits/base-master.apk".to_owned(), missing.clone()),
            ("x.apks!splits/base-master_2.apk".to_owned(), missing.clone()),
            ("x.apks!splits/extras-master.apk".to_owned(), vec!["set-key-in-split".to_owned()]),
        ]
    );
    // one of the bases without a key is enough
    let (base, nokey) = (
        inner("apks/default.apks", "splits/base-master.apk"),
        inner("apks/key-in-feature.apks", "splits/base-master.apk"),
    );
    let file = set_of(
        &[("toc.pb", b"x"), ("standalones/standalone-hdpi.apk", &base), ("splits/base-master.apk", &nokey)],
        Stored,
    );
    let ran = verify("x.apks", &file, &[]).code(1);
    assert_eq!(
        found(&ran),
        [good("x.apks!standalones/standalone-hdpi.apk"), ("x.apks!splits/base-master.apk".into(), missing)]
    );
}

#[test]
fn a_key_in_a_split_is_worse_when_it_is_another_one() {
    let split = inner("apks/key-in-feature.apks", "splits/extras-master.apk");
    let severity = |base: &[u8]| {
        let ran = verify("x.apks", &set_of(&[("base.apk", base), ("split_extras.apk", &split)], Stored), &[]);
        let json = ran.json();
        let checks = json["files"][1]["checks"].as_array().unwrap().clone();
        let check = checks.iter().find(|check| check["id"] == "set-key-in-split").unwrap();
        format!("{}: {}", check["severity"].as_str().unwrap(), check["message"].as_str().unwrap())
    };
    let same = severity(&inner("apks/default.apks", "splits/base-master.apk"));
    assert!(same.starts_with("warning: ") && same.contains("as the base APK has"), "{same}");
    let other = severity(&fixture("apk/key-wrong-md5.apk"));
    assert!(other.starts_with("error: ") && other.contains("differs from the base APK's"), "{other}");
}

#[test]
fn apks_of_one_set_have_one_certificate() {
    let split = inner("apks/default.apks", "splits/extras-master.apk");
    let pair = |base: &str| set_of(&[("base.apk", &fixture(base)), ("split_extras.apk", &split)], Stored);
    let splits = |ran: &Ran| found(ran)[1].1.clone();
    assert_eq!(splits(&verify("x.apks", &pair("apk/demo-release.apk"), &[]).code(0)), [""; 0]);
    let ran = verify("x.apks", &pair("apk/demo-debug.apk"), &[]).code(1);
    assert_eq!(splits(&ran), ["set-certificates-differ"]);
    // devices show the same certificate of both, and install them together nevertheless not: one has a newer key
    let ran = verify("x.apks", &pair("apk/rotated-v3.apk"), &[]).code(1);
    assert_eq!(splits(&ran), ["set-certificates-differ"]);
    // a split without uses-sdk is looked at for the Android versions of its base: 5.0 needs a v1 signature
    let other = inner("apks/language-split.apks", "split_config.de.apk");
    let older = set_of(&[("base.apk", &fixture("apk/demo-release.apk")), ("split_config.de.apk", &other)], Stored);
    assert_eq!(splits(&verify("x.apks", &older, &[]).code(1)), ["signature-invalid"]);
}

/// The APK with another letter in its package, and without a signature.
fn renamed(apk: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(apk)).unwrap();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let (name, mut bytes) = (entry.name().unwrap().into_owned(), Vec::new());
        entry.read_to_end(&mut bytes).unwrap();
        if name == "AndroidManifest.xml" {
            let narrow: Vec<u8> = b"com.example".to_vec();
            let wide: Vec<u8> = narrow.iter().flat_map(|byte| [*byte, 0]).collect();
            let at = [narrow, wide].iter().find_map(|text| bytes.windows(text.len()).position(|found| found == *text));
            bytes[at.unwrap()] = b'd';
        }
        if !name.starts_with("META-INF/") {
            entries.push((name, bytes));
        }
    }
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    set_of(&entries, Deflated)
}

#[test]
fn apks_of_one_set_are_of_one_app() {
    let split = renamed(&inner("apks/default.apks", "splits/extras-master.apk"));
    let file = set_of(&[("base.apk", &fixture("apk/demo-release.apk")), ("split_extras.apk", &split)], Stored);
    let ran = verify("x.apks", &file, &[]).code(1);
    assert_eq!(found(&ran)[1].1, ["signature-missing", "set-apps-differ"]);
    let sandbox = Sandbox::new().with_bytes("x.apks", &file);
    let text = sandbox.run(&["verify", "x.apks", "--only=set-apps-differ"]).code(1);
    text.says("wanted  com.example.apkkeydemo, version 1").says("found   dom.example.apkkeydemo, version 1");
}

#[test]
fn a_broken_signature_of_a_split_is_found() {
    let mut split = inner("apks/default.apks", "splits/extras-master.apk");
    let at = split.windows(8).position(|bytes| bytes == b"AndroidM").unwrap();
    split[at + 30] ^= 1;
    let file = set_of(&[("base.apk", &fixture("apk/demo-release.apk")), ("split_extras.apk", &split)], Stored);
    let ran = verify("x.apks", &file, &[]);
    // either the manifest cannot be read any more, or the signature does not hold; never is it good
    assert_ne!(ran.code, 0, "{}", ran.stdout);
    let sandbox = Sandbox::new().with_bytes("x.apks", &file);
    assert_ne!(sandbox.run(&["verify", "x.apks", "--only=signature"]).code, 0);
}

#[test]
fn the_base_is_told_first_wherever_it_stands() {
    let (base, split) = (fixture("apk/demo-debug.apk"), inner("apks/default.apks", "splits/extras-master.apk"));
    let ran = verify("x.apks", &set_of(&[("a_split.apk", &split), ("base.apk", &base)], Stored), &[]).code(1);
    assert_eq!(
        found(&ran),
        [good("x.apks!base.apk"), ("x.apks!a_split.apk".to_owned(), vec!["set-certificates-differ".to_owned()])]
    );
}

#[test]
fn compressed_apks_are_inflated_and_judged_the_same() {
    let base = fixture("apk/demo-release.apk");
    let stored = verify("x.xapk", &set_of(&[("manifest.json", b"{}"), ("a.apk", &base)], Stored), &[]).code(0);
    let deflated = verify("x.xapk", &set_of(&[("manifest.json", b"{}"), ("a.apk", &base)], Deflated), &[]).code(0);
    assert_eq!(stored.stdout, deflated.stdout);
}

#[test]
fn what_cannot_be_read_of_a_set_is_told_with_its_place() {
    let base = fixture("apk/demo-release.apk");
    let cut = set_of(&[("base.apk", &base), ("split_x.apk", &base[..base.len() / 2])], Stored);
    let ran = verify("x.apks", &cut, &[]).code(2).complains("x.apks!split_x.apk: ").complains("help: ");
    assert_eq!(found(&ran), [good("x.apks!base.apk")], "the other APK is told nevertheless");
    assert_eq!(ran.json()["verdict"], "bad");
    // a set whose checksum is wrong cannot be unpacked
    let mut damaged = set_of(&[("base.apk", &base)], Stored);
    let at = damaged.windows(4).rposition(|bytes| bytes == [b'P', b'K', 1, 2]).unwrap();
    damaged[at + 16] ^= 1;
    damaged[14] ^= 1;
    verify("x.apks", &damaged, &[]).code(2).complains("x.apks!base.apk: entry `base.apk`: its CRC-32 does not match");
    let splits = set_of(&[("a.apk", &inner("apks/default.apks", "splits/extras-master.apk"))], Stored);
    verify("x.apks", &splits, &[]).code(2).complains("the base APK is missing");
    verify("x.apks", &set_of(&[("toc.pb", b"x")], Stored), &[]).code(2).complains("there is no APK in it");
    // two entries of one name: both are looked at, and it is told
    let mut twice = set_of(&[("a.apk", &base), ("b.apk", &fixture("apk/demo-nokey.apk"))], Stored);
    let places: Vec<usize> = (0..twice.len()).filter(|at| twice[*at..].starts_with(b"b.apk")).collect();
    places.iter().for_each(|at| twice[*at] = b'a');
    let ran = verify("x.apks", &twice, &[]).code(1);
    let warned = ("x.apks!a.apk".to_owned(), vec!["set-archive-broken".to_owned()]);
    assert_eq!(found(&ran), [warned, ("x.apks!a.apk".to_owned(), vec!["key-missing".to_owned()])]);
}

#[test]
fn an_encrypted_apkm_is_named() {
    let mut bytes = vec![0, 2];
    bytes.extend(2_u64.to_le_bytes());
    bytes.extend((64_u64 << 20).to_le_bytes());
    bytes.extend([0x5a; 500]);
    verify("x.apkm", &bytes, &[]).code(2).complains("this .apkm is encrypted").complains("help: ");
    let mut flagged = set_of(&[("base.apk", &fixture("apk/demo-release.apk")), ("info.json", b"{}")], Stored);
    flagged[6] |= 1;
    verify("x.apkm", &flagged, &[]).code(2).complains("the APK `base.apk` is encrypted");
}

#[test]
fn a_library_must_not_ship_a_key() {
    let manifest =
        b"<manifest xmlns:android=\"http://schemas.android.com/apk/res/android\" package=\"com.example.lib\" />";
    let library = |more: &[(&str, &[u8])]| {
        let entries: [(&str, &[u8]); 2] = [("AndroidManifest.xml", manifest), ("classes.jar", b"PK\x05\x06")];
        set_of(&[&entries[..], more].concat(), Deflated)
    };
    let clean = library(&[("R.txt", b"")]);
    let ran = verify("lib.aar", &clean, &["--strict"]).code(0);
    assert_eq!(found(&ran), [good("lib.aar")]);
    assert_eq!((&ran.json()["files"][0]["kind"], &ran.json()["files"][0]["key_entry"]), (&"aar".into(), &Value::Null));
    assert_eq!(ran.json()["files"][0]["package"], "com.example.lib");
    let with_key = library(&[("assets/api_key.txt", &fixture("token/release.txt"))]);
    let ran = verify("lib.aar", &with_key, &[]).code(1);
    assert_eq!(found(&ran), [("lib.aar".to_owned(), vec!["library-key".to_owned()])]);
    verify("lib.aar", &with_key, &["--allow=library-key"]).code(0);
    verify("lib.aar", &with_key, &["--only=archive"]).code(2).complains("no check of libraries is selected");
    let sandbox = Sandbox::new().with_bytes("lib.aar", &clean);
    sandbox.run(&["verify", "lib.aar"]).code(0).says("not an app").says("verify that one");
}

#[test]
fn fingerprint_and_key_read_the_base_of_a_set() {
    let sandbox = Sandbox::new();
    let sandbox = ["default.apks", "universal.apks", "sai.apks", "demo.xapk", "demo.apkm"]
        .iter()
        .fold(sandbox, |sandbox, name| sandbox.with(&format!("apks/{name}")));
    let md5 =
        Sandbox::new().with("apk/demo-release.apk").run(&["fingerprint", "--md5", "demo-release.apk"]).code(0).stdout;
    for (name, kind, entry) in [
        ("default.apks", "bundletool", "splits/base-master.apk"),
        ("universal.apks", "bundletool", "universal.apk"),
        ("sai.apks", "plain", "base.apk"),
        ("demo.xapk", "xapk", "com.example.apkkeydemo.apk"),
        ("demo.apkm", "apkm", "base.apk"),
    ] {
        assert_eq!(sandbox.run(&["fingerprint", "--md5", name]).code(0).stdout, md5, "{name}");
        sandbox.run(&["fingerprint", "--form", name]).code(0).says(md5.trim()).says("com.example.apkkeydemo");
        let json = sandbox.run(&["fingerprint", name, "--format=json"]).code(0).json();
        let set = &json["files"][0]["set"];
        assert_eq!((&set["path"], &set["kind"], &set["entry"]), (&name.into(), &kind.into(), &entry.into()));
        assert_eq!(json["files"][0]["path"], format!("{name}!{entry}"));
        let json = sandbox.run(&["key", name, &token_key(), "--format=json"]).code(0).json();
        assert_eq!(json["files"][0]["path"], format!("{name}!{entry}"));
        assert_eq!(json["files"][0]["api_key"]["package"], "com.example.apkkeydemo");
    }
}

#[test]
fn fingerprint_names_no_certificate_that_not_all_of_a_set_have() {
    let split = inner("apks/default.apks", "splits/extras-master.apk");
    let set = |base: &[u8]| set_of(&[("split_extras.apk", &split), ("base.apk", base)], Deflated);
    let run = |file: &[u8], command: &[&str]| Sandbox::new().with_bytes("x.apks", file).run(command);
    run(&set(&fixture("apk/demo-release.apk")), &["fingerprint", "x.apks"]).code(0).says("x.apks!base.apk: APK");
    for (other, told) in [
        ("apk/demo-debug.apk", "`split_extras.apk` is not signed by the certificate of `base.apk`"),
        ("apk/demo-unsigned.apk", "only one of `split_extras.apk` and `base.apk` is signed"),
        ("apk/rotated-v3.apk", "`split_extras.apk` is not signed by the certificate of `base.apk`"),
    ] {
        let ran = run(&set(&fixture(other)), &["fingerprint", "x.apks"]).code(2);
        ran.complains(&format!("x.apks!split_extras.apk: {told}: no device installs them together"))
            .complains("help: ");
    }
    // two base APKs, for different devices: what devices show must be the same, the key that signs may have been rotated
    let [release, rotated, debug] =
        ["demo-release", "rotated-v3", "demo-debug"].map(|name| fixture(&format!("apk/{name}.apk")));
    let two = |one: &[u8], other: &[u8]| set_of(&[("standalones/a.apk", one), ("standalones/b.apk", other)], Stored);
    for (one, other) in [(&release, &rotated), (&rotated, &release)] {
        run(&two(one, other), &["fingerprint", "--md5", "x.apks"]).code(0).says("B8:F6:97:AE");
        let token_key = token_key();
        run(&two(one, other), &["verify", "x.apks", &token_key, "--only=set-certificates-differ"]).code(0);
    }
    // what only some Android versions report is in no answer for all
    let sdk = "--sdk=24";
    let differing = two(&release, &signed_differently());
    run(&differing, &["fingerprint", "--md5", "x.apks", sdk]).code(0).says("B8:F6:97:AE");
    run(&differing, &["fingerprint", "--form", "x.apks"]).code(2).complains("`standalones/b.apk`");
    let told = "`standalones/b.apk` is not signed by the certificate of `standalones/a.apk`";
    run(&two(&release, &debug), &["fingerprint", "--form", "x.apks"]).code(2).complains(told);
    let splits = set_of(&[("split_extras.apk", &split)], Stored);
    for command in ["fingerprint", "key"] {
        run(&splits, &[command, "x.apks"]).code(2).complains("the base APK is missing");
        let broken = set_of(&[("base.apk", b"no APK")], Stored);
        run(&broken, &[command, "x.apks"]).code(2).complains("x.apks").complains("help: ");
    }
    let bare = set_of(&[("base.apk", &fixture("apk/demo-nokey.apk"))], Stored);
    run(&bare, &["key", "x.apks"]).code(2).complains("x.apks!base.apk: there is no `assets/api_key.txt` in it");
}

/// Android's installer may take either of two entries with one name.
#[test]
fn a_second_entry_of_the_base_s_name_is_held_against_it() {
    let (release, debug) = (fixture("apk/demo-release.apk"), fixture("apk/demo-debug.apk"));
    let mut file = set_of(&[("base.apk", &release), ("BASE.apk", &debug)], Stored);
    while let Some(at) = file.windows(8).position(|window| window == b"BASE.apk") {
        file[at..at + 8].copy_from_slice(b"base.apk");
    }
    let sandbox = Sandbox::new().with_bytes("x.apks", &file);
    let told = "`base.apk` is not signed by the certificate of `base.apk`";
    sandbox.run(&["fingerprint", "x.apks"]).code(2).complains(told);
    sandbox.run(&["key", "x.apks", &token_key()]).code(2).complains("its key is another than that of");
    let verify = sandbox.run(&["verify", "x.apks", &token_key()]).code(1);
    verify.says("error[set-certificates-differ]").says("warning[set-archive-broken]");
}

#[test]
fn key_names_no_key_that_not_all_of_a_set_have() {
    let run = |entries: &[(&str, &[u8])]| {
        let sandbox = Sandbox::new().with_bytes("x.apks", &set_of(entries, Stored));
        sandbox.run(&["key", "x.apks", &token_key()])
    };
    let [release, debug, none] =
        ["demo-release", "key-debug-in-release", "demo-nokey"].map(|name| fixture(&format!("apk/{name}.apk")));
    run(&[("a.apk", &release), ("b.apk", &release)]).code(0).says("x.apks!a.apk (assets/api_key.txt)");
    let other = run(&[("a.apk", &release), ("b.apk", &debug)]).code(2);
    other.complains("x.apks!b.apk: its key is another than that of x.apks!a.apk").complains("help: ");
    run(&[("a.apk", &release), ("b.apk", &none)]).code(2).complains("x.apks!b.apk: there is no `assets/api_key.txt`");
    // what cannot be read hides no base behind it, and is named when there is none
    run(&[("a.apk", b"broken"), ("base.apk", &release)]).code(0).says("x.apks!base.apk (assets/api_key.txt)");
    run(&[("a.apk", b"broken")]).code(2).complains("x.apks!a.apk: ").complains("help: ");
}

#[test]
fn commands_that_change_apps_refuse_sets_with_advice() {
    let sandbox = Sandbox::new().with("apks/default.apks").with("token/release.txt").with("apk/signed-v4.apk.idsig");
    let sandbox = sandbox.with("keystore/release.jks");
    let before = sandbox.read("default.apks");
    for arguments in [
        &["inject", "default.apks", "--api-key", "release.txt", "--force"][..],
        &["inject", "default.apks", "--remove"],
        &["sign", "default.apks", "--ks", "release.jks"],
    ] {
        sandbox.run(arguments).code(2).complains("set of APKs").complains("give its base APK");
    }
    assert_eq!(sandbox.read("default.apks"), before);
    let v4 = ["verify", "default.apks", "--v4-signature-file", "signed-v4.apk.idsig"];
    sandbox.run(&v4).code(2).complains("belongs to one APK");
}
