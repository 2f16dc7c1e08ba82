//! Whether a PKCS#7 file signs its signature file (`V1SchemeVerifier.verifySigBlockAgainstSigFile`).

use super::algorithms;
use super::pkcs7::{Named, SignedData, SignerInfo};
use crate::asn1::{Asn1Error, Element, Oid, tag};
use crate::certificate::Certificate;
use crate::digest::DigestAlgorithm;
use crate::signature::findings::Findings;
use crate::signature::key::PublicKey;
use crate::signature::rules::{self, Rule};
use crate::signature::verify::Levels;
use crate::signature::{Scheme, x509};
use crate::text::Untrusted;

/// contentType and messageDigest (RFC 5652, 11.1 and 11.2).
const OID_CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const OID_MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// Before Android 7.0 only the first signer of a PKCS#7 file is looked at, and no content type.
const ALL_SIGNERS_FROM: u32 = 24;
/// Before Android 4.4 the digest in signed attributes was not compared.
const ATTRIBUTES_SAFE_FROM: u32 = 19;

/// What is checked: a PKCS#7 file and what it should sign.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignedFile<'a> {
    /// The PKCS#7 file's name, for messages.
    pub(super) name: &'a str,
    pub(super) block: &'a [u8],
    /// The signature file.
    pub(super) file: &'a [u8],
    /// The Android versions in question.
    pub(super) levels: Levels,
}

/// Why a signer does not count: `Fatal` ends the check, with `Other` the next signer is tried.
enum Objection {
    Fatal(&'static Rule, String),
    Other,
}

impl From<Asn1Error> for Objection {
    fn from(error: Asn1Error) -> Self {
        Self::Fatal(rules::JAR_SIGNED_ATTRIBUTES_WRONG, format!("the signed attributes: {error}"))
    }
}

impl SignedFile<'_> {
    /// The certificate of the first signer whose signature holds, on all Android versions in question.
    pub(super) fn verified_signer(&self, findings: &mut Findings) -> Option<Certificate> {
        let mut problem = |rule: &'static Rule, message: &str| {
            findings.problem(rule, Scheme::V1, format!("`{}`: {message}", Untrusted(self.name)));
        };
        let signed = match SignedData::parse(self.block) {
            Ok(signed) => signed,
            Err(error) => {
                problem(rules::JAR_BLOCK_MALFORMED, &error.to_string());
                return None;
            }
        };
        if let Some(defect) = signed.certificates.iter().find_map(x509::defect) {
            problem(rules::JAR_CERTIFICATE_UNFIT, &format!("a certificate: {defect}"));
            return None;
        }
        if signed.signers.is_empty() {
            problem(rules::JAR_BLOCK_WITHOUT_SIGNER, "it has no signer");
            return None;
        }
        let tried = if self.levels.0 < ALL_SIGNERS_FROM { 1 } else { signed.signers.len() };
        let mut verified = None;
        for signer in signed.signers.iter().take(tried) {
            match self.check(&signed, signer) {
                Ok(certificate) => {
                    verified.get_or_insert(certificate);
                }
                Err(Objection::Fatal(rule, message)) => {
                    problem(rule, &message);
                    return None;
                }
                Err(Objection::Other) => {}
            }
        }
        if verified.is_none() {
            problem(rules::JAR_SIGNATURE_WRONG, "the signature is wrong");
        }
        verified.cloned()
    }

    fn check<'s>(&self, signed: &'s SignedData<'_>, signer: &SignerInfo<'_>) -> Result<&'s Certificate, Objection> {
        let algorithms = algorithms::known(signer.digest_algorithm, signer.signature_algorithm, self.levels);
        let (digest, method) = algorithms.ok_or_else(|| unsupported(signer, self.levels))?;
        let certificate = named_certificate(signed, signer)?;
        if let Some(objection) = x509::objection(certificate) {
            return Err(Objection::Fatal(rules::JAR_CERTIFICATE_UNFIT, format!("the certificate: {objection}")));
        }
        let key = certificate.public_key_info().and_then(PublicKey::parse).filter(|key| key.fits(method));
        let key = key.ok_or_else(|| {
            let message = "the certificate's key does not fit the signature algorithm".to_owned();
            Objection::Fatal(rules::JAR_CERTIFICATE_UNFIT, message)
        })?;
        let holds = match signer.signed_attributes {
            None => key.verify(method, self.file, &signer.signature),
            Some(attributes) => {
                self.check_attributes(signed.content_type, attributes, digest)?;
                // The signature is over the attributes as a SET; nothing else is encoded again.
                let mut set = attributes.raw.to_vec();
                if let Some(first) = set.first_mut() {
                    *first = tag::SET;
                }
                key.verify(method, &set, &signer.signature)
            }
        };
        if holds { Ok(certificate) } else { Err(Objection::Other) }
    }

    fn check_attributes(
        &self,
        content_type: Oid<'_>,
        attributes: Element<'_>,
        digest: DigestAlgorithm,
    ) -> Result<(), Objection> {
        if self.levels.0 < ATTRIBUTES_SAFE_FROM {
            let message = format!("signed attributes protect nothing below API level {ATTRIBUTES_SAFE_FROM}");
            return Err(Objection::Fatal(rules::JAR_SIGNED_ATTRIBUTES_UNSAFE, message));
        }
        let attributes = SignedAttributes::parse(attributes)?;
        if self.levels.1 >= ALL_SIGNERS_FROM {
            let value = attributes.single(OID_CONTENT_TYPE, "content type", tag::OID)?;
            if value != content_type.0 {
                return Err(Objection::Other);
            }
        }
        let wanted = attributes.single(OID_MESSAGE_DIGEST, "message digest", tag::OCTET_STRING)?;
        if digest.digest(self.file) == wanted { Ok(()) } else { Err(Objection::Other) }
    }
}

