//! The lineage of a rotated key, to be written (its layout stands in the module that verifies it).
//!
//! As a file: magic `0x3eff39d1`, version 1, the length, and the same bytes as in a signer
//! (`SigningCertificateLineage.java`).

use super::SignError;
use super::encode::prefixed;
use super::roles::block_algorithms;
use super::scheme::sign_with;
use crate::bytes::{BytesError, Reader};
use crate::certificate::Certificate;
use crate::identity::SigningIdentity;
use crate::limits::{LINEAGE_LENGTH, SCHEME_BLOCK_SIZE};
use crate::signature::algorithm::AlgorithmId;
use crate::signature::block::{self, Search};
use crate::signature::findings::Findings;
use crate::signature::lineage::Lineage;
use crate::signature::signer::{self, attribute};
use crate::signature::{Input, Scheme};
use crate::source::ReadAt;
use crate::zip::Directory;

const MAGIC: u32 = 0x3eff_39d1;
const VERSION: u32 = 1;
/// In place of an algorithm: none.
const NO_ALGORITHM: AlgorithmId = AlgorithmId(0);

/// What an old certificate may still do once another has followed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities(pub u32);

impl Capabilities {
    /// Apps signed with the old key are updated and keep their data.
    pub const INSTALLED_DATA: u32 = 1;
    /// The shared user id is shared with apps signed with the old key.
    pub const SHARED_USER_ID: u32 = 2;
    /// Permissions of the level "signature" go to apps signed with the old key.
    pub const PERMISSION: u32 = 4;
    /// An app signed with the old key may replace one signed with the new.
    pub const ROLLBACK: u32 = 8;
    /// Authenticators accept the old key.
    pub const AUTH: u32 = 16;
}

impl Capabilities {
    /// What is granted, in the words of apksigner's options.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        let all = [
            (Self::INSTALLED_DATA, "installed-data"),
            (Self::SHARED_USER_ID, "shared-uid"),
            (Self::PERMISSION, "permission"),
            (Self::ROLLBACK, "rollback"),
            (Self::AUTH, "auth"),
        ];
        all.into_iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, name)| name).collect()
    }
}

impl Default for Capabilities {
    /// All but rollback, as apksigner.
    fn default() -> Self {
        Self(Self::INSTALLED_DATA | Self::SHARED_USER_ID | Self::PERMISSION | Self::AUTH)
    }
}

/// A verified lineage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningLineage {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    certificate: Certificate,
    parent_algorithm: AlgorithmId,
    capabilities: Capabilities,
    algorithm: AlgorithmId,
    signature: Vec<u8>,
}

impl SigningLineage {
    /// A lineage of one certificate.
    ///
    /// # Errors
    /// [`SignError`] when the identity has no certificate.
    pub fn begin(first: &SigningIdentity, capabilities: Capabilities) -> Result<Self, SignError> {
        let certificate = leaf(first)?.clone();
        let node = Node {
            certificate,
            parent_algorithm: NO_ALGORITHM,
            capabilities,
            algorithm: NO_ALGORITHM,
            signature: Vec::new(),
        };
        Ok(Self { nodes: vec![node] })
    }

    /// The lineage with one more certificate, signed by the newest one so far, which is `parent`.
    ///
    /// # Errors
    /// [`SignError::Lineage`] when `parent` is not the newest or `next` is already there.
    pub fn extend(
        &self,
        parent: &SigningIdentity,
        next: &SigningIdentity,
        capabilities: Capabilities,
    ) -> Result<Self, SignError> {
        let wrong = |reason: &str| SignError::Lineage(reason.to_owned());
        let mut extended = self.clone();
        let certificate = leaf(next)?.clone();
        if self.position(&certificate).is_some() {
            return Err(wrong("the new certificate is already in it"));
        }
        if self.nodes.len() >= LINEAGE_LENGTH {
            return Err(wrong("it is too long"));
        }
        let newest = extended.nodes.last_mut().filter(|node| leaf(parent).is_ok_and(|leaf| node.certificate == *leaf));
        let newest = newest.ok_or_else(|| wrong("the old signer is not the newest in it"))?;
        let algorithm = block_algorithms(parent.key().algorithm(), false).first().copied().unwrap_or(NO_ALGORITHM);
        newest.algorithm = algorithm;
        let signature = sign_with(parent, algorithm, &signed_data(&certificate, algorithm))?;
        let node = Node { certificate, parent_algorithm: algorithm, capabilities, algorithm: NO_ALGORITHM, signature };
        extended.nodes.push(node);
        Ok(extended)
    }

    /// Reads a lineage from a lineage file, or the longest one of the signers of an APK, and verifies it.
    ///
    /// # Errors
    /// [`SignError::Lineage`] when there is none, it is malformed, or a signature in it is wrong.
    pub fn read(source: &dyn ReadAt) -> Result<Self, SignError> {
        let head = source.bytes(0..source.size().min(4))?;
        if head == MAGIC.to_le_bytes() {
            return Self::from_file(&source.bytes(0..source.size().min(SCHEME_BLOCK_SIZE))?);
        }
        let directory = Directory::read(source)?;
        let mut lineages = attributes(Input { source, directory: &directory })?;
        lineages.sort_by_key(Vec::len);
        let longest = lineages.last().ok_or_else(|| SignError::Lineage("the APK has none".to_owned()))?;
        Self::decode(longest)
    }

