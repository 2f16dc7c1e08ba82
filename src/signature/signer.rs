//! Splits the value of a v2, v3, v3.1 or v3.2 pair into its signers (apksigning/v2 and v3, "Format").
//!
//! | part of a signer | in |
//! | --- | --- |
//! | signed data { digests, certificates, SDK range (v3), attributes } | all |
//! | SDK range | v3 and newer |
//! | signatures over the signed data | all |
//! | public key | all |
//!
//! Every part has its length in front. Bytes behind the attributes are covered by the signature and common (apksigner
//! writes four zero bytes there); bytes behind the public key are not, and are reported.

use super::Scheme;
use super::algorithm::AlgorithmId;
use super::findings::Findings;
use super::rules;
use crate::bytes::{BytesError, Reader};
use crate::certificate::Certificate;
use crate::limits::{ATTRIBUTES_PER_SIGNER, CERTIFICATES_PER_SIGNER, SIGNATURES_PER_SIGNER, SIGNERS};

/// Ids of attributes. `V2SchemeConstants.java`, `V3SchemeConstants.java`.
pub(super) mod attribute {
    /// In v2: the number of a newer scheme that must be there.
    pub(in crate::signature) const NEWER_SCHEME: u32 = 0xbeef_f00d;
    /// In v3: the lineage.
    pub(in crate::signature) const LINEAGE: u32 = 0x3ba0_6f8c;
    /// In v3: the first API level of v3.1, which must be there.
    pub(in crate::signature) const ROTATION_MIN_SDK: u32 = 0x559f_8b02;
    /// In v3.1: the signer is for a platform that is not released yet.
    pub(in crate::signature) const DEV_RELEASE: u32 = 0xc2a6_b3ba;
    /// In v3 and v3.1: the API levels of v3.2, which must be there.
    pub(in crate::signature) const HYBRID_MIN_SDK: u32 = 0xbf94_0529;
    pub(in crate::signature) const HYBRID_MAX_SDK: u32 = 0x9f06_b79c;
}

/// A signature or a digest with the algorithm it is for.
pub(super) type Record<'a> = (AlgorithmId, &'a [u8]);

/// One signer; nothing of it is verified.
#[derive(Debug)]
pub(super) struct SignerBlock<'a> {
    /// Its place in the list, from 1.
    pub(super) number: usize,
    /// The bytes that the signatures cover.
    pub(super) signed_data: &'a [u8],
    pub(super) digests: Vec<Record<'a>>,
    pub(super) certificates: Vec<Certificate>,
    pub(super) attributes: Vec<(u32, &'a [u8])>,
    /// The range inside the signed data (v3 and newer).
    pub(super) signed_sdk: (u32, u32),
    /// The range beside the signed data (v3 and newer).
    pub(super) sdk: (u32, u32),
    pub(super) signatures: Vec<Record<'a>>,
    pub(super) public_key: &'a [u8],
}

/// Reads the signers of one scheme. What cannot be read is a problem.
pub(super) fn parse<'a>(scheme: Scheme, value: &'a [u8], findings: &mut Findings) -> Vec<SignerBlock<'a>> {
    let mut reader = Reader::new(value);
    let Ok(mut list) = reader.prefixed_u32_le("list of signers") else {
        findings.problem(rules::SIGNERS_MALFORMED, scheme, "the list of signers is cut off");
        return Vec::new();
    };
    report_leftover(scheme, &reader, "the list of signers", findings);
    if list.is_empty() {
        findings.problem(rules::SIGNERS_MISSING, scheme, "the scheme has no signers");
    }
    let mut signers: Vec<SignerBlock<'a>> = Vec::new();
    while !list.is_empty() {
        let number = signers.len().saturating_add(1);
        if number > SIGNERS {
            let message = format!("there are more than {SIGNERS} signers");
            findings.problem(rules::SIGNERS_TOO_MANY, scheme, message);
            return signers;
        }
        let signer = list.prefixed_u32_le("signer").map_err(Fault::from);
        match signer.and_then(|mut signer| SignerBlock::parse(&mut signer, scheme, number, findings)) {
            Ok(signer) => signers.push(signer),
            Err(fault) => {
                findings.problem(fault.rule, scheme, format!("signer {number}: {}", fault.message));
                return signers;
            }
        }
    }
    signers
}

/// Why a signer cannot be read.
struct Fault {
    rule: &'static rules::Rule,
    message: String,
}

