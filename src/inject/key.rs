//! Which key may go into which app.

use super::InjectError;
use crate::api_key::{ApiKey, Authentic, KeyFile, NotAuthentic, Platform, TokenKey, authenticate};
use crate::check;
use std::fmt;

/// Something that the user should know although the key goes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark(pub String);

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key that may go into an app of this package.
#[derive(Debug)]
pub struct Accepted {
    token: String,
    /// White space that was left out, and findings that `--force` let through.
    pub remarks: Vec<Remark>,
}

impl Accepted {
    /// The exact bytes of the key file.
    #[must_use]
    pub fn token(&self) -> &[u8] {
        self.token.as_bytes()
    }
}

/// Takes a key for a package: it must be authentic, for Android and for this package. With `force` what is wrong is a
/// remark instead of an error, as long as there is a token to write.
///
/// # Errors
/// [`InjectError`].
pub fn accept(file: &KeyFile, package: &str, token_key: &TokenKey, force: bool) -> Result<Accepted, InjectError> {
    let key = file.key.as_ref().map_err(Clone::clone)?;
    let token = file.canonical().ok_or_else(|| InjectError::Damaged(first_damage(file)))?;
    let mut remarks: Vec<Remark> = file
        .defects
        .iter()
        .filter(|defect| defect.removed_by_inject())
        .map(|defect| Remark(format!("left out: {defect}")))
        .collect();
    for error in objections(key, package, token_key) {
        if !force {
            return Err(error);
        }
        remarks.push(Remark(format!("forced: {error}")));
    }
    Ok(Accepted { token, remarks })
}

fn first_damage(file: &KeyFile) -> String {
    let damage = file.defects.iter().find(|defect| !defect.removed_by_inject());
    damage.map_or_else(|| "it has more than the key in it".to_owned(), ToString::to_string)
}

fn objections(key: &ApiKey, package: &str, token_key: &TokenKey) -> Vec<InjectError> {
    let mut objections = Vec::new();
    let authentic: Result<Authentic<ApiKey>, NotAuthentic> = authenticate(key, token_key);
    if let Err(error) = authentic {
        objections.push(error.into());
    }
    match (key.claims().platform(), key.claims().package.as_deref()) {
        (Platform::Android, Some(found)) if found == package => {}
        (Platform::Android, Some(found)) => objections.push(InjectError::Package {
            app: package.to_owned(),
            key: found.to_owned(),
            cause: check::package_cause(package, found),
        }),
        _ => objections.push(InjectError::NotAndroid),
    }
    objections
}
