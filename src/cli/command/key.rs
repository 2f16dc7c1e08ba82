//! `apkkey key`: is this API key genuine, and for which app.

use crate::cli::Status;
use crate::cli::args::KeyArgs;
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::Output;
use crate::cli::output::model::{ApiKeyObject, Document, FileObject, KeyObject, key_object};
use apkkey::api_key::KeyFile;
use apkkey::archive::{ApkSet, Archive, ArchiveError, SetError};
use apkkey::keystore::{Content, detect};
use apkkey::report::name_in_set;
use apkkey::source::FileSource;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &KeyArgs, output: &Output) -> Result<Status, Failure> {
    let token_key = input::token_key(args.token_key.token_key.as_deref())?;
    if args.show_key {
        return show(&args.files, output);
    }
    let mut document = Document::new("key");
    let mut good = true;
    for path in &args.files {
        match read(path, output) {
            Ok((name, entry, bytes)) => {
                let api_key = ApiKeyObject { entry, ..key_object(&KeyFile::read(&bytes), &token_key) };
                good &= api_key.authentic && (!args.strict || api_key.problems.is_empty());
                document.files.push(FileObject::Key(Box::new(KeyObject { path: name, kind: "api-key", api_key })));
            }
            Err(failure) => document.errors.push(failure.into()),
        }
    }
    let status = match (document.errors.is_empty(), good) {
        (false, _) => Status::Failed,
        (true, false) => Status::Bad,
        (true, true) => Status::Good,
    };
    document.verdict = if status == Status::Good { "good" } else { "bad" };
    output.document(&document)?;
    Ok(status)
}

/// Prints the key itself.
fn show(files: &[PathBuf], output: &Output) -> Result<Status, Failure> {
    let [path] = files else {
        return Err(Failure::new("`--show-key` prints one key, and several files are named").help("name one file"));
    };
    let (_, _, bytes) = read(path, output)?;
    let token = KeyFile::read(&bytes).canonical();
    output.line(&token.ok_or_else(|| Failure::new("there is no key to show").at(path))?)?;
    Ok(Status::Good)
}

/// What the file is called, the entry if it is in an app, and the key's bytes.
type Read = (String, Option<String>, Vec<u8>);

/// The key's bytes: of a file, of standard input, or of the entry in an app or in the base APKs of a set.
fn read(path: &Path, output: &Output) -> Result<Read, Failure> {
    if path == Path::new("-") {
        if std::io::stdin().is_terminal() {
            output.note("reading the key from standard input: paste it, then press Ctrl-D (Ctrl-Z on Windows)");
        }
        return Ok(("standard input".to_owned(), None, input::standard_input()?));
    }
    let source = input::open(path)?;
    if detect(&input::head(&source).map_err(|failure| failure.at(path))?) != Content::Zip {
        return Ok((shown(path), None, input::read_source(&source).map_err(|failure| failure.at(path))?));
    }
    match Archive::open(&source) {
        Ok(archive) => in_app(shown(path), &archive).map_err(|failure| failure.at(path)),
        Err(ArchiveError::ApkSet) => in_set(path, &source),
        Err(error) => Err(Failure::from_error(&error).at(path)),
    }
}

/// The key's bytes in the base APKs of a set, which must all have the same. An APK that cannot be read matters only when no
/// base can.
fn in_set(path: &Path, source: &FileSource) -> Result<Read, Failure> {
    let set = ApkSet::open(source).map_err(input::about(path))?;
    let (mut key, mut unread) = (None, None);
    for (entry, apk) in set.bases() {
        let place = PathBuf::from(name_in_set(&path.display().to_string(), &entry.name));
        let archive = apk
            .as_ref()
            .map_err(Failure::from_error)
            .and_then(|apk| Archive::open(apk).map_err(|error| Failure::from_error(&error)));
        let archive = match archive {
            Ok(archive) => archive,
            Err(failure) => {
                unread.get_or_insert_with(|| failure.at(&place));
                continue;
            }
        };
        let found = in_app(shown(&place), &archive).map_err(|failure| failure.at(&place))?;
        let (name, _, bytes) = key.get_or_insert_with(|| found.clone());
        if *bytes != found.2 {
            return Err(Failure::new(format!("its key is another than that of {name}"))
                .help("`apkkey verify` looks at each APK of the set; here give one of them")
                .at(&place));
        }
    }
    let none = || Failure::from_error(&SetError::NoBase).at(path);
    key.ok_or_else(|| unread.unwrap_or_else(none))
}

/// The key's bytes in the app that is called `name`.
fn in_app(name: String, archive: &Archive<'_>) -> Result<Read, Failure> {
    let entries = archive.key_entries();
    let missing = || Failure::new(format!("there is no `{}` in it", archive.key_entry_name()));
    let entry = entries.first().ok_or_else(missing)?;
    let bytes = archive.key_contents(entry).map_err(|error| Failure::from_error(&error))?;
    Ok((name, Some(entry.name.clone()), bytes))
}
