//! The bags of a PKCS#12 safe (RFC 7292, 4.2): `SEQUENCE { type, [0] value, attributes OPTIONAL }`.

use super::super::entry::SealedKey;
use super::super::fault::Fault;
use crate::asn1::{Asn1, Element, tag};
use crate::certificate::Certificate;
use crate::limits::{KEYSTORE_ENTRIES, SAFE_CONTENTS_DEPTH};
use crate::secret::SecretBytes;
use std::sync::Arc;

/// 1.2.840.113549.1.12.10.1, before the number of the bag type.
const BAG_TYPES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 0x0c, 0x0a, 1];
/// 1.2.840.113549.1.9.22.1
const X509_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x16, 1];
/// 1.2.840.113549.1.9.20
const FRIENDLY_NAME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x14];
/// 1.2.840.113549.1.9.21
const LOCAL_KEY_ID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x15];
/// 2.16.840.1.113894.746875.1.1: Java's mark of a trusted certificate.
const TRUSTED_KEY_USAGE: &[u8] = &[0x60, 0x86, 0x48, 1, 0x86, 0xf9, 0x66, 0xad, 0xca, 0x7b, 1, 1];

/// A bag that makes an entry, or a part of one.
pub(super) struct Bag {
    pub(super) kind: BagKind,
    pub(super) name: Option<String>,
    pub(super) local_key_id: Option<Vec<u8>>,
}

pub(super) enum BagKind {
    Key(SealedKey),
    Certificate { certificate: Arc<Certificate>, trusted: bool },
    Secret,
}

impl Bag {
    pub(super) fn key(&self) -> Option<&SealedKey> {
        match &self.kind {
            BagKind::Key(key) => Some(key),
            BagKind::Certificate { .. } | BagKind::Secret => None,
        }
    }

    pub(super) fn certificate(&self) -> Option<&Arc<Certificate>> {
        match &self.kind {
            BagKind::Certificate { certificate, .. } => Some(certificate),
            BagKind::Key(_) | BagKind::Secret => None,
        }
    }
}

/// The bags of all safes, in the order of the file.
#[derive(Default)]
pub(super) struct Bags(pub(super) Vec<Bag>);

impl Bags {
    /// Reads `SafeContents`.
    pub(super) fn read(&mut self, contents: &mut Asn1<'_>, depth: u8) -> Result<(), Fault> {
        if depth > SAFE_CONTENTS_DEPTH {
            return Err(Fault::TooMany { what: "safes inside each other", limit: usize::from(SAFE_CONTENTS_DEPTH) });
        }
        while !contents.is_empty() {
            if self.0.len() >= KEYSTORE_ENTRIES {
                return Err(Fault::TooMany { what: "bags", limit: KEYSTORE_ENTRIES });
            }
            self.bag(contents.sequence("bag")?, depth)?;
        }
        Ok(())
    }

    fn bag(&mut self, mut fields: Asn1<'_>, depth: u8) -> Result<(), Fault> {
        let oid = fields.oid("bag type")?;
        let value = fields.expect(tag::context_constructed(0), "bag value")?;
        let number = oid.0.strip_prefix(BAG_TYPES).and_then(|rest| rest.first().copied());
        let mut inside = value.children();
        let attributes = Attributes::read(&mut fields)?;
        let kind = match number {
            Some(1) => {
                let key = inside.expect(tag::SEQUENCE, "private key")?;
                BagKind::Key(SealedKey::Pkcs8(SecretBytes::new(key.raw.to_vec())))
            }
            Some(2) => {
                let key = inside.expect(tag::SEQUENCE, "encrypted private key")?;
                BagKind::Key(SealedKey::Pkcs8Encrypted(key.raw.to_vec()))
            }
            Some(3) => match certificate(&mut inside)? {
                Some(certificate) => BagKind::Certificate { certificate, trusted: attributes.trusted },
                None => return Ok(()),
            },
            Some(5) => BagKind::Secret,
            Some(6) => return self.read(&mut inside.sequence("safe contents")?, depth.saturating_add(1)),
            // Revocation lists (4), and what others may have added.
            _ => return Ok(()),
        };
        self.0.push(Bag { kind, name: attributes.name, local_key_id: attributes.local_key_id });
        Ok(())
    }
}

/// A `CertBag` (RFC 7292, 4.2.3); `None` for SDSI certificates.
fn certificate(inside: &mut Asn1<'_>) -> Result<Option<Arc<Certificate>>, Fault> {
    let mut fields = inside.sequence("certificate bag")?;
    if fields.oid("certificate type")?.0 != X509_CERTIFICATE {
        return Ok(None);
    }
    let mut value = fields.expect(tag::context_constructed(0), "certificate value")?.children();
    let der = value.octets("certificate")?.into_owned();
    Ok(Some(Arc::new(Certificate::from_der(der)?)))
}

#[derive(Default)]
struct Attributes {
    name: Option<String>,
    local_key_id: Option<Vec<u8>>,
    trusted: bool,
}

impl Attributes {
    fn read(fields: &mut Asn1<'_>) -> Result<Self, Fault> {
        let mut attributes = Self::default();
        let Some(set) = fields.optional(tag::SET, "attributes")? else { return Ok(attributes) };
        let mut set = set.children();
        while !set.is_empty() {
            let mut attribute = set.sequence("attribute")?;
            let oid = attribute.oid("attribute type")?;
            let mut values = attribute.set("attribute values")?;
            match oid.0 {
                FRIENDLY_NAME if !values.is_empty() => attributes.name = friendly_name(&values.any("friendly name")?),
                LOCAL_KEY_ID if !values.is_empty() => {
                    attributes.local_key_id = Some(values.octets("local key identifier")?.into_owned());
                }
                TRUSTED_KEY_USAGE => attributes.trusted = true,
                _ => {}
            }
        }
        Ok(attributes)
    }
}

/// A BMPString, which some writers fill with surrogates or end with a NUL. An empty name is none.
fn friendly_name(value: &Element<'_>) -> Option<String> {
    let name = if value.tag == tag::BMP_STRING {
        let (pairs, _) = value.content.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        String::from_utf16_lossy(&units)
    } else {
        String::from_utf8_lossy(value.content).into_owned()
    };
    let name = name.trim_end_matches('\0');
    (!name.is_empty()).then(|| name.to_owned())
}
