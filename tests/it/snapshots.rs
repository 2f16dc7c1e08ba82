//! What a user sees, whole. `SNAPSHOTS=overwrite cargo test` writes them anew; read the difference before committing it.

use crate::sandbox::{Ran, Sandbox, repository, token_key};
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
