//! `docs/schema/*.json` against what the program really writes and reads.
//!
//! The validator here knows the words of JSON Schema that our schemas use, fails on every other one, and is stricter
//! than the specification in one point: a field that no schema names is an error, so that none stays undescribed.

use crate::sandbox::{Sandbox, repository, token_key};
use serde_json::{Map, Value, json};
use snapbox::{Data, assert_data_eq};

fn schema(name: &str) -> Value {
    let text = std::fs::read_to_string(repository("docs/schema").join(name)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A schema in the file it came from, which its references are relative to.
#[derive(Clone, Copy)]
struct Node<'a> {
    root: &'a Value,
    schema: &'a Value,
}

/// What is wrong with `value`, with its place.
fn problems(node: Node<'_>, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    let schema = node.schema.as_object().unwrap_or_else(|| panic!("{at}: {}", node.schema));
    for (word, rule) in schema {
        found.extend(match word.as_str() {
            "$schema" | "title" | "description" | "$defs" | "additionalProperties" => Vec::new(),
            "$ref" => reference(node, rule.as_str().unwrap(), |node| problems(node, value, at)),
            "type" => check(has_type(rule, value), at, &format!("is no {rule}: {value}")),
            "const" => check(rule == value, at, &format!("is not {rule}: {value}")),
            "enum" => check(rule.as_array().unwrap().contains(value), at, &format!("is none of {rule}: {value}")),
            "pattern" => {
                let pattern = regex_lite::Regex::new(rule.as_str().unwrap()).unwrap();
                check(value.as_str().is_none_or(|text| pattern.is_match(text)), at, &format!("is not {rule}: {value}"))
            }
            "minProperties" => {
                let count = value.as_object().map_or(0, Map::len);
                check(count >= usize::try_from(rule.as_u64().unwrap()).unwrap(), at, "has too few fields")
            }
            "required" => {
                let missing =
                    rule.as_array().unwrap().iter().filter(|name| value.get(name.as_str().unwrap()).is_none());
                missing.map(|name| format!("{at}: {name} is missing")).collect()
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                let child = Node { schema: rule, ..node };
                items.flat_map(|(index, item)| problems(child, item, &format!("{at}[{index}]"))).collect()
            }
            "properties" => properties(node, rule, value, at),
            "anyOf" => {
                let branches = rule.as_array().unwrap().iter();
                let tried: Vec<_> = branches.map(|schema| problems(Node { schema, ..node }, value, at)).collect();
                let nearest = tried.into_iter().min_by_key(Vec::len).unwrap();
                nearest.into_iter().map(|problem| format!("{problem} (anyOf)")).collect()
            }
            other => panic!("{at}: the validator does not know `{other}`"),
        });
    }
    if !schema.contains_key("properties") && schema.contains_key("additionalProperties") {
        found.extend(properties(node, &json!({}), value, at));
    }
    found
}

fn check(is_right: bool, at: &str, problem: &str) -> Vec<String> {
    if is_right { Vec::new() } else { vec![format!("{at} {problem}")] }
}

fn properties(node: Node<'_>, rule: &Value, value: &Value, at: &str) -> Vec<String> {
    let others = node.schema.get("additionalProperties").filter(|others| others.is_object());
    let fields = value.as_object().into_iter().flatten();
    let judge = |(name, field): (&String, &Value)| match rule.get(name).or(others) {
        Some(schema) => problems(Node { schema, ..node }, field, &format!("{at}.{name}")),
        None => vec![format!("{at}.{name} is in no schema")],
    };
    fields.flat_map(judge).collect()
}

fn reference(node: Node<'_>, target: &str, then: impl Fn(Node<'_>) -> Vec<String>) -> Vec<String> {
    let (file, pointer) = target.split_once('#').unwrap();
    let other = (!file.is_empty()).then(|| schema(file));
    let root = other.as_ref().unwrap_or(node.root);
    then(Node { root, schema: root.pointer(pointer).unwrap_or_else(|| panic!("{target} leads nowhere")) })
}

