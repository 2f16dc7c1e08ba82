//! What is signed here is verified by the verifier, and equals what apksigner made.

use super::*;
use crate::identity::{PrivateKey, SigningIdentity};
use crate::signature::testing::{certificate, fixture, pair, replace_block, signing_block};
use crate::signature::{Depth, Request, SdkRange, Signatures, Verdict, examine};
use crate::source::Piece;
use crate::zip::{Alignment, NewEntry};
use base64::Engine;

fn identity(name: &str) -> SigningIdentity {
    let pem = String::from_utf8(fixture(&format!("keys/{name}.key.pem"))).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = base64::engine::general_purpose::STANDARD.decode(base64).unwrap();
    let chain = if name == "chain-leaf" {
        ["chain-leaf", "chain-intermediate", "chain-root"].map(certificate).to_vec()
    } else {
        vec![certificate(name)]
    };
    SigningIdentity::new(PrivateKey::from_pkcs8(&key).unwrap(), chain).unwrap()
}

fn signer(name: &str) -> Signer {
    Signer { identity: identity(name), name: name.to_owned(), min_sdk: None }
}

fn only(v1: bool, v2: bool, v3: bool) -> SchemeChoice {
    SchemeChoice { v1: Some(v1), v2: Some(v2), v3: Some(v3), v4: false }
}

fn plan(file: &[u8], request: &SigningRequest) -> Result<SignedPlan, SignError> {
    let file = file.to_vec();
    sign(&file, &Directory::read(&file).unwrap(), &Edit::default(), request)
}

/// What is known before the signatures are made.
fn with_unsigned<T>(file: &[u8], request: &SigningRequest, look: impl Fn(&Unsigned<'_>) -> T) -> T {
    let file = file.to_vec();
    look(&prepare(&file, &Directory::read(&file).unwrap(), &Edit::default(), request).unwrap())
}

fn written(file: &[u8], plan: SignedPlan) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in plan.rewritten.pieces() {
        match piece {
            Piece::Copy(range) => out.extend(file.bytes(range).unwrap()),
            Piece::Bytes(bytes) => out.extend(bytes),
        }
    }
    out
}

fn signed(file: &[u8], request: &SigningRequest) -> Vec<u8> {
    written(file, plan(file, request).unwrap())
}

fn verified(file: &[u8], min_sdk: u32) -> Signatures {
    let file = file.to_vec();
    let directory = Directory::read(&file).unwrap();
    let found = examine(&file, &directory, &Request::for_apk(min_sdk).with_depth(Depth::Full)).unwrap();
    assert_eq!(found.verdict, Verdict::Verified, "{:?}", found.problems);
    assert_eq!(found.warnings, []);
    found
}

#[test]
fn signing_again_gives_apksigner_s_bytes() {
    let cases = [
        ("signed-v1-only", vec!["release"], only(true, false, false), 21),
        ("signed-v2-only", vec!["release"], only(false, true, false), 24),
        ("signed-v3-only", vec!["release"], only(false, false, true), 28),
        ("demo-release", vec!["release"], SchemeChoice::default(), 21),
        ("signed-rsa-4096", vec!["rsa-4096"], SchemeChoice::default(), 21),
        ("signed-chain", vec!["chain-leaf"], SchemeChoice::default(), 21),
        ("two-signers", vec!["release", "upload"], SchemeChoice::default(), 21),
    ];
    for (name, signers, schemes, min_sdk) in cases {
        let file = fixture(&format!("apk/{name}.apk"));
        let mut request = SigningRequest::for_apk(signer(signers[0]), min_sdk);
        request.signers = signers.into_iter().map(signer).collect();
        request.schemes = schemes;
        request.alignment = Alignment::Preserved { library_page: 4096 };
        assert!(signed(&file, &request) == file, "{name}");
    }
}

#[test]
fn a_v4_signature_has_apksigner_s_bytes() {
    let file = fixture("apk/signed-v4.apk");
    let mut request = SigningRequest::for_apk(signer("release"), 24);
    request.schemes.v4 = true;
    request.alignment = Alignment::Preserved { library_page: 4096 };
    let made = plan(&file, &request).unwrap();
    assert!(made.idsig.clone().unwrap() == fixture("apk/signed-v4.apk.idsig"));
    assert!(written(&file, made) == file);
}

