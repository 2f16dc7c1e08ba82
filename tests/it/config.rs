//! `apkkey.toml`: what a project settled for `apkkey verify`.

use crate::sandbox::{Ran, Sandbox, repository};

const UPLOAD_MD5: &str = "CE:68:A8:F4:06:7D:AD:3C:3C:74:26:46:88:84:5F:C3";

/// A folder with these settings, in which the fixtures' keys are authentic.
fn project(settings: &str) -> Sandbox {
    let files = ["apk/demo-debug.apk", "apk/demo-release.apk", "apk/key-other-package.apk", "aab/demo-release.aab"];
    let files = [&files[..], &["keys/token-test-key.pub.pem", "keys/upload.crt.pem"]].concat();
    let sandbox = files.iter().fold(Sandbox::new(), |sandbox, file| sandbox.with(file));
    let (verify, rest) = settings.split_once("[verify]").unwrap_or((settings, ""));
    let text = format!("{verify}\n[verify]\ntoken-key = \"token-test-key.pub.pem\"\n{rest}");
    sandbox.with_bytes("apkkey.toml", text.as_bytes())
}

fn verify(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    sandbox.run(&[&["verify", "--format=json"], arguments].concat())
}

#[test]
fn severities_are_set_by_id_or_group() {
    let file = ["key-other-package.apk"];
    assert_eq!(verify(&project(""), &file).code(1).findings("error"), ["key-package-mismatch"]);
    for (weight, found) in [("note", "note"), ("warning", "warning"), ("error", "error")] {
        let ran = verify(&project(&format!("[checks]\nkey-package-mismatch = \"{weight}\"")), &file);
        assert_eq!(ran.findings(found), ["key-package-mismatch"]);
        assert_eq!(ran.code, i32::from(weight == "error"));
    }
    let ran = verify(&project("[checks]\nkey = \"ignore\""), &file).code(0);
    assert!(!ran.stdout.contains("\"key-package-mismatch\""), "{}", ran.stdout);
    // an id counts before its group, and a note of a debug build can be an error
    let ran = verify(&project("[checks]\nmanifest = \"ignore\"\ndebuggable = \"error\""), &["demo-debug.apk"]).code(1);
    assert_eq!(ran.findings("error"), ["debuggable"]);
    assert!(!ran.stdout.contains("min-sdk-unknown"));
    // a finding that weighs less by itself is not raised
    let ran = verify(&project("[checks]\nsignature-doubtful = \"error\""), &["demo-release.apk"]).code(0);
    assert_eq!(ran.findings("note"), ["signature-doubtful"]);
}

#[test]
fn what_is_set_by_name_stays_under_strict_and_what_is_not_does_not() {
    let sandbox = project("[checks]\nkey-package-mismatch = \"warning\"\n[verify]\nstrict = true");
    assert_eq!(verify(&sandbox, &["key-other-package.apk"]).code(0).findings("warning"), ["key-package-mismatch"]);
    verify(&sandbox, &["demo-release.aab"]).code(1);
    verify(&sandbox, &["demo-release.aab", "--no-config", "--token-key=token-test-key.pub.pem"]).code(0);
    let soft = project("[checks]\nkey-md5-mismatch = \"note\"\n[verify]\nstrict = true");
    let ran = verify(&soft, &["demo-release.aab"]).code(0);
    assert_eq!(ran.json()["verdict"], "incomplete", "what could not be looked at is never good");
}

#[test]
fn what_the_app_must_match_can_be_settled() {
    let bundle = ["demo-release.aab"];
    assert_eq!(verify(&project(""), &bundle).code(0).json()["verdict"], "incomplete");
    for certificate in [format!("{{ md5 = \"{UPLOAD_MD5}\" }}"), "{ file = \"upload.crt.pem\" }".to_owned()] {
        let sandbox = project(&format!("[verify]\nstore = \"amazon\"\ncertificate = {certificate}"));
        assert_eq!(verify(&sandbox, &bundle).code(0).json()["verdict"], "good", "{certificate}");
        // the command line counts before the file, as a whole
        let other = verify(&sandbox, &["demo-release.aab", "--cert-sha256", &"00".repeat(32)]).code(1);
        assert_eq!(other.findings("error"), ["key-sha256-mismatch"]);
    }
    let sandbox = project("[verify]\npackage = \"com.example.other\"\nrelease = true");
    let ran = verify(&sandbox, &["demo-debug.apk"]).code(1);
    assert_eq!(ran.findings("error"), ["certificate-debug", "package-mismatch", "debuggable"]);
    let ran = verify(&sandbox, &["demo-debug.apk", "--package=com.example.apkkeydemo"]).code(1);
    assert_eq!(ran.findings("error"), ["certificate-debug", "debuggable"]);
}

