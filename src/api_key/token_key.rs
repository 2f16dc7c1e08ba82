//! The public key that keys are authenticated with: Amazon's, or one that the user gives.

use crate::advice::Advice;
use crate::asn1::{self, Asn1, tag};
use crate::certificate::Certificate;
use crate::limits::TOKEN_KEY_FILE;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::PublicKey;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::pkcs8::DecodePublicKey;
use thiserror::Error;

/// Amazon's public key, RSA 2048 with exponent 65537.
///
/// It is the subject key of the self-signed certificate `CN=Amazon.com, OU=Identity and Tax, O=Amazon.com, L=Seattle,
/// C=US` (serial d5:48:16:d7:97:be:39:0f, SHA-256 79:2D:EC:C9:...:B2) that stands as text in every Login with Amazon
/// SDK from 2015 to 2020. Only the key is kept: that certificate ends, by a slip in its encoding, in 1976.
const AMAZON: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4LlDpmlK1+mYGXqhvY3
Kcd093eUwOQhQM0cb5Y9FjkXvJiCCoLSR9L8QYm2Jz06L/546eF/eMegvej93VGj
z9JsW+guUIGkDuyCPwBn3u/PvTVKZD67Cep66qT3xnB3LfMFt5ln4T5LuoqJ95s8
t9P0fULBU52kPR1hwdSo7G4KRVgyXtMmqjp3PK4EbrPBdvXCYxVeR31yDPS0BREN
C3SGrzlVzrSWYFhxuxRcfyoMJYsOt/9T5QlO2KmJoTy2JQtqo7rlc6rORiJH7i2x
+QW14bV3miJe/p4ZHWpOT5Z4hAqMBldc0FufaED1YH/YnNCethI/GrXkgzCJRU5a
sQIDAQAB
-----END PUBLIC KEY-----
";

/// Who vouches for a key.
#[derive(Debug, Clone)]
pub enum TokenKey {
    /// Amazon, as on every device.
    Amazon,
    /// This key: for tests and for pre-production.
    Given(PublicKey),
}

/// Why a file holds no public key that keys could be authenticated with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenKeyError {
    /// A private key.
    #[error("this is a private key, and a public one is wanted")]
    Private,
    /// A key of another algorithm.
    #[error("this is not an RSA public key")]
    NotRsa,
    /// Neither a public key nor a certificate.
    #[error("this is neither a public key nor a certificate, in PEM or DER")]
    Unknown,
    /// Too many bytes for a key.
    #[error("the file is larger than {TOKEN_KEY_FILE} bytes")]
    TooLarge,
}

impl Advice for TokenKeyError {
    fn help(&self) -> Option<String> {
        let text = match self {
            Self::Private => {
                "give the public key: `openssl pkey -in PRIVATE -pubout -out PUBLIC`; a private key has no place here"
            }
            Self::NotRsa => "keys of this kind are signed with RSA and SHA-256",
            Self::Unknown | Self::TooLarge => {
                "give a PEM file that begins with `-----BEGIN PUBLIC KEY-----`, or leave the option out to use Amazon's key"
            }
        };
        Some(text.to_owned())
    }
}

impl TokenKey {
    /// Reads a public key (`SubjectPublicKeyInfo` or PKCS#1) or a certificate, in PEM or DER. Of a PEM file with
    /// several blocks the first that is a public key or a certificate counts.
    ///
    /// # Errors
    /// [`TokenKeyError`] says what the file holds instead.
    pub fn parse(bytes: &[u8]) -> Result<Self, TokenKeyError> {
        if bytes.len() > TOKEN_KEY_FILE {
            return Err(TokenKeyError::TooLarge);
        }
        match std::str::from_utf8(bytes).ok().filter(|text| text.contains("-----BEGIN ")) {
            Some(text) => from_pem(text),
            None => from_der(bytes),
        }
        .map(Self::Given)
    }

    /// The key as a public key.
    pub(super) fn public_key(&self) -> Option<PublicKey> {
        match self {
            Self::Amazon => from_pem(AMAZON).ok(),
            Self::Given(key) => Some(key.clone()),
        }
    }
}

fn from_pem(text: &str) -> Result<PublicKey, TokenKeyError> {
    let mut outcome = TokenKeyError::Unknown;
    for block in text.split("-----BEGIN ").skip(1) {
        let Some((label, rest)) = block.split_once("-----") else { continue };
        if label.ends_with("PRIVATE KEY") {
            outcome = TokenKeyError::Private;
            continue;
        }
        let body = rest.split("-----END").next().unwrap_or_default();
        let body: String = body.chars().filter(|character| !character.is_whitespace()).collect();
        match STANDARD.decode(body).map_err(|_| TokenKeyError::Unknown).and_then(|der| from_der(&der)) {
            Ok(key) => return Ok(key),
            Err(TokenKeyError::Unknown) => {}
            Err(error) => outcome = error,
        }
    }
    Err(outcome)
}

