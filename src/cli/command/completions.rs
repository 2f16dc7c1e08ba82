//! `apkkey completions`: a completion script for a shell.

use crate::cli::Status;
use crate::cli::args::{Arguments, CompletionsArgs};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use clap::CommandFactory;

pub(crate) fn run(args: &CompletionsArgs, output: &Output) -> Result<Status, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "apkkey", &mut script);
    output.line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Status::Good)
}
