//! `apkkey fingerprint --form`: the values for Amazon's form.

use crate::sandbox::{Ran, Sandbox, fixture};
use apkkey::certificate::Certificate;
use apkkey::identity::{PrivateKey, SigningIdentity};
use apkkey::signature::sign::{SchemeChoice, Signer, SigningRequest, sign};
use apkkey::signature::signing_block_range;
use apkkey::source::{Piece, ReadAt};
use apkkey::zip::{Directory, Edit};
use base64::Engine;
use std::ops::Range;

const RELEASE_MD5: &str = "B8:F6:97:AE:0F:39:80:1D:53:11:31:5F:79:82:08:B6";
const UPLOAD_MD5: &str = "CE:68:A8:F4:06:7D:AD:3C:3C:74:26:46:88:84:5F:C3";
const UPLOAD_SHA256: &str =
    "BB:04:ED:79:67:A1:9E:B5:57:60:5B:56:FD:E0:FB:4E:72:88:B0:C7:04:5B:FB:E7:5E:4F:76:C4:E9:C1:12:68";

/// The bytes of a PEM file.
fn pem(name: &str) -> Vec<u8> {
    let text = String::from_utf8(fixture(name)).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
}

/// The demo app, signed by one key with v2 or v3 alone.
fn signed(name: &str, (v2, v3): (bool, bool)) -> Vec<u8> {
    let key = PrivateKey::from_pkcs8(&pem(&format!("keys/{name}.key.pem"))).unwrap();
    let certificate = Certificate::from_der(pem(&format!("keys/{name}.crt.pem"))).unwrap();
    let identity = SigningIdentity::new(key, vec![certificate]).unwrap();
    let schemes = SchemeChoice { v1: Some(false), v2: Some(v2), v3: Some(v3), v4: false };
    let signer = Signer { identity, name: name.to_owned(), min_sdk: None };
    let request = SigningRequest { schemes, ..SigningRequest::for_apk(signer, 24) };
    let file = fixture("apk/demo-unsigned.apk");
    let plan = sign(&file, &Directory::read(&file).unwrap(), &Edit::default(), &request).unwrap();
    let bytes = |piece| match piece {
        Piece::Copy(range) => file.bytes(range).unwrap(),
        Piece::Bytes(bytes) => bytes,
    };
    plan.rewritten.pieces().flat_map(bytes).collect()
}

fn block(file: &[u8]) -> Range<usize> {
    let range = signing_block_range(&file, &Directory::read(&file).unwrap()).unwrap();
    usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()
}

/// A pair of the signing block, with its length.
fn pair(file: &[u8], id: u32) -> Vec<u8> {
    let block = &file[block(file)];
    let mut pairs = &block[8..block.len() - 24];
    while !pairs.is_empty() {
        let length = 8 + usize::try_from(u64::from_le_bytes(pairs[..8].try_into().unwrap())).unwrap();
        let (pair, rest) = pairs.split_at(length);
        if pair[8..12] == id.to_le_bytes() {
            return pair.to_vec();
        }
        pairs = rest;
    }
    panic!("no pair {id:x}");
}

/// An app that Android 7 and 8 take for signed by `release` (v2), and Android 9 and later by `upload` (v3).
pub(crate) fn signed_differently() -> Vec<u8> {
    let (old, new) = (signed("release", (true, false)), signed("upload", (false, true)));
    let pairs = [pair(&old, 0x7109_871a), pair(&new, 0xf053_68c0)].concat();
    let size = u64::try_from(pairs.len() + 24).unwrap().to_le_bytes();
    let place = block(&old);
    let made = [&size[..], &pairs, &size, b"APK Sig Block 42"].concat();
    let mut file = [&old[..place.start], &made, &old[place.end..]].concat();
    let end = file.len() - 22;
    let directory = u32::try_from(place.start + made.len()).unwrap();
    file[end + 16..end + 20].copy_from_slice(&directory.to_le_bytes());
    file
}

fn form(files: &[&str], arguments: &[&str]) -> Ran {
    let sandbox = files.iter().fold(Sandbox::new(), |sandbox, file| sandbox.with(file));
    sandbox.with_bytes("differs.apk", &signed_differently()).run(&[&["fingerprint", "--form"], arguments].concat())
}

