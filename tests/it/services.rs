//! What an app that uses Amazon's services must say in its manifest: each part that is missing or wrong is a finding of its
//! own, with the XML that should stand there.

use crate::build::{App, good};

const ACTION: &str = "<action android:name=\"com.amazon.device.messaging.intent.";
const CATEGORY: &str = "                <category android:name=\"com.example.apkkeydemo\" />\n";
const SEND: &str = " android:permission=\"com.amazon.device.messaging.permission.SEND\"";
const JOB: &str = "        <service android:name=\"com.onesignal.notifications.services.ADMMessageHandlerJob\" android:permission=\"android.permission.BIND_JOB_SERVICE\" android:exported=\"false\" />\n";

/// Takes `from` out of the manifest, as an APK and as a bundle, and checks that this is the only finding.
#[track_caller]
fn without(app: fn() -> App, from: &str, (id, xml): (&str, &str)) {
    changed(app, (from, ""), id, xml);
}

#[track_caller]
fn changed(app: fn() -> App, (from, to): (&str, &str), id: &str, xml: &str) {
    for app in [app().manifest(from, to), app().into_bundle().with_key("upload").manifest(from, to)] {
        let json = app.verify(&["--format=json"]);
        assert_eq!(json.findings("error"), [id], "{}", json.stdout);
        let checks = json.json()["files"][0]["checks"].clone();
        let found = checks.as_array().unwrap().iter().filter(|check| check["outcome"] == "fail");
        let found: Vec<_> = found.collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0]["help"].as_str().unwrap().contains(xml), "{}", found[0]["help"]);
    }
}

#[test]
fn each_permission() {
    let own = "com.example.apkkeydemo.permission.RECEIVE_ADM_MESSAGE";
    for line in [
        format!("<permission android:name=\"{own}\" android:protectionLevel=\"signature\" />"),
        format!("<uses-permission android:name=\"{own}\" />"),
        "<uses-permission android:name=\"com.amazon.device.messaging.permission.RECEIVE\" />".to_owned(),
    ] {
        let xml = line.replace(" />", "/>");
        without(good::onesignal_5, &line, ("adm-permission-missing", &xml));
        without(good::adm_old, &line, ("adm-permission-missing", &xml));
    }
    let lacking = |app: App, permission: &str| {
        let line = format!("    <uses-permission android:name=\"android.permission.{permission}\" />\n");
        app.manifest(&line, "").verify(&["--format=json"]).code(0)
    };
    assert_eq!(lacking(good::adm(), "INTERNET").findings("warning"), ["adm-permission-missing"]);
    assert_eq!(lacking(good::adm_old(), "WAKE_LOCK").findings("warning"), ["adm-permission-missing"]);
    assert_eq!(lacking(good::adm(), "WAKE_LOCK").findings("note"), ["adm-permission-missing"]);
    let open = good::adm().manifest(" android:protectionLevel=\"signature\"", "").verify(&["--format=json"]).code(0);
    assert_eq!(open.findings("warning"), ["adm-permission-unprotected"]);
}

#[test]
fn each_part_of_the_receiver() {
    for app in [good::onesignal_5, good::onesignal_4, good::onesignal_3, good::adm, good::adm_old] {
        without(
            app,
            &format!("{ACTION}REGISTRATION\" />"),
            ("adm-receiver-filter", &format!("{ACTION}REGISTRATION\"/>")),
        );
        without(app, &format!("{ACTION}RECEIVE\" />"), ("adm-receiver-filter", &format!("{ACTION}RECEIVE\"/>")));
        without(app, CATEGORY, ("adm-receiver-filter", CATEGORY.trim().trim_end_matches(" />")));
        without(app, SEND, ("adm-receiver-unprotected", SEND));
        let hidden = ("permission.SEND\" android:exported=\"true\"", "permission.SEND\" android:exported=\"false\"");
        changed(app, hidden, "adm-receiver-not-exported", "android:exported=\"true\"");
    }
    let other = (SEND, " android:permission=\"com.google.android.c2dm.permission.SEND\"");
    changed(good::adm, other, "adm-receiver-unprotected", SEND);
}

