//! The PKCS#7 file of a JAR signature: a signature over the `.SF` file without attributes (RFC 2315, 9.1;
//! `ApkSigningBlockUtils.generatePkcs7DerEncodedMessage`).

use super::encode::der;
use crate::asn1::tag;
use crate::certificate::Certificate;
use crate::digest::DigestAlgorithm;
use crate::identity::{IdentityError, KeyAlgorithm, SigningIdentity};

/// pkcs7-data and pkcs7-signedData (RFC 2315, 14).
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
/// Digests and signatures, as `OidConstants.java` has them.
const SHA1: &[u8] = &[0x2b, 0x0e, 3, 2, 0x1a];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];
const DSA_WITH_SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2];

/// Signs `data` with SHA-1 or SHA-256.
pub(super) fn sign(identity: &SigningIdentity, digest: DigestAlgorithm, data: &[u8]) -> Result<Vec<u8>, IdentityError> {
    let leaf = identity.chain().first().ok_or(IdentityError::NoCertificate)?;
    let signature = identity.key().sign(digest, data)?;
    let digest_oid = if digest == DigestAlgorithm::Sha1 { SHA1 } else { SHA256 };
    let digest_algorithm = algorithm(digest_oid);
    let signer = der(
        tag::SEQUENCE,
        [
            der(tag::INTEGER, [[1]]),
            issuer_and_serial(leaf)?,
            digest_algorithm.clone(),
            algorithm(signature_oid(identity.key().algorithm(), digest)),
            der(tag::OCTET_STRING, [signature]),
        ],
    );
    let signed = der(
        tag::SEQUENCE,
        [
            der(tag::INTEGER, [[1]]),
            der(tag::SET, [digest_algorithm]),
            der(tag::SEQUENCE, [der(tag::OID, [DATA])]),
            der(tag::context_constructed(0), certificates(identity)),
            der(tag::SET, [signer]),
        ],
    );
    Ok(der(tag::SEQUENCE, [der(tag::OID, [SIGNED_DATA]), der(tag::context_constructed(0), [signed])]))
}

fn algorithm(oid: &[u8]) -> Vec<u8> {
    der(tag::SEQUENCE, [der(tag::OID, [oid]), vec![tag::NULL, 0]])
}

fn signature_oid(key: KeyAlgorithm, digest: DigestAlgorithm) -> &'static [u8] {
    match key {
        KeyAlgorithm::Rsa(_) => RSA,
        KeyAlgorithm::Ec(_) => EC,
        KeyAlgorithm::Dsa if digest == DigestAlgorithm::Sha1 => DSA,
        KeyAlgorithm::Dsa => DSA_WITH_SHA256,
    }
}

/// The elements of a SET stand in the order of their bytes (X.690, 11.6).
fn certificates(identity: &SigningIdentity) -> Vec<&[u8]> {
    let mut certificates: Vec<&[u8]> = identity.chain().iter().map(Certificate::der).collect();
    certificates.sort_unstable();
    certificates
}

fn issuer_and_serial(certificate: &Certificate) -> Result<Vec<u8>, IdentityError> {
    let issuer = certificate.issuer_der().ok_or(IdentityError::NoCertificate)?;
    let serial = certificate.serial_content().ok_or(IdentityError::NoCertificate)?;
    Ok(der(tag::SEQUENCE, [issuer, &der(tag::INTEGER, [serial])]))
}
