//! Keystore, alias and passwords that can sign: `fingerprint --can-sign` opens a signer as `sign` does.

use crate::sandbox::{Ran, Sandbox, fixture};

const UPLOAD_MD5: &str = "CE:68:A8:F4:06:7D:AD:3C:3C:74:26:46:88:84:5F:C3";

fn can_sign(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let all: Vec<&str> = ["fingerprint", "--can-sign"].iter().chain(arguments).copied().collect();
    sandbox.run(&all)
}

#[test]
fn every_format_has_a_key_that_signs() {
    for name in [
        "release.jks",
        "release.jceks",
        "keytool-8.p12",
        "keytool-11.p12",
        "keytool-17.p12",
        "openssl-3.p12",
        "openssl-legacy.p12",
        "openssl-no-friendly-name.p12",
        "bouncycastle-ber.p12",
        "chain-out-of-order.p12",
        "no-mac.p12",
        "certificates-in-clear.p12",
        "release.bks",
        "release.uber",
        "release.bcfks",
        "base64-of-jks.txt",
    ] {
        let sandbox = Sandbox::new().with(&format!("keystore/{name}"));
        let ran = can_sign(&sandbox, &[name, "--ks-pass", "env:P"]);
        assert_eq!(ran.code, 2, "{name}: the variable is not set");
        let arguments = ["fingerprint", "--can-sign", name, "--ks-pass", "env:P"];
        sandbox.run_with(&arguments, &[("P", "storepass")]).code(0).says("it can sign");
    }
}

#[test]
fn the_keys_own_password() {
    for name in ["key-password-differs.jks", "key-password-differs.p12"] {
        let sandbox =
            Sandbox::new().with(&format!("keystore/{name}")).with_bytes("pass.txt", b"storepass\r\nkeypass\r\n");
        let run = |variables: &[(&str, &str)]| sandbox.run_with(&["fingerprint", "--can-sign", name], variables);
        run(&[("APKKEY_KS_PASS", "storepass"), ("APKKEY_KEY_PASS", "keypass")]).code(0).says("it can sign");
        let missing = run(&[("APKKEY_KS_PASS", "storepass")]).code(2);
        missing.complains("the keystore opened, but key \"release\" has another password").complains("--key-pass");
        let swapped = run(&[("APKKEY_KS_PASS", "keypass"), ("APKKEY_KEY_PASS", "storepass")]).code(2);
        swapped.complains("the password opens key \"release\", but not the keystore");
        let spec = "file:pass.txt";
        can_sign(&sandbox, &[name, "--ks-pass", spec, "--key-pass", spec]).code(0);
        let stdin = ["fingerprint", "--can-sign", name, "--ks-pass", "stdin", "--key-pass", "stdin"];
        sandbox.run_input(&stdin, b"storepass\nkeypass\n").code(0).says("it can sign");
        sandbox.run_input(&stdin, b"storepass\n").code(2).complains("ended before the password for --key-pass");
        let wrong = can_sign(&sandbox, &[name, "--ks-pass", spec, "--key-pass", "pass:hunter2marker"]).code(2);
        wrong
            .complains("wrong password for key \"release\" (given with --key-pass pass:)")
            .silent_about("hunter2marker");
    }
}

/// keytool ignores `-keypass` for PKCS12, and people go on to name that password.
#[test]
fn a_key_password_that_keytool_ignored() {
    let sandbox = Sandbox::new().with("keystore/keytool-17.p12");
    let ran =
        can_sign(&sandbox, &["keytool-17.p12", "--ks-pass", "pass:storepass", "--key-pass", "pass:other"]).code(0);
    ran.says("it can sign").complains("warning: the password given with --key-pass pass: does not fit key \"release\"");
    let notes = sandbox.run(&[
        "fingerprint",
        "--can-sign",
        "keytool-17.p12",
        "--ks-pass",
        "pass:storepass",
        "--key-pass",
        "pass:other",
    ]);
    assert_eq!(notes.stderr.matches("can be seen by other users").count(), 1, "{}", notes.stderr);
}

#[test]
fn aliases() {
    let sandbox = Sandbox::new().with("keystore/several-aliases.jks").with("keystore/certificates-only.jks");
    let password = ["--ks-pass", "pass:storepass"];
    let run = |arguments: &[&str]| can_sign(&sandbox, &[arguments, &password].concat());
    let several = run(&["several-aliases.jks"]).code(2);
    several
        .complains(&format!("upload (MD5 {UPLOAD_MD5})"))
        .complains("androiddebugkey (MD5 ")
        .complains("--ks-key-alias");
    run(&["several-aliases.jks", "--ks-key-alias", "Upload"]).code(0).says(UPLOAD_MD5).says("key `upload`");
    run(&["several-aliases.jks", "--ks-key-alias", "ca"])
        .code(2)
        .complains("it cannot sign")
        .complains("private keys are in: upload");
    run(&["several-aliases.jks", "--ks-key-alias", "uplod"]).code(2).complains("did you mean \"upload\"?");
    run(&["certificates-only.jks"]).code(2).complains("certificates only");
}

