//! `apkkey explain`: what a check means. The text is that of docs/checks.md.

use crate::cli::Status;
use crate::cli::args::ExplainArgs;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use apkkey::check::{Group, checks};
use apkkey::signature::RULES;
use apkkey::text;

const DOCUMENT: &str = include_str!("../../../docs/checks.md");

pub(crate) fn run(args: &ExplainArgs, output: &Output) -> Result<Status, Failure> {
    let text = match &args.id {
        Some(id) => section(id).or_else(|| rule(id)).ok_or_else(|| unknown(id))?,
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

/// A rule of the signature, which the checks `signature-invalid`, `signature-doubtful` and `source-stamp-invalid` name.
fn rule(id: &str) -> Option<String> {
    let rule = RULES.iter().find(|rule| rule.id == id)?;
    let meaning = rule.meaning.trim();
    Some(format!("{id}\n\nA rule of the signature. {meaning}\n\nRepair: {}.", rule.help))
}

fn unknown(id: &str) -> Failure {
    let all = checks();
    let ids = all.iter().map(|check| check.id).chain(RULES.iter().map(|rule| rule.id));
    let nearest = text::nearest(id, ids);
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
    lines.push("rules of the signature, reported by signature-invalid and signature-doubtful:".to_owned());
    lines.extend(RULES.iter().map(|rule| format!("  {:<36} {}", rule.id, rule.meaning.trim())));
    lines.join("\n")
}
