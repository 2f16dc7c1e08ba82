//! The schemes of an APK: which are there, which of them some Android version uses, and their signers.

use super::block::{SigningBlock, id};
use super::device::{Shown, Shows, shown};
use super::findings::Findings;
use super::jar::JarFiles;
use super::lineage::Lineage;
use super::signer::{self, SignerBlock};
use super::v3::{self, LAST_LEVEL, V3Signer, first_level};
use super::v32;
use super::verify::Levels;
use super::{Input, Problem, Scheme, SignatureError, Signer};
use crate::certificate::Certificate;
use std::collections::BTreeSet;

/// The values of the signature schemes' pairs.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) v2: Option<Vec<u8>>,
    pub(super) v3: Option<Vec<u8>>,
    pub(super) v31: Option<Vec<u8>>,
    pub(super) v32: Option<Vec<u8>>,
}

impl Values {
    pub(super) fn read(
        input: Input<'_>,
        block: Option<&SigningBlock>,
        findings: &mut Findings,
    ) -> Result<Self, SignatureError> {
        let Some(block) = block else { return Ok(Self::default()) };
        Ok(Self {
            v2: block.value(input.source, id::V2, findings)?,
            v3: block.value(input.source, id::V3, findings)?,
            v31: block.value(input.source, id::V31, findings)?,
            v32: block.value(input.source, id::V32, findings)?,
        })
    }

    pub(super) fn present(&self, jar: &JarFiles<'_>) -> BTreeSet<Scheme> {
        let all = [
            (Scheme::V1, jar.is_present()),
            (Scheme::V2, self.v2.is_some()),
            (Scheme::V3, self.v3.is_some()),
            (Scheme::V31, self.v31.is_some()),
            (Scheme::V32, self.v32.is_some()),
        ];
        all.into_iter().filter(|(_, present)| *present).map(|(scheme, _)| scheme).collect()
    }
}

/// The API levels in question, and the schemes that some of them use.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) levels: Levels,
    pub(super) present: BTreeSet<Scheme>,
    pub(super) used: BTreeSet<Scheme>,
}

impl Scope {
    /// A scheme is used from the first level that knows it up to the level where a newer one that is there takes over.
    pub(super) fn of(levels: Levels, present: BTreeSet<Scheme>) -> Self {
        let reaches = |scheme: Scheme| levels.1 >= first_level(scheme) && present.contains(&scheme);
        let v3_family = [Scheme::V32, Scheme::V31, Scheme::V3].into_iter().filter(|scheme| reaches(*scheme));
        let mut used: BTreeSet<Scheme> = v3_family.collect();
        if reaches(Scheme::V2) && (levels.0 < first_level(Scheme::V3) || used.is_empty()) {
            used.insert(Scheme::V2);
        }
        if levels.0 < first_level(Scheme::V2) || used.is_empty() {
            used.insert(Scheme::V1);
        }
        Self { levels, present, used }
    }

    pub(super) fn uses(&self, scheme: Scheme) -> bool {
        self.used.contains(&scheme)
    }

    /// Whether a scheme of the signing block is used.
    pub(super) fn uses_block(&self) -> bool {
        self.used.iter().any(|scheme| *scheme != Scheme::V1)
    }
}

/// The signers of all schemes of the signing block.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    pub(super) v2: Option<Vec<SignerBlock<'a>>>,
    pub(super) v3: Option<Vec<V3Signer<'a>>>,
    pub(super) v31: Option<Vec<V3Signer<'a>>>,
    pub(super) v32: Option<Vec<V3Signer<'a>>>,
    /// What is wrong with schemes that no Android version in question uses.
    pub(super) spare_problems: Vec<Problem>,
}

impl<'a> Parsed<'a> {
    /// Reads all schemes; what is wrong with those that are not used is kept apart.
    pub(super) fn of(values: &'a Values, scope: &Scope, findings: &mut Findings) -> Self {
        let mut spare = Findings::default();
        let v2 = values.v2.as_deref().map(|value| {
            let findings = if scope.uses(Scheme::V2) { &mut *findings } else { &mut spare };
            signer::parse(Scheme::V2, value, findings)
        });
        let mut read = |scheme: Scheme, value: &'a Option<Vec<u8>>| {
            let findings = if scope.uses(scheme) { &mut *findings } else { &mut spare };
            value.as_deref().map(|value| v3::parse(scheme, value, findings))
        };
        let v3 = read(Scheme::V3, &values.v3);
        let v31 = read(Scheme::V31, &values.v31);
        let v32 = read(Scheme::V32, &values.v32);
        Self { v2, v3, v31, v32, spare_problems: spare.problems }
    }

    pub(super) fn v3_family(&self) -> [(Scheme, Option<&[V3Signer<'a>]>); 3] {
        [(Scheme::V3, self.v3.as_deref()), (Scheme::V31, self.v31.as_deref()), (Scheme::V32, self.v32.as_deref())]
    }

    /// The signers of one scheme without their lineages.
    pub(super) fn blocks(&self, scheme: Scheme) -> Vec<&SignerBlock<'a>> {
        let family = self.v3_family().into_iter().filter(|(other, _)| *other == scheme);
        let v3 = family.filter_map(|(_, list)| list).flatten().map(|signer| &signer.block);
        let v2 = self.v2.iter().flatten().filter(|_| scheme == Scheme::V2);
        v3.chain(v2).collect()
    }

    pub(super) fn signers(&self, v1: &[Signer]) -> Vec<Signer> {
        let mut signers = v1.to_vec();
        for block in self.v2.iter().flatten() {
            let certificate = block.certificates.first().cloned();
            signers.extend(certificate.map(|certificate| Signer {
                scheme: Scheme::V2,
                min_sdk: None,
                max_sdk: None,
                certificate,
                entry: None,
            }));
        }
        for (scheme, list) in self.v3_family() {
            for signer in list.unwrap_or_default() {
                let (min, max) = signer.block.sdk;
                let certificate = signer.block.certificates.first().cloned();
                signers.extend(certificate.map(|certificate| Signer {
                    scheme,
                    min_sdk: Some(min),
                    max_sdk: Some(max).filter(|max| *max < LAST_LEVEL),
                    certificate,
                    entry: None,
                }));
            }
        }
        signers
    }

    /// The longest lineage of the newest scheme that has one.
    pub(super) fn lineage(&self) -> Vec<Certificate> {
        let lists = self.v3_family().into_iter().rev().filter_map(|(_, list)| list);
        let longest = lists.filter_map(v3::longest_lineage).next();
        longest.map(Lineage::certificates).unwrap_or_default()
    }

    pub(super) fn shows(&self, v1: &[Signer]) -> Shows {
        let first = |block: &SignerBlock<'_>| block.certificates.first().cloned();
        let list = |signers: &Option<Vec<V3Signer<'_>>>| -> Option<Vec<Shown>> { signers.as_deref().map(shown) };
        Shows {
            v1: v1.iter().map(|signer| signer.certificate.clone()).collect(),
            v2: self.v2.as_ref().map(|blocks| blocks.iter().filter_map(first).collect()),
            v3: list(&self.v3),
            v31: list(&self.v31),
            v32: self.v32.as_deref().map(v32::shown),
        }
    }

    /// The levels of the v3.2 signers.
    pub(super) fn hybrid_levels(&self) -> Option<Levels> {
        self.v32.as_ref().and_then(|signers| signers.first()).map(|signer| signer.block.sdk)
    }
}
