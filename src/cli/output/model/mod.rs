//! The report as data: JSON schema 1, described in docs/json.md. The text output is written from the same values.
//!
//! These structs are the interface for scripts. A field of the library does not appear here by accident.

mod check;
mod run;

pub(crate) use check::{CheckObject, Judged};
pub(crate) use run::{ConfigObject, RunObject};

use crate::cli::failure::Failure;
use apkkey::api_key::{ApiKey, Authority, Claimed, Environment, Platform};
use apkkey::certificate::Certificate;
use apkkey::check::Facts;
use apkkey::signature::{DeviceCertificates, Signatures, SourceStamp, Verdict};
use apkkey::timestamp::Timestamp;
use serde::Serialize;

/// The version of these structs.
const SCHEMA: u32 = 1;

#[derive(Debug, Serialize)]
pub(crate) struct Document {
    pub(crate) schema: u32,
    pub(crate) tool: Tool,
    pub(crate) command: &'static str,
    pub(crate) verdict: &'static str,
    /// With `verify` only.
    #[serde(flatten)]
    pub(crate) run: Option<RunObject>,
    pub(crate) files: Vec<FileObject>,
    pub(crate) errors: Vec<ErrorObject>,
}

impl Document {
    pub(crate) fn new(command: &'static str) -> Self {
        let tool = Tool { name: "apkkey", version: env!("CARGO_PKG_VERSION") };
        Self { schema: SCHEMA, tool, command, verdict: "good", run: None, files: Vec::new(), errors: Vec::new() }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ErrorObject {
    pub(crate) path: Option<String>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
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
pub(crate) enum FileObject {
    App(Box<AppObject>),
    Library(LibraryObject),
    Store(StoreObject),
    Form(FormObject),
    Key(Box<KeyObject>),
    Changed(ChangedObject),
    Lineage(LineageObject),
}

#[derive(Debug, Serialize)]
pub(crate) struct AppObject {
    pub(crate) path: String,
    pub(crate) kind: &'static str,
    pub(crate) package: String,
    pub(crate) version_code: Option<u64>,
    pub(crate) version_name: Option<String>,
    pub(crate) min_sdk: Option<u32>,
    pub(crate) target_sdk: Option<u32>,
    pub(crate) debuggable: Option<bool>,
    pub(crate) signature: SignatureObject,
    pub(crate) api_key: Option<ApiKeyObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) set: Option<SetObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) variant: Option<VariantObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checks: Option<Vec<CheckObject>>,
}

/// What a build says of a file that was found in its outputs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct VariantObject {
    pub(crate) name: String,
    pub(crate) application_id: Option<String>,
}

