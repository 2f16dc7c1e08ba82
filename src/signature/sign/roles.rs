//! Who signs which scheme, for which API levels (`DefaultApkSignerEngine.java`: `setTargetedSignerConfigs`,
//! `createV2SignerConfigs`, `processV3Configs`, `processV31SignerConfigs`).

use super::{SignError, Signer, SigningLineage, SigningRequest};
use crate::identity::KeyAlgorithm;
use crate::limits::SIGNERS;
use crate::signature::algorithm::{AlgorithmId, ContentDigest};
use crate::signature::{Kind, Scheme};
use std::collections::BTreeSet;

/// The first API level that knows v3, and the first that knows v3.1.
const V3_SDK: u32 = 28;
const V31_SDK: u32 = 33;
/// From this `targetSdkVersion` on a v1 signature alone is refused.
const BLOCK_TARGET_SDK: u32 = 30;
/// Java's `Integer.MAX_VALUE`: no upper bound.
const NO_MAX: u32 = 0x7fff_ffff;

/// A signer of v2, v3 or v3.1.
#[derive(Debug, Clone)]
pub(super) struct Role<'a> {
    pub(super) signer: &'a Signer,
    pub(super) algorithms: Vec<AlgorithmId>,
    /// API levels, in v3 and v3.1.
    pub(super) min_sdk: u32,
    pub(super) max_sdk: u32,
    /// Proof of rotation up to this signer.
    pub(super) lineage: Option<SigningLineage>,
}

/// All signers by scheme; a scheme that is not used has none.
#[derive(Debug)]
pub(super) struct Roles<'a> {
    pub(super) min_sdk: u32,
    pub(super) v1: Vec<&'a Signer>,
    pub(super) v2: Vec<Role<'a>>,
    pub(super) v3: Vec<Role<'a>>,
    pub(super) v31: Vec<Role<'a>>,
    pub(super) v4: Vec<Role<'a>>,
}

/// The signers in the order in which they count.
struct Ordered<'a> {
    /// Those that sign for all API levels.
    original: Vec<&'a Signer>,
    /// Those that sign from an API level on, which comes with them, ascending.
    rotated: Vec<(&'a Signer, u32)>,
}

impl<'a> Roles<'a> {
    pub(super) fn assign(request: &'a SigningRequest) -> Result<Self, SignError> {
        let count = request.signers.len();
        if count == 0 {
            return Err(SignError::Nothing("there is no signer"));
        }
        if count > SIGNERS {
            return Err(SignError::TooManySigners { count, allowed: SIGNERS });
        }
        let is_apk = request.kind == Kind::Apk;
        let choice = request.schemes;
        let rotates = request.lineage.is_some() || request.signers.iter().any(|signer| signer.min_sdk.is_some());
        let use_v1 = choice.v1.unwrap_or(true) || !is_apk;
        let use_v2 = is_apk && choice.v2.unwrap_or(true);
        let use_v3 = is_apk && choice.v3.unwrap_or(count == 1 || rotates);
        check_schemes(request, use_v1, use_v2 || use_v3)?;
        let ordered = Ordered::of(request)?;
        let mut roles = Self {
            min_sdk: request.min_sdk,
            v1: Vec::new(),
            v2: Vec::new(),
            v3: Vec::new(),
            v31: Vec::new(),
            v4: Vec::new(),
        };
        if use_v1 {
            roles.v1 = ordered.without_rotation(request, Scheme::V1, use_v3)?;
        }
        if use_v2 {
            let signers = ordered.without_rotation(request, Scheme::V2, use_v3)?;
            roles.v2 = signers.into_iter().map(|signer| Role::new(signer, request.verity)).collect();
        }
        if use_v3 {
            (roles.v3, roles.v31) = ordered.with_rotation(request)?;
        }
        if choice.v4 {
            roles.v4 = if use_v3 { roles.v3.clone() } else { roles.v2.clone() };
        }
        Ok(roles)
    }

    /// The schemes that are used, in ascending order.
    pub(super) fn schemes(&self) -> Vec<Scheme> {
        let used = [
            (Scheme::V1, self.v1.is_empty()),
            (Scheme::V2, self.v2.is_empty()),
            (Scheme::V3, self.v3.is_empty()),
            (Scheme::V31, self.v31.is_empty()),
        ];
        used.into_iter().filter(|(_, unused)| !unused).map(|(scheme, _)| scheme).collect()
    }

    /// The digests of the contents that the signers sign.
    pub(super) fn content_digests(&self) -> BTreeSet<ContentDigest> {
        let roles = self.v2.iter().chain(&self.v3).chain(&self.v31);
        let algorithms = roles.flat_map(|role| &role.algorithms);
        algorithms.filter_map(|algorithm| algorithm.known()).map(|known| known.content).collect()
    }
}

fn check_schemes(request: &SigningRequest, use_v1: bool, use_block: bool) -> Result<(), SignError> {
    if !use_v1 && !use_block {
        return Err(SignError::Nothing("all schemes are off"));
    }
    if request.schemes.v4 && !use_block {
        return Err(SignError::Idsig("it needs a v2 or v3 signature"));
    }
    let target = request.target_sdk.filter(|target| *target >= BLOCK_TARGET_SDK && request.kind == Kind::Apk);
    match target {
        Some(target_sdk) if !use_block => Err(SignError::NeedsBlock { target_sdk }),
        _ => Ok(()),
    }
}

