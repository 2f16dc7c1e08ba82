//! One file of `apkkey verify`: an app, a set of APKs, or a library.

use super::judgement::Judgement;
use super::settings::Settings;
use super::targets::Target;
use crate::cli::command::app;
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::model::{CheckObject, FileObject, LibraryObject};
use apkkey::archive::{ApkSet, Archive, ArchiveError, Library, is_encrypted_apkm};
use apkkey::check::{Expectations, Facts, Question, Report, gather_set};
use apkkey::keystore::{Content, detect};
use apkkey::source::FileSource;
use std::path::Path;

/// Looks at one file.
pub(super) fn judge(target: &Result<Target, Failure>, question: &Question<'_>, settings: &Settings) -> Judgement {
    let look = || {
        let target = target.as_ref().map_err(Clone::clone)?;
        let source = input::open(&target.path)?;
        let mut expectations = settings.expectations.clone();
        if expectations.package.is_none() {
            expectations.package = target.variant.as_ref().and_then(|variant| variant.application_id.clone());
        }
        let judgement = look_at(&target.path, &source, (question, settings, &expectations))?;
        Ok(judgement.of_variant(target.variant.as_ref()))
    };
    look().unwrap_or_else(|failure: Failure| failure.into())
}

/// What is asked, and of what.
type Asked<'a> = (&'a Question<'a>, &'a Settings, &'a Expectations);

fn look_at(path: &Path, source: &FileSource, asked: Asked<'_>) -> Result<Judgement, Failure> {
    let (question, settings, expectations) = asked;
    match Archive::open(source) {
        Ok(archive) => {
            let facts = Facts::gather(&archive, question, expectations.clone()).map_err(input::about(path))?;
            Ok(app_judgement(shown(path), &facts, settings))
        }
        Err(ArchiveError::ApkSet) => set(path, source, asked),
        Err(ArchiveError::Library) => library(path, source, settings),
        Err(error) => Err(not_an_app(path, source, &error)),
    }
}

fn app_judgement(path: String, facts: &Facts, settings: &Settings) -> Judgement {
    let report = Report::new(facts, &settings.policy);
    let mut object = app::object(path, facts);
    object.verdict = Some(report.verdict().name());
    object.checks = Some(checks(&report));
    Judgement::of(FileObject::App(Box::new(object)), &report)
}

fn checks(report: &Report) -> Vec<CheckObject> {
    report.results.iter().flat_map(CheckObject::list).collect()
}

/// Every APK of a set, each under the set's path and its own.
fn set(path: &Path, source: &FileSource, (question, settings, expectations): Asked<'_>) -> Result<Judgement, Failure> {
    if question.v4_signature.is_some() {
        return Err(Failure::new("--v4-signature-file belongs to one APK, and this is a set of them").at(path));
    }
    let set = ApkSet::open(source).map_err(input::about(path))?;
    // one at a time in memory, however many sets there are
    let inflating = set.has_compressed().then(|| settings.inflating.lock());
    let members = gather_set(&set, question, expectations).map_err(input::about(path))?;
    drop(inflating);
    let judged = members.into_iter().map(|(entry, facts)| {
        let inner = path.as_os_str().to_string_lossy().into_owned() + "!" + &entry;
        let inner = Path::new(&inner);
        match facts {
            Ok(facts) => app_judgement(shown(inner), &facts, settings).in_set(path, &facts),
            Err(error) => Failure::from_error(&error).at(inner).into(),
        }
    });
    Ok(judged.fold(Judgement::default(), Judgement::and))
}

fn library(path: &Path, source: &FileSource, settings: &Settings) -> Result<Judgement, Failure> {
    let library = Library::open(source).map_err(input::about(path))?;
    let report = Report::of_library(&library, &settings.policy);
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
fn not_an_app(path: &Path, source: &FileSource, error: &ArchiveError) -> Failure {
    let Ok(head) = input::head(source) else { return Failure::from_error(error).at(path) };
    let is_apkm = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("apkm"));
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
