//! Keystores and keys that keytool, BouncyCastle and openssl make here and now, in the variants that they can write.
//! Ignored by a plain `cargo test`, as `oracle.rs`.

use crate::sandbox::{Ran, Sandbox, fixture, oracle, repository};
use apkkey::keystore::{KdfBudget, Keystore, Passwords, private_key};
use apkkey::secret::Password;
use std::io::Write;
use std::process::{Command, Stdio};

/// Runs a tool with this on standard input.
#[track_caller]
fn tool(sandbox: &Sandbox, name: &str, arguments: &[&str], input: &[u8]) -> String {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(sandbox.path("")).env("LC_ALL", "C.UTF-8");
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child =
        child.unwrap_or_else(|error| panic!("{name} is not installed: fixtures/make/setup.sh does it ({error})"));
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {arguments:?}\n{text}");
    text
}

const BOUNCY_CASTLE: [&str; 4] = [
    "-providerclass",
    "org.bouncycastle.jce.provider.BouncyCastleProvider",
    "-providerpath",
    "/usr/share/java/bcprov.jar",
];

/// Where a store of this type is opened by a provider of its own.
fn provider(kind: &str) -> &'static [&'static str] {
    if matches!(kind, "BKS" | "UBER" | "BCFKS" | "BCPKCS12") { &BOUNCY_CASTLE } else { &[] }
}

/// Makes `store` with a fresh key and returns keytool's SHA-256 of its certificate.
fn generate(sandbox: &Sandbox, kind: &str, algorithm: &[&str], extra: &[&str]) -> String {
    let fast = ["-J-XX:TieredStopAtLevel=1"];
    let store = ["-keystore", "store", "-storetype", kind, "-storepass", "storepass"];
    let make = ["-genkeypair", "-alias", "fresh", "-keypass", "storepass", "-dname", "CN=Fresh", "-validity", "9000"];
    let make = [&fast, &make[..], &store, &["-keyalg"], algorithm, provider(kind), extra].concat();
    tool(sandbox, "keytool", &make, b"");
    let list = [&fast, &["-list", "-v"][..], &store, provider(kind)].concat();
    let listed = tool(sandbox, "keytool", &list, b"");
    listed.split("SHA256: ").nth(1).unwrap().lines().next().unwrap().trim().to_owned()
}

fn opens(sandbox: &Sandbox, store: &str, (password, what): (&str, &str)) -> Ran {
    let ran = sandbox.run_with(&["fingerprint", "--can-sign", store, "--ks-pass", "env:P"], &[("P", password)]);
    assert_eq!(ran.code, 0, "{what}\n{}{}", ran.stdout, ran.stderr);
    ran
}

/// Signs an app with the store's key; apksigner must accept it and find this certificate.
fn signs(sandbox: &Sandbox, store: &str, (password, sha256): (&str, &str)) {
    let arguments = ["sign", "--ks", store, "--ks-pass", "env:P", "--out", "signed.apk", "demo-unsigned.apk"];
    sandbox.run_with(&arguments, &[("P", password)]).code(0);
    let told = tool(sandbox, "apksigner", &["verify", "--print-certs", "signed.apk"], b"");
    assert!(told.contains(&sha256.replace(':', "").to_lowercase()), "{store}: {told}");
}

#[test]
#[ignore = "needs keytool, BouncyCastle and apksigner"]
fn oracle_keytool_s_stores_open_and_sign() {
    let rsa = ["RSA", "-keysize", "2048"];
    for kind in ["JKS", "JCEKS", "PKCS12", "BCPKCS12", "BKS", "UBER", "BCFKS"] {
        let sandbox = Sandbox::new().with("apk/demo-unsigned.apk");
        let kind_there = if kind == "BCPKCS12" { "PKCS12" } else { kind };
        let provided = if kind == "BCPKCS12" { &BOUNCY_CASTLE[..] } else { &[] };
        let sha256 = generate(&sandbox, kind_there, &rsa, provided);
        opens(&sandbox, "store", ("storepass", kind)).says(&sha256);
        signs(&sandbox, "store", ("storepass", &sha256));
    }
}