fn has_type(rule: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("no type {other}"),
    };
    rule.as_array().map_or_else(|| is(rule), |names| names.iter().any(is))
}

fn judge(name: &str, value: &Value) -> Vec<String> {
    let schema = schema(name);
    problems(Node { root: &schema, schema: &schema }, value, "$")
}

/// Files of every kind, good and bad.
fn sandbox() -> Sandbox {
    let files = [
        "apk/demo-release.apk",
        "apk/demo-unsigned.apk",
        "apk/rotated-v3.apk",
        "apk/source-stamp.apk",
        "apk/key-placeholder.apk",
        "apk/key-ios.apk",
        "apk/key-wrong-sha256.apk",
        "aab/demo-release.aab",
        "apks/default.apks",
        "keystore/several-aliases.jks",
        "keystore/chain.pem",
        "token/release.txt",
        "token/url-safe.txt",
    ];
    let sandbox = files.iter().fold(Sandbox::new(), |sandbox, file| sandbox.with(file));
    let mut library = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["classes.jar", "assets/api_key.txt"] {
        library.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    }
    sandbox.with_bytes("lib.aar", &library.finish().unwrap().into_inner())
}

#[test]
fn every_report_is_as_its_schema_says() {
    let sandbox = sandbox().with_bytes("apkkey.toml", b"[checks]\nkey-copy = \"note\"\n");
    let project = crate::sources::project(&[
        ("app/src/amazn/assets/api_key.txt", "debug"),
        ("app/src/main/assets/api_key.txt", "url-safe"),
    ]);
    let module = project.path("module").to_str().unwrap().to_owned();
    std::fs::create_dir_all(sandbox.path("app/build/outputs/bundle/release")).unwrap();
    std::fs::copy(sandbox.path("demo-release.aab"), sandbox.path("app/build/outputs/bundle/release/app.aab")).unwrap();
    let token_key = token_key();
    let apps = ["demo-release.apk", "demo-unsigned.apk", "rotated-v3.apk", "source-stamp.apk", "key-ios.apk"];
    let more =
        ["key-placeholder.apk", "key-wrong-sha256.apk", "demo-release.aab", "default.apks", "lib.aar", "none.apk"];
    let mut verify = vec!["verify", &token_key, "app"];
    verify.extend(apps.iter().chain(&more));
    for arguments in [
        verify,
        vec!["verify", "--no-config", "lib.aar"],
        vec!["fingerprint", "several-aliases.jks", "chain.pem", "rotated-v3.apk", "demo-release.aab", "none.jks"],
        vec!["fingerprint", "--form", "demo-release.apk", "rotated-v3.apk", "demo-release.aab", "--store=amazon"],
        vec!["key", "release.txt", &token_key],
        vec!["key", "url-safe.txt", &token_key],
        vec!["key", "key-placeholder.apk"],
        vec!["inject", "demo-unsigned.apk", "--api-key", "release.txt", "--dry-run", &token_key],
        vec!["sign", "demo-unsigned.apk", "--ks=several-aliases.jks", "--ks-key-alias=upload", "--v4-signing-enabled"],
        vec!["lineage", "rotated-v3.apk"],
        vec!["sources", &module],
    ] {
        let arguments = [&arguments[..], &["--format=json"]].concat();
        let ran = sandbox.run_with(&arguments, &[("APKKEY_KS_PASS", "storepass")]);
        let found = judge(&format!("{}.json", arguments[0]), &ran.json());
        assert!(found.is_empty(), "{arguments:?}: {}", found.join("\n"));
    }
}

