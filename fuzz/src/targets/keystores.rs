//! Keystores of each kind, certificates and private keys that stand alone.

use super::{Paid, Target};
use crate::fixtures::{read, with_endings};
use crate::repair;
use apkkey::certificate::Certificate;
use apkkey::identity::PrivateKey;
use apkkey::keystore::{KdfBudget, Keystore, Passwords, detect, private_key};
use apkkey::secret::Password;

pub fn targets() -> Vec<Target> {
    vec![
        Target::new("jks", open, || endings(&["small.jks", "chain-of-three.jks", "release.jks"])).repaired(repair::jks),
        Target::new("jceks", open, || endings(&[".jceks"])).repaired(repair::jks).with_words(JAVA),
        Target::new("pkcs12", open, pkcs12).with_words(OIDS),
        Target::new("bks", open, || endings(&[".bks", ".uber"])),
        Target::new("bcfks", open, || endings(&[".bcfks"])).with_words(OIDS),
        Target::new("pem", open, || {
            [
                endings(&[".pem", ".p7b", ".txt", ".pk8", "pkcs8.der", ".x509.pem"]),
                with_endings("keys", &[".pem"], 8000),
            ]
            .concat()
        })
        .with_words(PEM),
        Target::new("certificate", certificate, certificates).with_words(OIDS),
        Target::new("private-key", key, keys).with_words(OIDS),
    ]
}

const JAVA: &[&[u8]] =
    &[b"\xac\xed\x00\x05", b"sr", b"\x00\x1bjava", b"ur\x00\x02[B", b"t\x00", b"q\x00\x7e\x00\x00", b"xp"];
const OIDS: &[&[u8]] = &[
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d",
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c",
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02",
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06",
    b"\x30\x80",
    b"\x24\x80",
    b"\x00\x00",
    b"\x02\x01\x01",
    b"\x02\x03\x00\xff\xff",
    b"\x30\x84\x7f\xff\xff\xff",
    b"\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x04\x0b",
];
const PEM: &[&[u8]] = &[
    b"-----BEGIN CERTIFICATE-----\n",
    b"-----END CERTIFICATE-----\n",
    b"-----BEGIN PRIVATE KEY-----\n",
    b"-----BEGIN EC PARAMETERS-----\n",
    b"-----BEGIN PKCS7-----\n",
    b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n",
];

fn endings(endings: &[&str]) -> Vec<Vec<u8>> {
    with_endings("keystore", endings, 16_000)
}

/// Those whose key derivation is quick.
fn pkcs12() -> Vec<Vec<u8>> {
    let names = [
        "one-iteration",
        "one-iteration-legacy",
        "ten-iterations",
        "no-mac",
        "not-encrypted",
        "certificates-in-clear",
        "openssl-legacy",
        "bouncycastle-ber",
    ];
    names.map(|name| read(&format!("keystore/{name}.p12"))).to_vec()
}

fn open(data: &[u8]) -> Paid {
    // a quick derivation for each password: what takes longer is refused before it is done
    let budget = KdfBudget::with_rounds(64);
    let passwords = ["storepass", "android", ""].map(|text| Password::new(text.to_owned()));
    let _ = format!("{:?}", detect(data)).len();
    for store in std::iter::once(None).chain(passwords[..1].iter().map(Some)) {
        let Ok(keystore) = Keystore::open(data, &Passwords { store, budget: budget.clone() }) else { continue };
        for entry in keystore.entries.iter().take(4) {
            let _ = entry.unlock(&[&passwords[0]]);
            let _ =
                entry.certificate().map(|certificate| (certificate.fingerprints(), certificate.details().is_some()));
            if let Some(alias) = entry.alias() {
                let _ = keystore.find(alias);
            }
        }
    }
    let _ = private_key(data, &[&passwords[0]], &budget);
    Paid { hashes: budget.spent() }
}

fn certificates() -> Vec<Vec<u8>> {
    let names = ["release", "ec-p256", "ec-p384", "dsa-2048", "ed25519", "chain-intermediate", "weak"];
    names.map(|name| crate::fixtures::der(&format!("keys/{name}.crt.pem"))).to_vec()
}

fn certificate(data: &[u8]) -> Paid {
    let Ok(certificate) = Certificate::from_der(data.to_vec()) else { return Paid::default() };
    assert_eq!(certificate.der(), data);
    let _ = (certificate.details(), certificate.well_known(), certificate.public_key_info(), certificate.issuer_der());
    let _ = (certificate.subject_der(), certificate.serial_content(), certificate.fingerprints());
    let _ = crate::fixtures::key("ec-p256").belongs_to(&certificate);
    Paid::default()
}

fn keys() -> Vec<Vec<u8>> {
    let names = ["release", "ec-p256", "ec-p384", "dsa-2048", "ed25519", "weak"];
    let mut keys = names.map(|name| crate::fixtures::der(&format!("keys/{name}.key.pem"))).to_vec();
    keys.extend(["pkcs1", "sec1", "dsa"].map(|name| crate::fixtures::der(&format!("keystore/{name}.pem"))));
    keys
}

fn key(data: &[u8]) -> Paid {
    let parsers = [PrivateKey::from_pkcs8, PrivateKey::from_pkcs1, PrivateKey::from_sec1, PrivateKey::from_openssl_dsa];
    for key in parsers.into_iter().filter_map(|parse| parse(data).ok()) {
        let _ = key.algorithm();
        let _ = key.sign(apkkey::digest::DigestAlgorithm::Sha256, b"data");
        let _ = key.belongs_to(&crate::fixtures::certificate("ec-p256"));
    }
    Paid::default()
}
