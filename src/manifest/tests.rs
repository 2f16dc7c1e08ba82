//! Real manifests with the answers of real tools, and binary XML built here to be odd in one way at a time.

use super::*;
use serde_json::Value as Json;
use std::io::{Cursor, Read};
use std::time::{Duration, Instant};

type Parse = fn(&[u8]) -> Result<Manifest, ManifestError>;

const ANDROID: &str = "http://schemas.android.com/apk/res/android";
const APK_MANIFEST: &str = "AndroidManifest.xml";
const AAB_MANIFEST: &str = "base/manifest/AndroidManifest.xml";

fn read(path: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let path = format!("{}/fixtures/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn entry(archive: &[u8], name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn files(directory: &str, extension: &str) -> Vec<String> {
    let path = format!("{}/fixtures/{directory}", env!("CARGO_MANIFEST_DIR"));
    let names = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(extension)).map(|name| format!("{directory}/{name}")).collect()
}

/// Compares with the sidecar. Where it is silent, nothing is compared.
fn compare(path: &str, manifest: &Manifest) {
    let oracle: Json = serde_json::from_slice(&read(&format!("{path}.oracle.json"))).unwrap();
    let debuggable = match &manifest.debuggable {
        Flag::On => Json::from(true),
        Flag::Off => Json::from(false),
        Flag::Unresolved(text) => Json::from(text.as_str()),
    };
    for (field, found) in [
        ("package", Json::from(manifest.package.as_str())),
        ("version_code", Json::from(manifest.version_code)),
        ("version_name", Json::from(manifest.version_name.clone())),
        ("min_sdk", Json::from(manifest.min_sdk.number())),
        ("target_sdk", Json::from(manifest.target_sdk.number())),
        ("debuggable", debuggable),
    ] {
        if let Some(wanted) = oracle.get(field).filter(|wanted| !wanted.is_null()) {
            assert_eq!(found, *wanted, "{path}: {field}");
        }
    }
}

#[test]
fn agrees_with_the_oracle_on_every_apk_and_bundle() {
    let (apks, bundles) = (files("apk", ".apk"), files("aab", ".aab"));
    for path in &apks {
        compare(path, &Manifest::from_axml(&entry(&read(path), APK_MANIFEST)).unwrap());
    }
    for path in &bundles {
        compare(path, &Manifest::from_proto(&entry(&read(path), AAB_MANIFEST)).unwrap());
    }
    assert!(apks.len() >= 30 && bundles.len() >= 10);
}

#[test]
fn reads_the_rest_of_a_real_manifest() {
    let manifest = Manifest::from_axml(&entry(&read("apk/key-in-manifest.apk"), APK_MANIFEST)).unwrap();
    let [meta_data] = &manifest.meta_data[..] else { panic!("{:?}", manifest.meta_data) };
    assert!(matches!(meta_data.name.as_str(), "APIKey" | "AmazonAPIKey"));
    assert!(meta_data.value.is_some());
    let activity = manifest.application().unwrap().children_named("activity").next().unwrap();
    let name = activity.attribute_named(Some(ANDROID), "name").unwrap();
    assert_eq!(name.resource_id, Some(attributes::NAME));
    assert_eq!(activity.attribute(attributes::NAME).unwrap().text(), Some(".MainActivity"));
    assert_eq!(manifest.has_code, Flag::On);
    let feature = entry(&read("aab/demo-with-feature-and-pack.aab"), "extras/manifest/AndroidManifest.xml");
    assert_eq!(Manifest::from_proto(&feature).unwrap().split.as_deref(), Some("extras"));
}

