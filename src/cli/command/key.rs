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
use std::path::Path;

pub(crate) fn run(args: &KeyArgs, output: &Output) -> Result<Status, Failure> {
    let token_key = input::token_key(args.token_key.token_key.as_deref())?;
    let (name, entry, bytes) = read(&args.file, output)?;
    let file = KeyFile::read(&bytes);
    if args.show_key {
        let token = file.canonical().ok_or_else(|| Failure::new("there is no key to show").at(&args.file))?;
        output.line(&token)?;
        return Ok(Status::Good);
    }
    let api_key = ApiKeyObject { entry, ..describe(&file, &token_key) };
    let authentic = api_key.authentic;
    let mut document = Document::new("key");
    document.verdict = if authentic { "good" } else { "bad" };
    document.files.push(FileObject::Key(Box::new(KeyObject { path: name, kind: "api-key", api_key })));
    output.document(&document)?;
    Ok(if authentic { Status::Good } else { Status::Bad })
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

fn describe(file: &KeyFile, token_key: &TokenKey) -> ApiKeyObject {
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
