//! No password, private key, API key or client secret in any output: every run of the suite is searched for those that
//! its fixtures have.

use crate::sandbox::{fixture, repository};
use std::sync::LazyLock;

/// What must never be printed, with the name of what it is.
static MARKERS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    // of the passwords, those that are no words of their own: `android` is one
    let passwords = ["storepass", "keypass", "p\u{e4}ssw\u{f6}rd", "hunter2marker"];
    let mut markers: Vec<(String, String)> =
        passwords.iter().map(|word| ("a password".to_owned(), (*word).to_owned())).collect();
    for name in files("fixtures/keys", ".pem").into_iter().chain(files("fixtures/keystore", ".pem")) {
        let text = String::from_utf8_lossy(&std::fs::read(&name).unwrap()).into_owned();
        let lines = text.split("PRIVATE KEY-----\n").skip(1).step_by(2).flat_map(str::lines);
        let lines =
            lines.take_while(|line| !line.starts_with('-')).filter(|line| line.len() == 64 && !line.contains(' '));
        markers.extend(lines.map(|line| (name.clone(), line.to_owned())));
    }
    for name in files("fixtures/token", ".txt") {
        let text = String::from_utf8_lossy(&std::fs::read(&name).unwrap()).into_owned();
        let signature = text.trim().rsplit('.').next().unwrap().to_owned();
        let part = signature.get(100..160).map(str::to_owned);
        markers.extend(part.map(|part| (format!("the key of {name}"), part)));
    }
    markers
});

fn files(folder: &str, ending: &str) -> Vec<String> {
    let entries = std::fs::read_dir(repository(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().path().to_str().unwrap().to_owned());
    names.filter(|name| name.ends_with(ending)).collect()
}

/// Refuses output that has a secret in it.
#[track_caller]
pub(crate) fn refuse(what: &str, output: &str) {
    if what.contains("--show-key") {
        return;
    }
    // keytool's options have the names of what they take
    let output = &output.replace("-keypass", "").replace("-storepass", "");
    for (name, marker) in MARKERS.iter() {
        assert!(!output.contains(marker.as_str()), "{name} is in the output of {what}:\n{output}");
    }
    let secret = output
        .split("amzn1.oa2-cs.v1.")
        .skip(1)
        .any(|rest| rest.len() >= 16 && rest.bytes().take(16).all(|byte| byte.is_ascii_hexdigit()));
    assert!(!secret, "a client secret is in the output of {what}:\n{output}");
}

#[test]
fn there_is_something_to_look_for() {
    let of = |part: &str| MARKERS.iter().filter(|(name, _)| name.contains(part)).count();
    assert!(of("a password") == 4 && of("fixtures/keys") > 50 && of("the key of") > 20, "{}", MARKERS.len());
    // what is looked for is really in the fixtures
    let (_, line) = MARKERS.iter().find(|(name, _)| name.ends_with("release.key.pem")).unwrap();
    assert!(String::from_utf8(fixture("keys/release.key.pem")).unwrap().contains(line.as_str()));
    for text in ["wrong password: storepass", "amzn1.oa2-cs.v1.0123456789abcdef0123", line.as_str()] {
        assert!(std::panic::catch_unwind(|| refuse("a test", text)).is_err(), "{text}");
    }
}
