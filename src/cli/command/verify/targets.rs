//! What is to be looked at: files as they were named, and of folders what a build put into them.

use crate::cli::failure::{Failure, shown};
use crate::cli::output::model::VariantObject;
use apkkey::gradle::{Output, Outputs};
use std::path::{Path, PathBuf};

/// One file.
pub(super) struct Target {
    pub(super) path: PathBuf,
    /// What the build says of it.
    pub(super) variant: Option<VariantObject>,
}

/// All files, in the order in which they were named.
#[derive(Default)]
pub(super) struct Targets {
    pub(super) list: Vec<Result<Target, Failure>>,
    /// What was left out, and why.
    pub(super) notes: Vec<String>,
}

impl Targets {
    pub(super) fn find(paths: &[PathBuf]) -> Self {
        let mut targets = Self::default();
        for path in paths {
            if path.is_dir() {
                targets.folder(path);
            } else {
                targets.list.push(Ok(Target { path: path.clone(), variant: None }));
            }
        }
        targets
    }

    fn folder(&mut self, folder: &Path) {
        let Outputs { files, strays, tests } = match Outputs::find(folder) {
            Ok(outputs) => outputs,
            Err(error) => return self.list.push(Err(Failure::from_error(&error).at(folder))),
        };
        let found = files.into_iter().map(|file| match file {
            Ok(Output { path, variant, application_id }) => {
                let variant = variant.map(|name| VariantObject { name, application_id });
                Ok(Target { path, variant })
            }
            Err((path, error)) => Err(Failure::from_error(&error).at(&path)),
        });
        self.list.extend(found);
        for stray in strays {
            let note = "left out: the output-metadata.json beside it does not name it, so an older build left it";
            self.notes.push(format!("{}: {note}", shown(&stray)));
        }
        for test in tests {
            self.notes.push(format!("{}: left out: tests need no key", shown(&test)));
        }
    }
}
