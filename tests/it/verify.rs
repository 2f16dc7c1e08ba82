//! `apkkey verify`: each fixture has the findings that its name says, and no others.

use crate::sandbox::{Ran, Sandbox, token_key};

const UPLOAD_MD5: &str = "CE:68:A8:F4:06:7D:AD:3C:3C:74:26:46:88:84:5F:C3";

fn verify(name: &str, more: &[&str]) -> Ran {
    let sandbox = Sandbox::new().with(name);
    let file = name.rsplit('/').next().unwrap();
    let token_key = token_key();
    let mut arguments = vec!["verify", "--format=json", &token_key, file];
    arguments.extend(more);
    sandbox.run(&arguments)
}

#[test]
fn the_demo_app_is_good() {
    let ran = verify("apk/demo-release.apk", &["--release", "--strict"]).code(0);
    assert_eq!(ran.json()["verdict"], "good");
    assert_eq!(ran.json()["files"][0]["signature"]["verdict"], "verified");
    let text = Sandbox::new().with("apk/demo-release.apk").run(&["verify", "demo-release.apk", &token_key()]);
    text.code(0).says("good: ").silent_about("error").silent_about("warning");
}

#[test]
fn a_right_debug_build_is_good_and_no_release() {
    let ran = verify("apk/demo-debug.apk", &["--strict"]).code(0);
    assert_eq!(ran.findings("error"), [""; 0]);
    assert_eq!(ran.findings("note"), ["certificate-debug", "debuggable"]);
    let release = verify("apk/demo-debug.apk", &["--release"]).code(1);
    assert_eq!(release.findings("error"), ["certificate-debug", "debuggable"]);
    let quiet =
        Sandbox::new().with("apk/demo-debug.apk").run(&["verify", "-q", "demo-debug.apk", &token_key()]).code(0);
    assert_eq!(quiet.stdout, "");
}

#[test]
fn each_fixture_has_the_findings_of_its_name() {
    for (name, errors) in [
        ("demo-unsigned", &["signature-missing"][..]),
        ("demo-nokey", &["key-missing"]),
        ("key-misplaced-root", &["key-misplaced"]),
        ("key-misplaced-case", &["key-misplaced"]),
        ("key-misplaced-res-raw", &["key-misplaced"]),
        ("key-misplaced-www", &["key-misplaced"]),
        ("key-misplaced-flutter", &["key-misplaced"]),
        ("key-misplaced-assets-assets", &["key-misplaced"]),
        ("key-misplaced-txt-txt", &["key-misplaced"]),
        ("key-empty", &["key-empty"]),
        ("key-placeholder", &["key-malformed"]),
        ("key-other-service", &["key-malformed"]),
        ("key-trailing-newline", &["key-whitespace"]),
        ("key-bom", &["key-encoding"]),
        ("key-not-authentic", &["key-not-authentic"]),
        ("key-ios", &["key-ios"]),
        ("key-other-package", &["key-package-mismatch"]),
        ("key-package-case", &["key-package-mismatch"]),
        ("key-wrong-md5", &["key-md5-mismatch"]),
        ("key-wrong-sha256", &["key-sha256-mismatch"]),
        ("key-debug-in-release", &["key-md5-mismatch"]),
        ("key-of-newest-certificate", &["key-md5-mismatch"]),
        ("rotated-v3", &[]),
        ("rotated-v3-twice", &[]),
        ("signed-v2-only", &[]),
        ("signed-v3-only", &[]),
        ("source-stamp", &[]),
        ("two-signers", &[]),
    ] {
        let ran = verify(&format!("apk/{name}.apk"), &[]);
        assert_eq!(ran.findings("error"), errors, "{name}");
        assert_eq!(ran.code, i32::from(!errors.is_empty()), "{name}");
    }
}

#[test]
fn a_key_in_the_manifest_is_judged_like_one_in_a_file() {
    let ran = verify("apk/key-in-manifest.apk", &[]).code(0);
    assert_eq!(ran.json()["verdict"], "good");
    assert_eq!(ran.json()["files"][0]["api_key"]["entry"], "AndroidManifest.xml");
    assert_eq!(ran.findings("warning"), ["key-in-manifest"]);
    let ran = verify("apk/key-in-manifest.apk", &["--cert-md5", &"00".repeat(16)]).code(1);
    assert_eq!(ran.findings("error"), ["key-md5-mismatch"]);
}

