//! Tells what a file is by its first bytes, never by its name.

use super::foreign::{self, GIT_CRYPT};
use super::pem::KeyForm;
use super::{Format, bks, text, text_copy};
use crate::asn1::tag;
use std::fmt;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A keystore of this format. BKS and UBER begin alike: which of them it is only opening can tell.
    Keystore(Format),
    /// Certificates: [`Format::Pem`], [`Format::Der`] or [`Format::Pkcs7`]. A PEM file may hold keys too.
    Certificates(Format),
    /// A private key without a certificate, in PEM or DER.
    PrivateKey,
    /// A private key in the form of another tool, by name.
    ForeignKey(&'static str),
    /// A store of keys that no Android tool reads, by name.
    ForeignStore(&'static str),
    /// A public key.
    PublicKey,
    /// A certificate signing request.
    CertificateRequest,
    /// A certificate revocation list.
    RevocationList,
    /// Base64 of something that would be of use.
    Base64Of(Box<Content>),
    /// A ZIP archive: APK, AAB, JAR.
    Zip,
    /// Another kind of archive or compressed file, by name.
    Packed(&'static str),
    /// A file that was encrypted as a whole, by the tool that did it.
    Encrypted(&'static str),
    /// The properties that name a keystore and its passwords for a build.
    SigningProperties,
    /// What Git checks out in place of a file when Git LFS is missing.
    GitLfsPointer,
    /// The target of a symbolic link as text: what a checkout without symbolic links makes of one.
    SymlinkText(String),
    /// An HTML or XML page, mostly an error page.
    Html,
    /// JSON, mostly an error message.
    Json,
    /// A server's error in words.
    ErrorMessage,
    /// A binary file that was copied as text, which destroyed it.
    TextMangled,
    /// An API key as Amazon issues it.
    ApiKeyToken,
    /// Nothing.
    Empty,
    /// Something else.
    Unknown,
}

impl Content {
    /// What to do when this was given in place of a keystore.
    pub(super) fn help(&self) -> &'static str {
        match self {
            Self::GitLfsPointer => "run: git lfs pull",
            Self::SymlinkText(_) => "give the file that the link names",
            Self::Html | Self::Json | Self::ErrorMessage => {
                "download the file again: this is the server's answer, not the file"
            }
            Self::TextMangled => "take the original file and copy it as binary: what was lost cannot be repaired",
            Self::Zip => "give the app as FILE and the keystore with --ks",
            Self::ApiKeyToken => "give the API key with --api-key",
            Self::PublicKey | Self::CertificateRequest | Self::RevocationList => "give the certificate itself",
            Self::ForeignKey(_) => {
                "convert the key to PKCS#8 first; ssh-keygen -p -m PKCS8 -f FILE does it for OpenSSH"
            }
            Self::ForeignStore(_) => {
                "export the key with its certificate from there as PKCS#12 (.p12, .pfx) and give that file"
            }
            Self::Packed(_) => "unpack it first",
            Self::Encrypted(tool) => encrypted_help(tool),
            Self::SigningProperties => "give it with --signing-properties",
            Self::Empty => "check how the file was made: an empty secret writes an empty file",
            Self::Base64Of(_) => "decode it with: base64 -d",
            Self::PrivateKey => "give it with --key, together with its certificate as --cert",
            Self::Keystore(_) | Self::Certificates(_) | Self::Unknown => "check the path",
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keystore(format) => return write!(f, "a {}", format.title()),
            Self::Certificates(format) => return write!(f, "a certificate ({format})"),
            Self::Base64Of(inner) => return write!(f, "base64 text of {inner}"),
            Self::SymlinkText(target) => {
                return write!(f, "the text of a symbolic link to {}", crate::text::Untrusted(target));
            }
            Self::ForeignKey(name) | Self::ForeignStore(name) | Self::Packed(name) => name,
            Self::Encrypted(tool) => return write!(f, "a file encrypted with {tool}"),
            Self::SigningProperties => "a properties file that names a keystore",
            Self::ErrorMessage => "a server's error message",
            Self::PrivateKey => "a private key",
            Self::PublicKey => "a public key",
            Self::CertificateRequest => "a certificate signing request",
            Self::RevocationList => "a certificate revocation list",
            Self::Zip => "a ZIP archive (APK, AAB or JAR)",
            Self::GitLfsPointer => "a Git LFS pointer",
            Self::Html => "an HTML or XML page",
            Self::Json => "JSON",
            Self::TextMangled => "a binary file that was copied as text",
            Self::ApiKeyToken => "an API key",
            Self::Empty => "an empty file",
            Self::Unknown => "a file of an unknown kind",
        })
    }
}

fn encrypted_help(tool: &str) -> &'static str {
    match tool {
        GIT_CRYPT => "run: git-crypt unlock",
        _ => "decrypt it first; in CI that is a step before this one",
    }
}

