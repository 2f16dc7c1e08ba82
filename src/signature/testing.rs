//! What the tests of this module share: fixtures, a small signer, and builders for malformed input.

use super::algorithm::ContentDigest;
use super::block::{self, Search, id};
use super::findings::Findings;
use super::key::element;
use super::{Input, Request, Scheme, Signatures, content, examine};
use crate::asn1::{Asn1, tag};
use crate::certificate::Certificate;
use crate::identity::PrivateKey;
use crate::zip::Directory;
use base64::Engine;
use ml_dsa::signature::{Keypair, Signer};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// The bytes of a file in `fixtures/`.
pub(super) fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let mut bytes = Vec::new();
    let mut file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

/// The bytes in a PEM file of `fixtures/keys/`.
fn pem(name: &str) -> Vec<u8> {
    let pem = String::from_utf8(fixture(&format!("keys/{name}.pem"))).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
}

/// A certificate of `fixtures/keys/`.
pub(super) fn certificate(name: &str) -> Certificate {
    Certificate::from_der(pem(&format!("{name}.crt"))).unwrap()
}

/// What signs in a test.
#[derive(Debug, Clone, Copy)]
pub(super) enum TestKey {
    /// An RSA key of `fixtures/keys/`.
    Rsa(&'static str),
    /// An ML-DSA-65 key, by its seed.
    MlDsa(u8),
}

/// SHA-256 with RSA PKCS#1 v1.5, and ML-DSA.
pub(super) const RSA_SHA256: u32 = 0x0103;
pub(super) const ML_DSA: u32 = 0x0501;

impl TestKey {
    fn ml_dsa(seed: u8) -> ml_dsa::SigningKey<ml_dsa::MlDsa65> {
        ml_dsa::SigningKey::from_seed(&[seed; 32].into())
    }

    pub(super) fn sign(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(name) => {
                let key = PrivateKey::from_pkcs8(&pem(&format!("{name}.key"))).unwrap();
                let PrivateKey::Rsa(key) = key else { panic!("{name} is no RSA key") };
                key.pkcs1v15_sign::<sha2::Sha256>(data).unwrap()
            }
            Self::MlDsa(seed) => Self::ml_dsa(seed).sign(data).encode().to_vec(),
        }
    }

    pub(super) fn algorithm(self) -> u32 {
        match self {
            Self::Rsa(_) => RSA_SHA256,
            Self::MlDsa(_) => ML_DSA,
        }
    }

    fn content(self) -> ContentDigest {
        match self {
            Self::Rsa(_) => ContentDigest::ChunkedSha256,
            Self::MlDsa(_) => ContentDigest::ChunkedSha512,
        }
    }

    /// For ML-DSA the release certificate with another key and number; nobody checks who signed it.
    pub(super) fn certificate(self) -> Certificate {
        let seed = match self {
            Self::Rsa(name) => return certificate(name),
            Self::MlDsa(seed) => seed,
        };
        let model = certificate("release");
        let mut outer = Asn1::new(model.der()).sequence("certificate").unwrap();
        let mut fields = outer.sequence("TBSCertificate").unwrap();
        let before: Vec<u8> = (0..6).flat_map(|_| fields.any("field").unwrap().raw.to_vec()).collect();
        let oid = element(tag::OID, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12]);
        let key = [&[0][..], &Self::ml_dsa(seed).verifying_key().encode()].concat();
        let info = [element(tag::SEQUENCE, &oid), element(tag::BIT_STRING, &key)].concat();
        let signed = element(tag::SEQUENCE, &[before, element(tag::SEQUENCE, &info)].concat());
        Certificate::from_der(element(tag::SEQUENCE, &[&signed, outer.rest()].concat())).unwrap()
    }
}

/// One signer of v3 or newer, to be signed.
#[derive(Debug, Clone)]
pub(super) struct TestSigner {
    pub(super) key: TestKey,
    pub(super) sdk: (u32, u32),
    pub(super) attributes: Vec<(u32, Vec<u8>)>,
}

impl TestSigner {
    pub(super) fn new(key: TestKey, sdk: (u32, u32)) -> Self {
        Self { key, sdk, attributes: Vec::new() }
    }

    pub(super) fn with(mut self, id: u32, value: &[u8]) -> Self {
        self.attributes.push((id, value.to_vec()));
        self
    }

    /// A signer of a v3 pair, without its length.
    fn value(&self) -> Vec<u8> {
        let range = [self.sdk.0.to_le_bytes(), self.sdk.1.to_le_bytes()].concat();
        let certificate = self.key.certificate();
        let attributes: Vec<u8> = self
            .attributes
            .iter()
            .flat_map(|(id, value)| prefixed(&[&id.to_le_bytes(), &value[..]].concat()))
            .collect();
        let digests = record(self.key.algorithm(), &plain_digest(self.key.content()));
        let signed =
            [prefixed(&digests), prefixed(&prefixed(certificate.der())), range.clone(), prefixed(&attributes)].concat();
        let signatures = record(self.key.algorithm(), &self.key.sign(&signed));
        [prefixed(&signed), range, prefixed(&signatures), prefixed(certificate.public_key_info().unwrap())].concat()
    }
}

/// The value of a v3, v3.1 or v3.2 pair.
pub(super) fn v3_value(signers: &[TestSigner]) -> Vec<u8> {
    prefixed(&signers.iter().flat_map(|signer| prefixed(&signer.value())).collect::<Vec<u8>>())
}

