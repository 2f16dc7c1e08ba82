//! Which Android versions know which algorithms of a JAR signature (`OidConstants.java`, `SUPPORTED_SIG_ALG_OIDS`).
//!
//! A PKCS#7 signer names a digest and a signature algorithm. The latter names a digest of its own or none; when the
//! two differ, only Android 5.0 to 6.0 go along.

use crate::asn1::Oid;
use crate::digest::DigestAlgorithm::{self, Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
use crate::signature::algorithm::SignatureMethod;
use crate::signature::v3::LAST_LEVEL;
use crate::signature::verify::Levels;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Rsa,
    Dsa,
    Ecdsa,
}

const fn digest_oid(oid: &[u8]) -> Option<DigestAlgorithm> {
    match oid {
        // 1.2.840.113549.2.5
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05] => Some(Md5),
        // 1.3.14.3.2.26
        [0x2b, 0x0e, 0x03, 0x02, 0x1a] => Some(Sha1),
        // 2.16.840.1.101.3.4.2.*
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last] => match last {
            1 => Some(Sha256),
            2 => Some(Sha384),
            3 => Some(Sha512),
            4 => Some(Sha224),
            _ => None,
        },
        _ => None,
    }
}

/// The family, and the digest that the algorithm names itself.
const fn signature_oid(oid: &[u8]) -> Option<(Family, Option<DigestAlgorithm>)> {
    match oid {
        // 1.2.840.113549.1.1.*
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last] => match last {
            1 => Some((Family::Rsa, None)),
            4 => Some((Family::Rsa, Some(Md5))),
            5 => Some((Family::Rsa, Some(Sha1))),
            11 => Some((Family::Rsa, Some(Sha256))),
            12 => Some((Family::Rsa, Some(Sha384))),
            13 => Some((Family::Rsa, Some(Sha512))),
            14 => Some((Family::Rsa, Some(Sha224))),
            _ => None,
        },
        // 1.2.840.10040.4.1 and .3
        [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01] => Some((Family::Dsa, None)),
        [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x03] => Some((Family::Dsa, Some(Sha1))),
        // 2.16.840.1.101.3.4.3.1 and .2
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x01] => Some((Family::Dsa, Some(Sha224))),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x02] => Some((Family::Dsa, Some(Sha256))),
        // 1.2.840.10045.2.1, 4.1 and 4.3.*
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] => Some((Family::Ecdsa, None)),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01] => Some((Family::Ecdsa, Some(Sha1))),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last] => match last {
            1 => Some((Family::Ecdsa, Some(Sha224))),
            2 => Some((Family::Ecdsa, Some(Sha256))),
            3 => Some((Family::Ecdsa, Some(Sha384))),
            4 => Some((Family::Ecdsa, Some(Sha512))),
            _ => None,
        },
        _ => None,
    }
}

const EVER: Levels = (0, LAST_LEVEL);
const UP_TO_8: Levels = (0, 8);

const FROM_9: Levels = (9, LAST_LEVEL);
const FROM_18: Levels = (18, LAST_LEVEL);
const FROM_21: Levels = (21, LAST_LEVEL);
const FROM_22: Levels = (22, LAST_LEVEL);

/// The levels that know a signature algorithm without a digest of its own, together with this digest.
const fn bare(family: Family, digest: DigestAlgorithm) -> &'static [Levels] {
    match (family, digest) {
        (Family::Rsa, Md5 | Sha1) | (Family::Dsa, Sha1) => &[EVER],
        (Family::Rsa, Sha224) => &[UP_TO_8, FROM_21],
        (Family::Rsa, Sha256) => &[UP_TO_8, FROM_18],
        (Family::Rsa, Sha384 | Sha512) | (Family::Ecdsa, Sha1 | Sha256 | Sha384 | Sha512) => &[FROM_18],
        (Family::Dsa, Sha224 | Sha256) => &[FROM_22],
        (Family::Ecdsa, Sha224) => &[FROM_21],
        (Family::Dsa, Md5 | Sha384 | Sha512) | (Family::Ecdsa, Md5) => &[],
    }
}