/// Tells what a file is. The first 4 KiB are enough for everything but a PEM file with long text before its first block.
#[must_use]
pub fn detect(bytes: &[u8]) -> Content {
    binary(bytes)
        .or_else(|| as_text(bytes, true))
        .unwrap_or_else(|| if text_copy::is_copy(bytes) { Content::TextMangled } else { Content::Unknown })
}

fn binary(bytes: &[u8]) -> Option<Content> {
    match bytes {
        [] => Some(Content::Empty),
        [0xfe, 0xed, 0xfe, 0xed, ..] => Some(Content::Keystore(Format::Jks)),
        [0xce, 0xce, 0xce, 0xce, ..] => Some(Content::Keystore(Format::Jceks)),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Some(Content::Zip),
        [0x30, ..] => der(bytes),
        _ if foreign::binary(bytes).is_some() => foreign::binary(bytes),
        _ if text_copy::replaced(bytes) || text_copy::is_utf8(bytes) => None,
        _ => bks::has_header(bytes)
            .then(|| Content::Keystore(if bks::begins_in_clear(bytes) { Format::Bks } else { Format::Uber })),
    }
}

fn as_text(bytes: &[u8], may_be_base64: bool) -> Option<Content> {
    let text = text::text(bytes)?;
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Some(Content::Empty);
    }
    if text.contains("-----BEGIN ") {
        return Some(pem(&text));
    }
    if trimmed.starts_with("version https://git-lfs") || trimmed.starts_with("version https://hawser") {
        return Some(Content::GitLfsPointer);
    }
    if let Some(content) = foreign::text(trimmed) {
        return Some(content);
    }
    if trimmed.starts_with('<') {
        return Some(Content::Html);
    }
    if trimmed.starts_with(['{', '[']) {
        return Some(Content::Json);
    }
    if is_token(trimmed) {
        return Some(Content::ApiKeyToken);
    }
    if may_be_base64 && let Some(inner) = base64(trimmed) {
        return Some(Content::Base64Of(Box::new(inner)));
    }
    is_path(trimmed).then(|| Content::SymlinkText(trimmed.to_owned()))
}

/// Three parts of base64 with dots between, the first a JSON object.
fn is_token(text: &str) -> bool {
    let line = text.lines().next().unwrap_or("");
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte);
    line.starts_with("eyJ")
        && line.split('.').count() == 3
        && line.split('.').all(|part| !part.is_empty() && part.bytes().all(is_digit))
}

/// What the beginning of base64 decodes to, if that is of use.
fn base64(text: &str) -> Option<Content> {
    let digits: String = text.chars().filter(|character| !character.is_whitespace()).take(4096).collect();
    let whole = digits.len().checked_div(4)?.checked_mul(4)?;
    let bytes = text::decode_base64(digits.get(..whole).filter(|digits| !digits.is_empty()).unwrap_or(&digits))?;
    let inner = binary(&bytes).or_else(|| as_text(&bytes, false))?;
    match inner {
        Content::Keystore(_) | Content::Certificates(_) | Content::PrivateKey | Content::Zip => Some(inner),
        Content::ForeignKey(_)
        | Content::ForeignStore(_)
        | Content::Packed(_)
        | Content::Encrypted(_)
        | Content::SigningProperties
        | Content::ErrorMessage
        | Content::PublicKey
        | Content::CertificateRequest
        | Content::RevocationList
        | Content::Base64Of(_)
        | Content::GitLfsPointer
        | Content::SymlinkText(_)
        | Content::Html
        | Content::Json
        | Content::TextMangled
        | Content::ApiKeyToken
        | Content::Empty
        | Content::Unknown => None,
    }
}