#[test]
fn the_receiver_as_a_whole() {
    for (app, class) in [
        (good::onesignal_5(), "com.onesignal.notifications.receivers.ADMMessageReceiver"),
        (good::onesignal_4(), "com.onesignal.ADMMessageHandler$Receiver"),
        (good::adm(), "com.example.apkkeydemo.MyADMMessageReceiver"),
    ] {
        let name = class.replace("com.example.apkkeydemo.", ".");
        let from = format!("<receiver android:name=\"{name}\"{SEND} android:exported=\"true\">");
        let gone = app.manifest(&from, "<unknown>").manifest(
            "</intent-filter>\n        </receiver>\n    </app",
            "</intent-filter>\n        </unknown>\n    </app",
        );
        let ran = gone.verify(&["--format=json"]);
        assert_eq!(ran.findings("error"), ["adm-receiver-missing"], "{}", ran.stdout);
        gone.verify(&[])
            .says(&format!("<receiver android:name=\"{class}\""))
            .says("<category android:name=\"com.example.apkkeydemo\"/>");
    }
}

#[test]
fn each_handler() {
    without(good::onesignal_5, JOB, ("adm-handler-missing", JOB.trim().trim_end_matches(" />")));
    let old = "        <service android:name=\"com.onesignal.ADMMessageHandler\" android:exported=\"false\" />\n";
    without(good::onesignal_3, old, ("adm-handler-missing", old.trim().trim_end_matches(" />")));
    without(good::onesignal_4, old, ("adm-handler-missing", old.trim().trim_end_matches(" />")));
    let own = "        <service android:name=\".MyADMMessageHandler\" android:exported=\"false\" />\n";
    without(
        good::adm_old,
        own,
        ("adm-handler-missing", "com.example.apkkeydemo.MyADMMessageHandler\" android:exported=\"false\""),
    );
    for app in [good::onesignal_5, good::onesignal_4, good::adm] {
        without(
            app,
            " android:permission=\"android.permission.BIND_JOB_SERVICE\"",
            ("adm-job-permission-missing", "BIND_JOB_SERVICE"),
        );
    }
    let open = good::adm_old()
        .manifest("MessageHandler\" android:exported=\"false\"", "MessageHandler\" android:exported=\"true\"");
    assert_eq!(open.verify(&["--format=json"]).code(0).findings("warning"), ["adm-handler-exported"]);
}

#[test]
fn classes_and_a_key_without_a_manifest() {
    let app = good::plain().with_class(
        "com.onesignal.notifications.receivers.ADMMessageReceiver",
        "com.amazon.device.messaging.ADMMessageReceiver",
    );
    let ran = app.verify(&["--format=json"]).code(0);
    assert_eq!(ran.findings("warning"), ["adm-undeclared"]);
    let text = app.verify(&[]);
    for part in
        ["<permission", "<uses-permission", "<amazon:enable-feature", "<service", "BIND_JOB_SERVICE", "<receiver"]
    {
        assert!(text.stdout.contains(part), "{part}");
    }
}

#[test]
fn each_part_of_login_with_amazon() {
    for part in [
        "<action android:name=\"android.intent.action.VIEW\" />",
        "<category android:name=\"android.intent.category.DEFAULT\" />",
        "<category android:name=\"android.intent.category.BROWSABLE\" />",
    ] {
        without(good::lwa, part, ("lwa-redirect-wrong", &part.replace(" />", "/>")));
    }
    let host = ("android:host=\"com.example.apkkeydemo\"", "android:host=\"com.amazon.sample\"");
    changed(good::lwa, host, "lwa-redirect-wrong", "android:host=\"com.example.apkkeydemo\"");
    changed(
        good::lwa,
        ("android:scheme=\"amzn\"", "android:scheme=\"https\""),
        "lwa-redirect-wrong",
        "android:scheme=\"amzn\"",
    );
    let hidden = ("singleTask\" android:exported=\"true\"", "singleTask\" android:exported=\"false\"");
    changed(good::lwa, hidden, "lwa-activity-not-exported", "android:exported=\"true\"");
    let internet = "    <uses-permission android:name=\"android.permission.INTERNET\" />\n";
    let ran = good::lwa().manifest(internet, "").verify(&["--format=json"]).code(0);
    assert_eq!(ran.findings("warning"), ["lwa-permission-missing"]);
    let bare =
        good::plain().with_class("com.amazon.identity.auth.device.workflow.WorkflowActivity", "android.app.Activity");
    let ran = bare.verify(&["--format=json"]).code(1);
    assert_eq!(ran.findings("error"), ["lwa-activity-missing"]);
    bare.verify(&[])
        .says("<activity android:name=\"com.amazon.identity.auth.device.workflow.WorkflowActivity\"")
        .says("android:scheme=\"amzn\"");
}

