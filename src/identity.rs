//! A private key together with the certificate it belongs to.
//!
//! The check that both belong together is done once, where a [`SigningIdentity`] is made; whoever has one may sign.
//! APK signatures know RSA, EC on the three NIST curves, and DSA (AOSP's `SignatureAlgorithm`), so other keys are
//! refused here.

use crate::advice::Advice;
use crate::asn1::{self, Asn1, Asn1Error, Element, Oid, tag};
use crate::certificate::Certificate;
use crate::digest::DigestAlgorithm;
use crate::limits::RSA_BITS;
use dsa::pkcs8::DecodePrivateKey;
use rsa::BoxedUint;
use rsa::signature::SignatureEncoding;
use rsa::signature::hazmat::PrehashSigner;
use rsa::traits::PublicKeyParts;
use std::fmt;
use std::ops::RangeInclusive;
use thiserror::Error;
use zeroize::Zeroizing;

/// Why a private key, or a key and a certificate, cannot sign.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// A kind of key that APK signatures do not know.
    #[error("{algorithm} keys cannot sign an app: Android knows RSA, EC (P-256, P-384, P-521) and DSA")]
    Unsupported {
        /// The algorithm or curve, by its name or object identifier.
        algorithm: String,
    },
    /// Not the structure of a private key.
    #[error("the private key is malformed")]
    Malformed(#[from] Asn1Error),
    /// The structure is right, but its numbers make no key.
    #[error("the numbers of the {algorithm} private key do not fit together")]
    Inconsistent {
        /// RSA, EC or DSA.
        algorithm: &'static str,
    },
    /// An RSA key that is too small or too large.
    #[error("the RSA key has {bits} bits; 1024 to {RSA_BITS} are supported")]
    Size {
        /// Bits of the modulus.
        bits: usize,
    },
    /// The key and the first certificate do not belong together.
    #[error("the certificate does not belong to this private key")]
    Mismatch,
    /// There is no certificate.
    #[error("the private key has no certificate")]
    NoCertificate,
    /// The key makes no signature with this digest.
    #[error("the private key cannot sign with {digest}")]
    CannotSign {
        /// The digest's name.
        digest: &'static str,
    },
}

impl Advice for IdentityError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Unsupported { .. } => {
                Some("sign with an RSA or EC key; the certificate's fingerprints can still be shown".to_owned())
            }
            Self::Malformed(_) | Self::Inconsistent { .. } => Some("take the original key file".to_owned()),
            Self::Size { .. } => Some("sign with an RSA key of 2048 to 4096 bits".to_owned()),
            Self::Mismatch => {
                Some("give the certificate that was made for this key, as the first of its chain".to_owned())
            }
            Self::CannotSign { .. } => Some("sign with an RSA key of 2048 to 4096 bits".to_owned()),
            Self::NoCertificate => Some("give the certificate with --cert".to_owned()),
        }
    }
}

/// The kind of a key and its size in bits, from which signers choose digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// RSA, bits of the modulus.
    Rsa(usize),
    /// EC, bits of the curve's order.
    Ec(usize),
    /// DSA.
    Dsa,
}

/// A private key that APK signatures know. Wiped when dropped, never printed.
#[derive(Clone)]
pub enum PrivateKey {
    /// RSA, 1024 to 16384 bits.
    Rsa(Box<rsa::PrivateKey>),
    /// EC on P-256.
    P256(Box<p256::ecdsa::SigningKey>),
    /// EC on P-384.
    P384(Box<p384::ecdsa::SigningKey>),
    /// EC on P-521.
    P521(Box<p521::ecdsa::SigningKey>),
    /// DSA, 1024 to 3072 bits.
    Dsa(Box<dsa::SigningKey>),
}

/// 1.2.840.113549.1.1.1
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// 1.2.840.10045.2.1
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/// 1.2.840.10040.4.1
const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];
/// 1.2.840.10045.3.1.7
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
/// 1.3.132.0.34
const P384: &[u8] = &[0x2b, 0x81, 4, 0, 0x22];
/// 1.3.132.0.35
const P521: &[u8] = &[0x2b, 0x81, 4, 0, 0x23];

