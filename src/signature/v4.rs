//! v4: a signature in a file of its own (`.idsig`) over the fs-verity tree of the whole APK, for installing while the
//! app still streams in (apksigning/v4; `V4SchemeVerifier.java`). It needs v2 or v3 as well.
//!
//! | part | what |
//! | --- | --- |
//! | 4 bytes | version, 2 |
//! | hashing info | algorithm 1 (SHA-256), page size 2^12, salt, root of the tree |
//! | signing infos | digest that v2 or v3 signs, certificate, data, public key, algorithm, signature; more for v3.1 |
//! | tree | optional: all levels, the smallest first |
//!
//! Every part has its length in front.

use super::algorithm::{AlgorithmId, ContentDigest};
use super::block::id;
use super::content;
use super::findings::Findings;
use super::key::{self, PublicKey};
use super::rules::{self, Rule};
use super::schemes::{Parsed, Scope};
use super::signer::SignerBlock;
use super::{Input, Scheme, SignatureError};
use crate::bytes::{BytesError, Reader};
use crate::certificate::Certificate;
use crate::limits::SIGNERS;

const VERSION: u32 = 2;
const SHA256: u32 = 1;
const LOG2_PAGE: u8 = 12;

/// Why a v4 signature is wrong.
type Fault = (&'static Rule, String);

/// The file, split into its parts.
struct Signature<'a> {
    hashing: &'a [u8],
    root: &'a [u8],
    primary: SigningInfo<'a>,
    /// By the id of the scheme's pair.
    others: Vec<(u32, SigningInfo<'a>)>,
    tree: &'a [u8],
}

struct SigningInfo<'a> {
    apk_digest: &'a [u8],
    certificate: &'a [u8],
    additional_data: &'a [u8],
    public_key: &'a [u8],
    algorithm: AlgorithmId,
    signature: &'a [u8],
}

/// Checks the contents of an `.idsig` file against the APK.
pub(super) fn check(
    input: Input<'_>,
    idsig: &[u8],
    (parsed, scope): (&Parsed<'_>, &Scope),
    findings: &mut Findings,
) -> Result<(), SignatureError> {
    let mut problem = |(rule, message): Fault| findings.problem(rule, None, format!("v4: {message}"));
    let signature = match Signature::parse(idsig) {
        Ok(signature) => signature,
        Err(fault) => {
            problem(fault);
            return Ok(());
        }
    };
    let size = input.source.size();
    for info in signature.infos() {
        info.check(signature.hashing, size).unwrap_or_else(&mut problem);
    }
    signature.check_schemes(parsed, scope).unwrap_or_else(&mut problem);
    let levels = content::file_tree(input)?;
    let root = content::file_root(&levels);
    if root != signature.root {
        problem((rules::V4_TREE_MISMATCH, "the root of the tree is that of another file".to_owned()));
    }
    if !signature.tree.is_empty() && !content::is_tree(&levels, signature.tree) {
        problem((rules::V4_TREE_MISMATCH, "the tree is that of another file".to_owned()));
    }
    Ok(())
}

fn malformed(error: BytesError) -> Fault {
    (rules::V4_MALFORMED, error.to_string())
}

fn unsupported(message: String) -> Fault {
    (rules::V4_UNSUPPORTED, message)
}

impl<'a> Signature<'a> {
    fn parse(idsig: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(idsig);
        let version = reader.u32_le("version").map_err(malformed)?;
        if version != VERSION {
            return Err(unsupported(format!("its version is {version}, not {VERSION}")));
        }
        let hashing = reader.prefixed_u32_le("hashing info").map_err(malformed)?;
        let mut infos = reader.prefixed_u32_le("signing infos").map_err(malformed)?;
        let tree = if reader.is_empty() { &[] } else { reader.prefixed_u32_le("tree").map_err(malformed)?.take_rest() };
        reader.finish("v4 signature").map_err(malformed)?;
        let primary = SigningInfo::parse(&mut infos).map_err(malformed)?;
        let mut others = Vec::new();
        while !infos.is_empty() {
            if others.len() >= SIGNERS {
                return Err((rules::V4_SIGNERS, format!("there are more than {SIGNERS} signing infos")));
            }
            let pair = infos.u32_le("block id").map_err(malformed)?;
            let mut info = infos.prefixed_u32_le("signing info").map_err(malformed)?;
            others.push((pair, SigningInfo::parse(&mut info).map_err(malformed)?));
            info.finish("signing info").map_err(malformed)?;
        }
        Ok(Self { hashing: hashing.peek_rest(), root: read_root(hashing)?, primary, others, tree })
    }

    fn infos(&self) -> impl Iterator<Item = &SigningInfo<'a>> {
        std::iter::once(&self.primary).chain(self.others.iter().map(|(_, info)| info))
    }

    /// Each signing info belongs to the signer of one scheme: v3 or v2, and v3.1 if it is there.
    fn check_schemes(&self, parsed: &Parsed<'_>, scope: &Scope) -> Result<(), Fault> {
        let first = [Scheme::V3, Scheme::V2].into_iter().find(|scheme| scope.uses(*scheme));
        let first = first.ok_or_else(|| (rules::V4_SIGNERS, "there is no v2 or v3 signature beside it".to_owned()))?;
        self.primary.check_signer(first, &parsed.blocks(first))?;
        let v31 = scope.uses(Scheme::V31).then_some(id::V31);
        match (v31, self.others.as_slice()) {
            (None, []) => Ok(()),
            (Some(wanted), [(found, info)]) if wanted == *found => {
                info.check_signer(Scheme::V31, &parsed.blocks(Scheme::V31))
            }
            _ => Err((rules::V4_SIGNERS, "it needs one signing info for each of v3 and v3.1, and no more".to_owned())),
        }
    }
}

