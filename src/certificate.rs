//! An X.509 certificate whose bytes are kept exactly as stored: every digest is over those bytes.
//!
//! Android hashes what is in the file, also when it is not canonical DER (`v1-only-with-rsa-1024-cert-not-der.apk`
//! of AOSP), so nothing here ever re-encodes. What a person reads (subject, validity, key) comes from `x509-parser`
//! and may be missing when a certificate is odd; the fingerprints never are.

use crate::asn1::{self, Asn1, Asn1Error, tag};
use crate::fingerprint::Fingerprints;
use crate::text;
use std::fmt;
use thiserror::Error;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{RelativeDistinguishedName, X509Name};

/// Why bytes are not a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// The outer structure (RFC 5280, 4.1: three elements in a SEQUENCE) is not there.
    #[error("not an X.509 certificate")]
    Malformed(#[from] Asn1Error),
}

/// A certificate.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    fingerprints: Fingerprints,
    details: Option<Details>,
}

/// What a person reads about a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// The subject's distinguished name, as `CN=Android Debug, O=Android, C=US`, most specific part first as
    /// keytool prints it (RFC 4514, 2.1).
    pub subject: String,
    /// The issuer's distinguished name, in the same form.
    pub issuer: String,
    /// The serial number in hex, with colons.
    pub serial: String,
    /// Seconds since 1970 from which on it is valid.
    pub not_before: i64,
    /// Seconds since 1970 until which it is valid.
    pub not_after: i64,
    /// The subject's public key.
    pub key: KeyKind,
    /// What the issuer signed it with, as `SHA-256 with RSA`, or an object identifier.
    pub signature_algorithm: String,
}

/// Kind and size of a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with this modulus size in bits.
    Rsa(usize),
    /// Elliptic curve, by its usual name.
    Ec(&'static str),
    /// DSA with this prime size in bits.
    Dsa(usize),
    /// Ed25519: Android's APK signatures do not know it.
    Ed25519,
    /// Another algorithm, by its object identifier.
    Other(String),
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Ec(curve) => write!(f, "EC {curve}"),
            Self::Dsa(bits) => write!(f, "DSA {bits}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Other(oid) => write!(f, "algorithm {oid}"),
        }
    }
}

/// A certificate that everybody can sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WellKnown {
    /// The debug certificate that the Android tools make on each machine (`CN=Android Debug`).
    AndroidDebug,
    /// A key pair published in AOSP's `build/target/product/security`, by its file name.
    AospTestKey(&'static str),
}

impl fmt::Display for WellKnown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AndroidDebug => f.write_str("Android debug certificate"),
            Self::AospTestKey(name) => write!(f, "AOSP {name}, whose private key is public"),
        }
    }
}

impl Certificate {
    /// Takes a certificate over. Anything with the outer shape of a certificate is accepted, whatever is inside.
    ///
    /// # Errors
    /// [`CertificateError`] when the bytes are not one SEQUENCE of three elements, or bytes are left behind it.
    pub fn from_der(der: Vec<u8>) -> Result<Self, CertificateError> {
        check_shape(&der)?;
        let fingerprints = Fingerprints::of(&der);
        let details = X509Certificate::from_der(&der).ok().map(|(_, parsed)| describe(&parsed));
        Ok(Self { der, fingerprints, details })
    }

    /// The bytes as stored.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The digests of [`Certificate::der`].
    #[must_use]
    pub fn fingerprints(&self) -> Fingerprints {
        self.fingerprints
    }

    /// Subject, validity and key, when they can be read.
    #[must_use]
    pub fn details(&self) -> Option<&Details> {
        self.details.as_ref()
    }

    /// Whether everybody can sign with this certificate's key.
    #[must_use]
    pub fn well_known(&self) -> Option<WellKnown> {
        let digest = self.fingerprints.sha256.to_string();
        if let Some((name, _)) = AOSP_TEST_KEYS.iter().find(|(_, sha256)| *sha256 == digest) {
            return Some(WellKnown::AospTestKey(name));
        }
        self.details.as_ref().filter(|details| is_android_debug(&details.subject)).map(|_| WellKnown::AndroidDebug)
    }

    /// The `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7) as stored.
    #[must_use]
    pub fn public_key_info(&self) -> Option<&[u8]> {
        self.to_be_signed_fields().and_then(|fields| fields.into_iter().nth(5))
    }