#[test]
fn a_key_among_the_resources_is_found() {
    let apk = verify("apk/key-in-string-resource.apk", &[]).code(0);
    assert_eq!(
        (apk.findings("warning"), apk.json()["verdict"].clone()),
        (vec!["key-in-manifest".into()], "good".into())
    );
    let wrong = verify("apk/key-in-string-resource.apk", &["--cert-md5", &"00".repeat(16)]).code(1);
    assert_eq!(wrong.findings("error"), ["key-md5-mismatch"]);
    let bundle = verify("aab/key-in-string-resource.aab", &["--cert-md5", UPLOAD_MD5]).code(0);
    assert_eq!(bundle.json()["files"][0]["api_key"]["package"], "com.example.apkkeydemo");
    assert_eq!(bundle.json()["verdict"], "good");
    let two = Sandbox::new().with("apk/key-in-two-languages.apk");
    two.run(&["verify", "key-in-two-languages.apk", &token_key()]).code(0).says("incomplete:").says("Other languages");
}

#[test]
fn apps_that_use_amazon_s_services() {
    for (name, errors) in [
        ("apk/onesignal-5.apk", &[][..]),
        ("apk/onesignal-5-shrunk.apk", &["component-class-missing"]),
        ("apk/lwa.apk", &[]),
        ("apk/lwa-3.0.2.apk", &["lwa-sdk-outdated"]),
        ("aab/onesignal-5.aab", &[]),
    ] {
        let named: &[&str] = if name.ends_with(".aab") { &["--cert-md5", UPLOAD_MD5] } else { &[] };
        let ran = verify(name, &[named, &["--strict"]].concat());
        assert_eq!((ran.findings("error"), ran.findings("warning")), (strings(errors), vec![]), "{name}");
    }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_duplicate_is_named_as_such() {
    let found = verify("apk/key-duplicate.apk", &[]).code(1).findings("error");
    assert!(found.contains(&"key-duplicate".to_owned()) && found.contains(&"archive-duplicate-entry".to_owned()));
}

#[test]
fn causes_are_named() {
    let text = |name: &str| {
        let sandbox = Sandbox::new().with(&format!("apk/{name}.apk"));
        sandbox.run(&["verify", &format!("{name}.apk"), &token_key()])
    };
    text("key-package-case").says("only the case differs");
    text("key-of-newest-certificate").says("newer certificate of the lineage");
    text("key-wrong-sha256").says("MD5 is right, its SHA-256 is of another certificate");
    text("key-misplaced-flutter").says("pubspec.yaml");
    text("key-misplaced-case").says("lower case");
}

#[test]
fn a_bundle_needs_the_certificate_that_will_sign() {
    let ran = verify("aab/demo-release.aab", &[]).code(0);
    assert_eq!(ran.json()["verdict"], "incomplete");
    let checks = ran.json()["files"][0]["checks"].clone();
    let md5 = checks.as_array().unwrap().iter().find(|check| check["id"] == "key-md5-mismatch").unwrap();
    assert_eq!((&md5["outcome"], &md5["severity"]), (&"skipped".into(), &"warning".into()));
    verify("aab/demo-release.aab", &["--strict"]).code(1);
    let named = verify("aab/demo-release.aab", &["--cert-md5", UPLOAD_MD5]).code(0);
    assert_eq!(named.json()["verdict"], "good");
    let other = verify("aab/demo-release.aab", &["--cert-md5", &"00".repeat(16)]).code(1);
    assert_eq!(other.findings("error"), ["key-md5-mismatch"]);
}

#[test]
fn bundles_have_the_findings_of_their_names() {
    for (name, errors, notes) in [
        ("demo-nokey", &["key-missing"][..], &[][..]),
        ("demo-unsigned", &["signature-missing"], &[]),
        ("demo-debuggable-unsigned", &[], &["signature-missing", "debuggable"]),
        ("key-in-feature", &["key-misplaced"], &[]),
        ("key-in-pack", &["key-misplaced"], &[]),
        ("key-in-root", &["key-misplaced"], &[]),
        ("key-top-level", &["key-misplaced"], &[]),
        ("key-case", &["key-misplaced"], &[]),
    ] {
        let ran = verify(&format!("aab/{name}.aab"), &[]);
        let mut found = ran.findings("error");
        // some were changed after signing on purpose
        found.retain(|id| id != "signature-invalid");
        assert_eq!(found, errors, "{name}");
        assert_eq!(ran.findings("note"), notes, "{name}");
    }
    let changed = verify("aab/entry-added-after-signing.aab", &[]);
    assert_ne!(changed.json()["files"][0]["signature"]["verdict"], "verified");
}

#[test]
fn the_certificate_can_be_a_file_or_an_alias() {
    let sandbox = Sandbox::new()
        .with("apk/demo-unsigned.apk")
        .with("keystore/release.jks")
        .with("keystore/several-aliases.jks")
        .with("keys/release.crt.pem");
    let token_key = token_key();
    let run = |more: &[&str]| {
        let mut arguments = vec!["verify", "demo-unsigned.apk", "--only=key", &token_key, "--format=json"];
        arguments.extend(more);
        sandbox.run(&arguments)
    };
    assert_eq!(run(&[]).code(0).json()["verdict"], "incomplete");
    run(&["--cert", "release.crt.pem"]).code(0);
    run(&["--ks", "release.jks"]).code(0);
    run(&["--ks", "several-aliases.jks"]).code(2).complains("upload").complains("--ks-key-alias");
    let wrong = run(&["--ks", "several-aliases.jks", "--ks-key-alias", "upload"]).code(1);
    assert_eq!(wrong.findings("error"), ["key-md5-mismatch"]);
    run(&["--ks", "several-aliases.jks", "--ks-key-alias", "uplaod"]).code(2).complains("upload");
}

#[test]
fn checks_can_be_chosen_and_softened() {
    let ran = verify("apk/key-other-package.apk", &["--skip", "key-package-mismatch"]);
    assert_eq!(ran.findings("error"), [""; 0]);
    let ran = verify("apk/key-other-package.apk", &["--allow", "key-package-mismatch"]).code(0);
    assert_eq!(ran.findings("warning"), ["key-package-mismatch"]);
    let ran = verify("apk/key-other-package.apk", &["--only", "archive,manifest"]).code(0);
    let checks = ran.json()["files"][0]["checks"].as_array().unwrap().clone();
    assert!(checks.iter().all(|check| check["group"] == "archive" || check["group"] == "manifest"));
    verify("apk/key-other-package.apk", &["--only", "keys"]).code(2).complains("did you mean `key`");
    let ran = verify("apk/demo-release.apk", &["--package", "com.example.other"]).code(1);
    assert_eq!(ran.findings("error"), ["package-mismatch"]);
}

#[test]
fn several_files_are_all_told() {
    let sandbox = Sandbox::new().with("apk/demo-release.apk").with("apk/demo-nokey.apk");
    let ran = sandbox.run(&["verify", "demo-release.apk", "demo-nokey.apk", "none.apk", "--format=json", &token_key()]);
    let ran = ran.code(2).complains("none.apk: there is no such file");
    assert_eq!(ran.json()["files"].as_array().unwrap().len(), 2);
    assert_eq!(ran.json()["errors"][0]["path"], "none.apk");
}

#[test]
fn a_v4_signature_is_checked_when_it_is_given() {
    use crate::sandbox::fixture;
    let mut changed = fixture("apk/signed-v4.apk.idsig");
    let last = changed.len() - 1;
    changed[last] ^= 1;
    let sandbox =
        Sandbox::new().with("apk/signed-v4.apk").with("apk/signed-v4.apk.idsig").with_bytes("changed.idsig", &changed);
    let run = |file: &str| {
        let arguments =
            ["verify", "signed-v4.apk", "--only=signature", "--v4-signature-file", file, "--format=json", &token_key()];
        sandbox.run(&arguments)
    };
    assert_eq!(run("signed-v4.apk.idsig").code(0).json()["files"][0]["signature"]["verdict"], "verified");
    assert_eq!(run("changed.idsig").code(1).json()["files"][0]["signature"]["verdict"], "rejected");
    run("none.idsig").code(2).complains("there is no such file");
}
