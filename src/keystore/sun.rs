//! How Sun's JKS and JCEKS encrypt a private key.
//!
//! JKS (`sun.security.provider.KeyProtector`): `salt(20) ‖ key XOR stream ‖ SHA-1(password ‖ key)`, where the stream
//! is SHA-1(password ‖ previous block), the salt being the block before the first.
//!
//! JCEKS (`com.sun.crypto.provider.PBECipherCore`): triple DES in CBC mode. Each half of the salt goes through its
//! own chain of MD5(previous ‖ password), and both ends together are the key and the initialisation vector.

use super::cipher::Block;
use super::fault::Fault;
use super::kdf::{Derived, Hash, Salted};
use zeroize::Zeroizing;

/// 1.3.6.1.4.1.42.2.17.1.1
pub(super) const JKS_KEY_PROTECTOR: &[u8] = &[0x2b, 6, 1, 4, 1, 0x2a, 2, 0x11, 1, 1];
/// 1.3.6.1.4.1.42.2.19.1
pub(super) const JCEKS_KEY_PROTECTOR: &[u8] = &[0x2b, 6, 1, 4, 1, 0x2a, 2, 0x13, 1];

const SHA1_SIZE: usize = 20;

/// `None`: the digest does not fit.
pub(super) fn decrypt_jks(password: &[u8], data: &[u8]) -> Option<Derived> {
    let (salt, rest) = data.split_at_checked(SHA1_SIZE)?;
    let (encrypted, digest) = rest.split_at_checked(rest.len().checked_sub(SHA1_SIZE)?)?;
    let mut plain = Zeroizing::new(encrypted.to_vec());
    let mut block: Derived = Zeroizing::new(salt.to_vec());
    for part in plain.chunks_mut(SHA1_SIZE) {
        block = Hash::Sha1.digest(&[password, &block]);
        for (byte, mask) in part.iter_mut().zip(block.iter()) {
            *byte ^= mask;
        }
    }
    (**Hash::Sha1.digest(&[password, &plain]) == *digest).then_some(plain)
}

/// `Ok(None)`: the padding does not fit.
pub(super) fn decrypt_jceks(from: &Salted<'_>, data: &[u8]) -> Result<Option<Derived>, Fault> {
    let halves = salt_halves(from.salt).ok_or(Fault::malformed("a JCEKS salt that is not 8 bytes long"))?;
    from.budget.pay(from.rounds, 2)?;
    let mut derived: Derived = Zeroizing::new(Vec::with_capacity(32));
    for half in halves {
        let mut value: Derived = Zeroizing::new(half.to_vec());
        for _ in 0..from.rounds {
            value = Hash::Md5.digest(&[&value, from.password]);
        }
        derived.extend_from_slice(&value);
    }
    let (Some(key), Some(iv)) = (derived.get(..24), derived.get(24..)) else { return Ok(None) };
    Ok(Block::TripleDes.decrypt(key, iv, data))
}

/// The two halves of the salt. When they are equal the JDK means to reverse the first and, through a slip in
/// `PBECipherCore`, makes `[a, b, c, d]` into `[d, a, b, d]`.
fn salt_halves(salt: &[u8]) -> Option<[[u8; 4]; 2]> {
    let [a, b, c, d, second @ ..] = <[u8; 8]>::try_from(salt).ok()?;
    let first = [a, b, c, d];
    Some([if first == second { [d, a, b, d] } else { first }, second])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_halves_of_a_salt_go_through_the_slip() {
        assert_eq!(salt_halves(&[1, 2, 3, 4, 1, 2, 3, 4]), Some([[4, 1, 2, 4], [1, 2, 3, 4]]));
        assert_eq!(salt_halves(&[1, 2, 3, 4, 5, 6, 7, 8]), Some([[1, 2, 3, 4], [5, 6, 7, 8]]));
        assert_eq!(salt_halves(&[1; 7]), None);
    }

    #[test]
    fn a_jks_key_that_is_too_short_is_refused() {
        for size in 0..41 {
            assert!(decrypt_jks(b"\0p", &vec![0; size]).is_none());
        }
    }
}