#[test]
fn all_keys_sign_all_schemes_and_always_the_same() {
    let file = fixture("apk/demo-unsigned.apk");
    for name in ["release", "rsa-4096", "ec-p256", "ec-p384", "dsa-2048"] {
        for (schemes, min_sdk) in [
            (SchemeChoice::default(), 21),
            (only(true, false, false), 19),
            (only(false, true, false), 24),
            (only(false, false, true), 28),
            (only(false, true, true), 24),
        ] {
            for verity in [false, true] {
                let mut request = SigningRequest::for_apk(signer(name), min_sdk);
                (request.schemes, request.verity) = (schemes, verity);
                let once = signed(&file, &request);
                let found = verified(&once, min_sdk.max(21));
                assert_eq!(found.signers[0].certificate, certificate(name));
                assert!(signed(&file, &request) == once, "{name}");
            }
        }
    }
}

#[test]
fn an_edit_and_the_signature_are_one_step() {
    let file = fixture("apk/demo-nokey-unsigned.apk");
    let directory = Directory::read(&file).unwrap();
    let added = vec![NewEntry { name: "assets/api_key.txt".to_owned(), contents: b"key".to_vec() }];
    let edit = Edit { added, ..Edit::default() };
    let made = sign(&file, &directory, &edit, &SigningRequest::for_apk(signer("release"), 21)).unwrap();
    assert_eq!(made.schemes, [Scheme::V1, Scheme::V2, Scheme::V3]);
    assert!(made.rewritten.untouched > file.size() / 2, "the prefix is copied as it is");
    let made = written(&file, made);
    verified(&made, 21);
    let directory = Directory::read(&made).unwrap();
    let entry = directory.find("assets/api_key.txt").unwrap();
    assert_eq!(directory.contents(&made, entry, 10).unwrap(), b"key");
}

fn lineage(names: &[&str]) -> SigningLineage {
    let mut lineage = SigningLineage::begin(&identity(names[0]), Capabilities::default()).unwrap();
    for pair in names.windows(2) {
        lineage = lineage.extend(&identity(pair[0]), &identity(pair[1]), Capabilities::default()).unwrap();
    }
    lineage
}

#[test]
fn a_lineage_has_apksigner_s_bytes() {
    let once = fixture("apk/release-to-rotated-1.lineage");
    assert!(lineage(&["release", "rotated-1"]).to_file() == once);
    let twice = fixture("apk/release-to-rotated-2.lineage");
    assert!(lineage(&["release", "rotated-1", "rotated-2"]).to_file() == twice);
    let read = SigningLineage::from_file(&twice).unwrap();
    assert!(read.to_file() == twice);
    assert_eq!(read.certificates().map(|(_, able)| able).collect::<Vec<_>>(), [Capabilities::default(); 3]);
}

#[test]
fn a_lineage_file_is_verified() {
    let file = fixture("apk/release-to-rotated-1.lineage");
    for end in 0..file.len() {
        assert!(SigningLineage::from_file(&file[..end]).is_err());
    }
    let mut changed = file.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert!(matches!(SigningLineage::from_file(&changed), Err(SignError::Lineage(_))));
    let lineage = SigningLineage::from_file(&file).unwrap();
    let able = Capabilities::default();
    assert!(lineage.extend(&identity("release"), &identity("upload"), able).is_err(), "not the newest");
    assert!(lineage.extend(&identity("rotated-1"), &identity("release"), able).is_err(), "already there");
}

fn rotated(names: &[&str], history: &[&str]) -> SigningRequest {
    let mut request = SigningRequest::for_apk(signer(names[0]), 21);
    request.signers = names.iter().map(|name| signer(name)).collect();
    request.lineage = Some(lineage(history));
    request
}

/// Scheme, certificate's name and API levels of the signers of the signing block.
fn ranges(found: &Signatures) -> Vec<(Scheme, SdkRange)> {
    let signers = found.signers.iter().filter(|signer| signer.scheme >= Scheme::V3);
    let mut ranges: Vec<_> =
        signers.map(|signer| (signer.scheme, SdkRange { min: signer.min_sdk.unwrap(), max: signer.max_sdk })).collect();
    ranges.sort();
    ranges
}

#[test]
fn a_rotated_key_counts_from_android_13_on() {
    let file = fixture("apk/demo-unsigned.apk");
    let found = verified(&signed(&file, &rotated(&["release", "rotated-1"], &["release", "rotated-1"])), 21);
    let v3 = (Scheme::V3, SdkRange { min: 24, max: Some(32) });
    assert_eq!(ranges(&found), [v3, (Scheme::V31, SdkRange { min: 33, max: None })]);
    assert_eq!(found.lineage, ["release", "rotated-1"].map(certificate));
    for device in &found.device {
        assert_eq!(device.certificates, [certificate("release")]);
    }
}

