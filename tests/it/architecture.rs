//! Modules use only what is below them, and nothing prints but the command line.

use crate::sandbox::repository;
use std::collections::BTreeMap;
use std::path::Path;

/// From the bottom to the top. Modules of one layer do not know each other, unless listed in `SIBLINGS`.
const LAYERS: &[&[&str]] = &[
    &["advice", "limits", "parallel", "timestamp"],
    &["bytes", "asn1", "text", "secret", "source"],
    &["output_file", "digest"],
    &["fingerprint"],
    &["certificate"],
    &["identity"],
    &["keystore", "zip", "manifest", "dex", "api_key"],
    &["signature"],
    &["archive"],
    &["check"],
    &["inject", "report"],
    &["gradle"],
];

/// The signature is checked by `check`, which brings it together with the key: they never meet elsewhere.
const STRANGERS: &[(&str, &str)] =
    &[("signature", "api_key"), ("signature", "manifest"), ("signature", "keystore"), ("archive", "keystore")];

fn layer(module: &str) -> usize {
    let found = LAYERS.iter().position(|layer| layer.contains(&module));
    found.unwrap_or_else(|| panic!("the module `{module}` has no layer: add it to tests/it/architecture.rs"))
}

fn sources(folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(repository("src")).unwrap().to_str().unwrap().replace('\\', "/");
            found.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

fn library() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    sources(&repository("src"), &mut found);
    found.retain(|name, _| !name.starts_with("cli/") && name != "main.rs" && name != "lib.rs");
    found.retain(|name, _| !name.contains("/tests") && !name.ends_with("/testing.rs"));
    found
}

/// The part of a file before its tests.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod ").next().unwrap()
}

fn uses(text: &str) -> impl Iterator<Item = &str> {
    text.split("crate::").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap())
}

#[test]
fn modules_use_only_what_is_below_them() {
    for (name, text) in library() {
        let module = name.trim_end_matches(".rs").split('/').next().unwrap().to_owned();
        for used in uses(code(&text)).filter(|used| *used != module && !used.is_empty()) {
            assert!(layer(used) <= layer(&module), "{name} uses `{used}`, which is above it");
            let sibling = layer(used) == layer(&module) && layer(&module) >= layer("keystore");
            assert!(!sibling, "{name} uses its sibling `{used}`");
            assert!(!STRANGERS.contains(&(module.as_str(), used)), "{name} uses `{used}`, which it must not know");
        }
    }
}

#[test]
fn the_library_knows_no_path_clock_environment_or_terminal() {
    for (name, text) in library() {
        let text = code(&text);
        for word in ["println!", "eprintln!", "std::env", "SystemTime", "Instant::now", "std::process", "thread::spawn"]
        {
            assert!(!text.contains(word), "{name} has {word}");
        }
        let has_feature = text.contains("feature = \"fs\"") || name == "output_file.rs";
        assert!(has_feature || !text.contains("std::fs"), "{name} uses std::fs without the feature fs");
    }
}

#[test]
fn no_file_is_a_junk_drawer() {
    for (name, text) in library() {
        for word in ["utils", "common", "helpers", "misc"] {
            assert!(!name.contains(word), "{name}: name the concept");
        }
        let lines = code(&text).lines().count();
        assert!(lines <= 520, "{name} has {lines} lines without its tests");
        assert!(text.starts_with("//!"), "{name} does not say what it is");
    }
}
