//! The files on the page, and what is said of them.

use crate::answer::{Answer, Question, Wanted};
use crate::boundary::PageFile;
use crate::item::{Item, Kind, Store};
use crate::{fit, parts};
use apkkey::api_key::{KeyFile, TokenKey};
use apkkey::archive::{Archive, ArchiveError};
use apkkey::check::{Depth, Expectations, Facts, Policy, Question as Asking};
use apkkey::fingerprint::Sha256;
use apkkey::keystore::KeystoreError;
use apkkey::report::html::{self, Html};
use apkkey::report::{Asked, Failure, FileObject, KeyObject, app_object, judge, key_object, shown, store_object};
use apkkey::secret::Password;
use apkkey::source::ReadAt;
use apkkey::text::Untrusted;
use apkkey::timestamp::Timestamp;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Everything that was dropped.
#[derive(Default)]
pub struct Session {
    items: BTreeMap<u32, Item>,
    /// The certificate that somebody said signs.
    chosen: Option<Sha256>,
}

impl Session {
    /// Answers a question in JSON with JSON.
    pub fn ask(&mut self, question: &[u8]) -> String {
        let answer = match serde_json::from_slice::<Question>(question) {
            Ok(question) => self.answer(question),
            Err(error) => Answer::of(failed(&Failure::new(error.to_string()))),
        };
        serde_json::to_string(&answer).unwrap_or_default()
    }

    fn answer(&mut self, question: Question) -> Answer {
        let Question { ask, file, name, size, password, entry, now } = question;
        match ask {
            Wanted::Add => self.add(file, name, Box::new(PageFile { number: file, size })),
            Wanted::Unlock => self.unlock(file, &Password::new(password.unwrap_or_default())),
            Wanted::Choose => self.choose(entry),
            Wanted::Judge => self.judge(file, Timestamp::from_seconds(now)),
            Wanted::Together => self.together(),
            Wanted::Remove => {
                let removed = self.items.remove(&file);
                let concerns_others =
                    removed.is_some_and(|item| matches!(item.kind, Kind::Store(_) | Kind::TokenKey(_)));
                Answer { concerns_others, ..Answer::default() }
            }
        }
    }

    /// Takes a file, and tells what can be told at once.
    pub fn add(&mut self, number: u32, name: String, source: Box<dyn ReadAt>) -> Answer {
        let item = Item::new(name, source);
        let answer = self.first_look(number, &item);
        self.items.insert(number, item);
        answer
    }

    fn first_look(&self, number: u32, item: &Item) -> Answer {
        let path = shown(&item.name);
        match &item.kind {
            Kind::Archive(source) => {
                let html = self.fingerprints(&item.name, source.as_ref());
                Answer { judges: true, ..Answer::of(html) }
            }
            Kind::Store(store) => store_answer((number, &path), store),
            Kind::Key(bytes) => Answer { judges: true, ..Answer::of(self.key(path, bytes)) },
            Kind::TokenKey(_) => {
                let mut page = Html::default();
                let text = "API keys on this page are checked with this public key, not with Amazon's: a key that is good here \
                            may be worth nothing there. Remove it, unless you know whose it is.";
                parts::note(&mut page, &path, ("caution", text));
                Answer { concerns_others: true, ..Answer::of(page) }
            }
            Kind::Unusable(failure) => Answer::of(failed(failure)),
        }
    }

    /// The certificates of an app, which take no more than a look at its end.
    fn fingerprints(&self, name: &str, source: &dyn ReadAt) -> Html {
        let token_key = self.token_key();
        let question = Asking::new(&token_key, Depth::Certificates);
        let mut page = Html::default();
        match Archive::open(source) {
            Ok(archive) => match Facts::gather(&archive, &question, Expectations::default()) {
                Ok(facts) => html::file(&mut page, &FileObject::App(Box::new(app_object(shown(name), &facts)))),
                Err(error) => page = failed(&Failure::from_error(&error).at(name)),
            },
            Err(ArchiveError::ApkSet | ArchiveError::Library) => {
                parts::note(&mut page, &shown(name), ("what", "Reading it"))
            }
            // what it is instead is told with the checks
            Err(error) => page = failed(&Failure::from_error(&error).at(name)),
        }
        page
    }

    fn key(&self, path: String, bytes: &[u8]) -> Html {
        let api_key = key_object(&KeyFile::read(bytes), &self.token_key());
        let mut page = Html::default();
        html::file(&mut page, &FileObject::Key(Box::new(KeyObject { path, kind: "api-key", api_key })));
        page
    }

    fn unlock(&mut self, number: u32, password: &Password) -> Answer {
        let Some(Item { name, kind: Kind::Store(store) }) = self.items.get_mut(&number) else {
            return Answer::default();
        };
        let path = shown(&*name);
        if store.opened.is_some() {
            return store_answer((number, &path), store);
        }
        match store.open(Some(password)) {
            Ok(()) => store_answer((number, &path), store),
            Err(error @ (KeystoreError::WrongPassword { .. } | KeystoreError::OpensKeyOnly { .. })) => {
                let mut page = Html::default();
                let failure = Failure::from_error(&error);
                parts::unlock(&mut page, (number, &path), Some((&failure.message, failure.help.as_deref())));
                Answer::of(page)
            }
            Err(error) => Answer::of(failed(&Failure::from_error(&error).at(&*name))),
        }
    }

