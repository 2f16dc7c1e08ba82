//! Variants that no fixture shows, built here.

use super::*;
use crate::asn1::Asn1;
use crate::text::hex;

/// `hmacWithSHA256`.
const HMAC_SHA256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 9];
const PBKDF2: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0c];
const PBMAC1: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0e];

/// A fixture whose MAC is replaced by PBMAC1 with this key length (RFC 9579).
fn with_pbmac1(key_size: Option<u8>) -> Vec<u8> {
    use hmac::{KeyInit, Mac};
    let bytes = fixture("one-iteration.p12");
    let mut fields = Asn1::new(&bytes).sequence("PFX").unwrap();
    let version = fields.any("version").unwrap();
    let safe = fields.any("safe").unwrap();
    let mut info = safe.children();
    info.any("type").unwrap();
    let content = info.any("content").unwrap().children().octets("content").unwrap();

    let mut key = vec![0; usize::from(key_size.unwrap_or(32))];
    pbkdf2::pbkdf2_hmac::<sha2::Sha256>(b"storepass", b"salt", 3, &mut key);
    let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap().chain_update(&content).finalize().into_bytes();

    let size = key_size.map_or_else(Vec::new, |size| vec![2, 1, size]);
    let prf = der(0x30, &[HMAC_SHA256, &[5, 0]]);
    let parameters = der(0x30, &[&der(4, &[b"salt"]), &[2, 1, 3], &size, &prf]);
    let kdf = der(0x30, &[PBKDF2, &parameters]);
    let algorithm = der(0x30, &[PBMAC1, &der(0x30, &[&kdf, &prf])]);
    let digest = der(0x30, &[&algorithm, &der(4, &[&mac])]);
    let data = der(0x30, &[&digest, &der(4, &[b"NOT USED"]), &[2, 1, 1]]);
    der(0x30, &[version.raw, safe.raw, &data])
}

#[test]
fn pbmac1_is_checked_and_needs_a_key_length() {
    assert!(open(&with_pbmac1(Some(32)), Some("storepass")).is_ok());
    let error = open(&with_pbmac1(Some(32)), Some("nonsense")).unwrap_err();
    assert!(matches!(error, KeystoreError::WrongPassword { .. }));
    for size in [None, Some(1), Some(19)] {
        let error = open(&with_pbmac1(size), Some("storepass")).unwrap_err();
        assert!(matches!(error, KeystoreError::Damaged { .. }), "{size:?}: {error}");
        assert!(matches!(open(&with_pbmac1(size), None), Err(KeystoreError::Damaged { .. })), "without a password too");
    }
}

/// A PKCS#12 file in clear without a MAC around these safe contents.
fn plain_pkcs12(contents: &[u8]) -> Vec<u8> {
    const DATA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
    let data = |inside: &[u8]| der(0x30, &[DATA, &der(0xa0, &[&der(4, &[inside])])]);
    der(0x30, &[&[2, 1, 3], &data(&der(0x30, &[&data(contents)]))])
}

/// A bag of type 1.2.840.113549.1.12.10.1.`number`.
fn bag(number: u8, value: &[u8], attributes: &[u8]) -> Vec<u8> {
    let kind = [6, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 0x0c, 0x0a, 1, number];
    der(0x30, &[&kind, &der(0xa0, &[value]), attributes])
}

fn certificate_bag(name: &str, attributes: &[u8]) -> Vec<u8> {
    const X509: &[u8] = &[6, 10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x16, 1];
    let certificate = open(&fixture(name), None).unwrap().entries[0].certificate().unwrap().clone();
    bag(3, &der(0x30, &[X509, &der(0xa0, &[&der(4, &[certificate.der()])])]), attributes)
}

fn friendly_name(units: &[u16]) -> Vec<u8> {
    const NAME: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x14];
    let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    der(0x31, &[&der(0x30, &[NAME, &der(0x31, &[&der(0x1e, &[&bytes])])])])
}