/// One short line that names a path upwards or a file of a keystore's usual name.
fn is_path(text: &str) -> bool {
    let upwards = text.starts_with("../") || text.starts_with("./") || text.starts_with('/');
    let named = [".keystore", ".jks", ".p12", ".pfx", ".bks", ".pem"].iter().any(|end| text.ends_with(end));
    text.len() < 1024 && text.lines().count() == 1 && (upwards || named)
}

fn pem(text: &str) -> Content {
    let labels: Vec<&str> = text
        .split("-----BEGIN ")
        .skip(1)
        .filter_map(|after| after.split_once("-----").map(|(label, _)| label))
        .collect();
    let any = |wanted: fn(&str) -> bool| labels.iter().any(|label| wanted(label));
    if any(|label| matches!(label, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE")) {
        Content::Certificates(Format::Pem)
    } else if any(|label| matches!(label, "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA")) {
        Content::Certificates(Format::Pkcs7)
    } else if any(|label| label == "OPENSSH PRIVATE KEY") {
        Content::ForeignKey("an OpenSSH key")
    } else if any(|label| label.starts_with("PGP ")) {
        if any(|label| label == "PGP MESSAGE") {
            Content::Encrypted("OpenPGP")
        } else {
            Content::ForeignKey("an OpenPGP key")
        }
    } else if any(|label| label == "AGE ENCRYPTED FILE") {
        Content::Encrypted("age")
    } else if any(|label| label.ends_with("PRIVATE KEY")) {
        Content::PrivateKey
    } else if any(|label| label.ends_with("PUBLIC KEY")) {
        Content::PublicKey
    } else if any(|label| label.ends_with("CERTIFICATE REQUEST")) {
        Content::CertificateRequest
    } else if any(|label| label == "X509 CRL") {
        Content::RevocationList
    } else {
        Content::Unknown
    }
}

/// The header of an element whose content may be cut off.
struct Peek<'a> {
    tag: u8,
    /// The content, as far as it is there; with an indefinite length everything that follows.
    content: &'a [u8],
    /// What follows the element, as far as it is there.
    after: &'a [u8],
    /// The declared length, unless it is indefinite.
    length: Option<usize>,
}

fn peek(bytes: &[u8]) -> Option<Peek<'_>> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0x80 => (None, rest),
        0..0x80 => (Some(usize::from(*first)), rest),
        _ => {
            let (digits, rest) =
                rest.split_at_checked(usize::from(first & 0x7f)).filter(|(digits, _)| digits.len() <= 8)?;
            (Some(digits.iter().fold(0_usize, |value, digit| value.wrapping_shl(8) | usize::from(*digit))), rest)
        }
    };
    let (content, after) = rest.split_at_checked(length.unwrap_or(usize::MAX)).unwrap_or((rest, &[]));
    Some(Peek { tag: *tag, content, after, length })
}

/// The size that the first element declares, header included.
pub(super) fn declared_size(bytes: &[u8]) -> Option<usize> {
    let element = peek(bytes)?;
    let header = bytes.len().checked_sub(element.content.len())?.checked_sub(element.after.len())?;
    element.length?.checked_add(header)
}

/// Whether an element of indefinite length ends with the two zero bytes that close it (X.690, 8.1.3.6).
pub(super) fn is_closed(bytes: &[u8]) -> bool {
    !matches!(bytes, [_, 0x80, ..]) || bytes.ends_with(&[0, 0])
}

