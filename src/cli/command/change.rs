//! What `inject` and `sign` have in common: an app is changed, or a dry run says how.

use crate::cli::args::TargetArgs;
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::model::ChangedObject;
use apkkey::archive::{Archive, Kind};
use apkkey::inject::{self, Order, Remark, Step, Work};
use apkkey::source::FileSource;
use std::path::Path;

/// A file that is to be changed.
pub(super) struct Input<'a> {
    pub(super) path: &'a Path,
    pub(super) source: &'a FileSource,
    pub(super) archive: &'a Archive<'a>,
    pub(super) package: &'a str,
}

/// Carries an order out, or says what it comes to.
pub(super) fn carry_out(
    input: &Input<'_>,
    order: Order<'_>,
    target: &TargetArgs,
    remarks: &[Remark],
) -> Result<ChangedObject, Failure> {
    let plan = inject::plan(input.archive, order).map_err(input::about(input.path))?;
    let out = target.out.as_deref().unwrap_or(input.path);
    let changed = !matches!(plan.work, Work::Nothing);
    let mut object = ChangedObject {
        path: shown(input.path),
        out: shown(out),
        package: input.package.to_owned(),
        changed,
        dry_run: target.dry_run,
        steps: plan.steps.iter().map(Step::to_string).collect(),
        remarks: remarks.iter().chain(&plan.remarks).map(ToString::to_string).collect(),
        schemes: plan.work.schemes().iter().map(ToString::to_string).collect(),
        v4_signature_file: None,
    };
    if !target.dry_run && (changed || target.out.is_some()) {
        let idsig = inject::write(out, input.source, plan, order).map_err(input::about(out))?;
        object.v4_signature_file = idsig.as_deref().map(shown);
        let beside = inject::v4_signature_path(out);
        if idsig.is_none() && input.archive.kind() == Kind::Apk && beside.exists() {
            object.remarks.push(format!(
                "`{}` was not made for this file: delete it, or sign with --v4-signing-enabled",
                shown(&beside)
            ));
        }
    }
    Ok(object)
}