#[test]
fn a_rotated_key_can_count_from_android_9_on() {
    let file = fixture("apk/demo-unsigned.apk");
    let mut request = rotated(&["rotated-1", "release"], &["release", "rotated-1"]);
    request.rotation_min_sdk = 32;
    let found = verified(&signed(&file, &request), 21);
    assert_eq!(ranges(&found), [(Scheme::V3, SdkRange { min: 28, max: None })]);
}

#[test]
fn each_key_of_a_lineage_can_have_its_android_versions() {
    let file = fixture("apk/demo-unsigned.apk");
    let history = ["release", "rotated-1", "rotated-2"];
    let mut request = rotated(&history, &history);
    request.signers[2].min_sdk = Some(35);
    request.schemes.v4 = true;
    let made = plan(&file, &request).unwrap();
    assert!(made.idsig.is_some());
    let found = verified(&written(&file, made), 21);
    let v31 = |min, max| (Scheme::V31, SdkRange { min, max });
    let v3 = (Scheme::V3, SdkRange { min: 24, max: Some(32) });
    assert_eq!(ranges(&found), [v3, v31(33, Some(34)), v31(35, None)]);
}

#[test]
fn the_new_key_alone_signs_only_what_it_covers() {
    let file = fixture("apk/demo-unsigned.apk");
    let mut request = rotated(&["rotated-1"], &["release", "rotated-1"]);
    assert!(matches!(plan(&file, &request), Err(SignError::Signers { scheme: Scheme::V1, .. })));
    request.schemes = only(false, false, true);
    assert!(matches!(plan(&file, &request), Err(SignError::Signers { scheme: Scheme::V3, .. })));
    request.min_sdk = 33;
    let found = verified(&signed(&file, &request), 33);
    assert_eq!(found.device[0].certificates, [certificate("release")]);
}

#[test]
fn a_bundle_has_a_jar_signature() {
    for name in ["demo-unsigned", "demo-release", "entry-added-after-signing"] {
        let file = fixture(&format!("aab/{name}.aab"));
        for key in ["upload", "ec-p256"] {
            let made = plan(&file, &SigningRequest::for_bundle(signer(key))).unwrap();
            assert_eq!(made.schemes, [Scheme::V1]);
            let made = written(&file, made);
            let found = examine(&made, &Directory::read(&made).unwrap(), &Request::for_bundle()).unwrap();
            assert_eq!(found.verdict, Verdict::Verified, "{:?}", found.problems);
            assert_eq!(found.signers.len(), 1);
            assert_eq!(found.signers[0].certificate, certificate(key));
        }
    }
}

#[test]
fn the_check_of_the_written_file_notices_each_changed_byte() {
    let file = fixture("apk/demo-unsigned.apk");
    let request = SigningRequest::for_apk(signer("release"), 21);
    let made = plan(&file, &request).unwrap();
    let check = made.check_request(&request);
    assert!(check.entry_digests.is_some());
    let good = written(&file, made);
    let verdict = |file: &[u8]| {
        let file = file.to_vec();
        let directory = Directory::read(&file).ok()?;
        let found = examine(&file, &directory, &check).unwrap();
        (found.warnings.is_empty()).then_some(found.verdict)
    };
    assert_eq!(verdict(&good), Some(Verdict::Verified));
    for at in (0..good.len()).step_by(37) {
        let mut changed = good.clone();
        changed[at] ^= 0x10;
        assert_ne!(verdict(&changed), Some(Verdict::Verified), "byte {at}");
    }
}

#[test]
fn old_signatures_and_stamps_go() {
    let file = fixture("apk/source-stamp.apk");
    let request = SigningRequest::for_apk(signer("ec-p256"), 21);
    assert!(with_unsigned(&file, &request, |made| made.removed().contains(&STAMP_ENTRY.to_owned())));
    let found = verified(&signed(&file, &request), 21);
    assert!(found.source_stamp.is_none());
    assert!(found.signers.iter().all(|signer| signer.certificate == certificate("ec-p256")));
}

