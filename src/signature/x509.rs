//! What Android demands of a certificate beyond its shape: that Java reads all of it
//! (`X509CertImpl`, behind `CertificateFactory`), and for a JAR signature that it may sign
//! (`V1SchemeVerifier.verifySignerInfoAgainstSigFile`).
//!
//! In a JAR signature nothing protects the certificate's own bytes: whoever changes one that no check reads changes
//! the fingerprint without breaking the signature. So what Java refuses is refused.

use crate::asn1::{self, Asn1, Element, tag};
use crate::certificate::Certificate;
use crate::limits::ASN1_DEPTH;

/// The version numbers 0 to 2 stand for 1 to 3; extensions came with 3.
const NEWEST_VERSION: u32 = 2;
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

/// A certificate's fields (RFC 5280, 4.1).
struct Fields<'a> {
    version: u32,
    algorithm: &'a [u8],
    outer_algorithm: &'a [u8],
    issuer: &'a [u8],
    validity: Asn1<'a>,
    subject: &'a [u8],
    extensions: Option<Vec<Extension<'a>>>,
}

/// Why Java would not read this certificate.
pub(super) fn defect(certificate: &Certificate) -> Option<&'static str> {
    if certificate.details().is_none() {
        return Some("it cannot be read");
    }
    let Some(fields) = Fields::parse(certificate.der()) else { return Some("its fields cannot be read") };
    if fields.version > NEWEST_VERSION {
        return Some("its version is unknown");
    }
    if fields.algorithm != fields.outer_algorithm {
        return Some("it names two signature algorithms");
    }
    if name_parts(fields.issuer).is_none_or(|parts| parts.is_empty()) || name_parts(fields.subject).is_none() {
        return Some("a name in it is malformed");
    }
    if !is_validity(fields.validity) {
        return Some("its validity is malformed");
    }
    let extensions = fields.extensions.unwrap_or_default();
    if !extensions.is_empty() && fields.version != NEWEST_VERSION {
        return Some("it has extensions, which its version does not allow");
    }
    let mut ids: Vec<&[u8]> = extensions.iter().map(|extension| extension.id).collect();
    ids.sort_unstable();
    if ids.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        return Some("it has an extension twice");
    }
    if !has_good_identifiers(Asn1::new(certificate.der()), ASN1_DEPTH) {
        return Some("an object identifier in it is malformed");
    }
    None
}

/// Why Android refuses to check a JAR signature with this certificate.
pub(super) fn objection(certificate: &Certificate) -> Option<&'static str> {
    let extensions = Fields::parse(certificate.der()).and_then(|fields| fields.extensions);
    let Some(extensions) = extensions else { return Some("its extensions cannot be read") };
    if extensions.iter().any(|extension| extension.critical && !KNOWN.contains(&extension.id)) {
        return Some("it has a critical extension that Android does not know");
    }
    let usage = extensions.iter().find(|extension| extension.id == KEY_USAGE)?;
    let bits = Asn1::new(&usage.value).expect(tag::BIT_STRING, "key usage").ok().map(|bits| bits.content);
    let first = bits.and_then(|bits| bits.get(1)).copied().unwrap_or(0);
    (first & MAY_SIGN == 0).then_some("its key usage does not allow signatures")
}

