//! docs/migrating.md: both columns of its tables run, and say the same.

use crate::sandbox::{Sandbox, fixture, repository};
use std::process::{Command, Output};

/// The rows of all tables: what the other tool is told, and what apkkey is told.
fn rows() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(repository("docs/migrating.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let rows = rows.map(|line| {
        let line = line.replace("\\|", "\u{0}");
        let cells = line.split('|').map(|cell| cell.trim().trim_matches('`').replace('\u{0}', "|"));
        let cells: Vec<String> = cells.filter(|cell| !cell.is_empty()).collect();
        <(String, String)>::from(<[String; 2]>::try_from(cells).unwrap())
    });
    rows.collect()
}

/// The files that the rows name.
fn files() -> Sandbox {
    let sandbox = Sandbox::new()
        .with("keystore/release.jks")
        .with("keystore/debug.keystore")
        .with_bytes("release.pem", &fixture("keys/release.crt.pem"))
        .with_bytes("rotated.pem", &fixture("keys/rotated-1.crt.pem"))
        .with_bytes("app.apk", &fixture("apk/demo-release.apk"))
        .with_bytes("rotated.apk", &fixture("apk/rotated-v3.apk"))
        .with_bytes("unsigned.apk", &fixture("apk/demo-nokey-unsigned.apk"))
        .with_bytes("bundle.aab", &fixture("aab/demo-release.aab"))
        .with_bytes("unsigned.aab", &fixture("aab/demo-unsigned.aab"));
    for name in ["release", "rotated"] {
        let file = if name == "rotated" { "keys/rotated-1.key.pem" } else { "keys/release.key.pem" };
        std::fs::write(sandbox.path(&format!("{name}.pk8")), der(&fixture(file))).unwrap();
    }
    std::fs::create_dir(sandbox.path("assets")).unwrap();
    std::fs::write(sandbox.path("assets/api_key.txt"), fixture("token/release.txt")).unwrap();
    sandbox
}

fn der(pem: &[u8]) -> Vec<u8> {
    use base64::Engine;
    let text: String = std::str::from_utf8(pem).unwrap().lines().filter(|line| !line.starts_with('-')).collect();
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

fn shell(sandbox: &Sandbox, command: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_apkkey");
    let token_key = repository("fixtures/keys/token-test-key.pub.pem");
    let command = match command.strip_prefix("apkkey inject") {
        Some(rest) => format!("'{program}' inject --token-key '{}'{rest}", token_key.display()),
        None => command.strip_prefix("apkkey").map_or(command.to_owned(), |rest| format!("'{program}'{rest}")),
    };
    let mut shell = Command::new("sh");
    shell.args(["-euc", &command]).current_dir(sandbox.path("")).env("APKKEY_KS_PASS", "storepass").output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[cfg(unix)]
#[test]
fn every_command_of_the_right_column_runs() {
    let rows = rows();
    assert_eq!(rows.len(), 19, "a row was lost on the way");
    for (_, ours) in rows {
        let output = shell(&files(), &ours);
        assert!(output.status.success() && ours.starts_with("apkkey "), "{ours}\n{}", text(&output));
    }
}

/// All digests of certificates that a text names, without colons; a serial number can be as long as a SHA-1.
fn digests(text: &str) -> Vec<String> {
    let lines: String =
        text.lines().filter(|line| !line.starts_with("Serial number")).map(|line| line.to_owned() + "\n").collect();
    let words = lines.split(|character: char| !(character.is_ascii_hexdigit() || character == ':'));
    let words = words.map(|word| word.replace(':', "").to_lowercase());
    let mut digests: Vec<String> = words.filter(|word| matches!(word.len(), 32 | 40 | 64)).collect();
    digests.sort();
    digests.dedup();
    digests
}

#[test]
#[ignore = "needs keytool, apksigner, jarsigner, zipalign, zip, aapt and openssl"]
fn oracle_every_command_of_the_left_column_runs_and_names_the_same_certificates() {
    for (theirs, ours) in rows() {
        let output = shell(&files(), &theirs);
        assert!(output.status.success(), "{theirs}\n{}", text(&output));
        if !ours.starts_with("apkkey fingerprint") {
            continue;
        }
        let said = digests(&text(&shell(&files(), &ours)));
        let wanted = digests(&text(&output));
        assert!(
            !said.is_empty() && wanted.iter().all(|digest| said.contains(digest)),
            "{theirs}\n{wanted:?}\n{said:?}"
        );
        assert!(theirs.starts_with("aapt") || theirs.contains("jarsigner -verify") || !wanted.is_empty(), "{theirs}");
    }
}
