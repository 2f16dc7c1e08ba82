//! The part of the report that tells what an app is.

use super::{ApiKeyObject, AppObject, SetObject, SignatureObject, archive_refused, shown};
use crate::archive::Kind;
use crate::check::{Facts, PlacedKey};
use crate::manifest::Flag;

/// Fills in everything but the checks.
#[must_use]
pub fn app_object(path: String, facts: &Facts) -> AppObject {
    let manifest = &facts.manifest;
    AppObject {
        path,
        kind: match facts.kind {
            Kind::Apk => "apk",
            Kind::Aab => "aab",
        },
        package: manifest.package.as_str().to_owned(),
        version_code: manifest.version_code,
        version_name: manifest.version_name.clone(),
        min_sdk: manifest.min_sdk.number(),
        target_sdk: manifest.target_sdk.number(),
        debuggable: match &manifest.debuggable {
            Flag::On => Some(true),
            Flag::Off => Some(false),
            Flag::Unresolved(_) => None,
        },
        signature: SignatureObject::new(&facts.signatures, archive_refused(facts)),
        api_key: facts.key.as_ref().map(placed_key),
        set: None,
        variant: None,
        verdict: None,
        checks: None,
    }
}

/// What an APK in a set is called.
#[must_use]
pub fn name_in_set(set: &str, entry: &str) -> String {
    format!("{set}!{entry}")
}

/// The place of an APK in the set at `path`; `None` for an app that is a file of its own.
#[must_use]
pub fn set_object(path: &str, facts: &Facts) -> Option<SetObject> {
    facts.set.as_ref().map(|member| SetObject {
        path: shown(path),
        kind: member.kind.name(),
        entry: member.entry.clone(),
        split: member.split.clone(),
    })
}

/// What is known of a key in an archive.
fn placed_key(placed: &PlacedKey) -> ApiKeyObject {
    let mut object = ApiKeyObject { entry: Some(placed.place.entry().to_owned()), ..ApiKeyObject::default() };
    if let Some(key) = placed.key() {
        object = object.with_claims(key);
    }
    let authority = placed.authentic.as_ref().and_then(|result| result.as_ref().ok()).map(|key| key.authority());
    object.authenticated(authority)
}
