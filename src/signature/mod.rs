//! Signatures of APKs and bundles: what is there, whether it holds on a device, and which certificate the device shows.
//!
//! | scheme | where | specification, AOSP `tools/apksig` |
//! | --- | --- | --- |
//! | v1 | `META-INF/MANIFEST.MF`, `*.SF`, `*.RSA`, `*.DSA`, `*.EC` | JAR File Specification; `V1SchemeVerifier.java` |
//! | v2 | pair `0x7109871a` of the signing block | source.android.com, apksigning/v2; `V2SchemeVerifier.java` |
//! | v3, v3.1 | pairs `0xf05368c0`, `0x1b93ad61` | apksigning/v3, v3-1; `V3SchemeVerifier.java` |
//! | v3.2 | pair `0x70e1c89f` | apksigning/v3-2; the platform's `ApkSignatureSchemeV3Verifier.java` |
//! | v4 | a file beside the APK | apksigning/v4; `V4SchemeVerifier.java` |
//! | source stamp | pairs `0x6dff800d`, `0x2b09189e`, entry `stamp-cert-sha256` | `SourceStampVerifier.java` |
//!
//! A device looks at the newest scheme that it knows and that is there; it falls back only when a scheme is absent,
//! never when it is bad. So [`examine`] judges every scheme that some Android version in the wanted range would use.
//! *Present* (in [`Signatures::schemes`]) says that a scheme is there, [`Verdict::Verified`] that all of them hold.
//!
//! This module knows ZIP and cryptography; manifests, API keys and the command line are for others.

mod agreement;
mod algorithm;
mod apk;
mod block;
mod content;
mod device;
mod error;
mod findings;
mod jar;
mod key;
mod lineage;
mod rules;
mod schemes;
pub mod sign;
mod signer;
mod stamp;
#[cfg(test)]
mod testing;
mod v3;
mod v32;
mod v4;
mod verify;
mod x509;

pub use error::SignatureError;
pub use rules::{RULES, Rule};

use crate::certificate::Certificate;
use crate::parallel;
use crate::source::ReadAt;
use crate::zip::Directory;
use std::fmt;
use std::ops::Range;

/// The first and the last API level of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SdkRange {
    /// The first API level.
    pub min: u32,
    /// The last API level; `None` for no upper bound.
    pub max: Option<u32>,
}

/// A signature scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// JAR signature.
    V1,
    /// APK Signature Scheme v2, from Android 7.0 (API 24).
    V2,
    /// APK Signature Scheme v3, from Android 9 (API 28).
    V3,
    /// APK Signature Scheme v3.1, from Android 13 (API 33).
    V31,
    /// APK Signature Scheme v3.2, from Android 17 (API 37).
    V32,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
            Self::V31 => "v3.1",
            Self::V32 => "v3.2",
        })
    }
}

/// What is signed: it decides which schemes count and what a JAR signature must cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An APK, judged as a device judges it.
    Apk,
    /// An App Bundle: only a JAR signature, and it must cover every entry.
    Bundle,
}

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The end of the file, the central directory, the signing block and the PKCS#7 files: certificates, and whether
    /// the signed data belongs to them. Never the whole file.
    Certificates,
    /// Everything that a device checks.
    Full,
}

/// What [`examine`] wants to know about the app before it looks at its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// APK or bundle.
    pub kind: Kind,
    /// How much is read.
    pub depth: Depth,
    /// The lowest API level in question: the manifest's `minSdkVersion`, or the user's.
    pub min_sdk: u32,
    /// The highest API level in question; `None` for all that come.
    pub max_sdk: Option<u32>,
    /// The manifest's `targetSdkVersion`, if known.
    pub target_sdk: Option<u32>,
    /// The manifest's `targetSandboxVersion`, if known.
    pub target_sandbox_version: Option<u32>,
    /// The SHA-256 of the certificate that must have made the source stamp.
    pub stamp_cert_digest: Option<[u8; 32]>,
    /// The contents of the `.idsig` file, when it shall be checked too.
    pub v4_signature: Option<Vec<u8>>,
}

impl Request {
    /// A full check of an APK for all API levels from `min_sdk` on.
    #[must_use]
    pub fn for_apk(min_sdk: u32) -> Self {
        Self {
            kind: Kind::Apk,
            depth: Depth::Full,
            min_sdk,
            max_sdk: None,
            target_sdk: None,
            target_sandbox_version: None,
            stamp_cert_digest: None,
            v4_signature: None,
        }
    }

    /// A full check of an App Bundle.
    #[must_use]
    pub fn for_bundle() -> Self {
        Self { kind: Kind::Bundle, ..Self::for_apk(jar::BUNDLE_SDK) }
    }

    /// The same request, reading no more than `depth` needs.
    #[must_use]
    pub fn with_depth(self, depth: Depth) -> Self {
        Self { depth, ..self }
    }
}

