//! Files that were dropped together: whether a key fits an app, and which certificate of a keystore it is for.

use crate::item::{Item, Kind};
use crate::parts;
use apkkey::api_key::{ApiKey, KeyFile, TokenKey};
use apkkey::check::{Depth, Expectations, Policy, Question, Selection};
use apkkey::keystore::Entry;
use apkkey::report::html::{self, Html};
use apkkey::report::{Asked, FileObject, judge, key_object, shown};
use apkkey::source::ReadAt;
use apkkey::text::Untrusted;
use std::sync::Mutex;

/// What is to be said of files together.
pub fn together<'a>(
    page: &mut Html,
    items: impl Iterator<Item = &'a Item> + Clone,
    (token_key, expectations): (&TokenKey, &Expectations),
) {
    let keys = || {
        items.clone().filter_map(|item| match &item.kind {
            Kind::Key(bytes) => Some((item.name.as_str(), bytes.as_slice())),
            Kind::Archive(_) | Kind::Store(_) | Kind::TokenKey(_) | Kind::Unusable(_) => None,
        })
    };
    for key in keys() {
        let mut has_app = false;
        for item in items.clone() {
            let Kind::Archive(app) = &item.kind else { continue };
            has_app |= in_app(page, (&item.name, app.as_ref()), (key, token_key, expectations));
        }
        if !has_app {
            in_stores(page, items.clone(), (key, token_key));
        }
    }
}

/// The key as if it stood in the app: what `apkkey verify --only key` would say of it then. Whether anything was said.
fn in_app(
    page: &mut Html,
    (name, app): (&str, &dyn ReadAt),
    ((key_name, key), token_key, expectations): ((&str, &[u8]), &TokenKey, &Expectations),
) -> bool {
    let question = Question { key_instead: Some(key), ..Question::new(token_key, Depth::Certificates) };
    let Ok(selection) = Selection::new(vec!["key".to_owned()], Vec::new()) else { return false };
    let policy = Policy { selection, ..Policy::default() };
    let inflating = Mutex::new(());
    let asked = Asked { question: &question, policy: &policy, expectations, inflating: &inflating };
    // what cannot be looked at says so in its own article
    let Ok(judgement) = judge(name, app, &asked) else { return false };
    let mut is_said = false;
    for file in &judgement.files {
        let FileObject::App(app) = file else { continue };
        // a split has no key of its own
        if app.split().is_some() {
            continue;
        }
        is_said = true;
        let title = format!("{} in {}", shown(key_name), app.path);
        let what = "whether this key fits, once it is put in";
        let checks = app.checks.as_deref().unwrap_or_default();
        html::judged(page, (&title, what), (app.verdict.unwrap_or_default(), checks));
    }
    is_said
}

/// A certificate that the key names, by what it is called, and whether MD5 and SHA-256 are its own; `None` for a digest that
/// the key does not name.
type Named = (String, (Option<bool>, Option<bool>));

/// The certificates of all keystores that the key is for.
fn in_stores<'a>(
    page: &mut Html,
    items: impl Iterator<Item = &'a Item> + Clone,
    ((key_name, bytes), token_key): ((&str, &[u8]), &TokenKey),
) {
    let file = KeyFile::read(bytes);
    let Ok(key) = &file.key else { return };
    let stores = || {
        items.clone().filter_map(|item| match &item.kind {
            Kind::Store(store) => Some((&item.name, store)),
            Kind::Archive(_) | Kind::Key(_) | Kind::TokenKey(_) | Kind::Unusable(_) => None,
        })
    };
    let (mut is_any, mut named) = (false, Vec::new());
    for (name, store) in stores() {
        for entry in store.opened.iter().flat_map(|keystore| &keystore.entries) {
            is_any |= entry.certificate().is_some();
            named.extend(names(key, entry, name));
        }
    }
    if !is_any {
        return;
    }
    let is_locked = stores().any(|(_, store)| store.opened.is_none());
    let said = key_object(&file, token_key);
    let (tone, told) = match verdict(&named) {
        None if is_locked => ("", "None of the certificates that could be read so far is the key's.".to_owned()),
        None => ("error", "The key was made for another certificate than those here.".to_owned()),
        Some((true, name)) if !said.authentic => {
            ("error", format!("The key names the certificate of {name}, but it is not genuine."))
        }
        Some((true, name)) if !said.problems.is_empty() => (
            "warning",
            format!("The key was made for the certificate of {name}, but something is wrong with the file."),
        ),
        Some((true, name)) if said.authenticated_by != Some("amazon") => (
            "warning",
            format!("The key was made for the certificate of {name}, but not by Amazon: the public key here says so."),
        ),
        Some((true, name)) => ("good", format!("The key was made for the certificate of {name}.")),
        Some((false, name)) => ("error", format!("Only one of the key's two digests is of the certificate of {name}.")),
    };
    parts::told(page, (&shown(key_name), "held against the certificates here"), (tone, &told));
}

fn names(key: &ApiKey, entry: &Entry, file: &str) -> Option<Named> {
    let digests = entry.certificate()?.fingerprints();
    let claims = key.claims();
    let md5 = claims.md5.as_ref().map(|claimed| claimed.value == Some(digests.md5));
    let sha256 = claims.sha256.as_ref().map(|claimed| claimed.value == Some(digests.sha256));
    let alias = entry.alias().map(|alias| format!("`{}` of ", Untrusted(alias))).unwrap_or_default();
    (md5 == Some(true) || sha256 == Some(true)).then(|| (format!("{alias}{}", shown(file)), (md5, sha256)))
}

/// Whether the key is for one of the certificates, or names only half of it. A key of the first years has no SHA-256.
fn verdict(named: &[Named]) -> Option<(bool, &str)> {
    let whole = |(_, digests): &&Named| matches!(digests, (Some(true), Some(true) | None));
    let found = named.iter().find(whole).map(|(name, _)| (true, name.as_str()));
    found.or_else(|| named.first().map(|(name, _)| (false, name.as_str())))
}
