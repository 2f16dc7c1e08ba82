//! The v1 signature: `.SF` and PKCS#7 file of each signer, then the manifest (`V1SchemeSigner.java`).

use super::manifest::{self, Attribute};
use super::roles::Roles;
use super::{SignError, Signer, pkcs7, preview};
use crate::digest::DigestAlgorithm;
use crate::identity::KeyAlgorithm;
use crate::parallel;
use crate::signature::EntryDigests;
use crate::signature::{Scheme, is_signature_entry};
use crate::source::ReadAt;
use crate::zip::{Entry, Rewritten};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const CREATED_BY: &str = "1.0 (Android)";
/// Bytes of a signer's name at most (JAR File Specification, "Signature File").
const NAME_LENGTH: usize = 8;
/// Old Android versions cannot read an `.SF` file whose size is a multiple of this (`V1SchemeSigner.java`).
const UNREADABLE_SIZE: usize = 1024;

/// The files of a v1 signature.
#[derive(Debug)]
pub(super) struct Signed {
    /// Name and contents of each entry to be added.
    pub(super) files: Vec<(String, Vec<u8>)>,
    /// What was signed.
    pub(super) digests: EntryDigests,
}

/// Signs all entries of the planned file.
pub(super) fn sign(
    source: &dyn ReadAt,
    rewritten: &Rewritten,
    roles: &Roles<'_>,
    main: Option<&[Attribute]>,
) -> Result<Signed, SignError> {
    let mut names = Vec::new();
    let mut digest = DigestAlgorithm::Sha1;
    for signer in &roles.v1 {
        let name = safe_name(&signer.name);
        if names.contains(&name) {
            return Err(SignError::SameName(name));
        }
        names.push(name);
        digest = digest.max(signer_digest(signer, roles.min_sdk)?);
    }
    let manifest = Manifest::make(source, rewritten, digest, main)?;
    let signature_file = manifest.signature_file(&newer_schemes(roles));
    let mut files = Vec::new();
    for (signer, name) in roles.v1.iter().zip(names) {
        let block = pkcs7::sign(&signer.identity, signer_digest(signer, roles.min_sdk)?, &signature_file)?;
        files.push((format!("META-INF/{name}.SF"), signature_file.clone()));
        files.push((format!("META-INF/{name}.{}", suffix(signer)), block));
    }
    files.push((manifest::ENTRY.to_owned(), manifest.contents));
    let digests = EntryDigests { algorithm: digest, digests: manifest.digests.into_iter().collect() };
    Ok(Signed { files, digests })
}

/// The signer's name as it can stand in a file name.
fn safe_name(name: &str) -> String {
    let upper = name.to_uppercase();
    let safe = |c: char| if c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-' || c == '_' { c } else { '_' };
    let name: String = upper
        .encode_utf16()
        .take(NAME_LENGTH)
        .map(|unit| u8::try_from(unit).map_or('_', char::from))
        .map(safe)
        .collect();
    if name.is_empty() { "CERT".to_owned() } else { name }
}

fn suffix(signer: &Signer) -> &'static str {
    match signer.identity.key().algorithm() {
        KeyAlgorithm::Rsa(_) => "RSA",
        KeyAlgorithm::Ec(_) => "EC",
        KeyAlgorithm::Dsa => "DSA",
    }
}

/// The strongest digest that all Android versions from `min_sdk` on know with this kind of key.
fn signer_digest(signer: &Signer, min_sdk: u32) -> Result<DigestAlgorithm, SignError> {
    let sha256_from = match signer.identity.key().algorithm() {
        KeyAlgorithm::Rsa(_) => 18,
        KeyAlgorithm::Dsa => 21,
        KeyAlgorithm::Ec(_) if min_sdk < 18 => {
            return Err(SignError::Signers { scheme: Scheme::V1, reason: "Android knows EC keys from API 18 on" });
        }
        KeyAlgorithm::Ec(_) => 18,
    };
    Ok(if min_sdk < sha256_from { DigestAlgorithm::Sha1 } else { DigestAlgorithm::Sha256 })
}

/// The numbers of newer schemes that must be there too (apksigning/v2, "Rollback protections").
fn newer_schemes(roles: &Roles<'_>) -> String {
    let used = [("2", roles.v2.is_empty()), ("3", roles.v3.is_empty())];
    let numbers: Vec<&str> = used.into_iter().filter(|(_, unused)| !unused).map(|(number, _)| number).collect();
    numbers.join(", ")
}

