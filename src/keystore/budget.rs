//! What key derivation may cost, paid for before it is done.
//!
//! A keystore declares its own number of rounds, and each bag of a PKCS#12 file may declare another, before any
//! password could be checked. So one budget covers everything that one command derives.

use super::error::Cost;
use super::fault::Fault;
use crate::limits::{KDF_HASHES, KDF_ROUNDS};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The key derivation that is allowed. Clones share what is left.
#[derive(Debug, Clone)]
pub struct KdfBudget {
    rounds: u32,
    hashes: u64,
    spent: Arc<AtomicU64>,
    most_rounds: Arc<AtomicU32>,
}

impl KdfBudget {
    /// A budget whose single derivations may take this many rounds; the sum grows with it. Each attempt of a person
    /// with another password deserves a new one.
    #[must_use]
    pub fn with_rounds(rounds: u32) -> Self {
        let scale = KDF_HASHES.checked_div(u64::from(KDF_ROUNDS)).unwrap_or(1);
        let hashes = u64::from(rounds).saturating_mul(scale).max(KDF_HASHES);
        Self { rounds, hashes, spent: Arc::default(), most_rounds: Arc::default() }
    }

    /// Hash computations that were done so far: a million takes about 0.1 seconds.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// The rounds of the costliest derivation so far; zero before the first, and for scrypt, which has none.
    #[must_use]
    pub fn most_rounds(&self) -> u32 {
        self.most_rounds.load(Ordering::Relaxed)
    }

    /// Pays for a derivation of `rounds`, each of `hashes` hash computations.
    pub(super) fn pay(&self, rounds: u32, hashes: u64) -> Result<(), Fault> {
        if rounds == 0 {
            return Err(Fault::malformed("a key derivation of no rounds"));
        }
        if rounds > self.rounds {
            return Err(Fault::Costly(Cost::Rounds { rounds, limit: self.rounds }));
        }
        self.most_rounds.fetch_max(rounds, Ordering::Relaxed);
        self.pay_hashes(u64::from(rounds).saturating_mul(hashes))
    }

    /// Pays for this many hash computations.
    pub(super) fn pay_hashes(&self, hashes: u64) -> Result<(), Fault> {
        let spent = self.spent.fetch_add(hashes, Ordering::Relaxed).saturating_add(hashes);
        if spent > self.hashes {
            return Err(Fault::Costly(Cost::Sum { hashes: spent, limit: self.hashes }));
        }
        Ok(())
    }
}

impl Default for KdfBudget {
    fn default() -> Self {
        Self::with_rounds(KDF_ROUNDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_costliest_derivation() {
        let budget = KdfBudget::default();
        assert_eq!(budget.most_rounds(), 0);
        budget.pay(10_000, 2).unwrap();
        budget.clone().pay(2048, 2).unwrap();
        assert_eq!(budget.most_rounds(), 10_000);
    }

    #[test]
    fn refuses_one_round_too_many_and_a_sum_too_large() {
        let budget = KdfBudget::default();
        assert!(budget.pay(KDF_ROUNDS, 2).is_ok());
        assert!(matches!(budget.pay(KDF_ROUNDS + 1, 1), Err(Fault::Costly(_))));
        assert!(budget.clone().pay(KDF_ROUNDS, 10).is_ok(), "60 million in all");
        assert!(matches!(budget.pay(1, 1), Err(Fault::Costly(_))), "clones share what is left");
        assert_eq!(KdfBudget::with_rounds(10_000_000).hashes, 120_000_000);
    }
}
