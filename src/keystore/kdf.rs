//! Keys from passwords: PKCS#12's own derivation (RFC 7292, B.2), PBKDF1 and PBKDF2 (RFC 8018), scrypt (RFC 7914).

use super::KdfBudget;
use super::error::Cost;
use super::fault::Fault;
use crate::asn1::{Element, Oid};
use crate::limits::{DERIVED_KEY, SCRYPT_MEMORY, SCRYPT_PARALLELISM};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use md5::Digest;
use md5::digest::common::BlockSizeUser;
use zeroize::Zeroizing;

/// Derived bytes.
pub(super) type Derived = Zeroizing<Vec<u8>>;

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
}

/// Evaluates an expression with the hash function as a type.
macro_rules! with_hash {
    ($hash:expr, $name:ident => $body:expr) => {
        match $hash {
            Hash::Md5 => {
                type $name = md5::Md5;
                $body
            }
            Hash::Sha1 => {
                type $name = sha1::Sha1;
                $body
            }
            Hash::Sha224 => {
                type $name = sha2::Sha224;
                $body
            }
            Hash::Sha256 => {
                type $name = sha2::Sha256;
                $body
            }
            Hash::Sha384 => {
                type $name = sha2::Sha384;
                $body
            }
            Hash::Sha512 => {
                type $name = sha2::Sha512;
                $body
            }
            Hash::Sha512_224 => {
                type $name = sha2::Sha512_224;
                $body
            }
            Hash::Sha512_256 => {
                type $name = sha2::Sha512_256;
                $body
            }
        }
    };
}

/// What PKCS#12's derivation makes (RFC 7292, B.3).
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Key,
    Iv,
    Mac,
}

impl Purpose {
    fn id(self) -> u8 {
        match self {
            Self::Key => 1,
            Self::Iv => 2,
            Self::Mac => 3,
        }
    }
}

impl Hash {
    /// By a digest's identifier (RFC 8017, appendix B.1).
    pub(super) fn of_digest(oid: Oid<'_>) -> Option<Self> {
        match oid.0 {
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5] => Some(Self::Md5),
            [0x2b, 0x0e, 3, 2, 0x1a] => Some(Self::Sha1),
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, number] => match number {
                1 => Some(Self::Sha256),
                2 => Some(Self::Sha384),
                3 => Some(Self::Sha512),
                4 => Some(Self::Sha224),
                5 => Some(Self::Sha512_224),
                6 => Some(Self::Sha512_256),
                _ => None,
            },
            _ => None,
        }
    }

    /// By the identifier of its HMAC (RFC 8018, B.1.2): 1.2.840.113549.2.N.
    pub(super) fn of_hmac(oid: Oid<'_>) -> Option<Self> {
        let [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, number] = oid.0 else { return None };
        match number {
            6 => Some(Self::Md5),
            7 => Some(Self::Sha1),
            8 => Some(Self::Sha224),
            9 => Some(Self::Sha256),
            10 => Some(Self::Sha384),
            11 => Some(Self::Sha512),
            12 => Some(Self::Sha512_224),
            13 => Some(Self::Sha512_256),
            _ => None,
        }
    }

    pub(super) fn output_size(self) -> usize {
        with_hash!(self, H => <H as Digest>::output_size())
    }

    /// The hash of the parts behind each other.
    pub(super) fn digest(self, parts: &[&[u8]]) -> Derived {
        with_hash!(self, H => {
            let mut hash = H::new();
            for part in parts {
                Digest::update(&mut hash, part);
            }
            Zeroizing::new(hash.finalize().to_vec())
        })
    }

    /// HMAC of `data` (RFC 2104).
    pub(super) fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        with_hash!(self, H => hmac_of::<H>(key, data))
    }

    /// PKCS#12's derivation of `size` bytes.
    pub(super) fn pkcs12(self, purpose: Purpose, from: &Salted<'_>, size: usize) -> Result<Derived, Fault> {
        from.budget.pay(from.rounds, blocks(size, self.output_size()))?;
        Ok(with_hash!(self, H => pkcs12_derive::<H>(purpose.id(), from, size)))
    }

    /// PBKDF1 (RFC 8018, 5.1), whole output.
    pub(super) fn pbkdf1(self, from: &Salted<'_>) -> Result<Derived, Fault> {
        from.budget.pay(from.rounds, 1)?;
        let mut value = self.digest(&[from.password, from.salt]);
        for _ in 1..from.rounds {
            value = self.digest(&[&value]);
        }
        Ok(value)
    }

    /// PBKDF2 (RFC 8018, 5.2) of `size` bytes.
    pub(super) fn pbkdf2(self, from: &Salted<'_>, size: usize) -> Result<Derived, Fault> {
        from.budget.pay(from.rounds, blocks(size, self.output_size()).saturating_mul(2))?;
        let mut derived = Zeroizing::new(vec![0; size]);
        with_hash!(self, H => pbkdf2::pbkdf2_hmac::<H>(from.password, from.salt, from.rounds, &mut derived));
        Ok(derived)
    }
}

