//! Manifests, resources, DEX, settings.

use super::{Paid, Target};
use crate::fixtures::{read, with_endings};
use apkkey::dex::Dex;
use apkkey::gradle::OutputMetadata;
use apkkey::manifest::Manifest;
use apkkey::manifest::resources::{text_in_proto, text_in_table};
use apkkey::zip::Directory;
use std::collections::BTreeSet;

pub fn targets() -> Vec<Target> {
    const CHUNKS: &[&[u8]] =
        &[b"\x01\x00\x1c\x00", b"\x02\x01\x10\x00", b"\x80\x01\x08\x00", b"\x03\x00\x08\x00", b"\xff\xff\xff\xff"];
    vec![
        Target::new("axml", axml, binary_manifests).with_words(CHUNKS),
        Target::new("proto-manifest", proto, proto_manifests),
        Target::new("resources", resources, tables).with_words(CHUNKS),
        Target::new("proto-resources", proto_resources, proto_tables),
        Target::new("dex", dex, dex_files),
        Target::new("output-metadata", metadata, metadata_files),
        Target::new("toml", crate::targets::tokens::toml, crate::targets::tokens::toml_files).with_words(&[
            b"[checks]",
            b"[verify]",
            b"certificate",
            b"\"\"\"",
            b"'''",
            b"= {",
            b"store = \"amazon\"",
            b"[[",
            b"\\u0000",
        ]),
    ]
}

/// Different entries with this ending from the fixtures' archives.
fn entries(folder: &str, endings: &[&str], entry: &str) -> Vec<Vec<u8>> {
    let mut found = BTreeSet::new();
    for archive in with_endings(folder, endings, 1 << 20) {
        let directory = Directory::read(&archive).unwrap();
        for one in directory.entries().iter().filter(|one| one.name.ends_with(entry)) {
            found.extend(directory.contents(&archive, one, 1 << 20));
        }
    }
    found.into_iter().collect()
}

fn binary_manifests() -> Vec<Vec<u8>> {
    entries("apk", &[".apk"], "AndroidManifest.xml")
}

fn proto_manifests() -> Vec<Vec<u8>> {
    entries("aab", &[".aab"], "AndroidManifest.xml")
}

fn tables() -> Vec<Vec<u8>> {
    entries("apk", &[".apk"], "resources.arsc")
}

fn proto_tables() -> Vec<Vec<u8>> {
    entries("aab", &[".aab"], "resources.pb")
}

fn dex_files() -> Vec<Vec<u8>> {
    entries("apk", &[".apk"], ".dex")
}

/// Everything that a caller may ask.
fn ask(manifest: &Manifest) {
    for component in manifest.components() {
        let _ = (component.exported(), component.says_exported(), component.permission(), component.is_in_split());
        let _ = component.filters().count();
    }
    let _ = format!("{manifest:?}").len();
}

fn axml(data: &[u8]) -> Paid {
    if let Ok(manifest) = Manifest::from_axml(data) {
        ask(&manifest);
    }
    Paid::default()
}

fn proto(data: &[u8]) -> Paid {
    if let Ok(manifest) = Manifest::from_proto(data) {
        ask(&manifest);
    }
    Paid::default()
}

const RESOURCES: [u32; 6] = [0x7f01_0000, 0x7f02_0000, 0x7f03_0000, 0x7f03_0001, 0x0101_0000, u32::MAX];

fn resources(data: &[u8]) -> Paid {
    for id in RESOURCES {
        let _ = text_in_table(data, id);
    }
    Paid::default()
}

fn proto_resources(data: &[u8]) -> Paid {
    for id in RESOURCES {
        let _ = text_in_proto(data, id);
    }
    Paid::default()
}

fn dex(data: &[u8]) -> Paid {
    let Ok(dex) = Dex::parse(data) else { return Paid::default() };
    let _ = dex.classes().count();
    for text in ["", "amzn1.", "Lcom/amazon/device/messaging/ADM;", "\u{7f}"] {
        let _ = (dex.has_string(text), dex.strings_with_prefix(text).count());
    }
    Paid::default()
}

fn metadata(data: &[u8]) -> Paid {
    if let Ok(Some(metadata)) = OutputMetadata::parse(data) {
        let _ = (metadata.is_test(), metadata.files.len());
    }
    Paid::default()
}

fn metadata_files() -> Vec<Vec<u8>> {
    let text = r#"{"version": 3, "artifactType": {"type": "APK", "kind": "Directory"}, "applicationId": "com.example.app",
        "variantName": "release", "elements": [{"type": "SINGLE", "filters": [], "attributes": [], "versionCode": 1,
        "versionName": "1.0", "outputFile": "app-release.apk"}], "elementType": "File"}"#;
    vec![
        text.into(),
        br#"[{"outputType":{"type":"APK"},"apkData":{"outputFile":"a.apk"},"path":"a.apk"}]"#.to_vec(),
        read("token/release.txt"),
    ]
}
