//! The lineage of a rotated key: each certificate is signed by the one before it
//! (apksigning/v3, "Proof-of-rotation"; `V3SigningCertificateLineage.java`).
//!
//! | part | what |
//! | --- | --- |
//! | 4 bytes | version, 1 |
//! | node, repeated, its length in front | |
//! | - signed data | certificate, and the algorithm with which the one before signed it |
//! | - 4 bytes | rights of the old certificate |
//! | - 4 bytes | algorithm with which this one signs the next |
//! | - signature | by the one before; the first node has none that counts |

use super::algorithm::AlgorithmId;
use super::key::PublicKey;
use super::rules::{self, Rule};
use crate::bytes::{BytesError, Reader};
use crate::certificate::Certificate;
use crate::limits::LINEAGE_LENGTH;

const VERSION: u32 = 1;

/// A lineage as it stands in a signer, oldest certificate first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lineage {
    pub(super) nodes: Vec<Node>,
}

/// One certificate of a lineage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) certificate: Certificate,
    signed_data: Vec<u8>,
    parent_algorithm: AlgorithmId,
    pub(super) flags: u32,
    algorithm: AlgorithmId,
    signature: Vec<u8>,
}

/// Why a lineage is wrong.
pub(super) type Fault = (&'static Rule, String);

impl Lineage {
    /// Reads a lineage without judging it.
    pub(super) fn parse(value: &[u8]) -> Result<Self, Fault> {
        let malformed = |error: BytesError| (rules::LINEAGE_MALFORMED, error.to_string());
        let mut reader = Reader::new(value);
        let version = reader.u32_le("lineage version").map_err(malformed)?;
        if version != VERSION {
            return Err((rules::LINEAGE_MALFORMED, format!("its version is {version}, not {VERSION}")));
        }
        let mut nodes = Vec::new();
        while !reader.is_empty() {
            if nodes.len() >= LINEAGE_LENGTH {
                let message = format!("it has more than {LINEAGE_LENGTH} certificates");
                return Err((rules::LINEAGE_TOO_LONG, message));
            }
            nodes.push(Node::parse(&mut reader)?);
        }
        if nodes.is_empty() {
            return Err((rules::LINEAGE_MALFORMED, "it has no certificates".to_owned()));
        }
        Ok(Self { nodes })
    }

    /// The oldest certificate: the one that a device shows.
    pub(super) fn oldest(&self) -> Option<&Certificate> {
        self.nodes.first().map(|node| &node.certificate)
    }

    /// The certificate that signs now.
    pub(super) fn newest(&self) -> Option<&Certificate> {
        self.nodes.last().map(|node| &node.certificate)
    }

    /// All certificates, oldest first.
    pub(super) fn certificates(&self) -> Vec<Certificate> {
        self.nodes.iter().map(|node| node.certificate.clone()).collect()
    }

    /// Whether each certificate is signed by the one before it, and none stands there twice
    /// (the platform's `verifyProofOfRotationStruct`).
    pub(super) fn verify(&self) -> Result<(), Fault> {
        let mut parent: Option<&Node> = None;
        for (index, node) in self.nodes.iter().enumerate() {
            let number = index.saturating_add(1);
            if self.nodes.iter().take(index).any(|earlier| earlier.certificate == node.certificate) {
                return Err((rules::LINEAGE_CERTIFICATE_TWICE, format!("certificate {number} stands there twice")));
            }
            if parent.is_some_and(|parent| !node.is_signed_by(parent)) {
                let message = format!("certificate {number} is not signed by the one before it");
                return Err((rules::LINEAGE_SIGNATURE_WRONG, message));
            }
            parent = Some(node);
        }
        Ok(())
    }

    /// Whether this lineage is the beginning of `other`, with the same rights
    /// (`SigningCertificateLineage.consolidateLineages`).
    pub(super) fn begins(&self, other: &Self) -> bool {
        other.nodes.starts_with(&self.nodes)
    }
}

impl Node {
    fn parse(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let malformed = |error: BytesError| (rules::LINEAGE_MALFORMED, error.to_string());
        let mut node = reader.prefixed_u32_le("lineage node").map_err(malformed)?;
        let mut signed = node.prefixed_u32_le("lineage node's signed data").map_err(malformed)?;
        let signed_data = signed.peek_rest().to_vec();
        let der = signed.prefixed_u32_le("lineage certificate").map_err(malformed)?.take_rest().to_vec();
        let certificate = Certificate::from_der(der).map_err(|error| (rules::LINEAGE_MALFORMED, error.to_string()))?;
        let parent_algorithm = AlgorithmId(signed.u32_le("parent's algorithm").map_err(malformed)?);
        let flags = node.u32_le("lineage flags").map_err(malformed)?;
        let algorithm = AlgorithmId(node.u32_le("algorithm for the next node").map_err(malformed)?);
        let signature = node.prefixed_u32_le("lineage signature").map_err(malformed)?.take_rest().to_vec();
        Ok(Self { certificate, signed_data, parent_algorithm, flags, algorithm, signature })
    }

    fn is_signed_by(&self, parent: &Self) -> bool {
        let known = parent.algorithm.known().filter(|_| parent.algorithm == self.parent_algorithm);
        let key = parent.certificate.public_key_info().and_then(PublicKey::parse);
        let (Some(known), Some(key)) = (known, key) else { return false };
        key.verify(known.method, &self.signed_data, &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::Scheme;
    use crate::signature::findings::Findings;
    use crate::signature::signer::{self, attribute};
    use crate::signature::testing::{certificate, scheme_value};

    fn value() -> Vec<u8> {
        let block = scheme_value("apk/rotated-v3-twice.apk", Scheme::V3);
        let signers = signer::parse(Scheme::V3, &block, &mut Findings::default());
        signers[0].attribute(attribute::LINEAGE).unwrap().to_vec()
    }

    #[test]
    fn a_real_lineage_holds() {
        let lineage = Lineage::parse(&value()).unwrap();
        lineage.verify().unwrap();
        assert_eq!(lineage.certificates(), ["release", "rotated-1", "rotated-2"].map(certificate));
        let shorter = Lineage { nodes: lineage.nodes[..2].to_vec() };
        assert!(shorter.begins(&lineage) && !lineage.begins(&shorter));
    }

    #[test]
    fn each_changed_byte_of_a_later_node_is_refused() {
        let value = value();
        let lineage = Lineage::parse(&value).unwrap();
        let first_node = 8 + lineage.nodes[0].signed_data.len();
        // What the first node says of itself is covered by the signature of the APK, not by the lineage.
        for at in (first_node + 40..value.len()).step_by(7) {
            let mut changed = value.clone();
            changed[at] ^= 0x10;
            let same = Lineage::parse(&changed)
                .is_ok_and(|changed| changed.verify().is_ok() && changed.certificates() != lineage.certificates());
            assert!(!same, "{at}");
        }
    }

    #[test]
    fn certificates_stand_in_a_lineage_once() {
        let mut lineage = Lineage::parse(&value()).unwrap();
        let again = lineage.nodes[0].clone();
        lineage.nodes.push(again);
        assert_eq!(lineage.verify().unwrap_err().0.id, "lineage-certificate-twice");
        lineage.nodes.swap(1, 2);
        assert_eq!(lineage.verify().unwrap_err().0.id, "lineage-signature-wrong");
    }

    #[test]
    fn each_prefix_is_an_error() {
        let value = value();
        let whole = Lineage::parse(&value).unwrap();
        for end in 0..value.len() {
            if let Ok(shorter) = Lineage::parse(&value[..end]) {
                assert!(shorter.nodes.len() < whole.nodes.len(), "{end}");
            }
        }
    }
}
