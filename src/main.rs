//! The command line of apkkey.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
