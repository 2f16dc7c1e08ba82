//! Files of other tools that people give in place of a keystore: encrypted and packed ones, other stores of keys.

use super::Content;

/// The tool whose files a checkout holds encrypted until it is unlocked.
pub(super) const GIT_CRYPT: &str = "git-crypt";

/// Binary files, by the first bytes that their formats prescribe.
const MAGIC: &[(&[u8], Content)] = &[
    (b"\0GITCRYPT\0", Content::Encrypted(GIT_CRYPT)),
    (b"Salted__", Content::Encrypted("openssl enc")),
    (b"age-encryption.org/", Content::Encrypted("age")),
    (&[0x1f, 0x8b, 8], Content::Packed("a gzip file")),
    (b"7z\xbc\xaf\x27\x1c", Content::Packed("a 7z archive")),
    (b"Rar!\x1a\x07", Content::Packed("a RAR archive")),
    (b"\xfd7zXZ\0", Content::Packed("an xz file")),
    (b"\x28\xb5\x2f\xfd", Content::Packed("a zstd file")),
    (b"kych", Content::ForeignStore("a macOS keychain")),
    (b"\0\0\0\0CERT", Content::ForeignStore("a Windows certificate store")),
    (b"SQLite format 3\0", Content::ForeignStore("an SQLite database, as Firefox keeps its keys in")),
    (b"\x03\xd9\xa2\x9a", Content::ForeignStore("a KeePass database")),
    (b"\x1e\xf1\xb5\xb0", Content::ForeignKey("a Windows private key (.pvk)")),
];

/// The field in a tar header that names its format, and where it stands (POSIX.1-1988).
const TAR: (usize, &[u8]) = (257, b"ustar");

pub(super) fn binary(bytes: &[u8]) -> Option<Content> {
    let found = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, content)| content.clone());
    let (place, word) = TAR;
    let tar =
        || bytes.get(place..).is_some_and(|rest| rest.starts_with(word)).then_some(Content::Packed("a tar archive"));
    found.or_else(tar).or_else(|| is_openpgp(bytes).then_some(Content::Encrypted("OpenPGP")))
}

/// What `gpg --symmetric` and `gpg --encrypt` write first: an encrypted session key of a known version
/// (RFC 4880, 4.2, 5.1, 5.3).
fn is_openpgp(bytes: &[u8]) -> bool {
    match bytes {
        // by a password: tag 3, version 4 to 6, an algorithm, a way to derive the key
        [0x8c, 3..=64, 4..=6, 1..=10, 0..=4, ..] | [0xc3, 3..=64, 4..=6, 1..=10, 0..=4, ..] => true,
        // by a public key: tag 1, version 3
        [0x84, _, 3, ..] | [0x85, _, _, 3, ..] | [0xc1, _, 3, ..] | [0xc1, 0xc0..=0xdf, _, 3, ..] => bytes.len() > 64,
        _ => false,
    }
}

/// Text files, without the white space around them.
pub(super) fn text(text: &str) -> Option<Content> {
    // base64 of "Salted__"
    if text.starts_with("U2FsdGVkX1") {
        return Some(Content::Encrypted("openssl enc"));
    }
    if text.starts_with("$ANSIBLE_VAULT;") {
        return Some(Content::Encrypted("Ansible Vault"));
    }
    if text.contains("ENC[AES256_GCM,") {
        return Some(Content::Encrypted("SOPS"));
    }
    if text.starts_with("age-encryption.org/") {
        return Some(Content::Encrypted("age"));
    }
    if text.starts_with("PuTTY-User-Key-File") {
        return Some(Content::ForeignKey("a PuTTY key"));
    }
    if text.lines().any(names_a_keystore) {
        return Some(Content::SigningProperties);
    }
    is_error(text).then_some(Content::ErrorMessage)
}

/// A line of a properties file, as Gradle builds and Flutter have it.
fn names_a_keystore(line: &str) -> bool {
    let Some((name, _)) = line.split_once(['=', ':']) else { return false };
    let name = name.trim().to_ascii_lowercase().replace(['_', '.'], "");
    ["storefile", "storepassword", "keyalias"].iter().any(|known| name.ends_with(known)) && !name.contains(' ')
}

/// What servers answer in plain text in place of a file.
fn is_error(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default().to_ascii_lowercase();
    let begins = ["404", "403", "401", "500", "502", "503", "not found", "access denied", "forbidden", "unauthorized"];
    let is_begun = |word: &&str| {
        line.strip_prefix(*word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.'))
    };
    line.len() < 200 && begins.iter().any(is_begun) && line.chars().any(|c| c.is_ascii_alphabetic())
}
