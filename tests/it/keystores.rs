//! What people give in place of a keystore, and in what state: the cause is told, with what to do.

use crate::sandbox::{Ran, Sandbox, fixture};
use std::process::Command;

const RELEASE_MD5: &str = "B8:F6:97:AE:0F:39:80:1D:53:11:31:5F:79:82:08:B6";
const DEBUG_MD5: &str = "90:34:30:58:D9:0D:94:59:B5:C0:EF:78:A7:FB:04:66";

/// The password of most fixtures in the environment.
fn run(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    sandbox.run_with(arguments, &[("APKKEY_KS_PASS", "storepass")])
}

/// Each row of the table of symptoms that Java's tools show, as the cause that we tell.
#[test]
fn each_symptom_has_its_cause() {
    let jks = fixture("keystore/release.jks");
    let text = String::from_utf8_lossy(&jks).into_owned();
    let encrypted = [b"Salted__", jks.as_slice()].concat();
    let latin: String = jks.iter().map(|byte| char::from(*byte)).collect();
    let zeros: Vec<u8> = jks.iter().copied().filter(|byte| *byte != 0).collect();
    let sandbox = Sandbox::new()
        .with_bytes("utf8.jks", text.as_bytes())
        .with_bytes("latin.jks", latin.as_bytes())
        .with_bytes("zeros.jks", &zeros)
        .with_bytes("cut.jks", &jks[..700])
        .with_bytes("cut.p12", &fixture("keystore/keytool-17.p12")[..700])
        .with_bytes("json.jks", b"{\"message\": \"Not Found\"}")
        .with_bytes("404.jks", b"404: Not Found")
        .with_bytes("encrypted.jks", &encrypted)
        .with_bytes("locked.jks", b"\0GITCRYPT\0\x01\x02")
        .with_bytes("packed.jks", b"\x1f\x8b\x08\0\0\0\0\0")
        .with_bytes("mac.keychain", b"kych\0\x01\0\0")
        .with_bytes("server.kdb", b"\0\x01\x02\x03 unknown")
        .with_bytes("key.properties", b"storeFile=release.jks\nstorePassword=x\n")
        .with("keystore/git-lfs-pointer.jks")
        .with("keystore/error-page.jks")
        .with("keystore/testkey.pk8");
    for (file, cause, remedy) in [
        ("utf8.jks", "copied as text", "copy it as binary"),
        ("latin.jks", "copied as text", "copy it as binary"),
        ("zeros.jks", "copied as text", "copy it as binary"),
        ("cut.jks", "cut off after 700 bytes (0 of 1 entries readable)", "take the original"),
        ("cut.p12", "cut off after 700 bytes of 2650", "take the original"),
        ("json.jks", "this is JSON", "download the file again"),
        ("404.jks", "a server's error message", "download the file again"),
        ("encrypted.jks", "encrypted with openssl enc", "decrypt it first"),
        ("locked.jks", "encrypted with git-crypt", "git-crypt unlock"),
        ("packed.jks", "a gzip file", "unpack it"),
        ("mac.keychain", "a macOS keychain", "PKCS#12"),
        ("server.kdb", "a file of an unknown kind", "IBM's key databases"),
        ("key.properties", "a properties file", "--signing-properties"),
        ("git-lfs-pointer.jks", "a Git LFS pointer", "git lfs pull"),
        ("error-page.jks", "an HTML or XML page", "download the file again"),
        ("testkey.pk8", "a private key without a certificate", "--key and its certificate with --cert"),
    ] {
        run(&sandbox, &["fingerprint", file])
            .code(2)
            .complains(&format!("error: {file}: "))
            .complains(cause)
            .complains(remedy);
    }
}

#[test]
fn base64_of_every_format_is_decoded_with_a_note() {
    use base64::Engine;
    for name in ["release.jks", "keytool-17.p12", "release.jceks", "release.bks", "release.bcfks", "release.der"] {
        let text = base64::engine::general_purpose::STANDARD.encode(fixture(&format!("keystore/{name}")));
        let wrapped: Vec<&str> = text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let sandbox = Sandbox::new().with_bytes("secret.txt", wrapped.join("\n").as_bytes());
        run(&sandbox, &["fingerprint", "secret.txt"]).code(0).says("base64").says(RELEASE_MD5);
    }
}

#[test]
fn integrity_that_could_not_be_checked_is_told() {
    let sandbox = Sandbox::new().with("keystore/release.jks").with("keystore/release.bks").with("keystore/no-mac.p12");
    for file in ["release.jks", "release.bks"] {
        sandbox.run(&["fingerprint", file]).code(0).says("integrity not checked");
        run(&sandbox, &["fingerprint", file]).code(0).silent_about("integrity");
    }
    run(&sandbox, &["fingerprint", "no-mac.p12"]).code(0).says("no integrity check");
}

/// The environment may hold the password of another keystore, and none is needed here. It is not passed over in silence.
#[test]
fn a_password_from_the_environment_that_does_not_fit() {
    let sandbox = Sandbox::new().with("keystore/release.jks").with("keystore/keytool-17.p12");
    let other = [("APKKEY_KS_PASS", "hunter2marker")];
    let ran = sandbox.run_with(&["fingerprint", "release.jks", "--quiet"], &other).code(0).says(RELEASE_MD5);
    ran.complains("warning: the password given with APKKEY_KS_PASS does not fit release.jks")
        .says("integrity not checked");
    let ran = sandbox.run_with(&["fingerprint", "keytool-17.p12"], &other).code(2);
    ran.complains("wrong password for the keystore (given with APKKEY_KS_PASS)").silent_about("hunter2marker");
}

