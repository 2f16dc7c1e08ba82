//! Every fixture has a row in the README, a right checksum, and the oracle's answer.

use crate::sandbox::{Sandbox, oracle, repository, token_key};
use apkkey::digest::sha256;
use apkkey::text::hex;
use serde_json::Value;
use std::collections::BTreeSet;

fn sums() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(repository("fixtures/SHA256SUMS")).unwrap();
    text.lines()
        .map(|line| {
            let (sum, name) = line.split_once("  ").unwrap();
            (sum.to_owned(), name.trim_start_matches("./").to_owned())
        })
        .collect()
}

#[test]
fn checksums_hold_and_cover_every_file() {
    let mut seen = BTreeSet::new();
    for (sum, name) in sums() {
        let bytes = std::fs::read(repository("fixtures").join(&name)).unwrap();
        assert_eq!(hex(&sha256(&bytes)), sum, "{name} changed: rebuild with fixtures/make/finish.sh");
        seen.insert(name);
    }
    for folder in ["aab", "apk", "apks", "keys", "keystore", "token"] {
        for entry in std::fs::read_dir(repository("fixtures").join(folder)).unwrap() {
            let name = format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap());
            assert!(seen.contains(&name), "{name} is not in fixtures/SHA256SUMS");
        }
    }
}

#[test]
fn every_file_has_a_row_in_the_readme() {
    let readme = std::fs::read_to_string(repository("fixtures/README.md")).unwrap();
    for (_, name) in sums().iter().filter(|(_, name)| !name.ends_with(".oracle.json") && name.contains('/')) {
        assert!(
            readme.contains(&format!("`{name}`"))
                || readme.contains(&format!("`{}`", name.rsplit('/').next().unwrap())),
            "{name}"
        );
    }
}

fn named(folder: &str) -> Vec<String> {
    let all = sums().into_iter().map(|(_, name)| name);
    all.filter(|name| name.starts_with(&format!("{folder}/")) && !name.ends_with(".oracle.json")).collect()
}

/// The digests that a report tells, as a set of (MD5, SHA-1, SHA-256).
fn digests(certificates: &Value) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = certificates.as_array().unwrap().iter().filter(|found| found.is_object());
    list.map(|found| (text(&found["md5"]), text(&found["sha1"]), text(&found["sha256"]))).collect()
}

#[test]
fn fingerprints_of_keystores_are_those_of_keytool_and_openssl() {
    let mut compared = 0;
    for name in named("keystore") {
        let oracle = oracle(&name);
        if oracle["certificates"].as_array().is_none_or(Vec::is_empty) {
            continue;
        }
        let sandbox = Sandbox::new().with(&name);
        let file = name.rsplit('/').next().unwrap();
        let password = oracle["password"].as_str();
        let environment: Vec<(&str, &str)> =
            password.map(|password| ("APKKEY_KS_PASS", password)).into_iter().collect();
        let ran = sandbox.run_with(&["fingerprint", "--format=json", file], &environment).code(0);
        let entries = ran.json()["files"][0]["entries"].clone();
        let found: Vec<Value> = entries.as_array().unwrap().iter().map(|entry| entry["certificate"].clone()).collect();
        assert_eq!(digests(&Value::Array(found)), digests(&oracle["certificates"]), "{name}");
        for certificate in oracle["certificates"].as_array().unwrap() {
            if let Some(alias) = certificate["alias"].as_str() {
                let aliases = entries.as_array().unwrap().iter();
                assert!(aliases.clone().any(|entry| entry["alias"] == alias), "{name}: no alias {alias} in {entries}");
            }
        }
        compared += 1;
    }
    assert!(compared > 35, "only {compared} keystores were compared");
}

#[test]
fn fingerprints_of_apps_are_those_of_apksigner_and_keytool() {
    let mut compared = 0;
    for name in named("apk").into_iter().chain(named("aab")) {
        if !(name.ends_with(".apk") || name.ends_with(".aab")) {
            continue;
        }
        let oracle = oracle(&name);
        let sandbox = Sandbox::new().with(&name);
        let file = name.rsplit('/').next().unwrap();
        let certificates = &oracle["certificates"];
        if certificates.as_array().is_none_or(Vec::is_empty) {
            continue;
        }
        let ran = sandbox.run(&["fingerprint", "--format=json", file]).code(0);
        let json = ran.json();
        let signature = &json["files"][0]["signature"];
        let device = signature["device"].as_array().unwrap().clone();
        if name.ends_with(".aab") {
            let signers = signature["signers"].as_array().unwrap().iter().map(|signer| signer["certificate"].clone());
            assert_eq!(digests(&signers.collect()), digests(certificates), "{name}");
            compared += 1;
            continue;
        }
        let last = &device.last().unwrap_or_else(|| panic!("{name}: {}", ran.stdout))["certificates"];
        // apksigner prints the newest certificate of a lineage, the device reports the oldest
        let wanted = if oracle["oldest"].is_object() {
            Value::Array(vec![oracle["oldest"].clone()])
        } else {
            certificates.clone()
        };
        assert_eq!(digests(last), digests(&wanted), "{name}");
        compared += 1;
    }
    assert!(compared > 40, "only {compared} apps were compared");
}

#[test]
fn manifests_are_read_as_aapt_and_bundletool_read_them() {
    for name in named("apk").into_iter().chain(named("aab")) {
        if !(name.ends_with(".apk") || name.ends_with(".aab")) {
            continue;
        }
        let oracle = oracle(&name);
        let sandbox = Sandbox::new().with(&name);
        let file = name.rsplit('/').next().unwrap();
        let json = sandbox.run(&["verify", "--format=json", file]).json();
        for field in ["package", "version_code", "version_name", "min_sdk", "target_sdk", "debuggable"] {
            let wanted = &oracle[field];
            assert!(wanted.is_null() || *wanted == json["files"][0][field], "{name}: {field}: {wanted}");
        }
    }
}

#[test]
fn keys_are_judged_as_openssl_judges_them() {
    for name in named("token") {
        let oracle = oracle(&name);
        let sandbox = Sandbox::new().with(&name);
        let file = name.rsplit('/').next().unwrap();
        let ran = sandbox.run(&["key", "--format=json", &token_key(), file]);
        let json = ran.json();
        let key = &json["files"][0]["api_key"];
        assert_eq!(key["authentic"], oracle["authentic"], "{name}: {}", ran.stdout);
        assert_eq!(ran.code, i32::from(oracle["authentic"] != true), "{name}");
        if oracle["authentic"] == true {
            for field in ["platform", "package", "md5", "sha256", "issued", "client_id"] {
                assert!(oracle[field].is_null() || key[field] == oracle[field], "{name}: {field}");
            }
        }
        // nobody but Amazon makes Amazon's signatures
        let amazon = sandbox.run(&["key", "--format=json", file]).code(1).json();
        assert_eq!(amazon["files"][0]["api_key"]["authentic"], false, "{name}");
    }
}
