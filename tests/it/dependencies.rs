//! Each crate that apkkey depends on has its reason beside it, asks for no newer Rust than apkkey says, and is locked.

use crate::sandbox::repository;
use std::process::Command;

fn manifest() -> String {
    std::fs::read_to_string(repository("Cargo.toml")).unwrap()
}

#[test]
fn each_dependency_has_a_reason() {
    let (mut count, mut has_reason, mut is_list) = (0, false, false);
    for line in manifest().lines() {
        if line.starts_with('[') {
            (is_list, has_reason) = (line.trim_end_matches(']').ends_with("dependencies"), false);
        } else if line.starts_with('#') {
            has_reason = true;
        } else if line.is_empty() {
            has_reason = false;
        } else if is_list {
            assert!(has_reason, "no reason stands above: {line}");
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

#[test]
fn no_dependency_asks_for_a_newer_rust() {
    let metadata =
        ["metadata", "--offline", "--locked", "--format-version=1", "--filter-platform=x86_64-unknown-linux-gnu"];
    let output = Command::new(env!("CARGO")).args(metadata).current_dir(repository("")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let number = |text: &str| {
        let mut parts = text.split('.').map(|part| part.parse::<u32>().unwrap());
        (parts.next().unwrap(), parts.next().unwrap_or(0))
    };
    let packages = metadata["packages"].as_array().unwrap();
    let ours = packages.iter().find(|package| package["name"] == "apkkey").unwrap();
    let ours = number(ours["rust_version"].as_str().unwrap());
    for package in packages {
        let wanted = package["rust_version"].as_str().map_or((0, 0), number);
        assert!(wanted <= ours, "{} wants Rust {wanted:?}", package["name"]);
    }
    assert!(packages.len() > 50);
}