#[test]
fn what_looks_wrong_about_a_password_is_told_without_showing_it() {
    let sandbox = Sandbox::new().with("keystore/keytool-17.p12").with_bytes("pass.txt", b"storepass \n");
    for (password, word) in [
        ("hunter2marker\n", "white space"),
        ("", "this password is empty"),
        ("'hunter2marker'", "quotation marks"),
        ("${hunter2marker}", "variable"),
    ] {
        let ran =
            sandbox.run_with(&["fingerprint", "keytool-17.p12", "--ks-pass", "env:P"], &[("P", password)]).code(2);
        ran.complains(word).complains("(given with --ks-pass env:P)").silent_about("hunter2marker");
    }
    let file = sandbox.run(&["fingerprint", "keytool-17.p12", "--ks-pass", "file:pass.txt"]).code(2);
    file.complains("white space").complains("file:pass.txt");
}

#[test]
fn a_password_file_may_be_a_pipe_or_utf16() {
    let utf16: Vec<u8> = "\u{feff}storepass\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let sandbox = Sandbox::new().with("keystore/keytool-17.p12").with_bytes("pass.txt", &utf16);
    sandbox.run(&["fingerprint", "keytool-17.p12", "--ks-pass", "file:pass.txt"]).code(0).says(RELEASE_MD5);
    if cfg!(unix) {
        let ran = sandbox.run_input(&["fingerprint", "keytool-17.p12", "--ks-pass", "file:/dev/stdin"], b"storepass\n");
        ran.code(0).says(RELEASE_MD5);
    }
    let long = Sandbox::new().with("keystore/keytool-17.p12").with_bytes("pass.txt", &[b'x'; 70_000]);
    let ran = long.run(&["fingerprint", "keytool-17.p12", "--ks-pass", "file:pass.txt"]).code(2);
    ran.complains("no file of passwords");
}

#[test]
fn nothing_is_waited_for() {
    let sandbox = Sandbox::new().with("keystore/keytool-17.p12");
    sandbox.run(&["fingerprint", "keytool-17.p12"]).code(2).complains("no terminal");
    sandbox.run(&["fingerprint", "keytool-17.p12", "--ks-pass", "prompt"]).code(2).complains("no terminal");
    sandbox.run(&["fingerprint", "keytool-17.p12", "--ks-pass", "stdin"]).code(2).complains("ended before");
}

#[test]
fn limits_can_be_raised_and_lowered() {
    let sandbox = Sandbox::new().with("keystore/keytool-17.p12");
    let low = run(&sandbox, &["fingerprint", "keytool-17.p12", "--max-kdf-iterations", "1000"]).code(2);
    low.complains("10000 rounds of key derivation; 1000 are allowed").complains("--max-kdf-iterations");
    run(&sandbox, &["fingerprint", "keytool-17.p12", "--max-kdf-iterations", "10000"]).code(0);
}

#[test]
fn a_type_is_compared_with_the_content() {
    let sandbox = Sandbox::new().with("keystore/keytool-17.p12");
    let told = run(&sandbox, &["fingerprint", "keytool-17.p12", "--ks-type", "jks"]).code(0);
    told.complains("--ks-type says jks, but the file is pkcs12");
    run(&sandbox, &["fingerprint", "keytool-17.p12", "--ks-type", "PKCS12"]).code(0).silent_about("--ks-type");
    let foreign = run(&sandbox, &["fingerprint", "keytool-17.p12", "--ks-type", "Windows-MY"]).code(2);
    foreign.complains("the Windows certificate store are not supported");
}

#[test]
fn the_debug_keystore_is_found_where_builds_keep_it() {
    let sandbox = Sandbox::new();
    let folder = |name: &str| {
        let folder = sandbox.path(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    };
    let home = folder("home");
    std::fs::write(folder("home/.android").join("debug.keystore"), fixture("keystore/debug.keystore")).unwrap();
    std::fs::write(folder("sdk/.android").join("debug.keystore"), fixture("keystore/debug-reversed.keystore")).unwrap();
    let (home, sdk, none) = (home.to_str().unwrap(), sandbox.path("sdk"), sandbox.path("none"));
    let home_variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    let unset =
        [("ANDROID_USER_HOME", ""), ("ANDROID_PREFS_ROOT", ""), ("ANDROID_SDK_HOME", ""), (home_variable, home)];
    let with = |name: &str, value: &str| {
        let mut variables = unset.to_vec();
        variables.push((name, value));
        sandbox.run_with(&["fingerprint", "--debug-keystore"], &variables)
    };
    sandbox.run_with(&["fingerprint", "--debug-keystore", "--md5"], &unset).code(0).says(DEBUG_MD5);
    with("ANDROID_SDK_HOME", sdk.to_str().unwrap()).code(0).says("debug.keystore: PKCS#12").silent_about(DEBUG_MD5);
    // builds look in one place only, so another keystore would be the wrong one
    let ran = with("ANDROID_USER_HOME", none.to_str().unwrap()).code(2).complains("there is no debug keystore");
    ran.complains("none").complains("ANDROID_USER_HOME").silent_about(DEBUG_MD5);
    with(home_variable, none.to_str().unwrap()).code(2).complains("a debug build");
}

/// A pipe that nobody writes to would stop a program that waits.
#[test]
fn a_keystore_on_a_pipe_is_refused_at_once() {
    if cfg!(windows) {
        return;
    }
    let sandbox = Sandbox::new();
    let made = Command::new("mkfifo").arg(sandbox.path("pipe.jks")).status();
    if made.is_ok_and(|status| status.success()) {
        sandbox.run(&["fingerprint", "pipe.jks"]).code(2).complains("not a regular file");
    }
}
