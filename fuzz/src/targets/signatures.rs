//! Signatures: the signing block, signers whose signature is right over whatever they say, JAR signatures, lineages, v4.

use super::{Paid, Target};
use crate::fixtures::{self, read};
use crate::parts::{self, Parts, joined, pair, signer, split_joined, split_pairs, split_prefixed, stored};
use apkkey::digest::DigestAlgorithm;
use apkkey::identity::PrivateKey;
use apkkey::signature::sign::SigningLineage;
use apkkey::signature::{Kind, Request, Signatures, Verdict, examine};
use apkkey::zip::Directory;
use base64::Engine;
use std::sync::OnceLock;

const V2: u32 = 0x7109_871a;
const V3: u32 = 0xf053_68c0;
const V31: u32 = 0x1b93_ad61;
const V32: u32 = 0x70e1_c89f;

pub fn targets() -> Vec<Target> {
    const IDS: &[&[u8]] = &[
        &V2.to_le_bytes(),
        &V3.to_le_bytes(),
        &V31.to_le_bytes(),
        &V32.to_le_bytes(),
        &0x6dff_800d_u32.to_le_bytes(),
        &0x4272_6577_u32.to_le_bytes(),
        &0x3ba0_6f8c_u32.to_le_bytes(),
        &0xbeef_f00d_u32.to_le_bytes(),
        &0x559f_8b02_u32.to_le_bytes(),
        &0x0101_u32.to_le_bytes(),
        &0x0103_u32.to_le_bytes(),
        &0x0201_u32.to_le_bytes(),
        &0x0421_u32.to_le_bytes(),
        &0x0501_u32.to_le_bytes(),
        &0xc2a6_b3ba_u32.to_le_bytes(),
    ];
    const JAR: &[&[u8]] = &[
        b"Name: ",
        b"\r\n\r\n",
        b"\n ",
        b"SHA-256-Digest: ",
        b"SHA1-Digest-Manifest: ",
        b"X-Android-APK-Signed: 2, 3\r\n",
        b"Signature-Version: 1.0\r\n",
        b"Magic: m\r\n",
        b"SHA-512-Digest-Manifest-Main-Attributes: ",
    ];
    vec![
        Target::new("signing-block", block, block_seeds).with_words(IDS),
        Target::new("signer", signed_data, signed_data_seeds).with_words(IDS),
        Target::new("jar-pkcs7", jar, jar_seeds).with_words(JAR),
        Target::new("jar-manifest", jar_signed, manifest_seeds).with_words(JAR),
        Target::new("lineage", lineage, lineage_seeds).with_words(IDS),
        Target::new("idsig", idsig, || vec![read("apk/signed-v4.apk.idsig")]).with_words(IDS),
    ]
}

fn look(apk: &[u8], request: &Request) -> Option<Signatures> {
    let directory = Directory::read(&apk).ok()?;
    examine(&apk, &directory, request).ok()
}

/// What is said about a signature must be whole whatever stands in the file.
fn judge(signatures: &Signatures) {
    if signatures.verdict == Verdict::Verified {
        assert!(signatures.problems.is_empty());
        assert!(!signatures.signers.is_empty());
    }
    for problem in signatures.problems.iter().chain(&signatures.warnings).chain(&signatures.notes) {
        assert!(apkkey::signature::RULES.iter().any(|rule| rule.id == problem.id), "{} is no rule", problem.id);
    }
}

/// A small app with all schemes, signed by an EC key, its own and a rotated one.
fn base() -> &'static Parts {
    static BASE: OnceLock<Parts> = OnceLock::new();
    BASE.get_or_init(|| Parts::of(&signed_apps()[0]))
}

fn signed_apps() -> Vec<Vec<u8>> {
    let rotated = |rotation| {
        parts::signed(
            |request| {
                request.schemes.v1 = Some(false);
                let new = request.signers[0].clone();
                let old = apkkey::signature::sign::Signer { identity: fixtures::identity("ec-p384"), ..new.clone() };
                request.signers = vec![old, new];
                request.lineage = Some(parts::lineage());
                request.rotation_min_sdk = rotation;
            },
            "ec-p256",
        )
    };
    let plain = parts::signed(|request| request.schemes.v1 = Some(false), "ec-p256");
    let verity = parts::signed(
        |request| {
            request.schemes.v1 = Some(false);
            request.verity = true;
        },
        "ec-p256",
    );
    vec![plain, rotated(28), rotated(33), verity]
}

