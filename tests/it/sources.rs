//! `apkkey sources`. That the answers are Gradle's is checked by `.ci/gradle`, with real builds.

use crate::sandbox::{Ran, Sandbox, fixture, token_key};
use serde_json::{Value, json};

const BUILD: &str = "apply plugin: 'com.android.application'
android {
    defaultConfig { applicationId 'com.example.apkkeydemo' }
    flavorDimensions 'store'
    productFlavors { amazon {}; play { applicationIdSuffix '.play' } }
}
dependencies { implementation project(':lib') }
";

/// A project with the module `module/app`, a library that it needs, and one that it does not need.
pub(crate) fn project(keys: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    let library = "plugins { id(\"com.android.library\") }";
    let files = [("app/build.gradle", BUILD), ("lib/build.gradle.kts", library), ("spare/build.gradle", library)];
    for (name, text) in files {
        write(&sandbox, name, text.as_bytes());
    }
    for (place, token) in keys {
        write(&sandbox, place, &fixture(&format!("token/{token}.txt")));
    }
    sandbox
}

fn write(sandbox: &Sandbox, name: &str, bytes: &[u8]) {
    let path = sandbox.path("module").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn sources(sandbox: &Sandbox, options: &[&str]) -> Ran {
    sandbox.run(&[&["sources", "module", "--format=json", &token_key()], options].concat())
}

/// Which key each variant gets, without the folder `module/`.
fn winners(ran: &Ran) -> Vec<(String, Value)> {
    let json = ran.json();
    let variants = json["files"][0]["variants"].as_array().unwrap().iter();
    let short =
        |key: &Value| key.as_str().map_or(Value::Null, |key| json!(key.replace("module/", "").replace('\\', "/")));
    variants.map(|variant| (variant["name"].as_str().unwrap().to_owned(), short(&variant["key"]))).collect()
}

fn findings(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let all = json["files"][0]["findings"].as_array().unwrap().iter();
    let line = |one: &Value| {
        let path = one["path"].as_str().unwrap().replace("module/", "").replace('\\', "/");
        format!("{} {} {path}", one["severity"].as_str().unwrap(), one["id"].as_str().unwrap())
    };
    all.map(line).collect()
}

#[test]
fn variant_before_build_type_before_flavor_before_main_before_libraries() {
    let mut keys = vec![
        ("lib/src/main/assets/api_key.txt", "release"),
        ("app/src/main/assets/api_key.txt", "release"),
        ("app/src/amazon/assets/api_key.txt", "release"),
        ("app/src/release/assets/api_key.txt", "release"),
        ("app/src/amazonRelease/assets/api_key.txt", "release"),
    ];
    let last = ["debug", "main", "release", "amazon", "lib"];
    assert_eq!(last.len(), keys.len());
    let mut seen = Vec::new();
    while !keys.is_empty() {
        let ran = sources(&project(&keys), &[]);
        let of_variant = winners(&ran).into_iter().find(|(name, _)| name == "amazonRelease").unwrap().1;
        seen.push(of_variant.as_str().unwrap().to_owned());
        keys.pop();
    }
    let wanted = ["app/src/amazonRelease", "app/src/release", "app/src/amazon", "app/src/main", "lib/src/main"];
    assert_eq!(seen, wanted.map(|folder| format!("{folder}/assets/api_key.txt")));
    assert!(winners(&sources(&project(&[]), &[])).iter().all(|(_, key)| key.is_null()));
}

#[test]
fn leaks_and_keys_that_nobody_packages_are_told() {
    let sandbox = project(&[
        ("app/src/debug/assets/api_key.txt", "debug"),
        ("app/src/amazonRelease/assets/api_key.txt", "release"),
        ("app/src/main/assets/api_key.txt", "release"),
        ("app/src/main/res/raw/api_key.txt", "release"),
        ("app/src/amazn/assets/api_key.txt", "release"),
        ("app/src/main/assets/API_KEY.TXT", "release"),
        ("spare/src/main/assets/api_key.txt", "release"),
    ]);
    let ran = sources(&sandbox, &[]).code(1);
    let found = findings(&ran);
    for wanted in [
        // the debug key gets into both flavors, and one has another application id
        "error key-package-mismatch app/src/debug/assets/api_key.txt",
        "error key-package-mismatch app/src/main/assets/api_key.txt",
        "note key-in-several-variants app/src/debug/assets/api_key.txt",
        "warning key-unpackaged app/src/main/res/raw/api_key.txt",
        "warning key-unpackaged app/src/amazn/assets/api_key.txt",
        "warning key-unpackaged app/src/main/assets/API_KEY.TXT",
    ] {
        assert!(found.iter().any(|line| line == wanted), "{wanted}\n{}", found.join("\n"));
    }
    let text = sandbox.run(&["sources", "module", &token_key()]).code(1);
    let text = text
        .says("did you mean src/amazon/assets?")
        .says("in small letters")
        .says("playDebug      module/app/src/debug");
    text.says("does the build add an applicationIdSuffix?");
}

#[test]
fn a_key_of_two_build_types_is_warned_of() {
    let sandbox = project(&[("app/src/amazon/assets/api_key.txt", "release")]);
    let ran = sources(&sandbox, &[]).code(0);
    assert_eq!(findings(&ran), ["warning key-in-several-variants app/src/amazon/assets/api_key.txt"]);
    sources(&sandbox, &["--strict"]).code(1);
    let apart = project(&[
        ("app/src/amazonDebug/assets/api_key.txt", "debug"),
        ("app/src/amazonRelease/assets/api_key.txt", "release"),
    ]);
    assert_eq!(findings(&sources(&apart, &["--strict"]).code(0)), [""; 0]);
    let broken = project(&[("app/src/amazonDebug/assets/api_key.txt", "url-safe")]);
    assert!(findings(&sources(&broken, &[]).code(1)).iter().any(|line| line.starts_with("error ")));
}

#[test]
fn the_settings_of_the_module_count_before_its_source_sets() {
    let sandbox = project(&[("app/src/amazon/assets/api_key.txt", "release"), ("app/keys/own.txt", "release")]);
    let settings =
        b"[variants.amazonRelease]\napi-key = \"keys/own.txt\"\n[variants.amazonDebug]\napi-key = \"none.txt\"\n";
    write(&sandbox, "app/apkkey.toml", settings);
    let ran = sources(&sandbox, &[]).code(1);
    let names = winners(&ran);
    assert!(names.contains(&("amazonRelease".to_owned(), json!("app/keys/own.txt"))), "{names:?}");
    assert!(findings(&ran).contains(&"error key-missing app/none.txt".to_owned()));
    let without = sources(&sandbox, &["--no-config"]).code(0);
    assert!(winners(&without).contains(&("amazonRelease".to_owned(), json!("app/src/amazon/assets/api_key.txt"))));
    let play = sandbox.run(&["sources", "module", &token_key()]);
    play.says("playRelease    no key, and none wanted by the settings");
}

#[test]
fn a_folder_without_a_module_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.run(&["sources"]).code(2).complains("build.gradle.kts");
    sandbox.run(&["sources", "none"]).code(2);
}