impl<'a> Fields<'a> {
    fn parse(der: &'a [u8]) -> Option<Self> {
        let mut outer = Asn1::new(der).sequence("certificate").ok()?;
        let mut fields = outer.sequence("TBSCertificate").ok()?;
        let outer_algorithm = outer.expect(tag::SEQUENCE, "signature algorithm").ok()?.raw;
        let version = match fields.optional(tag::context_constructed(0), "version").ok()? {
            Some(version) => version.children().u32("version").ok()?,
            None => 0,
        };
        fields.expect(tag::INTEGER, "serial number").ok()?;
        let algorithm = fields.expect(tag::SEQUENCE, "signature algorithm").ok()?.raw;
        let issuer = fields.expect(tag::SEQUENCE, "issuer").ok()?.raw;
        let validity = fields.sequence("validity").ok()?;
        let subject = fields.expect(tag::SEQUENCE, "subject").ok()?.raw;
        fields.expect(tag::SEQUENCE, "public key").ok()?;
        fields.optional(tag::context(1), "issuer's unique id").ok()?;
        fields.optional(tag::context(2), "subject's unique id").ok()?;
        let wrapped = fields.optional(tag::context_constructed(3), "extensions").ok()?;
        fields.finish("TBSCertificate").ok()?;
        let extensions = wrapped.map_or(Some(Vec::new()), |wrapped| Extension::parse_all(&wrapped));
        Some(Self { version, algorithm, outer_algorithm, issuer, validity, subject, extensions })
    }
}

impl<'a> Extension<'a> {
    fn parse_all(wrapped: &Element<'a>) -> Option<Vec<Self>> {
        let mut list = wrapped.children().sequence("extensions").ok()?;
        let mut extensions = Vec::new();
        while !list.is_empty() {
            let mut extension = list.sequence("extension").ok()?;
            let id = extension.oid("extension id").ok()?.0;
            let critical = extension.optional(tag::BOOLEAN, "critical").ok()?;
            let critical = critical.is_some_and(|flag| flag.content != [0]);
            let value = extension.octets("extension value").ok()?.into_owned();
            extension.finish("extension").ok()?;
            extensions.push(Extension { id, critical, value });
        }
        Some(extensions)
    }
}

/// Two times (RFC 5280, 4.1.2.5).
fn is_validity(mut times: Asn1<'_>) -> bool {
    let mut time = || {
        let element = times.any("time").ok()?;
        let year = match element.tag {
            tag::UTC_TIME => 2,
            tag::GENERALIZED_TIME => 4,
            _ => return None,
        };
        is_time(element.content, year).then_some(())
    };
    time().and_then(|()| time()).is_some() && times.is_empty()
}

/// Digits for year, month, day, hour, minute and perhaps second, then `Z`.
fn is_time(text: &[u8], year: usize) -> bool {
    let Some((digits, b"Z")) = text.split_last_chunk::<1>() else { return false };
    let Some((year, rest)) = digits.split_at_checked(year) else { return false };
    let number = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| pair.parse::<u8>().ok());
    let parts: Option<Vec<u8>> = rest.chunks(2).map(number).collect();
    let in_range = match parts.as_deref() {
        Some([month, day, hour, minute, seconds @ ..]) => {
            (1..=12).contains(month)
                && (1..=31).contains(day)
                && *hour < 24
                && *minute < 60
                && matches!(seconds, [] | [0..=59])
        }
        Some(_) | None => false,
    };
    in_range && digits.iter().all(u8::is_ascii_digit) && !year.is_empty() && rest.len().is_multiple_of(2)
}

/// Whether every object identifier ends, and no part of one begins with an empty digit (X.690 8.19.2).
fn has_good_identifiers(mut elements: Asn1<'_>, depth: u8) -> bool {
    let Some(deeper) = depth.checked_sub(1) else { return false };
    while !elements.is_empty() {
        let Ok(element) = elements.any("certificate field") else { return false };
        let good = if element.tag == tag::OID {
            is_identifier(element.content)
        } else {
            element.tag & tag::CONSTRUCTED == 0 || has_good_identifiers(element.children(), deeper)
        };
        if !good {
            return false;
        }
    }
    true
}

pub(super) fn is_identifier(content: &[u8]) -> bool {
    let ends = content.last().is_some_and(|last| last & 0x80 == 0);
    let starts = std::iter::once(&0).chain(content).zip(content);
    ends && starts.into_iter().all(|(before, byte)| before & 0x80 != 0 || *byte != 0x80)
}