fn block_seeds() -> Vec<Vec<u8>> {
    let fixtures =
        ["signed-v2-only", "signed-v3-only", "rotated-v3-twice", "source-stamp", "two-signers", "signed-dsa-2048"];
    let mut seeds: Vec<_> = fixtures.iter().map(|name| Parts::of(&read(&format!("apk/{name}.apk"))).pairs).collect();
    seeds.extend(signed_apps().iter().map(|apk| Parts::of(apk).pairs));
    seeds
}

fn block(data: &[u8]) -> Paid {
    let apk = base().with_pairs(data);
    for level in [24, 28, 33] {
        if let Some(signatures) = look(&apk, &Request::for_apk(level)) {
            judge(&signatures);
        }
    }
    Paid::default()
}

fn key() -> &'static (PrivateKey, Vec<u8>) {
    static KEY: OnceLock<(PrivateKey, Vec<u8>)> = OnceLock::new();
    KEY.get_or_init(|| (fixtures::key("ec-p256"), fixtures::certificate("ec-p256").public_key_info().unwrap().to_vec()))
}

/// The first byte chooses the scheme, the rest is signed data.
fn signed_data_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for apk in signed_apps() {
        let parts = Parts::of(&apk);
        for (id, value) in split_pairs(&parts.pairs) {
            let Some(scheme) = [V2, V3, V31, V32].iter().position(|one| *one == id) else { continue };
            let signer =
                split_prefixed(value).and_then(|(signers, _)| split_prefixed(signers)).map(|(signer, _)| signer);
            let signed = signer.and_then(split_prefixed).map(|(signed, _)| signed).unwrap();
            seeds.push([&[scheme as u8], signed].concat());
        }
    }
    seeds
}

/// A signer that signed nonsense: everything behind the signature check is reached.
fn signed_data(data: &[u8]) -> Paid {
    let Some((scheme, signed)) = data.split_first() else { return Paid::default() };
    let id = [V2, V3, V31, V32][usize::from(scheme & 3)];
    let (key, public) = key();
    // in v3 the range outside is the one inside: behind digests and certificates
    let range = split_prefixed(signed).and_then(|(_, rest)| split_prefixed(rest)).and_then(|(_, rest)| {
        let (min, rest) = rest.split_first_chunk::<4>()?;
        Some([u32::from_le_bytes(*min), u32::from_le_bytes(*rest.first_chunk::<4>()?)])
    });
    let range = (id != V2).then(|| range.unwrap_or([28, i32::MAX as u32]));
    let value = signer(signed, range, key, public);
    let apk = base().with_pairs(&pair(id, &value));
    for level in [24, 33] {
        if let Some(signatures) = look(&apk, &Request::for_apk(level)) {
            judge(&signatures);
        }
    }
    Paid::default()
}

fn jar_files(apk: &[u8]) -> Vec<Vec<u8>> {
    let directory = Directory::read(&apk).unwrap();
    let of = |ending: &[&str]| {
        let entry = directory.entries().iter().find(|entry| {
            entry.name.starts_with("META-INF/") && ending.iter().any(|ending| entry.name.ends_with(ending))
        });
        directory.contents(&apk, entry.unwrap(), 1 << 20).unwrap()
    };
    vec![of(&[".RSA", ".EC", ".DSA"]), of(&[".SF"]), of(&["MANIFEST.MF"])]
}

fn jar_seeds() -> Vec<Vec<u8>> {
    let names = [
        "apk/signed-v1-only.apk",
        "apk/signed-ec-p256.apk",
        "apk/signed-dsa-2048.apk",
        "apk/signed-chain.apk",
        "aab/demo-release.aab",
    ];
    names.iter().map(|name| joined(&jar_files(&read(name)))).collect()
}

fn jar_apk(block: &[u8], file: &[u8], manifest: &[u8]) -> Vec<u8> {
    stored(&[
        ("META-INF/MANIFEST.MF", manifest),
        ("META-INF/CERT.SF", file),
        ("META-INF/CERT.RSA", block),
        ("a.txt", b"a"),
        ("res/b.txt", b"b"),
    ])
}

fn look_at_jar(apk: &[u8]) {
    for request in [Request::for_apk(16), Request::for_apk(24), Request::for_bundle()] {
        if let Some(signatures) = look(apk, &request) {
            judge(&signatures);
            assert!(request.kind == Kind::Bundle || signatures.device.len() <= 64);
        }
    }
}

fn jar(data: &[u8]) -> Paid {
    let [block, file, manifest] = split_joined(data);
    look_at_jar(&jar_apk(block, file, manifest));
    Paid::default()
}

