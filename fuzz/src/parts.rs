//! Archives in parts: a signed APK taken apart and put together, small archives built from nothing, a signer's structure.

use crate::fixtures;
use apkkey::digest::DigestAlgorithm;
use apkkey::identity::PrivateKey;
use apkkey::signature::sign::{Signer, SigningLineage, SigningRequest, sign};
use apkkey::signature::signing_block_range;
use apkkey::source::{Assembled, Piece, ReadAt};
use apkkey::zip::{Directory, Edit};

/// A signed APK: the entries, the pairs of the signing block, and what follows it.
pub struct Parts {
    entries: Vec<u8>,
    pub pairs: Vec<u8>,
    directory: Vec<u8>,
    end: Vec<u8>,
}

impl Parts {
    pub fn of(apk: &[u8]) -> Self {
        let directory = Directory::read(&apk).unwrap();
        let block = signing_block_range(&apk, &directory).expect("it is signed");
        let end = directory.layout().end_record.start as usize;
        let (start, behind) = (block.start as usize, block.end as usize);
        Self {
            entries: apk[..start].to_vec(),
            pairs: apk[start + 8..behind - 24].to_vec(),
            directory: apk[behind..end].to_vec(),
            end: apk[end..].to_vec(),
        }
    }

    /// The APK with other pairs, all sizes and offsets right.
    pub fn with_pairs(&self, pairs: &[u8]) -> Vec<u8> {
        let size = (pairs.len() as u64 + 24).to_le_bytes();
        let mut apk = self.entries.clone();
        apk.extend_from_slice(&size);
        apk.extend_from_slice(pairs);
        apk.extend_from_slice(&size);
        apk.extend_from_slice(b"APK Sig Block 42");
        let offset = apk.len() as u32;
        apk.extend_from_slice(&self.directory);
        let end = apk.len();
        apk.extend_from_slice(&self.end);
        apk[end + 16..end + 20].copy_from_slice(&offset.to_le_bytes());
        apk
    }
}

/// `bytes` behind their length.
pub fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_le_bytes(), bytes].concat()
}

/// What follows a length of 4 bytes, and what comes behind it.
pub fn split_prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

/// A pair of the signing block.
pub fn pair(id: u32, value: &[u8]) -> Vec<u8> {
    let size = (value.len() as u64 + 4).to_le_bytes();
    [&size[..], &id.to_le_bytes(), value].concat()
}

/// The pairs that can be split off.
pub fn split_pairs(mut bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let mut pairs = Vec::new();
    while let Some((size, rest)) = bytes.split_first_chunk::<8>() {
        let Some((pair, behind)) = rest.split_at_checked(u64::from_le_bytes(*size) as usize) else { break };
        let Some((id, value)) = pair.split_first_chunk::<4>() else { break };
        pairs.push((u32::from_le_bytes(*id), value));
        bytes = behind;
    }
    pairs
}

/// `ECDSA with SHA-256`
const ECDSA_SHA256: u32 = 0x0201;

/// The value of a scheme's pair with one signer, whose signature over `signed` is right. `range` is there from v3 on.
pub fn signer(signed: &[u8], range: Option<[u32; 2]>, key: &PrivateKey, public: &[u8]) -> Vec<u8> {
    let signature = key.sign(DigestAlgorithm::Sha256, signed).unwrap();
    let signature = [&ECDSA_SHA256.to_le_bytes()[..], &prefixed(&signature)].concat();
    let mut signer = prefixed(signed);
    signer.extend(range.iter().flatten().flat_map(|level| level.to_le_bytes()));
    signer.extend(prefixed(&prefixed(&signature)));
    signer.extend(prefixed(public));
    prefixed(&prefixed(&signer))
}

/// A small app, signed in a way that has every structure in it.
pub fn signed(configure: impl FnOnce(&mut SigningRequest), name: &str) -> Vec<u8> {
    let apk = fixtures::read("apk/demo-nokey-unsigned.apk");
    let signer = |name: &str| Signer { identity: fixtures::identity(name), name: "cert".to_owned(), min_sdk: None };
    let mut request = SigningRequest::for_apk(signer(name), 24);
    configure(&mut request);
    let plan = sign(&apk, &Directory::read(&apk).unwrap(), &Edit::default(), &request).unwrap();
    let pieces: Vec<Piece> = {
        let unsigned =
            apkkey::signature::sign::prepare(&apk, &Directory::read(&apk).unwrap(), &Edit::default(), &request);
        unsigned.unwrap().settled().iter().cloned().chain(plan.rest()).collect()
    };
    let assembled = Assembled::new(&apk, &pieces);
    assembled.bytes(0..assembled.size()).unwrap()
}

/// From an EC key to the EC key that signs.
pub fn lineage() -> SigningLineage {
    let (old, new) = (fixtures::identity("ec-p384"), fixtures::identity("ec-p256"));
    let rights = Default::default();
    SigningLineage::begin(&old, rights).unwrap().extend(&old, &new, rights).unwrap()
}

/// An archive of stored entries.
pub fn stored(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in entries {
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x02];
        common.extend(crc32fast::hash(data).to_le_bytes());
        common.extend((data.len() as u32).to_le_bytes().repeat(2));
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend((archive.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        archive.extend(b"PK\x03\x04");
        archive.extend(&common);
        archive.extend(name.as_bytes());
        archive.extend(*data);
    }
    let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
    end.extend((entries.len() as u16).to_le_bytes().repeat(2));
    end.extend((directory.len() as u32).to_le_bytes());
    end.extend((archive.len() as u32).to_le_bytes());
    end.extend([0, 0]);
    [archive, directory, end].concat()
}

/// Files behind each other, each with its length: what a target with several inputs takes.
pub fn joined(files: &[Vec<u8>]) -> Vec<u8> {
    files.iter().flat_map(|file| prefixed(file)).collect()
}

/// The files again; a length that lies takes what is there.
pub fn split_joined<const N: usize>(mut bytes: &[u8]) -> [&[u8]; N] {
    [(); N].map(|()| {
        let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return std::mem::take(&mut bytes) };
        let (file, behind) = rest.split_at(rest.len().min(u32::from_le_bytes(*length) as usize));
        bytes = behind;
        file
    })
}
