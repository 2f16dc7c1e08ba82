//! Finds the chain of a certificate among loose certificates, by the names of issuer and subject.

use crate::certificate::Certificate;
use crate::limits::CHAIN_LENGTH;
use std::collections::HashMap;
use std::sync::Arc;

/// Certificates in the order of the file.
#[derive(Default)]
pub(super) struct Pool {
    certificates: Vec<Arc<Certificate>>,
    by_subject: HashMap<Vec<u8>, Vec<usize>>,
}

impl Pool {
    pub(super) fn new(certificates: Vec<Arc<Certificate>>) -> Self {
        let mut by_subject: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        for (index, certificate) in certificates.iter().enumerate() {
            if let Some(subject) = certificate.subject_der() {
                by_subject.entry(subject.to_vec()).or_default().push(index);
            }
        }
        Self { certificates, by_subject }
    }

    pub(super) fn len(&self) -> usize {
        self.certificates.len()
    }

    /// The index of the first certificate that `wanted` accepts.
    pub(super) fn find(&self, wanted: impl Fn(&Certificate) -> bool) -> Option<usize> {
        self.certificates.iter().position(|certificate| wanted(certificate))
    }

    /// The indexes of a certificate and its issuers, up to one that issued itself. A cycle ends where it closes.
    pub(super) fn chain_indexes(&self, leaf: usize) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut next = Some(leaf);
        while let Some(index) = next.filter(|_| chain.len() < CHAIN_LENGTH) {
            chain.push(index);
            next = self.issuer(index).filter(|issuer| !chain.contains(issuer));
        }
        chain
    }

    /// A certificate and its issuers.
    pub(super) fn chain(&self, leaf: usize) -> Vec<Arc<Certificate>> {
        self.chain_indexes(leaf).into_iter().filter_map(|index| self.certificates.get(index).cloned()).collect()
    }

    /// For each certificate, whether it issued another one.
    pub(super) fn issuers(&self) -> Vec<bool> {
        let mut issued = vec![false; self.certificates.len()];
        for index in 0..self.certificates.len() {
            if let Some(slot) = self.issuer(index).and_then(|issuer| issued.get_mut(issuer)) {
                *slot = true;
            }
        }
        issued
    }

    /// The issuer of a certificate that did not issue itself.
    fn issuer(&self, index: usize) -> Option<usize> {
        let certificate = self.certificates.get(index)?;
        let issuer = certificate.issuer_der()?;
        if certificate.subject_der() == Some(issuer) {
            return None;
        }
        self.by_subject.get(issuer)?.iter().copied().find(|candidate| *candidate != index)
    }
}
