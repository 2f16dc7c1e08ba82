//! `apkkey verify`: everything that can be wrong with a finished app.

mod expected;
mod judge;
mod settings;
mod targets;

use super::assets;
use crate::cli::Status;
use crate::cli::args::VerifyArgs;
use crate::cli::config::{Config, Weight};
use crate::cli::failure::{Failure, shown};
use crate::cli::output::Output;
use crate::cli::output::model::{ConfigObject, Document, RunObject};
use crate::cli::workers;
use apkkey::report::Judgement;
use apkkey::text::Untrusted;
use settings::Settings;
use std::path::Path;
use targets::Targets;

pub(crate) fn run(args: &VerifyArgs, output: &Output) -> Result<Status, Failure> {
    let targets = Targets::find(&args.files);
    let mut config = Config::load(&args.config)?.unwrap_or_default();
    let mut origin = None;
    if let Some(variant) = &args.variant {
        let path = config.path.clone();
        match config.for_variant(variant)? {
            Some(settings) => {
                origin = assets::origin(&settings, &args.source_set).map(|place| (variant, place));
                config = settings.config;
            }
            None => {
                output.note(&not_settled(variant, &path));
                return Ok(Status::Good);
            }
        }
    }
    let settings = Settings::new(args, &config, output)?;
    let question = settings.question(targets.list.len())?;
    let mut progress = output.progress(targets.list.len());
    let judge = |target: &_| judge::judge(target, &question, &settings);
    let judgements = workers::in_order(&targets.list, judge, &mut progress);
    drop(progress);
    let all = judgements.into_iter().fold(Judgement::default(), Judgement::and);
    let mut document = Document::new("verify");
    document.verdict = if all.errors.is_empty() { all.verdict.name() } else { "bad" };
    let status = match (all.errors.is_empty(), all.is_acceptable) {
        (false, _) => Status::Failed,
        (true, false) => Status::Bad,
        (true, true) => Status::Good,
    };
    document.run = Some(RunObject { config: config_object(&config), notes: targets.notes });
    document.files = all.files;
    document.errors = all.errors.into_iter().map(Into::into).collect();
    output.document(&document)?;
    if let Some((variant, place)) = origin.filter(|_| status == Status::Bad) {
        output.remark(&format!("the key of the variant `{}` is from {place}", Untrusted(variant)));
    }
    Ok(status)
}

fn not_settled(variant: &str, path: &Path) -> String {
    format!("{} names variants, and `{}` is none of them: nothing was checked", shown(path), Untrusted(variant))
}

/// What the report says of the settings; `None` when no file was read.
fn config_object(config: &Config) -> Option<ConfigObject> {
    let named = |(name, weight): (&String, &Weight)| (name.clone(), weight.name().to_owned());
    let checks = config.checks.iter().map(named).collect();
    Some(ConfigObject { path: shown(&config.path), checks }).filter(|object| !object.path.is_empty())
}