impl PrivateKey {
    /// Reads PKCS#8's `PrivateKeyInfo` (RFC 5208, 5; RFC 5958, 2). Attributes and the public key are passed over.
    ///
    /// # Errors
    /// [`IdentityError`] when it is malformed or of a kind that cannot sign an app.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, IdentityError> {
        let mut fields = Asn1::new(der).sequence("PrivateKeyInfo")?;
        version(&mut fields, 0..=1)?;
        let mut algorithm = fields.sequence("private key algorithm")?;
        let key = fields.octets("private key")?;
        let key = Zeroizing::new(key.into_owned());
        let oid = algorithm.oid("private key algorithm")?;
        match oid.0 {
            RSA => Self::from_pkcs1(&key),
            EC => Self::from_sec1_on(&key, algorithm.peek_tag().map(|_| algorithm.any("curve")).transpose()?),
            DSA => {
                let x = asn1::single(&key, "DSA private key")?;
                dsa_key(&algorithm.expect(tag::SEQUENCE, "DSA parameters")?, &x)
            }
            _ => Err(IdentityError::Unsupported { algorithm: key_algorithm(oid) }),
        }
    }

    /// Reads PKCS#1's `RSAPrivateKey` (RFC 8017, A.1.2).
    ///
    /// # Errors
    /// [`IdentityError`] when it is malformed, of a size that is not supported, or inconsistent.
    pub fn from_pkcs1(der: &[u8]) -> Result<Self, IdentityError> {
        let mut fields = Asn1::new(der).sequence("RSA private key")?;
        // with version 1 there are more than two primes, which no tool for apps makes
        version(&mut fields, 0..=0)?;
        let mut number = |field| fields.expect(tag::INTEGER, field).map(|element| magnitude(element.content));
        let (n, e, d) = (number("modulus")?, number("public exponent")?, number("private exponent")?);
        let (p, q) = (number("prime 1")?, number("prime 2")?);
        let bits = significant_bits(n);
        if !(1024..=RSA_BITS).contains(&bits) {
            return Err(IdentityError::Size { bits });
        }
        let inconsistent = IdentityError::Inconsistent { algorithm: "RSA" };
        let wide =
            |bytes: &[u8]| BoxedUint::from_be_slice(bytes, bit_length(n.len())).map_err(|_| inconsistent.clone());
        let e = BoxedUint::from_be_slice(e, bit_length(e.len())).map_err(|_| inconsistent.clone())?;
        let key = rsa::PrivateKey::from_components(wide(n)?, e, wide(d)?, vec![wide(p)?, wide(q)?]);
        key.map(|key| Self::Rsa(Box::new(key))).map_err(|_| inconsistent)
    }

    /// Reads SEC 1's `ECPrivateKey` (RFC 5915, 3), which names its curve itself.
    ///
    /// # Errors
    /// [`IdentityError`] when it is malformed or on another curve.
    pub fn from_sec1(der: &[u8]) -> Result<Self, IdentityError> {
        Self::from_sec1_on(der, None)
    }

    fn from_sec1_on(der: &[u8], curve: Option<Element<'_>>) -> Result<Self, IdentityError> {
        let mut fields = Asn1::new(der).sequence("EC private key")?;
        version(&mut fields, 1..=1)?;
        let scalar = Zeroizing::new(fields.octets("EC private key")?.into_owned());
        let named = match fields.optional(tag::context_constructed(0), "EC parameters")? {
            Some(parameters) => Some(parameters.children().any("curve")?),
            None => None,
        };
        if curve.as_ref().zip(named.as_ref()).is_some_and(|(outer, inner)| outer.raw != inner.raw) {
            return Err(IdentityError::Inconsistent { algorithm: "EC" });
        }
        let curve = curve.or(named).ok_or(Asn1Error::Ends { field: "curve" })?;
        if curve.tag != tag::OID {
            return Err(IdentityError::Unsupported { algorithm: "EC with explicit parameters".to_owned() });
        }
        let inconsistent = IdentityError::Inconsistent { algorithm: "EC" };
        let key = match curve.content {
            P256 => padded(&scalar, 32)
                .and_then(|scalar| p256::ecdsa::SigningKey::from_slice(&scalar).ok())
                .map(|key| Self::P256(Box::new(key))),
            P384 => padded(&scalar, 48)
                .and_then(|scalar| p384::ecdsa::SigningKey::from_slice(&scalar).ok())
                .map(|key| Self::P384(Box::new(key))),
            P521 => padded(&scalar, 66)
                .and_then(|scalar| p521::ecdsa::SigningKey::from_slice(&scalar).ok())
                .map(|key| Self::P521(Box::new(key))),
            other => {
                return Err(IdentityError::Unsupported { algorithm: format!("EC (curve {})", Oid(other)) });
            }
        };
        key.ok_or(inconsistent)
    }

    /// Reads OpenSSL's own form of a DSA key: version, p, q, g, y, x.
    ///
    /// # Errors
    /// [`IdentityError`] when it is malformed or inconsistent.
    pub fn from_openssl_dsa(der: &[u8]) -> Result<Self, IdentityError> {
        let mut fields = Asn1::new(der).sequence("DSA private key")?;
        version(&mut fields, 0..=0)?;
        let mut number = |field| fields.expect(tag::INTEGER, field);
        let (p, q, g) = (number("p")?, number("q")?, number("g")?);
        number("y")?;
        let x = number("x")?;
        let parameters = encode(tag::SEQUENCE, &[p.raw, q.raw, g.raw]);
        dsa_key(&asn1::single(&parameters, "DSA parameters")?, &x)
    }

    /// The kind and size of the key.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        match self {
            Self::Rsa(key) => KeyAlgorithm::Rsa(usize::try_from(key.n().bit_width()).unwrap_or(usize::MAX)),
            Self::P256(_) => KeyAlgorithm::Ec(256),
            Self::P384(_) => KeyAlgorithm::Ec(384),
            Self::P521(_) => KeyAlgorithm::Ec(521),
            Self::Dsa(_) => KeyAlgorithm::Dsa,
        }
    }

    /// Signs `data`: RSA with PKCS#1 v1.5, ECDSA and DSA without chance (RFC 6979), as DER. The same input always
    /// gives the same bytes. On P-384 and P-521 the curve's own digest makes the secret number.
    ///
    /// # Errors
    /// [`IdentityError::CannotSign`] for a digest that no scheme uses with this kind of key.
    pub fn sign(&self, digest: DigestAlgorithm, data: &[u8]) -> Result<Vec<u8>, IdentityError> {
        let hash = digest.digest(data);
        let signature = match self {
            Self::Rsa(key) => sign_pkcs1(key, digest, &hash),
            Self::P256(key) => {
                let signature: Result<p256::ecdsa::Signature, _> = key.sign_prehash(&hash);
                signature.ok().map(|signature| signature.to_der().as_bytes().to_vec())
            }
            Self::P384(key) => {
                let signature: Result<p384::ecdsa::Signature, _> = key.sign_prehash(&hash);
                signature.ok().map(|signature| signature.to_der().as_bytes().to_vec())
            }
            Self::P521(key) => {
                let signature: Result<p521::ecdsa::Signature, _> = key.sign_prehash(&hash);
                signature.ok().map(|signature| signature.to_der().as_bytes().to_vec())
            }
            Self::Dsa(key) => sign_dsa(key, digest, &hash),
        };
        signature.ok_or(IdentityError::CannotSign { digest: digest.name() })
    }

    /// Whether the certificate is for this key.
    #[must_use]
    pub fn belongs_to(&self, certificate: &Certificate) -> bool {
        certificate.public_key_info().and_then(|info| self.equals_public(info)).unwrap_or(false)
    }

    /// Compares with a `SubjectPublicKeyInfo`, by value: certificates are not always canonical DER.
    fn equals_public(&self, info: &[u8]) -> Option<bool> {
        let mut fields = Asn1::new(info).sequence("SubjectPublicKeyInfo").ok()?;
        fields.sequence("algorithm").ok()?;
        let public = fields.expect(tag::BIT_STRING, "public key").ok()?.bits("public key").ok()?;
        match self {
            Self::Rsa(key) => {
                let mut numbers = Asn1::new(public).sequence("RSA public key").ok()?;
                let n = numbers.expect(tag::INTEGER, "modulus").ok()?.content;
                let e = numbers.expect(tag::INTEGER, "public exponent").ok()?.content;
                let same_n = *magnitude(&key.n().to_be_bytes()) == *magnitude(n);
                Some(same_n && *magnitude(&key.e().to_be_bytes()) == *magnitude(e))
            }
            Self::P256(key) => {
                p256::ecdsa::VerifyingKey::from_sec1_bytes(public).ok().map(|other| *key.verifying_key() == other)
            }
            Self::P384(key) => {
                p384::ecdsa::VerifyingKey::from_sec1_bytes(public).ok().map(|other| *key.verifying_key() == other)
            }
            Self::P521(key) => {
                p521::ecdsa::VerifyingKey::from_sec1_bytes(public).ok().map(|other| *key.verifying_key() == other)
            }
            Self::Dsa(key) => {
                let y = asn1::single(public, "y").ok()?.content;
                Some(*magnitude(&key.verifying_key().y().to_be_bytes()) == *magnitude(y))
            }
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa(_) => "Rsa(..)",
            Self::P256(_) => "P256(..)",
            Self::P384(_) => "P384(..)",
            Self::P521(_) => "P521(..)",
            Self::Dsa(_) => "Dsa(..)",
        })
    }
}

