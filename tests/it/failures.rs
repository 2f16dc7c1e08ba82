//! The failures that real users lost days on: each is an app that is good but for one change, and is named with its cause
//! and no other error.
//!
//! Those that do not show in a built file are not here: that keytool prints no MD5, that keytool and openssl disagree.

use crate::build::{App, good};
use crate::sandbox::{Sandbox, fixture, token_key};

/// Checks that an app has this error and no other, and that its words have these in them.
#[track_caller]
fn fails(app: &App, id: &str, words: &[&str]) {
    fails_with(app, &[], id, words);
}

#[track_caller]
fn fails_with(app: &App, more: &[&str], id: &str, words: &[&str]) {
    let json = app.verify(&[&["--format=json"], more].concat());
    assert_eq!(json.findings("error"), [id], "{}", json.stdout);
    let text = app.verify(more).code(1);
    for word in words {
        assert!(text.stdout.contains(word), "`{word}` is not in\n{}", text.stdout);
    }
}

/// The app in each form that a store takes.
fn both(app: impl Fn() -> App) -> [App; 2] {
    [app(), app().into_bundle().with_key("upload")]
}

#[test]
fn row_01_the_package_is_not_the_application_id() {
    fails(
        &good::onesignal_5().with_key("other-package"),
        "key-package-mismatch",
        &["com.example.otherdemo", "com.example.apkkeydemo", "make a key for the package"],
    );
}

#[test]
fn row_02_only_the_case_or_a_suffix_differs() {
    fails(&good::lwa().with_key("package-case"), "key-package-mismatch", &["only the case differs"]);
    fails(&good::lwa().with_key("package-debug-suffix"), "key-package-mismatch", &["applicationIdSuffix"]);
}

#[test]
fn row_03_a_debug_build_has_the_release_key_or_the_reverse() {
    let debug = good::lwa().signed_by(&["android-debug"]);
    fails(&debug, "key-md5-mismatch", &["debug certificate, which needs a key of its own", "apkkey fingerprint"]);
    fails(&good::lwa().with_key("debug"), "key-md5-mismatch", &["another certificate", "--store amazon"]);
}

#[test]
fn row_04_somebody_else_built_it() {
    let app = good::lwa().with_key("upload").signed_by(&["android-debug"]);
    let sandbox = Sandbox::new().with_bytes("app.apk", &app.bytes()).with("keystore/several-aliases.jks");
    let arguments = ["verify", "app.apk", "--ks", "several-aliases.jks", &token_key()];
    let told = "the key is for `upload` of several-aliases.jks, the file is signed by `androiddebugkey`";
    sandbox.run(&arguments).code(1).says(told);
    let named = [&arguments[..], &["--ks-key-alias", "androiddebugkey"]].concat();
    sandbox.run(&named).code(1).says(told);
    let other = [&arguments[..], &["--ks-key-alias", "upload"]].concat();
    let ran = sandbox.run(&other).code(0);
    ran.says("warning[certificate-differs]").says("the file is signed by `androiddebugkey` of several-aliases.jks");
}

#[test]
fn row_05_the_md5_is_right_and_the_sha256_of_another_certificate() {
    fails(&good::lwa().with_key("wrong-sha256"), "key-sha256-mismatch", &["MD5 is right", "both of one certificate"]);
    fails(&good::lwa().with_key("wrong-md5"), "key-md5-mismatch", &["SHA-256 is right"]);
}

#[test]
fn row_06_google_play_signs_again() {
    let md5 = "CE:68:A8:F4:06:7D:AD:3C:3C:74:26:46:88:84:5F:C3";
    let app = good::lwa();
    fails_with(&app, &["--store=play", "--cert-md5", md5], "key-md5-mismatch", &["named on the command line", md5]);
    app.verify(&["--store=play"]).code(0).says("Google Play signs the app again").says("--cert-md5");
    app.with_key("upload").verify(&["--store=play", "--cert-md5", md5]).code(0).says("good:");
}

#[test]
fn row_07_amazon_signs_again() {
    let app = good::onesignal_5();
    app.verify(&["--store=amazon"]).code(0).says("incomplete:").says("Appstore Certificate Hashes");
    let bundle = good::onesignal_5().into_bundle().with_key("upload");
    bundle.verify(&[]).code(0).says("App Bundle is signed again by the store").says("Appstore Certificate Hashes");
    let zeros = "00".repeat(32);
    fails_with(&bundle, &["--store=amazon", "--cert-sha256", &zeros], "key-sha256-mismatch", &["another SHA-256"]);
}

