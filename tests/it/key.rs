//! `apkkey key`.

use crate::sandbox::{Sandbox, fixture, token_key};

#[test]
fn reads_a_file_standard_input_and_an_app() {
    let sandbox = Sandbox::new().with("token/release.txt").with("apk/demo-release.apk");
    let token_key = token_key();
    sandbox
        .run(&["key", "release.txt", &token_key])
        .code(0)
        .says("com.example.apkkeydemo")
        .says("2023-11-14T22:13:20Z");
    let from_input = sandbox.run_input(&["key", "-", &token_key], &fixture("token/release.txt"));
    from_input.code(0).says("standard input: signed by the given token key, not by Amazon");
    let default = sandbox.run_input(&["key", &token_key], &fixture("token/release.txt"));
    default.code(0).says("standard input");
    sandbox.run(&["key", "demo-release.apk", &token_key]).code(0).says("assets/api_key.txt");
}

#[test]
fn the_key_is_shown_on_request_only() {
    let key = String::from_utf8(fixture("token/release.txt")).unwrap();
    let sandbox = Sandbox::new().with("token/trailing-newline.txt");
    let signature = key.rsplit('.').next().unwrap();
    sandbox.run(&["key", "trailing-newline.txt"]).code(1).silent_about(signature);
    sandbox.run(&["key", "--format=json", "trailing-newline.txt"]).silent_about(signature);
    let shown = sandbox.run(&["key", "--show-key", "trailing-newline.txt"]).code(0);
    assert_eq!(shown.stdout, format!("{key}\n"));
}

#[test]
fn several_files_are_told_in_order_and_strict_counts_warnings() {
    let sandbox = Sandbox::new().with("token/release.txt").with("token/trailing-newline.txt").with("token/empty.txt");
    let token_key = token_key();
    sandbox.run(&["key", "release.txt", "trailing-newline.txt", &token_key]).code(0);
    sandbox.run(&["key", "--strict", "release.txt", &token_key]).code(0);
    let strict =
        sandbox.run(&["key", "--strict", "--quiet", "release.txt", "trailing-newline.txt", &token_key]).code(1);
    assert!(strict.stdout.starts_with("trailing-newline.txt: signed by the given token key"), "{}", strict.stdout);
    sandbox.run(&["key", "release.txt", "empty.txt", &token_key]).code(1).says("empty.txt: not an Amazon API key");
    let failed = sandbox.run(&["key", "none.txt", "release.txt", &token_key]).code(2);
    failed.says("release.txt: signed").complains("none.txt: there is no such file");
    sandbox.run(&["key", "--show-key", "release.txt", "empty.txt"]).code(2).complains("name one file");
}

#[test]
fn every_defect_is_named() {
    for (name, words) in [
        ("trailing-newline", "1 line break"),
        ("crlf", "line break"),
        ("bom", "byte order mark"),
        ("utf16", "UTF-16"),
        ("quoted", "quote"),
        ("key-prefix", "in front of the key"),
        ("wrapped-at-76", "lines"),
        ("url-safe", "URL-safe"),
        ("percent-encoded-plus", "%2B"),
        ("space-for-plus", "space"),
        ("placeholder", "placeholder"),
        ("empty", "0 bytes"),
        ("leading-blank-line", "blank"),
        ("tab-in-front", "before the key"),
        ("second-line", "more text"),
        ("signature-short", "signature"),
        ("zero-width-space", "U+200B"),
        ("trailing-dot", "dot"),
        ("other-service", "a Google API key instead of an Amazon API key"),
    ] {
        let ran = Sandbox::new().with(&format!("token/{name}.txt")).run(&["key", &format!("{name}.txt"), &token_key()]);
        assert!(
            ran.stdout.to_lowercase().contains(&words.to_lowercase()),
            "{name}: `{words}` is not in\n{}",
            ran.stdout
        );
    }
}

#[test]
fn a_private_key_is_no_token_key() {
    let sandbox = Sandbox::new().with("token/release.txt").with("keys/token-test-key.pem");
    sandbox.run(&["key", "release.txt", "--token-key", "token-test-key.pem"]).code(2).complains("private key");
}
