//! Password-based encryption: an `AlgorithmIdentifier` and what it encrypts.
//!
//! | scheme | identifiers | specified in |
//! | --- | --- | --- |
//! | PKCS#12: RC4, RC2, triple DES, derived with SHA-1 | 1.2.840.113549.1.12.1.1 to 6 | RFC 7292, appendix C |
//! | PBES1: DES and RC2, derived with MD5 or SHA-1 | 1.2.840.113549.1.5.3, 6, 10, 11 | RFC 8018, 6.1 |
//! | PBES2: AES, Camellia, triple DES, DES, RC2; PBKDF2 or scrypt | 1.2.840.113549.1.5.13 | RFC 8018, 6.2 |
//! | Sun's protection of JKS and JCEKS keys | 1.3.6.1.4.1.42.2.17.1.1, 1.3.6.1.4.1.42.2.19.1 | [`super::sun`] |

use super::KdfBudget;
use super::cipher::{Block, rc4};
use super::fault::Fault;
use super::kdf::{Derived, Hash, Kdf, Purpose, Salted};
use super::password::Forms;
use super::sun;
use crate::asn1::{self, Asn1, Element, Oid, tag};

/// An encryption scheme with its parameters.
#[derive(Debug, Clone)]
pub(super) enum Scheme {
    Pkcs12 { cipher: Pkcs12Cipher, salt: Vec<u8>, rounds: u32 },
    Pbes1 { hash: Hash, block: Block, salt: Vec<u8>, rounds: u32 },
    Pbes2 { kdf: Kdf, block: Block, iv: Vec<u8> },
    Jks,
    Jceks { salt: Vec<u8>, rounds: u32 },
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Pkcs12Cipher {
    Rc4 { key_size: usize },
    Block { block: Block, key_size: usize },
}

/// 1.2.840.113549.1.5.13
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0d];

impl Scheme {
    /// Reads an `AlgorithmIdentifier`.
    pub(super) fn read(algorithm: &Element<'_>) -> Result<Self, Fault> {
        let mut fields = algorithm.children();
        let oid = fields.oid("encryption algorithm")?;
        if oid.0 == PBES2 {
            return Self::read_pbes2(fields.sequence("PBES2 parameters")?);
        }
        if oid.0 == sun::JKS_KEY_PROTECTOR {
            return Ok(Self::Jks);
        }
        if oid.0 == sun::JCEKS_KEY_PROTECTOR {
            let (salt, rounds) = salt_and_rounds(&mut fields)?;
            return Ok(Self::Jceks { salt, rounds });
        }
        if let Some(cipher) = pkcs12_cipher(oid) {
            let (salt, rounds) = salt_and_rounds(&mut fields)?;
            return Ok(Self::Pkcs12 { cipher, salt, rounds });
        }
        let Some((hash, block)) = pbes1(oid) else { return Err(Fault::Unsupported(algorithm_name(oid))) };
        let (salt, rounds) = salt_and_rounds(&mut fields)?;
        Ok(Self::Pbes1 { hash, block, salt, rounds })
    }

    fn read_pbes2(mut fields: Asn1<'_>) -> Result<Self, Fault> {
        let kdf = Kdf::read(&fields.expect(tag::SEQUENCE, "key derivation")?)?;
        let mut scheme = fields.sequence("encryption scheme")?;
        let oid = scheme.oid("encryption scheme")?;
        let (block, iv) = pbes2_cipher(oid, &mut scheme)?;
        Ok(Self::Pbes2 { kdf, block, iv })
    }

    /// Decrypts with each form of the password until `fits` accepts the outcome.
    pub(super) fn decrypt(&self, data: &[u8], forms: &Forms, using: &Using<'_>) -> Result<Derived, Fault> {
        let forms = match self {
            Self::Pkcs12 { .. } => forms.pkcs12(),
            Self::Pbes1 { .. } | Self::Pbes2 { .. } | Self::Jceks { .. } => forms.narrow().to_vec(),
            Self::Jks => forms.java().to_vec(),
        };
        for form in forms {
            if let Some(plain) = self.decrypt_with(data, &form, using.budget)?.filter(|plain| (using.fits)(plain)) {
                return Ok(plain);
            }
        }
        Err(Fault::Wrong)
    }