    /// Reads a lineage file and verifies it.
    ///
    /// # Errors
    /// [`SignError::Lineage`] when it is malformed or a signature in it is wrong.
    pub fn from_file(bytes: &[u8]) -> Result<Self, SignError> {
        let malformed = |error: BytesError| SignError::Lineage(error.to_string());
        let mut reader = Reader::new(bytes);
        if reader.u32_le("lineage file magic").map_err(malformed)? != MAGIC {
            return Err(SignError::Lineage("it is not a lineage file".to_owned()));
        }
        let version = reader.u32_le("lineage file version").map_err(malformed)?;
        if version != VERSION {
            return Err(SignError::Lineage(format!("the version of the file is {version}, not {VERSION}")));
        }
        let encoded = reader.prefixed_u32_le("lineage").map_err(malformed)?.take_rest();
        reader.finish("lineage file").map_err(malformed)?;
        Self::decode(encoded)
    }

    /// Reads the value of a signer's attribute and verifies it.
    ///
    /// # Errors
    /// [`SignError::Lineage`] as [`SigningLineage::from_file`].
    pub fn decode(encoded: &[u8]) -> Result<Self, SignError> {
        let checked = Lineage::parse(encoded).and_then(|lineage| lineage.verify());
        checked.map_err(|(_, message)| SignError::Lineage(message))?;
        let malformed = |error: BytesError| SignError::Lineage(error.to_string());
        let mut reader = Reader::new(encoded);
        reader.u32_le("lineage version").map_err(malformed)?;
        let mut nodes = Vec::new();
        while !reader.is_empty() {
            let node = reader.prefixed_u32_le("lineage node").map_err(malformed)?;
            nodes.push(Node::decode(node)?);
        }
        Ok(Self { nodes })
    }

    /// The bytes as they stand in a signer.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let nodes = self.nodes.iter().flat_map(|node| prefixed(&node.encode()));
        VERSION.to_le_bytes().into_iter().chain(nodes).collect()
    }

    /// The bytes of a lineage file.
    #[must_use]
    pub fn to_file(&self) -> Vec<u8> {
        [&MAGIC.to_le_bytes()[..], &VERSION.to_le_bytes(), &prefixed(&self.encode())].concat()
    }

    /// The certificates and what each may still do, oldest first.
    pub fn certificates(&self) -> impl Iterator<Item = (&Certificate, Capabilities)> {
        self.nodes.iter().map(|node| (&node.certificate, node.capabilities))
    }

    /// The same lineage with other rights for one certificate; no signature covers them.
    ///
    /// # Errors
    /// [`SignError::Lineage`] when the certificate is not in it.
    pub fn with_capabilities(
        &self,
        certificate: &Certificate,
        change: impl FnOnce(Capabilities) -> Capabilities,
    ) -> Result<Self, SignError> {
        let mut changed = self.clone();
        let node = changed.nodes.iter_mut().find(|node| node.certificate == *certificate);
        let node = node.ok_or_else(|| SignError::Lineage("the signer is not in it".to_owned()))?;
        node.capabilities = change(node.capabilities);
        Ok(changed)
    }

    /// Where a certificate stands, counted from the oldest.
    pub(super) fn position(&self, certificate: &Certificate) -> Option<usize> {
        self.nodes.iter().position(|node| node.certificate == *certificate)
    }

    /// The lineage up to a certificate.
    pub(super) fn up_to(&self, certificate: &Certificate) -> Option<Self> {
        let position = self.position(certificate)?;
        Some(Self { nodes: self.nodes.get(..=position)?.to_vec() })
    }
}

impl Node {
    fn decode(mut node: Reader<'_>) -> Result<Self, SignError> {
        let malformed = |error: BytesError| SignError::Lineage(error.to_string());
        let mut signed = node.prefixed_u32_le("lineage node's signed data").map_err(malformed)?;
        let der = signed.prefixed_u32_le("lineage certificate").map_err(malformed)?.take_rest().to_vec();
        let certificate = Certificate::from_der(der).map_err(|error| SignError::Lineage(error.to_string()))?;
        Ok(Self {
            certificate,
            parent_algorithm: AlgorithmId(signed.u32_le("parent's algorithm").map_err(malformed)?),
            capabilities: Capabilities(node.u32_le("lineage flags").map_err(malformed)?),
            algorithm: AlgorithmId(node.u32_le("algorithm for the next node").map_err(malformed)?),
            signature: node.prefixed_u32_le("lineage signature").map_err(malformed)?.take_rest().to_vec(),
        })
    }

    fn encode(&self) -> Vec<u8> {
        let numbers = [self.capabilities.0.to_le_bytes(), self.algorithm.0.to_le_bytes()].concat();
        let signed = prefixed(&signed_data(&self.certificate, self.parent_algorithm));
        [signed, numbers, prefixed(&self.signature)].concat()
    }
}

/// The lineages of all signers of v3 and v3.1.
fn attributes(input: Input<'_>) -> Result<Vec<Vec<u8>>, SignError> {
    let Search::Found(block) = block::find(input.source, input.directory)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let mut findings = Findings::default();
    for (id, scheme) in [(block::id::V31, Scheme::V31), (block::id::V3, Scheme::V3)] {
        let Some(value) = block.value(input.source, id, &mut findings)? else { continue };
        let signers = signer::parse(scheme, &value, &mut findings);
        found.extend(signers.iter().filter_map(|signer| signer.attribute(attribute::LINEAGE)).map(<[u8]>::to_vec));
    }
    Ok(found)
}

fn signed_data(certificate: &Certificate, algorithm: AlgorithmId) -> Vec<u8> {
    [prefixed(certificate.der()), algorithm.0.to_le_bytes().to_vec()].concat()
}

fn leaf(identity: &SigningIdentity) -> Result<&Certificate, SignError> {
    identity.chain().first().ok_or(SignError::Key(crate::identity::IdentityError::NoCertificate))
}