fn unsupported(signer: &SignerInfo<'_>, levels: Levels) -> Objection {
    let (digest, signature) = (signer.digest_algorithm, signer.signature_algorithm);
    let message = format!("not all Android versions from API level {} on know {digest} with {signature}", levels.0);
    Objection::Fatal(rules::JAR_ALGORITHM_UNSUPPORTED, message)
}

fn named_certificate<'s>(signed: &'s SignedData<'_>, signer: &SignerInfo<'_>) -> Result<&'s Certificate, Objection> {
    let missing = |message: &str| Objection::Fatal(rules::JAR_CERTIFICATE_MISSING, message.to_owned());
    match signed.certificate(signer) {
        Named::Certificate(certificate) => Ok(certificate),
        Named::Missing => Err(missing("the certificate of its signer is not there")),
        Named::Ambiguous => Err(missing("several certificates could be that of its signer")),
    }
}

/// Signed attributes: for each type its values.
struct SignedAttributes<'a>(Vec<(Oid<'a>, Vec<Element<'a>>)>);

impl<'a> SignedAttributes<'a> {
    fn parse(attributes: Element<'a>) -> Result<Self, Objection> {
        let mut list = attributes.children();
        let mut found: Vec<(Oid<'a>, Vec<Element<'a>>)> = Vec::new();
        while !list.is_empty() {
            let mut attribute = list.sequence("signed attribute")?;
            let kind = attribute.oid("signed attribute type")?;
            if found.iter().any(|(other, _)| *other == kind) {
                return Err(wrong(format!("the signed attribute {kind} stands there twice")));
            }
            if !x509::is_identifier(kind.0) {
                return Err(wrong("the type of a signed attribute is malformed".to_owned()));
            }
            let mut values = attribute.set("signed attribute values")?;
            let mut elements = Vec::new();
            while !values.is_empty() {
                elements.push(values.any("signed attribute value")?);
            }
            found.push((kind, elements));
        }
        Ok(Self(found))
    }

    /// The content of an attribute's only value, which must have this tag.
    fn single(&self, kind: &[u8], name: &str, wanted: u8) -> Result<&'a [u8], Objection> {
        let values = self.0.iter().find(|(found, _)| found.0 == kind).map(|(_, values)| values.as_slice());
        match values {
            Some([value]) if value.tag == wanted => Ok(value.content),
            Some([_]) => Err(wrong(format!("the {name} in the signed attributes is malformed"))),
            Some([]) | None => Err(wrong(format!("the signed attributes have no {name}"))),
            Some(_) => Err(wrong(format!("the signed attributes have several values for the {name}"))),
        }
    }
}

fn wrong(message: String) -> Objection {
    Objection::Fatal(rules::JAR_SIGNED_ATTRIBUTES_WRONG, message)
}