/// Where an APK stands that comes in a set.
#[derive(Debug, Serialize)]
pub(crate) struct SetObject {
    pub(crate) path: String,
    pub(crate) kind: &'static str,
    pub(crate) entry: String,
    pub(crate) split: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct LibraryObject {
    pub(crate) path: String,
    pub(crate) kind: &'static str,
    pub(crate) package: Option<String>,
    pub(crate) key_entry: Option<String>,
    pub(crate) verdict: &'static str,
    pub(crate) checks: Vec<CheckObject>,
}

#[derive(Debug, Serialize)]
pub(crate) struct StoreObject {
    pub(crate) path: String,
    pub(crate) kind: String,
    pub(crate) entries: Vec<EntryObject>,
    pub(crate) notes: Vec<String>,
}

/// What goes into Amazon's form, once for each key that has to be made.
#[derive(Debug, Serialize)]
pub(crate) struct FormObject {
    pub(crate) path: String,
    pub(crate) kind: &'static str,
    pub(crate) forms: Vec<FormValues>,
    pub(crate) remarks: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct FormValues {
    pub(crate) api_key_name: String,
    pub(crate) package: String,
    pub(crate) md5: String,
    pub(crate) sha256: String,
    pub(crate) subject: Option<String>,
    pub(crate) store: Option<&'static str>,
    pub(crate) min_sdk: Option<u32>,
    pub(crate) max_sdk: Option<u32>,
}

#[derive(Debug, Serialize)]
pub(crate) struct EntryObject {
    pub(crate) alias: Option<String>,
    pub(crate) entry: &'static str,
    pub(crate) certificate: Option<CertificateObject>,
    pub(crate) chain: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct KeyObject {
    pub(crate) path: String,
    pub(crate) kind: &'static str,
    pub(crate) api_key: ApiKeyObject,
}

#[derive(Debug, Serialize)]
pub(crate) struct ChangedObject {
    pub(crate) path: String,
    pub(crate) out: String,
    pub(crate) package: String,
    pub(crate) changed: bool,
    pub(crate) dry_run: bool,
    pub(crate) steps: Vec<String>,
    pub(crate) remarks: Vec<String>,
    /// The schemes with which it is signed now; none when it was left unsigned.
    pub(crate) schemes: Vec<String>,
    pub(crate) v4_signature_file: Option<String>,
}

/// A lineage, the oldest certificate first.
#[derive(Debug, Serialize)]
pub(crate) struct LineageObject {
    pub(crate) path: String,
    pub(crate) kind: &'static str,
    pub(crate) lineage: Vec<NodeObject>,
}

#[derive(Debug, Serialize)]
pub(crate) struct NodeObject {
    pub(crate) certificate: CertificateObject,
    /// What apps signed with it may still do.
    pub(crate) capabilities: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct CertificateObject {
    pub(crate) md5: String,
    pub(crate) sha1: String,
    pub(crate) sha256: String,
    pub(crate) subject: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) not_before: Option<String>,
    pub(crate) not_after: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) well_known: Option<String>,
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
pub(crate) struct SignatureObject {
    pub(crate) verdict: &'static str,
    pub(crate) schemes: Vec<String>,
    pub(crate) signers: Vec<SignerObject>,
    pub(crate) lineage: Vec<CertificateObject>,
    pub(crate) source_stamp: Option<StampObject>,
    pub(crate) device: Vec<DeviceObject>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SignerObject {
    pub(crate) scheme: String,
    pub(crate) min_sdk: Option<u32>,
    pub(crate) max_sdk: Option<u32>,
    pub(crate) certificate: CertificateObject,
}

#[derive(Debug, Serialize)]
pub(crate) struct StampObject {
    pub(crate) verdict: &'static str,
    pub(crate) certificate: Option<CertificateObject>,
}

#[derive(Debug, Serialize)]
pub(crate) struct DeviceObject {
    pub(crate) min_sdk: u32,
    pub(crate) max_sdk: Option<u32>,
    pub(crate) certificates: Vec<CertificateObject>,
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
    pub(crate) fn new(signatures: &Signatures, archive_refused: bool) -> Self {
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
pub(crate) fn archive_refused(facts: &Facts) -> bool {
    facts.violations.iter().any(apkkey::zip::Violation::is_refused_by_android) || !facts.survey.broken.is_empty()
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
pub(crate) struct ApiKeyObject {
    pub(crate) entry: Option<String>,
    pub(crate) authentic: bool,
    pub(crate) authenticated_by: Option<&'static str>,
    pub(crate) platform: Option<&'static str>,
    pub(crate) package: Option<String>,
    pub(crate) md5: Option<String>,
    pub(crate) sha256: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) family_id: Option<String>,
    pub(crate) issued: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) environment: Option<&'static str>,
    pub(crate) endpoints: Option<EndpointsObject>,
    pub(crate) problems: Vec<ProblemObject>,
}

#[derive(Debug, Serialize)]
pub(crate) struct EndpointsObject {
    pub(crate) authorization: Option<String>,
    pub(crate) token_exchange: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ProblemObject {
    pub(crate) id: &'static str,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl ApiKeyObject {
    /// Fills in what the key says.
    pub(crate) fn with_claims(mut self, key: &ApiKey) -> Self {
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
    pub(crate) fn authenticated(mut self, authority: Option<Authority>) -> Self {
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
