//! What came of a file, and of several together.

use super::{AppObject, Failure, FileObject, VariantObject, set_object};
use crate::check::{Facts, Report, Verdict};

/// What came of one file; a set has several objects.
#[derive(Debug)]
pub struct Judgement {
    pub files: Vec<FileObject>,
    pub errors: Vec<Failure>,
    pub verdict: Verdict,
    pub is_acceptable: bool,
}

impl Default for Judgement {
    fn default() -> Self {
        Self { files: Vec::new(), errors: Vec::new(), verdict: Verdict::Good, is_acceptable: true }
    }
}

impl From<Failure> for Judgement {
    fn from(failure: Failure) -> Self {
        Self { errors: vec![failure], ..Self::default() }
    }
}

impl Judgement {
    pub(super) fn of(file: FileObject, report: &Report) -> Self {
        let (verdict, is_acceptable) = (report.verdict(), report.is_acceptable());
        Self { files: vec![file], errors: Vec::new(), verdict, is_acceptable }
    }

    /// Both together; the worse verdict counts.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.files.extend(other.files);
        self.errors.extend(other.errors);
        self.verdict = match (self.verdict, other.verdict) {
            (Verdict::Bad, _) | (_, Verdict::Bad) => Verdict::Bad,
            (Verdict::Incomplete, _) | (_, Verdict::Incomplete) => Verdict::Incomplete,
            (Verdict::Good, Verdict::Good) => Verdict::Good,
        };
        self.is_acceptable &= other.is_acceptable;
        self
    }

    pub(super) fn in_set(mut self, path: &str, facts: &Facts) -> Self {
        for app in self.apps() {
            app.set = set_object(path, facts);
        }
        self
    }

    #[must_use]
    pub fn of_variant(mut self, variant: Option<&VariantObject>) -> Self {
        for app in self.apps() {
            app.variant = variant.cloned();
        }
        self
    }

    fn apps(&mut self) -> impl Iterator<Item = &mut AppObject> {
        self.files.iter_mut().filter_map(|file| match file {
            FileObject::App(app) => Some(app.as_mut()),
            FileObject::Library(_)
            | FileObject::Store(_)
            | FileObject::Form(_)
            | FileObject::Key(_)
            | FileObject::Changed(_)
            | FileObject::Lineage(_)
            | FileObject::Sources(_) => None,
        })
    }
}
