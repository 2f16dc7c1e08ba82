//! Carries a plan out: writes beside the target, makes the signatures meanwhile, reads the result back, and only then
//! puts it in place.

use super::{Expected, InjectError, Order, Plan, SignatureChange, Work};
use crate::advice::Advice;
use crate::output_file::{OutputError, OutputFile};
use crate::parallel;
use crate::signature::sign::SignError;
use crate::source::FileSource;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why nothing was written. The target is as it was.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The disk, or the folder.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The signatures cannot be made.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// What was written does not hold.
    #[error(transparent)]
    Check(#[from] InjectError),
    /// Somebody wrote to the input.
    #[error("the input changed while it was read, so nothing was written")]
    InputChanged,
}

impl Advice for WriteError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Output(error) => error.help(),
            Self::Sign(error) => error.help(),
            Self::Check(error) => error.help(),
            Self::InputChanged => Some("wait until the build is done, and run this again".to_owned()),
        }
    }
}

/// Another value tells that somebody wrote to the file: its size, and the time of its last change.
fn stamp(source: &FileSource) -> impl PartialEq + use<> {
    source.file().metadata().ok().and_then(|metadata| Some((metadata.len(), metadata.modified().ok()?)))
}

/// Where the v4 signature of an APK stands: beside it, where `adb install --incremental` looks for it.
#[must_use]
pub fn v4_signature_path(target: &Path) -> PathBuf {
    let mut name: OsString = target.as_os_str().to_owned();
    name.push(".idsig");
    PathBuf::from(name)
}

/// Writes what `plan` says to `target`; `order` is what the plan was made from. A v4 signature goes into a file
/// `.idsig` beside it, whose path is returned.
///
/// # Errors
/// [`WriteError`]; then the target is as it was, and nothing is left beside it.
pub fn write(
    target: &Path,
    source: &FileSource,
    plan: Plan<'_>,
    order: Order<'_>,
) -> Result<Option<PathBuf>, WriteError> {
    let before = stamp(source);
    let mut file = OutputFile::create(target)?;
    let mut signature = None;
    match plan.work {
        Work::Nothing => file.copy_whole(source)?,
        Work::Write(rewritten) => file.write_pieces(source, rewritten.pieces())?,
        Work::Sign(unsigned) => {
            let settled = unsigned.settled().to_vec();
            let writing = || file.write_pieces(source, settled).and_then(|()| file.sync());
            let (written, signed) = parallel::beside(writing, || unsigned.sign(source));
            written?;
            let signed = signed?;
            if let SignatureChange::Sign(request) = order.signature {
                signature = Some(signed.check_request(request));
            }
            file.write_pieces(source, signed.rest())?;
        }
    }
    let written = file.written()?;
    let expected = Expected { order, known_faults: plan.known_faults, signature };
    let (synced, checked) = parallel::beside(|| file.sync(), || expected.check(&written));
    if stamp(source) != before {
        return Err(WriteError::InputChanged);
    }
    checked?;
    synced?;
    let Some(contents) = expected.signature.and_then(|request| request.v4_signature) else {
        return Ok(file.commit().map(|()| None)?);
    };
    let path = v4_signature_path(target);
    let mut beside = OutputFile::create(&path)?;
    beside.write(&contents)?;
    file.commit()?;
    beside.commit()?;
    Ok(Some(path))
}
