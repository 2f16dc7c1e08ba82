//! `apkkey key`: is this API key genuine, and for which app.

use crate::cli::Status;
use crate::cli::args::KeyArgs;
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::Output;
use crate::cli::output::model::{ApiKeyObject, Document, FileObject, KeyObject, ProblemObject};
use apkkey::advice::Advice;
use apkkey::api_key::{ApiKey, Authentic, KeyFile, NotAuthentic, Platform, TokenError, TokenKey, authenticate};
use apkkey::archive::Archive;
use apkkey::keystore::{Content, detect};
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
                let api_key = ApiKeyObject { entry, ..describe(&KeyFile::read(&bytes), &token_key) };
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

/// The key's bytes: of a file, of standard input, or of the entry in an app.
fn read(path: &Path, output: &Output) -> Result<(String, Option<String>, Vec<u8>), Failure> {
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
    let archive = Archive::open(&source).map_err(input::about(path))?;
    let entries = archive.key_entries();
    let missing = || Failure::new(format!("there is no `{}` in it", archive.key_entry_name())).at(path);
    let entry = entries.first().ok_or_else(missing)?;
    let bytes = archive.key_contents(entry).map_err(input::about(path))?;
    Ok((shown(path), Some(entry.name.clone()), bytes))
}

/// What a key says, and everything that is wrong with it.
pub(super) fn describe(file: &KeyFile, token_key: &TokenKey) -> ApiKeyObject {
    let mut problems: Vec<ProblemObject> = Vec::new();
    let mut object = ApiKeyObject::default();
    match &file.key {
        Ok(key) => {
            let result = authenticate(key, token_key);
            object = object.with_claims(key).authenticated(result.as_ref().ok().map(Authentic::authority));
            problems.extend(key_problems(key, result.err()));
        }
        Err(error) => {
            problems.push(ProblemObject { id: "key-malformed", message: error.to_string(), help: error.help() })
        }
    }
    let is_something_else = matches!(file.key, Err(TokenError::Other(_)));
    let defects = file.defects.iter().filter(|_| !is_something_else);
    problems.extend(defects.map(|defect| ProblemObject {
        id: defect.id(),
        message: defect.to_string(),
        help: Some(defect.help().to_owned()),
    }));
    if let Some(repaired) = file.repaired().filter(|repaired| authenticate(&repaired.key, token_key).is_ok()) {
        let undone: Vec<String> = repaired.undone.iter().map(ToString::to_string).collect();
        problems.push(ProblemObject {
            id: "repairable",
            message: format!("the key inside is genuine once this is undone: {}", undone.join(", ")),
            help: None,
        });
    }
    object.problems = problems;
    object
}

fn key_problems(key: &ApiKey, not_authentic: Option<NotAuthentic>) -> Vec<ProblemObject> {
    let not_authentic = not_authentic.map(|error| ProblemObject {
        id: "key-not-authentic",
        message: error.to_string(),
        help: error.help(),
    });
    let mut problems: Vec<ProblemObject> = not_authentic.into_iter().collect();
    if key.claims().platform() != Platform::Ios {
        problems.extend(key.claims().problems().into_iter().map(|problem| ProblemObject {
            id: "key-claims",
            message: problem.to_string(),
            help: problem.help(),
        }));
    }
    problems
}