/// What a key is derived from.
pub(super) struct Salted<'a> {
    pub(super) password: &'a [u8],
    pub(super) salt: &'a [u8],
    pub(super) rounds: u32,
    pub(super) budget: &'a KdfBudget,
}

fn blocks(size: usize, block: usize) -> u64 {
    u64::try_from(size.div_ceil(block.max(1))).unwrap_or(u64::MAX)
}

fn hmac_of<H: EagerHash>(key: &[u8], data: &[u8]) -> Vec<u8>
where
    Hmac<H>: Mac + KeyInit,
{
    // An HMAC takes keys of every length.
    let Ok(mac) = <Hmac<H> as KeyInit>::new_from_slice(key) else { return Vec::new() };
    mac.chain_update(data).finalize().into_bytes().to_vec()
}

fn pkcs12_derive<H: Digest + BlockSizeUser>(id: u8, from: &Salted<'_>, size: usize) -> Derived {
    let block = <H as BlockSizeUser>::block_size();
    let mut input = Zeroizing::new(filled(from.salt, block));
    input.extend_from_slice(&Zeroizing::new(filled(from.password, block)));
    let mut derived = Zeroizing::new(Vec::with_capacity(size.min(8192)));
    while derived.len() < size {
        let mut hash = H::new().chain_update(vec![id; block]).chain_update(&*input).finalize();
        for _ in 1..from.rounds {
            hash = H::digest(&hash);
        }
        let missing = size.saturating_sub(derived.len());
        derived.extend(hash.iter().take(missing));
        let addend: Vec<u8> = hash.iter().copied().cycle().take(block).collect();
        for part in input.chunks_mut(block) {
            add_plus_one(part, &addend);
        }
    }
    derived
}

/// `data` repeated to fill a multiple of `block` bytes; nothing stays nothing.
fn filled(data: &[u8], block: usize) -> Vec<u8> {
    let size = data.len().div_ceil(block.max(1)).saturating_mul(block);
    data.iter().copied().cycle().take(size).collect()
}

/// `number + addend + 1`, big-endian, without the carry out.
fn add_plus_one(number: &mut [u8], addend: &[u8]) {
    let mut carry = 1_u16;
    for (digit, other) in number.iter_mut().zip(addend).rev() {
        let sum = u16::from(*digit).wrapping_add(u16::from(*other)).wrapping_add(carry);
        let [high, low] = sum.to_be_bytes();
        *digit = low;
        carry = u16::from(high);
    }
}

/// A key derivation as ASN.1 declares it (RFC 8018, A.2; RFC 7914, 7).
#[derive(Debug, Clone)]
pub(super) enum Kdf {
    Pbkdf2 { prf: Hash, salt: Vec<u8>, rounds: u32, key_size: Option<u32> },
    Scrypt { salt: Vec<u8>, n: u64, r: u32, p: u32, key_size: Option<u32> },
}

/// 1.2.840.113549.1.5.12
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0c];
/// 1.3.6.1.4.1.11591.4.11
const SCRYPT: &[u8] = &[0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 0x0b];

impl Kdf {
    /// Reads an `AlgorithmIdentifier`.
    pub(super) fn read(algorithm: &Element<'_>) -> Result<Self, Fault> {
        let mut fields = algorithm.children();
        let oid = fields.oid("key derivation")?;
        if oid.0 == PBKDF2 {
            return Self::read_pbkdf2(&fields.any("PBKDF2 parameters")?);
        }
        if oid.0 != SCRYPT {
            return Err(Fault::Unsupported(super::pbe::algorithm_name(oid)));
        }
        let mut fields = fields.sequence("scrypt parameters")?;
        let salt = fields.octets("scrypt salt")?.into_owned();
        let n = u64::from(fields.u32("scrypt cost")?);
        let r = fields.u32("scrypt block size")?;
        let p = fields.u32("scrypt parallelism")?;
        let key_size = if fields.is_empty() { None } else { Some(fields.u32("key length")?) };
        Ok(Self::Scrypt { salt, n, r, p, key_size })
    }

    fn read_pbkdf2(parameters: &Element<'_>) -> Result<Self, Fault> {
        use crate::asn1::tag;
        let mut fields = parameters.children();
        let salt = fields.octets("PBKDF2 salt")?.into_owned();
        let rounds = fields.u32("PBKDF2 rounds")?;
        let key_size = match fields.peek_tag() {
            Some(tag::INTEGER) => Some(fields.u32("key length")?),
            _ => None,
        };
        // RFC 8018, A.2: the default is HMAC with SHA-1, and OpenSSL 1.0 left it out.
        let prf = match fields.optional(tag::SEQUENCE, "PBKDF2 function")? {
            None => Hash::Sha1,
            Some(algorithm) => {
                let oid = algorithm.children().oid("PBKDF2 function")?;
                Hash::of_hmac(oid).ok_or_else(|| Fault::Unsupported(super::pbe::algorithm_name(oid)))?
            }
        };
        Ok(Self::Pbkdf2 { prf, salt, rounds, key_size })
    }

