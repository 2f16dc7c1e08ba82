//! Secrets in an app are found by what they are, and told by place.

use crate::build::{App, good};
use crate::sandbox::fixture;

#[track_caller]
fn leaks(app: &App, id: &str, place: &str, value: &str) {
    let ran = app.verify(&["--format=json"]).code(1);
    assert_eq!(ran.findings("error"), [id], "{}", ran.stdout);
    app.verify(&[]).code(1).says(place).silent_about(value);
}

fn hex() -> String {
    "0123456789abcdef".repeat(4)
}

#[test]
fn a_client_secret_stands_beside_the_key() {
    let (hex, secret) = (hex(), format!("amzn1.oa2-cs.v1.{}", hex()));
    for place in
        ["assets/config.json", "assets/www/js/app.js", "res/raw/settings", "settings.txt", "com/example/a.properties"]
    {
        leaks(
            &good::plain().with(place, format!("{{\n \"secret\": \"{secret}\"}}")),
            "secret-client-secret",
            place,
            &hex,
        );
    }
    let beside = format!("amzn1.application-oa2-client.00112233445566778899aabbccddeeff\n{hex}\n");
    leaks(&good::plain().with("assets/amazon.txt", beside), "secret-client-secret", "assets/amazon.txt`, line 1", &hex);
    leaks(&good::lwa().with_string(&secret), "secret-client-secret", "in the code (`classes.dex`)", &hex);
    let wide: Vec<u8> = secret.bytes().flat_map(|byte| [byte, 0]).collect();
    leaks(&good::plain().with("resources.arsc", wide), "secret-client-secret", "resources.arsc", &hex);
    let meta = format!("<meta-data android:name=\"secret\" android:value=\"{secret}\" /></application>");
    leaks(&good::plain().manifest("</application>", &meta), "secret-client-secret", "AndroidManifest.xml", &hex);
    let bundle = good::plain().into_bundle().with_key("upload").with("extras/assets/x.json", secret);
    leaks(&bundle, "secret-client-secret", "extras/assets/x.json", &hex);
}

#[test]
fn keystores_and_private_keys_are_found_by_content() {
    for file in ["release.jks", "release.bks", "keytool-17.p12", "release.jceks"] {
        let app = good::plain().with("assets/data.bin", fixture(&format!("keystore/{file}")));
        leaks(&app, "secret-keystore", "assets/data.bin", "storepass");
    }
    for (file, place) in
        [("keystore/pkcs8.pem", "assets/x.pem"), ("keystore/pkcs8.der", "x.pk8"), ("keystore/sec1.pem", "res/raw/k")]
    {
        leaks(&good::plain().with(place, fixture(file)), "secret-private-key", place, "MII");
    }
    let unsure =
        good::plain().with("assets/x.bcfks", fixture("keystore/release.bcfks")).verify(&["--format=json"]).code(0);
    assert_eq!(unsure.findings("warning"), ["secret-keystore"]);
    let list =
        good::plain().with("assets/roots.jks", fixture("keystore/certificates-only.jks")).verify(&["--format=json"]);
    assert_eq!(list.findings("note"), ["secret-keystore"]);
}

#[test]
fn passwords_for_signing_are_told_by_their_names() {
    let text = "storeFile=upload.jks\nstorePassword=hunter2hunter2\nkeyPassword=hunter3\n";
    let app = good::plain().with("assets/key.properties", text);
    leaks(&app, "secret-passwords", "`storePassword`, `keyPassword`", "hunter2");
}

#[test]
fn the_search_can_be_chosen() {
    let app = good::plain().with("assets/release.jks", fixture("keystore/release.jks"));
    app.verify(&["--skip", "secret"]).code(0);
    app.verify(&["--only", "secret"]).code(1).says("secret-keystore");
    app.verify(&["--allow", "secret-keystore"]).code(0).says("warning[secret-keystore]");
}