#[test]
fn names_may_hold_surrogates_and_end_with_a_nul() {
    let name = friendly_name(&[0x61, 0xd83d, 0xdd11, 0]);
    let store = plain_pkcs12(&der(0x30, &[&certificate_bag("release.pem", &name)]));
    assert_eq!(open(&store, None).unwrap().entries[0].alias(), Some("a\u{1f511}"));
}

#[test]
fn nested_safes_are_read_and_unknown_bags_passed_over() {
    let mut contents = der(0x30, &[&certificate_bag("release.pem", &[]), &bag(4, &[5, 0], &[]), &bag(9, &[5, 0], &[])]);
    contents = der(0x30, &[&bag(6, &contents, &[]), &bag(5, &der(0x30, &[]), &[])]);
    let keystore = open(&plain_pkcs12(&contents), None).unwrap();
    let kinds: Vec<EntryKind> = keystore.entries.iter().map(Entry::kind).collect();
    assert_eq!(kinds, [EntryKind::Secret, EntryKind::Certificate]);
    for _ in 0..5 {
        contents = der(0x30, &[&bag(6, &contents, &[])]);
    }
    assert!(matches!(open(&plain_pkcs12(&contents), None), Err(KeystoreError::TooMany { .. })));
}

/// Without localKeyId the key finds its certificate by the public key, wherever it stands.
#[test]
fn a_key_finds_its_certificate_by_the_public_key() {
    let key = bag(1, &fixture("testkey.pk8"), &[]);
    let contents = der(0x30, &[&certificate_bag("chain.pem", &[]), &key, &certificate_bag("testkey.x509.pem", &[])]);
    let keystore = open(&plain_pkcs12(&contents), None).unwrap();
    assert!(keystore.entries[0].is_key());
    let identity = keystore.entries[0].unlock(&[]).unwrap();
    let wanted = open(&fixture("testkey.x509.pem"), None).unwrap().entries[0].certificate().unwrap().clone();
    assert_eq!(identity.chain(), [wanted]);
    assert_eq!(keystore.entries.len(), 2, "the other certificate is an entry of its own");
}

#[test]
fn a_certificate_of_another_key_is_refused() {
    let key = bag(1, &fixture("testkey.pk8"), &[]);
    let store = plain_pkcs12(&der(0x30, &[&key, &certificate_bag("chain.pem", &[])]));
    let error = open(&store, None).unwrap().entries[0].unlock(&[]).unwrap_err();
    assert_eq!(error.to_string(), "the certificate does not belong to this private key");
    let store = plain_pkcs12(&der(0x30, &[&key]));
    let error = open(&store, None).unwrap().entries[0].unlock(&[]).unwrap_err();
    assert_eq!(error.to_string(), "\"1\" has no certificate");
}

#[test]
fn pem_in_the_shapes_that_people_have() {
    let pem = String::from_utf8(fixture("release.pem")).unwrap();
    let wanted = open(pem.as_bytes(), None).unwrap().entries[0].certificate().unwrap().clone();
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(pem.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let shapes = [
        pem.replace('\n', "\r\n").into_bytes(),
        pem.replace('\n', " ").into_bytes(),
        pem.replace('\n', "\\n").into_bytes(),
        format!("\u{feff}\n\nsubject=CN=\u{e4}\n{pem}").into_bytes(),
        pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE").into_bytes(),
        pem.lines().filter(|line| !line.starts_with('-')).collect::<String>().into_bytes(),
        utf16,
    ];
    for shape in shapes {
        let keystore =
            open(&shape, None).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&shape)));
        assert_eq!(keystore.entries[0].certificate(), Some(&wanted));
    }
}