#[test]
fn row_08_invalid_sender() {
    for app in both(good::onesignal_5) {
        let key = if app.name() == "app.aab" { "base/assets/api_key.txt" } else { "assets/api_key.txt" };
        fails(&app.without(key), "key-missing", &["app/src/main/assets/api_key.txt", "apkkey inject"]);
    }
}

#[test]
fn row_09_a_line_break_at_the_end() {
    fails(
        &good::onesignal_5().with_key("trailing-newline"),
        "key-whitespace",
        &["1 line break", "Amazon Device Messaging refuses"],
    );
    fails(&good::onesignal_5().with_key("crlf"), "key-whitespace", &["CR LF"]);
}

#[test]
fn row_10_a_tab_in_front() {
    fails(&good::onesignal_5().with_key("tab-in-front"), "key-whitespace", &["before the key at byte 0"]);
}

#[test]
fn row_11_a_placeholder() {
    for text in ["Replace this file with your API key", "[Api Key]", "YOUR_API_KEY"] {
        for text in [text.to_owned(), format!("{text}\r\n")] {
            let app = good::onesignal_5().with("assets/api_key.txt", text);
            fails(&app, "key-malformed", &["placeholder", "Invalid JWT format", "developer console"]);
        }
    }
}

#[test]
fn row_12_a_character_was_lost_in_copying() {
    fails(&good::lwa().with_key("signature-short"), "key-not-authentic", &["lost or changed in copying"]);
}

#[test]
fn row_13_the_file_is_empty() {
    fails(&good::lwa().with_key("empty"), "key-empty", &["0 bytes"]);
}

#[test]
fn row_14_the_key_of_another_service() {
    fails(&good::onesignal_5().with_key("other-service"), "key-malformed", &["a Google API key"]);
    let uuid = good::onesignal_5().with("assets/api_key.txt", "b2f7f966-d8cc-11e4-bed1-df8f05be55ba");
    fails(&uuid, "key-malformed", &["app id of another service"]);
    let token = good::onesignal_5().with("assets/api_key.txt", "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.AAAA\n# note\n");
    fails(&token, "key-malformed", &["a token of another service"]);
}

#[test]
fn row_15_a_folder_that_the_build_does_not_package() {
    for (place, word) in [
        ("api_key.txt", "root of the archive"),
        ("res/raw/api_key.txt", "`res` is not `assets`"),
        ("assets/www/api_key.txt", "<resource-file"),
        ("assets/public/api_key.txt", "android/app/src/main/assets"),
        ("assets/flutter_assets/assets/api_key.txt", "pubspec.yaml"),
        ("assets/config/api_key.txt", "top of `assets`"),
        ("assets/Api_Key.txt", "all in lower case"),
        ("assets/api_key.txt.txt", "rename the file"),
        ("assets/amazon-key.txt", "rename the file"),
        ("res/Xy.txt", "`res` is not `assets`"),
    ] {
        fails(&good::lwa().with_key_at(place), "key-misplaced", &[place, word]);
    }
    for (place, word) in [
        ("extras/assets/api_key.txt", "base module"),
        ("base/root/api_key.txt", "root of the APK"),
        ("assets/api_key.txt", "no `assets` of its own"),
        ("api_key.txt", "no `assets` of its own"),
        ("base\\assets\\api_key.txt", "backslashes"),
        ("base/assets/API_KEY.TXT", "all in lower case"),
    ] {
        fails(&good::lwa().into_bundle().with_key_at(place), "key-misplaced", &[place, word]);
    }
}

#[test]
fn row_16_unity_does_not_package_the_old_folder() {
    let unity = good::onesignal_5().with("assets/bin/Data/boot.config", "").without("assets/api_key.txt");
    fails(&unity, "key-missing", &["Unity 2021 and later", "StreamingAssets", ".androidlib"]);
}

#[test]
fn row_17_the_key_of_another_flavor() {
    // the key of the play flavor won over that of the amazon flavor
    let app = good::onesignal_5().with_key("package-debug-suffix");
    fails(&app, "key-package-mismatch", &["variant with an applicationIdSuffix", "this variant's assets"]);
}