#[test]
fn a_schema_takes_nothing_else() {
    let ran = sandbox().run(&["verify", "key-wrong-sha256.apk", "--format=json"]);
    let good = ran.json();
    let changed = |pointer: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        judge("verify.json", &changed)
    };
    assert_eq!(judge("verify.json", &good), [""; 0]);
    for (pointer, value) in [
        ("/schema", json!(2)),
        ("/verdict", json!("perfect")),
        ("/files/0/min_sdk", json!("21")),
        ("/files/0/signature/device/0/certificates/0/md5", json!("b8:f6")),
        ("/files/0/checks/0/outcome", json!("passed")),
        ("/files/0/checks/0", json!({})),
        ("/files/0/signature/schemes/0", json!("v9")),
        ("/tool", json!({ "name": "apkkey", "version": "0.1.0", "more": 1 })),
    ] {
        assert!(!changed(pointer, value).is_empty(), "{pointer}");
    }
    for (name, command) in [("fingerprint.json", "verify"), ("key.json", "verify"), ("inject.json", "verify")] {
        assert!(!judge(name, &good).is_empty(), "a report of {command} is none of {name}");
    }
}

/// The names of checks in the schema of the settings are those of the program: `SNAPSHOTS=overwrite` writes them anew.
#[test]
fn the_schema_of_the_settings_knows_every_check() {
    let mut schema = schema("apkkey.toml.json");
    let mut names = Map::new();
    for group in apkkey::check::Group::ALL {
        names.insert(group.name().to_owned(), json!({ "$ref": "#/$defs/weight", "description": "The whole group" }));
    }
    for check in apkkey::check::checks() {
        names.insert(check.id.to_owned(), json!({ "$ref": "#/$defs/weight", "description": check.summary }));
    }
    *schema.pointer_mut("/$defs/checks/properties").unwrap() = Value::Object(names);
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    assert_data_eq!(text, Data::read_from(&repository("docs/schema/apkkey.toml.json"), None).raw());
}

/// The schema and the program agree about which settings are right.
#[test]
fn settings_are_judged_by_the_schema_as_by_the_program() {
    for (settings, is_right) in [
        (json!({}), true),
        (json!({ "checks": { "key-copy": "note", "manifest": "ignore" } }), true),
        (json!({ "checks": { "key-mising": "note" } }), false),
        (json!({ "checks": { "key-copy": "warn" } }), false),
        (json!({ "verify": { "package": "com.a", "store": "play", "release": true, "strict": false } }), true),
        (json!({ "verify": { "certificate": { "md5": "00".repeat(16) } } }), true),
        (json!({ "verify": { "certificate": {} } }), false),
        (json!({ "verify": { "strict": "yes" } }), false),
        (json!({ "verify": { "only": "key" } }), false),
        (json!({ "variant": {} }), false),
        (json!({ "variants": { "amazon*": { "api-key": "key.txt", "on-missing": "warn", "release": true } } }), true),
        (
            json!({ "variants": { "a": { "api-key": "env:KEY", "checks": { "key": "note" }, "store": "amazon" } } }),
            true,
        ),
        (json!({ "variants": { "a": { "certificate": { "md5": "00".repeat(16) }, "strict": true } } }), true),
        (json!({ "variants": { "a": { "api-key": "env:" } } }), false),
        (json!({ "variants": { "a": { "api-key": "-" } } }), false),
        (json!({ "variants": { "a": { "api-key": "environment.txt" } } }), true),
        (json!({ "variants": { "a": { "on-missing": "wran" } } }), false),
        (json!({ "variants": { "a": { "package": "com.a" } } }), false),
        (json!({ "variants": { "a": 1 } }), false),
    ] {
        let found = judge("apkkey.toml.json", &settings);
        assert_eq!(found.is_empty(), is_right, "{settings}: {found:?}");
        let sandbox =
            Sandbox::new().with("apk/demo-nokey.apk").with_bytes("apkkey.toml", toml_of(&settings).as_bytes());
        let ran = sandbox.run(&["verify", "demo-nokey.apk"]);
        assert_eq!(ran.code != 2, is_right, "{settings}: {}", ran.stderr);
    }
}

/// The same in TOML: inline tables are close to JSON.
fn toml_of(value: &Value) -> String {
    fn inline(value: &Value) -> String {
        let Some(fields) = value.as_object() else { return value.to_string() };
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name:?} = {}", inline(value))).collect();
        format!("{{ {} }}", fields.join(", "))
    }
    let tables = value.as_object().unwrap().iter();
    tables.map(|(name, value)| format!("{name:?} = {}\n", inline(value))).collect()
}