/// A private key and its certificate chain.
#[derive(Debug, Clone)]
pub struct SigningIdentity {
    key: PrivateKey,
    chain: Vec<Certificate>,
}

impl SigningIdentity {
    /// Joins a key and its chain, the certificate of the key first.
    ///
    /// # Errors
    /// [`IdentityError::Mismatch`] when the first certificate is for another key,
    /// [`IdentityError::NoCertificate`] when there is none.
    pub fn new(key: PrivateKey, chain: Vec<Certificate>) -> Result<Self, IdentityError> {
        let leaf = chain.first().ok_or(IdentityError::NoCertificate)?;
        if !key.belongs_to(leaf) {
            return Err(IdentityError::Mismatch);
        }
        Ok(Self { key, chain })
    }

    /// The private key.
    #[must_use]
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The certificates, that of the key first.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }
}

fn sign_pkcs1(key: &rsa::PrivateKey, digest: DigestAlgorithm, hash: &[u8]) -> Option<Vec<u8>> {
    let signature = match digest {
        DigestAlgorithm::Sha1 => key.pkcs1v15_sign_prehash::<sha1::Sha1>(hash),
        DigestAlgorithm::Sha256 => key.pkcs1v15_sign_prehash::<sha2::Sha256>(hash),
        DigestAlgorithm::Sha512 => key.pkcs1v15_sign_prehash::<sha2::Sha512>(hash),
        DigestAlgorithm::Md5 | DigestAlgorithm::Sha224 | DigestAlgorithm::Sha384 => return None,
    };
    signature.ok()
}

