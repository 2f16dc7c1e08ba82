//! Bad input: what was found, what to do, exit code 2, and nothing on disk changed.

use crate::sandbox::{Sandbox, fixture};

#[test]
fn each_wrong_file_is_named_for_what_it_is() {
    let apk = fixture("apk/demo-release.apk");
    let sandbox = Sandbox::new()
        .with("keystore/git-lfs-pointer.jks")
        .with("keystore/error-page.jks")
        .with("keystore/text-mangled.jks")
        .with("keystore/truncated.jks")
        .with("keystore/empty.jks")
        .with("keystore/symlink-as-text.keystore")
        .with("keystore/pkcs8.pem")
        .with("keystore/release.jks")
        .with_bytes("cut.apk", &apk[..apk.len() / 2])
        .with_bytes("words.txt", b"hello world");
    std::fs::create_dir(sandbox.path("folder")).unwrap();
    let before = sandbox.files();
    for (file, words) in [
        ("none.jks", &["there is no such file"][..]),
        ("folder", &["directory"]),
        ("git-lfs-pointer.jks", &["Git LFS pointer", "git lfs pull"]),
        ("error-page.jks", &["HTML"]),
        ("text-mangled.jks", &["text"]),
        ("truncated.jks", &["is cut off after 700 bytes"]),
        ("empty.jks", &["empty"]),
        ("symlink-as-text.keystore", &["link"]),
        ("pkcs8.pem", &["private key"]),
        ("cut.apk", &["end"]),
        ("words.txt", &["unknown kind"]),
    ] {
        let mut ran =
            sandbox.run(&["fingerprint", file]).code(2).complains("error: ").complains(file).complains("help: ");
        for word in words {
            ran = ran.complains(word);
        }
        assert_eq!(ran.stdout, "", "{file}");
    }
    for (file, word) in [("git-lfs-pointer.jks", "Git LFS"), ("release.jks", "JKS"), ("words.txt", "not a ZIP archive")]
    {
        sandbox.run(&["verify", file]).code(2).complains(word).complains("help: ");
    }
    assert_eq!(sandbox.files(), before);
}

#[test]
fn base64_of_a_keystore_is_decoded_with_a_note() {
    let sandbox = Sandbox::new().with("keystore/base64-of-jks.txt");
    sandbox.run(&["fingerprint", "base64-of-jks.txt"]).code(0).says("note").says("base64").says("B8:F6:97:AE");
}

#[test]
fn an_apk_given_as_a_keystore_is_named() {
    let sandbox = Sandbox::new().with("apk/demo-unsigned.apk");
    let ran = sandbox.run(&["verify", "demo-unsigned.apk", "--ks", "demo-unsigned.apk"]).code(2);
    ran.complains("APK").complains("help: ");
}

#[test]
fn an_unknown_alias_tells_what_is_there() {
    let sandbox = Sandbox::new().with("keystore/several-aliases.jks");
    let ran = sandbox.run(&["fingerprint", "several-aliases.jks", "--ks-key-alias", "uplod"]).code(2);
    ran.complains("uplod").complains("androiddebugkey").complains("upload");
}

#[test]
fn names_from_files_cannot_repaint_a_terminal() {
    let sandbox = Sandbox::new().with_bytes("evil\u{1b}[31m.apk", b"x");
    let ran = sandbox.run(&["verify", "evil\u{1b}[31m.apk"]).code(2);
    assert!(!ran.stderr.contains("evil\u{1b}[31m"), "{}", ran.stderr);
}

#[test]
fn usage_errors_have_exit_code_2_and_help_0() {
    let sandbox = Sandbox::new();
    sandbox.run(&[]).code(2);
    sandbox.run(&["verify"]).code(2).complains("FILE");
    sandbox.run(&["fingerprnt", "x"]).code(2).complains("fingerprint");
    sandbox.run(&["--help"]).code(0).says("fingerprint").says("Exit codes");
    sandbox.run(&["--version"]).code(0).says("apkkey 0.1.0");
    sandbox.run(&["completions", "bash"]).code(0).says("apkkey");
    sandbox.run(&["man"]).code(0).says(".TH apkkey 1").says("fingerprint");
    sandbox.run(&["man", "sign"]).code(0).says(".TH apkkey-sign 1").says("\\-\\-ks\\-key\\-alias").says("\\-\\-format");
    sandbox.run(&["man", "verfy"]).code(2).complains("did you mean `verify`?");
    sandbox.run(&["man", "--out", "pages"]).code(0).says("");
    let pages = std::fs::read_dir(sandbox.path("pages")).unwrap().count();
    assert_eq!(pages, sandbox.run(&["man"]).stdout.matches("\napkkey\\-").count() + 1, "a page for each command");
}

#[test]
fn colour_is_for_terminals_and_on_request() {
    let sandbox = Sandbox::new().with("keystore/release.jks");
    sandbox.run(&["fingerprint", "release.jks"]).code(0).silent_about("\u{1b}[");
    sandbox.run(&["fingerprint", "release.jks", "--color=always"]).code(0).says("\u{1b}[");
    let ran = sandbox.run_with(&["fingerprint", "release.jks"], &[("NO_COLOR", "1")]).code(0);
    ran.silent_about("\u{1b}[");
}
