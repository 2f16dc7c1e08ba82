//! The signers of v2, v3 and v3.1 as bytes (`V2SchemeSigner.java`, `V3SchemeSigner.java`).

use super::SignError;
use super::encode::{attribute, pairs as number_pairs, prefixed, sequence};
use super::roles::{Role, Roles, certificate};
use crate::digest::DigestAlgorithm;
use crate::identity::{IdentityError, SigningIdentity};
use crate::parallel;
use crate::signature::algorithm::{AlgorithmId, ContentDigest, SignatureMethod};
use crate::signature::block::id;
use crate::signature::key;
use std::collections::BTreeMap;

/// In v2: another scheme that must be there (`V2SchemeConstants.java`).
const STRIPPING_PROTECTION: u32 = 0xbeef_f00d;
/// The lineage (`V3SchemeConstants.java`).
const PROOF_OF_ROTATION: u32 = 0x3ba0_6f8c;
/// In v3: the first API level of v3.1.
const ROTATION_MIN_SDK: u32 = 0x559f_8b02;

type Digests = BTreeMap<ContentDigest, Vec<u8>>;

/// The pairs of the signing block, in apksigner's order: v2, v3.1, v3.
pub(super) fn pairs(roles: &Roles<'_>, digests: &Digests) -> Result<Vec<(u32, Vec<u8>)>, SignError> {
    let newer = !roles.v3.is_empty();
    let v31_from = roles.v31.iter().map(|role| role.min_sdk).min();
    let schemes = [(id::V2, &roles.v2), (id::V31, &roles.v31), (id::V3, &roles.v3)];
    let signers: Vec<(u32, &Role<'_>)> =
        schemes.into_iter().flat_map(|(id, roles)| roles.iter().map(move |role| (id, role))).collect();
    // a private-key operation takes milliseconds, as a megabyte does: all cores share them
    let signed = parallel::largest_first(
        &signers,
        |_| 1 << 20,
        || (),
        |(), (id, role)| match *id {
            id::V2 => v2_signer(role, digests, newer),
            id::V3 => v3_signer(role, digests, v31_from),
            _ => v3_signer(role, digests, None),
        },
    )?;
    let of_scheme = |wanted: u32| -> Vec<&Vec<u8>> {
        signers.iter().zip(&signed).filter(|((id, _), _)| *id == wanted).map(|(_, signer)| signer).collect()
    };
    let used = schemes.into_iter().filter(|(_, roles)| !roles.is_empty());
    Ok(used.map(|(id, _)| (id, prefixed(&sequence(of_scheme(id))))).collect())
}

fn v2_signer(role: &Role<'_>, digests: &Digests, newer: bool) -> Result<Vec<u8>, SignError> {
    let attributes = if newer { attribute(STRIPPING_PROTECTION, &3_u32.to_le_bytes()) } else { Vec::new() };
    // the empty fourth element is apksigner's
    let signed = sequence([number_pairs(digests_of(role, digests)), certificates(role), attributes, Vec::new()]);
    Ok(sequence([signed.clone(), signatures(role, &signed)?, public_key(role)?]))
}

fn v3_signer(role: &Role<'_>, digests: &Digests, v31_from: Option<u32>) -> Result<Vec<u8>, SignError> {
    let mut attributes = Vec::new();
    if let Some(lineage) = &role.lineage {
        attributes.extend(attribute(PROOF_OF_ROTATION, &lineage.encode()));
    }
    if let Some(from) = v31_from {
        attributes.extend(attribute(ROTATION_MIN_SDK, &from.to_le_bytes()));
    }
    let range = [role.min_sdk.to_le_bytes(), role.max_sdk.to_le_bytes()].concat();
    let contents = sequence([number_pairs(digests_of(role, digests)), certificates(role)]);
    let signed = [contents, range.clone(), prefixed(&attributes)].concat();
    let signatures = signatures(role, &signed)?;
    Ok([prefixed(&signed), range, prefixed(&signatures), prefixed(&public_key(role)?)].concat())
}

fn digests_of<'d>(role: &Role<'_>, digests: &'d Digests) -> Vec<(u32, &'d [u8])> {
    let digest = |algorithm: &AlgorithmId| {
        let known = algorithm.known()?;
        Some((algorithm.0, digests.get(&known.content)?.as_slice()))
    };
    role.algorithms.iter().filter_map(digest).collect()
}

fn certificates(role: &Role<'_>) -> Vec<u8> {
    sequence(role.signer.identity.chain().iter().map(|certificate| certificate.der()))
}

fn signatures(role: &Role<'_>, signed: &[u8]) -> Result<Vec<u8>, SignError> {
    let mut signatures = Vec::new();
    for algorithm in &role.algorithms {
        signatures.push((algorithm.0, sign_with(&role.signer.identity, *algorithm, signed)?));
    }
    Ok(number_pairs(signatures))
}

/// Signs with an algorithm of the signing block.
pub(super) fn sign_with(
    identity: &SigningIdentity,
    algorithm: AlgorithmId,
    data: &[u8],
) -> Result<Vec<u8>, IdentityError> {
    let digest = match algorithm.known().map(|known| known.method) {
        Some(SignatureMethod::RsaPkcs1(digest) | SignatureMethod::Ecdsa(digest) | SignatureMethod::Dsa(digest)) => {
            digest
        }
        Some(SignatureMethod::RsaPss(_) | SignatureMethod::MlDsa) | None => {
            return Err(IdentityError::CannotSign { digest: DigestAlgorithm::Sha256.name() });
        }
    };
    identity.key().sign(digest, data)
}

/// The public key in canonical form.
pub(super) fn public_key(role: &Role<'_>) -> Result<Vec<u8>, SignError> {
    let info = certificate(role.signer)?.public_key_info().and_then(key::canonical);
    info.ok_or(SignError::Key(IdentityError::Mismatch))
}
