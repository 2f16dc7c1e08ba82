//! Which certificates a device shows: what `PackageManager.GET_SIGNATURES` returns on each API level.
//!
//! The newest scheme that the level knows and that has a signer for it decides; with a rotated key the *oldest*
//! certificate of the lineage is shown alone (`PackageInfoUtils.generateWithoutComponents`), without rotation the
//! certificates of all signers.

use super::v3::{LAST_LEVEL, V3Signer, device_levels, first_level};
use super::verify::Levels;
use super::{DeviceCertificates, Scheme, SdkRange};
use crate::certificate::Certificate;
use std::collections::BTreeSet;

/// The certificate that a device shows on these API levels.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) levels: Levels,
    pub(super) certificate: Certificate,
}

/// What each scheme would show; `None` for a scheme that is absent.
#[derive(Debug, Default)]
pub(super) struct Shows {
    pub(super) v1: Vec<Certificate>,
    pub(super) v2: Option<Vec<Certificate>>,
    pub(super) v3: Option<Vec<Shown>>,
    pub(super) v31: Option<Vec<Shown>>,
    pub(super) v32: Option<Vec<Shown>>,
}

/// What the signers of v3 or v3.1 show.
pub(super) fn shown(signers: &[V3Signer<'_>]) -> Vec<Shown> {
    let show = |signer: &V3Signer<'_>| {
        let levels = device_levels(signer);
        signer.shown().map(|certificate| Shown { levels, certificate: certificate.clone() })
    };
    signers.iter().filter_map(show).collect()
}

impl Shows {
    /// The answers for `levels`, neighbours with the same answer joined.
    pub(super) fn by_level(&self, levels: Levels) -> Vec<DeviceCertificates> {
        let mut ranges: Vec<(Levels, Vec<Certificate>)> = Vec::new();
        let starts = self.starts(levels);
        let ends = starts.iter().skip(1).map(|start| start.saturating_sub(1)).chain([levels.1]);
        for (start, end) in starts.iter().zip(ends) {
            let certificates = self.at(*start);
            match ranges.last_mut() {
                Some((range, last)) if same_set(last, &certificates) => range.1 = end,
                _ => ranges.push(((*start, end), certificates)),
            }
        }
        let answer = |((min, max), certificates): (Levels, Vec<Certificate>)| DeviceCertificates {
            range: SdkRange { min, max: Some(max).filter(|max| *max < LAST_LEVEL) },
            certificates,
        };
        ranges.into_iter().filter(|(_, certificates)| !certificates.is_empty()).map(answer).collect()
    }

    /// The levels in `levels` where the answer may change.
    fn starts(&self, levels: Levels) -> BTreeSet<u32> {
        let schemes = [Scheme::V2, Scheme::V3, Scheme::V31, Scheme::V32].map(first_level);
        let signers = [&self.v3, &self.v31, &self.v32].into_iter().flatten().flatten();
        let edges = signers.flat_map(|shown| [shown.levels.0, shown.levels.1.saturating_add(1)]);
        let inside = edges.chain(schemes).filter(|level| levels.0 < *level && *level <= levels.1);
        inside.chain([levels.0]).collect()
    }

    /// What the device shows on one level; nothing when it refuses the file.
    fn at(&self, level: u32) -> Vec<Certificate> {
        let on = |shown: &Option<Vec<Shown>>, scheme| {
            let shown = shown.as_ref().filter(|_| level >= first_level(scheme))?;
            let fits = |shown: &&Shown| (shown.levels.0..=shown.levels.1).contains(&level);
            Some(shown.iter().rfind(fits).map(|shown| shown.certificate.clone()))
        };
        for (shown, scheme) in [(&self.v32, Scheme::V32), (&self.v31, Scheme::V31)] {
            if let Some(Some(certificate)) = on(shown, scheme) {
                return vec![certificate];
            }
        }
        if let Some(certificate) = on(&self.v3, Scheme::V3) {
            return certificate.into_iter().collect();
        }
        match &self.v2 {
            Some(certificates) if level >= first_level(Scheme::V2) => certificates.clone(),
            _ => self.v1.clone(),
        }
    }
}

fn same_set(one: &[Certificate], other: &[Certificate]) -> bool {
    one.len() == other.len() && one.iter().all(|certificate| other.contains(certificate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::testing::certificate;

    fn show(min: u32, max: u32, name: &str) -> Shown {
        Shown { levels: (min, max), certificate: certificate(name) }
    }

    fn answers(shows: &Shows, levels: Levels) -> Vec<(u32, Option<u32>, Vec<Certificate>)> {
        let answers = shows.by_level(levels);
        answers.into_iter().map(|answer| (answer.range.min, answer.range.max, answer.certificates)).collect()
    }

    #[test]
    fn one_key_in_all_schemes_is_one_answer() {
        let key = certificate("release");
        let shows = Shows {
            v1: vec![key.clone()],
            v2: Some(vec![key.clone()]),
            v3: Some(vec![show(28, LAST_LEVEL, "release")]),
            ..Shows::default()
        };
        assert_eq!(answers(&shows, (21, LAST_LEVEL)), [(21, None, vec![key])]);
    }

    #[test]
    fn the_answer_changes_where_the_scheme_changes() {
        let (old, new) = (certificate("release"), certificate("rotated-1"));
        let shows = Shows {
            v1: vec![old.clone()],
            v2: Some(vec![old.clone(), new.clone()]),
            v3: Some(vec![show(28, LAST_LEVEL, "release")]),
            v31: Some(vec![show(34, LAST_LEVEL, "rotated-1")]),
            v32: None,
        };
        let wanted = [
            (21, Some(23), vec![old.clone()]),
            (24, Some(27), vec![new.clone(), old.clone()]),
            (28, Some(33), vec![old.clone()]),
            (34, None, vec![new]),
        ];
        let found = answers(&shows, (21, LAST_LEVEL));
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(&wanted) {
            assert_eq!((found.0, found.1), (wanted.0, wanted.1));
            assert!(same_set(&found.2, &wanted.2));
        }
        assert_eq!(answers(&shows, (29, 33)), [(29, Some(33), vec![old])]);
    }

    #[test]
    fn a_level_without_signer_is_left_out() {
        let shows = Shows { v3: Some(vec![show(30, LAST_LEVEL, "release")]), ..Shows::default() };
        assert_eq!(answers(&shows, (28, LAST_LEVEL)), [(30, None, vec![certificate("release")])]);
    }
}
