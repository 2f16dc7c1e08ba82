//! Apps built in a test from what a good one is made of, so that one line of a test says what is wrong with it.
//!
//! Manifests are written as text, as in the sources, and compiled to binary XML or protobuf; code is a list of classes.
//! What is built here is signed by the library, and a test holds the manifests against those that aapt compiled.

mod axml;
mod dex;
pub(crate) mod good;
mod proto;
mod xml;

pub(crate) use dex::{Class, dex};
pub(crate) use xml::Node;

use crate::sandbox::{Ran, Sandbox, fixture, token_key};
use apkkey::certificate::Certificate;
use apkkey::identity::{PrivateKey, SigningIdentity};
use apkkey::signature::sign::{Signer, SigningRequest, sign};
use apkkey::source::{Piece, ReadAt};
use apkkey::zip::{Directory, Edit};
use base64::Engine;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;

/// An app that is being built.
#[derive(Clone)]
pub(crate) struct App {
    bundle: bool,
    entries: Vec<(String, Vec<u8>)>,
    xml: String,
    classes: Vec<Class>,
    strings: Vec<String>,
    signers: Vec<&'static str>,
    target: u32,
}

impl App {
    /// An APK with a key, signed for release, of this manifest and these classes.
    pub(crate) fn new(xml: &str, classes: &[Class]) -> Self {
        Self {
            bundle: false,
            entries: vec![("assets/api_key.txt".to_owned(), fixture("token/release.txt"))],
            xml: xml.to_owned(),
            classes: classes.to_vec(),
            strings: Vec::new(),
            signers: vec!["release"],
            target: 34,
        }
    }

    /// The same as an App Bundle, signed with the upload key.
    pub(crate) fn into_bundle(mut self) -> Self {
        self.bundle = true;
        self.signers = vec!["upload"];
        for (name, _) in &mut self.entries {
            *name = format!("base/{name}");
        }
        self
    }

    /// Puts an entry in, in the place of one of the same name.
    pub(crate) fn with(mut self, name: &str, contents: impl AsRef<[u8]>) -> Self {
        self.entries.retain(|(present, _)| present != name);
        self.entries.push((name.to_owned(), contents.as_ref().to_vec()));
        self
    }

    /// Another key, by the name of its fixture.
    pub(crate) fn with_key(self, token: &str) -> Self {
        let name = self.key_name();
        self.with(name, fixture(&format!("token/{token}.txt")))
    }

    fn key_name(&self) -> &'static str {
        if self.bundle { "base/assets/api_key.txt" } else { "assets/api_key.txt" }
    }

    /// Without an entry.
    #[track_caller]
    pub(crate) fn without(mut self, name: &str) -> Self {
        let before = self.entries.len();
        self.entries.retain(|(present, _)| present != name);
        assert!(self.entries.len() < before, "there is no {name}");
        self
    }

    /// Moves the key.
    pub(crate) fn with_key_at(self, name: &str) -> Self {
        let key = fixture("token/release.txt");
        let place = self.key_name();
        self.without(place).with(name, key)
    }

    /// Changes the text of the manifest, which must have it once.
    #[track_caller]
    pub(crate) fn manifest(mut self, from: &str, to: &str) -> Self {
        assert_eq!(self.xml.matches(from).count(), 1, "`{from}` is not once in {}", self.xml);
        self.xml = self.xml.replace(from, to);
        self
    }

    /// Without the classes whose name contains this.
    #[track_caller]
    pub(crate) fn without_class(mut self, name: &str) -> Self {
        let before = self.classes.len();
        self.classes.retain(|class| !class.name.contains(name));
        assert!(self.classes.len() < before, "there is no class {name}");
        self
    }

    pub(crate) fn with_class(mut self, name: &str, superclass: &str) -> Self {
        self.classes.push(Class::new(name, superclass));
        self
    }

    /// Adds a string to the code.
    pub(crate) fn with_string(mut self, text: &str) -> Self {
        self.strings.push(text.to_owned());
        self
    }

    /// Without the strings that were added.
    pub(crate) fn without_strings(mut self) -> Self {
        self.strings.clear();
        self
    }

    /// Signed by others than the usual one.
    pub(crate) fn signed_by(mut self, signers: &[&'static str]) -> Self {
        self.signers = signers.to_vec();
        self
    }

    /// The file's name.
    pub(crate) fn name(&self) -> &'static str {
        if self.bundle { "app.aab" } else { "app.apk" }
    }

    /// The finished file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let unsigned = self.zipped();
        let signer = |name: &&str| Signer { identity: identity(name), name: (*name).to_owned(), min_sdk: None };
        let mut signers: Vec<Signer> = self.signers.iter().map(signer).collect();
        let first = signers.remove(0);
        let mut request =
            if self.bundle { SigningRequest::for_bundle(first) } else { SigningRequest::for_apk(first, 21) };
        request.signers.extend(signers);
        request.target_sdk = Some(self.target);
        let directory = Directory::read(&unsigned).unwrap();
        let plan = sign(&unsigned, &directory, &Edit::default(), &request).unwrap();
        let mut out = Vec::new();
        for piece in plan.rewritten.pieces() {
            match piece {
                Piece::Copy(range) => out.extend(unsigned.bytes(range).unwrap()),
                Piece::Bytes(bytes) => out.extend(bytes),
            }
        }
        out
    }

    fn zipped(&self) -> Vec<u8> {
        let tree = Node::parse(&self.xml);
        let code = dex(&self.classes, &self.strings);
        let mut entries = self.entries.clone();
        if self.bundle {
            entries.push(("base/manifest/AndroidManifest.xml".to_owned(), proto::compile(&tree)));
            entries.push(("base/dex/classes.dex".to_owned(), code));
            entries.push(("BundleConfig.pb".to_owned(), Vec::new()));
        } else {
            entries.push(("AndroidManifest.xml".to_owned(), axml::compile(&tree)));
            entries.push(("classes.dex".to_owned(), code));
        }
        archive(&entries)
    }

    /// What `apkkey verify` says of it.
    pub(crate) fn verify(&self, more: &[&str]) -> Ran {
        let token_key = token_key();
        let mut arguments = vec!["verify", self.name(), &token_key];
        arguments.extend(more);
        Sandbox::new().with_bytes(self.name(), &self.bytes()).run(&arguments)
    }
}

