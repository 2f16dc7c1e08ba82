//! Files that were dropped together: whether a key fits an app, and which certificate of a keystore it is for.

use crate::item::{Item, Kind};
use crate::parts;
use apkkey::api_key::{KeyFile, TokenKey};
use apkkey::check::{Depth, Expectations, Policy, Question, Selection};
use apkkey::report::html::{self, Html};
use apkkey::report::{Asked, FileObject, judge, shown};
use apkkey::source::ReadAt;
use apkkey::text::Untrusted;
use std::sync::Mutex;

/// What is to be said of files together.
pub fn together<'a>(
    items: impl Iterator<Item = &'a Item> + Clone,
    (token_key, expectations): (&TokenKey, &Expectations),
) -> Html {
    let mut page = Html::default();
    let keys = || {
        items.clone().filter_map(|item| match &item.kind {
            Kind::Key(bytes) => Some((item.name.as_str(), bytes.as_slice())),
            Kind::Archive(_) | Kind::Store(_) | Kind::TokenKey(_) | Kind::Unusable(_) => None,
        })
    };
    let mut has_app = false;
    for item in items.clone() {
        let Kind::Archive(app) = &item.kind else { continue };
        has_app = true;
        keys().for_each(|key| in_app(&mut page, (&item.name, app.as_ref()), (key, token_key, expectations)));
    }
    if !has_app {
        keys().for_each(|key| in_stores(&mut page, items.clone(), key));
    }
    page
}

/// The key as if it stood in the app: what `apkkey verify --only key` would say of it then.
fn in_app(
    page: &mut Html,
    (name, app): (&str, &dyn ReadAt),
    ((key_name, key), token_key, expectations): ((&str, &[u8]), &TokenKey, &Expectations),
) {
    let question = Question { key_instead: Some(key), ..Question::new(token_key, Depth::Certificates) };
    let Ok(selection) = Selection::new(vec!["key".to_owned()], Vec::new()) else { return };
    let policy = Policy { selection, ..Policy::default() };
    let inflating = Mutex::new(());
    let asked = Asked { question: &question, policy: &policy, expectations, inflating: &inflating };
    // what cannot be looked at says so in its own article
    let Ok(judgement) = judge(name, app, &asked) else { return };
    for file in &judgement.files {
        let FileObject::App(app) = file else { continue };
        let title = format!("{} in {}", shown(key_name), app.path);
        let what = "whether this key fits, once it is put in";
        html::judged(
            page,
            (&title, what),
            (app.verdict.unwrap_or_default(), app.checks.as_deref().unwrap_or_default()),
        );
    }
}

/// The certificates of all keystores that the key is for.
fn in_stores<'a>(page: &mut Html, items: impl Iterator<Item = &'a Item>, (key_name, key): (&str, &[u8])) {
    let file = KeyFile::read(key);
    let Ok(key) = &file.key else { return };
    let claims = key.claims();
    let (md5, sha256) = (claims.md5.as_ref(), claims.sha256.as_ref());
    let (mut is_any, mut found) = (false, Vec::new());
    for item in items {
        let Kind::Store(store) = &item.kind else { continue };
        for entry in store.opened.iter().flat_map(|keystore| &keystore.entries) {
            let Some(certificate) = entry.certificate() else { continue };
            is_any = true;
            let digests = certificate.fingerprints();
            let fits = (
                md5.map(|claimed| claimed.value == Some(digests.md5)),
                sha256.map(|claimed| claimed.value == Some(digests.sha256)),
            );
            if fits.0 == Some(true) || fits.1 == Some(true) {
                let alias = entry.alias().map(|alias| format!("`{}` of ", Untrusted(alias))).unwrap_or_default();
                found.push((format!("{alias}{}", shown(&item.name)), fits));
            }
        }
    }
    if !is_any {
        return;
    }
    let (tone, told) = match (
        found.iter().find(|(_, fits)| *fits != (Some(true), Some(false)) && fits.0 == Some(true)),
        found.first(),
    ) {
        (Some((name, _)), _) => ("good", format!("The key was made for the certificate of {name}.")),
        (None, None) => ("error", "The key was made for another certificate than those here.".to_owned()),
        (None, Some((name, (Some(true), _)))) => {
            ("error", format!("The key has the MD5 of {name}, and the SHA-256 of another certificate."))
        }
        (None, Some((name, _))) => {
            ("error", format!("The key has the SHA-256 of {name}, and the MD5 of another certificate."))
        }
    };
    parts::told(page, (&shown(key_name), "held against the certificates here"), (tone, &told));
}