impl From<BytesError> for Fault {
    fn from(error: BytesError) -> Self {
        Self { rule: rules::SIGNER_MALFORMED, message: error.to_string() }
    }
}

impl<'a> SignerBlock<'a> {
    fn parse(reader: &mut Reader<'a>, scheme: Scheme, number: usize, findings: &mut Findings) -> Result<Self, Fault> {
        let ranged = scheme != Scheme::V2;
        let signed = reader.prefixed_u32_le("signed data")?;
        let signed_data = signed.peek_rest();
        let sdk = if ranged { read_range(reader)? } else { (0, 0) };
        let signatures = reader.prefixed_u32_le("signatures")?;
        let public_key = reader.prefixed_u32_le("public key")?.take_rest();
        report_leftover(scheme, reader, &format!("signer {number}"), findings);

        let mut fields = signed;
        let digests = fields.prefixed_u32_le("digests")?;
        let certificates = fields.prefixed_u32_le("certificates")?;
        let signed_sdk = if ranged { read_range(&mut fields)? } else { (0, 0) };
        let attributes = fields.prefixed_u32_le("attributes")?;
        Ok(Self {
            number,
            signed_data,
            digests: records(digests, rules::SIGNER_DIGEST_MALFORMED, &mut |_| ())?,
            certificates: read_certificates(certificates)?,
            attributes: read_attributes(attributes)?,
            signed_sdk,
            sdk,
            signatures: records(signatures, rules::SIGNER_SIGNATURE_MALFORMED, &mut |rest| {
                report_leftover(scheme, rest, &format!("a signature of signer {number}"), findings);
            })?,
            public_key,
        })
    }

    /// The first attribute of this id.
    pub(super) fn attribute(&self, id: u32) -> Option<&'a [u8]> {
        self.attributes.iter().find(|(found, _)| *found == id).map(|(_, value)| *value)
    }

    /// The value of a numeric attribute: its first four bytes. `Some(None)` when it is too short.
    pub(super) fn number_attribute(&self, id: u32) -> Option<Option<u32>> {
        self.attribute(id).map(|value| Reader::new(value).u32_le("attribute").ok())
    }
}

fn read_range(reader: &mut Reader<'_>) -> Result<(u32, u32), BytesError> {
    Ok((reader.u32_le("minimum SDK")?, reader.u32_le("maximum SDK")?))
}

/// Reads records of an algorithm and bytes; `leftover` sees what follows the bytes.
fn records<'a>(
    mut list: Reader<'a>,
    rule: &'static rules::Rule,
    leftover: &mut dyn FnMut(&Reader<'a>),
) -> Result<Vec<Record<'a>>, Fault> {
    let mut records = Vec::new();
    while !list.is_empty() {
        if records.len() >= SIGNATURES_PER_SIGNER {
            return Err(too_many("signatures or digests", SIGNATURES_PER_SIGNER));
        }
        let record = read_record(&mut list, leftover);
        records.push(record.map_err(|error| Fault { rule, message: error.to_string() })?);
    }
    Ok(records)
}

