//! `apkkey man`: the manual pages, one for the program and one for each command.

use crate::cli::Status;
use crate::cli::args::{Arguments, ManArgs};
use crate::cli::failure::{Failure, io_failure};
use crate::cli::output::Output;
use apkkey::output_file::OutputFile;
use apkkey::text::{Untrusted, nearest};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use std::path::Path;

pub(crate) fn run(args: &ManArgs, output: &Output) -> Result<Status, Failure> {
    let program = Arguments::command().disable_help_subcommand(true);
    match (&args.out, &args.command) {
        (Some(folder), _) => write_all(&program, folder)?,
        (None, None) => output.line(rendered(&program)?.trim_end())?,
        (None, Some(name)) => {
            let command = program.find_subcommand(name).ok_or_else(|| unknown(name, &program))?;
            output.line(rendered(&page_of(&program, command))?.trim_end())?;
        }
    }
    Ok(Status::Good)
}

/// A command under the title that `man apkkey-sign` finds.
fn page_of(program: &Command, command: &Command) -> Command {
    let page = command.clone().name(format!("apkkey-{}", command.get_name()));
    let page = page.bin_name(format!("apkkey {}", command.get_name()));
    let global = program.get_arguments().filter(|argument| argument.is_global_set()).cloned();
    page.version(program.get_version().unwrap_or_default().to_owned()).args(global)
}

fn rendered(page: &Command) -> Result<String, Failure> {
    let mut text = Vec::new();
    Man::new(page.clone()).render(&mut text).map_err(|error| Failure::new(error.to_string()))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn write_all(program: &Command, folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| io_failure(folder, &error))?;
    let commands = program.get_subcommands().map(|command| page_of(program, command));
    for page in commands.chain([program.clone()]) {
        let path = folder.join(format!("{}.1", page.get_name()));
        let text = rendered(&page)?;
        let written = OutputFile::create(&path).and_then(|mut file| {
            file.write(text.as_bytes())?;
            file.commit()
        });
        written.map_err(|error| Failure::from_error(&error).at(&path))?;
    }
    Ok(())
}

fn unknown(name: &str, program: &Command) -> Failure {
    let names: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
    let help = nearest(name, names.iter().copied()).map_or_else(
        || format!("the commands are {}", names.join(", ")),
        |nearest| format!("did you mean `{nearest}`?"),
    );
    Failure::new(format!("there is no command `{}`", Untrusted(name))).help(help)
}