    fn decrypt_with(&self, data: &[u8], password: &[u8], budget: &KdfBudget) -> Result<Option<Derived>, Fault> {
        match self {
            Self::Jks => Ok(sun::decrypt_jks(password, data)),
            Self::Jceks { salt, rounds } => {
                sun::decrypt_jceks(&Salted { password, salt, rounds: *rounds, budget }, data)
            }
            Self::Pkcs12 { cipher, salt, rounds } => {
                decrypt_pkcs12(*cipher, &Salted { password, salt, rounds: *rounds, budget }, data)
            }
            Self::Pbes1 { hash, block, salt, rounds } => {
                let derived = hash.pbkdf1(&Salted { password, salt, rounds: *rounds, budget })?;
                let (Some(key), Some(iv)) = (derived.get(..8), derived.get(8..16)) else { return Ok(None) };
                Ok(block.decrypt(key, iv, data))
            }
            Self::Pbes2 { kdf, block, iv } => {
                let key = kdf.derive(password, pbes2_key_size(kdf, *block), budget)?;
                Ok(block.decrypt(&key, iv, data))
            }
        }
    }
}

/// How to decrypt: what it may cost, and how to know a right outcome.
pub(super) struct Using<'a> {
    pub(super) budget: &'a KdfBudget,
    pub(super) fits: &'a dyn Fn(&[u8]) -> bool,
}

/// Only RC2 has keys of a declared length; where another cipher's is declared, it must be the cipher's own.
fn pbes2_key_size(kdf: &Kdf, block: Block) -> usize {
    match (block, kdf.key_size().and_then(|size| usize::try_from(size).ok())) {
        (Block::Rc2(_), Some(size)) if (1..=128).contains(&size) => size,
        _ => block.key_size(),
    }
}

fn decrypt_pkcs12(cipher: Pkcs12Cipher, from: &Salted<'_>, data: &[u8]) -> Result<Option<Derived>, Fault> {
    match cipher {
        Pkcs12Cipher::Rc4 { key_size } => Ok(rc4(&Hash::Sha1.pkcs12(Purpose::Key, from, key_size)?, data)),
        Pkcs12Cipher::Block { block, key_size } => {
            let key = Hash::Sha1.pkcs12(Purpose::Key, from, key_size)?;
            let iv = Hash::Sha1.pkcs12(Purpose::Iv, from, block.block_size())?;
            Ok(block.decrypt(&key, &iv, data))
        }
    }
}

fn salt_and_rounds(fields: &mut Asn1<'_>) -> Result<(Vec<u8>, u32), Fault> {
    let mut parameters = fields.sequence("encryption parameters")?;
    let salt = parameters.octets("encryption salt")?.into_owned();
    let rounds = parameters.u32("encryption rounds")?;
    Ok((salt, rounds))
}

/// RFC 7292, appendix C.
fn pkcs12_cipher(oid: Oid<'_>) -> Option<Pkcs12Cipher> {
    let [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 0x0c, 1, number] = oid.0 else { return None };
    match number {
        1 => Some(Pkcs12Cipher::Rc4 { key_size: 16 }),
        2 => Some(Pkcs12Cipher::Rc4 { key_size: 5 }),
        3 => Some(Pkcs12Cipher::Block { block: Block::TripleDes, key_size: 24 }),
        4 => Some(Pkcs12Cipher::Block { block: Block::TripleDes, key_size: 16 }),
        5 => Some(Pkcs12Cipher::Block { block: Block::Rc2(128), key_size: 16 }),
        6 => Some(Pkcs12Cipher::Block { block: Block::Rc2(40), key_size: 5 }),
        _ => None,
    }
}

/// RFC 8018, A.3. The two with MD2 were never written by a keystore tool.
fn pbes1(oid: Oid<'_>) -> Option<(Hash, Block)> {
    let [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, number] = oid.0 else { return None };
    match number {
        3 => Some((Hash::Md5, Block::Des)),
        6 => Some((Hash::Md5, Block::Rc2(64))),
        10 => Some((Hash::Sha1, Block::Des)),
        11 => Some((Hash::Sha1, Block::Rc2(64))),
        _ => None,
    }
}

