//! `apkkey verify` of the folders that a Gradle build fills.

use crate::sandbox::{Ran, Sandbox, fixture, repository, token_key};
use serde_json::json;

const PACKAGE: &str = "com.example.apkkeydemo";

/// A module's build folder, filled as the Android plugin fills it.
struct Build(Sandbox);

impl Build {
    fn new() -> Self {
        Self(Sandbox::new())
    }

    fn with(self, place: &str, bytes: &[u8]) -> Self {
        let path = self.0.path("app/build/outputs").join(place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// An APK of a variant, and the metadata that names it.
    fn variant(self, folder: &str, (variant, package): (&str, &str), apk: &str) -> Self {
        let metadata = json!({
            "version": 3,
            "artifactType": { "type": "APK", "kind": "Directory" },
            "applicationId": package,
            "variantName": variant,
            "elements": [{ "type": "SINGLE", "filters": [], "attributes": [], "versionCode": 1, "versionName": "1.0",
                "outputFile": "app.apk" }],
            "elementType": "File"
        });
        self.with(&format!("{folder}/app.apk"), &fixture(apk))
            .with(&format!("{folder}/output-metadata.json"), metadata.to_string().as_bytes())
    }

    fn amazon_release(self) -> Self {
        self.variant("apk/amazon/release", ("amazonRelease", PACKAGE), "apk/demo-release.apk")
    }

    fn verify(&self, folder: &str) -> Ran {
        self.0.run(&["verify", folder, &token_key(), "--format=json"])
    }
}

fn paths(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let files = json["files"].as_array().unwrap().iter();
    files.map(|file| file["path"].as_str().unwrap().replace('\\', "/")).collect()
}

#[test]
fn apks_and_bundles_are_found_with_their_variants() {
    let build = Build::new()
        .amazon_release()
        .variant("apk/amazon/debug", ("amazonDebug", PACKAGE), "apk/demo-debug.apk")
        .with("bundle/amazonRelease/app.aab", &fixture("aab/demo-release.aab"))
        .with("logs/manifest-merger.txt", b"x");
    for folder in ["app", "app/build", "app/build/outputs", "."] {
        let ran = build.verify(folder).code(0);
        let files = ran.json()["files"].as_array().unwrap().clone();
        let found: Vec<_> = files.iter().map(|file| (&file["variant"]["name"], &file["kind"])).collect();
        assert_eq!(
            found,
            [
                (&"amazonDebug".into(), &"apk".into()),
                (&"amazonRelease".into(), &"apk".into()),
                (&"amazonRelease".into(), &"aab".into())
            ],
            "{folder}"
        );
        assert_eq!(files[1]["variant"]["application_id"], PACKAGE);
        assert_eq!(ran.json()["notes"], json!([]));
        assert!(paths(&ran)[1].ends_with("app/build/outputs/apk/amazon/release/app.apk"));
    }
    assert_eq!(build.verify("app/build/outputs/apk").code(0).json()["files"].as_array().unwrap().len(), 2);
    let text = build.0.run(&["verify", "app", &token_key()]).code(0);
    text.says("(1), variant amazonRelease").says("3 files: 2 good, 1 incomplete");
}

#[test]
fn the_application_id_of_the_build_is_checked() {
    let build = Build::new().variant("apk/debug", ("debug", "com.example.apkkeydemo.debug"), "apk/demo-release.apk");
    let ran = build.verify("app").code(1);
    assert_eq!(ran.findings("error"), ["package-mismatch"]);
    let text = build.0.run(&["verify", "app", &token_key(), "--package", PACKAGE]).code(0);
    text.silent_about("package-mismatch");
}

#[test]
fn what_an_older_build_left_is_told_and_left_out() {
    let build = Build::new()
        .amazon_release()
        .with("apk/amazon/release/app-old.apk", &fixture("apk/demo-nokey.apk"))
        .variant("apk/androidTest/debug", ("amazonDebugAndroidTest", PACKAGE), "apk/demo-nokey.apk");
    let ran = build.verify("app").code(0);
    assert_eq!(paths(&ran), ["app/build/outputs/apk/amazon/release/app.apk"]);
    let notes = ran.json()["notes"].to_string();
    assert!(notes.contains("app-old.apk: left out: the output-metadata.json beside it does not name it"), "{notes}");
    assert!(notes.contains("androidTest/debug/app.apk: left out: tests need no key"), "{notes}");
    let text = build.0.run(&["verify", "app", &token_key()]).code(0);
    text.says("note: app/build/outputs/apk/amazon/release/app-old.apk: left out");
    build.0.run(&["verify", "app", &token_key(), "--format=github"]).says("::notice title=apkkey::app/build/outputs");
    // an APK in a folder without metadata is no leftover: Gradle puts the universal APK of a bundle into one
    let build = build.with("apk_from_bundle/release/universal.apk", &fixture("apk/demo-nokey.apk"));
    assert_eq!(paths(&build.verify("app").code(1)).len(), 2);
    let plain =
        Build::new().with("a.apk", &fixture("apk/demo-release.apk")).with("b.apk", &fixture("apk/demo-nokey.apk"));
    assert_eq!(paths(&plain.verify("app").code(1)), ["app/build/outputs/a.apk", "app/build/outputs/b.apk"]);
}

#[test]
fn metadata_that_names_a_missing_file_or_is_broken_is_an_error() {
    let build =
        Build::new().amazon_release().variant("apk/play/release", ("playRelease", PACKAGE), "apk/demo-release.apk");
    std::fs::remove_file(build.0.path("app/build/outputs/apk/play/release/app.apk")).unwrap();
    let ran = build.verify("app").code(2).complains("apk/play/release/output-metadata.json: it names `app.apk`");
    assert_eq!(paths(&ran), ["app/build/outputs/apk/amazon/release/app.apk"], "the others are told nevertheless");
    assert!(ran.json()["errors"][0]["path"].as_str().unwrap().ends_with("apk/play/release/output-metadata.json"));
    let broken = Build::new().amazon_release().with("apk/play/release/output-metadata.json", b"{\"version\": 3");
    broken.verify("app").code(2).complains("not as the Android Gradle plugin writes it").complains("help: ");
}

#[test]
fn a_folder_without_any_app_is_told_what_to_do() {
    let build = Build::new().with("logs/x.txt", b"x");
    let ran = build.verify("app").code(2).complains("error: app: there is no APK and no App Bundle in this folder");
    ran.complains("help: build the app first");
    std::fs::create_dir(build.0.path("empty")).unwrap();
    build.verify("empty").code(2);
    // what the build keeps for itself is not what it hands out
    for private in ["intermediates", ".gradle", "node_modules"] {
        let folder = build.0.path("other").join(private);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(repository("fixtures/apk/demo-release.apk"), folder.join("app.apk")).unwrap();
    }
    build.verify("other").code(2).complains("there is no APK");
    std::fs::rename(build.0.path("other/intermediates"), build.0.path("other/final")).unwrap();
    build.verify("other").code(0);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_in_circles() {
    let build = Build::new().amazon_release();
    std::os::unix::fs::symlink(build.0.path("app"), build.0.path("app/build/outputs/apk/again")).unwrap();
    assert_eq!(paths(&build.verify("app").code(0)).len(), 1);
}

#[test]
fn many_files_come_in_the_order_of_the_arguments() {
    let sandbox = Sandbox::new();
    let names: Vec<String> = (0..30).rev().map(|number| format!("{number:02}.apk")).collect();
    for (index, name) in names.iter().enumerate() {
        let file = ["apk/demo-release.apk", "apk/demo-nokey.apk", "aab/demo-release.aab"][index % 3];
        std::fs::copy(repository("fixtures").join(file), sandbox.path(name)).unwrap();
    }
    let token_key = token_key();
    let mut arguments = vec!["verify", &token_key, "--format=json"];
    arguments.extend(names.iter().map(String::as_str));
    let ran = sandbox.run(&arguments).code(1);
    assert_eq!(paths(&ran), names);
    arguments.retain(|argument| *argument != "--format=json");
    let text = sandbox.run(&arguments).code(1).says("30 files: 10 good, 10 incomplete, 10 bad");
    assert_eq!(text.stderr, "", "nobody sees a progress line but on a terminal");
}