/// One signer of one scheme. Its certificate is a claim until [`Signatures::verdict`] says `Verified`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The scheme.
    pub scheme: Scheme,
    /// The first API level for which the signer counts (v3 and newer).
    pub min_sdk: Option<u32>,
    /// The last API level for which the signer counts (v3 and newer); `None` for no upper bound.
    pub max_sdk: Option<u32>,
    /// The certificate of the key that signed.
    pub certificate: Certificate,
    /// The PKCS#7 file of a v1 signer.
    pub entry: Option<String>,
}

/// What `PackageManager.GET_SIGNATURES` returns on these API levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCertificates {
    /// The API levels.
    pub range: SdkRange,
    /// One certificate, or one per signer (v1 and v2 only). With a rotated key it is the oldest of the lineage.
    pub certificates: Vec<Certificate>,
}

/// A broken rule, or something that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The rule, in kebab-case. See [`RULES`].
    pub id: &'static str,
    /// The scheme that it concerns.
    pub scheme: Option<Scheme>,
    /// What is wrong, in lower case.
    pub message: String,
    /// What to do about it.
    pub help: &'static str,
}

/// The outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that a device checks holds.
    Verified,
    /// A device refuses it, or it cannot be trusted.
    Rejected,
    /// There is no signature.
    Unsigned,
    /// Nothing is wrong so far, but not everything was checked.
    NotChecked,
}

/// A stamp that says where an app comes from. It changes nothing about the app's own signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStamp {
    /// Whether the stamp holds.
    pub verdict: Verdict,
    /// The certificate of the key that stamped.
    pub certificate: Option<Certificate>,
    /// When it was stamped, in seconds since 1970.
    pub time: Option<u64>,
    /// The stamp key's lineage, oldest first.
    pub lineage: Vec<Certificate>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// What is known about the signatures of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signatures {
    /// Whether they hold.
    pub verdict: Verdict,
    /// The schemes that are present, in ascending order.
    pub schemes: Vec<Scheme>,
    /// Their signers.
    pub signers: Vec<Signer>,
    /// The certificates of the rotated key, oldest first; empty when the key was never rotated.
    pub lineage: Vec<Certificate>,
    /// The source stamp, if there is one.
    pub source_stamp: Option<SourceStamp>,
    /// What the device shows, by API level. Empty for a bundle: the store signs what devices get.
    pub device: Vec<DeviceCertificates>,
    /// Why the file is rejected.
    pub problems: Vec<Problem>,
    /// What does not reject it, but should be known.
    pub warnings: Vec<Problem>,
    /// What is good to know, but asks for nothing.
    pub notes: Vec<Problem>,
    /// Ids of the pairs in the signing block, in their order.
    pub block_ids: Vec<u32>,
    /// Those of [`Signatures::block_ids`] that Android does not know.
    pub unknown_pairs: Vec<u32>,
}

/// The file that is looked at.
#[derive(Clone, Copy)]
struct Input<'a> {
    source: &'a dyn ReadAt,
    directory: &'a Directory,
}

/// Looks at all signatures.
///
/// # Errors
/// [`SignatureError`] when the input cannot be read. What is wrong with a signature is in [`Signatures::problems`].
pub fn examine(source: &dyn ReadAt, directory: &Directory, request: &Request) -> Result<Signatures, SignatureError> {
    let input = Input { source, directory };
    match request.kind {
        Kind::Apk => apk::examine(input, request),
        Kind::Bundle => jar::examine_bundle(input, request),
    }
}

/// Whether an entry belongs to a JAR signature, so that it goes when the file is signed again: directly in `META-INF`,
/// in any case (JAR File Specification, "Signed JAR File").
#[must_use]
pub fn is_signature_entry(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let Some(file) = upper.strip_prefix("META-INF/").filter(|file| !file.contains('/')) else { return false };
    let signature_suffix = [".SF", ".RSA", ".DSA", ".EC"].iter().any(|suffix| file.ends_with(suffix));
    file == "MANIFEST.MF" || signature_suffix || file.starts_with("SIG-")
}

/// Where the APK Signing Block stands: what an edit cuts out. `None` when there is none, or it cannot be read.
#[must_use]
pub fn signing_block_range(source: &dyn ReadAt, directory: &Directory) -> Option<Range<u64>> {
    block::find(source, directory).ok()?.range()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_signature_files_directly_in_meta_inf_are_signature_entries() {
        for name in ["META-INF/MANIFEST.MF", "META-INF/CERT.SF", "meta-inf/cert.rsa", "META-INF/A.EC", "META-INF/SIG-x"]
        {
            assert!(is_signature_entry(name), "{name}");
        }
        for name in ["META-INF/services/a.SF", "META-INF/x.kotlin_module", "MANIFEST.MF", "META-INF/", "res/a.RSA"] {
            assert!(!is_signature_entry(name), "{name}");
        }
    }
}