/// A record of an algorithm and bytes.
pub(super) fn record(algorithm: u32, bytes: &[u8]) -> Vec<u8> {
    prefixed(&[&algorithm.to_le_bytes(), &prefixed(bytes)[..]].concat())
}

/// The digest of the archive that [`with_block`] makes.
pub(super) fn plain_digest(wanted: ContentDigest) -> Vec<u8> {
    let file = with_block(&signing_block(&[]));
    let directory = Directory::read(&file).unwrap();
    let block = block::find(&file, &directory).unwrap().range().unwrap();
    let input = Input { source: &file, directory: &directory };
    content::digest(input, &block, &BTreeSet::from([wanted])).unwrap().remove(&wanted).unwrap()
}

/// A lineage of these keys, oldest first.
pub(super) fn lineage(keys: &[TestKey]) -> Vec<u8> {
    let mut value = 1_u32.to_le_bytes().to_vec();
    let parents = std::iter::once(None).chain(keys.iter().copied().map(Some));
    for (key, parent) in keys.iter().zip(parents) {
        let parent_algorithm = parent.map_or(0, TestKey::algorithm);
        let signed = [&prefixed(key.certificate().der())[..], &parent_algorithm.to_le_bytes()].concat();
        let signature = parent.map(|parent| parent.sign(&signed)).unwrap_or_default();
        let flags = 23_u32.to_le_bytes();
        let node = [&prefixed(&signed)[..], &flags, &key.algorithm().to_le_bytes(), &prefixed(&signature)].concat();
        value.extend(prefixed(&node));
    }
    value
}

/// All that is known about a file, and the ids of its problems.
pub(super) fn examined(file: &[u8], request: &Request) -> (Signatures, Vec<&'static str>) {
    let file = file.to_vec();
    let signatures = examine(&file, &Directory::read(&file).unwrap(), request).unwrap();
    let ids = signatures.problems.iter().map(|problem| problem.id).collect();
    (signatures, ids)
}

/// The value of a scheme's pair in a fixture.
pub(super) fn scheme_value(name: &str, scheme: Scheme) -> Vec<u8> {
    let file = fixture(name);
    let directory = Directory::read(&file).unwrap();
    let Search::Found(block) = block::find(&file, &directory).unwrap() else { panic!("no signing block") };
    let id = match scheme {
        Scheme::V1 => panic!("v1 has no pair"),
        Scheme::V2 => id::V2,
        Scheme::V3 => id::V3,
        Scheme::V31 => id::V31,
        Scheme::V32 => id::V32,
    };
    block.value(&file, id, &mut Findings::default()).unwrap().unwrap()
}

/// `bytes` with their length in front.
pub(super) fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [u32::try_from(bytes.len()).unwrap().to_le_bytes().as_slice(), bytes].concat()
}

/// A pair of a signing block.
pub(super) fn pair(id: u32, value: &[u8]) -> Vec<u8> {
    let size = u64::try_from(value.len()).unwrap() + 4;
    [size.to_le_bytes().as_slice(), &id.to_le_bytes(), value].concat()
}

/// A signing block of these pairs.
pub(super) fn signing_block(pairs: &[Vec<u8>]) -> Vec<u8> {
    let pairs = pairs.concat();
    let size = (u64::try_from(pairs.len()).unwrap() + 24).to_le_bytes();
    [size.as_slice(), &pairs, &size, b"APK Sig Block 42"].concat()
}

/// An archive of one empty entry, with `block` before its central directory.
pub(super) fn with_block(block: &[u8]) -> Vec<u8> {
    let name = b"AndroidManifest.xml";
    let common = [&[10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x28][..], &[0; 12], &[19, 0, 0, 0]].concat();
    let local = [b"PK\x03\x04", common.as_slice(), name].concat();
    let record = [b"PK\x01\x02\x14\x00", common.as_slice(), &[0; 14], name].concat();
    let directory = u32::try_from(local.len() + block.len()).unwrap();
    let size = u32::try_from(record.len()).unwrap();
    let counts = [0, 0, 0, 0, 1, 0, 1, 0];
    let end = [b"PK\x05\x06", &counts[..], &size.to_le_bytes(), &directory.to_le_bytes(), &[0, 0]].concat();
    [local, block.to_vec(), record, end].concat()
}

/// A file with its signing block replaced.
pub(super) fn replace_block(file: &[u8], new: &[u8]) -> Vec<u8> {
    let file = file.to_vec();
    let directory = Directory::read(&file).unwrap();
    let range = block::find(&file, &directory).unwrap().range().unwrap();
    let cut = |from: u64, to: u64| file[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()].to_vec();
    let size = directory.layout().size;
    let mut out = [cut(0, range.start), new.to_vec(), cut(range.end, size)].concat();
    let moved = usize::try_from(range.start).unwrap() + new.len();
    let end = usize::try_from(size - directory.layout().end_record.start).unwrap();
    let offset = out.len() - end + 16;
    out[offset..offset + 4].copy_from_slice(&u32::try_from(moved).unwrap().to_le_bytes());
    out
}

/// The same entries in a new archive, after `edit`.
pub(super) fn rewrite(file: &[u8], edit: impl Fn(&mut Vec<(String, Vec<u8>)>)) -> Vec<u8> {
    let file = file.to_vec();
    let directory = Directory::read(&file).unwrap();
    let read = |entry: &crate::zip::Entry| (entry.name.clone(), directory.contents(&file, entry, 1 << 20).unwrap());
    let mut entries: Vec<(String, Vec<u8>)> = directory.entries().iter().map(read).collect();
    edit(&mut entries);
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, data) in entries {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, &data).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
