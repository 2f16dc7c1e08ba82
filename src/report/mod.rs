//! The report as data: JSON schema 1, described in docs/json.md. The text output is written from the same values.
//!
//! These structs are the interface for scripts. A field of the library does not appear here by accident.

#![expect(missing_docs, reason = "docs/json.md describes every field, and a test holds it to that")]

mod app;
mod check;
mod failure;
pub mod html;
mod judge;
mod judgement;
mod key;
mod run;
mod sources;
mod store;
mod words;

pub use app::{app_object, name_in_set, set_object};
pub use check::{CheckObject, Judged};
pub use failure::{Failure, shown};
pub use judge::{Asked, judge};
pub use judgement::Judgement;
pub use key::key_object;
pub use run::{ConfigObject, RunObject};
pub use sources::{SourceFindingObject, SourceKeyObject, SourceVariantObject, SourcesObject};
pub use store::{small_file, store_object};
pub use words::{Tone, counts, findings, levels, several};

use crate::api_key::{ApiKey, Authority, Claimed, Environment, Platform};
use crate::certificate::Certificate;
use crate::check::Facts;
use crate::signature::{DeviceCertificates, Signatures, SourceStamp, Verdict};
use crate::timestamp::Timestamp;
use serde::Serialize;

/// The version of these structs.
const SCHEMA: u32 = 1;

#[derive(Debug, Serialize)]
pub struct Document {
    pub schema: u32,
    pub tool: Tool,
    pub command: &'static str,
    pub verdict: &'static str,
    /// With `verify` only.
    #[serde(flatten)]
    pub run: Option<RunObject>,
    pub files: Vec<FileObject>,
    pub errors: Vec<ErrorObject>,
}

impl Document {
    pub fn new(command: &'static str) -> Self {
        let tool = Tool { name: "apkkey", version: env!("CARGO_PKG_VERSION") };
        Self { schema: SCHEMA, tool, command, verdict: "good", run: None, files: Vec::new(), errors: Vec::new() }
    }
}

#[derive(Debug, Serialize)]
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct ErrorObject {
    pub path: Option<String>,
    pub message: String,
    pub help: Option<String>,
}

impl From<Failure> for ErrorObject {
    fn from(failure: Failure) -> Self {
        let Failure { path, message, help } = failure;
        Self { path, message, help }
    }
}

