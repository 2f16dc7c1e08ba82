//! What Android demands of a certificate before it checks a JAR signature with it
//! (`V1SchemeVerifier.verifySignerInfoAgainstSigFile`).

use crate::asn1::{Asn1, tag};
use crate::certificate::Certificate;

/// id-ce-keyUsage (RFC 5280, 4.2.1.3).
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
/// Critical extensions that Java and BoringSSL know: key usage, alternative name, basic constraints, name constraints,
/// certificate policies, policy mappings, policy constraints, extended key usage, inhibit any policy.
const KNOWN: [&[u8]; 9] = [
    KEY_USAGE,
    &[0x55, 0x1d, 0x11],
    &[0x55, 0x1d, 0x13],
    &[0x55, 0x1d, 0x1e],
    &[0x55, 0x1d, 0x20],
    &[0x55, 0x1d, 0x21],
    &[0x55, 0x1d, 0x24],
    &[0x55, 0x1d, 0x25],
    &[0x55, 0x1d, 0x36],
];
/// digitalSignature and nonRepudiation are the first two bits.
const MAY_SIGN: u8 = 0xc0;

struct Extension<'a> {
    id: &'a [u8],
    critical: bool,
    value: Vec<u8>,
}

/// Why Android refuses to check a signature with this certificate.
pub(super) fn objection(certificate: &Certificate) -> Option<&'static str> {
    let Some(extensions) = extensions(certificate.der()) else { return Some("its extensions cannot be read") };
    if extensions.iter().any(|extension| extension.critical && !KNOWN.contains(&extension.id)) {
        return Some("it has a critical extension that Android does not know");
    }
    let usage = extensions.iter().find(|extension| extension.id == KEY_USAGE)?;
    let bits = Asn1::new(&usage.value).expect(tag::BIT_STRING, "key usage").ok().map(|bits| bits.content);
    let first = bits.and_then(|bits| bits.get(1)).copied().unwrap_or(0);
    (first & MAY_SIGN == 0).then_some("its key usage does not allow signatures")
}

/// The extensions (RFC 5280, 4.1): behind serial number, algorithm, issuer, validity, subject and key.
fn extensions(der: &[u8]) -> Option<Vec<Extension<'_>>> {
    let mut fields = Asn1::new(der).sequence("certificate").ok()?.sequence("TBSCertificate").ok()?;
    fields.optional(tag::context_constructed(0), "version").ok()?;
    for _ in 0..6 {
        fields.any("TBSCertificate field").ok()?;
    }
    fields.optional(tag::context(1), "issuer's unique id").ok()?;
    fields.optional(tag::context(2), "subject's unique id").ok()?;
    let Some(wrapped) = fields.optional(tag::context_constructed(3), "extensions").ok()? else {
        return Some(Vec::new());
    };
    let mut list = wrapped.children().sequence("extensions").ok()?;
    let mut extensions = Vec::new();
    while !list.is_empty() {
        let mut extension = list.sequence("extension").ok()?;
        let id = extension.oid("extension id").ok()?.0;
        let critical = extension.optional(tag::BOOLEAN, "critical").ok()?;
        let critical = critical.is_some_and(|flag| flag.content != [0]);
        let value = extension.octets("extension value").ok()?.into_owned();
        extensions.push(Extension { id, critical, value });
    }
    Some(extensions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::testing::certificate;

    /// A certificate whose first extension of this id has other bytes.
    fn edited(name: &str, from: &[u8], to: &[u8]) -> Certificate {
        let mut der = certificate(name).der().to_vec();
        let at = der.windows(from.len()).position(|window| window == from).unwrap();
        der[at..at + to.len()].copy_from_slice(to);
        Certificate::from_der(der).unwrap()
    }

    #[test]
    fn ordinary_certificates_are_fit() {
        for name in ["release", "ec-p256", "dsa-2048", "chain-leaf"] {
            assert_eq!(objection(&certificate(name)), None, "{name}");
        }
    }

    #[test]
    fn unknown_critical_extensions_are_refused() {
        // basicConstraints, critical, becomes an extension that nobody knows
        let odd = edited("chain-root", &[0x55, 0x1d, 0x13, 0x01, 0x01, 0xff], &[0x55, 0x1d, 0x7f]);
        assert_eq!(objection(&odd), Some("it has a critical extension that Android does not know"));
    }

    #[test]
    fn a_key_usage_without_signatures_is_refused() {
        // digitalSignature becomes keyEncipherment
        let odd = edited("chain-leaf", &[0x03, 0x02, 0x07, 0x80], &[0x03, 0x02, 0x05, 0x20]);
        assert_eq!(objection(&odd), Some("its key usage does not allow signatures"));
    }
}