#[test]
fn tells_the_wrong_form() {
    let axml = entry(&read("apk/demo-release.apk"), APK_MANIFEST);
    let proto = entry(&read("aab/demo-release.aab"), AAB_MANIFEST);
    assert_eq!(Manifest::from_axml(&proto).unwrap_err(), ManifestError::Protobuf);
    assert_eq!(Manifest::from_proto(&axml).unwrap_err(), ManifestError::BinaryXml);
    for text in ["<?xml version=\"1.0\"?><manifest/>", "\u{feff}\n<manifest package=\"a\"/>"] {
        for error in [Manifest::from_axml(text.as_bytes()), Manifest::from_proto(text.as_bytes())] {
            let error = error.unwrap_err();
            assert_eq!(error, ManifestError::PlainXml);
            assert!(error.help().unwrap().contains("AAR"));
        }
    }
    assert_eq!(Manifest::from_axml(b"").unwrap_err(), ManifestError::Empty);
    assert_eq!(Manifest::from_axml(&vec![0; MANIFEST_SIZE + 1]).unwrap_err(), ManifestError::TooLarge);
}

/// Nothing may panic, and nothing may take long, whatever the bytes.
#[test]
fn every_prefix_and_every_changed_byte_is_read_or_refused() {
    let axml = entry(&read("apk/demo-release.apk"), APK_MANIFEST);
    let proto = entry(&read("aab/demo-release.aab"), AAB_MANIFEST);
    let readers: [(Vec<u8>, Parse); 2] = [(axml, Manifest::from_axml), (proto, Manifest::from_proto)];
    for (good, parse) in readers {
        let timed = |bytes: &[u8]| {
            let start = Instant::now();
            let result = parse(bytes);
            assert!(start.elapsed() < Duration::from_millis(500));
            result
        };
        for end in 0..good.len() {
            drop(timed(&good[..end]));
        }
        assert!(timed(&good[..good.len() / 2]).is_err());
        for index in 0..good.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = good.clone();
                changed[index] ^= change;
                drop(timed(&changed));
            }
        }
    }
}

/// An attribute for [`Axml`]: namespace, name, resource id, `Res_value`, text in the source.
struct Odd<'a>(Option<&'a str>, &'a str, u32, u8, u32, Option<&'a str>);

fn string<'a>(name: &'a str, text: &'a str) -> Odd<'a> {
    Odd(None, name, 0, 3, u32::MAX, Some(text))
}

fn integer(name: &str, id: u32, value: u32) -> Odd<'_> {
    Odd(Some(ANDROID), name, id, 0x10, value, None)
}

/// Builds binary XML. Names with resource ids stand first in the pool, as the map wants it.
struct Axml {
    utf8: bool,
    ids: Vec<u32>,
    strings: Vec<String>,
    nodes: Vec<u8>,
}

impl Axml {
    fn new(utf8: bool) -> Self {
        let names = ["minSdkVersion", "targetSdkVersion", "debuggable", "versionCode", "versionCodeMajor", "a"];
        let ids = [0x0101_020c, 0x0101_0270, 0x0101_000f, 0x0101_021b, 0x0101_0576, 0x0101_020c];
        Self { utf8, ids: ids.to_vec(), strings: names.map(str::to_owned).to_vec(), nodes: Vec::new() }
    }

    fn index(&mut self, text: &str) -> u32 {
        let known = self.strings.iter().position(|string| string == text);
        let index = known.unwrap_or_else(|| {
            self.strings.push(text.to_owned());
            self.strings.len() - 1
        });
        u32::try_from(index).unwrap()
    }