#[test]
fn an_app_has_everything_that_the_form_wants() {
    let ran = form(&["apk/demo-release.apk"], &["demo-release.apk"]).code(0);
    let wanted = [
        "API Key Name      release-com.example.apkkeydemo",
        "Package           com.example.apkkeydemo",
        &format!("MD5 Signature     {RELEASE_MD5}"),
        "SHA256 Signature  AA:6D",
    ];
    let places: Vec<usize> = wanted.iter().map(|line| ran.stdout.find(line).unwrap()).collect();
    assert!(places.is_sorted(), "in the order of the form: {}", ran.stdout);
    form(&["apk/demo-debug.apk"], &["demo-debug.apk"]).code(0).says("debug-com.example.apkkeydemo");
    form(&["apk/rotated-v3.apk"], &["rotated-v3.apk"]).code(0).says(RELEASE_MD5);
    form(&["apk/two-signers.apk"], &["two-signers.apk"]).code(0).says("a key for one of them is enough");
    form(&["apk/demo-unsigned.apk"], &["demo-unsigned.apk"]).code(2).complains("the file is not signed");
}

#[test]
fn each_certificate_that_devices_report_has_a_form_of_its_own() {
    let ran = form(&[], &["differs.apk", "--format=json"]).code(0);
    let forms = ran.json()["files"][0]["forms"].clone();
    let of = |index: usize| {
        let form = &forms[index];
        let text = |name: &str| form[name].as_str().unwrap().to_owned();
        (text("api_key_name"), text("md5"), form["min_sdk"].as_u64(), form["max_sdk"].as_u64())
    };
    // the lowest versions would refuse the app: it has no v1 signature
    let sdk = |index: usize| (of(index).2, of(index).3);
    assert_eq!((sdk(0), sdk(1)), ((Some(24), Some(27)), (Some(28), None)), "{forms}");
    assert_eq!((of(0).0.as_str(), of(0).1.as_str()), ("release-api-24-com.example.apkkeydemo", RELEASE_MD5));
    assert_eq!((of(1).0.as_str(), of(1).1.as_str()), ("release-api-28-com.example.apkkeydemo", UPLOAD_MD5));
    form(&[], &["differs.apk"]).says("For the app signed by CN=apkkey demo upload, on Android API 28 and later:");
    form(&[], &["differs.apk"]).says("no one key fits all Android versions");
    form(&[], &["differs.apk", "--sdk=30"]).code(0).says(UPLOAD_MD5).silent_about(RELEASE_MD5);
}

#[test]
fn a_store_needs_a_key_for_its_own_certificate() {
    let digests = ["--cert-md5", UPLOAD_MD5, "--cert-sha256", UPLOAD_SHA256];
    let files = ["apk/demo-release.apk", "aab/demo-release.aab", "keys/upload.crt.pem"];
    let run = |more: &[&str]| form(&files, more);
    let both = run(&[&["demo-release.apk", "--store=amazon"], &digests[..]].concat()).code(0);
    both.says(RELEASE_MD5)
        .says("as the Amazon Appstore delivers it")
        .says("amazon-com.example.apkkeydemo")
        .says(UPLOAD_MD5);
    let bundle = run(&["demo-release.aab", "--store=play", "--cert=upload.crt.pem"]).code(0);
    bundle.says("play-com.example.apkkeydemo").says(UPLOAD_SHA256);
    run(&["demo-release.apk", "--store=amazon"]).code(0).says("Appstore Certificate Hashes");
    // the certificate in a bundle signs the upload only
    let ran = run(&["demo-release.aab"]).code(2).complains("signed again by the store").complains("App signing");
    assert_eq!(ran.stdout, "");
    run(&["demo-release.aab", "--store=play"]).code(2).complains("App signing");
    let half = ["demo-release.apk", "--store=amazon", "--cert-md5", UPLOAD_MD5];
    run(&half).code(2).complains("the form wants both digests");
    run(&["demo-release.apk", "--cert-md5", UPLOAD_MD5]).code(2).complains("--store");
}

#[test]
fn a_keystore_needs_the_package() {
    let files =
        ["keystore/release.jks", "keystore/debug.keystore", "keystore/several-aliases.jks", "apk/demo-release.apk"];
    let run = |more: &[&str]| form(&files, more);
    run(&["release.jks"]).code(2).complains("does not tell the package").complains("--package");
    run(&["release.jks", "--package=com.a"]).code(0).says("release-com.a").says(RELEASE_MD5);
    run(&["debug.keystore", "--package=com.a"]).code(0).says("debug-com.a");
    run(&["several-aliases.jks", "--package=com.a"]).code(2).complains("--ks-key-alias");
    let upload = run(&["several-aliases.jks", "--package=com.a", "--ks-key-alias=upload"]).code(0);
    upload.says("upload-com.a").says(UPLOAD_MD5);
    run(&["release.jks", "--package=com.amazon.a"]).code(0).says("contains `amazon`");
    run(&["demo-release.apk", "--package=com.a"]).code(2).complains("the app is `com.example.apkkeydemo`");
    // one file that cannot be read does not hide the others
    run(&["none.apk", "demo-release.apk"]).code(2).says(RELEASE_MD5).complains("none.apk: there is no such file");
}
