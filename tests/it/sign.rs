//! `apkkey sign`, `apkkey inject` with a signer, and `apkkey lineage`: the result holds, or nothing is changed.

use crate::sandbox::{Ran, Sandbox, fixture, repository, token_key};
use apkkey::zip::{Directory, Method};
use serde_json::Value;

const PASSWORD: (&str, &str) = ("APKKEY_KS_PASS", "storepass");

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    sandbox.run_with(arguments, &[PASSWORD])
}

/// The options for a key of the fixtures.
fn key(name: &str) -> [String; 2] {
    let file = |ending: &str| repository(&format!("fixtures/keys/{name}.{ending}.pem")).display().to_string();
    [format!("--key={}", file("key")), format!("--cert={}", file("crt"))]
}

fn verified(sandbox: &Sandbox, file: &str, more: &[&str]) -> Value {
    let mut arguments = vec!["verify", file, "--only", "archive,signature", "--format=json"];
    arguments.extend(more);
    let json = sandbox.run(&arguments).code(0).json();
    assert_eq!(json["files"][0]["signature"]["verdict"], "verified", "{json:#}");
    json["files"][0]["signature"].clone()
}

fn md5(name: &str) -> String {
    let sandbox = Sandbox::new();
    let file = repository(&format!("fixtures/keys/{name}.crt.pem"));
    sandbox.run(&["fingerprint", "--md5", file.to_str().unwrap()]).code(0).stdout.trim().to_owned()
}

