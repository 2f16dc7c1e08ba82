//! One file of `apkkey verify`: an app, a set of APKs, or a library.

use super::settings::Settings;
use super::targets::Target;
use crate::cli::failure::Failure;
use crate::cli::input;
use apkkey::check::Question;
use apkkey::report::{self, Asked, Judgement};

/// Looks at one file.
pub(super) fn judge(target: &Result<Target, Failure>, question: &Question<'_>, settings: &Settings) -> Judgement {
    let look = || {
        let target = target.as_ref().map_err(Clone::clone)?;
        let source = input::open(&target.path)?;
        let mut expectations = settings.expectations.clone();
        if expectations.package.is_none() {
            expectations.package = target.variant.as_ref().and_then(|variant| variant.application_id.clone());
        }
        let Settings { policy, inflating, .. } = settings;
        let asked = Asked { question, policy, expectations: &expectations, inflating };
        let judgement = report::judge(&target.path.to_string_lossy(), &source, &asked)?;
        Ok(judgement.of_variant(target.variant.as_ref()))
    };
    look().unwrap_or_else(|failure: Failure| failure.into())
}
