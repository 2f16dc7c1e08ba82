//! The real tools agree. Ignored by a plain `cargo test`; `.ci/run` installs the tools and runs these, and a missing tool
//! is a failure there.

use crate::sandbox::{Sandbox, fixture, repository, token_key};
use std::path::Path;
use std::process::{Command, Output};

pub(crate) fn tool(name: &str, arguments: &[&str], folder: &Path) -> Output {
    let output = Command::new(name).args(arguments).current_dir(folder).output();
    output.unwrap_or_else(|error| panic!("{name} is not installed: fixtures/make/setup.sh does it ({error})"))
}

#[track_caller]
pub(crate) fn succeeds(name: &str, arguments: &[&str], folder: &Path) -> String {
    let output = tool(name, arguments, folder);
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {arguments:?}\n{text}");
    text
}

pub(crate) fn bundletool(arguments: &[&str], folder: &Path) -> String {
    let jar = std::env::var("APKKEY_BUNDLETOOL")
        .unwrap_or_else(|_| repository("fixtures/make/tools/bundletool.jar").to_str().unwrap().to_owned());
    let mut all = vec!["-jar", jar.as_str()];
    all.extend(arguments);
    succeeds("java", &all, folder)
}

/// Injects the release key and signs with apksigner.
fn injected_and_signed(input: &str) -> Sandbox {
    let sandbox =
        Sandbox::new().with_bytes("in.apk", &fixture(input)).with("token/release.txt").with("keystore/release.jks");
    let inject = ["inject", "in.apk", "--api-key", "release.txt", "--unsigned", "--out", "out.apk", &token_key()];
    sandbox.run(&inject).code(0);
    let sign = [
        "sign",
        "--ks",
        "release.jks",
        "--ks-pass",
        "pass:storepass",
        "--key-pass",
        "pass:storepass",
        "--v4-signing-enabled",
        "false",
        "--out",
        "signed.apk",
        "out.apk",
    ];
    succeeds("apksigner", &sign, &sandbox.path(""));
    sandbox
}

#[test]
#[ignore = "needs apksigner, zipalign and aapt"]
fn oracle_what_inject_writes_is_aligned_signable_and_readable() {
    for input in ["apk/demo-nokey-unsigned.apk", "apk/demo-release.apk", "apk/demo-nokey.apk", "apk/rotated-v3.apk"] {
        let sandbox = injected_and_signed(input);
        let folder = sandbox.path("");
        for file in ["out.apk", "signed.apk"] {
            succeeds("zipalign", &["-c", "-p", "4", file], &folder);
            assert!(succeeds("aapt", &["dump", "badging", file], &folder).contains("com.example.apkkeydemo"));
            assert!(succeeds("unzip", &["-t", file], &folder).contains("No errors detected"));
        }
        succeeds("apksigner", &["verify", "signed.apk"], &folder);
        let unpacked = succeeds("unzip", &["-p", "signed.apk", "assets/api_key.txt"], &folder);
        assert_eq!(unpacked.as_bytes(), fixture("token/release.txt"));
        sandbox.run(&["verify", "--release", "--strict", "signed.apk", &token_key()]).code(0).says("good: ");
    }
}

#[test]
#[ignore = "needs bundletool and jarsigner"]
fn oracle_bundletool_takes_what_inject_writes() {
    let sandbox =
        Sandbox::new().with("aab/demo-unsigned.aab").with("token/upload.txt").with("keystore/several-aliases.jks");
    sandbox.run(&["inject", "demo-unsigned.aab", "--api-key", "upload.txt", &token_key()]).code(0);
    let folder = sandbox.path("");
    bundletool(&["validate", "--bundle=demo-unsigned.aab"], &folder);
    bundletool(&["build-apks", "--bundle=demo-unsigned.aab", "--output=out.apks", "--mode=universal"], &folder);
    succeeds("unzip", &["-q", "out.apks", "universal.apk"], &folder);
    let unpacked = succeeds("unzip", &["-p", "universal.apk", "assets/api_key.txt"], &folder);
    assert_eq!(unpacked.as_bytes(), fixture("token/upload.txt"));
    let sign = ["-keystore", "several-aliases.jks", "-storepass", "storepass", "demo-unsigned.aab", "upload"];
    succeeds("jarsigner", &sign, &folder);
    let md5 = sandbox.run(&["fingerprint", "--md5", "demo-unsigned.aab"]).code(0).stdout;
    sandbox.run(&["verify", "demo-unsigned.aab", "--cert-md5", md5.trim(), &token_key()]).code(0).says("good: ");
}

#[test]
#[ignore = "needs keytool"]
fn oracle_keytool_and_apkkey_print_the_same_digests() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("");
    for (kind, algorithm) in [("JKS", "RSA"), ("PKCS12", "RSA"), ("PKCS12", "EC"), ("JCEKS", "DSA")] {
        let file = format!("{kind}-{algorithm}.store").to_lowercase();
        let make = [
            "-genkeypair",
            "-keystore",
            &file,
            "-storetype",
            kind,
            "-keyalg",
            algorithm,
            "-alias",
            "fresh",
            "-storepass",
            "fresh-password",
            "-keypass",
            "fresh-password",
            "-dname",
            "CN=Fresh, O=Example",
        ];
        succeeds("keytool", &make, &folder);
        let listed = succeeds("keytool", &["-list", "-v", "-keystore", &file, "-storepass", "fresh-password"], &folder);
        let ran = sandbox.run_with(&["fingerprint", &file], &[("APKKEY_KS_PASS", "fresh-password")]).code(0);
        for name in ["SHA1: ", "SHA256: "] {
            let digest = listed.split(name).nth(1).unwrap().lines().next().unwrap().trim();
            assert!(ran.stdout.contains(digest), "{file}: {digest} is not in\n{}", ran.stdout);
        }
        assert!(ran.stdout.contains("CN=Fresh, O=Example"), "{}", ran.stdout);
    }
}

#[test]
#[ignore = "needs apksigner"]
fn oracle_apksigner_and_apkkey_agree_on_changed_apps() {
    let good = fixture("apk/demo-release.apk");
    let sandbox = Sandbox::new();
    for at in (100..good.len()).step_by(good.len() / 12) {
        let mut changed = good.clone();
        changed[at] ^= 0x10;
        std::fs::write(sandbox.path("changed.apk"), &changed).unwrap();
        let theirs = tool("apksigner", &["verify", "changed.apk"], &sandbox.path("")).status.success();
        let ours = sandbox.run(&["verify", "--only=signature,archive", "--format=json", "changed.apk"]);
        let verified = ours.code != 2 && ours.json()["files"][0]["signature"]["verdict"] == "verified";
        assert!(theirs || !verified, "byte {at}: verified here, refused by apksigner");
    }
}
