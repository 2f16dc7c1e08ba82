//! What `apkkey.toml` settles for single variants of a Gradle build.

use crate::sandbox::{Sandbox, fixture};

const PACKAGE: &str = "--package=com.example.apkkeydemo";

/// A module of a Gradle build with these settings, in which the fixtures' keys are authentic.
fn module(settings: &str) -> Sandbox {
    let text = format!("verify.token-key = \"token-test-key.pub.pem\"\n{settings}");
    Sandbox::new().with("keys/token-test-key.pub.pem").with_bytes("apkkey.toml", text.as_bytes())
}

fn with_key(sandbox: Sandbox, place: &str, token: &str) -> Sandbox {
    std::fs::create_dir_all(sandbox.path(place).parent().unwrap()).unwrap();
    std::fs::write(sandbox.path(place), fixture(&format!("token/{token}.txt"))).unwrap();
    sandbox
}

fn inject(variant: &str) -> Vec<&str> {
    vec!["inject", "--quiet", "--into-assets", "out", PACKAGE, "--variant", variant]
}

#[test]
fn the_closest_table_names_the_key() {
    let settings = "[variants]\n\"amazon*\" = { api-key = \"keys/amazon.txt\" }\n\
                    amazonDebug.api-key = \"env:DEBUG_KEY\"\n\"*Release\".api-key = \"other.txt\"\n";
    let sandbox = with_key(module(settings), "keys/amazon.txt", "trailing-newline");
    sandbox.run(&inject("amazonStaging")).code(0).says("");
    assert_eq!(sandbox.read("out/api_key.txt"), fixture("token/release.txt"), "without the line break");
    let key = String::from_utf8(fixture("token/debug.txt")).unwrap();
    sandbox.run_with(&inject("amazonDebug"), &[("DEBUG_KEY", &key)]).code(0);
    assert_eq!(sandbox.read("out/api_key.txt"), key.as_bytes());
    // `*Release` has more letters than `amazon*`
    sandbox.run(&inject("amazonRelease")).code(2).complains("other.txt (apkkey.toml, line 5)");
    let even = module("[variants]\n\"amazon*\" = {}\n\"*Debug2\" = {}\n");
    even.run(&inject("amazonDebug2")).code(2).complains("`amazon*` (line 3) and `*Debug2` (line 4) fit");
}

#[test]
fn without_a_named_key_the_source_sets_are_searched_in_their_order() {
    let sandbox = with_key(module(""), "src/amazon/assets/api_key.txt", "release");
    let mut arguments = inject("amazonRelease");
    for set in ["amazonRelease", "release", "amazon", "main"] {
        arguments.extend(["--source-set", set]);
    }
    sandbox.run(&arguments).code(0);
    assert_eq!(sandbox.read("out/api_key.txt"), fixture("token/release.txt"));
    let sandbox = with_key(sandbox, "src/release/assets/api_key.txt", "debug");
    sandbox.run(&arguments).code(0);
    assert_eq!(sandbox.read("out/api_key.txt"), fixture("token/debug.txt"));
    let sandbox = with_key(sandbox, "src/amazonRelease/assets/api_key.txt", "other-package");
    let wrong = sandbox.run(&arguments).code(2);
    wrong.complains("src/amazonRelease/assets/api_key.txt: the key is for `com.example.otherdemo`");
    assert_eq!(sandbox.read("out/api_key.txt"), fixture("token/debug.txt"), "nothing on disk changed");
}

#[test]
fn a_missing_key_names_every_place_and_stops_warns_or_passes() {
    let mut arguments = inject("debug");
    arguments.extend(["--source-set", "debug", "--source-set", "main"]);
    let missing = module("").run(&arguments).code(2);
    let places = "at: src/debug/assets/api_key.txt, src/main/assets/api_key.txt";
    missing.complains("there is no API key for the variant `debug`").complains(places).complains("[variants.debug]");
    for (setting, told) in [("warn", true), ("ignore", false)] {
        let sandbox = module(&format!("[variants.debug]\non-missing = \"{setting}\"\n"));
        let sandbox = with_key(sandbox, "out/api_key.txt", "release");
        let ran = sandbox.run(&arguments).code(0);
        assert_eq!(ran.stderr.contains(places), told, "{}", ran.stderr);
        assert!(!sandbox.path("out/api_key.txt").exists(), "an old key must not stay");
    }
    let empty = module("[variants.debug]\napi-key = \"env:KEY\"\n");
    empty.run_with(&arguments, &[("KEY", "")]).code(2).complains("the environment variable KEY (apkkey.toml, line 3)");
    let names_another = module("[variants.release]\n");
    names_another.run(&arguments).code(0).says("");
    assert!(!names_another.path("out").exists());
}

#[test]
fn verify_goes_by_what_is_settled_for_the_variant() {
    let settings = "[variants.release]\nrelease = true\n\
                    [variants.upload]\ncertificate = { md5 = \"CE:68:A8:F4:06:7D:AD:3C:3C:74:26:46:88:84:5F:C3\" }\n\
                    [variants.free]\non-missing = \"ignore\"\n[variants.late]\non-missing = \"warn\"\n\
                    [variants.noted]\nchecks = { key-package-mismatch = \"note\" }\n";
    let files = ["apk/demo-debug.apk", "apk/demo-nokey.apk", "aab/demo-release.aab", "apk/key-other-package.apk"];
    let sandbox = files.into_iter().fold(module(settings), |sandbox, file| sandbox.with(file));
    let verify = |variant: &str, file: &str| sandbox.run(&["verify", "--format=json", "--variant", variant, file]);
    let found = verify("release", "demo-debug.apk").code(1).findings("error");
    assert_eq!(found, ["certificate-debug", "debuggable"]);
    assert_eq!(verify("upload", "demo-release.aab").code(0).json()["verdict"], "good");
    let is_missing = |variant: &str, severity| {
        verify(variant, "demo-nokey.apk").findings(severity).contains(&"key-missing".to_owned())
    };
    assert!(is_missing("upload", "error") && is_missing("late", "warning"));
    assert!(!is_missing("free", "error") && !is_missing("free", "warning"));
    assert_eq!(verify("noted", "key-other-package.apk").code(0).findings("note"), ["key-package-mismatch"]);
    let none = verify("releas", "demo-debug.apk").code(0);
    none.complains("apkkey.toml names variants, and `releas` is none of them: nothing was checked");
}

#[test]
fn a_variant_belongs_to_settings_and_assets() {
    let sandbox = module("").with("apk/demo-release.apk").with("token/release.txt");
    sandbox.run(&["inject", "demo-release.apk", "--variant", "release"]).code(2).complains("--into-assets");
    let unread = ["inject", "demo-release.apk", "--api-key", "release.txt", "--config", "apkkey.toml"];
    sandbox.run(&unread).code(2).complains("--variant");
    for (settings, wanted) in [
        ("[variants.a]\napi-kye = \"x\"", "line 3: there is no setting of a variant `api-kye`"),
        ("[variants.a]\non-missing = \"wran\"", "line 3: `wran` is none of error, warn, ignore"),
        ("[variants.a]\napi-key = \"env:\"", "line 3: `api-key` names no key"),
        ("[variants]\na = 1", "line 3: `a` must be a table"),
    ] {
        module(settings).run(&inject("a")).code(2).complains(wanted);
    }
}