/// The levels that know a signature algorithm with a digest of its own that is the signer's digest too.
const fn same(family: Family, digest: DigestAlgorithm) -> &'static [Levels] {
    match (family, digest) {
        (Family::Rsa, Sha1) => &[EVER],
        (Family::Rsa, Md5 | Sha224) => &[UP_TO_8, FROM_21],
        (Family::Rsa, Sha256) => &[UP_TO_8, FROM_18],
        (Family::Dsa, Sha1) => &[FROM_9],
        (Family::Ecdsa, Sha1) => &[FROM_18],
        (Family::Rsa, Sha384 | Sha512) | (Family::Dsa, Sha224 | Sha256) => &[FROM_21],
        (Family::Ecdsa, Sha224 | Sha256 | Sha384 | Sha512) => &[FROM_21],
        (Family::Dsa, Md5 | Sha384 | Sha512) | (Family::Ecdsa, Md5) => &[],
    }
}

/// The levels that go along when the two digests differ.
const fn mixed(family: Family, digest: DigestAlgorithm, own: DigestAlgorithm) -> &'static [Levels] {
    match (family, digest, own) {
        (Family::Rsa, Sha224, Sha256) | (Family::Rsa, Sha256, Sha1) | (Family::Rsa, Sha512, Sha384) => &[(21, 21)],
        _ => &[(21, 23)],
    }
}

/// The digest of the signed attributes, and how the signature is made; `None` when a level in `levels` does not know
/// the combination.
pub(super) fn known(digest: Oid<'_>, signature: Oid<'_>, levels: Levels) -> Option<(DigestAlgorithm, SignatureMethod)> {
    let digest = digest_oid(digest.0)?;
    let (family, own) = signature_oid(signature.0)?;
    let supported = match own {
        None => bare(family, digest),
        Some(own) if own == digest => same(family, digest),
        Some(own) => mixed(family, digest, own),
    };
    let used = own.unwrap_or(digest);
    let method = match family {
        Family::Rsa => SignatureMethod::RsaPkcs1(used),
        Family::Dsa => SignatureMethod::Dsa(used),
        Family::Ecdsa => SignatureMethod::Ecdsa(used),
    };
    covers(supported, levels).then_some((digest, method))
}

/// Whether the ranges, which ascend and do not touch, contain all of `levels`.
fn covers(ranges: &[Levels], levels: Levels) -> bool {
    ranges.iter().any(|range| range.0 <= levels.0 && levels.1 <= range.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256: Oid<'_> = Oid(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 1]);
    const SHA1: Oid<'_> = Oid(&[0x2b, 0x0e, 0x03, 0x02, 0x1a]);
    const RSA: Oid<'_> = Oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 1]);
    const SHA1_WITH_RSA: Oid<'_> = Oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 5]);

    #[test]
    fn every_level_in_question_must_know_the_algorithms() {
        assert_eq!(known(SHA256, RSA, (18, LAST_LEVEL)), Some((Sha256, SignatureMethod::RsaPkcs1(Sha256))));
        assert_eq!(known(SHA256, RSA, (17, LAST_LEVEL)), None);
        assert_eq!(known(SHA256, RSA, (4, 8)).map(|(digest, _)| digest), Some(Sha256));
        assert_eq!(known(SHA1, RSA, (0, LAST_LEVEL)).map(|(digest, _)| digest), Some(Sha1));
    }

    #[test]
    fn mixed_digests_are_for_old_versions_only() {
        assert_eq!(known(SHA256, SHA1_WITH_RSA, (21, 21)), Some((Sha256, SignatureMethod::RsaPkcs1(Sha1))));
        assert_eq!(known(SHA256, SHA1_WITH_RSA, (21, 23)), None);
        assert_eq!(known(SHA1, Oid(b"other"), (21, 23)), None);
    }
}
