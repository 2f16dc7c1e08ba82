//! The command line: reads arguments, environment, terminal and files, calls the library, and prints.
//!
//! Nothing below this module prints, reads the environment, or knows a prompt.

mod args;
mod command;
mod config;
mod debug_keystore;
mod failure;
mod input;
mod output;
mod password;
mod signer;
mod signing;
mod store;
mod waiting;
mod workers;

use args::{Arguments, Command};
use clap::Parser;
use output::Output;
use std::process::ExitCode;

/// What a command comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Exit code 0.
    Good,
    /// A check of severity error failed: exit code 1.
    Bad,
    /// Could not do it: exit code 2.
    Failed,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Good => Self::SUCCESS,
            Status::Bad => Self::from(1),
            Status::Failed => Self::from(2),
        }
    }
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    let parsed = signer::separate(signing::join_switches(std::env::args_os().collect()))
        .and_then(|(own, signers)| Ok((Arguments::try_parse_from(own)?, signers)));
    let (arguments, further) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return usage(&error),
    };
    let output = Output::new(&arguments.output);
    let result = output.suits(&arguments.command).and_then(|()| match &arguments.command {
        Command::Fingerprint(args) => command::fingerprint::run(args, &output),
        Command::Key(args) => command::key::run(args, &output),
        Command::Verify(args) => command::verify::run(args, &output),
        Command::Inject(args) => command::inject::run(args, &further, &output),
        Command::Sign(args) => command::sign::run(args, &further, &output),
        Command::Lineage(args) => command::lineage::run(args, &further, &output),
        Command::Explain(args) => command::explain::run(args, &output),
        Command::Sources(args) => command::sources::run(args, &output),
        Command::Gradle(args) => command::gradle::run(args, &output),
        Command::Completions(args) => command::completions::run(args, &output),
        Command::Man(args) => command::man::run(args, &output),
    });
    match result {
        Ok(status) => status.into(),
        Err(failure) => {
            output.failure(&failure);
            Status::Failed.into()
        }
    }
}

/// Help and version go to standard output with exit code 0, wrong usage to standard error with 2.
fn usage(error: &clap::Error) -> ExitCode {
    let code = if error.use_stderr() { Status::Failed } else { Status::Good };
    // a closed pipe is no failure of ours
    drop(error.print());
    code.into()
}
