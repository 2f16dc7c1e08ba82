//! Certificates that are weak, expire soon, or are several; the Appstore's own key; apps without code.

use crate::build::{App, good};
use crate::sandbox::{fixture, token_key};
use apkkey::api_key::TokenKey;
use apkkey::archive::Archive;
use apkkey::check::{Depth, Expectations, Facts, Outcome, Question, Severity, Store, checks};
use apkkey::timestamp::Timestamp;

#[test]
fn a_weak_certificate_gets_warnings() {
    let app = good::plain().signed_by(&["weak"]);
    let ran = app.verify(&["--format=json", "--skip=key"]).code(0);
    assert_eq!(ran.findings("warning"), ["certificate-expires-soon", "certificate-weak"]);
    assert_eq!(ran.findings("note"), ["certificate-weak"]);
    app.verify(&["--skip=key"]).says("RSA 1024").says("SHA-1").says("2033-10-22");
    // Amazon signs with a certificate of its own
    let amazon = app.verify(&["--format=json", "--skip=key", "--store=amazon"]).code(0);
    assert!(!amazon.findings("warning").contains(&"certificate-expires-soon".to_owned()));
}

/// What `certificate-expires-soon` says on a day, for a certificate that ends on 2056-11-17.
fn on_day(today: i64, store: Option<Store>) -> Vec<(String, Option<Severity>)> {
    let bytes = good::plain().bytes();
    let archive = Archive::open(&bytes).unwrap();
    let token_key = TokenKey::parse(&fixture("keys/token-test-key.pub.pem")).unwrap();
    let question = Question { today: Timestamp::from_seconds(today), ..Question::new(&token_key, Depth::Full) };
    let facts = Facts::gather(&archive, &question, Expectations { store, ..Expectations::default() }).unwrap();
    let check = checks().into_iter().find(|check| check.id == "certificate-expires-soon").unwrap();
    match check.run(&facts) {
        Outcome::Fail(findings) => findings.into_iter().map(|found| (found.message, found.severity)).collect(),
        Outcome::Pass | Outcome::Moot(_) | Outcome::Unknown(_) => Vec::new(),
    }
}

#[test]
fn the_day_decides_whether_a_certificate_ends_soon() {
    const YEAR: i64 = 365 * 86_400;
    const END: i64 = 2_741_558_400;
    assert_eq!(on_day(END - 2 * YEAR, None), []);
    assert!(on_day(END - YEAR / 2, None)[0].0.contains("expires soon"));
    let (message, severity) = on_day(END + YEAR, None).remove(0);
    assert!(message.contains("expired on 2056-11-") && severity.is_none(), "{message}");
    assert_eq!(on_day(END + YEAR, Some(Store::Amazon))[0].1, Some(Severity::Note));
}

#[test]
fn digests_of_two_signers() {
    let two = || good::plain().signed_by(&["release", "upload"]);
    two().verify(&["--strict"]).code(0);
    let ran = two().with_key("wrong-sha256").verify(&["--format=json"]).code(0);
    assert_eq!(ran.findings("warning"), ["key-certificates-mixed"]);
}

#[test]
fn the_appstore_s_own_key_has_a_place_too() {
    let pem = "-----BEGIN PUBLIC KEY-----\n";
    for (place, word) in [
        ("AppstoreAuthenticationKey.pem", "app/src/main/assets/AppstoreAuthenticationKey.pem"),
        ("assets/www/AppstoreAuthenticationKey.pem", "<resource-file"),
        ("assets/AppStoreAuthenticationKey.pem", "compares every letter"),
        ("assets/AppstoreAuthenticationKey.pem.txt", "rename the file"),
    ] {
        let app = good::plain().with(place, pem);
        assert_eq!(app.verify(&["--format=json"]).code(1).findings("error"), ["appstore-key-misplaced"], "{place}");
        app.verify(&[]).says(place).says(word);
    }
    let twice =
        good::plain().with("assets/AppstoreAuthenticationKey.pem", pem).with("AppstoreAuthenticationKey.pem", pem);
    assert_eq!(twice.verify(&["--format=json"]).code(0).findings("warning"), ["appstore-key-misplaced"]);
    good::plain().with("assets/AppstoreAuthenticationKey.pem", pem).verify(&["--strict"]).code(0);
}

#[test]
fn an_app_without_code_names_classes_of_others() {
    let app = good::onesignal_5().without_class("onesignal");
    let without_code = |app: App| app.manifest("<application ", "<application android:hasCode=\"false\" ");
    app.verify(&[]).code(1);
    without_code(app).verify(&["--strict"]).code(0);
    let apart = good::onesignal_5()
        .without_class("ADMMessageHandlerJob")
        .manifest("ADMMessageHandlerJob\"", "ADMMessageHandlerJob\" android:splitName=\"push\"");
    apart.verify(&["--strict"]).code(0);
}

#[test]
fn several_certificates_at_hand_need_a_name_where_the_file_s_own_does_not_count() {
    use crate::sandbox::Sandbox;
    let sandbox = Sandbox::new()
        .with_bytes("app.aab", &good::plain().into_bundle().with_key("upload").bytes())
        .with("keystore/several-aliases.jks");
    let run = |more: &[&str]| {
        let token_key = token_key();
        sandbox.run(&[&["verify", "app.aab", "--ks", "several-aliases.jks", &token_key], more].concat())
    };
    run(&[]).code(2).complains("`upload`").complains("--ks-key-alias");
    run(&["--ks-key-alias", "upload"]).code(0).says("good:");
}
