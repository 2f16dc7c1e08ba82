//! Errors on their way to the user, and what the operating system says in our words.

pub(crate) use apkkey::report::{Failure, shown};

use std::io::{self, ErrorKind};
use std::path::Path;

/// What the operating system says about a file, in our words where it helps.
pub(crate) fn io_failure(path: &Path, error: &io::Error) -> Failure {
    let kind = error.kind();
    let failure = if kind == ErrorKind::NotFound {
        Failure::new("there is no such file").help("check the path: the build may have given the file another name")
    } else if kind == ErrorKind::IsADirectory {
        Failure::new("this is a directory").help("name the file in it")
    } else if kind == ErrorKind::PermissionDenied {
        Failure::new("permission denied").help("check the file's permissions")
    } else {
        Failure::new(error.to_string())
    };
    failure.at(path)
}