#[test]
fn row_18_air_adds_assets_itself() {
    let air = good::plain().with("assets/META-INF/AIR/application.xml", "").with_key_at("assets/assets/api_key.txt");
    fails(&air, "key-misplaced", &["assets/assets/api_key.txt", "AIR adds `assets/` itself"]);
}

#[test]
fn row_19_godot_did_not_export_it() {
    let godot = good::plain().with("assets/project.binary", "").without("assets/api_key.txt");
    fails(&godot, "key-missing", &["Godot", "Filters to export non-resource files"]);
}

#[test]
fn row_20_an_old_sdk_fails_on_android_9() {
    let words = ["every key fails", "Android 9", "newest Login with Amazon SDK"];
    for app in both(|| good::lwa().without_strings().with_string("LWAAndroidSDK/3.0.2/Android/")) {
        let more: &[&str] = if app.name() == "app.aab" { &["--cert-md5", UPLOAD] } else { &[] };
        fails_with(&app, more, "lwa-sdk-outdated", &words);
    }
    let nameless = good::lwa().without_strings().with_string("BC");
    fails(&nameless, "lwa-sdk-outdated", &words);
    let brings = nameless.with_class("org.bouncycastle.jce.provider.BouncyCastleProvider", "java.security.Provider");
    brings.verify(&[]).code(0).says("note[lwa-sdk-outdated]").says("cannot be told");
}

const UPLOAD: &str = "CE:68:A8:F4:06:7D:AD:3C:3C:74:26:46:88:84:5F:C3";

#[test]
fn row_23_the_stub_is_packaged() {
    for app in both(|| good::onesignal_5().with_class("com.amazon.device.messaging.ADM", "java.lang.Object")) {
        fails(&app, "adm-stub-packaged", &["Stub!", "compileOnly"]);
    }
}

const FEATURE: &str =
    "        <amazon:enable-feature android:name=\"com.amazon.device.messaging\" android:required=\"false\" />\n";

#[test]
fn row_24_the_device_shows_as_gcm() {
    for app in both(good::onesignal_5) {
        fails(&app.manifest(FEATURE, ""), "adm-feature-missing", &["GCM", "<amazon:enable-feature"]);
    }
    let outside =
        good::onesignal_5().manifest(FEATURE, "").manifest("    <application", &format!("{FEATURE}    <application"));
    fails(&outside, "adm-feature-missing", &["stands in <manifest> instead of <application>"]);
    let namespace = good::onesignal_5()
        .manifest("http://schemas.amazon.com/apk/res/android", "http://schemas.amazon.com/apk/res-auto");
    fails(&namespace, "adm-feature-missing", &["http://schemas.amazon.com/apk/res-auto"]);
}

#[test]
fn row_25_permission_or_category_of_the_sample() {
    let sample = "com.amazon.sample.admmessenger";
    for app in both(good::onesignal_5) {
        let app = app.manifest(
            "<category android:name=\"com.example.apkkeydemo\" />",
            &format!("<category android:name=\"{sample}\" />"),
        );
        fails(
            &app,
            "adm-other-package",
            &[sample, "copied from a sample", "<category android:name=\"com.example.apkkeydemo\"/>"],
        );
    }
    let own = "com.example.apkkeydemo.permission.RECEIVE_ADM_MESSAGE";
    for element in ["    <permission", "    <uses-permission"] {
        let written = format!("{element} android:name=\"{own}\"");
        let copied = format!("{element} android:name=\"{sample}.permission.RECEIVE_ADM_MESSAGE\"");
        fails(&good::adm().manifest(&written, &copied), "adm-other-package", &[sample, own]);
    }
    let case = good::adm().manifest(
        "<category android:name=\"com.example.apkkeydemo\" />",
        "<category android:name=\"com.example.ApkKeyDemo\" />",
    );
    fails(&case, "adm-other-package", &["only the case differs"]);
}

#[test]
fn row_26_exported_must_be_set() {
    let exported = "permission.SEND\" android:exported=\"true\"";
    for app in both(good::onesignal_5) {
        fails(
            &app.manifest(exported, "permission.SEND\""),
            "exported-missing",
            &["Android 12", "android:exported=\"true\""],
        );
    }
    let app = good::lwa()
        .manifest("android:launchMode=\"singleTask\" android:exported=\"true\"", "android:launchMode=\"singleTask\"");
    fails(&app, "exported-missing", &["WorkflowActivity"]);
    let hidden = good::adm().manifest(exported, "permission.SEND\" android:exported=\"false\"");
    fails(&hidden, "adm-receiver-not-exported", &["cannot send to it"]);
    let old = good::adm()
        .manifest(exported, "permission.SEND\"")
        .manifest("targetSdkVersion=\"34\"", "targetSdkVersion=\"30\"");
    old.verify(&[]).code(0);
}

