//! The PKCS#7 file of a JAR signature (RFC 5652, 5): signers and a bag of certificates.
//!
//! Read with the tolerant BER reader: Android accepts indefinite lengths and certificates that are not DER. Only
//! issuer and serial number name a signer's certificate; other certificates in the bag do not count.

use crate::asn1::{Asn1, Asn1Error, Element, Oid, tag};
use crate::certificate::Certificate;
use crate::limits::{CERTIFICATES_PER_SIGNER, SIGNERS};
use crate::signature::x509::{is_identifier, same_name};
use std::borrow::Cow;

/// pkcs7-signedData (RFC 5652, 5.1).
const OID_SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// The contents of the file.
#[derive(Debug)]
pub(super) struct SignedData<'a> {
    /// What is signed, usually pkcs7-data.
    pub(super) content_type: Oid<'a>,
    pub(super) certificates: Vec<Certificate>,
    pub(super) signers: Vec<SignerInfo<'a>>,
}

/// One signer.
#[derive(Debug)]
pub(super) struct SignerInfo<'a> {
    /// Issuer's name and serial number of the certificate; `None` when the signer is named in another way.
    certificate_id: Option<(&'a [u8], &'a [u8])>,
    pub(super) digest_algorithm: Oid<'a>,
    /// `[0] IMPLICIT SET OF Attribute`, as it stands.
    pub(super) signed_attributes: Option<Element<'a>>,
    pub(super) signature_algorithm: Oid<'a>,
    pub(super) signature: Cow<'a, [u8]>,
}

/// What the signer's issuer and serial number stand for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named<'a> {
    Certificate(&'a Certificate),
    Missing,
    /// Android would take the first of several; we do not guess.
    Ambiguous,
}

impl<'a> SignedData<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, Asn1Error> {
        let mut content_info = Asn1::new(data).sequence("ContentInfo")?;
        if content_info.oid("content type")?.0 != OID_SIGNED_DATA {
            return Err(Asn1Error::Value { field: "content type" });
        }
        let content = content_info.expect(tag::context_constructed(0), "content")?;
        let mut fields = content.children().sequence("SignedData")?;
        fields.expect(tag::INTEGER, "SignedData version")?;
        let mut algorithms = fields.set("digest algorithms")?;
        while !algorithms.is_empty() {
            read_algorithm(&mut algorithms, "digest algorithms")?;
        }
        let content_type = read_content_type(&mut fields)?;
        let bag = fields.optional(tag::context_constructed(0), "certificates")?;
        let certificates = bag.map(|bag| read_certificates(&bag)).transpose()?.unwrap_or_default();
        fields.optional(tag::context_constructed(1), "revocation lists")?;
        let mut list = fields.set("signers")?;
        let mut signers = Vec::new();
        while !list.is_empty() {
            if signers.len() >= SIGNERS {
                return Err(Asn1Error::Leftover { field: "signers" });
            }
            signers.push(SignerInfo::parse(&mut list)?);
        }
        fields.finish("SignedData")?;
        Ok(Self { content_type, certificates, signers })
    }

    /// The certificate that a signer names.
    pub(super) fn certificate(&self, signer: &SignerInfo<'_>) -> Named<'_> {
        let Some((issuer, serial)) = signer.certificate_id else { return Named::Missing };
        let fits = |certificate: &&Certificate| {
            certificate.serial_content().is_some_and(|found| same_integer(found, serial))
                && certificate.issuer_der().is_some_and(|found| same_name(found, issuer))
        };
        let mut fitting = self.certificates.iter().filter(fits);
        let Some(first) = fitting.next() else { return Named::Missing };
        if fitting.any(|other| other != first) { Named::Ambiguous } else { Named::Certificate(first) }
    }
}

/// The type of what is signed; a JAR signature has its contents beside it.
fn read_content_type<'a>(fields: &mut Asn1<'a>) -> Result<Oid<'a>, Asn1Error> {
    let field = "encapsulated content";
    let mut content = fields.sequence(field)?;
    let oid = content.oid(field)?;
    content.optional(tag::context_constructed(0), field)?;
    content.finish(field)?;
    if is_identifier(oid.0) { Ok(oid) } else { Err(Asn1Error::Value { field }) }
}

/// An AlgorithmIdentifier (RFC 5280, 4.1.1.2).
fn read_algorithm<'a>(fields: &mut Asn1<'a>, field: &'static str) -> Result<Oid<'a>, Asn1Error> {
    let mut algorithm = fields.sequence(field)?;
    let oid = algorithm.oid(field)?;
    if !algorithm.is_empty() {
        algorithm.any(field)?;
    }
    algorithm.finish(field)?;
    if is_identifier(oid.0) { Ok(oid) } else { Err(Asn1Error::Value { field }) }
}

