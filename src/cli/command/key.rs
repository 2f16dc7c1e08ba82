//! `apkkey key`: is this API key genuine, and for which app.

use crate::cli::Status;
use crate::cli::args::KeyArgs;
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::Output;
use crate::cli::output::model::{ApiKeyObject, Document, FileObject, KeyObject, key_object};
use apkkey::api_key::KeyFile;
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