/// Which private key stands alone in DER.
pub(super) fn key_form(bytes: &[u8]) -> Option<KeyForm> {
    let outer = peek(bytes)?;
    let first = peek(outer.content)?;
    let second = peek(first.after)?;
    match (first.tag, second.tag) {
        (tag::SEQUENCE, _) => Some(KeyForm::Pkcs8Encrypted),
        (tag::INTEGER, tag::SEQUENCE) => Some(KeyForm::Pkcs8),
        (tag::INTEGER, tag::OCTET_STRING) => Some(KeyForm::Sec1),
        (tag::INTEGER, tag::INTEGER) => {
            let mut numbers = 1_usize;
            let mut rest = first.after;
            while let Some(next) = peek(rest).filter(|next| next.tag == tag::INTEGER) {
                numbers = numbers.saturating_add(1);
                rest = next.after;
            }
            // OpenSSL's DSA key has 6 numbers, PKCS#1 has 9.
            Some(if numbers <= 6 { KeyForm::Dsa } else { KeyForm::Pkcs1 })
        }
        _ => None,
    }
}

/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];

/// Decides by structure what a SEQUENCE is.
fn der(bytes: &[u8]) -> Option<Content> {
    let first = peek(peek(bytes)?.content)?;
    let second = peek(first.after).map(|second| second.tag);
    match first.tag {
        tag::INTEGER => match (first.content, second?) {
            ([zeros @ .., 3], tag::SEQUENCE) if zeros.iter().all(|zero| *zero == 0) => {
                Some(Content::Keystore(Format::Pkcs12))
            }
            // PKCS#8; PKCS#1 and OpenSSL's DSA; SEC 1.
            ([0 | 1], tag::SEQUENCE) | ([0 | 1], tag::INTEGER) | ([1], tag::OCTET_STRING) => Some(Content::PrivateKey),
            _ => None,
        },
        tag::OID => (first.content == SIGNED_DATA).then_some(Content::Certificates(Format::Pkcs7)),
        tag::SEQUENCE => sequence_first(&first, second),
        _ => None,
    }
}

/// A SEQUENCE whose first element is a SEQUENCE too.
fn sequence_first(first: &Peek<'_>, second: Option<u8>) -> Option<Content> {
    let inner = peek(first.content)?;
    let next = peek(inner.after).map(|next| next.tag);
    match inner.tag {
        tag::OID => match second? {
            tag::OCTET_STRING | 0x24 => Some(Content::PrivateKey),
            tag::BIT_STRING => Some(Content::PublicKey),
            _ => None,
        },
        // TBSCertificate with a version (RFC 5280, 4.1).
        0xa0 => Some(Content::Certificates(Format::Der)),
        tag::INTEGER => to_be_signed(&inner),
        tag::SEQUENCE => match next {
            Some(tag::OCTET_STRING | 0x24) => Some(Content::Keystore(Format::Bcfks)),
            // TBSCertList without a version: algorithm, issuer, time (RFC 5280, 5.1).
            Some(tag::SEQUENCE) => Some(Content::RevocationList),
            _ => None,
        },
        _ => None,
    }
}

/// Tells a certificate of version 1, a request and a revocation list apart by what follows the first number.
fn to_be_signed(number: &Peek<'_>) -> Option<Content> {
    let second = peek(number.after)?;
    let third = peek(second.after)?;
    let fourth = peek(third.after).map(|fourth| fourth.tag);
    let names_algorithm = peek(second.content).is_some_and(|inside| inside.tag == tag::OID);
    match (names_algorithm, third.tag) {
        // ObjectStoreData of BCFKS in clear: version, algorithm, time.
        (true, tag::GENERALIZED_TIME) => Some(Content::Keystore(Format::Bcfks)),
        (true, tag::SEQUENCE) => match fourth {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(Content::RevocationList),
            _ => Some(Content::Certificates(Format::Der)),
        },
        // CertificationRequestInfo: version, subject, key (RFC 2986, 4.1).
        (false, tag::SEQUENCE) => Some(Content::CertificateRequest),
        _ => None,
    }
}
