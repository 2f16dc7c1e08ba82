//! Whether a key is for the certificate that is about to sign, by the checks of `apkkey verify`.

use super::self_check::question;
use super::{Accepted, InjectError, Remark};
use crate::api_key::KeyFile;
use crate::archive::Archive;
use crate::check::{Depth, Expectations, Facts, KeyPlace, Outcome, PlacedKey, Policy, Report, Selection, Severity};
use crate::signature::sign::SigningRequest;

/// The checks that hold a key against a certificate.
const CHECKS: [&str; 4] = ["key-md5-mismatch", "key-sha256-mismatch", "key-certificates-mixed", "key-without-md5"];

/// How strictly a key is held against the certificate.
#[derive(Debug)]
pub struct CertificateCheck<'c> {
    /// What the caller knows of a store that signs again.
    pub expectations: &'c Expectations,
    /// A mismatch is a remark instead of an error.
    pub force: bool,
}

impl CertificateCheck<'_> {
    /// Holds the key against the certificates that devices will report of the file once it is signed so. What could
    /// not be compared is a remark.
    ///
    /// # Errors
    /// [`InjectError::Certificate`] when the key is for another one.
    pub fn run(
        &self,
        archive: &Archive<'_>,
        key: &Accepted,
        request: &SigningRequest,
    ) -> Result<Vec<Remark>, InjectError> {
        let mut facts = Facts::gather(archive, &question(Depth::Certificates), self.expectations.clone())?;
        facts.signatures = request.foreseen();
        let place = KeyPlace::Entry(archive.key_entry_name().to_owned());
        let file = Ok(KeyFile::read(key.token()));
        facts.key = Some(PlacedKey { place, file, authentic: None, hidden: None });
        let only = CHECKS.map(str::to_owned).to_vec();
        let selection = Selection::new(only, Vec::new()).unwrap_or_default();
        let report = Report::new(&facts, &Policy { selection, ..Policy::default() });
        let mut remarks = Vec::new();
        for result in &report.results {
            match &result.outcome {
                Outcome::Pass | Outcome::Moot(_) => {}
                Outcome::Unknown(finding) => {
                    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
                    let message = &finding.message;
                    remarks.push(Remark(format!("the key was not held against a certificate: {message}{help}")));
                }
                Outcome::Fail(findings) => {
                    for finding in findings {
                        let error = InjectError::Certificate {
                            message: finding.message.clone(),
                            evidence: finding.evidence.clone(),
                            help: finding.help.clone(),
                        };
                        if result.severity_of(finding) == Severity::Error && !self.force {
                            return Err(error);
                        }
                        remarks.push(Remark(format!("forced: {error}")));
                    }
                }
            }
        }
        Ok(remarks)
    }
}