#[test]
fn the_manifest_as_a_place_for_the_key() {
    use crate::sandbox::fixture;
    let token = |name: &str| String::from_utf8(fixture(&format!("token/{name}.txt"))).unwrap();
    let with_key = |app: App, name: &str, value: &str| {
        let meta = format!("<meta-data android:name=\"{name}\" android:value=\"{value}\" /></application>");
        app.manifest("</application>", &meta)
    };
    let bare = || good::plain().without("assets/api_key.txt");
    for name in ["APIKey", "AmazonAPIKey"] {
        let ran = with_key(bare(), name, &token("release")).verify(&["--format=json"]).code(0);
        assert_eq!(ran.findings("warning"), ["key-in-manifest"]);
    }
    for (name, id) in [
        ("other-package", "key-package-mismatch"),
        ("debug", "key-md5-mismatch"),
        ("signature-short", "key-not-authentic"),
        ("ios", "key-ios"),
    ] {
        let app = with_key(bare(), "APIKey", &token(name));
        assert_eq!(app.verify(&["--format=json"]).code(1).findings("error"), [id]);
        app.verify(&[]).says("place   <meta-data android:name=\"APIKey\"> in AndroidManifest.xml");
    }
    // a file wins, an empty one does not
    with_key(good::plain(), "APIKey", &token("other-package")).verify(&["--strict"]).code(0);
    let empty =
        with_key(good::plain().with_key("empty"), "APIKey", &token("release")).verify(&["--format=json"]).code(0);
    assert_eq!(empty.findings("warning"), ["key-in-manifest", "key-empty"]);
    // Device Messaging reads the file alone
    let adm = with_key(good::adm().without("assets/api_key.txt"), "APIKey", &token("release"));
    assert_eq!(adm.verify(&["--format=json"]).code(1).findings("error"), ["key-in-manifest"]);
    // others use the name too
    let other = with_key(bare(), "APIKey", "AIzaSyA0123456789abcdefghijklmnopqrstuv");
    other.verify(&[]).code(1).says("error[key-missing]").says("the manifest's `APIKey` is no Amazon API key");
    let nowhere = with_key(bare(), "APIKey", "@0x7f0a0001");
    nowhere.verify(&[]).code(0).says("incomplete:").says("cannot be read: there is no such resource");
}

#[test]
fn a_manifest_that_was_made_to_exhaust_its_readers() {
    let receiver = "<receiver android:name=\"a.R\"><intent-filter><action \
         android:name=\"com.amazon.device.messaging.intent.RECEIVE\" /></intent-filter></receiver><service \
         android:name=\"a.ADMService\" />";
    let many = format!("{}</application>", receiver.repeat(10_000));
    let classes =
        (0..10_000).map(|number| (format!("a.C{number}"), "com.amazon.device.messaging.ADMMessageHandlerBase"));
    let app = classes.fold(good::adm(), |app, (name, base)| app.with_class(&name, base));
    let app = app.with_class("a.R", "com.amazon.device.messaging.ADMMessageReceiver").manifest("</application>", &many);
    let start = std::time::Instant::now();
    let ran = app.verify(&[]).code(1);
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
    ran.says("more of this kind");
}
