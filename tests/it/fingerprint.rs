//! `apkkey fingerprint`.

use crate::sandbox::{Sandbox, fixture};

const RELEASE_MD5: &str = "B8:F6:97:AE:0F:39:80:1D:53:11:31:5F:79:82:08:B6";
const UPLOAD_MD5: &str = "CE:68:A8:F4:06:7D:AD:3C:3C:74:26:46:88:84:5F:C3";

#[test]
fn a_jks_needs_no_password_and_the_extension_does_not_matter() {
    let sandbox = Sandbox::new().with_bytes("keys.txt", &fixture("keystore/release.jks"));
    sandbox.run(&["fingerprint", "keys.txt"]).code(0).says("JKS keystore").says(RELEASE_MD5).says("RSA 2048");
}

#[test]
fn bare_values_are_for_scripts() {
    let sandbox = Sandbox::new()
        .with("keystore/release.jks")
        .with("keystore/release.der")
        .with("keystore/several-aliases.jks")
        .with("apk/demo-release.apk");
    for file in ["release.jks", "release.der", "demo-release.apk"] {
        let ran = sandbox.run(&["fingerprint", "--md5", file]).code(0);
        assert_eq!(ran.stdout, format!("{RELEASE_MD5}\n"), "{file}");
    }
    sandbox
        .run(&["fingerprint", "--md5", "several-aliases.jks"])
        .code(2)
        .complains("upload")
        .complains("--ks-key-alias");
    let chosen = sandbox.run(&["fp", "--md5", "--ks-key-alias", "UPLOAD", "several-aliases.jks"]).code(0);
    assert_eq!(chosen.stdout, format!("{UPLOAD_MD5}\n"));
    sandbox.run(&["fingerprint", "--md5", "--sha256", "release.jks"]).code(2);
    sandbox.run(&["fingerprint", "several-aliases.jks"]).code(0).says("androiddebugkey").says("upload");
}

#[test]
fn public_certificates_are_named() {
    let debug = Sandbox::new().with("keystore/debug.keystore").run(&["fingerprint", "debug.keystore"]);
    debug.code(0).says("This is the Android debug certificate.");
}

#[test]
fn the_known_password_is_tried_on_debug_keystores_only() {
    let store = fixture("keystore/debug.keystore");
    let sandbox = Sandbox::new().with_bytes("debug.keystore", &store).with_bytes("other.p12", &store);
    sandbox.run(&["fingerprint", "debug.keystore"]).code(0);
    sandbox.run(&["fingerprint", "other.p12"]).code(2).complains("needs a password");
    sandbox.run(&["fingerprint", "other.p12", "--ks-key-alias", "AndroidDebugKey"]).code(0);
}

#[test]
fn a_chain_has_the_fingerprint_of_its_leaf() {
    let sandbox = Sandbox::new().with("keystore/chain.pem").with("keystore/chain.p7b").with("keys/chain-leaf.crt.pem");
    let leaf = sandbox.run(&["fingerprint", "--md5", "chain-leaf.crt.pem"]).code(0).stdout;
    for file in ["chain.pem", "chain.p7b"] {
        assert_eq!(sandbox.run(&["fingerprint", "--md5", file]).code(0).stdout, leaf, "{file}");
    }
}

#[test]
fn expect_asserts_a_digest() {
    let sandbox = Sandbox::new().with("keystore/release.jks");
    sandbox.run(&["fingerprint", "release.jks", "--expect", &RELEASE_MD5.to_lowercase().replace(':', "")]).code(0);
    sandbox.run(&["fingerprint", "release.jks", "--expect", UPLOAD_MD5]).code(1).complains("--expect");
    sandbox.run(&["fingerprint", "release.jks", "--expect", "xyz"]).code(2).complains("32, 40 or 64 hex digits");
}

#[test]
fn passwords_come_from_the_environment_a_file_or_standard_input() {
    let sandbox = Sandbox::new().with("keystore/keytool-17.p12").with_bytes("pass.txt", b"storepass\r\n");
    let says = |ran: crate::sandbox::Ran| ran.code(0).says(RELEASE_MD5).silent_about("storepass");
    says(sandbox.run_with(&["fingerprint", "keytool-17.p12"], &[("APKKEY_KS_PASS", "storepass")]));
    says(sandbox.run_with(&["fingerprint", "keytool-17.p12", "--ks-pass", "env:P"], &[("P", "storepass")]));
    says(sandbox.run(&["fingerprint", "keytool-17.p12", "--ks-pass", "file:pass.txt"]));
    says(sandbox.run_input(&["fingerprint", "keytool-17.p12", "--ks-pass", "stdin"], b"storepass\n"));
    says(sandbox.run(&["fingerprint", "keytool-17.p12", "--ks-pass", "pass:storepass"])).complains("other users");
}

#[test]
fn a_missing_or_wrong_password_is_told_and_never_shown() {
    let sandbox = Sandbox::new().with("keystore/keytool-17.p12");
    let none = sandbox.run(&["fingerprint", "keytool-17.p12"]).code(2);
    none.complains("password").complains("--ks-pass env:NAME").complains("APKKEY_KS_PASS");
    let wrong = sandbox.run(&["fingerprint", "keytool-17.p12", "--ks-pass", "pass:hunter2marker"]).code(2);
    wrong.complains("wrong").silent_about("hunter2marker");
    let bare = sandbox.run(&["fingerprint", "keytool-17.p12", "--ks-pass", "hunter2marker"]).code(2);
    bare.complains("pass:PASSWORD").silent_about("hunter2marker");
    sandbox.run(&["fingerprint", "keytool-17.p12", "--ks-pass", "env:NONE"]).code(2).complains("NONE is not set");
}

#[test]
fn a_lineage_is_told_oldest_first() {
    let sandbox = Sandbox::new().with("apk/rotated-v3-twice.apk");
    let ran = sandbox.run(&["fingerprint", "rotated-v3-twice.apk"]).code(0);
    ran.says("oldest first").says("apkkey demo rotated 2");
    let bare = sandbox.run(&["fingerprint", "--md5", "rotated-v3-twice.apk"]).code(0);
    assert_eq!(bare.stdout, format!("{RELEASE_MD5}\n"));
}
