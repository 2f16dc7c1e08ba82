//! Signers opened from the fixtures, as a command that signs does it.

use super::groups::separate;
use super::*;
use crate::cli::args::{Arguments, Command};
use crate::cli::output::Output;
use apkkey::keystore::{Keystore, Passwords};
use clap::Parser;
use std::ffi::OsString;
use std::path::PathBuf;

fn fixture(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name).display().to_string()
}

/// The only thing in the output that is looked at is what a test returns, so it is quiet.
fn output() -> Output {
    let arguments = Arguments::try_parse_from(["apkkey", "explain", "--list", "--quiet"]).unwrap();
    assert!(matches!(arguments.command, Command::Explain(_)));
    Output::new(&arguments.output)
}

#[derive(Debug, Parser)]
struct Signing {
    #[command(flatten)]
    signer: SignerArgs,
    file: PathBuf,
}

fn open_words(words: &[&str]) -> Result<Vec<OpenedSigner>, Failure> {
    let words = ["sign"].iter().chain(words).chain(&["in.apk"]);
    let (own, further) = separate(words.map(OsString::from).collect()).unwrap();
    let first = Signing::try_parse_from(own).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(first.file, PathBuf::from("in.apk"));
    let signers = std::iter::once(&first.signer).chain(further.iter().map(|further| &further.args));
    open_all(signers, &mut PasswordReader::new(&output()))
}

/// Another option of the same command reads standard input already.
#[test]
fn two_readers_of_standard_input_are_refused() {
    let words = ["--ks", &fixture("keystore/release.jks"), "--ks-pass", "stdin", "in.apk"];
    let signing = Signing::try_parse_from(["sign"].iter().chain(&words)).unwrap();
    assert!(signing.signer.is_given());
    let output = output();
    let mut passwords = PasswordReader::new(&output).standard_input_taken_by("--api-key -");
    let failure = open(&signing.signer, &mut passwords).map(|_| ()).unwrap_err();
    assert_eq!(failure.message, "--api-key - and --ks-pass stdin both read standard input");
}

fn only(words: &[&str]) -> OpenedSigner {
    let mut opened = open_words(words).unwrap_or_else(|failure| panic!("{words:?}: {failure:?}"));
    assert_eq!(opened.len(), 1);
    opened.remove(0)
}

fn fails(words: &[&str]) -> Failure {
    open_words(words).map(|_| ()).unwrap_err()
}

fn leaf(signer: &OpenedSigner) -> String {
    signer.signer.identity.chain().first().unwrap().fingerprints().sha256.to_string()
}

fn sha256(certificate: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "a small fixture")]
    let bytes = std::fs::read(fixture(certificate)).unwrap();
    let keystore = Keystore::open(&bytes, &Passwords::none()).unwrap();
    keystore.entries.first().unwrap().certificate().unwrap().fingerprints().sha256.to_string()
}

/// A password file with these lines.
fn lines(text: &str) -> (tempfile::NamedTempFile, String) {
    use std::io::Write;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let spec = format!("file:{}", file.path().display());
    (file, spec)
}

#[test]
fn the_only_key_is_used_and_named() {
    let opened = only(&["--ks", &fixture("keystore/release.jks"), "--ks-pass", "pass:storepass"]);
    assert_eq!((opened.signer.name.as_str(), leaf(&opened)), ("release", sha256("keys/release.crt.pem")));
    assert!(opened.notes.iter().any(|note| note.ends_with("release.jks: used alias `release`, the only key")));
}

#[test]
fn a_name_for_the_signature_file_can_be_given() {
    let store = fixture("keystore/release.jks");
    let named = only(&["--ks", &store, "--ks-pass", "pass:storepass", "--v1-signer-name", "CERT"]);
    assert_eq!(named.signer.name, "CERT");
    let key = fixture("keystore/testkey.pk8");
    let from_key = only(&["--key", &key, "--cert", &fixture("keystore/testkey.x509.pem")]);
    assert_eq!(from_key.signer.name, "testkey", "the key file's name up to the first dot");
}

