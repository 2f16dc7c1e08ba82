//! Every fixture against the answer of keytool, openssl or Java beside it.

use super::*;
use serde_json::Value;
use std::collections::BTreeMap;

/// The fixtures with their sidecars.
fn sidecars() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(directory()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if let Some(of) = name.strip_suffix(".oracle.json") {
            found.push((of.to_owned(), serde_json::from_slice(&fixture(&name)).unwrap()));
        }
    }
    assert!(found.len() > 50, "fixtures are missing");
    found
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

fn listed(value: &Value, field: &str) -> Vec<Value> {
    value.get(field).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// What a store holds: by alias, whether it is a key, and the SHA-256 of its certificates.
type Contents = BTreeMap<String, (String, Vec<String>)>;

fn oracle(sidecar: &Value, field: &str) -> Contents {
    let entry = |(index, certificate): (usize, &Value)| {
        let alias = text(certificate, "alias").map_or(format!("#{index}"), str::to_owned);
        let sha256 = text(certificate, "sha256").unwrap().to_owned();
        let chain = listed(certificate, "chain").iter().map(|digest| digest.as_str().unwrap().to_owned()).collect();
        let kind = text(certificate, "entry").unwrap_or("certificate").to_owned();
        (alias, (kind, if certificate.get("chain").is_some() { chain } else { vec![sha256] }))
    };
    listed(sidecar, field).iter().enumerate().map(entry).collect()
}

fn ours(keystore: &Keystore) -> Contents {
    let entry = |(index, entry): (usize, &Entry)| {
        let alias = entry.alias().map_or(format!("#{index}"), str::to_owned);
        let mut chain: Vec<String> =
            entry.chain().map(|certificate| certificate.fingerprints().sha256.to_string()).collect();
        if entry.alias().is_none() {
            chain.truncate(1);
        }
        (alias, (entry.kind().as_str().to_owned(), chain))
    };
    keystore.entries.iter().enumerate().map(entry).collect()
}

#[test]
fn stores_hold_what_the_oracle_says() {
    let mut opened = 0;
    for (name, sidecar) in sidecars() {
        let kind = text(&sidecar, "kind").unwrap();
        if matches!(kind, "broken" | "private-key") {
            continue;
        }
        let keystore =
            open(&fixture(&name), text(&sidecar, "password")).unwrap_or_else(|error| panic!("{name}: {error}"));
        let field = if kind == "base64" { "decoded_certificates" } else { "certificates" };
        let mut found = ours(&keystore);
        if name == "bag-attributes.pem" {
            // The sidecar lists the file's certificates only.
            found.values_mut().for_each(|entry| entry.0 = "certificate".to_owned());
        }
        // keytool shows all aliases of Java's PKCS#12 in lower case.
        let lowered: Contents = found.iter().map(|(alias, entry)| (alias.to_lowercase(), entry.clone())).collect();
        let wanted = oracle(&sidecar, field);
        assert!(wanted == found || wanted == lowered, "{name}: {wanted:#?} is not {found:#?}");
        if kind != "base64" {
            assert_eq!(keystore.format.as_str(), kind, "{name}");
        }
        opened += 1;
    }
    assert!(opened > 35, "{opened}");
}

#[test]
fn keys_unlock_with_their_passwords_and_no_others() {
    for (name, sidecar) in sidecars() {
        let kind = text(&sidecar, "kind").unwrap();
        let Some(key_password) = text(&sidecar, "key_password") else { continue };
        let keystore = open(&fixture(&name), text(&sidecar, "password")).unwrap();
        for entry in keystore.entries.iter().filter(|entry| entry.is_key()) {
            let (wrong, right) = (password("nonsense"), password(key_password));
            let identity = entry.unlock(&[&wrong, &right]).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(Some(&identity.chain()[0]), entry.certificate());
            if name == "not-encrypted.p12" {
                assert!(entry.unlock(&[]).is_ok());
                continue;
            }
            assert!(matches!(
                entry.unlock(&[&wrong]),
                Err(KeystoreError::WrongPassword { secret: Secret::Key(_), .. })
            ));
            assert!(matches!(entry.unlock(&[]), Err(KeystoreError::PasswordNeeded(Secret::Key(_)))), "{name} {kind}");
        }
    }
}

#[test]
fn private_keys_alone_are_read_but_are_no_keystore() {
    let mut read = 0;
    for (name, sidecar) in sidecars() {
        if text(&sidecar, "kind") != Some("private-key") {
            continue;
        }
        let bytes = fixture(&name);
        let same_as = text(&listed(&sidecar, "private_keys")[0], "same_key_as").unwrap().to_owned();
        let certificate = fixture(&format!("../keys/{}", same_as.replace(".key.pem", ".crt.pem")));
        let certificate = open(&certificate, None).unwrap().entries[0].certificate().unwrap().clone();
        let given: Vec<Password> = text(&sidecar, "password").into_iter().map(password).collect();
        let key = private_key(&bytes, &given.iter().collect::<Vec<_>>(), &KdfBudget::default());
        assert!(key.unwrap_or_else(|error| panic!("{name}: {error}")).belongs_to(&certificate), "{name}");
        assert!(matches!(open(&bytes, None), Err(KeystoreError::PrivateKeyAlone)), "{name}");
        if !given.is_empty() {
            let budget = KdfBudget::default();
            let wrong = private_key(&bytes, &[&password("nonsense")], &budget).unwrap_err();
            assert!(matches!(wrong, KeystoreError::WrongPassword { .. }), "{name}");
            assert!(matches!(private_key(&bytes, &[], &budget), Err(KeystoreError::PasswordNeeded(_))), "{name}");
        }
        read += 1;
    }
    assert!(read > 8, "{read}");
}

#[test]
fn certificates_in_clear_need_no_password() {
    for name in ["release.jks", "several-aliases.jks", "release.jceks", "release.bks", "certificates-in-clear.p12"] {
        let keystore = open(&fixture(name), None).unwrap();
        assert!(keystore.entries[0].certificate().is_some(), "{name}");
        let note = if name.ends_with("p12") { Note::NoIntegrityCheck } else { Note::IntegrityNotChecked };
        assert_eq!(keystore.notes, [note], "{name}");
    }
    for name in ["keytool-17.p12", "openssl-legacy.p12", "bouncycastle-ber.p12", "release.uber", "release.bcfks"] {
        assert!(matches!(open(&fixture(name), None), Err(KeystoreError::PasswordNeeded(Secret::Store))), "{name}");
    }
}

#[test]
fn a_wrong_password_is_told_from_damage() {
    let names = ["release.jks", "release.jceks", "keytool-17.p12", "openssl-legacy.p12", "bouncycastle-ber.p12"];
    for name in names.into_iter().chain(["release.bks", "release.uber", "release.bcfks"]) {
        let error = open(&fixture(name), Some("nonsense")).unwrap_err();
        assert!(matches!(error, KeystoreError::WrongPassword { secret: Secret::Store, .. }), "{name}: {error}");
    }
    // A certificate's signature is changed: the entries are whole, and the password still opens a key. It could be the
    // key's own password as well.
    let mut bytes = fixture("small.jks");
    let place = bytes.len() - 40;
    bytes[place] ^= 1;
    let error = open(&bytes, Some("storepass")).unwrap_err();
    assert_eq!(error.to_string(), "the password opens key \"small\", but not the keystore");
    let mut bytes = fixture("one-iteration.p12");
    let place = bytes.len() - 1 - 1 - 2 - 8 - 10;
    bytes[place] ^= 1;
    let error = open(&bytes, Some("storepass")).unwrap_err();
    assert_eq!(error.to_string(), "the PKCS#12 keystore is damaged");
}

#[test]
fn what_is_no_keystore_is_named() {
    let message = |name: &str| open(&fixture(name), Some("storepass")).unwrap_err().to_string();
    assert_eq!(message("git-lfs-pointer.jks"), "this is a Git LFS pointer, not a keystore or certificate");
    assert_eq!(message("error-page.jks"), "this is an HTML or XML page, not a keystore or certificate");
    assert_eq!(message("empty.jks"), "this is an empty file, not a keystore or certificate");
    assert_eq!(
        message("text-mangled.jks"),
        "this is a binary file that was copied as text, not a keystore or certificate"
    );
    assert_eq!(message("truncated.jks"), "the JKS keystore is cut off after 700 bytes (0 of 1 entries readable)");
    assert!(message("symlink-as-text.keystore").starts_with("this is the text of a symbolic link to ../"));
    assert_eq!(open(&fixture("base64-of-jks.txt"), None).unwrap().notes.last(), Some(&Note::DecodedBase64));
}

#[test]
fn finds_an_alias_exactly_then_ignoring_case() {
    let keystore = open(&fixture("several-aliases.jks"), None).unwrap();
    assert_eq!(keystore.find("AndroidDebugKey").unwrap().alias(), Some("androiddebugkey"));
    let error = keystore.find("uplaod").unwrap_err();
    assert!(error.to_string().starts_with("no entry \"uplaod\"; it has: "), "{error}");
    assert_eq!(crate::advice::Advice::help(&error).unwrap(), "did you mean \"upload\"?");
    let trusted = keystore.entries.iter().find(|entry| !entry.is_key()).unwrap();
    let error = trusted.unlock(&[]).unwrap_err();
    assert!(error.to_string().ends_with("holds only a certificate, it cannot sign"), "{error}");
}

#[test]
fn loose_certificates_know_which_of_them_only_issued() {
    for name in ["chain.pem", "chain.p7b", "chain-pem.p7b"] {
        let keystore = open(&fixture(name), None).unwrap();
        let leaves: Vec<&Entry> = keystore.entries.iter().filter(|entry| !entry.is_issuer_only()).collect();
        assert_eq!(leaves.len(), 1, "{name}");
        assert_eq!(leaves[0].chain().len(), 3, "{name}");
    }
    let both = open(&fixture("bag-attributes.pem"), None).unwrap();
    assert_eq!(both.entries.len(), 1);
    assert!(both.entries[0].unlock(&[]).is_ok());
}
