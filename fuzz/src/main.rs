//! Coverage-guided fuzzing of apkkey's parsers on a stable compiler.
//!
//! `fuzz/run.sh --target NAME --seconds N --seed N` runs one target (or `all` in turn), `--input FILE` runs one input,
//! `--systematic N` makes about N changes of each seed in order instead of by chance, `--seeds DIR` takes the files there
//! instead of the fixtures, `--list` names the targets. Exit code 1 when something was found.

mod chance;
mod coverage;
mod driver;
mod fixtures;
mod memory;
mod mutate;
mod parts;
mod repair;
mod systematic;
mod targets;

use driver::Run;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut target, mut input, mut changes) = ("all".to_owned(), None, None);
    let home = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut run = Run { time: Duration::from_secs(60), seed: 1, corpus: None, findings: home.join("findings") };
    while let Some(name) = arguments.next() {
        if name == "--list" {
            targets::all().iter().for_each(|target| println!("{}", target.name));
            return ExitCode::SUCCESS;
        }
        let value = arguments.next().unwrap_or_else(|| panic!("{name} needs a value"));
        match name.as_str() {
            "--target" => target = value,
            "--seconds" => run.time = Duration::from_secs(value.parse().unwrap()),
            "--seed" => run.seed = value.parse().unwrap(),
            "--corpus" => run.corpus = Some(value.into()),
            "--findings" => run.findings = value.into(),
            "--systematic" => changes = Some(value.parse().unwrap()),
            "--seeds" => fixtures::give(Path::new(&value)),
            "--input" => input = Some(value),
            _ => panic!("there is no option {name}"),
        }
    }
    let chosen: Vec<_> = targets::all().into_iter().filter(|one| target == "all" || one.name == target).collect();
    assert!(!chosen.is_empty(), "there is no target {target}: --list names them");
    driver::watch(run.findings.clone());
    match input {
        Some(path) => replay(&chosen, &std::fs::read(path).unwrap()),
        None => fuzz(&chosen, &run, changes),
    }
}

fn replay(chosen: &[targets::Target], input: &[u8]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for target in chosen {
        let result = driver::execute(target, input);
        println!("{}: {}", target.name, result.as_ref().map_or_else(String::as_str, |()| "nothing found"));
        if result.is_err() {
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn fuzz(chosen: &[targets::Target], run: &Run, changes: Option<usize>) -> ExitCode {
    let mut coverage = coverage::Coverage::new();
    let mut findings = 0;
    let mut executions = 0;
    for target in chosen {
        let summary = match changes {
            Some(wanted) => systematic::run(target, wanted, &run.findings),
            None => driver::run(target, run, &mut coverage),
        };
        findings += summary.findings;
        executions += summary.executions;
    }
    println!("{} targets, {executions} runs, {findings} findings", chosen.len());
    if findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
