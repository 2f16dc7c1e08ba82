//! One file of `apkkey verify`: an app, a set of APKs, or a library.

use super::{CheckObject, Failure, FileObject, Judgement, LibraryObject, app_object, name_in_set, shown};
use crate::advice::Advice;
use crate::archive::{ApkSet, Archive, ArchiveError, Library, is_encrypted_apkm};
use crate::check::{Expectations, Facts, Policy, Question, Report, gather_set};
use crate::keystore::{Content, detect};
use crate::limits::DETECTED;
use crate::source::ReadAt;
use std::sync::Mutex;

/// What is asked of a file.
#[derive(Debug)]
pub struct Asked<'a> {
    pub question: &'a Question<'a>,
    pub policy: &'a Policy,
    pub expectations: &'a Expectations,
    /// Held while APKs of a set are inflated into memory: one set at a time, however many threads look at files.
    pub inflating: &'a Mutex<()>,
}

/// Looks at one file, which is called `path` in the report.
///
/// # Errors
/// [`Failure`] when the file cannot be looked at; what is wrong with an app is in the [`Judgement`].
pub fn judge(path: &str, source: &dyn ReadAt, asked: &Asked<'_>) -> Result<Judgement, Failure> {
    match Archive::open(source) {
        Ok(archive) => {
            let facts = Facts::gather(&archive, asked.question, asked.expectations.clone()).map_err(about(path))?;
            Ok(app_judgement(shown(path), &facts, asked))
        }
        Err(ArchiveError::ApkSet) => set(path, source, asked),
        Err(ArchiveError::Library) => library(path, source, asked),
        Err(error) => Err(not_an_app(path, source, &error)),
    }
}

fn about<E: Advice + 'static>(path: &str) -> impl Fn(E) -> Failure {
    move |error| Failure::from_error(&error).at(path)
}

fn app_judgement(path: String, facts: &Facts, asked: &Asked<'_>) -> Judgement {
    let report = Report::new(facts, asked.policy);
    let mut object = app_object(path, facts);
    object.verdict = Some(report.verdict().name());
    object.checks = Some(checks(&report));
    Judgement::of(FileObject::App(Box::new(object)), &report)
}

fn checks(report: &Report) -> Vec<CheckObject> {
    let mut checks: Vec<CheckObject> = report.results.iter().flat_map(CheckObject::list).collect();
    // they are kept until all files are looked at
    checks.shrink_to_fit();
    checks
}

/// Every APK of a set, each under the set's path and its own.
fn set(path: &str, source: &dyn ReadAt, asked: &Asked<'_>) -> Result<Judgement, Failure> {
    if asked.question.v4_signature.is_some() {
        return Err(Failure::new("--v4-signature-file belongs to one APK, and this is a set of them").at(path));
    }
    let set = ApkSet::open(source).map_err(about(path))?;
    // one at a time in memory, however many sets there are
    let inflating = set.has_compressed().then(|| asked.inflating.lock());
    let members = gather_set(&set, asked.question, asked.expectations).map_err(about(path))?;
    drop(inflating);
    let judged = members.into_iter().map(|(entry, facts)| {
        let inner = name_in_set(path, &entry);
        match facts {
            Ok(facts) => app_judgement(shown(&inner), &facts, asked).in_set(path, &facts),
            Err(error) => Failure::from_error(&error).at(&inner).into(),
        }
    });
    Ok(judged.fold(Judgement::default(), Judgement::and))
}

fn library(path: &str, source: &dyn ReadAt, asked: &Asked<'_>) -> Result<Judgement, Failure> {
    let library = Library::open(source).map_err(about(path))?;
    let report = Report::of_library(&library, asked.policy);
    if report.results.is_empty() {
        return Err(Failure::new("this is an Android library (AAR), and no check of libraries is selected")
            .help("select the check `library-key`")
            .at(path));
    }
    let object = LibraryObject {
        path: shown(path),
        kind: "aar",
        package: library.package,
        key_entry: library.key_entry,
        verdict: report.verdict().name(),
        checks: checks(&report),
    };
    Ok(Judgement::of(FileObject::Library(object), &report))
}

/// What the file is instead, when that can be told.
fn not_an_app(path: &str, source: &dyn ReadAt, error: &ArchiveError) -> Failure {
    let Ok(head) = source.bytes(0..source.size().min(DETECTED)) else { return Failure::from_error(error).at(path) };
    let is_apkm = path.to_ascii_lowercase().ends_with(".apkm");
    if is_apkm && is_encrypted_apkm(&head) {
        return Failure::new("this .apkm is encrypted, as older ones of APKMirror are")
            .help("download the app again: newer .apkm files are ZIP archives; or give its base APK")
            .at(path);
    }
    let found = detect(&head);
    if matches!(found, Content::Zip | Content::Unknown) {
        return Failure::from_error(error).at(path);
    }
    Failure::new(format!("this is {found}, not an APK or App Bundle"))
        .help("give the built app; `apkkey fingerprint` reads keystores and certificates")
        .at(path)
}
