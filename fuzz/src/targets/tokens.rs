//! API keys: bytes of a key file, claims under a right signature; and the settings file, through the program.

use super::{Paid, Target};
use crate::fixtures::{self, read, with_endings};
use apkkey::api_key::{KeyFile, TokenKey, authenticate};
use apkkey::digest::DigestAlgorithm;
use base64::Engine;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

pub fn targets() -> Vec<Target> {
    vec![
        Target::new("token", token, || with_endings("token", &[".txt"], 8000)).with_words(&[
            b".",
            b"=",
            b"%2B",
            b"\r\n",
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            b"\xe2\x80\x8b",
            b"\"",
            b"api_key=",
            b" ",
            b"eyJ",
        ]),
        Target::new("token-claims", claims, payloads).with_words(&[
            b"\"appsigSha256\":",
            b"\"pkg\":",
            b"\"iat\":",
            b"\"ver\":",
            b"null",
            b"[[[[",
            b"{\"a\":",
            b"1e400",
            b"-1",
            b"\\ud800",
            b"\\u0000",
            b"18446744073709551616",
            b"\"bundleId\":",
        ]),
        Target::new("token-key", token_key, || {
            vec![
                read("keys/token-test-key.pub.pem"),
                read("keys/release.crt.pem"),
                fixtures::der("keys/token-test-key.pub.pem"),
                fixtures::der("keys/release.crt.pem"),
            ]
        }),
    ]
}

fn test_key() -> &'static TokenKey {
    static KEY: OnceLock<TokenKey> = OnceLock::new();
    KEY.get_or_init(fixtures::token_key)
}

fn token(data: &[u8]) -> Paid {
    let file = KeyFile::read(data);
    let _ = file.defects.iter().map(|defect| (defect.id(), defect.help(), defect.to_string())).count();
    let _ = file.repaired().map(|repaired| format!("{repaired:?}").len());
    if let Some(canonical) = file.canonical() {
        assert!(KeyFile::read(canonical.as_bytes()).key.is_ok(), "what is written in its place is a key");
    }
    if let Ok(key) = &file.key {
        let _ = (key.claims().problems(), key.claims().platform(), key.claims().environment());
        let _ = authenticate(key, test_key());
    }
    Paid::default()
}

fn payloads() -> Vec<Vec<u8>> {
    let mut payloads: Vec<Vec<u8>> = Vec::new();
    for name in ["release", "ios", "md5-only", "preproduction", "http-endpoint", "ver-not-string"] {
        let text = String::from_utf8(read(&format!("token/{name}.txt"))).unwrap();
        let payload = text.split('.').nth(1).unwrap();
        payloads.extend(base64::engine::general_purpose::STANDARD.decode(payload));
    }
    payloads
}

/// A key that the token key signed, whatever it says.
fn claims(data: &[u8]) -> Paid {
    static KEY: OnceLock<apkkey::identity::PrivateKey> = OnceLock::new();
    let signer = KEY.get_or_init(|| {
        let budget = apkkey::keystore::KdfBudget::default();
        apkkey::keystore::private_key(&read("keys/token-test-key.pem"), &[], &budget).unwrap()
    });
    let base64 = base64::engine::general_purpose::STANDARD;
    let header = base64.encode(br#"{"alg":"RSA-SHA256","ver":"1"}"#);
    let signed = format!("{header}.{}", base64.encode(data));
    let signature = signer.sign(DigestAlgorithm::Sha256, signed.as_bytes()).unwrap();
    let text = format!("{signed}.{}", base64.encode(signature));
    let Ok(key) = KeyFile::read(text.as_bytes()).key else { return Paid::default() };
    assert!(authenticate(&key, test_key()).is_ok() || !key.has_known_header(), "a right signature is refused");
    let _ = (key.claims().problems(), key.claims().platform(), key.claims().environment());
    Paid::default()
}

fn token_key(data: &[u8]) -> Paid {
    if let Ok(key) = TokenKey::parse(data) {
        let file = KeyFile::read(&read("token/release.txt"));
        let _ = authenticate(file.key.as_ref().unwrap(), &key);
    }
    Paid::default()
}

pub fn toml_files() -> Vec<Vec<u8>> {
    let files = [
        "[checks]\nkey-missing = \"warning\"\nsecret = \"ignore\"\n\n[verify]\npackage = \"com.example.app\"\nstore = \"amazon\"\nrelease = true\n",
        "[verify]\ncertificate = { md5 = \"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\" }\nstrict = false\n",
        "[verify.certificate]\nfile = \"upload.pem\"\n[checks]\n'manifest' = '''error'''\n",
    ];
    files.map(|file| file.as_bytes().to_vec()).to_vec()
}

/// The settings belong to the program, so the program reads them: it ends with an exit code, whatever they say.
pub fn toml(data: &[u8]) -> Paid {
    static PLACE: OnceLock<(PathBuf, PathBuf)> = OnceLock::new();
    let (program, folder) = PLACE.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let named = std::env::var_os("APKKEY").map(PathBuf::from);
        let folder = std::env::temp_dir().join(format!("apkkey-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("app.apk"), super::archives::smallest()).unwrap();
        (named.unwrap_or_else(|| root.join("target/debug/apkkey")), folder)
    });
    std::fs::write(folder.join("settings.toml"), data).unwrap();
    let mut command = Command::new(program);
    command.args(["verify", "app.apk", "--config", "settings.toml"]).current_dir(folder).stdin(Stdio::null());
    let ended = command.output().unwrap_or_else(|error| panic!("{}: {error}: cargo build", program.display()));
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert!(matches!(ended.status.code(), Some(0..=2)), "{}: {errors}", ended.status);
    assert!(ended.status.code() != Some(2) || errors.starts_with("error"), "exit code 2 and no error: {errors}");
    Paid::default()
}