    fn start(mut self, name: &str, attributes: &[Odd<'_>]) -> Self {
        let name = self.index(name);
        let mut body = [0, u32::MAX, u32::MAX, name].map(u32::to_le_bytes).concat();
        let count = u16::try_from(attributes.len()).unwrap();
        body.extend([20, 20, count, 0, 0, 0].map(u16::to_le_bytes).concat());
        for Odd(namespace, name, id, kind, data, raw) in attributes {
            let namespace = namespace.map_or(u32::MAX, |namespace| self.index(namespace));
            let name = match id {
                0 => self.index(name),
                id => u32::try_from(
                    self.ids.iter().zip(&self.strings).position(|known| known == (id, &(*name).to_owned())).unwrap(),
                )
                .unwrap(),
            };
            let raw = raw.map_or(u32::MAX, |raw| self.index(raw));
            let data = if *kind == 3 { raw } else { *data };
            body.extend([namespace, name, raw].map(u32::to_le_bytes).concat());
            body.extend([8, 0, 0, *kind]);
            body.extend(data.to_le_bytes());
        }
        self.nodes.extend(chunk(0x0102, 16, &body));
        self
    }

    fn end(mut self) -> Self {
        let body = [0, u32::MAX, u32::MAX, 0].map(u32::to_le_bytes).concat();
        self.nodes.extend(chunk(0x0103, 16, &body));
        self
    }

    fn build(&self) -> Vec<u8> {
        let map: Vec<u8> = self.ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        let inside = [self.pool(), chunk(0x0180, 8, &map), self.nodes.clone()].concat();
        chunk(0x0003, 8, &inside)
    }

    fn pool(&self) -> Vec<u8> {
        let mut offsets = Vec::new();
        let mut data = Vec::new();
        for text in &self.strings {
            offsets.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
            let units: Vec<u16> = text.encode_utf16().collect();
            if self.utf8 {
                data.extend([length8(units.len()), length8(text.len()), text.as_bytes().to_vec(), vec![0]].concat());
            } else {
                data.extend(length16(units.len()));
                data.extend(units.iter().chain(&[0]).flat_map(|unit| unit.to_le_bytes()));
            }
        }
        data.resize(data.len().next_multiple_of(4), 0);
        let count = u32::try_from(self.strings.len()).unwrap();
        let start = 28 + 4 * count;
        let header = [count, 0, if self.utf8 { 0x100 } else { 0 }, start, 0].map(u32::to_le_bytes).concat();
        chunk(0x0001, 28, &[header, offsets, data].concat())
    }

    fn read(&self) -> Result<Manifest, ManifestError> {
        Manifest::from_axml(&self.build())
    }
}

fn length8(length: usize) -> Vec<u8> {
    let low = u8::try_from(length & 0xff).unwrap();
    if length < 0x80 { vec![low] } else { vec![0x80 | u8::try_from(length >> 8 & 0x7f).unwrap(), low] }
}

fn length16(length: usize) -> Vec<u8> {
    let low = u16::try_from(length & 0xffff).unwrap();
    let units = if length < 0x8000 { vec![low] } else { vec![0x8000 | u16::try_from(length >> 16).unwrap(), low] };
    units.iter().flat_map(|unit| unit.to_le_bytes()).collect()
}

/// `body` begins with what the header has beyond its first 8 bytes.
fn chunk(kind: u16, header_size: u16, body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap();
    [&kind.to_le_bytes()[..], &header_size.to_le_bytes(), &size.to_le_bytes(), body].concat()
}

fn manifest(utf8: bool) -> Axml {
    Axml::new(utf8).start("manifest", &[string("package", "com.example")])
}

#[test]
fn finds_attributes_by_resource_id_and_not_by_name() {
    for utf8 in [false, true] {
        let obfuscated = manifest(utf8).start("uses-sdk", &[integer("a", attributes::MIN_SDK_VERSION, 24)]).end().end();
        assert_eq!(obfuscated.read().unwrap().min_sdk, SdkVersion::Number(24));
        let decoy = Odd(Some(ANDROID), "minSdkVersion2", 0, 0x10, 30, None);
        let without_id = manifest(utf8).start("uses-sdk", &[decoy]).end().end();
        let read = without_id.read().unwrap();
        assert_eq!((read.min_sdk, read.target_sdk), (SdkVersion::Number(1), SdkVersion::Number(1)));
    }
}

#[test]
fn never_guesses_a_version() {
    let read = |odd| manifest(true).start("uses-sdk", &[odd]).end().end().read().unwrap();
    let codename = read(Odd(Some(ANDROID), "minSdkVersion", attributes::MIN_SDK_VERSION, 3, 0, Some("Tiramisu")));
    assert_eq!(codename.min_sdk, SdkVersion::Codename("Tiramisu".into()));
    assert_eq!(codename.target_sdk, codename.min_sdk);
    let reference = read(Odd(Some(ANDROID), "minSdkVersion", attributes::MIN_SDK_VERSION, 1, 0x7f03_0000, None));
    assert_eq!(reference.min_sdk, SdkVersion::Unresolved("@0x7f030000".into()));
    assert_eq!(reference.min_sdk.number(), None);
    let digits = read(Odd(Some(ANDROID), "minSdkVersion", attributes::MIN_SDK_VERSION, 3, 0, Some("21")));
    assert_eq!(digits.min_sdk, SdkVersion::Number(21));
    let null = read(Odd(Some(ANDROID), "minSdkVersion", attributes::MIN_SDK_VERSION, 0, 0, None));
    assert_eq!(null.min_sdk, SdkVersion::Number(1));
}

#[test]
fn of_several_uses_sdk_the_highest_minimum_and_the_last_target_count() {
    let sdk = |min, target| {
        [
            integer("minSdkVersion", attributes::MIN_SDK_VERSION, min),
            integer("targetSdkVersion", attributes::TARGET_SDK_VERSION, target),
        ]
    };
    let read = manifest(true).start("uses-sdk", &sdk(24, 33)).end().start("uses-sdk", &sdk(21, 30)).end().end().read();
    let read = read.unwrap();
    assert_eq!((read.min_sdk, read.target_sdk), (SdkVersion::Number(24), SdkVersion::Number(30)));
}

#[test]
fn reads_debuggable_as_android_does() {
    let read = |kind, data, raw| {
        let odd = Odd(Some(ANDROID), "debuggable", attributes::DEBUGGABLE, kind, data, raw);
        manifest(true)
            .start("application", &[odd])
            .end()
            .start("application", &[])
            .end()
            .end()
            .read()
            .unwrap()
            .debuggable
    };
    assert_eq!(read(0x12, u32::MAX, None), Flag::On);
    assert_eq!(read(0x12, 0, None), Flag::Off);
    assert_eq!(read(0x10, 1, None), Flag::On);
    assert_eq!(read(3, 0, Some("true")), Flag::On);
    assert_eq!(read(3, 0, Some("yes")), Flag::Off);
    assert_eq!(read(0x1c, 1, None), Flag::On, "a color is an integer too");
    assert_eq!(read(0, 0, None), Flag::Off);
    assert_eq!(read(1, 0x7f05_0001, None), Flag::Unresolved("@0x7f050001".into()));
    assert_eq!(manifest(true).end().read().unwrap().debuggable, Flag::Off);
}

#[test]
fn joins_both_halves_of_the_version_code() {
    let code = integer("versionCode", attributes::VERSION_CODE, u32::MAX);
    let major = integer("versionCodeMajor", attributes::VERSION_CODE_MAJOR, 2);
    let read = Axml::new(true).start("manifest", &[code, major, string("package", "a")]).end().read();
    assert_eq!(read.unwrap().version_code, Some(0x2_ffff_ffff));
}

#[test]
fn reads_long_strings_and_other_alphabets() {
    for utf8 in [false, true] {
        for name in ["x".repeat(200), "x".repeat(40_000), "пакет.\u{1f511}".to_owned()] {
            let read = Axml::new(utf8).start("manifest", &[string("package", &name)]).end().read().unwrap();
            assert_eq!(read.package.as_str(), name);
        }
    }
}

#[test]
fn is_as_tolerant_as_androidfw() {
    let good = manifest(false).end();
    let mut other_type = good.build();
    other_type[0] = 0;
    assert!(Manifest::from_axml(&other_type).is_ok(), "the file's own type does not matter");
    let mut too_large = good.build();
    too_large[7] = 0x7f;
    assert!(Manifest::from_axml(&too_large).is_ok(), "a total size beyond the end");
    assert!(Manifest::from_axml(&[good.build(), vec![1; 9]].concat()).is_ok(), "bytes behind the total size");
    assert!(manifest(false).read().is_ok(), "what is open at the end is closed");
    let mut unknown = manifest(false);
    unknown.nodes.extend(chunk(0x0150, 16, &[0; 8]));
    assert!(unknown.end().read().is_ok(), "nodes of unknown type are passed over");
    let mut unaligned = manifest(false);
    unaligned.nodes.extend(chunk(0x0150, 16, &[0; 9]));
    assert!(matches!(unaligned.end().read(), Err(ManifestError::Malformed { what: "chunk header", .. })));
}

#[test]
fn refuses_a_pool_that_androidfw_refuses() {
    let good = manifest(false).end().build();
    let pool = 8;
    for (offset, value) in [(8, 0x00ff_ffff), (12, 1), (20, 0x00ff_ffff)] {
        let mut bytes = good.clone();
        bytes[pool + offset..][..4].copy_from_slice(&u32::to_le_bytes(value));
        let error = Manifest::from_axml(&bytes).unwrap_err();
        assert_eq!(error, ManifestError::Malformed { what: "string pool", offset: 8 });
    }
}

#[test]
fn a_string_without_its_nul_is_no_string() {
    let mut bytes = manifest(true).start("application", &[]).end().end().build();
    let name = bytes.windows(11).position(|window| window == b"com.example").unwrap();
    bytes[name + 11] = b'!';
    assert_eq!(Manifest::from_axml(&bytes).unwrap_err(), ManifestError::NoPackage);
}

#[test]
fn says_what_is_no_manifest() {
    let other = Axml::new(true).start("resources", &[string("package", "a")]).end().read().unwrap_err();
    assert_eq!(other.to_string(), "the root element is `resources` instead of `manifest`");
    for attributes in [&[][..], &[string("package", "")]] {
        assert_eq!(Axml::new(true).start("manifest", attributes).end().read().unwrap_err(), ManifestError::NoPackage);
    }
    assert_eq!(Axml::new(true).read().unwrap_err(), ManifestError::NoElement);
    assert!(other.help().is_some());
}

#[test]
fn refuses_what_would_exhaust_it() {
    let deep = (0..MANIFEST_DEPTH).fold(manifest(true), |axml, _| axml.start("a", &[]));
    assert_eq!(deep.read().unwrap_err(), ManifestError::TooDeep);
    let wide = [0x0a, 0].repeat(MANIFEST_NODES + 1);
    assert_eq!(Manifest::from_proto(&wide).unwrap_err(), ManifestError::TooManyNodes);
    // A child in a child: XmlElement.child = 5, XmlNode.element = 1.
    let nested = (0..=MANIFEST_DEPTH).fold(Vec::new(), |inside, _| field(0x0a, &field(0x2a, &inside)));
    assert_eq!(Manifest::from_proto(&nested).unwrap_err(), ManifestError::TooDeep);
}

/// A field of protobuf with a length of two digits.
fn field(key: u8, content: &[u8]) -> Vec<u8> {
    let low = u8::try_from(content.len() & 0x7f).unwrap() | 0x80;
    [&[key, low, u8::try_from(content.len() >> 7).unwrap()], content].concat()
}

#[test]
fn a_forged_pool_does_not_multiply_its_text() {
    let mut axml = manifest(true);
    let long = "x".repeat(20_000);
    let first = axml.index(&long);
    for index in 0..2_000 {
        axml = axml.start(&format!("e{index}"), &[]).end();
    }
    let mut bytes = axml.end().build();
    let offsets = 8 + 28;
    let long_offset: [u8; 4] = bytes[offsets + 4 * usize::try_from(first).unwrap()..][..4].try_into().unwrap();
    for index in 20..2_000 {
        bytes[offsets + 4 * index..][..4].copy_from_slice(&long_offset);
    }
    assert_eq!(Manifest::from_axml(&bytes).unwrap_err(), ManifestError::TooMuchText);
}

#[test]
fn refuses_attributes_that_overlap() {
    let mut bytes = manifest(true).end().build();
    let start = bytes.windows(6).position(|window| window == [20, 0, 20, 0, 1, 0]).unwrap();
    bytes[start + 2] = 0;
    bytes[start + 4..start + 6].copy_from_slice(&[0xff, 0xff]);
    assert!(matches!(Manifest::from_axml(&bytes), Err(ManifestError::Malformed { what: "attributes", .. })));
}
