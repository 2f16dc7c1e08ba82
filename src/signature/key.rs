//! Public keys, and whether a signature was made with one.
//!
//! Read from the `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7) with the tolerant reader: AOSP accepts certificates that
//! are not DER, and RSA moduli that lack the zero byte in front (`ApkSigningBlockUtils.encodePublicKey`).

use super::algorithm::SignatureMethod;
use crate::asn1::{self, Asn1, Oid, tag};
use crate::digest::DigestAlgorithm;
use crate::limits::RSA_BITS_VERIFIED;
use ml_dsa::{EncodedVerifyingKey, MlDsa65, MlDsa87, MlDsaParams};
use rsa::BoxedUint;
use rsa::signature::hazmat::PrehashVerifier;

/// rsaEncryption (RFC 3279, 2.3.1).
const OID_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// id-dsa (RFC 3279, 2.3.2).
const OID_DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];
/// id-ecPublicKey (RFC 5480, 2.1.1).
const OID_EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// secp256r1, secp384r1, secp521r1 (RFC 5480, 2.1.1.1).
const OID_P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const OID_P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const OID_P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
/// id-ml-dsa-65 and id-ml-dsa-87 (RFC 9881).
const OID_ML_DSA_65: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12];
const OID_ML_DSA_87: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13];

/// A public key that can check signatures.
#[derive(Debug)]
pub(super) enum PublicKey {
    Rsa(Box<rsa::PublicKey>),
    P256(Box<p256::ecdsa::VerifyingKey>),
    P384(Box<p384::ecdsa::VerifyingKey>),
    P521(Box<p521::ecdsa::VerifyingKey>),
    Dsa(Box<dsa::VerifyingKey>),
    MlDsa65(Box<ml_dsa::VerifyingKey<MlDsa65>>),
    MlDsa87(Box<ml_dsa::VerifyingKey<MlDsa87>>),
}

/// The fields of a `SubjectPublicKeyInfo`.
struct Info<'a> {
    algorithm: Oid<'a>,
    parameters: Asn1<'a>,
    key: &'a [u8],
}

impl<'a> Info<'a> {
    fn parse(der: &'a [u8]) -> Option<Self> {
        let info = asn1::single(der, "public key").ok().filter(|element| element.tag == tag::SEQUENCE)?;
        let mut fields = info.children();
        let mut parameters = fields.sequence("public key algorithm").ok()?;
        let algorithm = parameters.oid("public key algorithm").ok()?;
        let key = fields.expect(tag::BIT_STRING, "public key").ok()?.bits("public key").ok()?;
        fields.finish("public key").ok()?;
        Some(Self { algorithm, parameters, key })
    }
}

