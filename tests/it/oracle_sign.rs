//! What we sign the real tools accept: apksigner, jarsigner, zipalign, bundletool.

use crate::oracle::{bundletool, succeeds, tool};
use crate::sandbox::{Sandbox, token_key};
use std::path::Path;

/// Kinds of keys, and how openssl makes them.
const KEYS: &[(&str, &[&str])] = &[
    ("rsa-1024", &["-newkey", "rsa:1024"]),
    ("rsa-2048", &["-newkey", "rsa:2048"]),
    ("rsa-3072", &["-newkey", "rsa:3072"]),
    ("rsa-4096", &["-newkey", "rsa:4096"]),
    ("ec-p256", &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("ec-p384", &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("ec-p521", &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"]),
    ("dsa-1024", &["1024"]),
    ("dsa-2048", &["2048"]),
];

const OFF: [&str; 3] = ["--v1-signing-enabled=false", "--v2-signing-enabled=false", "--v3-signing-enabled=false"];

/// Makes a key and its certificate in the folder.
fn make_key(name: &str, how: &[&str], folder: &Path) {
    let (key, certificate) = (format!("{name}.key.pem"), format!("{name}.crt.pem"));
    let mut request = vec!["req", "-x509", "-nodes", "-days", "9000", "-subj", "/CN=oracle", "-out", &certificate];
    if let [size] = how {
        let bits = format!("dsa_paramgen_bits:{size}");
        let q_bits = format!("dsa_paramgen_q_bits:{}", if *size == "1024" { 160 } else { 256 });
        let parameters = ["genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", &bits, "-pkeyopt", &q_bits];
        succeeds("openssl", &[&parameters[..], &["-out", "dsa.params"]].concat(), folder);
        succeeds("openssl", &["genpkey", "-paramfile", "dsa.params", "-out", &key], folder);
        request.extend(["-new", "-key", &key]);
    } else {
        request.extend(how);
        request.extend(["-keyout", &key]);
    }
    succeeds("openssl", &request, folder);
}

#[test]
#[ignore = "needs openssl and apksigner"]
fn oracle_apksigner_accepts_every_scheme_with_every_key_for_every_version() {
    for (name, how) in KEYS {
        let sandbox = Sandbox::new().with("apk/signed-v1-only.apk");
        let folder = sandbox.path("");
        make_key(name, how, &folder);
        let (key, certificate) = (format!("--key={name}.key.pem"), format!("--cert={name}.crt.pem"));
        for (off, min_sdk) in [
            (&[][..], "9"),
            (&[], "18"),
            (&[], "24"),
            (&[], "28"),
            (&["--verity-enabled"], "24"),
            (&[OFF[1], OFF[2]], "9"),
            (&[OFF[1], OFF[2]], "21"),
            (&[OFF[0], OFF[2]], "24"),
            (&[OFF[0], OFF[1]], "28"),
            (&[OFF[2]], "21"),
            (&[OFF[0]], "24"),
        ] {
            let mut sign = vec!["sign", "signed-v1-only.apk", "--out", "out.apk", "--min-sdk-version", min_sdk];
            sign.extend([key.as_str(), certificate.as_str()]);
            sign.extend(off);
            let ours = sandbox.run(&sign);
            if name.starts_with("ec") && min_sdk == "9" {
                // apksigner refuses as well: ECDSA signatures of JAR files are known from API 18 on
                ours.code(2).complains("v1 cannot be signed");
                continue;
            }
            ours.code(0);
            let verified = succeeds("apksigner", &["verify", "-v", "--min-sdk-version", min_sdk, "out.apk"], &folder);
            assert!(verified.starts_with("Verifies"), "{name} {off:?} {min_sdk}: {verified}");
        }
        succeeds("zipalign", &["-c", "-p", "4", "out.apk"], &folder);
    }
}

#[test]
#[ignore = "needs apksigner"]
fn oracle_apksigner_reads_our_lineages_and_several_signers() {
    let sandbox = Sandbox::new().with("apk/demo-unsigned.apk");
    let folder = sandbox.path("");
    for name in ["rsa-2048", "ec-p256", "dsa-2048"] {
        let (_, how) = KEYS.iter().find(|(key, _)| *key == name).unwrap();
        make_key(name, how, &folder);
    }
    let signer = |name: &str| [format!("--key={name}.key.pem"), format!("--cert={name}.crt.pem")];
    let ([old_key, old_cert], [new_key, new_cert]) = (signer("rsa-2048"), signer("ec-p256"));
    let old = ["lineage", "--out", "l", "--old-signer", &old_key, &old_cert, "--set-rollback", "--set-auth=false"];
    sandbox.run(&[&old[..], &["--new-signer", &new_key, &new_cert]].concat()).code(0);
    let listed = succeeds("apksigner", &["lineage", "--in", "l", "--print-certs"], &folder);
    assert_eq!(listed.matches("CN=oracle").count(), 2, "{listed}");
    for (right, count) in
        [("installed data", 2), ("rollback capability      : true", 1), ("auth capability          : false", 1)]
    {
        assert_eq!(listed.matches(right).count(), count, "{right}: {listed}");
    }
    let mut sign = vec!["sign", "demo-unsigned.apk", "--out", "out.apk", "--lineage", "l"];
    sign.extend(["--rotation-min-sdk-version", "28"]);
    sign.extend([&old_key, &old_cert, "--next-signer", &new_key, &new_cert].map(AsRef::<str>::as_ref));
    sandbox.run(&sign).code(0);
    succeeds("apksigner", &["verify", "out.apk"], &folder);
    let [third_key, third_cert] = signer("dsa-2048");
    let several = ["sign", "demo-unsigned.apk", "--out", "out.apk", &old_key, &old_cert, "--next-signer", &third_key];
    sandbox.run(&[&several[..], &[&third_cert]].concat()).code(0);
    let listed = succeeds("apksigner", &["verify", "--print-certs", "out.apk"], &folder);
    assert!(listed.contains("Signer #2 certificate"), "{listed}");
}

#[test]
#[ignore = "needs jarsigner and bundletool"]
fn oracle_bundles_signed_by_us_hold() {
    for key in ["release", "ec-p256", "dsa-2048", "rsa-4096"] {
        let sandbox = Sandbox::new()
            .with("aab/demo-release.aab")
            .with("token/upload.txt")
            .with(&format!("keys/{key}.key.pem"))
            .with(&format!("keys/{key}.crt.pem"));
        let folder = sandbox.path("");
        let (private, certificate) = (format!("--key={key}.key.pem"), format!("--cert={key}.crt.pem"));
        let inject = ["inject", "demo-release.aab", "--api-key", "upload.txt", &private, &certificate, &token_key()];
        sandbox.run(&inject).code(0);
        let strict = tool("jarsigner", &["-verify", "-strict", "demo-release.aab"], &folder);
        let text = String::from_utf8_lossy(&strict.stdout).into_owned();
        // 4: the certificate is self-signed, as all Android certificates are
        assert!(text.contains("jar verified") && [Some(0), Some(4)].contains(&strict.status.code()), "{key}: {text}");
        bundletool(&["validate", "--bundle=demo-release.aab"], &folder);
        bundletool(&["build-apks", "--bundle=demo-release.aab", "--output=out.apks"], &folder);
        let listed = succeeds("unzip", &["-Z1", "out.apks"], &folder);
        let masters: Vec<&str> = listed.lines().filter(|name| name.starts_with("splits/base-master")).collect();
        assert!(!masters.is_empty());
        for master in masters {
            succeeds("unzip", &["-q", "-o", "out.apks", master], &folder);
            let found = succeeds("unzip", &["-p", master, "assets/api_key.txt"], &folder);
            assert_eq!(found.as_bytes(), sandbox.read("upload.txt"));
        }
    }
}
