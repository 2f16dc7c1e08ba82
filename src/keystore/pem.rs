//! PEM: base64 blocks between `-----BEGIN X-----` and `-----END X-----` (RFC 7468), as lax as the files that people have.
//!
//! Accepted beyond the RFC: any text around the blocks ("Bag Attributes"), a byte order mark, UTF-16 (what PowerShell
//! writes), line ends of any kind or none, literal `\n` (a secret that went through an environment variable), and
//! OpenSSL's old encryption with `Proc-Type` and `DEK-Info` headers (RFC 1421, 4.6).

use super::KdfBudget;
use super::cipher::Block;
use super::fault::Fault;
use super::kdf::{Derived, openssl_bytes_to_key};
use super::password::Forms;
use super::pbe::{self, Using, is_sequence};
use super::text;
use crate::identity::PrivateKey;
use crate::limits::KEYSTORE_ENTRIES;
use crate::secret::SecretBytes;
use zeroize::Zeroizing;

/// A block: what its label says, its headers, and its bytes.
pub(super) struct PemBlock {
    pub(super) label: String,
    headers: String,
    pub(super) data: SecretBytes,
}

/// Splits a text into its blocks.
pub(super) fn blocks(text: &str) -> Result<Vec<PemBlock>, Fault> {
    const BEGIN: &str = "-----BEGIN ";
    const DASHES: &str = "-----";
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        if blocks.len() >= KEYSTORE_ENTRIES {
            return Err(Fault::TooMany { what: "PEM blocks", limit: KEYSTORE_ENTRIES });
        }
        let (label, after) =
            after.split_once(DASHES).ok_or(Fault::malformed("a PEM block without the end of its label"))?;
        let (body, after) = after.split_once("-----END ").ok_or(Fault::malformed("a PEM block without its end"))?;
        blocks.push(block(label.trim(), body)?);
        rest = after;
    }
    Ok(blocks)
}

fn block(label: &str, body: &str) -> Result<PemBlock, Fault> {
    let (headers, base64) = split_headers(&with_line_feeds(body));
    let data = text::decode_base64(&base64).ok_or(Fault::malformed("a PEM block that is no base64"))?;
    Ok(PemBlock { label: label.to_owned(), headers, data: SecretBytes::new(data) })
}

/// Lines with a colon, and lines that continue them, come before the base64.
fn split_headers(body: &str) -> (String, Zeroizing<String>) {
    let is_header = |line: &str| line.contains(':') || line.starts_with([' ', '\t']) && line.contains(',');
    let mut headers = String::new();
    let mut base64 = Zeroizing::new(String::with_capacity(body.len().saturating_add(1)));
    for line in body.split('\n') {
        let part = if is_header(line) { &mut headers } else { &mut *base64 };
        part.push_str(line);
        part.push('\n');
    }
    (headers, base64)
}

/// Line ends of any kind, also literal ones, as line feeds.
fn with_line_feeds(body: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(body.len()));
    let mut rest = body;
    while let Some(place) = rest.find(['\\', '\r']) {
        let (before, from) = rest.split_at_checked(place).unwrap_or((rest, ""));
        text.push_str(before);
        let after = from.strip_prefix("\\r").or_else(|| from.strip_prefix("\\n")).or_else(|| from.strip_prefix('\r'));
        // no base64 has a back-slash of its own
        text.push(if after.is_some() { '\n' } else { '\\' });
        rest = after.or_else(|| from.strip_prefix('\\')).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

/// The form of a private key in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyForm {
    Pkcs8,
    Pkcs8Encrypted,
    Pkcs1,
    Sec1,
    Dsa,
}

/// A block with a private key.
#[derive(Clone)]
pub(super) struct KeyBlock {
    form: KeyForm,
    /// `DEK-Info`: the cipher's name and the initialisation vector in hex.
    encryption: Option<(String, String)>,
    data: SecretBytes,
}

impl KeyBlock {
    /// A key in DER without a block around it.
    pub(super) fn bare(form: KeyForm, der: &[u8]) -> Self {
        Self { form, encryption: None, data: SecretBytes::new(der.to_vec()) }
    }