/// The root of the tree, when the way to it is known.
fn read_root(mut hashing: Reader<'_>) -> Result<&[u8], Fault> {
    let algorithm = hashing.u32_le("hash algorithm").map_err(malformed)?;
    let page = hashing.u8("page size").map_err(malformed)?;
    let salt = hashing.prefixed_u32_le("salt").map_err(malformed)?;
    let root = hashing.prefixed_u32_le("root hash").map_err(malformed)?.take_rest();
    hashing.finish("hashing info").map_err(malformed)?;
    if (algorithm, page, salt.is_empty()) != (SHA256, LOG2_PAGE, true) {
        return Err(unsupported(format!("it uses hash algorithm {algorithm} over pages of 2^{page} bytes, or a salt")));
    }
    Ok(root)
}

impl<'a> SigningInfo<'a> {
    fn parse(reader: &mut Reader<'a>) -> Result<Self, BytesError> {
        Ok(Self {
            apk_digest: reader.prefixed_u32_le("APK digest")?.take_rest(),
            certificate: reader.prefixed_u32_le("certificate")?.take_rest(),
            additional_data: reader.prefixed_u32_le("additional data")?.take_rest(),
            public_key: reader.prefixed_u32_le("public key")?.take_rest(),
            algorithm: AlgorithmId(reader.u32_le("algorithm")?),
            signature: reader.prefixed_u32_le("signature")?.take_rest(),
        })
    }

    /// What is signed: the file's size, how the tree is made, and what this info says (`V4Signature.getSignedData`).
    fn signed_data(&self, hashing: &[u8], size: u64) -> Vec<u8> {
        let mut data = size.to_le_bytes().to_vec();
        data.extend_from_slice(hashing);
        for part in [self.apk_digest, self.certificate, self.additional_data] {
            data.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
            data.extend_from_slice(part);
        }
        let whole = u32::try_from(data.len()).unwrap_or(u32::MAX).saturating_add(4);
        [whole.to_le_bytes().as_slice(), &data].concat()
    }