fn base64_of(digest: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(digest)
}

fn manifest_seeds() -> Vec<Vec<u8>> {
    let digest = |data: &[u8]| base64_of(&apkkey::digest::sha256(data));
    let manifest = format!(
        "Manifest-Version: 1.0\r\n\r\nName: a.txt\r\nSHA-256-Digest: {}\r\n\r\nName: res/b.txt\r\nSHA-256-Digest: {}\r\n\r\n",
        digest(b"a"),
        digest(b"b")
    );
    let file = format!("Signature-Version: 1.0\r\nSHA-256-Digest-Manifest: {}\r\n\r\n", digest(manifest.as_bytes()));
    vec![joined(&[file.into_bytes(), manifest.into_bytes()])]
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len() as u32;
    let header =
        if length < 128 { vec![tag, length as u8] } else { [&[tag, 0x84][..], &length.to_be_bytes()].concat() };
    [header, content].concat()
}

/// A PKCS#7 block whose EC signature over `file` is right.
fn pkcs7(file: &[u8]) -> Vec<u8> {
    let certificate = fixtures::certificate("ec-p256");
    let sha256 = tlv(0x30, &[&tlv(6, &[b"\x60\x86\x48\x01\x65\x03\x04\x02\x01"]), b"\x05\x00"]);
    let ecdsa = tlv(0x30, &[&tlv(6, &[b"\x2a\x86\x48\xce\x3d\x04\x03\x02"])]);
    let issuer = certificate.issuer_der().unwrap().to_vec();
    let serial = tlv(2, &[certificate.serial_content().unwrap()]);
    let signature = key().0.sign(DigestAlgorithm::Sha256, file).unwrap();
    let signer =
        tlv(0x30, &[b"\x02\x01\x01", &tlv(0x30, &[&issuer, &serial]), &sha256, &ecdsa, &tlv(4, &[&signature])]);
    let data = tlv(0x30, &[&tlv(6, &[b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"])]);
    let signed = tlv(
        0x30,
        &[b"\x02\x01\x01", &tlv(0x31, &[&sha256]), &data, &tlv(0xa0, &[certificate.der()]), &tlv(0x31, &[&signer])],
    );
    tlv(0x30, &[&tlv(6, &[b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"]), &tlv(0xa0, &[&signed])])
}

/// A signature file that is signed whatever it says, and a manifest whose digest it mostly names.
fn jar_signed(data: &[u8]) -> Paid {
    let [file, manifest] = split_joined(data);
    let digest = base64_of(&apkkey::digest::sha256(manifest));
    let mut file = file.to_vec();
    // the old digest, if it still stands where it stood
    let mark = b"SHA-256-Digest-Manifest: ";
    if let Some(at) = file.windows(mark.len()).position(|window| window == mark)
        && let Some(place) = file.get_mut(at + mark.len()..at + mark.len() + digest.len())
    {
        place.copy_from_slice(digest.as_bytes());
    }
    let apk = jar_apk(&pkcs7(&file), &file, manifest);
    look_at_jar(&apk);
    Paid::default()
}

fn lineage_seeds() -> Vec<Vec<u8>> {
    vec![
        read("apk/release-to-rotated-1.lineage"),
        read("apk/release-to-rotated-2.lineage"),
        parts::lineage().to_file(),
        parts::lineage().encode(),
    ]
}

fn lineage(data: &[u8]) -> Paid {
    for read in [SigningLineage::from_file(data), SigningLineage::decode(data), SigningLineage::read(&data)] {
        let Ok(lineage) = read else { continue };
        assert!(lineage.certificates().count() <= apkkey::limits::LINEAGE_LENGTH);
        assert!(SigningLineage::from_file(&lineage.to_file()).is_ok_and(|again| again == lineage));
    }
    Paid::default()
}

/// The v4 signature of an app, beside the app.
fn idsig(data: &[u8]) -> Paid {
    static APK: OnceLock<Vec<u8>> = OnceLock::new();
    let apk = APK.get_or_init(|| read("apk/signed-v4.apk"));
    let mut request = Request::for_apk(28);
    request.v4_signature = Some(data.to_vec());
    if let Some(signatures) = look(apk, &request) {
        judge(&signatures);
        let told = !signatures.problems.is_empty() || !signatures.warnings.is_empty();
        assert!(told || data == read("apk/signed-v4.apk.idsig"), "a changed v4 signature passes");
    }
    Paid::default()
}