    /// The key in this block, if its label says that it holds one.
    pub(super) fn of(block: &PemBlock) -> Option<Self> {
        let form = match block.label.as_str() {
            "PRIVATE KEY" => KeyForm::Pkcs8,
            "ENCRYPTED PRIVATE KEY" => KeyForm::Pkcs8Encrypted,
            "RSA PRIVATE KEY" => KeyForm::Pkcs1,
            "EC PRIVATE KEY" => KeyForm::Sec1,
            "DSA PRIVATE KEY" => KeyForm::Dsa,
            _ => return None,
        };
        let encryption = block.headers.lines().find_map(|line| {
            let (cipher, iv) = line.trim().strip_prefix("DEK-Info:")?.split_once(',')?;
            Some((cipher.trim().to_ascii_uppercase(), iv.trim().to_owned()))
        });
        Some(Self { form, encryption, data: block.data.clone() })
    }

    /// The key, if it is not encrypted.
    pub(super) fn in_clear(&self) -> Option<Result<PrivateKey, Fault>> {
        let encrypted = self.form == KeyForm::Pkcs8Encrypted || self.encryption.is_some();
        (!encrypted).then(|| self.read(self.data.reveal()))
    }

    /// Decrypts the key.
    pub(super) fn open(&self, forms: &Forms, budget: &KdfBudget) -> Result<PrivateKey, Fault> {
        if let Some((cipher, iv)) = &self.encryption {
            return self.read(&decrypt_openssl(cipher, iv, self.data.reveal(), forms)?);
        }
        if self.form != KeyForm::Pkcs8Encrypted {
            return self.read(self.data.reveal());
        }
        let (scheme, data) = pbe::encrypted_key(self.data.reveal())?;
        self.read(&scheme.decrypt(&data, forms, &Using { budget, fits: &pbe::is_private_key_info })?)
    }

    fn read(&self, der: &[u8]) -> Result<PrivateKey, Fault> {
        Ok(match self.form {
            KeyForm::Pkcs8 | KeyForm::Pkcs8Encrypted => PrivateKey::from_pkcs8(der)?,
            KeyForm::Pkcs1 => PrivateKey::from_pkcs1(der)?,
            KeyForm::Sec1 => PrivateKey::from_sec1(der)?,
            KeyForm::Dsa => PrivateKey::from_openssl_dsa(der)?,
        })
    }
}

/// OpenSSL's old PEM encryption: the first 8 bytes of the initialisation vector are the salt.
fn decrypt_openssl(cipher: &str, iv: &str, data: &[u8], forms: &Forms) -> Result<Derived, Fault> {
    let block = match cipher {
        "AES-128-CBC" => Block::Aes128,
        "AES-192-CBC" => Block::Aes192,
        "AES-256-CBC" => Block::Aes256,
        "CAMELLIA-128-CBC" => Block::Camellia128,
        "CAMELLIA-192-CBC" => Block::Camellia192,
        "CAMELLIA-256-CBC" => Block::Camellia256,
        "DES-EDE3-CBC" => Block::TripleDes,
        "DES-CBC" => Block::Des,
        "RC2-CBC" => Block::Rc2(128),
        "RC2-64-CBC" => Block::Rc2(64),
        "RC2-40-CBC" => Block::Rc2(40),
        other => return Err(Fault::Unsupported(format!("cipher {other}"))),
    };
    let iv = text::decode_hex(iv).filter(|iv| iv.len() == block.block_size());
    let iv = iv.ok_or(Fault::malformed("a DEK-Info header without its initialisation vector"))?;
    let salt = iv.get(..8).unwrap_or_default();
    for form in forms.narrow() {
        let key = openssl_bytes_to_key(form, salt, block.key_size());
        if let Some(plain) = block.decrypt(&key, &iv, data).filter(|plain| is_sequence(plain)) {
            return Ok(plain);
        }
    }
    Err(Fault::Wrong)
}