fn read_certificates(bag: &Element<'_>) -> Result<Vec<Certificate>, Asn1Error> {
    let mut list = bag.children();
    let mut certificates = Vec::new();
    while !list.is_empty() {
        let malformed = Asn1Error::Value { field: "certificate" };
        if certificates.len() >= CERTIFICATES_PER_SIGNER {
            return Err(Asn1Error::Leftover { field: "certificates" });
        }
        let der = list.expect(tag::SEQUENCE, "certificate")?.raw.to_vec();
        certificates.push(Certificate::from_der(der).map_err(|_| malformed)?);
    }
    Ok(certificates)
}

impl<'a> SignerInfo<'a> {
    fn parse(list: &mut Asn1<'a>) -> Result<Self, Asn1Error> {
        let mut fields = list.sequence("signer")?;
        fields.expect(tag::INTEGER, "signer version")?;
        let id = fields.any("signer's certificate")?;
        let certificate_id = if id.tag == tag::SEQUENCE {
            let mut parts = id.children();
            let issuer = parts.expect(tag::SEQUENCE, "issuer")?.raw;
            Some((issuer, parts.expect(tag::INTEGER, "serial number")?.content))
        } else {
            None
        };
        let digest_algorithm = read_algorithm(&mut fields, "digest algorithm")?;
        let signed_attributes = fields.optional(tag::context_constructed(0), "signed attributes")?;
        let signature_algorithm = read_algorithm(&mut fields, "signature algorithm")?;
        let signature = fields.octets("signature")?;
        fields.optional(tag::context_constructed(1), "unsigned attributes")?;
        fields.finish("signer")?;
        Ok(Self { certificate_id, digest_algorithm, signed_attributes, signature_algorithm, signature })
    }
}

/// Two's complement numbers, whatever sign bytes stand in front.
fn same_integer(one: &[u8], other: &[u8]) -> bool {
    minimal(one) == minimal(other)
}

/// Without sign bytes that say nothing (X.690 8.3.2).
fn minimal(mut content: &[u8]) -> &[u8] {
    while let [0, next, ..] | [0xff, next, ..] = content {
        let needed = (content.first() == Some(&0)) == (next & 0x80 != 0);
        if needed {
            break;
        }
        content = content.get(1..).unwrap_or_default();
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::testing::{certificate, fixture};
    use crate::zip::Directory;

    fn block(archive: &str, entry: &str) -> Vec<u8> {
        let file = fixture(archive);
        let directory = Directory::read(&file).unwrap();
        directory.contents(&file, directory.find(entry).unwrap(), 1 << 20).unwrap()
    }

    fn real() -> Vec<u8> {
        let file = fixture("apk/signed-v1-only.apk");
        let directory = Directory::read(&file).unwrap();
        let entry = directory.entries().iter().find(|entry| entry.name.ends_with(".RSA")).unwrap();
        block("apk/signed-v1-only.apk", &entry.name)
    }

    #[test]
    fn finds_the_certificate_by_issuer_and_serial_number() {
        let data = real();
        let signed = SignedData::parse(&data).unwrap();
        let [signer] = &signed.signers[..] else { panic!() };
        assert_eq!(signed.certificate(signer), Named::Certificate(&certificate("release")));
        assert!(signer.signed_attributes.is_none());
    }

    #[test]
    fn two_certificates_with_one_name_are_not_guessed() {
        let data = real();
        let mut signed = SignedData::parse(&data).unwrap();
        let mut other = signed.certificates[0].der().to_vec();
        let last = other.len() - 1;
        other[last] ^= 1;
        signed.certificates.push(signed.certificates[0].clone());
        assert!(matches!(signed.certificate(&signed.signers[0]), Named::Certificate(_)), "the same one twice is fine");
        signed.certificates.push(Certificate::from_der(other).unwrap());
        assert_eq!(signed.certificate(&signed.signers[0]), Named::Ambiguous);
        signed.certificates.clear();
        assert_eq!(signed.certificate(&signed.signers[0]), Named::Missing);
    }

    #[test]
    fn sign_bytes_do_not_count_in_numbers() {
        assert!(same_integer(&[0, 0, 1], &[1]) && same_integer(&[0, 0x80], &[0, 0, 0x80]));
        assert!(same_integer(&[0xff, 0x80], &[0x80]));
        assert!(!same_integer(&[0, 0x80], &[0x80]) && !same_integer(&[1], &[0xff, 1]));
    }

    #[test]
    fn no_prefix_and_no_changed_byte_panics() {
        let data = real();
        for end in 0..data.len() {
            assert!(SignedData::parse(&data[..end]).is_err());
        }
        for at in 0..data.len() {
            for value in [0, 0x30, 0x80, 0xff] {
                let mut changed = data.clone();
                changed[at] = value;
                if let Ok(signed) = SignedData::parse(&changed) {
                    for signer in &signed.signers {
                        let _ = signed.certificate(signer);
                    }
                }
            }
        }
    }
}
