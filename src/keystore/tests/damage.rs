//! Files that were damaged on their way, and passwords that fit in part: the cause is told.

use super::*;
use crate::advice::Advice;

const STORES: [&str; 7] = [
    "release.jks",
    "release.jceks",
    "keytool-17.p12",
    "bouncycastle-ber.p12",
    "release.bks",
    "release.uber",
    "release.bcfks",
];

fn message(bytes: &[u8]) -> String {
    open(bytes, Some("storepass")).unwrap_err().to_string()
}

#[test]
fn line_feeds_that_became_two_bytes() {
    for name in STORES {
        let mut changed = Vec::new();
        for byte in fixture(name) {
            if byte == b'\n' {
                changed.push(b'\r');
            }
            changed.push(byte);
        }
        assert!(message(&changed).contains("was copied as text"), "{name}: {}", message(&changed));
    }
}

#[test]
fn zero_bytes_that_a_shell_dropped() {
    for name in ["release.jks", "release.jceks"] {
        let bytes: Vec<u8> = fixture(name).into_iter().filter(|byte| *byte != 0).collect();
        assert!(message(&bytes).contains("was copied as text"), "{name}: {}", message(&bytes));
    }
}

#[test]
fn a_file_that_was_cut_off() {
    for name in STORES {
        let told = message(&fixture(name)[..700]);
        assert!(told.contains("is cut off after 700 bytes"), "{name}: {told}");
    }
    let several = fixture("several-aliases.jks");
    let told = message(&several[..several.len() - 100]);
    assert!(told.ends_with("(2 of 3 entries readable)"), "{told}");
}

/// What only the password could tell apart is not claimed.
#[test]
fn one_changed_byte() {
    for name in STORES {
        let mut bytes = fixture(name);
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let error = open(&bytes, Some("storepass")).unwrap_err();
        let damaged = matches!(error, KeystoreError::Damaged { .. });
        assert_eq!(
            damaged,
            ["keytool-17.p12", "bouncycastle-ber.p12", "release.uber"].contains(&name),
            "{name}: {error}"
        );
        assert!(damaged || error.help().unwrap().contains("the file was changed"), "{name}: {error}");
    }
}

#[test]
fn a_keys_password_in_place_of_the_keystores() {
    for name in ["key-password-differs.jks", "key-password-differs.p12"] {
        let error = open(&fixture(name), Some("keypass")).unwrap_err();
        assert_eq!(error.to_string(), "the password opens key \"release\", but not the keystore", "{name}");
        assert!(error.help().unwrap().contains("--key-pass"));
    }
}

#[test]
fn rounds_that_no_tool_writes() {
    let mut bytes = fixture("release.bks");
    bytes[28..32].fill(0x7f);
    let error = open(&bytes, Some("storepass")).unwrap_err();
    assert!(matches!(error, KeystoreError::TooCostly(Cost::Rounds { .. })), "{error}");
    assert!(error.help().unwrap().contains("damaged"), "{error}");
}