#[test]
fn several_keys_are_listed_and_none_is_guessed() {
    let store = fixture("keystore/several-aliases.jks");
    let failure = fails(&["--ks", &store, "--ks-pass", "pass:storepass"]);
    assert!(failure.message.starts_with("it has several keys: "), "{failure:?}");
    assert!(failure.message.contains("upload (MD5 CE:68:A8:F4:"), "{failure:?}");
    assert!(!failure.message.contains("ca (MD5"), "a certificate is no key: {failure:?}");
    let upload = only(&["--ks", &store, "--ks-pass", "pass:storepass", "--ks-key-alias", "UPLOAD"]);
    assert_eq!((upload.signer.name.as_str(), leaf(&upload)), ("upload", sha256("keys/upload.crt.pem")));
    assert!(upload.notes.iter().any(|note| note.ends_with("used alias `upload` for `UPLOAD`")));
    let certificate = fails(&["--ks", &store, "--ks-pass", "pass:storepass", "--ks-key-alias", "ca"]);
    assert_eq!(certificate.message, "\"ca\" holds only a certificate, it cannot sign");
    assert!(certificate.help.unwrap().contains("upload"));
    let unknown = fails(&["--ks", &store, "--ks-pass", "pass:storepass", "--ks-key-alias", "uplod"]);
    assert_eq!(unknown.help.unwrap(), "did you mean \"upload\"?");
    let truststore = fails(&["--ks", &fixture("keystore/certificates-only.jks"), "--ks-pass", "pass:storepass"]);
    assert!(truststore.message.contains("certificates only"), "{truststore:?}");
}

/// A wrong alias is told where the file can be read, before any password is asked for.
#[test]
fn a_wrong_alias_needs_no_password() {
    let failure = fails(&["--ks", &fixture("keystore/release.jks"), "--ks-key-alias", "relaese"]);
    assert!(failure.message.starts_with("no entry \"relaese\""), "{failure:?}");
}

#[test]
fn the_key_may_have_its_own_password() {
    for store in ["keystore/key-password-differs.jks", "keystore/key-password-differs.p12"] {
        let store = fixture(store);
        only(&["--ks", &store, "--ks-pass", "pass:storepass", "--key-pass", "pass:keypass"]);
        let missing = fails(&["--ks", &store, "--ks-pass", "pass:storepass"]);
        assert!(missing.message.starts_with("the keystore opened, but key \""), "{missing:?}");
        assert!(missing.help.unwrap().contains("--key-pass"));
        let wrong = fails(&["--ks", &store, "--ks-pass", "pass:storepass", "--key-pass", "pass:nonsense"]);
        assert!(wrong.message.starts_with("wrong password for key \""), "{wrong:?}");
        assert!(wrong.message.ends_with("(given with --key-pass pass:)"), "{wrong:?}");
        let swapped = fails(&["--ks", &store, "--ks-pass", "pass:keypass", "--key-pass", "pass:storepass"]);
        assert!(swapped.message.contains("but not the keystore"), "{swapped:?}");
    }
    // keytool ignores -keypass for PKCS12, so people give a password that no key has
    let store = fixture("keystore/keytool-17.p12");
    only(&["--ks", &store, "--ks-pass", "pass:storepass", "--key-pass", "pass:nonsense"]);
}

#[test]
fn one_file_gives_its_lines_in_the_order_of_the_signers() {
    let store = fixture("keystore/key-password-differs.jks");
    let other = fixture("keystore/release.jks");
    let (_file, spec) = lines("storepass\r\nkeypass\nstorepass\n");
    let signers =
        ["--ks", &store, "--ks-pass", &spec, "--key-pass", &spec, "--next-signer", "--ks", &other, "--ks-pass"];
    let mut words = signers.to_vec();
    words.push(&spec);
    let opened = open_words(&words).unwrap();
    assert_eq!(opened.len(), 2);
    assert_eq!(leaf(opened.last().unwrap()), sha256("keys/release.crt.pem"));
    words.extend(["--next-signer", "--ks", &other, "--ks-pass", &spec]);
    assert_eq!(fails(&words).message, "the password file has no line 4");
    let (_file, empty) = lines("");
    assert_eq!(fails(&["--ks", &other, "--ks-pass", &empty]).message, "the password file is empty");
}

#[test]
fn bare_keys_in_every_form_with_their_certificate() {
    let forms = [
        ("testkey.pk8", "keystore/testkey.x509.pem"),
        ("pkcs8.pem", "keys/ec-p256.crt.pem"),
        ("pkcs8.der", "keys/ec-p256.crt.pem"),
        ("pkcs1.pem", "keys/release.crt.pem"),
        ("sec1.pem", "keys/ec-p256.crt.pem"),
        ("sec1-parameters.pem", "keys/ec-p256.crt.pem"),
        ("dsa.pem", "keys/dsa-2048.crt.pem"),
    ];
    for (key, certificate) in forms {
        let opened = only(&["--key", &fixture(&format!("keystore/{key}")), "--cert", &fixture(certificate)]);
        assert_eq!(leaf(&opened), sha256(certificate), "{key}");
    }
    let certificate = fixture("keys/release.crt.pem");
    for key in ["pkcs8-encrypted.pem", "pkcs8-encrypted.der", "pkcs1-encrypted.pem"] {
        let key = fixture(&format!("keystore/{key}"));
        only(&["--key", &key, "--cert", &certificate, "--key-pass", "pass:storepass"]);
        let none = fails(&["--key", &key, "--cert", &certificate]);
        assert_eq!(none.message, "the key needs a password, and there is no terminal to ask on");
        let wrong = fails(&["--key", &key, "--cert", &certificate, "--key-pass", "pass:nonsense"]);
        assert_eq!(wrong.message, "wrong password for the key (given with --key-pass pass:)");
    }
    let chain = only(&["--key", &fixture("keys/chain-leaf.key.pem"), "--cert", &fixture("keystore/chain.p7b")]);
    assert_eq!(chain.signer.identity.chain().len(), 3);
    only(&["--key", &fixture("keystore/bag-attributes.pem")]);
}