/// The certificates that devices report on the newest level.
fn shown(signature: &Value) -> Vec<String> {
    let device = signature["device"].as_array().unwrap().last().unwrap().clone();
    let certificates = device["certificates"].as_array().unwrap().iter();
    certificates.map(|certificate| certificate["md5"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_kind_of_key_signs_with_each_scheme_and_always_the_same() {
    for name in ["release", "rsa-4096", "ec-p256", "ec-p384", "dsa-2048"] {
        let [key, certificate] = key(name);
        for (app, schemes, min_sdk, wanted) in [
            ("demo-unsigned", &[][..], "21", &["v1", "v2", "v3"][..]),
            ("signed-v1-only", &["--v2-signing-enabled", "false", "--v3-signing-enabled", "false"], "21", &["v1"]),
            ("demo-unsigned", &["--v1-signing-enabled", "false", "--v3-signing-enabled=false"], "24", &["v2"]),
            ("demo-unsigned", &["--v1-signing-enabled", "false", "--v2-signing-enabled", "false"], "28", &["v3"]),
            ("demo-unsigned", &["--verity-enabled"], "21", &["v1", "v2", "v3"]),
        ] {
            let sandbox = Sandbox::new().with_bytes("in.apk", &fixture(&format!("apk/{app}.apk")));
            for out in ["one.apk", "two.apk"] {
                let mut arguments = vec!["sign", &key, &certificate, "in.apk", "--out", out];
                arguments.extend(schemes);
                sandbox.run(&arguments).code(0).says("written");
            }
            assert!(sandbox.read("one.apk") == sandbox.read("two.apk"), "{name} {schemes:?}");
            let signature = verified(&sandbox, "one.apk", &["--min-sdk-version", min_sdk]);
            let found: Vec<&str> =
                signature["schemes"].as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect();
            assert_eq!(found, wanted, "{name} {schemes:?}");
            assert_eq!(shown(&signature), [md5(name)]);
        }
    }
}

#[test]
fn one_step_puts_the_key_in_aligns_and_signs() {
    let sandbox =
        Sandbox::new().with("apk/demo-unaligned-unsigned.apk").with("keystore/release.jks").with("token/release.txt");
    let file = "demo-unaligned-unsigned.apk";
    let arguments = ["inject", file, "--api-key", "release.txt", "--ks", "release.jks", &token_key()];
    let before = sandbox.read(file);
    run(&sandbox, &[&arguments[..], &["--dry-run"]].concat())
        .code(0)
        .says("would be written")
        .says("add `assets/api_key.txt`")
        .says("sign with v1, v2, v3 as `release` (MD5 B8:F6:97:AE:");
    assert_eq!(sandbox.read(file), before);
    let ran = run(&sandbox, &arguments).code(0).says("align ").silent_about("not signed");
    assert!(!ran.stdout.contains("storepass") && !ran.stderr.contains("storepass"));
    sandbox.run(&["verify", file, "--release", "--strict", &token_key()]).code(0).says("good: ");
    let written = sandbox.read(file);
    let directory = Directory::read(&written).unwrap();
    for entry in directory.entries().iter().filter(|entry| entry.method == Method::STORED) {
        let data = directory.local_header(&written, entry).unwrap().data.start;
        let alignment = if entry.name.ends_with(".so") { 16_384 } else { 4 };
        assert_eq!(data % alignment, 0, "{}", entry.name);
    }
    assert_eq!(sandbox.files().len(), 3, "{:?}", sandbox.files());
    run(&sandbox, &arguments).code(0);
    assert!(sandbox.read(file) == written, "the same again gives the same bytes");
}

#[test]
fn a_key_for_another_certificate_is_refused_with_both_values() {
    let sandbox = Sandbox::new().with("apk/demo-unsigned.apk").with("keystore/release.jks").with("token/upload.txt");
    let arguments = ["inject", "demo-unsigned.apk", "--api-key", "upload.txt", "--ks", "release.jks", &token_key()];
    let before = sandbox.read("demo-unsigned.apk");
    run(&sandbox, &arguments)
        .code(2)
        .complains("upload.txt: the key is for another certificate than CN=apkkey demo release")
        .complains("wanted  B8:F6:97:AE")
        .complains(&format!("found   {}", md5("upload")))
        .complains("--force");
    assert_eq!(sandbox.read("demo-unsigned.apk"), before);
    run(&sandbox, &[&arguments[..], &["--force"]].concat()).code(0).says("forced: the key is for another certificate");
    // a store will sign again, so its certificate counts
    let upload = md5("upload");
    let stored = [&arguments[..], &["--store", "amazon", "--cert-md5", &upload]].concat();
    run(&sandbox, &stored).code(0).silent_about("forced");
    let unnamed = [&arguments[..], &["--store", "amazon"]].concat();
    run(&sandbox, &unnamed).code(0).says("the key was not held against a certificate").says("--cert-md5");
}

#[test]
fn bundles_get_one_jar_signature() {
    let sandbox = Sandbox::new().with("aab/demo-release.aab").with("keystore/release.jks").with("token/release.txt");
    let arguments = ["inject", "demo-release.aab", "--api-key", "release.txt", "--ks", "release.jks", &token_key()];
    run(&sandbox, &arguments).code(0).says("sign with v1 as `release`").says("signed again by the store");
    let json = sandbox.run(&["verify", "demo-release.aab", "--only", "archive,signature", "--format=json"]).json();
    let signature = &json["files"][0]["signature"];
    assert_eq!(signature["verdict"], "verified");
    assert_eq!(signature["signers"].as_array().unwrap().len(), 1);
    assert_eq!(signature["signers"][0]["certificate"]["md5"], md5("release"));
    let file = sandbox.read("demo-release.aab");
    let directory = Directory::read(&file).unwrap();
    let signature_files: Vec<&str> =
        directory.entries().iter().map(|e| e.name.as_str()).filter(|n| n.starts_with("META-INF/")).collect();
    assert_eq!(signature_files, ["META-INF/RELEASE.SF", "META-INF/RELEASE.RSA", "META-INF/MANIFEST.MF"]);
    assert!(directory.entries().iter().all(|entry| !entry.is_directory()));
    let before = sandbox.read("demo-release.aab");
    for wrong in ["--v2-signing-enabled", "--v1-signing-enabled=false", "--v4-signing-enabled"] {
        run(&sandbox, &["sign", "demo-release.aab", "--ks", "release.jks", wrong]).code(2).complains("JAR signature");
    }
    assert_eq!(sandbox.read("demo-release.aab"), before);
}

#[test]
fn a_key_is_taken_out() {
    let sandbox = Sandbox::new().with("apk/demo-release.apk").with("keystore/release.jks");
    let before = sandbox.read("demo-release.apk");
    sandbox.run(&["inject", "demo-release.apk", "--remove"]).code(2).complains("is signed");
    assert_eq!(sandbox.read("demo-release.apk"), before);
    run(&sandbox, &["inject", "demo-release.apk", "--remove", "--ks", "release.jks"])
        .code(0)
        .says("remove `assets/api_key.txt`");
    verified(&sandbox, "demo-release.apk", &[]);
    sandbox.run(&["verify", "demo-release.apk"]).code(1).says("key-missing");
    run(&sandbox, &["inject", "demo-release.apk", "--remove", "--ks", "release.jks"])
        .code(2)
        .complains("there is no key");
}

#[test]
fn a_compressed_resource_table_is_stored_for_new_targets() {
    let sandbox = Sandbox::new().with_bytes("app.apk", &with_compressed_table()).with("keystore/release.jks");
    run(&sandbox, &["sign", "app.apk", "--ks", "release.jks"])
        .code(0)
        .says("store `resources.arsc` without compression");
    let file = sandbox.read("app.apk");
    let directory = Directory::read(&file).unwrap();
    let table = directory.find("resources.arsc").unwrap();
    assert_eq!(table.method, Method::STORED);
    assert_eq!(directory.local_header(&file, table).unwrap().data.start % 4, 0);
    verified(&sandbox, "app.apk", &[]);
}

/// The demo app with its resource table deflated.
fn with_compressed_table() -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut old = zip::ZipArchive::new(Cursor::new(fixture("apk/demo-unsigned.apk"))).unwrap();
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..old.len() {
        let mut entry = old.by_index(index).unwrap();
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).unwrap();
        let options = zip::write::SimpleFileOptions::default();
        new.start_file(entry.name().unwrap(), options.compression_method(zip::CompressionMethod::Deflated)).unwrap();
        new.write_all(&contents).unwrap();
    }
    new.finish().unwrap().into_inner()
}

#[test]
fn a_v4_signature_stands_beside_the_file() {
    let sandbox = Sandbox::new().with("apk/demo-unsigned.apk").with("keystore/release.jks");
    run(&sandbox, &["sign", "demo-unsigned.apk", "--ks", "release.jks"]).code(0);
    assert_eq!(sandbox.files(), ["demo-unsigned.apk", "release.jks"], "no .idsig unless asked for");
    let arguments = ["sign", "demo-unsigned.apk", "--ks", "release.jks", "--v4-signing-enabled"];
    run(&sandbox, &arguments).code(0).says("demo-unsigned.apk.idsig: written");
    let v4 = ["--v4-signature-file", "demo-unsigned.apk.idsig"];
    verified(&sandbox, "demo-unsigned.apk", &v4);

    let again = [
        "sign",
        "demo-unsigned.apk",
        "--ks",
        "release.jks",
        "--v1-signing-enabled",
        "false",
        "--min-sdk-version",
        "28",
    ];
    let told = "`demo-unsigned.apk.idsig` was not made for this file";
    run(&sandbox, &again).code(0).says(told);
    run(&sandbox, &arguments).code(0).silent_about(told);
}

#[test]
fn several_signers_sign_v1_and_v2_together() {
    let sandbox = Sandbox::new().with("apk/demo-unsigned.apk");
    let ([key_1, cert_1], [key_2, cert_2]) = (key("release"), key("upload"));
    let arguments =
        ["sign", &key_1, &cert_1, "--next-signer", &key_2, &cert_2, "--out", "out.apk", "demo-unsigned.apk"];
    sandbox.run(&arguments).code(0).says("sign with v1, v2 as `release` (MD5").says("and `upload` (MD5");
    let mut found = shown(&verified(&sandbox, "out.apk", &[]));
    let mut wanted = [md5("release"), md5("upload")];
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
}

#[test]
fn a_rotated_key_signs_with_its_lineage_and_devices_report_the_oldest() {
    let sandbox = Sandbox::new().with("apk/demo-unsigned.apk").with("token/release.txt").with("token/rotated.txt");
    let ([key_1, cert_1], [key_2, cert_2]) = (key("release"), key("rotated-1"));
    let rotate = ["lineage", "--out", "l", "--old-signer", &key_1, &cert_1, "--new-signer", &key_2, &cert_2];
    sandbox.run(&rotate).code(0).says("oldest first").says(&md5("release")).says(&md5("rotated-1"));
    let inject = |token: &str, rotation: &[&str]| {
        let token_key = token_key();
        let mut arguments = vec!["inject", "demo-unsigned.apk", "--out", "out.apk", "--api-key", token, &token_key];
        arguments.extend(["--lineage", "l", &key_1, &cert_1, "--next-signer", &key_2, &cert_2]);
        arguments.extend(rotation);
        sandbox.run(&arguments)
    };
    for (rotation, schemes) in [(&[][..], "v1, v2, v3, v3.1"), (&["--rotation-min-sdk-version", "28"], "v1, v2, v3")] {
        inject("release.txt", rotation).code(0).says(&format!("sign with {schemes} as"));
        let signature = verified(&sandbox, "out.apk", &[]);
        assert_eq!(shown(&signature), [md5("release")]);
        assert_eq!(signature["lineage"].as_array().unwrap().len(), 2);
        sandbox.run(&["verify", "out.apk", "--strict", &token_key()]).code(0);
    }
    inject("rotated.txt", &[]).code(2).complains("newer certificate of the lineage");
    sandbox.run(&["lineage", "out.apk"]).code(0).says(&md5("rotated-1"));
    // the lineage of an APK serves as well, and a third key may follow
    let [key_3, cert_3] = key("rotated-2");
    let again = ["lineage", "out.apk", "--out", "l3", "--old-signer", &key_2, &cert_2, "--new-signer", &key_3, &cert_3];
    sandbox.run(&again).code(0);
    let json = sandbox.run(&["lineage", "l3", "--format=json"]).code(0).json();
    assert_eq!(json["files"][0]["lineage"].as_array().unwrap().len(), 3);
    let [key_4, cert_4] = key("ec-p256");
    let wrong = ["lineage", "l3", "--out", "l4", "--old-signer", &key_1, &cert_1, "--new-signer", &key_4, &cert_4];
    sandbox.run(&wrong).code(2).complains("the old signer is not the newest");
    assert!(!sandbox.files().contains(&"l4".to_owned()));
}

#[test]
fn rights_of_old_certificates_are_set_as_apksigner_does() {
    let sandbox = Sandbox::new();
    let ([key_1, cert_1], [key_2, cert_2]) = (key("release"), key("rotated-1"));
    let mut rotate =
        vec!["lineage", "--out", "l", "--old-signer", &key_1, &cert_1, "--set-rollback", "--set-auth", "false"];
    rotate.extend(["--new-signer", &key_2, &cert_2]);
    sandbox.run(&rotate).code(0);
    let rights = |file: &str| {
        let json = sandbox.run(&["lineage", file, "--format=json"]).code(0).json();
        json["files"][0]["lineage"][0]["capabilities"].to_string()
    };
    assert_eq!(rights("l"), r#"["installed-data","shared-uid","permission","rollback"]"#);
    let change =
        ["lineage", "l", "--out", "l2", "--signer", &key_1, &cert_1, "--set-rollback=false", "--set-auth=true"];
    sandbox.run(&change).code(0);
    assert_eq!(rights("l2"), r#"["installed-data","shared-uid","permission","auth"]"#);
    let [key_3, cert_3] = key("upload");
    let stranger = ["lineage", "l", "--out", "l3", "--signer", &key_3, &cert_3, "--set-auth"];
    sandbox.run(&stranger).code(2).complains("the signer is not in it");
    let sign = ["sign", "x.apk", &key_1, &cert_1, "--next-signer", &key_2, &cert_2, "--set-auth"];
    sandbox.with("apk/demo-unsigned.apk").run(&sign).code(2).complains("x.apk");
}

#[test]
fn unknown_pairs_go_with_a_word_or_stay() {
    let file = with_pair(0x2146_444e);
    let sandbox = Sandbox::new().with_bytes("app.apk", &file).with("keystore/release.jks");
    let sign = ["sign", "app.apk", "--ks", "release.jks", "--out", "out.apk"];
    run(&sandbox, &sign).code(0).says("drop the signing block's pair 0x2146444e (Google Play)");
    sandbox.run(&["verify", "out.apk", "--only", "signature"]).code(0).silent_about("0x2146444e");
    run(&sandbox, &[&sign[..], &["--keep-unknown-blocks"]].concat()).code(0).silent_about("drop");
    sandbox.run(&["verify", "out.apk", "--only", "signature"]).code(0).says("0x2146444e");
}

/// A signed app with one more pair in its signing block.
fn with_pair(id: u32) -> Vec<u8> {
    let file = fixture("apk/signed-v2-only.apk");
    let directory = Directory::read(&file).unwrap();
    let range = apkkey::signature::signing_block_range(&file, &directory).unwrap();
    let (start, end) = (usize::try_from(range.start).unwrap(), usize::try_from(range.end).unwrap());
    let mut pairs = file[start + 8..end - 24].to_vec();
    pairs.extend(14_u64.to_le_bytes());
    pairs.extend(id.to_le_bytes());
    pairs.extend(b"frosting!!");
    let size = u64::try_from(pairs.len() + 24).unwrap().to_le_bytes();
    let block = [&size[..], &pairs, &size, b"APK Sig Block 42"].concat();
    let grown = u32::try_from(block.len() - (end - start)).unwrap();
    let mut new = [&file[..start], &block, &file[end..]].concat();
    let field = new.len() - 22 + 16;
    let offset = u32::from_le_bytes(new[field..field + 4].try_into().unwrap()) + grown;
    new[field..field + 4].copy_from_slice(&offset.to_le_bytes());
    new
}

#[test]
fn schemes_that_old_versions_do_not_know_are_told() {
    let sandbox = Sandbox::new().with("apk/demo-unsigned.apk").with("keystore/release.jks");
    let sign = ["sign", "demo-unsigned.apk", "--ks", "release.jks", "--v1-signing-enabled", "false"];
    run(&sandbox, &sign).code(0).says("only API 24 and newer accept it");
}

#[test]
fn bad_input_changes_nothing() {
    let sandbox = Sandbox::new()
        .with("apk/demo-unsigned.apk")
        .with("keystore/release.jks")
        .with_bytes("cut.apk", &fixture("apk/demo-release.apk")[..9000])
        .with_bytes("set.apks", &fixture("apks/default.apks"));
    let files = sandbox.files();
    let before: Vec<Vec<u8>> = files.iter().map(|name| sandbox.read(name)).collect();
    let fails = |arguments: &[&str], words: &str| {
        run(&sandbox, arguments).code(2).complains(words);
    };
    fails(&["sign", "demo-unsigned.apk"], "no signer is given");
    fails(&["sign", "cut.apk", "--ks", "release.jks"], "error: cut.apk");
    fails(&["sign", "none.apk", "--ks", "release.jks"], "there is no such file");
    fails(&["sign", "set.apks", "--ks", "release.jks"], "set of APKs");
    fails(&["sign", "demo-unsigned.apk", "--ks", "none.jks"], "none.jks");
    fails(&["sign", "demo-unsigned.apk", "--ks", "release.jks", "--out", "no/folder/x.apk"], "no/folder");
    fails(&["sign", "demo-unsigned.apk", "--ks", "release.jks", "--lib-page-alignment", "3"], "multiple of 4");
    let off = ["--v1-signing-enabled=false", "--v2-signing-enabled=false", "--v3-signing-enabled=false"];
    fails(&[&["sign", "demo-unsigned.apk", "--ks", "release.jks"], &off[..]].concat(), "all schemes are off");
    let ran = sandbox.run_with(&["sign", "demo-unsigned.apk", "--ks", "release.jks"], &[("APKKEY_KS_PASS", "wrong!")]);
    ran.code(2).complains("password").silent_about("wrong!");
    assert_eq!(sandbox.files(), files);
    for (name, bytes) in files.iter().zip(before) {
        assert!(sandbox.read(name) == bytes, "{name} was changed");
    }
}

#[cfg(unix)]
#[test]
fn permissions_stay_and_links_are_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let sandbox = Sandbox::new().with("apk/demo-unsigned.apk").with("keystore/release.jks");
    std::fs::set_permissions(sandbox.path("demo-unsigned.apk"), std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("demo-unsigned.apk", sandbox.path("link.apk")).unwrap();
    run(&sandbox, &["sign", "link.apk", "--ks", "release.jks"]).code(0);
    assert!(std::fs::symlink_metadata(sandbox.path("link.apk")).unwrap().is_symlink());
    let mode = std::fs::metadata(sandbox.path("demo-unsigned.apk")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    verified(&sandbox, "demo-unsigned.apk", &[]);
}