    /// The issuer's name as stored: with the serial number it names the certificate in a PKCS#7 signature.
    #[must_use]
    pub fn issuer_der(&self) -> Option<&[u8]> {
        self.to_be_signed_fields().and_then(|fields| fields.into_iter().nth(2))
    }

    /// The subject's name as stored.
    #[must_use]
    pub fn subject_der(&self) -> Option<&[u8]> {
        self.to_be_signed_fields().and_then(|fields| fields.into_iter().nth(4))
    }

    /// The content of the serial number's INTEGER as stored.
    #[must_use]
    pub fn serial_content(&self) -> Option<&[u8]> {
        let serial = self.to_be_signed_fields().and_then(|fields| fields.into_iter().next())?;
        asn1::single(serial, "serial number").ok().map(|element| element.content)
    }

    /// Serial, signature algorithm, issuer, validity, subject, key: the fields behind the optional version.
    fn to_be_signed_fields(&self) -> Option<Vec<&[u8]>> {
        let mut fields = Asn1::new(&self.der).sequence("certificate").ok()?.sequence("TBSCertificate").ok()?;
        fields.optional(tag::context_constructed(0), "version").ok()?;
        (0..6).map(|_| fields.any("TBSCertificate field").ok().map(|element| element.raw)).collect()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = self.details.as_ref().map(|details| details.subject.as_str());
        f.debug_struct("Certificate").field("subject", &subject).field("sha256", &self.fingerprints.sha256).finish()
    }
}

fn check_shape(der: &[u8]) -> Result<(), CertificateError> {
    let mut outer = Asn1::new(der);
    let mut fields = outer.sequence("certificate")?;
    outer.finish("certificate")?;
    let body = fields.expect(tag::SEQUENCE, "TBSCertificate")?;
    fields.expect(tag::SEQUENCE, "signature algorithm")?;
    fields.expect(tag::BIT_STRING, "signature")?;
    fields.finish("certificate")?;
    let mut inside = body.children();
    inside.optional(tag::context_constructed(0), "version")?;
    inside.expect(tag::INTEGER, "serial number")?;
    inside.expect(tag::SEQUENCE, "signature algorithm")?;
    inside.expect(tag::SEQUENCE, "issuer")?;
    Ok(())
}

fn describe(parsed: &X509Certificate<'_>) -> Details {
    Details {
        subject: name(parsed.subject()),
        issuer: name(parsed.issuer()),
        serial: parsed.raw_serial_as_string(),
        not_before: parsed.validity().not_before.timestamp(),
        not_after: parsed.validity().not_after.timestamp(),
        key: key_kind(parsed),
        signature_algorithm: signature_algorithm(&parsed.signature_algorithm.algorithm.to_id_string()),
    }
}

/// RFC 3279, 2.2 and RFC 4055, 5; others are their object identifier.
fn signature_algorithm(oid: &str) -> String {
    let name = match oid {
        "1.2.840.113549.1.1.2" => "MD2 with RSA",
        "1.2.840.113549.1.1.4" => "MD5 with RSA",
        "1.2.840.113549.1.1.5" => "SHA-1 with RSA",
        "1.2.840.113549.1.1.11" => "SHA-256 with RSA",
        "1.2.840.113549.1.1.12" => "SHA-384 with RSA",
        "1.2.840.113549.1.1.13" => "SHA-512 with RSA",
        "1.2.840.10040.4.3" => "SHA-1 with DSA",
        "1.2.840.10045.4.1" => "SHA-1 with ECDSA",
        other => other,
    };
    name.to_owned()
}

/// The parts of a name, last first.
fn name(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> = name.iter_rdn().map(relative_name).collect();
    parts.reverse();
    parts.join(", ")
}

fn relative_name(relative: &RelativeDistinguishedName<'_>) -> String {
    let attributes = relative.iter().map(|attribute| {
        let oid = attribute.attr_type();
        let short = oid2abbrev(oid, oid_registry()).map_or_else(|_| oid.to_id_string(), str::to_owned);
        let value = attribute.as_str().map_or_else(|_| text::hex(attribute.as_slice()), str::to_owned);
        format!("{short}={value}")
    });
    attributes.collect::<Vec<_>>().join("+")
}