#[test]
#[ignore = "needs keytool and apksigner"]
fn oracle_keytool_s_keys_of_every_kind_open_and_sign() {
    let kinds: [&[&str]; 7] = [
        &["RSA", "-keysize", "1024"],
        &["RSA", "-keysize", "3072"],
        &["RSA", "-keysize", "4096"],
        &["EC", "-groupname", "secp256r1"],
        &["EC", "-groupname", "secp384r1"],
        &["EC", "-groupname", "secp521r1"],
        &["DSA", "-keysize", "2048"],
    ];
    for algorithm in kinds {
        let sandbox = Sandbox::new().with("apk/demo-unsigned.apk");
        let sha256 = generate(&sandbox, "PKCS12", algorithm, &[]);
        opens(&sandbox, "store", ("storepass", algorithm[0])).says(&sha256);
        signs(&sandbox, "store", ("storepass", &sha256));
    }
    let sandbox = Sandbox::new();
    let sha256 = generate(&sandbox, "PKCS12", &["Ed25519"], &[]);
    let password = [("APKKEY_KS_PASS", "storepass")];
    sandbox.run_with(&["fingerprint", "store"], &password).code(0).says(&sha256);
    let refused = sandbox.run_with(&["fingerprint", "--can-sign", "store"], &password).code(2);
    refused.complains("Ed25519 keys cannot sign an app");
}

#[test]
#[ignore = "needs keytool"]
fn oracle_keytool_s_pkcs12_algorithms() {
    let set = |name: &str, value: &str| format!("-J-Dkeystore.pkcs12.{name}={value}");
    let variants = [
        vec!["-J-Dkeystore.pkcs12.legacy".to_owned()],
        vec![set("certProtectionAlgorithm", "NONE")],
        vec![set("macAlgorithm", "NONE")],
        vec![set("certProtectionAlgorithm", "NONE"), set("macAlgorithm", "NONE")],
        vec![set("keyProtectionAlgorithm", "PBEWithHmacSHA512AndAES_256"), set("keyPbeIterationCount", "1")],
        vec![set("keyProtectionAlgorithm", "PBEWithHmacSHA1AndAES_128"), set("macAlgorithm", "HmacPBESHA1")],
        vec![set("keyProtectionAlgorithm", "PBEWithHmacSHA224AndAES_128"), set("macAlgorithm", "HmacPBESHA224")],
        vec![set("certProtectionAlgorithm", "PBEWithSHA1AndRC2_128"), set("macAlgorithm", "HmacPBESHA384")],
        vec![set("certProtectionAlgorithm", "PBEWithSHA1AndRC4_128"), set("macAlgorithm", "HmacPBESHA512")],
        vec![set("certProtectionAlgorithm", "PBEWithSHA1AndRC4_40"), set("macAlgorithm", "HmacPBESHA512/256")],
        vec![set("keyProtectionAlgorithm", "PBEWithSHA1AndRC2_40"), set("macAlgorithm", "HmacPBESHA512/224")],
        vec![set("macIterationCount", "1000000"), set("certPbeIterationCount", "200000")],
    ];
    for variant in variants {
        let sandbox = Sandbox::new();
        let extra: Vec<&str> = variant.iter().map(String::as_str).collect();
        let sha256 = generate(&sandbox, "PKCS12", &["EC"], &extra);
        opens(&sandbox, "store", ("storepass", &format!("{variant:?}"))).says(&sha256);
        let wrong =
            sandbox.run_with(&["fingerprint", "--can-sign", "store", "--ks-pass", "env:P"], &[("P", "nonsense")]);
        assert_eq!(wrong.code, 2, "{variant:?}: opens with another password");
    }
}

/// What the fixture's own certificate must show.
fn release_md5() -> String {
    oracle("keystore/release.jks")["certificates"][0]["md5"].as_str().unwrap().to_owned()
}

#[test]
#[ignore = "needs openssl"]
fn oracle_openssl_s_pkcs12_algorithms() {
    let sandbox = Sandbox::new().with("keys/release.key.pem").with("keys/release.crt.pem");
    let modern = ["AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "DES-EDE3-CBC", "CAMELLIA-256-CBC", "CAMELLIA-128-CBC"];
    let old = [
        "PBE-SHA1-3DES",
        "PBE-SHA1-2DES",
        "PBE-SHA1-RC2-40",
        "PBE-SHA1-RC2-128",
        "PBE-SHA1-RC4-40",
        "PBE-SHA1-RC4-128",
    ];
    let more = ["PBE-MD5-DES", "PBE-SHA1-DES", "PBE-MD5-RC2-64", "PBE-SHA1-RC2-64", "RC2-CBC", "RC2-40-CBC", "DES-CBC"];
    let mut variants: Vec<Vec<&str>> = Vec::new();
    for cipher in modern.iter().chain(&old).chain(&more) {
        variants.push(vec!["-keypbe", cipher, "-certpbe", cipher]);
    }
    for digest in ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-224", "sha512-256"] {
        variants.push(vec!["-macalg", digest]);
    }
    variants.push(vec!["-nomac"]);
    variants.push(vec!["-keypbe", "NONE", "-certpbe", "NONE"]);
    variants.push(vec!["-certpbe", "NONE"]);
    variants.push(vec!["-iter", "1", "-maciter"]);
    variants.push(vec!["-iter", "500000"]);
    let md5 = release_md5();
    for variant in variants {
        let make = [
            "pkcs12",
            "-export",
            "-provider",
            "legacy",
            "-provider",
            "default",
            "-in",
            "release.crt.pem",
            "-inkey",
            "release.key.pem",
            "-name",
            "release",
            "-passout",
            "pass:storepass",
            "-out",
            "store",
        ];
        tool(&sandbox, "openssl", &[&make, variant.as_slice()].concat(), b"");
        opens(&sandbox, "store", ("storepass", &format!("{variant:?}"))).says(&md5);
    }
}