    /// Whether the signature holds, and the key is that of the certificate.
    fn check(&self, hashing: &[u8], size: u64) -> Result<(), Fault> {
        let algorithm = self.algorithm.known();
        let algorithm = algorithm.ok_or_else(|| unsupported(format!("it uses the unknown {}", self.algorithm)))?;
        let key = PublicKey::parse(self.public_key).filter(|key| key.fits(algorithm.method));
        let key = key.ok_or_else(|| (rules::V4_MALFORMED, "its public key cannot be read".to_owned()))?;
        if !key.verify(algorithm.method, &self.signed_data(hashing, size), self.signature) {
            return Err((rules::V4_SIGNATURE_WRONG, format!("its signature ({}) is wrong", self.algorithm)));
        }
        let certificate = Certificate::from_der(self.certificate.to_vec());
        let certificate = certificate.map_err(|error| (rules::V4_MALFORMED, error.to_string()))?;
        let certified = certificate.public_key_info().unwrap_or_default();
        if certified != self.public_key && key::canonical(certified).as_deref() != Some(self.public_key) {
            return Err((rules::V4_KEY_MISMATCH, "its public key is not that of its certificate".to_owned()));
        }
        Ok(())
    }

    /// The scheme's only signer must have the same certificate and digest (`ApkVerifier.checkV4Signer`).
    fn check_signer(&self, scheme: Scheme, signers: &[&SignerBlock<'_>]) -> Result<(), Fault> {
        let [signer] = signers else {
            return Err((rules::V4_SIGNERS, format!("{scheme} has {} signers, v4 knows one", signers.len())));
        };
        if signer.certificates.first().map(Certificate::der) != Some(self.certificate) {
            return Err((rules::V4_SIGNER_MISMATCH, format!("its certificate is not that of {scheme}")));
        }
        if best_digest(signer) != Some(self.apk_digest) {
            return Err((rules::V4_DIGEST_MISMATCH, format!("its digest of the APK is not that of {scheme}")));
        }
        Ok(())
    }
}

/// The strongest digest of the contents (`ApkSigningBlockUtils.pickBestDigestForV4`); of two the last counts.
fn best_digest<'a>(signer: &SignerBlock<'a>) -> Option<&'a [u8]> {
    let known = signer.digests.iter().filter_map(|(id, digest)| Some((id.known()?.content, *digest)));
    known.max_by_key(|(content, _): &(ContentDigest, &[u8])| *content).map(|(_, digest)| digest)
}

#[cfg(test)]
mod tests {
    use crate::signature::testing::{examined, fixture};
    use crate::signature::{Request, Verdict};

    fn ids(apk: &[u8], idsig: &[u8]) -> Vec<&'static str> {
        let request = Request { v4_signature: Some(idsig.to_vec()), ..Request::for_apk(24) };
        let (signatures, ids) = examined(apk, &request);
        assert_eq!(signatures.verdict == Verdict::Verified, ids.is_empty());
        ids
    }

    #[test]
    fn a_real_signature_holds_with_and_without_its_tree() {
        let (apk, idsig) = (fixture("apk/signed-v4.apk"), fixture("apk/signed-v4.apk.idsig"));
        assert_eq!(ids(&apk, &idsig), [""; 0]);
        let tree = idsig.len() - 4096 - 4;
        assert_eq!(ids(&apk, &idsig[..tree]), [""; 0]);
    }

    #[test]
    fn it_belongs_to_one_file() {
        let idsig = fixture("apk/signed-v4.apk.idsig");
        let wanted = ["v4-signature-wrong", "v4-digest-mismatch", "v4-tree-mismatch", "v4-tree-mismatch"];
        assert_eq!(ids(&fixture("apk/demo-release.apk"), &idsig), wanted);
        assert!(ids(&fixture("apk/signed-v1-only.apk"), &idsig).contains(&"v4-signers"));
    }

    #[test]
    fn each_prefix_and_each_changed_byte_is_refused() {
        let (apk, idsig) = (fixture("apk/signed-v4.apk"), fixture("apk/signed-v4.apk.idsig"));
        let tree = idsig.len() - 4096 - 4;
        for end in (0..idsig.len()).step_by(13).filter(|end| *end != tree) {
            assert!(!ids(&apk, &idsig[..end]).is_empty(), "{end}");
        }
        for at in (0..idsig.len()).step_by(11) {
            let mut changed = idsig.clone();
            changed[at] ^= 1;
            assert!(!ids(&apk, &changed).is_empty(), "{at}");
        }
    }
}