fn key_kind(parsed: &X509Certificate<'_>) -> KeyKind {
    let info = parsed.public_key();
    let algorithm = info.algorithm.algorithm.to_id_string();
    match (algorithm.as_str(), info.parsed()) {
        (_, Ok(PublicKey::RSA(key))) => KeyKind::Rsa(significant_bits(key.modulus)),
        ("1.2.840.10040.4.1", _) => KeyKind::Dsa(dsa_bits(info)),
        ("1.2.840.10045.2.1", _) => curve(info).map_or_else(|| KeyKind::Other(algorithm.clone()), KeyKind::Ec),
        ("1.3.101.112", _) => KeyKind::Ed25519,
        _ => KeyKind::Other(algorithm),
    }
}

fn curve(info: &x509_parser::x509::SubjectPublicKeyInfo<'_>) -> Option<&'static str> {
    let oid = info.algorithm.parameters.as_ref()?.as_oid().ok()?.to_id_string();
    // RFC 5480, 2.1.1.1
    match oid.as_str() {
        "1.2.840.10045.3.1.7" => Some("P-256"),
        "1.3.132.0.34" => Some("P-384"),
        "1.3.132.0.35" => Some("P-521"),
        _ => None,
    }
}

/// The prime `p` is the first of the parameters (RFC 3279, 2.3.2).
fn dsa_bits(info: &x509_parser::x509::SubjectPublicKeyInfo<'_>) -> usize {
    let parameters = info.algorithm.parameters.as_ref().map(|any| any.data);
    let prime = parameters.and_then(|data| Asn1::new(data).expect(tag::INTEGER, "p").ok());
    prime.map_or(0, |prime| significant_bits(prime.content))
}

fn significant_bits(number: &[u8]) -> usize {
    let mut digits = number.iter().skip_while(|byte| **byte == 0).peekable();
    let unused = digits.peek().map_or(0, |first| first.leading_zeros());
    let unused = usize::try_from(unused).unwrap_or(0);
    digits.count().saturating_mul(8).saturating_sub(unused)
}

/// The subject that the Android Gradle plugin and Android Studio give their debug certificate, in any order.
fn is_android_debug(subject: &str) -> bool {
    subject.split(',').any(|part| part.trim() == "CN=Android Debug")
}

/// SHA-256 of the certificates in AOSP's `build/target/product/security/*.x509.pem`, computed from those files.
const AOSP_TEST_KEYS: &[(&str, &str)] = &[
    ("testkey", "A4:0D:A8:0A:59:D1:70:CA:A9:50:CF:15:C1:8C:45:4D:47:A3:9B:26:98:9D:8B:64:0E:CD:74:5B:A7:1B:F5:DC"),
    ("platform", "C8:A2:E9:BC:CF:59:7C:2F:B6:DC:66:BE:E2:93:FC:13:F2:FC:47:EC:77:BC:6B:2B:0D:52:C1:1F:51:19:2A:B8"),
    ("bluetooth", "A6:CC:C5:00:FF:0E:74:21:20:0E:B6:6A:7F:E1:74:EF:1B:00:E5:2C:A9:17:27:07:0C:BE:DF:06:1F:F7:6C:35"),
    ("networkstack", "E1:DB:AD:CE:60:DC:08:0D:15:B5:8A:01:4B:0D:CF:94:00:E2:4D:E2:3F:A0:0B:28:7A:5A:98:2B:FE:BD:A2:EE"),
    ("nfc", "FA:E9:12:2A:87:21:D6:E2:A1:96:D2:22:4D:FF:CF:77:3C:91:27:E2:BB:95:6C:BD:DB:40:B0:09:19:2F:FD:FD"),
    ("sdk_sandbox", "AB:F2:1F:9E:2A:F1:D8:81:CC:67:3F:DD:CE:FA:6E:D9:C2:69:A4:37:BD:64:B2:79:CF:45:84:4C:FD:58:91:26"),
    (
        "cts_uicc_2021",
        "CE:7B:2B:47:AE:2B:75:52:C8:F9:2C:C2:91:24:27:98:83:04:1F:B6:23:A5:F1:94:A8:2C:9B:F1:5D:49:2A:A0",
    ),
];
