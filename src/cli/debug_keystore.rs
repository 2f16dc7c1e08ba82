//! Where Android Studio and Gradle keep the debug keystore: `debug.keystore` in the folder of Android's settings
//! (AGP's `AbstractAndroidLocations`).
//!
//! The first variable that is set names the folder, and builds look nowhere else: a keystore in another place is not
//! theirs, and its fingerprint would be a wrong one.

use super::failure::{Failure, shown};
use super::input;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

const FILE: &str = "debug.keystore";
/// The variables, and whether the folder is one named `.android` inside.
const VARIABLES: &[(&str, bool)] =
    &[("ANDROID_USER_HOME", false), ("ANDROID_PREFS_ROOT", true), ("ANDROID_SDK_HOME", true)];
const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

/// A place and the variable that leads there.
struct Place {
    variable: &'static str,
    file: PathBuf,
}

/// The debug keystore of this machine.
pub(crate) fn locate() -> Result<PathBuf, Failure> {
    let places = places(input::environment_os);
    let Some(first) = places.first() else {
        return Err(
            Failure::new("the home folder is not known").help(format!("set {HOME}, or give the keystore as FILE"))
        );
    };
    if first.file.is_file() {
        return Ok(first.file.clone());
    }
    let elsewhere = places.iter().skip(1).find(|place| place.file.is_file());
    let help = match elsewhere {
        Some(other) => format!(
            "a build makes it there; there is {}, which builds do not use as long as {} is set",
            shown(&other.file),
            first.variable
        ),
        None => "a debug build with Gradle or Android Studio makes it; give another keystore as FILE".to_owned(),
    };
    Err(Failure::new(format!("there is no debug keystore (looked where {} leads)", first.variable))
        .help(help)
        .at(&first.file))
}

/// In the order in which builds look.
fn places(environment: impl Fn(&str) -> Option<OsString>) -> Vec<Place> {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty());
    let in_folder = |folder: &Path, nested: bool| {
        if nested { folder.join(".android").join(FILE) } else { folder.join(FILE) }
    };
    VARIABLES
        .iter()
        .chain(&[(HOME, true)])
        .filter_map(|(variable, nested)| {
            set(variable).map(|folder| Place { variable, file: in_folder(Path::new(&folder), *nested) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(set: &[(&str, &str)]) -> Vec<PathBuf> {
        let value = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        places(value).into_iter().map(|place| place.file).collect()
    }

    #[test]
    fn the_order_is_that_of_builds() {
        let all = [(HOME, "/h"), ("ANDROID_SDK_HOME", "/s"), ("ANDROID_PREFS_ROOT", "/p"), ("ANDROID_USER_HOME", "/u")];
        let wanted = ["/u/debug.keystore", "/p/.android/debug.keystore", "/s/.android/debug.keystore"];
        assert_eq!(files(&all)[..3], wanted.map(PathBuf::from));
        assert_eq!(files(&[(HOME, "/h"), ("ANDROID_USER_HOME", "")]), [PathBuf::from("/h/.android/debug.keystore")]);
        assert!(files(&[]).is_empty());
    }
}
