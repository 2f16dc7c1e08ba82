//! What a user sees, whole. `SNAPSHOTS=overwrite cargo test` writes them anew; read the difference before committing it.

use crate::form::signed_differently;
use crate::sandbox::{Ran, Sandbox, fixture, repository, token_key};
use snapbox::{Data, assert_data_eq};

#[track_caller]
fn snapshot(name: &str, ran: &Ran) {
    let text = format!("exit {}\n--- stdout\n{}--- stderr\n{}", ran.code, ran.stdout, ran.stderr);
    let path = repository("tests/it/snapshots").join(format!("{name}.txt"));
    assert_data_eq!(text, Data::read_from(&path, None));
}

fn run(files: &[&str], arguments: &[&str]) -> Ran {
    let sandbox = files.iter().fold(Sandbox::new(), |sandbox, file| sandbox.with(file));
    sandbox.run(arguments)
}

#[test]
fn fingerprint_of_a_keystore() {
    let ran = run(&["keystore/several-aliases.jks"], &["fingerprint", "several-aliases.jks"]);
    snapshot("fingerprint-keystore", &ran);
}

#[test]
fn fingerprint_of_a_rotated_app() {
    snapshot("fingerprint-rotated", &run(&["apk/rotated-v3-twice.apk"], &["fingerprint", "rotated-v3-twice.apk"]));
}

#[test]
fn fingerprint_of_a_bundle() {
    snapshot("fingerprint-bundle", &run(&["aab/demo-release.aab"], &["fingerprint", "demo-release.aab"]));
}

#[test]
fn keys_good_and_bad() {
    snapshot("key-good", &run(&["token/release.txt"], &["key", "release.txt", &token_key()]));
    snapshot("key-not-amazon", &run(&["token/release.txt"], &["key", "release.txt"]));
    snapshot("key-damaged", &run(&["token/url-safe.txt"], &["key", "url-safe.txt", &token_key()]));
    snapshot("key-placeholder", &run(&["token/placeholder.txt"], &["key", "placeholder.txt"]));
}

#[test]
fn verify_good_and_bad() {
    for name in
        ["demo-release", "demo-debug", "demo-unsigned", "key-wrong-sha256", "key-misplaced-flutter", "key-package-case"]
    {
        let (fixture, file) = (format!("apk/{name}.apk"), format!("{name}.apk"));
        snapshot(&format!("verify-{name}"), &run(&[&fixture], &["verify", &file, &token_key()]));
    }
    snapshot("verify-bundle", &run(&["aab/demo-release.aab"], &["verify", "demo-release.aab", &token_key()]));
}

/// What a newcomer sees of each kind of run.
#[test]
fn verify_of_several_kinds() {
    let verify = |files: &[&str], arguments: &[&str]| {
        let token_key = token_key();
        let names = files.iter().map(|file| file.rsplit('/').next().unwrap());
        let arguments: Vec<&str> =
            ["verify", &token_key].into_iter().chain(names).chain(arguments.iter().copied()).collect();
        run(files, &arguments)
    };
    let mixed = ["apk/demo-release.apk", "apk/key-other-package.apk", "aab/demo-release.aab"];
    snapshot("verify-several", &verify(&mixed, &["none.apk"]));
    snapshot("verify-several-quiet", &verify(&mixed, &["none.apk", "--quiet"]));
    snapshot("verify-several-github", &verify(&mixed, &["none.apk", "--format=github"]));
    snapshot("verify-bundle-strict", &verify(&["aab/demo-release.aab"], &["--strict"]));
    snapshot("verify-junit", &verify(&["apk/key-wrong-sha256.apk"], &["none.apk", "--format=junit"]));
    snapshot("verify-set", &verify(&["apks/key-in-feature.apks"], &[]));
    snapshot("verify-set-good", &verify(&["apks/default.apks"], &[]));
    snapshot("verify-release-of-debug", &verify(&["apk/demo-debug.apk"], &["--release"]));
}

#[test]
fn verify_where_android_versions_differ() {
    let sandbox = Sandbox::new().with_bytes("app.apk", &signed_differently());
    snapshot("verify-differs", &sandbox.run(&["verify", "app.apk", "--min-sdk-version=24", &token_key()]));
    snapshot("fingerprint-form-differs", &sandbox.run(&["fingerprint", "--form", "app.apk"]));
}

#[test]
fn verify_with_settings_and_folders() {
    let outputs = "app/build/outputs/apk/release";
    let metadata = r#"{"artifactType": {"type": "APK"}, "applicationId": "com.example.apkkeydemo", "variantName": "release",
        "elements": [{"outputFile": "app-release.apk"}]}"#;
    let sandbox = Sandbox::new().with_bytes("apkkey.toml", b"[checks]\nsignature-doubtful = \"ignore\"\n");
    std::fs::create_dir_all(sandbox.path(outputs)).unwrap();
    let sandbox = sandbox
        .with_bytes(&format!("{outputs}/output-metadata.json"), metadata.as_bytes())
        .with_bytes(&format!("{outputs}/app-release.apk"), &fixture("apk/demo-release.apk"))
        .with_bytes(&format!("{outputs}/app-release-old.apk"), &fixture("apk/demo-nokey.apk"));
    snapshot("verify-folder", &sandbox.run(&["verify", "app", &token_key()]));
}

#[test]
fn form_of_a_bundle() {
    let ran = run(&["aab/demo-release.aab"], &["fingerprint", "--form", "demo-release.aab"]);
    snapshot("fingerprint-form-bundle", &ran);
    snapshot("fingerprint-form", &run(&["apk/demo-release.apk"], &["fingerprint", "--form", "demo-release.apk"]));
}

#[test]
fn verify_as_json() {
    let ran =
        run(&["apk/key-trailing-newline.apk"], &["verify", "key-trailing-newline.apk", "--format=json", &token_key()]);
    snapshot("verify-json", &ran);
}

#[test]
fn inject_written_and_refused() {
    let files = ["apk/demo-release.apk", "token/debug.txt", "token/other-package.txt"];
    let inject = |more: &[&str]| {
        let token_key = token_key();
        let mut arguments = vec!["inject", "demo-release.apk", &token_key, "--out", "out.apk"];
        arguments.extend(more);
        run(&files, &arguments)
    };
    snapshot("inject-written", &inject(&["--api-key", "debug.txt", "--unsigned"]));
    snapshot("inject-signed", &inject(&["--api-key", "debug.txt"]));
    snapshot("inject-other-package", &inject(&["--api-key", "other-package.txt", "--unsigned"]));
}

#[test]
fn help_of_each_command() {
    for command in ["fingerprint", "key", "verify", "inject", "sign", "lineage", "explain"] {
        snapshot(&format!("help-{command}"), &run(&[], &[command, "--help"]));
    }
}