/// A ZIP archive of these entries, deflated.
pub(crate) fn archive(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in entries {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(contents).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// An entry of a fixture.
pub(crate) fn entry_of(archive: &str, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = zip::ZipArchive::new(Cursor::new(fixture(archive))).unwrap();
    archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn identity(name: &str) -> SigningIdentity {
    let der = |file: String| {
        let text = String::from_utf8(fixture(&file)).unwrap();
        let base64: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
    };
    let key = PrivateKey::from_pkcs8(&der(format!("keys/{name}.key.pem"))).unwrap();
    let certificate = Certificate::from_der(der(format!("keys/{name}.crt.pem"))).unwrap();
    SigningIdentity::new(key, vec![certificate]).unwrap()
}

/// What is compiled here means what aapt's and aapt2's output means.
#[test]
fn manifests_are_compiled_as_the_tools_compile_them() {
    use apkkey::manifest::Manifest;
    let tree = |name: &str| {
        let text = String::from_utf8(fixture(&format!("make/demo/manifests/{name}.xml"))).unwrap();
        Node::parse(&text.replace("@android:style/Theme.NoDisplay", "@0x01030055"))
    };
    let apk = |name: &str| Manifest::from_axml(&entry_of(&format!("apk/{name}.apk"), "AndroidManifest.xml")).unwrap();
    let bundle = entry_of("aab/onesignal-5.aab", "base/manifest/AndroidManifest.xml");
    for (ours, theirs) in [
        (Manifest::from_axml(&axml::compile(&tree("onesignal-5"))), apk("onesignal-5")),
        (Manifest::from_axml(&axml::compile(&tree("lwa"))), apk("lwa")),
        (Manifest::from_proto(&proto::compile(&tree("onesignal-5"))), Manifest::from_proto(&bundle).unwrap()),
    ] {
        let ours = ours.unwrap();
        assert_eq!(
            (&ours.package, &ours.version_name, ours.version_code),
            (&theirs.package, &theirs.version_name, theirs.version_code)
        );
        assert_eq!((&ours.min_sdk, &ours.target_sdk), (&theirs.min_sdk, &theirs.target_sdk));
        assert_eq!(shape(&ours.root), shape(&theirs.root));
    }
}

/// Elements with their namespaces, and the attributes that checks look at.
fn shape(element: &apkkey::manifest::Element) -> String {
    let mut attributes: Vec<String> = element
        .attributes
        .iter()
        .filter(|attribute| {
            attribute.resource_id.is_some_and(|id| id != 0x0101_0204 && id != 0x0101_001d && id < 0x0101_0500)
        })
        .map(|attribute| format!("{:?}={}", attribute.resource_id, attribute.value))
        .collect();
    attributes.sort();
    let children: String = element.children.iter().map(shape).collect();
    format!("<{:?} {} {attributes:?}>{children}", element.namespace, element.name)
}