fn sign_dsa(key: &dsa::SigningKey, digest: DigestAlgorithm, hash: &[u8]) -> Option<Vec<u8>> {
    let signature = match digest {
        DigestAlgorithm::Sha1 => key.sign_prehashed_rfc6979::<sha1::Sha1>(hash),
        DigestAlgorithm::Sha256 => key.sign_prehashed_rfc6979::<sha2::Sha256>(hash),
        DigestAlgorithm::Md5 | DigestAlgorithm::Sha224 | DigestAlgorithm::Sha384 | DigestAlgorithm::Sha512 => {
            return None;
        }
    };
    signature.ok().map(|signature| signature.to_vec())
}

/// Reads a version, which tells how what follows is to be read.
fn version(fields: &mut Asn1<'_>, known: RangeInclusive<u32>) -> Result<(), Asn1Error> {
    let found = fields.u32("version")?;
    if known.contains(&found) { Ok(()) } else { Err(Asn1Error::Value { field: "version" }) }
}

/// The `dsa` crate derives the public value only from PKCS#8, so the numbers are put into that form.
fn dsa_key(parameters: &Element<'_>, x: &Element<'_>) -> Result<PrivateKey, IdentityError> {
    let mut numbers = parameters.children();
    let mut number = |field| numbers.expect(tag::INTEGER, field).map(|element| element.content);
    let (p, q, g) = (number("p")?, number("q")?, number("g")?);
    let bits = |number| significant_bits(magnitude(number));
    if !is_dsa_size(bits(p), bits(q)) {
        let algorithm = format!("DSA with {} and {} bits", bits(p), bits(q));
        return Err(IdentityError::Unsupported { algorithm });
    }
    // the `dsa` crate panics when `g` is shorter than `p` by a word, which no real one is
    if bits(g) > bits(p) || bits(g) <= bits(p).saturating_sub(32) {
        return Err(IdentityError::Inconsistent { algorithm: "DSA" });
    }
    let oid = encode(tag::OID, &[DSA]);
    let parameters = encode(tag::SEQUENCE, &[&unsigned(p), &unsigned(q), &unsigned(g)]);
    let algorithm = encode(tag::SEQUENCE, &[&oid, &parameters]);
    let key = encode(tag::OCTET_STRING, &[&unsigned(x.content)]);
    let info = encode(tag::SEQUENCE, &[&[tag::INTEGER, 1, 0], &algorithm, &key]);
    dsa::SigningKey::from_pkcs8_der(&info)
        .map(|key| PrivateKey::Dsa(Box::new(key)))
        .map_err(|_| IdentityError::Inconsistent { algorithm: "DSA" })
}