impl<'a> Ordered<'a> {
    fn of(request: &'a SigningRequest) -> Result<Self, SignError> {
        let (targeted, mut original): (Vec<&Signer>, Vec<&Signer>) =
            request.signers.iter().partition(|signer| signer.min_sdk.is_some());
        let mut rotated: Vec<_> = targeted.into_iter().filter_map(|signer| Some((signer, signer.min_sdk?))).collect();
        if let Some(lineage) = &request.lineage {
            for signer in &request.signers {
                if lineage.position(certificate(signer)?).is_none() {
                    return Err(SignError::Lineage("a signer is not in it".to_owned()));
                }
            }
            original.sort_by_key(|signer| certificate(signer).ok().and_then(|leaf| lineage.position(leaf)));
            let oldest = original.first().and_then(|signer| lineage.position(certificate(signer).ok()?));
            let later = original.split_off(usize::from(oldest == Some(0)).min(original.len()));
            let from = if request.rotation_min_sdk < V31_SDK { V3_SDK } else { request.rotation_min_sdk };
            rotated.extend(later.into_iter().map(|signer| (signer, from)));
        }
        rotated.sort_by_key(|(_, min_sdk)| *min_sdk);
        if rotated.iter().any(|(_, min_sdk)| *min_sdk < V3_SDK) {
            return Err(SignError::Signers { scheme: Scheme::V3, reason: "a rotated key cannot count below API 28" });
        }
        Ok(Self { original, rotated })
    }

    /// The signers of a scheme that knows no rotation: the oldest of the lineage, or all together.
    fn without_rotation(
        &self,
        request: &SigningRequest,
        scheme: Scheme,
        use_v3: bool,
    ) -> Result<Vec<&'a Signer>, SignError> {
        if !use_v3 && self.rotated.is_empty() {
            return Ok(self.original.clone());
        }
        let oldest = self.original.first().copied().or_else(|| self.rotated.first().map(|(signer, _)| *signer));
        let oldest = oldest.ok_or(SignError::Nothing("there is no signer"))?;
        if let Some(lineage) = &request.lineage
            && lineage.position(certificate(oldest)?) != Some(0)
        {
            return Err(SignError::Signers { scheme, reason: "the oldest signer of the lineage is missing" });
        }
        Ok(vec![oldest])
    }

    /// The signers of v3 and of v3.1: newest first, each up to where the next one begins.
    fn with_rotation(&self, request: &SigningRequest) -> Result<(Vec<Role<'a>>, Vec<Role<'a>>), SignError> {
        let refused = |reason| SignError::Signers { scheme: Scheme::V3, reason };
        if self.original.len() > 1 {
            return Err(refused("several signers need a lineage"));
        }
        let lowest = request.min_sdk.max(V3_SDK);
        let originals = self.original.iter().map(|signer| (*signer, 0));
        let all: Vec<(&Signer, u32)> = originals.chain(self.rotated.iter().copied()).collect();
        let mut roles: Vec<Role<'a>> = Vec::new();
        let mut below = NO_MAX;
        for (signer, from) in all.into_iter().rev() {
            let lineage = if from == 0 { None } else { lineage_of(request, signer)? };
            let mut role = Role::new(signer, request.verity);
            role.min_sdk = from.max(role.first_sdk()).max(if lineage.is_some() { V3_SDK } else { 0 });
            role.max_sdk = below;
            role.lineage = lineage;
            if role.max_sdk < role.min_sdk {
                continue;
            }
            below = role.min_sdk.saturating_sub(1);
            let enough = role.min_sdk <= lowest;
            roles.push(role);
            if enough {
                break;
            }
        }
        if roles.last().is_none_or(|last| last.min_sdk > lowest) {
            return Err(refused("no signer covers the oldest Android versions of the app"));
        }
        let split = roles.iter().position(|role| role.min_sdk < V31_SDK || role.min_sdk <= lowest);
        let v3 = roles.split_off(split.unwrap_or(0));
        Ok((v3, roles))
    }
}

fn lineage_of(request: &SigningRequest, signer: &Signer) -> Result<Option<SigningLineage>, SignError> {
    let Some(lineage) = &request.lineage else { return Ok(None) };
    let up_to = lineage.up_to(certificate(signer)?);
    up_to.map(Some).ok_or_else(|| SignError::Lineage("a signer is not in it".to_owned()))
}

/// The certificate of the signer's key.
pub(super) fn certificate(signer: &Signer) -> Result<&crate::certificate::Certificate, SignError> {
    signer.identity.chain().first().ok_or(SignError::Key(crate::identity::IdentityError::NoCertificate))
}

impl<'a> Role<'a> {
    fn new(signer: &'a Signer, verity: bool) -> Self {
        let algorithms = block_algorithms(signer.identity.key().algorithm(), verity);
        Self { signer, algorithms, min_sdk: 0, max_sdk: NO_MAX, lineage: None }
    }

    /// The first API level that knows one of the algorithms.
    fn first_sdk(&self) -> u32 {
        let known = self.algorithms.iter().filter_map(|algorithm| algorithm.known());
        known.map(|known| known.min_sdk).min().unwrap_or(NO_MAX)
    }
}

/// The algorithms of v2 and v3, a digest no weaker than the key first (`V3SchemeSigner.java`,
/// `getSuggestedSignatureAlgorithms`).
pub(super) fn block_algorithms(key: KeyAlgorithm, verity: bool) -> Vec<AlgorithmId> {
    let (first, with_verity) = match key {
        KeyAlgorithm::Rsa(bits) if bits <= 3072 => (0x0103, Some(0x0421)),
        KeyAlgorithm::Rsa(_) => (0x0104, None),
        KeyAlgorithm::Ec(bits) if bits <= 256 => (0x0201, Some(0x0423)),
        KeyAlgorithm::Ec(_) => (0x0202, None),
        KeyAlgorithm::Dsa => (0x0301, Some(0x0425)),
    };
    let with_verity = with_verity.filter(|_| verity);
    [Some(first), with_verity].into_iter().flatten().map(AlgorithmId).collect()
}