    /// The key length that the parameters declare.
    pub(super) fn key_size(&self) -> Option<u32> {
        match self {
            Self::Pbkdf2 { key_size, .. } | Self::Scrypt { key_size, .. } => *key_size,
        }
    }

    /// Derives `size` bytes.
    pub(super) fn derive(&self, password: &[u8], size: usize, budget: &KdfBudget) -> Result<Derived, Fault> {
        if u32::try_from(size).map_or(true, |size| size > DERIVED_KEY) {
            return Err(Fault::malformed("a derived key of too many bytes"));
        }
        match self {
            Self::Pbkdf2 { prf, salt, rounds, .. } => {
                prf.pbkdf2(&Salted { password, salt, rounds: *rounds, budget }, size)
            }
            Self::Scrypt { salt, n, r, p, .. } => {
                let parameters = scrypt_parameters(*n, *r, *p, budget)?;
                let mut derived = Zeroizing::new(vec![0; size]);
                scrypt::scrypt(password, salt, &parameters, &mut derived)
                    .map_err(|_| Fault::malformed("scrypt of no bytes"))?;
                Ok(derived)
            }
        }
    }

    /// The same with scrypt's parallelism taken from its block size, as BouncyCastle's BCFKS does.
    pub(super) fn with_parallelism_as_block_size(self) -> Self {
        match self {
            Self::Scrypt { salt, n, r, key_size, .. } => Self::Scrypt { salt, n, r, p: r, key_size },
            pbkdf2 @ Self::Pbkdf2 { .. } => pbkdf2,
        }
    }
}

/// scrypt takes `128 n r` bytes and does `4 n r p` rounds of Salsa20/8, each about one hash.
fn scrypt_parameters(n: u64, r: u32, p: u32, budget: &KdfBudget) -> Result<scrypt::Params, Fault> {
    let blocks = n.saturating_mul(u64::from(r));
    let memory = blocks.saturating_mul(128);
    if memory > SCRYPT_MEMORY || p > SCRYPT_PARALLELISM {
        return Err(Fault::Costly(Cost::Scrypt { memory, parallelism: p }));
    }
    if !n.is_power_of_two() || n < 2 {
        return Err(Fault::malformed("a scrypt cost that is no power of two"));
    }
    budget.pay_hashes(blocks.saturating_mul(u64::from(p)).saturating_mul(4))?;
    let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| Fault::malformed("scrypt cost"))?;
    scrypt::Params::new(log_n, r, p).map_err(|_| Fault::malformed("scrypt parameters"))
}

/// OpenSSL's `EVP_BytesToKey` with MD5 and one round: the key of its old encrypted PEM files.
pub(super) fn openssl_bytes_to_key(password: &[u8], salt: &[u8], size: usize) -> Derived {
    let mut derived: Derived = Zeroizing::new(Vec::with_capacity(64));
    let mut previous: Derived = Zeroizing::new(Vec::new());
    while derived.len() < size {
        previous = Hash::Md5.digest(&[&previous, password, salt]);
        derived.extend_from_slice(&previous);
    }
    derived.truncate(size);
    derived
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::hex;

    fn salted<'a>(password: &'a [u8], salt: &'a [u8], rounds: u32, budget: &'a KdfBudget) -> Salted<'a> {
        Salted { password, salt, rounds, budget }
    }

    #[test]
    fn pbkdf2_gives_the_vectors_of_rfc_6070() {
        let budget = KdfBudget::default();
        let derived = Hash::Sha1.pbkdf2(&salted(b"password", b"salt", 4096, &budget), 20).unwrap();
        assert_eq!(hex(&derived), "4b007901b765489abead49d926f721d065a429c1");
    }

    #[test]
    fn scrypt_gives_the_vector_of_rfc_7914() {
        let kdf = Kdf::Scrypt { salt: b"NaCl".to_vec(), n: 1024, r: 8, p: 16, key_size: None };
        let derived = kdf.derive(b"password", 16, &KdfBudget::default()).unwrap();
        assert_eq!(hex(&derived), "fdbabe1c9d3472007856e7190d01e9fe");
    }

    #[test]
    fn scrypt_and_rounds_are_bounded() {
        let budget = KdfBudget::default();
        for (n, r, p) in [(1 << 30, 8, 1), (1 << 18, 8, 17), (1 << 18, 8, 16), (1 << 31, u32::MAX, u32::MAX)] {
            let kdf = Kdf::Scrypt { salt: vec![], n, r, p, key_size: None };
            assert!(matches!(kdf.derive(b"", 32, &budget), Err(Fault::Costly(_))), "{n} {r} {p}");
        }
        let kdf = Kdf::Scrypt { salt: vec![], n: 1000, r: 8, p: 1, key_size: None };
        assert!(matches!(kdf.derive(b"", 32, &budget), Err(Fault::Flaw(_))));
        assert!(Hash::Sha1.pbkdf1(&salted(b"", b"", u32::MAX, &budget)).is_err());
    }
}