/// Whether two names are equal as Java's `X500Principal` compares them: for UTF8String and PrintableString case, white
/// space and the kind of string do not count, all else must be the same bytes.
pub(super) fn same_name(one: &[u8], other: &[u8]) -> bool {
    one == other || matches!((name_parts(one), name_parts(other)), (Some(one), Some(other)) if one == other)
}

/// A relative name's attributes: type, and value in a form that can be compared.
type NameParts = Vec<(Vec<u8>, Vec<u8>)>;

/// The parts of a name (RFC 5280, 4.1.2.4).
fn name_parts(der: &[u8]) -> Option<Vec<NameParts>> {
    let mut names = asn1::single(der, "name").ok()?.children();
    let mut parts = Vec::new();
    while !names.is_empty() {
        let mut set = names.set("relative name").ok()?;
        let mut attributes = Vec::new();
        while !set.is_empty() {
            let mut attribute = set.sequence("name attribute").ok()?;
            let kind = attribute.oid("name attribute type").ok()?.0.to_vec();
            let value = attribute.any("name attribute value").ok()?;
            attribute.finish("name attribute").ok()?;
            attributes.push((kind, comparable(&value)));
        }
        if attributes.is_empty() {
            return None;
        }
        attributes.sort();
        parts.push(attributes);
    }
    Some(parts)
}

/// A string in lower case with single spaces; anything else as it stands.
fn comparable(value: &Element<'_>) -> Vec<u8> {
    if ![tag::UTF8_STRING, tag::PRINTABLE_STRING].contains(&value.tag) {
        return value.raw.to_vec();
    }
    let text = String::from_utf8_lossy(value.content);
    text.split_whitespace().collect::<Vec<&str>>().join(" ").to_lowercase().into_bytes()
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
    fn what_java_does_not_read_is_refused() {
        assert_eq!(defect(&certificate("release")), None);
        let version = edited("release", &[0xa0, 3, 2, 1, 2], &[0xa0, 3, 2, 1, 9]);
        assert_eq!(defect(&version), Some("its version is unknown"));
        let first = edited("release", &[0xa0, 3, 2, 1, 2], &[0xa0, 3, 2, 1, 0]);
        assert_eq!(defect(&first), Some("it has extensions, which its version does not allow"));
        let sha256_with_rsa = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
        let algorithm = edited("release", &sha256_with_rsa, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c]);
        assert_eq!(defect(&algorithm), Some("it names two signature algorithms"));
        assert!(is_identifier(&[0x2a, 0x86, 0x48]) && is_identifier(&[0x55, 4, 3]));
        for malformed in [&[][..], &[0x2a, 0x86], &[0x2a, 0x80, 0x01], &[0x80, 0x01]] {
            assert!(!is_identifier(malformed), "{malformed:02x?}");
        }
    }

    #[test]
    fn times_have_digits_in_range() {
        assert!(is_time(b"260101000000Z", 2) && is_time(b"2601010000Z", 2) && is_time(b"20260131235959Z", 4));
        for text in
            [&b"260101000000"[..], b"261301000000Z", b"2601010000000Z", b"26010100000\xafZ", b"+60101000000Z", b"Z"]
        {
            assert!(!is_time(text, 2), "{text:?}");
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

    #[test]
    fn names_are_compared_as_java_does() {
        let name = |tag: u8, text: &str| {
            let length = u8::try_from(text.len()).unwrap();
            let value = [&[0x06, 3, 0x55, 4, 3, tag, length], text.as_bytes()].concat();
            let sequence = [&[0x30, length + 7][..], &value].concat();
            let set = [&[0x31, length + 9][..], &sequence].concat();
            [&[0x30, length + 11][..], &set].concat()
        };
        assert!(same_name(&name(0x0c, "Some  One"), &name(0x13, "some one ")));
        assert!(!same_name(&name(0x0c, "Some One"), &name(0x0c, "Someone")));
        assert!(!same_name(&name(0x0c, "Some One"), b""));
    }
}