/// The cipher of PBES2 and its initialisation vector (RFC 8018, B.2).
fn pbes2_cipher(oid: Oid<'_>, parameters: &mut Asn1<'_>) -> Result<(Block, Vec<u8>), Fault> {
    let block = match oid.0 {
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2] => Block::Aes128,
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 22] => Block::Aes192,
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42] => Block::Aes256,
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7] => Block::TripleDes,
        [0x2b, 0x0e, 3, 2, 7] => Block::Des,
        // 1.2.392.200011.61.1.1.1 (RFC 3657, 2.2).
        [0x2a, 0x83, 0x08, 0x8c, 0x9a, 0x4b, 0x3d, 1, 1, 1, 2] => Block::Camellia128,
        [0x2a, 0x83, 0x08, 0x8c, 0x9a, 0x4b, 0x3d, 1, 1, 1, 3] => Block::Camellia192,
        [0x2a, 0x83, 0x08, 0x8c, 0x9a, 0x4b, 0x3d, 1, 1, 1, 4] => Block::Camellia256,
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 2] => return rc2_parameters(parameters),
        _ => return Err(Fault::Unsupported(algorithm_name(oid))),
    };
    Ok((block, parameters.octets("initialisation vector")?.into_owned()))
}

/// RFC 8018, B.2.3: the effective key bits stand in a code of RFC 2268, 6.
fn rc2_parameters(parameters: &mut Asn1<'_>) -> Result<(Block, Vec<u8>), Fault> {
    let mut fields = parameters.sequence("RC2 parameters")?;
    let bits = match fields.peek_tag() {
        Some(tag::INTEGER) => match fields.u32("RC2 version")? {
            160 => 40,
            120 => 64,
            58 => 128,
            bits @ 256..=1024 => u16::try_from(bits).unwrap_or(1024),
            _ => return Err(Fault::malformed("an RC2 version that does not exist")),
        },
        _ => 32,
    };
    Ok((Block::Rc2(bits), fields.octets("initialisation vector")?.into_owned()))
}

/// The name of an algorithm that is known but not supported, else its identifier.
pub(super) fn algorithm_name(oid: Oid<'_>) -> String {
    let dotted = oid.to_string();
    let name = match dotted.as_str() {
        "1.2.410.200004.1.4" => "SEED",
        "1.2.840.113549.1.5.1" | "1.2.840.113549.1.5.4" => "PBES1 with MD2",
        "1.2.840.113549.3.9" => "RC5",
        "1.2.156.10197.1.104.2" => "SM4",
        "1.2.156.10197.1.401" => "SM3",
        "2.16.840.1.101.3.4.1.6" | "2.16.840.1.101.3.4.1.26" | "2.16.840.1.101.3.4.1.46" => "AES-GCM",
        "1.3.6.1.4.1.3029.1.2" => "Blowfish",
        "1.2.840.113533.7.66.10" => "CAST5",
        _ if dotted.starts_with("1.2.643.") => "a GOST algorithm",
        _ if dotted.starts_with("1.2.410.200046.1.1.") => "ARIA",
        _ if dotted.starts_with("1.3.6.1.4.1.1722.12.2.") => "BLAKE2",
        _ if dotted.starts_with("2.16.840.1.101.3.4.2.") => "SHA-3",
        _ => return format!("algorithm {dotted}"),
    };
    format!("{name} ({dotted})")
}

/// An `EncryptedPrivateKeyInfo` (RFC 5958, 3): its scheme and what is encrypted.
pub(super) fn encrypted_key(der: &[u8]) -> Result<(Scheme, Vec<u8>), Fault> {
    let mut fields = Asn1::new(der).sequence("encrypted private key")?;
    let scheme = Scheme::read(&fields.expect(tag::SEQUENCE, "encryption algorithm")?)?;
    let data = fields.octets("encrypted private key")?.into_owned();
    Ok((scheme, data))
}

/// Whether decrypted bytes are one SEQUENCE. With a wrong password the padding fits once in 256 times, this
/// and the padding almost never.
pub(super) fn is_sequence(plain: &[u8]) -> bool {
    asn1::single(plain, "decrypted").is_ok_and(|element| element.tag == tag::SEQUENCE)
}

/// Whether decrypted bytes look like a `PrivateKeyInfo` (RFC 5208, 5): version, algorithm, key.
pub(super) fn is_private_key_info(plain: &[u8]) -> bool {
    let read = || {
        let mut fields = Asn1::new(plain).sequence("private key")?;
        fields.u32("version")?;
        fields.expect(tag::SEQUENCE, "algorithm")?;
        fields.expect(tag::OCTET_STRING, "key")
    };
    read().is_ok()
}
