//! The certificates of an app, for commands that look at nothing else of it.

use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use apkkey::api_key::TokenKey;
use apkkey::archive::{ApkSet, Archive, ArchiveError};
use apkkey::check::{Depth, Expectations, Facts, Question, gather_set, set_disagreement};
use apkkey::report::name_in_set;
use apkkey::source::FileSource;
use std::path::{Path, PathBuf};

/// An app, or the base APK of a set.
pub(super) struct App {
    /// Its path; in a set that of the set and its entry.
    pub(super) path: String,
    pub(super) facts: Facts,
}

/// Reads the certificates of an app, for one Android version if it is given. The APKs of a set must agree with their base.
pub(super) fn read(path: &Path, source: &FileSource, sdk: Option<u32>) -> Result<App, Failure> {
    let question = Question::new(&TokenKey::Amazon, Depth::Certificates);
    let question = Question { min_sdk: sdk, max_sdk: sdk, ..question };
    match Archive::open(source) {
        Ok(archive) => {
            let facts = Facts::gather(&archive, &question, Expectations::default()).map_err(input::about(path))?;
            Ok(App { path: shown(path), facts })
        }
        Err(ArchiveError::ApkSet) => base_of_set(path, source, &question),
        Err(error) => Err(Failure::from_error(&error).at(path)),
    }
}

fn base_of_set(path: &Path, source: &FileSource, question: &Question<'_>) -> Result<App, Failure> {
    let set = ApkSet::open(source).map_err(input::about(path))?;
    let members = gather_set(&set, question, &Expectations::default()).map_err(input::about(path))?;
    let mut base: Option<App> = None;
    for (entry, facts) in members {
        let place = PathBuf::from(name_in_set(&path.display().to_string(), &entry));
        let facts = facts.map_err(input::about(&place))?;
        if let Some(finding) = set_disagreement(&facts) {
            let help = "`apkkey verify` looks at each APK of the set; here give one of them";
            return Err(Failure::new(finding.message).help(help).at(&place));
        }
        base.get_or_insert_with(|| App { path: shown(&place), facts });
    }
    base.ok_or_else(|| Failure::new("there is no APK in it").at(path))
}