/// The sizes of FIPS 186-4, 4.2: the only ones that the `dsa` crate computes with.
fn is_dsa_size(p: usize, q: usize) -> bool {
    matches!((p, q), (1024, 160) | (2048, 224 | 256) | (3072, 256))
}

/// A canonical INTEGER of a number that is not negative.
fn unsigned(content: &[u8]) -> Zeroizing<Vec<u8>> {
    let digits = magnitude(content);
    let sign: &[u8] = if digits.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
    encode(tag::INTEGER, &[sign, digits])
}

/// One element in DER (X.690, 8.1.3 and 10.1).
fn encode(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let digits = length.to_be_bytes();
    let digits = magnitude(&digits);
    // room for everything at once, so that no copy of a key stays behind
    let mut der = Zeroizing::new(Vec::with_capacity(length.saturating_add(10)));
    der.push(tag);
    if length >= 0x80 {
        der.push(0x80 | u8::try_from(digits.len()).unwrap_or(0));
    }
    der.extend_from_slice(if length == 0 { &[0] } else { digits });
    for part in parts {
        der.extend_from_slice(part);
    }
    der
}

/// The bytes without leading zeros.
fn magnitude(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn significant_bits(magnitude: &[u8]) -> usize {
    let unused = magnitude.first().map_or(0, |first| first.leading_zeros());
    magnitude.len().saturating_mul(8).saturating_sub(usize::try_from(unused).unwrap_or(0))
}

fn bit_length(bytes: usize) -> u32 {
    u32::try_from(bytes.saturating_mul(8)).unwrap_or(u32::MAX)
}

/// A scalar in exactly `size` bytes; some writers drop its leading zeros, some add one.
fn padded(scalar: &[u8], size: usize) -> Option<Zeroizing<Vec<u8>>> {
    let digits = magnitude(scalar);
    let missing = size.checked_sub(digits.len())?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(size));
    bytes.resize(missing, 0);
    bytes.extend_from_slice(digits);
    Some(bytes)
}

fn key_algorithm(oid: Oid<'_>) -> String {
    let dotted = oid.to_string();
    match dotted.as_str() {
        "1.3.101.112" => "Ed25519".to_owned(),
        "1.3.101.113" => "Ed448".to_owned(),
        "1.3.101.110" => "X25519".to_owned(),
        "1.2.840.113549.1.1.10" => "RSASSA-PSS".to_owned(),
        "2.16.840.1.101.3.4.3.17" | "2.16.840.1.101.3.4.3.18" | "2.16.840.1.101.3.4.3.19" => "ML-DSA".to_owned(),
        _ => format!("algorithm {dotted}"),
    }
}