#[test]
fn what_cannot_sign_says_why() {
    let sandbox = Sandbox::new().with("keystore/release.der").with("apk/demo-release.apk").with("keystore/testkey.pk8");
    can_sign(&sandbox, &["release.der"]).code(2).complains("certificates only");
    can_sign(&sandbox, &["demo-release.apk"]).code(2).complains("an app holds no private key");
    can_sign(&sandbox, &["testkey.pk8"]).code(2).complains("--key");
}

/// A project as Flutter and Gradle have it.
fn project(properties: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.path("android/app")).unwrap();
    std::fs::write(sandbox.path("android/key.properties"), properties).unwrap();
    sandbox
}

fn put(sandbox: &Sandbox, name: &str, fixture_name: &str) {
    std::fs::write(sandbox.path(name), fixture(fixture_name)).unwrap();
}

const PROPERTIES: &str = "storePassword=storepass\nkeyPassword=storepass\nkeyAlias=upload\nstoreFile=upload.jks\n";

#[test]
fn a_flutter_project_needs_no_other_option() {
    for place in ["android/app/upload.jks", "android/upload.jks"] {
        let sandbox = project(PROPERTIES);
        put(&sandbox, place, "keystore/several-aliases.jks");
        let ran = can_sign(&sandbox, &["--signing-properties", "android/key.properties"]).code(0);
        ran.says(place).says(UPLOAD_MD5).says("it can sign").silent_about("storepass");
        let bare = sandbox.run(&["fingerprint", "--md5", "--signing-properties", "android/key.properties"]).code(0);
        assert_eq!(bare.stdout, format!("{UPLOAD_MD5}\n"));
    }
}

#[test]
fn two_keystores_that_a_properties_file_may_mean() {
    let sandbox = project(PROPERTIES);
    put(&sandbox, "android/app/upload.jks", "keystore/several-aliases.jks");
    put(&sandbox, "android/upload.jks", "keystore/several-aliases.jks");
    let run = || sandbox.run(&["fingerprint", "--signing-properties", "android/key.properties"]);
    run().code(0).says(UPLOAD_MD5);
    put(&sandbox, "android/upload.jks", "keystore/release.jks");
    run().code(2).complains("they differ").complains("--ks");
}

#[test]
fn properties_that_are_wrong() {
    let run = |properties: &str| {
        let sandbox = project(properties);
        put(&sandbox, "android/app/upload.jks", "keystore/several-aliases.jks");
        sandbox.run(&["fingerprint", "--can-sign", "--signing-properties", "android/key.properties"]).code(2)
    };
    run(&PROPERTIES.replace("upload.jks", "none.jks")).complains("storeFile is not there").complains("app");
    run(&PROPERTIES.replace("storePassword=storepass", "storePassword=hunter2marker"))
        .complains("wrong password for the keystore (given with storePassword)")
        .silent_about("hunter2marker");
    run(&PROPERTIES.replace("storePassword=storepass", "storePassword=storepass ")).complains("white space");
    run(&PROPERTIES.replace("keyAlias=upload", "keyAlias=uplod")).complains("did you mean \"upload\"?");
    run("sdk.dir=/opt/sdk\n").complains("names no keystore").complains("storeFile");
    run("debugStoreFile=a\nreleaseStoreFile=b\n").complains("several signers");
    let sandbox = project(PROPERTIES);
    sandbox.run(&["fingerprint", "--signing-properties", "android/key.propertis"]).code(2).complains("no such file");
}

/// Options are more particular than the file.
#[test]
fn options_win_over_properties() {
    let sandbox = project(&PROPERTIES.replace("keyAlias=upload", "keyAlias=none").replace("=storepass", "=wrong"));
    put(&sandbox, "android/app/upload.jks", "keystore/several-aliases.jks");
    let options = ["--ks-key-alias", "upload", "--ks-pass", "env:P", "--key-pass", "env:P"];
    let arguments =
        [&["fingerprint", "--can-sign", "--signing-properties", "android/key.properties"], &options[..]].concat();
    sandbox.run_with(&arguments, &[("P", "storepass")]).code(0).says(UPLOAD_MD5);
}