/// The manifest and its sections.
struct Manifest {
    contents: Vec<u8>,
    /// Name and bytes of each entry's section.
    sections: Vec<(String, Vec<u8>)>,
    digest: DigestAlgorithm,
    /// Name and digest of each entry.
    digests: Vec<(String, Vec<u8>)>,
}

impl Manifest {
    fn make(
        source: &dyn ReadAt,
        rewritten: &Rewritten,
        digest: DigestAlgorithm,
        main: Option<&[Attribute]>,
    ) -> Result<Self, SignError> {
        let mut digests = entry_digests(source, rewritten, digest)?;
        digests.sort_by(|(left, _), (right, _)| manifest::java_order(left, right));
        let version = main.and_then(|main| main.iter().find(|(name, _)| is_version(name)));
        let version = version.map_or("1.0", |(_, value)| value.as_str());
        let others = main.unwrap_or_default().iter().filter(|(name, _)| !is_version(name));
        let others = others.map(|(name, value)| (name.as_str(), value.as_str()));
        let mut contents = manifest::section([("Manifest-Version", version)].into_iter().chain(others));
        let attribute = format!("{}-Digest", attribute_name(digest));
        let mut sections = Vec::new();
        for (name, value) in &digests {
            manifest::check_name(name)?;
            let section = manifest::section([("Name", name.as_str()), (&attribute, &STANDARD.encode(value))]);
            contents.extend_from_slice(&section);
            sections.push((name.clone(), section));
        }
        Ok(Self { contents, sections, digest, digests })
    }

    /// The `.SF` file: a digest of the manifest and of each of its sections.
    fn signature_file(&self, newer_schemes: &str) -> Vec<u8> {
        let encoded = |data: &[u8]| STANDARD.encode(self.digest.digest(data));
        let name = attribute_name(self.digest);
        let (whole, part) = (format!("{name}-Digest-Manifest"), format!("{name}-Digest"));
        let manifest_digest = encoded(&self.contents);
        let mut main = vec![("Signature-Version", "1.0"), ("Created-By", CREATED_BY), (&whole, &manifest_digest)];
        if !newer_schemes.is_empty() {
            main.push(("X-Android-APK-Signed", newer_schemes));
        }
        let mut file = manifest::section(main);
        for (name, section) in &self.sections {
            file.extend(manifest::section([("Name", name.as_str()), (&part, &encoded(section))]));
        }
        if file.len().is_multiple_of(UNREADABLE_SIZE) {
            file.extend_from_slice(b"\r\n");
        }
        file
    }
}

fn is_version(name: &str) -> bool {
    name.eq_ignore_ascii_case("Manifest-Version")
}

fn attribute_name(digest: DigestAlgorithm) -> &'static str {
    if digest == DigestAlgorithm::Sha1 { "SHA1" } else { "SHA-256" }
}

/// Digests every entry of the planned file that a manifest must name.
fn entry_digests(
    source: &dyn ReadAt,
    rewritten: &Rewritten,
    digest: DigestAlgorithm,
) -> Result<Vec<(String, Vec<u8>)>, SignError> {
    preview(source, rewritten, |preview| {
        let entries = preview.directory.entries().iter();
        let covered: Vec<&Entry> =
            entries.filter(|entry| !entry.is_directory() && !is_signature_entry(&entry.name)).collect();
        let size = |entry: &&Entry| entry.declared_size;
        parallel::largest_first(
            &covered,
            size,
            || preview.directory.unpacker(&preview.file),
            |unpacker, entry| {
                let mut hasher = digest.hasher();
                unpacker.unpack(entry, &mut |data| hasher.update(data))?;
                Ok((entry.name.clone(), hasher.finish()))
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_signers_fit_into_file_names() {
        assert_eq!(safe_name("rsa-2048"), "RSA-2048");
        assert_eq!(safe_name("my release key"), "MY_RELEA");
        assert_eq!(safe_name("\u{fc}ber"), "_BER");
        assert_eq!(safe_name("\u{1f600}x"), "__X");
        assert_eq!(safe_name(""), "CERT");
    }
}