impl From<ErrorObject> for Failure {
    fn from(error: ErrorObject) -> Self {
        let ErrorObject { path, message, help } = error;
        Self { path, message, help }
    }
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum FileObject {
    App(Box<AppObject>),
    Library(LibraryObject),
    Store(StoreObject),
    Form(FormObject),
    Key(Box<KeyObject>),
    Changed(ChangedObject),
    Lineage(LineageObject),
    Sources(SourcesObject),
}

#[derive(Debug, Serialize)]
pub struct AppObject {
    pub path: String,
    pub kind: &'static str,
    pub package: String,
    pub version_code: Option<u64>,
    pub version_name: Option<String>,
    pub min_sdk: Option<u32>,
    pub target_sdk: Option<u32>,
    pub debuggable: Option<bool>,
    pub signature: SignatureObject,
    pub api_key: Option<ApiKeyObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<SetObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<VariantObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<Vec<CheckObject>>,
}

/// What a build says of a file that was found in its outputs.
#[derive(Debug, Clone, Serialize)]
pub struct VariantObject {
    pub name: String,
    pub application_id: Option<String>,
}

/// Where an APK stands that comes in a set.
#[derive(Debug, Serialize)]
pub struct SetObject {
    pub path: String,
    pub kind: &'static str,
    pub entry: String,
    pub split: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct LibraryObject {
    pub path: String,
    pub kind: &'static str,
    pub package: Option<String>,
    pub key_entry: Option<String>,
    pub verdict: &'static str,
    pub checks: Vec<CheckObject>,
}

#[derive(Debug, Serialize)]
pub struct StoreObject {
    pub path: String,
    pub kind: String,
    pub entries: Vec<EntryObject>,
    pub notes: Vec<String>,
}

/// What goes into Amazon's form, once for each key that has to be made.
#[derive(Debug, Serialize)]
pub struct FormObject {
    pub path: String,
    pub kind: &'static str,
    pub forms: Vec<FormValues>,
    pub remarks: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
pub struct FormValues {
    pub api_key_name: String,
    pub package: String,
    pub md5: String,
    pub sha256: String,
    pub subject: Option<String>,
    pub store: Option<&'static str>,
    pub min_sdk: Option<u32>,
    pub max_sdk: Option<u32>,
}

#[derive(Debug, Serialize)]
pub struct EntryObject {
    pub alias: Option<String>,
    pub entry: &'static str,
    pub certificate: Option<CertificateObject>,
    pub chain: usize,
}

#[derive(Debug, Serialize)]
pub struct KeyObject {
    pub path: String,
    pub kind: &'static str,
    pub api_key: ApiKeyObject,
}

#[derive(Debug, Serialize)]
pub struct ChangedObject {
    pub path: String,
    pub out: String,
    pub package: String,
    pub changed: bool,
    pub dry_run: bool,
    pub steps: Vec<String>,
    pub remarks: Vec<String>,
    /// The schemes with which it is signed now; none when it was left unsigned.
    pub schemes: Vec<String>,
    pub v4_signature_file: Option<String>,
}

/// A lineage, the oldest certificate first.
#[derive(Debug, Serialize)]
pub struct LineageObject {
    pub path: String,
    pub kind: &'static str,
    pub lineage: Vec<NodeObject>,
}

#[derive(Debug, Serialize)]
pub struct NodeObject {
    pub certificate: CertificateObject,
    /// What apps signed with it may still do.
    pub capabilities: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
pub struct CertificateObject {
    pub md5: String,
    pub sha1: String,
    pub sha256: String,
    pub subject: Option<String>,
    pub issuer: Option<String>,
    pub serial: Option<String>,
    pub not_before: Option<String>,
    pub not_after: Option<String>,
    pub key: Option<String>,
    pub well_known: Option<String>,
}

impl From<&Certificate> for CertificateObject {
    fn from(certificate: &Certificate) -> Self {
        let digests = certificate.fingerprints();
        let details = certificate.details();
        let time = |seconds: i64| Timestamp::from_seconds(seconds).map(|time| time.to_string());
        Self {
            md5: digests.md5.to_string(),
            sha1: digests.sha1.to_string(),
            sha256: digests.sha256.to_string(),
            subject: details.map(|details| details.subject.clone()),
            issuer: details.map(|details| details.issuer.clone()),
            serial: details.map(|details| details.serial.clone()),
            not_before: details.and_then(|details| time(details.not_before)),
            not_after: details.and_then(|details| time(details.not_after)),
            key: details.map(|details| details.key.to_string()),
            well_known: certificate.well_known().map(|known| known.to_string()),
        }
    }
}

#[derive(Debug, Serialize)]
pub struct SignatureObject {
    pub verdict: &'static str,
    pub schemes: Vec<String>,
    pub signers: Vec<SignerObject>,
    pub lineage: Vec<CertificateObject>,
    pub source_stamp: Option<StampObject>,
    pub device: Vec<DeviceObject>,
}

#[derive(Debug, Serialize)]
pub struct SignerObject {
    pub scheme: String,
    pub min_sdk: Option<u32>,
    pub max_sdk: Option<u32>,
    pub certificate: CertificateObject,
}

#[derive(Debug, Serialize)]
pub struct StampObject {
    pub verdict: &'static str,
    pub certificate: Option<CertificateObject>,
}

#[derive(Debug, Serialize)]
pub struct DeviceObject {
    pub min_sdk: u32,
    pub max_sdk: Option<u32>,
    pub certificates: Vec<CertificateObject>,
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "verified",
        Verdict::Rejected => "rejected",
        Verdict::Unsigned => "unsigned",
        Verdict::NotChecked => "not-checked",
    }
}

impl SignatureObject {
    /// What libziparchive refuses makes the verdict `rejected`, whatever the signature schemes say.
    pub fn new(signatures: &Signatures, archive_refused: bool) -> Self {
        let verdict = match signatures.verdict {
            Verdict::Verified | Verdict::NotChecked if archive_refused => Verdict::Rejected,
            Verdict::Verified | Verdict::NotChecked | Verdict::Rejected | Verdict::Unsigned => signatures.verdict,
        };
        let signers = signatures.signers.iter().map(|signer| SignerObject {
            scheme: signer.scheme.to_string(),
            min_sdk: signer.min_sdk,
            max_sdk: signer.max_sdk,
            certificate: (&signer.certificate).into(),
        });
        Self {
            verdict: verdict_name(verdict),
            schemes: signatures.schemes.iter().map(ToString::to_string).collect(),
            signers: signers.collect(),
            lineage: signatures.lineage.iter().map(Into::into).collect(),
            source_stamp: signatures.source_stamp.as_ref().map(Into::into),
            device: signatures.device.iter().map(Into::into).collect(),
        }
    }
}

/// Whether libziparchive refuses the archive.
pub fn archive_refused(facts: &Facts) -> bool {
    facts.violations.iter().any(crate::zip::Violation::is_refused_by_android) || !facts.survey.broken.is_empty()
}

impl From<&SourceStamp> for StampObject {
    fn from(stamp: &SourceStamp) -> Self {
        Self { verdict: verdict_name(stamp.verdict), certificate: stamp.certificate.as_ref().map(Into::into) }
    }
}

impl From<&DeviceCertificates> for DeviceObject {
    fn from(device: &DeviceCertificates) -> Self {
        Self {
            min_sdk: device.range.min,
            max_sdk: device.range.max,
            certificates: device.certificates.iter().map(Into::into).collect(),
        }
    }
}

/// What a key says of itself, and whether Amazon says so.
#[derive(Debug, Default, Serialize)]
pub struct ApiKeyObject {
    pub entry: Option<String>,
    pub authentic: bool,
    pub authenticated_by: Option<&'static str>,
    pub platform: Option<&'static str>,
    pub package: Option<String>,
    pub md5: Option<String>,
    pub sha256: Option<String>,
    pub client_id: Option<String>,
    pub family_id: Option<String>,
    pub issued: Option<String>,
    pub version: Option<String>,
    pub environment: Option<&'static str>,
    pub endpoints: Option<EndpointsObject>,
    pub problems: Vec<ProblemObject>,
}

#[derive(Debug, Serialize)]
pub struct EndpointsObject {
    pub authorization: Option<String>,
    pub token_exchange: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct ProblemObject {
    pub id: &'static str,
    pub message: String,
    pub help: Option<String>,
}

impl ApiKeyObject {
    /// Fills in what the key says.
    pub fn with_claims(mut self, key: &ApiKey) -> Self {
        let claims = key.claims();
        self.platform = match claims.platform() {
            Platform::Android => Some("android"),
            Platform::Ios => Some("ios"),
            Platform::Unknown => None,
        };
        self.package = claims.package.clone().or_else(|| claims.bundle_id.clone());
        self.md5 = claims.md5.as_ref().map(text_of);
        self.sha256 = claims.sha256.as_ref().map(text_of);
        self.client_id.clone_from(&claims.client_id);
        self.family_id.clone_from(&claims.family_id);
        self.issued = claims.issued.map(|issued| issued.to_string());
        self.version.clone_from(&claims.version);
        self.environment = match claims.environment() {
            Environment::Production => Some("production"),
            Environment::PreProduction => Some("pre-production"),
            Environment::Unknown => None,
        };
        self.endpoints = claims.endpoints.as_ref().map(|endpoints| EndpointsObject {
            authorization: endpoints.authorization.clone(),
            token_exchange: endpoints.token_exchange.clone(),
        });
        self
    }

    /// Says who signed the key, when somebody that counts did.
    pub fn authenticated(mut self, authority: Option<Authority>) -> Self {
        self.authentic = authority.is_some();
        self.authenticated_by = authority.map(|authority| match authority {
            Authority::Amazon => "amazon",
            Authority::TokenKey => "token-key",
        });
        self
    }
}

/// A digest as the form writes it, or the key's own text when it is none.
fn text_of<T: ToString>(claimed: &Claimed<T>) -> String {
    claimed.value.as_ref().map_or_else(|| claimed.text.clone(), ToString::to_string)
}