#[test]
#[ignore = "needs openssl"]
fn oracle_openssl_s_bare_keys() {
    let sandbox = Sandbox::new();
    let mut variants: Vec<(&str, Vec<&str>)> = Vec::new();
    for key in ["release", "ec-p256", "ec-p384", "dsa-2048"] {
        for form in ["PEM", "DER"] {
            variants.push((key, vec!["pkcs8", "-topk8", "-outform", form, "-nocrypt"]));
            for cipher in ["aes128", "aes192", "aes256", "des3", "camellia256"] {
                variants.push((key, vec!["pkcs8", "-topk8", "-outform", form, "-v2", cipher]));
            }
            for prf in ["hmacWithMD5", "hmacWithSHA1", "hmacWithSHA224", "hmacWithSHA384", "hmacWithSHA512"] {
                variants.push((key, vec!["pkcs8", "-topk8", "-outform", form, "-v2", "aes256", "-v2prf", prf]));
            }
            for old in [
                "PBE-MD5-DES",
                "PBE-SHA1-DES",
                "PBE-SHA1-RC2-64",
                "PBE-SHA1-3DES",
                "PBE-SHA1-RC4-128",
                "PBE-SHA1-RC2-40",
            ] {
                variants.push((key, vec!["pkcs8", "-topk8", "-outform", form, "-v1", old]));
            }
            variants.push((key, vec!["pkcs8", "-topk8", "-outform", form, "-scrypt"]));
        }
    }
    for cipher in ["-aes128", "-aes192", "-aes256", "-des3", "-des", "-camellia128"] {
        for (key, command) in [("release", "rsa"), ("ec-p256", "ec"), ("dsa-2048", "dsa")] {
            let mut arguments = vec![command, cipher];
            if command == "rsa" {
                arguments.push("-traditional");
            }
            variants.push((key, arguments));
        }
    }
    let password = Password::new("storepass".into());
    for (key, variant) in variants {
        let input = repository(&format!("fixtures/keys/{key}.key.pem"));
        let io = ["-in", input.to_str().unwrap(), "-out", "key", "-provider", "legacy", "-provider", "default"];
        let secret = ["-passout", "pass:storepass"];
        tool(&sandbox, "openssl", &[&variant, &io[..], &secret].concat(), b"");
        let certificate = Keystore::open(&fixture(&format!("keys/{key}.crt.pem")), &Passwords::none()).unwrap();
        let read = private_key(&sandbox.read("key"), &[&password], &KdfBudget::default());
        let read = read.unwrap_or_else(|error| panic!("{key} {variant:?}: {error}"));
        assert!(read.belongs_to(certificate.entries[0].certificate().unwrap()), "{key} {variant:?}");
    }
}

#[test]
#[ignore = "needs apksigner"]
fn oracle_a_key_from_each_kind_of_file_signs() {
    let sha256 = oracle("keystore/release.jks")["certificates"][0]["sha256"].as_str().unwrap().to_owned();
    let stores = [
        "release.jks",
        "keytool-8.p12",
        "openssl-legacy.p12",
        "bouncycastle-ber.p12",
        "not-encrypted.p12",
        "base64-of-jks.txt",
    ];
    for name in stores {
        let sandbox = Sandbox::new().with("apk/demo-unsigned.apk").with(&format!("keystore/{name}"));
        let password = if name == "not-encrypted.p12" { "" } else { "storepass" };
        signs(&sandbox, name, (password, &sha256));
    }
    for key in ["testkey.pk8", "pkcs1.pem", "pkcs8-encrypted.pem", "pkcs8-encrypted.der", "pkcs1-encrypted.pem"] {
        let sandbox = Sandbox::new().with("apk/demo-unsigned.apk").with(&format!("keystore/{key}"));
        let sandbox = sandbox.with("keystore/testkey.x509.pem");
        let arguments =
            ["sign", "--key", key, "--cert", "testkey.x509.pem", "--out", "signed.apk", "demo-unsigned.apk"];
        sandbox.run_with(&arguments, &[("APKKEY_KEY_PASS", "storepass")]).code(0);
        let told = tool(&sandbox, "apksigner", &["verify", "--print-certs", "signed.apk"], b"");
        assert!(told.contains(&sha256.replace(':', "").to_lowercase()), "{key}: {told}");
    }
}

