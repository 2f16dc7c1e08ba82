//! PKCS#12's integrity check: an HMAC whose key comes from PKCS#12's own derivation (RFC 7292, 4 and appendix B), or
//! PBMAC1 (RFC 9579, now RFC 9879), whose parameters stand inside the algorithm.

use super::super::fault::Fault;
use super::super::kdf::{Hash, Kdf, Purpose, Salted};
use super::super::password::Forms;
use super::super::{KdfBudget, pbe};
use crate::asn1::{Asn1, Asn1Error, Element, tag};
use crate::limits::{DERIVED_KEY, MAC_KEY_MIN};

/// 1.2.840.113549.1.5.14
const PBMAC1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0e];

/// `MacData`.
pub(super) struct Mac {
    key: MacKey,
    hash: Hash,
    value: Vec<u8>,
}

enum MacKey {
    Pkcs12 { salt: Vec<u8>, rounds: u32 },
    Pbmac1 { kdf: Kdf, size: usize },
}

impl Mac {
    /// Reads `MacData`, if it is there.
    pub(super) fn read(fields: &mut Asn1<'_>) -> Result<Option<Self>, Fault> {
        let Some(data) = fields.optional(tag::SEQUENCE, "MAC")? else { return Ok(None) };
        let mut data = data.children();
        let mut digest = data.sequence("MAC digest")?;
        let algorithm = digest.expect(tag::SEQUENCE, "MAC algorithm")?;
        let value = digest.octets("MAC")?.into_owned();
        let salt = data.octets("MAC salt")?.into_owned();
        // DEFAULT 1 (RFC 7292, 4).
        let rounds = if data.is_empty() { 1 } else { data.u32("MAC rounds")? };
        let oid = algorithm.children().oid("MAC algorithm")?;
        if oid.0 == PBMAC1 {
            return Self::pbmac1(&algorithm, value).map(Some);
        }
        let hash = Hash::of_digest(oid).ok_or_else(|| Fault::Unsupported(pbe::algorithm_name(oid)))?;
        Ok(Some(Self { key: MacKey::Pkcs12 { salt, rounds }, hash, value }))
    }

    /// RFC 9579, 5: the key length must be there, and at least 20 bytes, or wrong passwords would pass by chance.
    fn pbmac1(algorithm: &Element<'_>, value: Vec<u8>) -> Result<Self, Fault> {
        let mut fields = algorithm.children();
        fields.oid("MAC algorithm")?;
        let mut parameters = fields.sequence("PBMAC1 parameters")?;
        let kdf = Kdf::read(&parameters.expect(tag::SEQUENCE, "key derivation")?)?;
        let scheme = parameters.expect(tag::SEQUENCE, "MAC scheme")?.children().oid("MAC scheme")?;
        let hash = Hash::of_hmac(scheme).ok_or_else(|| Fault::Unsupported(pbe::algorithm_name(scheme)))?;
        let size = kdf.key_size().filter(|size| (MAC_KEY_MIN..=DERIVED_KEY).contains(size));
        let size = size.and_then(|size| usize::try_from(size).ok());
        let size = size.ok_or(Asn1Error::Value { field: "PBMAC1 key length" })?;
        Ok(Self { key: MacKey::Pbmac1 { kdf, size }, hash, value })
    }

    /// Whether the MAC of `content` is the stored one under a form of the password.
    pub(super) fn fits(&self, content: &[u8], forms: &Forms, budget: &KdfBudget) -> Result<bool, Fault> {
        let forms = match &self.key {
            MacKey::Pkcs12 { .. } => forms.pkcs12(),
            MacKey::Pbmac1 { .. } => forms.narrow().to_vec(),
        };
        for password in forms {
            let key = match &self.key {
                MacKey::Pkcs12 { salt, rounds } => {
                    let from = Salted { password: &password, salt, rounds: *rounds, budget };
                    self.hash.pkcs12(Purpose::Mac, &from, self.hash.output_size())?
                }
                MacKey::Pbmac1 { kdf, size } => kdf.derive(&password, *size, budget)?,
            };
            if self.hash.hmac(&key, content) == self.value {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