#[test]
fn options_that_name_a_check_count_before_the_file() {
    let sandbox = project("[checks]\nkey-package-mismatch = \"ignore\"");
    let file = "key-other-package.apk";
    verify(&sandbox, &[file]).code(0);
    verify(&sandbox, &[file, "--only=key-package-mismatch"]).code(1);
    let allowed = verify(&sandbox, &[file, "--allow=key-package-mismatch"]).code(0);
    assert_eq!(allowed.findings("warning"), ["key-package-mismatch"]);
    let strict = project("[checks]\nkey-package-mismatch = \"error\"");
    verify(&strict, &[file, "--skip=key-package-mismatch"]).code(0);
}

#[test]
fn the_report_names_the_file_and_what_it_sets() {
    let sandbox = project("[checks]\ndebuggable = \"ignore\"\nkey-copy = \"note\"");
    let json = verify(&sandbox, &["demo-debug.apk"]).code(0).json();
    assert_eq!(json["config"]["path"], "apkkey.toml");
    assert_eq!(json["config"]["checks"], serde_json::json!({ "debuggable": "ignore", "key-copy": "note" }));
    let told = "settings from apkkey.toml (debuggable = ignore, key-copy = note)";
    let run = |format: &str| sandbox.run(&["verify", "demo-debug.apk", format]).code(0);
    assert!(run("--format=text").stdout.starts_with(told));
    run("--format=github").says(&format!("::notice title=apkkey::{told}"));
    run("--format=junit").says(&format!("<property name=\"config\" value=\"{told}\"/>"));
    let none = verify(&sandbox, &["demo-debug.apk", "--no-config"]);
    assert!(none.json()["config"].is_null());
}

#[test]
fn the_file_can_be_named_and_must_then_be_there() {
    let sandbox = project("").with_bytes("ci.toml", b"[checks]\nkey = \"ignore\"\n");
    let ran = verify(&sandbox, &["key-other-package.apk", "--config=ci.toml"]).code(0);
    assert_eq!(ran.json()["config"]["path"], "ci.toml");
    verify(&sandbox, &["demo-release.apk", "--config=none.toml"]).code(2).complains("none.toml: there is no such file");
    sandbox.run(&["verify", "x.apk", "--config=ci.toml", "--no-config"]).code(2).complains("cannot be used with");
    // paths in it are relative to it, not to where the program runs
    std::fs::create_dir(sandbox.path("settings")).unwrap();
    std::fs::copy(sandbox.path("token-test-key.pub.pem"), sandbox.path("settings/key.pem")).unwrap();
    std::fs::write(sandbox.path("settings/apkkey.toml"), "[verify]\ntoken-key = \"key.pem\"\n").unwrap();
    verify(&sandbox, &["demo-release.apk", "--config=settings/apkkey.toml"]).code(0);
}

#[test]
fn mistakes_are_told_with_their_line() {
    for (text, wanted, help) in [
        (
            "[checks]\nkey-mising = \"note\"\n",
            "apkkey.toml: line 2: there is no check or group `key-mising`",
            "`key-missing`",
        ),
        ("[check]\n", "line 1: there is no table `check`", "did you mean `checks`?"),
        ("[checks\n", "line 1: ", "toml.io"),
        ("[qwerty.amazon]\n", "line 1: there is no table `qwerty`", "known are checks, verify, variants"),
    ] {
        let sandbox = Sandbox::new().with("apk/demo-release.apk").with_bytes("apkkey.toml", text.as_bytes());
        let ran = sandbox.run(&["verify", "demo-release.apk"]).code(2).complains(wanted).complains(help);
        assert_eq!(ran.stdout, "");
        // only `verify` reads it
        sandbox.run(&["fingerprint", "demo-release.apk"]).code(0);
    }
    let sandbox = Sandbox::new().with("apk/demo-release.apk").with_bytes("apkkey.toml", b"\xff\xfe");
    sandbox.run(&["verify", "demo-release.apk"]).code(2).complains("apkkey.toml: this is not UTF-8 text");
}

#[test]
fn a_whole_file_is_in_the_documents() {
    let text = std::fs::read_to_string(repository("docs/settings.md")).unwrap();
    let mut examples = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let (example, variants) = (examples.next().unwrap(), examples.next().unwrap());
    let sandbox = project("").with_bytes("apkkey.toml", variants.as_bytes());
    sandbox.run(&["verify", "demo-release.apk", "--variant", "playRelease"]).code(0).complains("is none of them");
    sandbox
        .run(&["verify", "demo-release.apk", "--variant", "amazonRelease"])
        .code(2)
        .complains("store-certificate.pem");
    let sandbox = project("").with_bytes("apkkey.toml", example.as_bytes()).with("keys/upload.crt.pem");
    std::fs::create_dir(sandbox.path("keys")).unwrap();
    let ran = sandbox.run(&["verify", "demo-release.apk"]);
    ran.says("settings from apkkey.toml (").code(1);
}