fn read_record<'a>(list: &mut Reader<'a>, leftover: &mut dyn FnMut(&Reader<'a>)) -> Result<Record<'a>, BytesError> {
    let mut record = list.prefixed_u32_le("record")?;
    let algorithm = AlgorithmId(record.u32_le("algorithm")?);
    let bytes = record.prefixed_u32_le("record value")?.take_rest();
    leftover(&record);
    Ok((algorithm, bytes))
}

fn read_certificates(mut list: Reader<'_>) -> Result<Vec<Certificate>, Fault> {
    let mut certificates = Vec::new();
    while !list.is_empty() {
        if certificates.len() >= CERTIFICATES_PER_SIGNER {
            return Err(too_many("certificates", CERTIFICATES_PER_SIGNER));
        }
        let der = list.prefixed_u32_le("certificate")?.take_rest().to_vec();
        let certificate = Certificate::from_der(der).map_err(|error| Fault {
            rule: rules::SIGNER_CERTIFICATE_MALFORMED,
            message: format!("certificate {}: {error}", certificates.len().saturating_add(1)),
        })?;
        certificates.push(certificate);
    }
    Ok(certificates)
}

fn read_attributes(mut list: Reader<'_>) -> Result<Vec<(u32, &[u8])>, Fault> {
    let malformed = |error: BytesError| Fault { rule: rules::SIGNER_ATTRIBUTE_MALFORMED, message: error.to_string() };
    let mut attributes = Vec::new();
    while !list.is_empty() {
        if attributes.len() >= ATTRIBUTES_PER_SIGNER {
            return Err(too_many("attributes", ATTRIBUTES_PER_SIGNER));
        }
        let mut attribute = list.prefixed_u32_le("attribute").map_err(malformed)?;
        attributes.push((attribute.u32_le("attribute id").map_err(malformed)?, attribute.take_rest()));
    }
    Ok(attributes)
}

fn too_many(what: &str, limit: usize) -> Fault {
    Fault { rule: rules::SIGNER_TOO_MANY_RECORDS, message: format!("it has more than {limit} {what}") }
}

fn report_leftover(scheme: Scheme, reader: &Reader<'_>, behind: &str, findings: &mut Findings) {
    if !reader.is_empty() {
        let message = format!("{} bytes that no signature covers stand behind {behind}", reader.remaining());
        findings.warning(rules::SIGNER_LEFTOVER_BYTES, scheme, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::testing::{fixture, prefixed, scheme_value};

    #[test]
    fn reads_a_real_signer() {
        let value = scheme_value("apk/rotated-v3-twice.apk", Scheme::V3);
        let mut findings = Findings::default();
        let signers = parse(Scheme::V3, &value, &mut findings);
        assert!(findings.problems.is_empty() && findings.warnings.is_empty(), "{findings:?}");
        let [signer] = &signers[..] else { panic!("{signers:?}") };
        assert_eq!(signer.sdk, signer.signed_sdk);
        assert_eq!(signer.signatures.len(), 1);
        assert_eq!(signer.certificates.len(), 1);
        assert!(signer.attribute(attribute::LINEAGE).is_some());
    }

    #[test]
    fn each_prefix_is_a_problem_and_none_panics() {
        let value = scheme_value("apk/signed-v2-only.apk", Scheme::V2);
        for end in 0..value.len() {
            let mut findings = Findings::default();
            parse(Scheme::V2, &value[..end], &mut findings);
            assert!(findings.has_problems(), "{end}");
        }
    }

    #[test]
    fn each_broken_part_has_its_own_rule() {
        let signer = |parts: [Vec<u8>; 3], rest: &[u8]| {
            let signed: Vec<u8> = parts.iter().flat_map(|part| prefixed(part)).collect();
            let signer = [prefixed(&signed), rest.to_vec()].concat();
            prefixed(&prefixed(&signer))
        };
        let rest = [prefixed(&[]), prefixed(b"key")].concat();
        let cases = [
            (signer([vec![9], vec![], vec![]], &rest), "signer-digest-malformed"),
            (signer([vec![], prefixed(b"none"), vec![]], &rest), "signer-certificate-malformed"),
            (signer([vec![], vec![], vec![1, 2]], &rest), "signer-attribute-malformed"),
            (
                signer([vec![], vec![], vec![]], &[prefixed(&[7]), prefixed(b"key")].concat()),
                "signer-signature-malformed",
            ),
            (signer([vec![], vec![], vec![]], &prefixed(&[])), "signer-malformed"),
            (signer([vec![], vec![], prefixed(&[0; 4]).repeat(65)], &rest), "signer-too-many-records"),
            (prefixed(&prefixed(&signer([vec![], vec![], vec![]], &rest)[8..]).repeat(11)), "signers-too-many"),
            (prefixed(&[]), "signers-missing"),
            (vec![9, 0, 0, 0], "signers-malformed"),
        ];
        for (value, wanted) in cases {
            let mut findings = Findings::default();
            parse(Scheme::V2, &value, &mut findings);
            let found: Vec<&str> = findings.problems.iter().map(|problem| problem.id).collect();
            assert_eq!(found, [wanted]);
        }
    }

    #[test]
    fn bytes_behind_the_public_key_are_reported() {
        let _ = fixture("apk/signed-v2-only.apk");
        let empty = prefixed(&[]);
        let signed = prefixed(&[empty.clone(), empty.clone(), empty.clone()].concat());
        let signer = [signed, empty.clone(), prefixed(b"key"), vec![1]].concat();
        let mut findings = Findings::default();
        assert_eq!(parse(Scheme::V2, &prefixed(&prefixed(&signer)), &mut findings).len(), 1);
        assert_eq!(findings.warnings[0].id, "signer-leftover-bytes");
    }
}
