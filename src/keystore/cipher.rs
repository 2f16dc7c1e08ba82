//! The ciphers of keystores, in CBC mode with PKCS#7 padding, and RC4.

use super::kdf::Derived;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, InnerIvInit, KeyInit, KeyIvInit, StreamCipher};
use zeroize::Zeroizing;

/// A block cipher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    Aes128,
    Aes192,
    Aes256,
    /// Three keys, or two when 16 bytes are given.
    TripleDes,
    Des,
    /// With this many effective key bits (RFC 2268, 2).
    Rc2(u16),
    Twofish,
    Camellia128,
    Camellia192,
    Camellia256,
}

impl Block {
    pub(super) fn key_size(self) -> usize {
        match self {
            Self::Aes128 | Self::Camellia128 => 16,
            Self::Aes192 | Self::Camellia192 | Self::TripleDes => 24,
            Self::Aes256 | Self::Camellia256 | Self::Twofish => 32,
            Self::Des => 8,
            Self::Rc2(bits) => usize::from(bits / 8),
        }
    }

    pub(super) fn block_size(self) -> usize {
        match self {
            Self::TripleDes | Self::Des | Self::Rc2(_) => 8,
            Self::Aes128
            | Self::Aes192
            | Self::Aes256
            | Self::Twofish
            | Self::Camellia128
            | Self::Camellia192
            | Self::Camellia256 => 16,
        }
    }

    /// Decrypts and takes the padding off. `None` when lengths or padding do not fit, which is what a wrong
    /// password looks like.
    pub(super) fn decrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Derived> {
        match self {
            Self::Aes128 => unpad(cbc::Decryptor::<aes::Aes128>::new_from_slices(key, iv).ok()?, data),
            Self::Aes192 => unpad(cbc::Decryptor::<aes::Aes192>::new_from_slices(key, iv).ok()?, data),
            Self::Aes256 => unpad(cbc::Decryptor::<aes::Aes256>::new_from_slices(key, iv).ok()?, data),
            Self::Camellia128 => unpad(cbc::Decryptor::<camellia::Camellia128>::new_from_slices(key, iv).ok()?, data),
            Self::Camellia192 => unpad(cbc::Decryptor::<camellia::Camellia192>::new_from_slices(key, iv).ok()?, data),
            Self::Camellia256 => unpad(cbc::Decryptor::<camellia::Camellia256>::new_from_slices(key, iv).ok()?, data),
            Self::Des => unpad(cbc::Decryptor::<des::Des>::new_from_slices(key, iv).ok()?, data),
            Self::Twofish => {
                let cipher = twofish::Twofish::new_from_slice(key).ok()?;
                unpad(cbc::Decryptor::inner_iv_slice_init(cipher, iv).ok()?, data)
            }
            Self::TripleDes => {
                let key = three_keys(key);
                unpad(cbc::Decryptor::<des::TdesEde3>::new_from_slices(&key, iv).ok()?, data)
            }
            Self::Rc2(bits) => {
                // The crate wants 1 to 128 bytes and at most 1024 bits.
                if !(1..=128).contains(&key.len()) || !(8..=1024).contains(&bits) {
                    return None;
                }
                let cipher = rc2::Rc2::new_with_eff_key_len(key, usize::from(bits));
                unpad(cbc::Decryptor::inner_iv_slice_init(cipher, iv).ok()?, data)
            }
        }
    }
}

fn unpad(mode: impl BlockModeDecrypt, data: &[u8]) -> Option<Derived> {
    mode.decrypt_padded_vec::<Pkcs7>(data).ok().map(Zeroizing::new)
}

/// Two-key triple DES uses its first key a third time.
fn three_keys(key: &[u8]) -> Derived {
    let third = if key.len() == 16 { key.get(..8).unwrap_or(&[]) } else { &[] };
    Zeroizing::new([key, third].concat())
}

/// RC4 (also known as ARC4).
pub(super) fn rc4(key: &[u8], data: &[u8]) -> Option<Derived> {
    let mut cipher = rc4::Rc4::new_from_slice(key).ok()?;
    let mut plain = Zeroizing::new(data.to_vec());
    cipher.apply_keystream(&mut plain);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_lengths_are_refused() {
        for block in [Block::Aes128, Block::Aes256, Block::TripleDes, Block::Des, Block::Rc2(40), Block::Twofish] {
            let key = vec![1; block.key_size()];
            let iv = vec![2; block.block_size()];
            assert!(block.decrypt(&key, &iv, &[3; 15]).is_none(), "{block:?}: not whole blocks");
            assert!(block.decrypt(&key, &iv, &[]).is_none(), "{block:?}: no block");
            assert!(block.decrypt(&key, &iv[1..], &[3; 16]).is_none(), "{block:?}: short IV");
            assert!(block.decrypt(&[], &iv, &[3; 16]).is_none(), "{block:?}: no key");
        }
        assert!(rc4(&[], b"data").is_none());
    }
}