    fn choose(&mut self, index: Option<usize>) -> Answer {
        self.chosen = index.and_then(|index| self.candidates().get(index).map(|(_, sha256)| *sha256));
        Answer { concerns_others: true, ..Answer::default() }
    }

    /// The certificates of all keystores that may be the one that signs, each once, under their names.
    fn candidates(&self) -> Vec<(String, Sha256)> {
        let mut found: Vec<(String, Sha256)> = Vec::new();
        for (name, store) in self.stores() {
            for entry in store.candidates() {
                let Some(certificate) = entry.certificate() else { continue };
                let sha256 = certificate.fingerprints().sha256;
                if !found.iter().any(|(_, known)| *known == sha256) {
                    let alias = entry.alias().map(|alias| format!("{} of ", Untrusted(alias))).unwrap_or_default();
                    found.push((format!("{alias}{name}"), sha256));
                }
            }
        }
        found
    }

    fn stores(&self) -> impl Iterator<Item = (String, &Store)> {
        self.items.values().filter_map(|item| match &item.kind {
            Kind::Store(store) => Some((shown(&item.name), store)),
            Kind::Archive(_) | Kind::Key(_) | Kind::TokenKey(_) | Kind::Unusable(_) => None,
        })
    }

    /// What is said of all files together, and what is asked about them.
    fn together(&self) -> Answer {
        let mut page = Html::default();
        let candidates = self.candidates();
        let has_app = self.items.values().any(|item| matches!(item.kind, Kind::Archive(_)));
        if has_app && candidates.len() > 1 {
            let chosen = candidates.iter().position(|(_, sha256)| Some(*sha256) == self.chosen);
            let names: Vec<String> = candidates.into_iter().map(|(name, _)| name).collect();
            parts::choice(&mut page, &names, chosen);
        }
        fit::together(&mut page, self.items.values(), (&self.token_key(), &self.expectations()));
        Answer::of(page)
    }

    /// Everything that `apkkey verify` says of an app, in its words.
    fn judge(&self, number: u32, today: Option<Timestamp>) -> Answer {
        let Some(item) = self.items.get(&number) else { return Answer::default() };
        let Kind::Archive(source) = &item.kind else { return self.first_look(number, item) };
        let (token_key, policy, inflating) = (self.token_key(), Policy::default(), Mutex::new(()));
        let question = Asking { today, ..Asking::new(&token_key, Depth::Full) };
        let expectations = self.expectations();
        let asked = Asked { question: &question, policy: &policy, expectations: &expectations, inflating: &inflating };
        let mut page = Html::default();
        match judge(&item.name, source.as_ref(), &asked) {
            Ok(judgement) => {
                judgement.errors.into_iter().for_each(|failure| html::error(&mut page, &failure.into()));
                judgement.files.iter().for_each(|file| html::file(&mut page, file));
            }
            Err(failure) => page = failed(&failure),
        }
        Answer::of(page)
    }

    /// What apps must match: the certificate that was chosen, or the only one that can sign.
    fn expectations(&self) -> Expectations {
        let candidates = self.candidates();
        let chosen = candidates.iter().find(|(_, sha256)| Some(*sha256) == self.chosen);
        let signing = match candidates.as_slice() {
            [only] => Some(only.1),
            _ => chosen.map(|(_, sha256)| *sha256),
        };
        let mut expectations = Expectations::default();
        for (name, store) in self.stores() {
            let Some(keystore) = &store.opened else { continue };
            let named = store.candidates().into_iter().find(|entry| {
                entry.certificate().is_some_and(|certificate| Some(certificate.fingerprints().sha256) == signing)
            });
            expectations.name_by(&name, keystore, named.filter(|_| expectations.certificate.is_none()));
        }
        expectations
    }

    /// Amazon's key, unless another one was dropped.
    fn token_key(&self) -> TokenKey {
        let given = self.items.values().find_map(|item| match &item.kind {
            Kind::TokenKey(key) => Some(key.as_ref().clone()),
            Kind::Archive(_) | Kind::Store(_) | Kind::Key(_) | Kind::Unusable(_) => None,
        });
        given.unwrap_or(TokenKey::Amazon)
    }
}

/// A keystore: its entries, or the question for its password.
fn store_answer((number, path): (u32, &str), store: &Store) -> Answer {
    let mut page = Html::default();
    let Some(keystore) = &store.opened else {
        parts::unlock(&mut page, (number, path), None);
        return Answer { is_locked: true, ..Answer::of(page) };
    };
    html::file(&mut page, &FileObject::Store(store_object(path.to_owned(), keystore, None)));
    Answer { concerns_others: true, ..Answer::of(page) }
}

/// Why a file could not be looked at.
fn failed(failure: &Failure) -> Html {
    let mut page = Html::default();
    html::error(&mut page, &failure.clone().into());
    page
}