/// Whether this is a key of a post-quantum algorithm (`ApkSigningBlockUtils.isCertificatePqc`).
pub(super) fn is_ml_dsa(public_key_info: &[u8]) -> bool {
    Info::parse(public_key_info).is_some_and(|info| [OID_ML_DSA_65, OID_ML_DSA_87].contains(&info.algorithm.0))
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`; `None` when it is malformed or of a kind that Android does not know.
    pub(super) fn parse(der: &[u8]) -> Option<Self> {
        let mut info = Info::parse(der)?;
        match info.algorithm.0 {
            OID_RSA => rsa_key(info.key).map(Box::new).map(Self::Rsa),
            OID_DSA => dsa_key(&mut info).map(Box::new).map(Self::Dsa),
            OID_EC => match info.parameters.oid("curve").ok()?.0 {
                OID_P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(info.key).ok().map(Box::new).map(Self::P256),
                OID_P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(info.key).ok().map(Box::new).map(Self::P384),
                OID_P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(info.key).ok().map(Box::new).map(Self::P521),
                _ => None,
            },
            OID_ML_DSA_65 => ml_dsa_key::<MlDsa65>(info.key).map(Box::new).map(Self::MlDsa65),
            OID_ML_DSA_87 => ml_dsa_key::<MlDsa87>(info.key).map(Box::new).map(Self::MlDsa87),
            _ => None,
        }
    }

    /// Whether the key can be used with this method at all.
    pub(super) fn fits(&self, method: SignatureMethod) -> bool {
        match method {
            SignatureMethod::RsaPkcs1(_) | SignatureMethod::RsaPss(_) => matches!(self, Self::Rsa(_)),
            SignatureMethod::Ecdsa(_) => matches!(self, Self::P256(_) | Self::P384(_) | Self::P521(_)),
            SignatureMethod::Dsa(_) => matches!(self, Self::Dsa(_)),
            SignatureMethod::MlDsa => matches!(self, Self::MlDsa65(_) | Self::MlDsa87(_)),
        }
    }

    /// Whether `signature` over `data` was made with this key.
    pub(super) fn verify(&self, method: SignatureMethod, data: &[u8], signature: &[u8]) -> bool {
        match (self, method) {
            (Self::Rsa(key), SignatureMethod::RsaPkcs1(digest)) => verify_pkcs1(key, digest, data, signature),
            (Self::Rsa(key), SignatureMethod::RsaPss(digest)) => verify_pss(key, digest, data, signature),
            (Self::P256(key), SignatureMethod::Ecdsa(digest)) => {
                let signature = p256::ecdsa::Signature::from_der(signature);
                signature.is_ok_and(|signature| key.verify_prehash(&digest.digest(data), &signature).is_ok())
            }
            (Self::P384(key), SignatureMethod::Ecdsa(digest)) => {
                let signature = p384::ecdsa::Signature::from_der(signature);
                signature.is_ok_and(|signature| key.verify_prehash(&digest.digest(data), &signature).is_ok())
            }
            (Self::P521(key), SignatureMethod::Ecdsa(digest)) => {
                let signature = p521::ecdsa::Signature::from_der(signature);
                signature.is_ok_and(|signature| key.verify_prehash(&digest.digest(data), &signature).is_ok())
            }
            (Self::Dsa(key), SignatureMethod::Dsa(digest)) => {
                let signature = dsa::Signature::try_from(signature);
                signature.is_ok_and(|signature| key.verify_prehash(&digest.digest(data), &signature).is_ok())
            }
            (Self::MlDsa65(key), SignatureMethod::MlDsa) => verify_ml_dsa(key, data, signature),
            (Self::MlDsa87(key), SignatureMethod::MlDsa) => verify_ml_dsa(key, data, signature),
            _ => false,
        }
    }
}

/// The key as Java writes it: an RSA modulus gets its zero byte back. Other keys stay as they are.
pub(super) fn canonical(public_key_info: &[u8]) -> Option<Vec<u8>> {
    let info = Info::parse(public_key_info)?;
    if info.algorithm.0 != OID_RSA {
        return Some(public_key_info.to_vec());
    }
    let mut numbers = Asn1::new(info.key).sequence("RSA key").ok()?;
    let modulus = numbers.expect(tag::INTEGER, "modulus").ok()?.content;
    let exponent = numbers.expect(tag::INTEGER, "exponent").ok()?.content;
    let key = element(tag::SEQUENCE, &[positive(modulus), positive(exponent)].concat());
    let oid = element(tag::OID, OID_RSA);
    let algorithm = element(tag::SEQUENCE, &[oid, element(tag::NULL, &[])].concat());
    let bits = element(tag::BIT_STRING, &[vec![0], key].concat());
    Some(element(tag::SEQUENCE, &[algorithm, bits].concat()))
}

/// An INTEGER (X.690 8.3) that is never negative.
fn positive(content: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = content.iter().copied().skip_while(|byte| *byte == 0).collect();
    let sign = if digits.first().is_none_or(|first| first & 0x80 != 0) { vec![0] } else { Vec::new() };
    element(tag::INTEGER, &[sign, digits].concat())
}

/// An element with a definite length (X.690 8.1.3).
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            out.extend(digits);
        }
    }
    out.extend_from_slice(content);
    out
}

fn rsa_key(key: &[u8]) -> Option<rsa::PublicKey> {
    let mut numbers = Asn1::new(key).sequence("RSA key").ok()?;
    let modulus = number(&mut numbers, RSA_BITS_VERIFIED)?;
    let exponent = number(&mut numbers, RSA_BITS_VERIFIED)?;
    rsa::PublicKey::new_with_size_limits(modulus, exponent, 512..=RSA_BITS_VERIFIED).ok()
}

fn dsa_key(info: &mut Info<'_>) -> Option<dsa::VerifyingKey> {
    let mut parameters = info.parameters.sequence("DSA parameters").ok()?;
    let prime = number(&mut parameters, 3072)?;
    let order = number(&mut parameters, 256)?;
    // the crate computes modulo the prime, and panics over numbers of another width
    let as_wide = |digits: Vec<u8>| BoxedUint::from_be_slice(&digits, prime.bits_precision()).ok();
    let generator = as_wide(digits(&mut parameters, 3072)?)?;
    let public = as_wide(digits(&mut Asn1::new(info.key), 3072)?)?;
    let components = dsa::Components::from_components(prime, order, generator).ok()?;
    dsa::VerifyingKey::from_components(components, public).ok()
}

fn number(fields: &mut Asn1<'_>, bits: usize) -> Option<BoxedUint> {
    digits(fields, bits).map(|digits| BoxedUint::from_be_slice_vartime(&digits))
}

/// The bytes of a number of at most `bits` bits; its sign is ignored.
fn digits(fields: &mut Asn1<'_>, bits: usize) -> Option<Vec<u8>> {
    let content = fields.expect(tag::INTEGER, "key number").ok()?.content;
    let digits: Vec<u8> = content.iter().copied().skip_while(|byte| *byte == 0).collect();
    let fits = !digits.is_empty() && digits.len() <= bits.div_ceil(8);
    fits.then_some(digits)
}

fn ml_dsa_key<P: MlDsaParams>(key: &[u8]) -> Option<ml_dsa::VerifyingKey<P>> {
    EncodedVerifyingKey::<P>::try_from(key).ok().map(|encoded| ml_dsa::VerifyingKey::decode(&encoded))
}

/// Pure ML-DSA with an empty context (FIPS 204, 5.3), as Java's `ML-DSA`.
fn verify_ml_dsa<P: MlDsaParams>(key: &ml_dsa::VerifyingKey<P>, data: &[u8], signature: &[u8]) -> bool {
    ml_dsa::Signature::<P>::try_from(signature).is_ok_and(|signature| key.verify_with_context(data, &[], &signature))
}

fn verify_pkcs1(key: &rsa::PublicKey, digest: DigestAlgorithm, data: &[u8], signature: &[u8]) -> bool {
    let hash = digest.digest(data);
    let result = match digest {
        DigestAlgorithm::Md5 => key.pkcs1v15_verify_prehash::<md5::Md5>(&hash, signature),
        DigestAlgorithm::Sha1 => key.pkcs1v15_verify_prehash::<sha1::Sha1>(&hash, signature),
        DigestAlgorithm::Sha224 => key.pkcs1v15_verify_prehash::<sha2::Sha224>(&hash, signature),
        DigestAlgorithm::Sha256 => key.pkcs1v15_verify_prehash::<sha2::Sha256>(&hash, signature),
        DigestAlgorithm::Sha384 => key.pkcs1v15_verify_prehash::<sha2::Sha384>(&hash, signature),
        DigestAlgorithm::Sha512 => key.pkcs1v15_verify_prehash::<sha2::Sha512>(&hash, signature),
    };
    result.is_ok()
}

/// APK signatures use PSS with SHA-256 and SHA-512 only.
fn verify_pss(key: &rsa::PublicKey, digest: DigestAlgorithm, data: &[u8], signature: &[u8]) -> bool {
    let hash = digest.digest(data);
    match digest {
        DigestAlgorithm::Sha256 => key.pss_verify_prehash::<sha2::Sha256>(&hash, signature).is_ok(),
        DigestAlgorithm::Sha512 => key.pss_verify_prehash::<sha2::Sha512>(&hash, signature).is_ok(),
        DigestAlgorithm::Md5 | DigestAlgorithm::Sha1 | DigestAlgorithm::Sha224 | DigestAlgorithm::Sha384 => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::testing::certificate;

    const RSA: SignatureMethod = SignatureMethod::RsaPkcs1(DigestAlgorithm::Sha256);

    #[test]
    fn reads_the_keys_that_android_knows_and_no_other() {
        for (name, method) in [
            ("release", RSA),
            ("ec-p256", SignatureMethod::Ecdsa(DigestAlgorithm::Sha256)),
            ("ec-p384", SignatureMethod::Ecdsa(DigestAlgorithm::Sha512)),
            ("dsa-2048", SignatureMethod::Dsa(DigestAlgorithm::Sha256)),
        ] {
            let certificate = certificate(name);
            let key = PublicKey::parse(certificate.public_key_info().unwrap()).unwrap();
            assert!(key.fits(method), "{name}");
            assert!(!key.fits(SignatureMethod::MlDsa), "{name}");
            assert!(!key.verify(method, b"data", b"signature"), "{name}");
        }
        assert!(PublicKey::parse(certificate("ed25519").public_key_info().unwrap()).is_none());
    }

    #[test]
    fn the_canonical_form_of_a_good_key_is_the_key() {
        for name in ["release", "rsa-4096", "ec-p256", "dsa-2048"] {
            let certificate = certificate(name);
            let info = certificate.public_key_info().unwrap();
            assert_eq!(canonical(info).unwrap(), info, "{name}");
        }
    }

    #[test]
    fn a_modulus_without_its_zero_byte_is_repaired() {
        let certificate = certificate("release");
        let info = certificate.public_key_info().unwrap();
        let mut numbers = Asn1::new(Info::parse(info).unwrap().key).sequence("RSA key").unwrap();
        let modulus = numbers.any("modulus").unwrap().content;
        let exponent = numbers.any("exponent").unwrap().content;
        let negative = element(tag::INTEGER, &modulus[1..]);
        let key = element(tag::SEQUENCE, &[negative, element(tag::INTEGER, exponent)].concat());
        let algorithm = element(tag::SEQUENCE, &[element(tag::OID, OID_RSA), element(tag::NULL, &[])].concat());
        let bits = element(tag::BIT_STRING, &[vec![0], key].concat());
        let damaged = element(tag::SEQUENCE, &[algorithm, bits].concat());
        assert_eq!(canonical(&damaged).unwrap(), info);
        assert!(PublicKey::parse(&damaged).is_some());
    }

    /// Found by the fuzzer `verify`: the crate `dsa` panics over numbers that are shorter than the prime.
    #[test]
    fn short_dsa_numbers_do_not_panic() {
        let certificate = certificate("dsa-2048");
        let info = certificate.public_key_info().unwrap();
        let mut parts = Info::parse(info).unwrap();
        let mut parameters = parts.parameters.sequence("parameters").unwrap();
        let [p, q, g] = ["p", "q", "g"].map(|name| parameters.any(name).unwrap().content);
        let y = Asn1::new(parts.key).any("y").unwrap().content;
        let key = |g: &[u8], y: &[u8]| {
            let numbers = [p, q, g].map(|number| element(tag::INTEGER, number)).concat();
            let algorithm = [element(tag::OID, OID_DSA), element(tag::SEQUENCE, &numbers)].concat();
            let bits = [vec![0], element(tag::INTEGER, y)].concat();
            element(tag::SEQUENCE, &[element(tag::SEQUENCE, &algorithm), element(tag::BIT_STRING, &bits)].concat())
        };
        assert!(PublicKey::parse(&key(g, y)).is_some());
        for (g, y) in [(g, &[2][..]), (&[3], &[3]), (g, &y[100..])] {
            assert!(PublicKey::parse(&key(g, y)).is_none(), "not of the group");
        }
        for g in [&[2][..], &g[100..]] {
            let _ = PublicKey::parse(&key(g, y));
        }
        // a number of the group whatever its width: one's own power
        assert!(PublicKey::parse(&key(&[&[0; 20], g].concat(), &[&[0; 20], y].concat())).is_some());
    }

    #[test]
    fn no_changed_byte_panics() {
        for name in ["release", "ec-p256", "dsa-2048"] {
            let certificate = certificate(name);
            let info = certificate.public_key_info().unwrap();
            for at in 0..info.len().min(40) {
                for value in [0, 1, 0x7f, 0x80, 0xff] {
                    let mut changed = info.to_vec();
                    changed[at] = value;
                    let _ = PublicKey::parse(&changed);
                    let _ = canonical(&changed);
                }
            }
        }
    }
}
