//! The v4 signature, a file `.idsig` beside the APK (apksigning/v4; `V4Signature.java`, `V4SchemeSigner.java`).
//!
//! | part, its length in front | what |
//! | --- | --- |
//! | 4 bytes without length | version, 2 |
//! | hashing info | digest (SHA-256), page size (2 to the 12th), salt (none), root of the tree |
//! | signing infos | digest of the contents, certificate, more data (none), public key, algorithm, signature; then the same for v3.1, with the id of its pair |
//! | tree | digests of all pages, the level below the root first |

use super::encode::prefixed;
use super::roles::{Role, Roles, certificate};
use super::scheme::{public_key, sign_with};
use super::{Preview, SignError, preview};
use crate::digest::sha256;
use crate::parallel;
use crate::signature::algorithm::{AlgorithmId, ContentDigest};
use crate::signature::block::id;
use crate::signature::content::{self, PAGE};
use crate::source::{ReadAt, SourceError};
use crate::zip::Rewritten;
use std::collections::{BTreeMap, BTreeSet};

const VERSION: u32 = 2;
/// SHA-256, the only digest.
const SHA256: u32 = 1;
/// Pages of 4096 bytes.
const PAGE_BITS: u8 = 12;
/// Bytes that one worker reads at a time: whole pages.
const CHUNK: u64 = 1 << 20;

/// The contents of the file for the planned APK.
pub(super) fn make(source: &dyn ReadAt, rewritten: &Rewritten, roles: &Roles<'_>) -> Result<Vec<u8>, SignError> {
    let [signer] = roles.v4.as_slice() else { return Err(SignError::Idsig("it has exactly one signer")) };
    preview(source, rewritten, |file| {
        let tree = Tree::build(file)?;
        let digests = content_digests(file, roles)?;
        let hashing = [&SHA256.to_le_bytes()[..], &[PAGE_BITS], &prefixed(&[]), &prefixed(&tree.root)].concat();
        let signed = Signed { file_size: file.file.size(), hashing: &hashing, digests: &digests };
        let mut infos = signed.info(signer)?;
        for role in &roles.v31 {
            infos.extend(id::V31.to_le_bytes());
            infos.extend(prefixed(&signed.info(role)?));
        }
        Ok([&VERSION.to_le_bytes()[..], &prefixed(&hashing), &prefixed(&infos), &prefixed(&tree.levels)].concat())
    })
}

/// The same digests that the signing block has.
fn content_digests(file: &Preview<'_>, roles: &Roles<'_>) -> Result<BTreeMap<ContentDigest, Vec<u8>>, SignError> {
    let wanted: BTreeSet<ContentDigest> = roles.content_digests();
    let block = crate::signature::block::find(&file.file, &file.directory)?.range();
    let block = block.ok_or(SignError::Idsig("it needs a v2 or v3 signature"))?;
    Ok(content::digest(file.input(), &block, &wanted)?)
}

/// What every signer signs.
struct Signed<'s> {
    file_size: u64,
    hashing: &'s [u8],
    digests: &'s BTreeMap<ContentDigest, Vec<u8>>,
}

impl Signed<'_> {
    /// One signer's info.
    fn info(&self, role: &Role<'_>) -> Result<Vec<u8>, SignError> {
        let algorithm = |wanted: &dyn Fn(ContentDigest) -> bool| -> Option<(AlgorithmId, ContentDigest)> {
            let known = role.algorithms.iter().filter_map(|id| Some((*id, id.known()?.content)));
            known.filter(|(_, content)| wanted(*content)).max_by_key(|(_, content)| *content)
        };
        let unsuitable = SignError::Idsig("the key has no suitable algorithm");
        let (best, signs) = (algorithm(&|_| true), algorithm(&|content| content != ContentDigest::VeritySha256));
        let (Some((_, best)), Some((algorithm, _))) = (best, signs) else { return Err(unsuitable) };
        let digest = self.digests.get(&best).ok_or(unsuitable)?;
        let common = [prefixed(digest), prefixed(certificate(role.signer)?.der()), prefixed(&[])].concat();
        let size =
            u32::try_from(self.hashing.len().saturating_add(common.len()).saturating_add(12)).unwrap_or(u32::MAX);
        let data = [&size.to_le_bytes()[..], &self.file_size.to_le_bytes(), self.hashing, &common].concat();
        let signature = sign_with(&role.signer.identity, algorithm, &data)?;
        Ok([common, prefixed(&public_key(role)?), algorithm.0.to_le_bytes().to_vec(), prefixed(&signature)].concat())
    }
}

/// A tree of digests over the pages of a file, without salt.
struct Tree {
    root: Vec<u8>,
    levels: Vec<u8>,
}

impl Tree {
    fn build(file: &Preview<'_>) -> Result<Self, SourceError> {
        let size = file.file.size();
        let count = usize::try_from(size.div_ceil(CHUNK)).unwrap_or(usize::MAX);
        let chunks = parallel::map(size, count, Vec::new, |buffer: &mut Vec<u8>, index| {
            let start = u64::try_from(index).unwrap_or(u64::MAX).saturating_mul(CHUNK);
            buffer.resize(usize::try_from(size.saturating_sub(start).min(CHUNK)).unwrap_or(0), 0);
            file.file.read_exact_at(buffer, start)?;
            Ok::<_, SourceError>(page_digests(buffer))
        })?;
        let mut levels = vec![whole_pages(chunks.concat())];
        while let Some(level) = levels.last().filter(|level| level.len() > PAGE) {
            levels.push(whole_pages(page_digests(level)));
        }
        levels.reverse();
        let root = levels.first().map(|top| sha256(top).to_vec()).unwrap_or_default();
        Ok(Self { root, levels: levels.concat() })
    }
}

/// SHA-256 of each page; the last one is filled up with zero bytes.
fn page_digests(data: &[u8]) -> Vec<u8> {
    let digest = |page: &[u8]| {
        if page.len() == PAGE { sha256(page) } else { sha256(&whole_pages(page.to_vec())) }
    };
    data.chunks(PAGE).flat_map(digest).collect()
}

fn whole_pages(mut data: Vec<u8>) -> Vec<u8> {
    data.resize(data.len().next_multiple_of(PAGE), 0);
    data
}
