//! `apkkey gradle`: the script that a Gradle build applies.

use crate::cli::Status;
use crate::cli::args::GradleArgs;
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::Output;
use apkkey::output_file::OutputFile;
use std::path::Path;

const MODERN: &str = include_str!("modern.gradle");
const LEGACY: &str = include_str!("legacy.gradle");

pub(crate) fn run(args: &GradleArgs, output: &Output) -> Result<Status, Failure> {
    let script = script(args.legacy);
    match (&args.write, &args.check) {
        (Some(path), _) => write(path, &script, output),
        (None, Some(path)) => check(path, args.legacy, output),
        (None, None) => output.line(script.trim_end()).map(|()| Status::Good),
    }
}

/// The script with the version and the command that made it in its first line.
fn script(legacy: bool) -> String {
    let option = if legacy { " --legacy" } else { "" };
    let header = format!("apkkey {}. Made by `apkkey gradle{option} --write`; do not edit.", env!("CARGO_PKG_VERSION"));
    (if legacy { LEGACY } else { MODERN }).replacen("@HEADER@", &header, 1)
}

fn write(path: &Path, script: &str, output: &Output) -> Result<Status, Failure> {
    let written = OutputFile::create(path).and_then(|mut file| {
        file.write(script.as_bytes())?;
        file.commit()
    });
    written.map_err(|error| Failure::from_error(&error).at(path))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    output.note(&format!(
        "apply it in the build file beside it: `apply from: '{name}'` (Kotlin: `apply(from = \"{name}\")`)"
    ));
    Ok(Status::Good)
}

/// Whether the file is the script of this version, in either of its kinds.
fn check(path: &Path, legacy: bool, output: &Output) -> Result<Status, Failure> {
    let option = if legacy { " --legacy" } else { "" };
    let bytes = input::read(path).map_err(|failure| match path.exists() {
        true => failure,
        false => failure.help(format!("write it: `apkkey gradle{option} --write {}`", shown(path))),
    })?;
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    if [script(false), script(true)].contains(&text) {
        return Ok(Status::Good);
    }
    let is_legacy = legacy || text.lines().next().is_some_and(|line| line.contains("--legacy"));
    let option = if is_legacy { " --legacy" } else { "" };
    let path = shown(path);
    let failure = Failure::new(format!("{path} is not the script of apkkey {}", env!("CARGO_PKG_VERSION")));
    output.failure(&failure.help(format!("write it again: `apkkey gradle{option} --write {path}`")));
    Ok(Status::Bad)
}
