//! What was written is read back before it replaces anything: never skipped.

use super::{InjectError, KeyChange, Order, SignatureChange};
use crate::api_key::TokenKey;
use crate::archive::Archive;
use crate::check::{
    Contents, Depth, Expectations, Facts, FactsError, Finding, Group, Outcome, Policy, Question, Report, Selection,
    Severity,
};
use crate::signature::sign::SigningRequest;
use crate::signature::{self, Signatures, Verdict};
use crate::source::ReadAt;
use std::collections::BTreeSet;

/// What the new file must be.
#[derive(Debug)]
pub struct Expected<'o> {
    /// What was ordered.
    pub order: Order<'o>,
    /// Checks of the archive that found an error in the old file, from [`super::Plan::known_faults`].
    pub known_faults: BTreeSet<&'static str>,
    /// How its signature is checked, when it was signed.
    pub signature: Option<signature::Request>,
}

impl Expected<'_> {
    /// Reads the written archive back: the checks of the groups `archive` and, where it was signed, `signature` find
    /// no new error, devices will report the certificates that were to sign, the key is exactly the one that was to go
    /// in, and, with the feature `second-opinion`, the `zip` crate, which knows nothing of ours, agrees.
    ///
    /// # Errors
    /// [`InjectError::SelfCheck`], or what keeps the file from being read.
    pub fn check(&self, written: &dyn ReadAt) -> Result<(), InjectError> {
        let archive = Archive::open(written).map_err(|error| broken(error.to_string()))?;
        let mut facts = archive_facts(&archive)?;
        if let Some(request) = &self.signature {
            facts.signatures = signature::examine(written, archive.directory(), request).map_err(FactsError::from)?;
        }
        if let SignatureChange::Sign(request) = self.order.signature {
            check_signers(&facts, request)?;
            refuse_errors(errors(&facts, Group::Signature))?;
        }
        refuse_errors(errors(&facts, Group::Archive).filter(|(id, _)| !self.known_faults.contains(id)))?;
        if !self.key_holds(&archive) {
            return Err(broken("the key does not read back".to_owned()));
        }
        #[cfg(feature = "second-opinion")]
        super::second_opinion::second_opinion(written, archive.directory().entries().len())?;
        Ok(())
    }

    fn key_holds(&self, archive: &Archive<'_>) -> bool {
        match (self.order.key, archive.key_entries().as_slice()) {
            (KeyChange::Keep, _) | (KeyChange::Remove, []) => true,
            (KeyChange::Put(key), [entry]) => archive.key_contents(entry).is_ok_and(|found| found == key.token()),
            (KeyChange::Put(_) | KeyChange::Remove, _) => false,
        }
    }
}

/// What is looked at, without a wish of the user.
pub(super) fn question(depth: Depth) -> Question<'static> {
    Question { contents: Contents { code: false, secrets: false }, ..Question::new(&TokenKey::Amazon, depth) }
}

/// What the checks of the archive look at; contents are not verified.
pub(super) fn archive_facts(archive: &Archive<'_>) -> Result<Facts, InjectError> {
    let mut facts = Facts::gather(archive, &question(Depth::Certificates), Expectations::default())?;
    facts.survey = archive.survey()?;
    Ok(facts)
}

/// The errors that the checks of a group find, with the check's id.
pub(super) fn errors(facts: &Facts, group: Group) -> impl Iterator<Item = (&'static str, Finding)> {
    let selection = Selection::new(vec![group.name().to_owned()], Vec::new()).unwrap_or_default();
    let report = Report::new(facts, &Policy { selection, ..Policy::default() });
    report.results.into_iter().flat_map(|result| {
        let findings = if let Outcome::Fail(findings) = &result.outcome { findings.clone() } else { Vec::new() };
        findings
            .into_iter()
            .filter(|finding| result.severity_of(finding) == Severity::Error)
            .map(|finding| (result.check.id, finding))
            .collect::<Vec<_>>()
    })
}

fn broken(reason: String) -> InjectError {
    InjectError::SelfCheck(reason)
}

fn refuse_errors(mut errors: impl Iterator<Item = (&'static str, Finding)>) -> Result<(), InjectError> {
    errors.next().map_or(Ok(()), |(_, finding)| Err(broken(finding.message)))
}

/// The signature holds, and devices report the certificates that the order named.
fn check_signers(facts: &Facts, request: &SigningRequest) -> Result<(), InjectError> {
    let signatures = &facts.signatures;
    if signatures.verdict != Verdict::Verified {
        let problem = signatures.problems.first().map_or("it is not verified", |problem| problem.message.as_str());
        return Err(broken(format!("the signature does not hold: {problem}")));
    }
    // a bundle is on no device: there the signers themselves count
    let shown = |signatures: &Signatures| match signatures.device.last() {
        Some(last) => last.certificates.clone(),
        None => signatures.signers.iter().map(|signer| signer.certificate.clone()).collect(),
    };
    let (wanted, found) = (shown(&request.foreseen()), shown(signatures));
    let same = wanted.len() == found.len() && wanted.iter().all(|certificate| found.contains(certificate));
    if same { Ok(()) } else { Err(broken("devices would report another certificate than the one given".to_owned())) }
}