/// Two stores with two passwords in one file, as apksigner reads them.
#[test]
#[ignore = "needs apksigner"]
fn oracle_apksigner_reads_the_same_lines_of_a_password_file() {
    let lines = b"storepass\nkeypass\nstorepass\n";
    let sandbox = Sandbox::new()
        .with("apk/demo-unsigned.apk")
        .with("keystore/key-password-differs.jks")
        .with("keystore/several-aliases.jks")
        .with_bytes("pass.txt", lines);
    let options = [
        "sign",
        "--ks",
        "key-password-differs.jks",
        "--ks-pass",
        "file:pass.txt",
        "--key-pass",
        "file:pass.txt",
        "--next-signer",
        "--ks",
        "several-aliases.jks",
        "--ks-pass",
        "file:pass.txt",
        "--ks-key-alias",
        "upload",
        "--v3-signing-enabled",
        "false",
        "--v4-signing-enabled",
        "false",
        "--out",
    ];
    tool(&sandbox, "apksigner", &[&options[..], &["theirs.apk", "demo-unsigned.apk"]].concat(), b"");
    sandbox.run(&[&options[..], &["ours.apk", "demo-unsigned.apk"]].concat()).code(0);
    let certificates = |file: &str| tool(&sandbox, "apksigner", &["verify", "--print-certs", file], b"");
    assert_eq!(certificates("ours.apk"), certificates("theirs.apk"));
    assert!(certificates("ours.apk").contains("Signer #2"));
}

/// keytool takes a password from standard input byte by byte, one from the command line character by character.
#[test]
#[ignore = "needs keytool"]
fn oracle_passwords_beyond_ascii() {
    let make = |sandbox: &Sandbox, extra: &[&str], input: &[u8]| {
        let store = ["-genkeypair", "-keystore", "store", "-storetype", "JKS", "-keyalg", "EC", "-dname", "CN=Fresh"];
        tool(sandbox, "keytool", &[&store[..], &["-alias", "fresh"], extra].concat(), input)
    };
    let password = "p\u{e4}ssw\u{f6}rd";
    let sandbox = Sandbox::new();
    make(&sandbox, &["-storepass", password, "-keypass", password], b"");
    opens(&sandbox, "store", (password, "from the command line"));

    let sandbox = Sandbox::new();
    make(&sandbox, &[], format!("{password}\n{password}\n\n").as_bytes());
    opens(&sandbox, "store", (password, "from standard input, UTF-8"));

    // the bytes of a Windows console
    let sandbox = Sandbox::new();
    make(&sandbox, &[], b"p\x84ssw\x94rd\np\x84ssw\x94rd\n\n");
    let run = |arguments: &[&str]| {
        sandbox.run_with(&[&["fingerprint", "--can-sign", "store"], arguments].concat(), &[("P", password)])
    };
    run(&["--ks-pass", "env:P"]).code(2).complains("--pass-encoding");
    run(&["--ks-pass", "env:P", "--pass-encoding", "ibm437"]).code(0).says("it can sign");
}

/// A person at a terminal: what is typed is not shown, and three answers are taken.
#[cfg(unix)]
#[test]
#[ignore = "needs python3"]
fn oracle_a_terminal_is_asked() {
    let sandbox = Sandbox::new().with("keystore/keytool-17.p12").with("keystore/key-password-differs.p12");
    let talk = |answers: &[&str], arguments: &[&str]| {
        let script = repository("tests/it/terminal.py");
        let program = env!("CARGO_BIN_EXE_apkkey");
        let answers = answers.join("\n");
        let fixed = [script.to_str().unwrap(), &answers, program, "fingerprint", "--can-sign"];
        tool(&sandbox, "python3", &[&fixed[..], arguments].concat(), b"")
    };
    let once = talk(&["storepass"], &["keytool-17.p12"]);
    assert!(once.contains("Password of keytool-17.p12: ") && once.contains("it can sign"), "{once}");
    assert!(once.ends_with("exit 0\n") && !once.contains("storepass"), "{once}");
    let third = talk(&["one-marker", "two-marker", "storepass"], &["keytool-17.p12", "--ks-pass", "prompt"]);
    assert!(third.matches("That does not fit. ").count() == 2 && third.ends_with("exit 0\n"), "{third}");
    assert!(!third.contains("marker"), "{third}");
    let never = talk(&["one-marker", "two-marker", "three-marker"], &["keytool-17.p12"]);
    assert!(never.contains("wrong password for the keystore") && never.ends_with("exit 2\n"), "{never}");
    let key = talk(&["storepass", "keypass"], &["key-password-differs.p12"]);
    assert!(key.contains("Password of key \"release\" (it differs from the keystore's): "), "{key}");
    assert!(key.ends_with("exit 0\n"), "{key}");
}