#[test]
fn a_key_and_a_certificate_that_do_not_belong_together() {
    let (key, other) = (fixture("keystore/testkey.pk8"), fixture("keys/upload.crt.pem"));
    let failure = fails(&["--key", &key, "--cert", &other]);
    assert_eq!(failure.message, format!("{other} does not belong to this key"));
    let none = fails(&["--key", &key]);
    assert_eq!(none.message, "this is a private key without a certificate");
    assert!(none.help.unwrap().ends_with("testkey.x509.pem"), "the certificate beside it is named");
    let store = fails(&["--key", &key, "--cert", &fixture("keystore/release.jks")]);
    assert!(store.message.starts_with("this is a JKS keystore, not a certificate"), "{store:?}");
    let swapped = fails(&["--key", &fixture("keystore/release.jks"), "--cert", &other]);
    assert!(swapped.message.contains("not a private key"), "{swapped:?}");
    let key_as_store = fails(&["--ks", &key, "--ks-pass", "pass:x"]);
    assert!(key_as_store.help.unwrap().contains("--key and its certificate with --cert"));
}

#[test]
fn ed25519_cannot_sign_and_the_reason_is_told() {
    let failure = fails(&["--key", &fixture("keys/ed25519.key.pem"), "--cert", &fixture("keys/ed25519.crt.pem")]);
    assert!(failure.message.starts_with("Ed25519 keys cannot sign an app"), "{failure:?}");
}

#[test]
fn a_debug_keystore_opens_with_the_known_password() {
    for store in ["debug.keystore", "debug-jks.keystore"] {
        let opened = only(&["--ks", &fixture(&format!("keystore/{store}"))]);
        assert_eq!(leaf(&opened), sha256("keys/android-debug.crt.pem"), "{store}");
    }
    let none = fails(&["--ks", &fixture("keystore/release.jks")]);
    assert_eq!(none.message, "the keystore needs a password, and there is no terminal to ask on");
    only(&["--ks", &fixture("keystore/not-encrypted.p12")]);
}

#[test]
fn a_type_that_contradicts_is_told_and_keystores_without_a_file_are_refused() {
    let store = fixture("keystore/keytool-17.p12");
    let opened = only(&["--ks", &store, "--ks-pass", "pass:storepass", "--ks-type", "JKS"]);
    assert!(opened.notes.iter().any(|note| note.ends_with("--ks-type says JKS, but the file is pkcs12")));
    let token = fails(&["--ks", "NONE", "--ks-type", "PKCS11"]);
    assert!(token.message.contains("PKCS#11"), "{token:?}");
    assert!(fails(&["--ks", "NONE"]).message.contains("not supported"));
    assert!(fails(&["--kms-type", "gcp", "--kms-key-alias", "x"]).message.contains("key management"));
    let provider = fails(&["--ks", &store, "--ks-provider-class", "sun.security.pkcs11.SunPKCS11"]);
    assert!(provider.message.contains("Java providers"), "{provider:?}");
}

#[test]
fn a_password_in_another_encoding_fits_when_the_encoding_is_named() {
    let store = fixture("keystore/non-ascii-password.jks");
    only(&["--ks", &store, "--ks-pass", "pass:p\u{e4}ssw\u{f6}rd-\u{41a}\u{43b}\u{44e}\u{447}"]);
    let wrong = fails(&["--ks", &store, "--ks-pass", "pass:p\u{e4}ss"]);
    assert!(wrong.help.unwrap().contains("--pass-encoding"));
    let unknown = fails(&["--ks", &store, "--ks-pass", "pass:x", "--pass-encoding", "ebcdic"]);
    assert!(unknown.help.unwrap().contains("ibm437"));
}

#[test]
fn a_signer_for_newer_levels() {
    let (release, upload) = (fixture("keystore/release.jks"), fixture("keystore/several-aliases.jks"));
    let opened = open_words(&[
        "--ks",
        &release,
        "--ks-pass",
        "pass:storepass",
        "--signer-for-min-sdk-version",
        "33",
        "--ks",
        &upload,
        "--ks-key-alias",
        "upload",
        "--ks-pass",
        "pass:storepass",
    ]);
    let levels: Vec<Option<u32>> = opened.unwrap().iter().map(|signer| signer.signer.min_sdk).collect();
    assert_eq!(levels, [None, Some(33)]);
}
