//! `apkkey explain`: what a check means. The text is that of docs/checks.md.

use crate::cli::Status;
use crate::cli::args::ExplainArgs;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use apkkey::check::{Group, checks};
use apkkey::text;

const DOCUMENT: &str = include_str!("../../../docs/checks.md");

pub(crate) fn run(args: &ExplainArgs, output: &Output) -> Result<Status, Failure> {
    let text = match &args.id {
        Some(id) => section(id).ok_or_else(|| unknown(id))?,
        None => list(),
    };
    output.line(&text)?;
    Ok(Status::Good)
}

/// The part of the document under the check's heading.
fn section(id: &str) -> Option<String> {
    checks().iter().find(|check| check.id == id)?;
    let heading = format!("### {id}\n");
    let (_, after) = DOCUMENT.split_once(&heading)?;
    let end = after.find("\n#").unwrap_or(after.len());
    let body = after.get(..end).unwrap_or(after).trim();
    Some(format!("{id}\n\n{body}"))
}

fn unknown(id: &str) -> Failure {
    let all = checks();
    let nearest = text::nearest(id, all.iter().map(|check| check.id));
    let help = nearest.map_or_else(
        || "`apkkey explain --list` shows all checks".to_owned(),
        |nearest| format!("did you mean `{nearest}`? `apkkey explain --list` shows all checks"),
    );
    Failure::new(format!("there is no check `{}`", text::Untrusted(id))).help(help)
}

fn list() -> String {
    let mut lines = Vec::new();
    for group in Group::ALL {
        lines.push(format!("{}:", group.name()));
        for check in checks().iter().filter(|check| check.group == group) {
            lines.push(format!("  {:<26} {:<8} {}", check.id, check.severity.to_string(), check.summary));
        }
    }
    lines.join("\n")
}