fn from_der(der: &[u8]) -> Result<PublicKey, TokenKeyError> {
    if is_private(der) {
        return Err(TokenKeyError::Private);
    }
    if let Ok(key) = PublicKey::from_pkcs1_der(der) {
        return Ok(key);
    }
    let certificate = Certificate::from_der(der.to_vec()).ok();
    let info = certificate.as_ref().and_then(Certificate::public_key_info).unwrap_or(der);
    match PublicKey::from_public_key_der(info) {
        Ok(key) => Ok(key),
        Err(_) if is_public_key_info(info) => Err(TokenKeyError::NotRsa),
        Err(_) => Err(TokenKeyError::Unknown),
    }
}

/// PKCS#8, PKCS#1 and SEC 1 private keys all begin with a small version number, and have more behind it.
fn is_private(der: &[u8]) -> bool {
    let version = |data| Asn1::new(data).sequence("private key").and_then(|mut fields| fields.u32("version"));
    let fields = |data| {
        let mut fields = Asn1::new(data).sequence("private key").ok()?;
        fields.any("version").ok()?;
        fields.any("key").ok()?;
        Some(!fields.is_empty())
    };
    version(der).is_ok_and(|version| version <= 1) && (fields(der) == Some(true) || is_sec1(der))
}

/// RFC 5915, 3: version 1, then the key as an OCTET STRING.
fn is_sec1(der: &[u8]) -> bool {
    let Ok(mut fields) = Asn1::new(der).sequence("private key") else { return false };
    fields.u32("version") == Ok(1) && fields.peek_tag() == Some(tag::OCTET_STRING)
}

/// RFC 5280, 4.1: an algorithm and a BIT STRING.
fn is_public_key_info(der: &[u8]) -> bool {
    let Ok(element) = asn1::single(der, "public key") else { return false };
    let mut fields = element.children();
    let algorithm = fields.sequence("algorithm").and_then(|mut algorithm| algorithm.oid("algorithm").map(|_| ()));
    algorithm.is_ok() && fields.expect(tag::BIT_STRING, "key").is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsa::pkcs1::EncodeRsaPublicKey;
    use rsa::traits::PublicKeyParts;

    const SPKI: &str = include_str!("../../fixtures/keys/token-test-key.pub.pem");

    fn given(bytes: &[u8]) -> PublicKey {
        TokenKey::parse(bytes).unwrap().public_key().unwrap()
    }

    fn der(pem: &str) -> Vec<u8> {
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        STANDARD.decode(body).unwrap()
    }

    #[test]
    fn amazons_key_is_rsa_2048() {
        assert_eq!(TokenKey::Amazon.public_key().unwrap().size(), 256);
    }

    #[test]
    fn reads_every_form_of_a_public_key() {
        let key = given(SPKI.as_bytes());
        let pkcs1 = key.to_pkcs1_der().unwrap().into_vec();
        let pkcs1_pem = format!(
            "text\r\n-----BEGIN RSA PUBLIC KEY-----\r\n{}\r\n-----END RSA PUBLIC KEY-----",
            STANDARD.encode(&pkcs1)
        );
        for bytes in [der(SPKI), pkcs1, pkcs1_pem.into_bytes()] {
            assert_eq!(given(&bytes), key);
        }
        let certificate = include_str!("../../fixtures/keys/release.crt.pem");
        assert_eq!(given(certificate.as_bytes()), given(&der(certificate)));
    }

    #[test]
    fn refuses_private_keys_and_other_algorithms() {
        let private = include_str!("../../fixtures/keys/token-test-key.pem");
        let ec_private = include_str!("../../fixtures/keys/ec-p256.key.pem");
        for bytes in [private.as_bytes(), &der(private), ec_private.as_bytes(), &der(ec_private)] {
            let error = TokenKey::parse(bytes).unwrap_err();
            assert_eq!(error, TokenKeyError::Private);
            assert!(error.help().unwrap().contains("-pubout"));
        }
        let ec = include_bytes!("../../fixtures/keys/ec-p256.crt.pem");
        assert_eq!(TokenKey::parse(ec).unwrap_err(), TokenKeyError::NotRsa);
        for bytes in [&b""[..], b"hello", b"-----BEGIN PUBLIC KEY-----\n!\n", &[0x30, 0]] {
            assert_eq!(TokenKey::parse(bytes).unwrap_err(), TokenKeyError::Unknown);
        }
        assert_eq!(TokenKey::parse(&vec![0; TOKEN_KEY_FILE + 1]).unwrap_err(), TokenKeyError::TooLarge);
    }
}
