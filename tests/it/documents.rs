//! The documents tell the truth: every check has its heading, and every command in them runs.

use crate::sandbox::{Sandbox, repository};
use serde_json::Value;
use std::process::Command;

fn document(name: &str) -> String {
    std::fs::read_to_string(repository(name)).unwrap()
}

#[test]
fn every_check_has_a_heading_and_every_heading_a_check() {
    let text = document("docs/checks.md");
    let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let ids: Vec<&str> = apkkey::check::checks().iter().map(|check| check.id).collect();
    assert_eq!(headings, ids, "in the same order");
}

#[test]
fn explain_prints_each_section() {
    let sandbox = Sandbox::new();
    for check in apkkey::check::checks() {
        let ran = sandbox.run(&["explain", check.id]).code(0).says(check.id);
        assert!(ran.stdout.contains("Repair") || check.id.starts_with("archive"), "{}", check.id);
        assert!(ran.stdout.lines().count() > 3, "{}", check.id);
    }
    let list = sandbox.run(&["explain", "--list"]).code(0).stdout;
    assert!(apkkey::check::checks().iter().all(|check| list.contains(check.id)));
    for rule in apkkey::signature::RULES {
        assert!(list.contains(rule.id) && !rule.meaning.trim().is_empty(), "{}", rule.id);
    }
    sandbox.run(&["explain", "jar-entry-unprotected"]).code(0).says("Repair: ");
    sandbox.run(&["explain", "key-mising"]).code(2).complains("did you mean `key-missing`");
}

#[test]
fn every_link_leads_somewhere() {
    for name in documents() {
        let folder = repository(&name).parent().unwrap().to_owned();
        for target in document(&name).split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let file = target.split('#').next().unwrap();
            assert!(target.starts_with("https://") || folder.join(file).exists(), "{name}: {target}");
        }
    }
}

fn documents() -> Vec<String> {
    let mut names =
        vec!["README.md".to_owned(), "ARCHITECTURE.md".into(), "CONTRIBUTING.md".into(), "SECURITY.md".into()];
    for entry in std::fs::read_dir(repository("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            names.push(format!("docs/{name}"));
        }
    }
    let toolkits = std::fs::read_dir(repository("docs/toolkits")).unwrap();
    names.extend(toolkits.map(|entry| format!("docs/toolkits/{}", entry.unwrap().file_name().to_str().unwrap())));
    names
}

/// Commands that build or test this repository: `.ci/run` runs them, a test inside of `cargo test` cannot.
const NOT_HERE: &[&str] = &["cargo test", "cargo install --path ."];

/// Every `sh` block runs with the fixtures at hand, the program in the path, and the files that the examples name.
#[cfg(unix)]
#[test]
fn every_command_in_the_documents_runs() {
    let token_key = repository("fixtures/keys/token-test-key.pub.pem");
    for name in documents() {
        for block in document(&name).split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
            if NOT_HERE.contains(&block.trim()) {
                continue;
            }
            let sandbox = example_files();
            let program = env!("CARGO_BIN_EXE_apkkey");
            // the examples are for real keys; the fixtures' keys are signed with the test key
            let wrapper = format!(
                "apkkey() {{ case \"$1\" in key|verify|inject|sources) case \"$*\" in *--token-key*) ;; *) set -- \"$@\" --token-key '{}';; esac;; esac; '{program}' \"$@\"; }}\n",
                token_key.display()
            );
            let script = wrapper + &block.replace("cargo run --quiet -- ", "apkkey ");
            let output = Command::new("sh").args(["-euc", &script]).current_dir(sandbox.path("")).output().unwrap();
            let shown = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{name}:\n{block}\n{shown}");
            crate::leaks::refuse(block, &shown);
        }
    }
}

/// The commands in snippets for build servers do what the `sh` blocks do; none may be misspelled.
#[test]
fn every_command_in_a_snippet_is_understood() {
    let text = document("docs/ci.md");
    let blocks = ["```yaml\n", "```groovy\n"].into_iter().flat_map(|fence| text.split(fence).skip(1));
    let lines = blocks.flat_map(|rest| rest.split("```").next().unwrap().lines());
    let commands: Vec<&str> = lines.filter_map(|line| line.split_once("apkkey verify").map(|(_, rest)| rest)).collect();
    assert_eq!(commands.len(), 3);
    for command in commands {
        let words = command.split_once('\'').map_or(command, |(words, _)| words).split_whitespace();
        let token_key = crate::sandbox::token_key();
        let arguments: Vec<&str> = ["verify", &token_key].into_iter().chain(words).collect();
        example_files().run(&arguments).code(0);
    }
}