#[test]
fn unknown_pairs_are_dropped_by_name_or_kept() {
    let old = signing_block(&[pair(0x504b_4453, b"dependencies"), pair(0x7109_871a, b"old")]);
    let file = replace_block(&fixture("apk/signed-v2-only.apk"), &old);
    let mut request = SigningRequest::for_apk(signer("release"), 24);
    assert_eq!(with_unsigned(&file, &request, |made| made.dropped_pairs().to_vec()), [0x504b_4453]);
    assert_eq!(verified(&signed(&file, &request), 24).unknown_pairs, [0; 0]);
    request.keep_unknown_pairs = true;
    assert_eq!(with_unsigned(&file, &request, |made| made.dropped_pairs().to_vec()), [0; 0]);
    let made = signed(&file, &request);
    let found = examine(&made, &Directory::read(&made).unwrap(), &Request::for_apk(24)).unwrap();
    assert_eq!((found.verdict, found.unknown_pairs), (Verdict::Verified, vec![0x504b_4453]));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let file = fixture("apk/demo-unsigned.apk");
    let refused = |change: &dyn Fn(&mut SigningRequest)| {
        let mut request = SigningRequest::for_apk(signer("release"), 21);
        change(&mut request);
        plan(&file, &request).unwrap_err().to_string()
    };
    assert_eq!(refused(&|request| request.signers.clear()), "nothing would be signed: there is no signer");
    assert_eq!(
        refused(&|request| request.schemes = only(false, false, false)),
        "nothing would be signed: all schemes are off"
    );
    let old_scheme = refused(&|request| {
        request.schemes = only(true, false, false);
        request.target_sdk = Some(30);
    });
    assert_eq!(old_scheme, "an app for API 30 needs a v2 or v3 signature");
    let several = refused(&|request| {
        request.signers.push(signer("upload"));
        request.schemes.v3 = Some(true);
    });
    assert!(several.contains("need a lineage"), "{several}");
    let same = refused(&|request| request.signers.push(signer("release")));
    assert_eq!(same, "two signers have the same name `RELEASE` in META-INF");
    let ec = refused(&|request| {
        request.signers = vec![signer("ec-p256")];
        request.min_sdk = 17;
    });
    assert_eq!(ec, "v1 cannot be signed: Android knows EC keys from API 18 on");
}

#[test]
fn everything_is_aligned_unless_it_shall_stay() {
    let file = fixture("apk/demo-unaligned-unsigned.apk");
    let misaligned = |file: &[u8]| {
        let file = file.to_vec();
        let directory = Directory::read(&file).unwrap();
        let stored = directory.entries().iter().filter(|entry| entry.method == crate::zip::Method::STORED);
        let boundary = |name: &str| if name.ends_with(".so") { 16_384 } else { 4 };
        stored
            .filter(|entry| {
                let start = directory.local_header(&file, entry).unwrap().data.start;
                !start.is_multiple_of(boundary(&entry.name))
            })
            .count()
    };
    assert!(misaligned(&file) > 0);
    let mut request = SigningRequest::for_apk(signer("release"), 21);
    assert_eq!(misaligned(&signed(&file, &request)), 0);
    request.alignment = Alignment::Preserved { library_page: 16_384 };
    assert!(misaligned(&signed(&file, &request)) > 0);
}

#[test]
fn the_pin_list_names_what_the_app_asks_for() {
    let file = fixture("apk/demo-unsigned.apk");
    let directory = Directory::read(&file).unwrap();
    let added = vec![NewEntry {
        name: "assets/com.android.hints.pins.txt".to_owned(),
        contents: b"AndroidManifest.xml\nclasses.dex 0 10\n".to_vec(),
    }];
    let edit = Edit { added, ..Edit::default() };
    let made = written(&file, sign(&file, &directory, &edit, &SigningRequest::for_apk(signer("release"), 21)).unwrap());
    verified(&made, 21);
    let directory = Directory::read(&made).unwrap();
    let list = directory.contents(&made, directory.find("pinlist.meta").unwrap(), 1000).unwrap();
    let numbers: Vec<u64> =
        list.chunks(4).map(|chunk| u64::from(u32::from_be_bytes(chunk.try_into().unwrap()))).collect();
    let dex = directory.local_header(&made, directory.find("classes.dex").unwrap()).unwrap();
    assert!(numbers.chunks(2).any(|range| range == [dex.data.start, 10]), "{numbers:?}");
    assert_eq!(numbers.len(), 10, "data and header of both, and the rest of the file");
}
