//! The report of `apkkey sources` for people.

use super::{ERROR, GOOD, STRONG, WARNING, help_line};
use crate::cli::output::model::SourcesObject;
use std::io::{Result, Write};

pub(super) fn module(module: &SourcesObject, quiet: bool, out: &mut dyn Write) -> Result<()> {
    if !quiet {
        writeln!(out, "{STRONG}{}{STRONG:#}", module.path)?;
        let width = module.variants.iter().map(|variant| variant.name.chars().count()).max().unwrap_or_default();
        for variant in &module.variants {
            write!(out, "  {:width$}  ", variant.name)?;
            match &variant.key {
                Some(key) => write!(out, "{GOOD}{key}{GOOD:#}")?,
                None if variant.ignored => write!(out, "no key, and none wanted by the settings")?,
                None => write!(out, "no key")?,
            }
            if !variant.beaten.is_empty() {
                write!(out, ", beats {}", variant.beaten.join(", "))?;
            }
            writeln!(out)?;
        }
        if module.partial {
            writeln!(out, "  (the build file does more than can be read without running it)")?;
        }
    }
    for finding in &module.findings {
        let style = match finding.severity {
            "error" => ERROR,
            "warning" => WARNING,
            _ if quiet => continue,
            _ => STRONG,
        };
        let (severity, id) = (finding.severity, finding.id);
        writeln!(out, "{style}{severity}[{id}]{style:#}: {}: {}", finding.path, finding.message)?;
        help_line(finding.help.as_deref(), out)?;
    }
    Ok(())
}