fn example_files() -> Sandbox {
    use crate::sandbox::fixture;
    let sandbox = Sandbox::new()
        .with_bytes("app.apk", &fixture("apk/demo-release.apk"))
        .with_bytes("app-unsigned.apk", &fixture("apk/demo-nokey-unsigned.apk"))
        .with_bytes("bundle.aab", &fixture("aab/demo-release.aab"))
        .with_bytes("bundle-unsigned.aab", &fixture("aab/demo-unsigned.aab"))
        .with_bytes("api_key.txt", &fixture("token/release.txt"))
        .with_bytes("upload_key.txt", &fixture("token/upload.txt"));
    #[cfg(unix)]
    std::os::unix::fs::symlink(repository("fixtures"), sandbox.path("fixtures")).unwrap();
    // a project as Flutter has it
    std::fs::create_dir_all(sandbox.path("android/app")).unwrap();
    std::fs::write(sandbox.path("android/app/upload.jks"), fixture("keystore/several-aliases.jks")).unwrap();
    let properties = "storePassword=storepass\nkeyPassword=storepass\nkeyAlias=upload\nstoreFile=upload.jks\n";
    std::fs::write(sandbox.path("android/key.properties"), properties).unwrap();
    // and one as React Native's template has it
    std::fs::write(sandbox.path("android/app/debug.keystore"), fixture("keystore/debug.keystore")).unwrap();
    let properties = properties.replace("storePassword", "MYAPP_UPLOAD_STORE_PASSWORD");
    let properties = properties.replace("keyPassword", "MYAPP_UPLOAD_KEY_PASSWORD");
    let properties = properties.replace("keyAlias", "MYAPP_UPLOAD_KEY_ALIAS");
    let properties = properties.replace("storeFile", "MYAPP_UPLOAD_STORE_FILE") + "newArchEnabled=true\n";
    std::fs::write(sandbox.path("android/gradle.properties"), properties).unwrap();
    // what `flutter build` leaves
    for (folder, from, to) in [
        ("flutter-apk", "app.apk", "app-release.apk"),
        ("apk/release", "app.apk", "app-release.apk"),
        ("bundle/release", "bundle.aab", "app-release.aab"),
    ] {
        let folder = sandbox.path(&format!("build/app/outputs/{folder}"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(sandbox.path(from), folder.join(to)).unwrap();
    }
    std::fs::create_dir(sandbox.path("app")).unwrap();
    std::fs::write(sandbox.path("app/build.gradle"), "apply plugin: 'com.android.application'").unwrap();
    std::fs::create_dir_all(sandbox.path("app/src/release/assets")).unwrap();
    std::fs::copy(sandbox.path("api_key.txt"), sandbox.path("app/src/release/assets/api_key.txt")).unwrap();
    let outputs = sandbox.path("app/build/outputs/apk/release");
    std::fs::create_dir_all(&outputs).unwrap();
    std::fs::copy(sandbox.path("app.apk"), outputs.join("app-release.apk")).unwrap();
    std::fs::write(
        outputs.join("output-metadata.json"),
        r#"{"version": 3, "artifactType": {"type": "APK"}, "applicationId": "com.example.apkkeydemo",
            "variantName": "release", "elements": [{"type": "SINGLE", "outputFile": "app-release.apk"}]}"#,
    )
    .unwrap();
    sandbox
}

/// Every field that is ever written stands in docs/json.md.
#[test]
fn every_json_field_is_described() {
    use crate::sandbox::token_key;
    let text = document("docs/json.md");
    let sandbox = example_files()
        .with("apk/rotated-v3.apk")
        .with("apk/source-stamp.apk")
        .with("apk/demo-unsigned.apk")
        .with("aab/demo-release.aab")
        .with("apks/default.apks")
        .with("keystore/several-aliases.jks")
        .with("token/url-safe.txt")
        .with("token/release.txt");
    let token_key = token_key();
    for arguments in [
        &["verify", "rotated-v3.apk", "source-stamp.apk", "none.apk", &token_key][..],
        &["verify", "default.apks", "demo-release.aab", "app", &token_key],
        &["fingerprint", "several-aliases.jks", "rotated-v3.apk"],
        &["fingerprint", "--form", "rotated-v3.apk"],
        &["key", "url-safe.txt", &token_key],
        &["inject", "demo-unsigned.apk", "--api-key", "release.txt", "--dry-run", &token_key],
        &["sources", "app"],
        &["lineage", "rotated-v3.apk"],
    ] {
        let mut arguments = arguments.to_vec();
        arguments.push("--format=json");
        described(&sandbox.run(&arguments).json(), &text);
    }
}

fn described(value: &Value, text: &str) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let known = text.contains(&format!("`{name}`"));
                assert!(known, "`{name}` is not in docs/json.md");
                if name != "evidence" {
                    described(value, text);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| described(value, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Names that must not get into the project: this machine's folders, registries, and how it was made.
#[test]
fn nothing_tells_of_the_machine_it_was_made_on() {
    let listed = Command::new("git").args(["ls-files"]).current_dir(repository("")).output();
    let Ok(listed) = listed else { return };
    for name in String::from_utf8(listed.stdout).unwrap().lines().filter(|name| !name.ends_with("documents.rs")) {
        let Ok(bytes) = std::fs::read(repository(name)) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        for word in ["/work/main", "/work/wt", "/root/.", "/home/"] {
            assert!(!text.contains(word), "{name} contains {word}");
        }
    }
}
