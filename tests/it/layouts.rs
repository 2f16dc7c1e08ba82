//! Correct apps of every kind have no finding above a note.

use crate::build::{App, good};
use crate::sandbox::fixture;

const UPLOAD_MD5: &str = "CE:68:A8:F4:06:7D:AD:3C:3C:74:26:46:88:84:5F:C3";

#[track_caller]
fn is_clean(app: &App, what: &str) {
    let named: &[&str] = if app.name().ends_with(".aab") { &["--cert-md5", UPLOAD_MD5] } else { &[] };
    let ran = app.verify(&[&["--format=json", "--strict"], named].concat());
    assert_eq!(ran.findings("error"), [""; 0], "{what}: {}", ran.stdout);
    assert_eq!(ran.findings("warning"), [""; 0], "{what}: {}", ran.stdout);
    assert_eq!(ran.json()["verdict"], "good", "{what}: {}", ran.stdout);
}

fn services() -> [(&'static str, App); 7] {
    [
        ("plain", good::plain()),
        ("OneSignal 5", good::onesignal_5()),
        ("OneSignal 4", good::onesignal_4()),
        ("OneSignal 3", good::onesignal_3()),
        ("ADM", good::adm()),
        ("ADM before jobs", good::adm_old()),
        ("LWA", good::lwa()),
    ]
}

#[test]
fn apks_that_use_amazon_s_services() {
    for (what, app) in services() {
        is_clean(&app, what);
    }
}

#[test]
fn bundles_that_use_amazon_s_services() {
    for (what, app) in services() {
        is_clean(&app.into_bundle().with_key("upload"), what);
    }
}

/// What each toolkit leaves in an archive.
const TOOLKITS: &[(&str, &[&str])] = &[
    ("Cordova", &["assets/www/cordova.js", "assets/www/index.html", "res/xml/config.xml"]),
    ("Capacitor", &["assets/capacitor.config.json", "assets/public/index.html", "assets/public/cordova.js"]),
    ("Flutter", &["assets/flutter_assets/AssetManifest.json", "lib/arm64-v8a/libflutter.so"]),
    ("React Native", &["assets/index.android.bundle", "lib/arm64-v8a/libreactnative.so"]),
    ("NativeScript", &["assets/app/bundle.js", "lib/arm64-v8a/libNativeScript.so"]),
    ("Unity", &["assets/bin/Data/boot.config", "lib/arm64-v8a/libunity.so"]),
    (".NET", &["lib/arm64-v8a/libmonodroid.so", "lib/arm64-v8a/libxamarin-app.so"]),
    ("Godot", &["assets/project.binary", "lib/arm64-v8a/libgodot_android.so"]),
    ("Adobe AIR", &["assets/META-INF/AIR/application.xml", "lib/armeabi-v7a/libCore.so"]),
];

#[test]
fn apps_of_each_toolkit() {
    for (toolkit, names) in TOOLKITS {
        let app = names.iter().fold(good::onesignal_5(), |app, name| app.with(name, "made by a toolkit"));
        is_clean(&app, toolkit);
        let bundle = names.iter().fold(good::onesignal_5().into_bundle(), |app, name| {
            app.with(&format!("base/{name}"), "made by a toolkit")
        });
        is_clean(&bundle.with_key("upload"), toolkit);
    }
}

#[test]
fn the_toolkit_decides_what_the_help_names() {
    for (toolkit, place) in [
        ("Cordova", "<resource-file"),
        ("Capacitor", "android/app/src/main/assets/api_key.txt"),
        ("Flutter", "android/app/src/main/assets/api_key.txt"),
        ("React Native", "android/app/src/main/assets/api_key.txt"),
        ("NativeScript", "App_Resources/Android/src/main/assets/api_key.txt"),
        ("Unity", "StreamingAssets"),
        (".NET", "<AndroidAsset"),
        ("Godot", "export preset"),
        ("Adobe AIR", "adt"),
    ] {
        let (_, names) = TOOLKITS.iter().find(|(known, _)| *known == toolkit).unwrap();
        let app = names.iter().fold(good::plain(), |app, name| app.with(name, "made by a toolkit"));
        app.without("assets/api_key.txt").verify(&[]).code(1).says("key-missing").says(toolkit).says(place);
    }
}

#[test]
fn an_app_without_amazon_s_services_needs_only_its_key() {
    // every app with OneSignal has these classes, and only the manifest tells whether it uses them
    let google = good::plain().without("assets/api_key.txt");
    let google =
        google.with_class("com.onesignal.ADMMessageHandler", "com.amazon.device.messaging.ADMMessageHandlerBase");
    let ran = google.verify(&["--format=json"]);
    assert_eq!((ran.findings("error"), ran.findings("warning")), (vec!["key-missing".to_owned()], vec![]));
}

#[test]
fn other_push_libraries_have_receivers_of_their_own() {
    // Braze's receiver extends no class of Amazon's and needs no handler
    let app = good::adm()
        .manifest(".MyADMMessageReceiver", "com.braze.push.BrazeAmazonDeviceMessagingReceiver")
        .manifest(
            "        <service android:name=\".MyADMMessageHandler\" android:permission=\"android.permission.BIND_JOB_SERVICE\" android:exported=\"false\" />\n",
            "",
        )
        .manifest("        <service android:name=\".MyADMLegacyMessageHandler\" android:exported=\"false\" />\n", "")
        .without_class("MyADM")
        .with_class("com.braze.push.BrazeAmazonDeviceMessagingReceiver", "android.content.BroadcastReceiver");
    is_clean(&app, "Braze");
}

#[test]
fn a_rotated_or_shortened_app_is_left_alone() {
    // R8 may put a class of the app between
    let app = good::adm()
        .without_class("MyADMMessageHandler")
        .with_class("com.example.apkkeydemo.MyADMMessageHandler", "a.b");
    is_clean(&app.with_class("a.b", "com.amazon.device.messaging.ADMMessageHandlerJobBase"), "a class between");
    // code of a packer comes from elsewhere
    let packed = good::onesignal_5()
        .without_class("")
        .with("assets/libjiagu.so", "")
        .with_class("com.stub.StubApp", "android.app.Application");
    is_clean(&packed, "packed");
    let loads = good::onesignal_5().without_class("com.onesignal").with("assets/secondary.dex.jar", "");
    is_clean(&loads, "loads code");
}

#[test]
fn public_keys_and_certificates_are_no_secrets() {
    let pem = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END PUBLIC KEY-----\n";
    let app = good::onesignal_5()
        .with("assets/AppstoreAuthenticationKey.pem", pem)
        .with("res/raw/isrg_root.crt", fixture("keystore/release.der"))
        .with("assets/chain.pem", fixture("keystore/chain.pem"))
        .with("assets/truststore.jks", fixture("keystore/certificates-only.jks"))
        .with("assets/config.properties", "endpoint=https://example.com\npassword=\n")
        .with("assets/index.android.bundle", "var header = \"-----BEGIN RSA PRIVATE KEY-----\"; var s = 'x';")
        .with("assets/digest.txt", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    is_clean(&app, "public");
}