/// `certutil -encode` names every file a certificate.
#[test]
fn a_keystore_inside_a_certificate_block() {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(fixture("small.jks"));
    let pem = format!("-----BEGIN CERTIFICATE-----\r\n{text}\r\n-----END CERTIFICATE-----\r\n");
    let keystore = open(pem.as_bytes(), Some("storepass")).unwrap();
    assert_eq!((keystore.format, keystore.notes.as_slice()), (Format::Jks, [Note::DecodedBase64].as_slice()));
}

#[test]
fn ed25519_shows_its_fingerprint_but_cannot_sign() {
    let certificate = open(&fixture("../keys/ed25519.crt.pem"), None).unwrap();
    assert!(certificate.entries[0].certificate().is_some());
    let error = private_key(&fixture("../keys/ed25519.key.pem"), &[], &KdfBudget::default()).unwrap_err();
    assert!(error.to_string().starts_with("Ed25519 keys cannot sign an app"), "{error}");
}

#[test]
fn bytes_behind_a_keystore_are_ignored_with_a_note() {
    for name in ["small.jks", "one-iteration.p12", "release.bks"] {
        let bytes = [fixture(name).as_slice(), b"\n"].concat();
        let keystore = open(&bytes, Some("storepass")).unwrap();
        assert!(keystore.notes.contains(&Note::TrailingBytes(1)), "{name}");
    }
}

/// A sealed secret key as `javax.crypto.SealedObject` serializes it, between two entries.
#[test]
fn a_sealed_secret_key_is_walked_over() {
    let class = |name: &str, fields: &[u8], count: u8| {
        let length = u8::try_from(name.len()).unwrap();
        [&[0x72, 0, length], name.as_bytes(), &[7; 8], &[2, 0, count], fields, &[0x78]].concat()
    };
    // Two byte arrays and two strings; the type names of the second of each are references.
    let fields = [
        b"[\0\x01a\x74\0\x02[B".as_slice(),
        b"[\0\x01b\x71\0\x7e\0\x02".as_slice(),
        b"L\0\x01c\x74\0\x12Ljava/lang/String;".as_slice(),
        b"L\0\x01d\x71\0\x7e\0\x03".as_slice(),
    ];
    let parent = [class("javax.crypto.SealedObject", &fields.concat(), 4), vec![0x70]].concat();
    let object = [vec![0x73], class("com.sun.crypto.provider.SealedObjectForKeyProtector", &[], 0), parent].concat();
    let array = [vec![0x75], class("[B", &[], 0), vec![0x70, 0, 0, 0, 3, 1, 2, 3]].concat();
    let again = b"\x75\x71\0\x7e\0\x05\0\0\0\x02\x05\x06";
    let strings = b"\x74\0\x03PBE\x71\0\x7e\0\x08";
    let serialized = [b"\xac\xed\0\x05".as_slice(), &object, &array, again, strings].concat();
    let secret = [b"\0\0\0\x03\0\x03aes\0\0\0\0\0\0\0\0".as_slice(), &serialized].concat();
    let certificate = open(&fixture("release.der"), None).unwrap().entries[0].certificate().unwrap().der().to_vec();
    let length = u32::try_from(certificate.len()).unwrap().to_be_bytes();
    let trusted = [b"\0\0\0\x02\0\x02ca\0\0\0\0\0\0\0\0\0\x05X.509".as_slice(), &length, &certificate].concat();
    let store = [b"\xce\xce\xce\xce\0\0\0\x02\0\0\0\x02".as_slice(), &secret, &trusted, &[0; 20]].concat();
    let keystore = open(&store, None).unwrap_or_else(|error| panic!("{error:?} {}", hex(&serialized)));
    let kinds: Vec<_> = keystore.entries.iter().map(|entry| (entry.alias().unwrap(), entry.kind())).collect();
    assert_eq!(kinds, [("aes", EntryKind::Secret), ("ca", EntryKind::Certificate)]);
    for end in 0..serialized.len() {
        assert!(java_serial::skip(&mut crate::bytes::Reader::new(&serialized[..end])).is_err(), "cut off at {end}");
    }
}
