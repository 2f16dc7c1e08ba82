//! How a file shall be signed, and by whom.

use super::SigningLineage;
use crate::certificate::Certificate;
use crate::identity::SigningIdentity;
use crate::signature::Signer as SignedBy;
use crate::signature::{DeviceCertificates, Kind, Scheme, SdkRange, Signatures, Verdict};
use crate::zip::Alignment;

/// From this API level on a rotated key counts unless another is given: Android 13, the first to know v3.1.
pub const DEFAULT_ROTATION_MIN_SDK: u32 = 33;
/// The boundary for native libraries unless another is given: pages of 16 KiB.
pub const DEFAULT_LIBRARY_PAGE: u16 = 16_384;

/// One key that signs.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The key and its certificates.
    pub identity: SigningIdentity,
    /// The alias or the base name of the key file: the v1 signature files are named after it.
    pub name: String,
    /// The first API level for which a rotated key counts; without it [`SigningRequest::rotation_min_sdk`] decides.
    pub min_sdk: Option<u32>,
}

/// Which schemes are used; `None` leaves the choice to the rules of apksigner: all of them, but no v3 with several
/// signers that have no lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SchemeChoice {
    /// JAR signature.
    pub v1: Option<bool>,
    /// APK Signature Scheme v2.
    pub v2: Option<bool>,
    /// APK Signature Scheme v3, and v3.1 when a rotated key counts from API 33 on.
    pub v3: Option<bool>,
    /// APK Signature Scheme v4, a file beside the APK: only on request.
    pub v4: bool,
}

/// How a file shall be signed.
#[derive(Debug, Clone)]
pub struct SigningRequest {
    /// APK or bundle. A bundle gets a v1 signature only.
    pub kind: Kind,
    /// The keys. Several sign together (v1 and v2), or are one rotated key when there is a lineage.
    pub signers: Vec<Signer>,
    /// Proof that later keys follow earlier ones.
    pub lineage: Option<SigningLineage>,
    /// The schemes.
    pub schemes: SchemeChoice,
    /// The lowest API level: the manifest's `minSdkVersion`, or the user's.
    pub min_sdk: u32,
    /// The manifest's `targetSdkVersion`, if known.
    pub target_sdk: Option<u32>,
    /// Whether v2 and v3 also sign the verity digest.
    pub verity: bool,
    /// The first API level for which a rotated key counts.
    pub rotation_min_sdk: u32,
    /// How stored entries are aligned.
    pub alignment: Alignment,
    /// Whether pairs of the old signing block that Android does not know are kept.
    pub keep_unknown_pairs: bool,
}

impl SigningRequest {
    /// Signs an APK with one key and the schemes that apksigner chooses.
    #[must_use]
    pub fn for_apk(signer: Signer, min_sdk: u32) -> Self {
        Self {
            kind: Kind::Apk,
            signers: vec![signer],
            lineage: None,
            schemes: SchemeChoice::default(),
            min_sdk,
            target_sdk: None,
            verity: false,
            rotation_min_sdk: DEFAULT_ROTATION_MIN_SDK,
            alignment: Alignment::Made { library_page: DEFAULT_LIBRARY_PAGE },
            keep_unknown_pairs: false,
        }
    }

    /// Signs an App Bundle with one key.
    #[must_use]
    pub fn for_bundle(signer: Signer) -> Self {
        Self {
            kind: Kind::Bundle,
            alignment: Alignment::Kept,
            ..Self::for_apk(signer, crate::signature::jar::BUNDLE_SDK)
        }
    }

    /// What a device will say of the signed file: the oldest certificate of the lineage, or those of all signers.
    /// Nothing is verified.
    #[must_use]
    pub fn foreseen(&self) -> Signatures {
        let leaf = |signer: &Signer| signer.identity.chain().first().cloned();
        let leaves: Vec<Certificate> = self.signers.iter().filter_map(leaf).collect();
        let nodes = self.lineage.iter().flat_map(SigningLineage::certificates);
        let lineage: Vec<Certificate> = nodes.map(|(certificate, _)| certificate.clone()).collect();
        let shown = lineage.first().map_or_else(|| leaves.clone(), |oldest| vec![oldest.clone()]);
        let device = DeviceCertificates { range: SdkRange { min: self.min_sdk, max: None }, certificates: shown };
        let signer =
            |certificate| SignedBy { scheme: Scheme::V1, min_sdk: None, max_sdk: None, certificate, entry: None };
        Signatures {
            verdict: Verdict::NotChecked,
            schemes: Vec::new(),
            signers: leaves.into_iter().map(signer).collect(),
            lineage,
            source_stamp: None,
            device: if self.kind == Kind::Apk { vec![device] } else { Vec::new() },
            problems: Vec::new(),
            warnings: Vec::new(),
            notes: Vec::new(),
            block_ids: Vec::new(),
            unknown_pairs: Vec::new(),
        }
    }
}