#[test]
fn row_27_a_shrinker_removed_the_class() {
    for app in both(|| good::onesignal_5().without_class("ADMMessageHandlerJob")) {
        fails(
            &app,
            "component-class-missing",
            &["com.onesignal.notifications.services.ADMMessageHandlerJob", "-keep class"],
        );
    }
    fails(&good::adm().without_class("MyADMMessageReceiver"), "component-class-missing", &["MyADMMessageReceiver"]);
    fails(&good::adm().without_class("MyADMMessageHandler"), "component-class-missing", &["MyADMMessageHandler"]);
    fails(&good::lwa().without_class("WorkflowActivity"), "component-class-missing", &["WorkflowActivity"]);
}

#[test]
fn row_28_the_key_of_another_security_profile() {
    let app = good::onesignal_5();
    let own = "amzn1.application-oa2-client.00112233445566778899aabbccddeeff";
    let other = "amzn1.application-oa2-client.ffffffffffffffffffffffffffffffff";
    app.verify(&["--client-id", own]).code(0).says("good:");
    app.verify(&["--client-id", "amzn1.application.ffeeddccbbaa99887766554433221100"]).code(0).says("good:");
    fails_with(&app, &["--client-id", other], "key-other-profile", &[own, other, "OneSignal"]);
    let secret = format!("amzn1.oa2-cs.v1.{}", "ab".repeat(32));
    app.verify(&["--client-id", &secret]).code(2).complains("client secret").silent_about("abab");
    app.verify(&["--client-id", "me"]).code(2).complains("32 hex digits");
}

#[test]
fn an_ios_key_was_pasted() {
    fails(&good::lwa().with_key("ios"), "key-ios", &["iOS", "Android/Kindle Settings"]);
}

#[test]
fn the_file_in_three_folders_to_be_sure() {
    let app = good::lwa()
        .with("assets/www/api_key.txt", fixture("token/release.txt"))
        .with("api_key.txt", fixture("token/debug.txt"));
    let ran = app.verify(&["--format=json"]).code(0);
    assert_eq!(ran.findings("warning"), ["key-copy"]);
    // another file of the name is no copy
    good::lwa().with("assets/www/api_key.txt", "AIza").verify(&["--strict"]).code(0);
    let bundle = good::lwa().into_bundle().with_key("upload");
    let other = bundle.clone().with("extras/assets/api_key.txt", fixture("token/release.txt"));
    fails(&other.with("extras/dex/classes.dex", ""), "key-copy", &["bundletool refuses"]);
    let same = bundle.with("extras/assets/api_key.txt", fixture("token/upload.txt")).with("extras/res/x", "");
    assert_eq!(same.verify(&["--format=json"]).code(0).findings("warning"), ["key-copy"]);
}

#[test]
fn damaged_bytes_are_told_once() {
    for (token, id) in [
        ("bom", "key-encoding"),
        ("utf16", "key-encoding"),
        ("zero-width-space", "key-encoding"),
        ("leading-blank-line", "key-whitespace"),
        ("second-line", "key-second-line"),
        ("wrapped-at-76", "key-wrapped"),
        ("quoted", "key-quoted"),
        ("key-prefix", "key-quoted"),
        ("percent-encoded-plus", "key-url-encoded"),
        ("space-for-plus", "key-url-encoded"),
        ("signature-padding-dropped", "key-incomplete"),
        ("payload-padding-dropped", "key-incomplete"),
        ("trailing-dot", "key-incomplete"),
        ("payload-edited", "key-not-authentic"),
        ("signed-by-another-key", "key-not-authentic"),
        ("missing-app-family-id", "key-claims"),
        ("ver-not-string", "key-claims"),
        ("not-amazon-issuer", "key-claims"),
        ("http-endpoint", "key-claims"),
    ] {
        fails(&good::onesignal_5().with_key(token), id, &["help"]);
    }
    // a key that the SDK cannot read is authentic for nobody
    let json = good::onesignal_5().with_key("wrapped-at-76").verify(&["--format=json"]).json();
    assert_eq!(json["files"][0]["api_key"]["authentic"], false);
}
