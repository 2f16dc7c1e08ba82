//! A key that is judged as if it stood in an app: what the page says of an app and a key that were dropped together.

use crate::sandbox::{fixture, repository};
use apkkey::api_key::TokenKey;
use apkkey::archive::Archive;
use apkkey::check::{Depth, Expectations, Facts, Policy, Question, Report, Selection, Severity};

/// The errors of the group `key`.
fn errors(app: &str, key: &str) -> Vec<&'static str> {
    let token_key =
        TokenKey::parse(&std::fs::read(repository("fixtures/keys/token-test-key.pub.pem")).unwrap()).unwrap();
    let (app, key) = (fixture(app), fixture(&format!("token/{key}.txt")));
    let archive = Archive::open(&app).unwrap();
    let question = Question { key_instead: Some(&key), ..Question::new(&token_key, Depth::Certificates) };
    let facts = Facts::gather(&archive, &question, Expectations::default()).unwrap();
    let selection = Selection::new(vec!["key".to_owned()], Vec::new()).unwrap();
    let report = Report::new(&facts, &Policy { selection, ..Policy::default() });
    let is_error = |result: &&apkkey::check::CheckResult| {
        result.findings().iter().any(|finding| result.severity_of(finding) == Severity::Error)
    };
    report.results.iter().filter(is_error).map(|result| result.check.id).collect()
}

#[test]
fn it_is_judged_in_the_place_of_the_one_that_is_there() {
    for app in ["apk/demo-nokey.apk", "apk/key-other-package.apk", "apk/key-empty.apk", "apk/key-trailing-newline.apk"]
    {
        assert_eq!(errors(app, "release"), [""; 0], "{app}");
        assert_eq!(errors(app, "other-package"), ["key-package-mismatch"], "{app}");
        assert_eq!(errors(app, "trailing-newline"), ["key-whitespace"], "{app}");
        assert_eq!(errors(app, "signed-by-another-key"), ["key-not-authentic"], "{app}");
    }
}

#[test]
fn what_stands_elsewhere_stays_there() {
    // bundletool refuses two modules with the file
    assert_eq!(errors("aab/key-in-feature.aab", "release"), ["key-copy"]);
    assert_eq!(errors("aab/key-in-pack.aab", "release"), ["key-copy"]);
}
