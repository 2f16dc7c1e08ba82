//! The files on the page, and what is said of them.

use crate::answer::{Answer, Question, Wanted};
use crate::boundary::PageFile;
use crate::item::{Item, Kind, Store};
use crate::{fit, parts};
use apkkey::api_key::{KeyFile, TokenKey};
use apkkey::archive::{Archive, ArchiveError};
use apkkey::check::{Depth, Expectations, Facts, Policy, Question as Asking};
use apkkey::keystore::KeystoreError;
use apkkey::report::html::{self, Html};
use apkkey::report::{Asked, Failure, FileObject, KeyObject, app_object, judge, key_object, shown, store_object};
use apkkey::secret::Password;
use apkkey::source::ReadAt;
use apkkey::timestamp::Timestamp;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Everything that was dropped.
#[derive(Default)]
pub struct Session {
    items: BTreeMap<u32, Item>,
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
            Wanted::Choose => self.choose(file, entry),
            Wanted::Judge => self.judge(file, Timestamp::from_seconds(now)),
            Wanted::Together => {
                Answer::of(fit::together(self.items.values(), (&self.token_key(), &self.expectations())))
            }
            Wanted::Remove => {
                self.items.remove(&file);
                Answer { concerns_others: true, ..Answer::default() }
            }
        }
    }

    /// Takes a file, and tells what can be told at once.
    pub fn add(&mut self, number: u32, name: String, source: Box<dyn ReadAt>) -> Answer {
        let item = Item::new(name, source);
        let answer = self.first_look(&item);
        self.items.insert(number, item);
        answer
    }

    fn first_look(&self, item: &Item) -> Answer {
        let path = shown(&item.name);
        match &item.kind {
            Kind::Archive(source) => {
                let html = self.fingerprints(&item.name, source.as_ref());
                Answer { judges: true, ..Answer::of(html) }
            }
            Kind::Store(store) => store_answer(&path, store),
            Kind::Key(bytes) => Answer { judges: true, ..Answer::of(self.key(path, bytes)) },
            Kind::TokenKey(_) => {
                let mut page = Html::default();
                parts::note(
                    &mut page,
                    &path,
                    "API keys on this page are checked with this public key, not with Amazon's.",
                );
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
            Err(ArchiveError::ApkSet | ArchiveError::Library) => parts::note(&mut page, &shown(name), "Reading it"),
            // all other words about what it is come with the checks
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
        match store.open(Some(password)) {
            Ok(()) => Answer { concerns_others: true, ..store_answer(&path, store) },
            Err(error @ (KeystoreError::WrongPassword { .. } | KeystoreError::OpensKeyOnly { .. })) => {
                let mut page = Html::default();
                let failure = Failure::from_error(&error);
                parts::unlock(&mut page, &path, Some((&failure.message, failure.help.as_deref())));
                Answer::of(page)
            }
            Err(error) => Answer::of(failed(&Failure::from_error(&error).at(&*name))),
        }
    }

    fn choose(&mut self, number: u32, entry: Option<usize>) -> Answer {
        let Some(Item { name, kind: Kind::Store(store) }) = self.items.get_mut(&number) else {
            return Answer::default();
        };
        store.choice = entry;
        Answer { concerns_others: true, ..store_answer(&shown(&*name), store) }
    }

    /// Everything that `apkkey verify` says of an app, in its words.
    fn judge(&self, number: u32, today: Option<Timestamp>) -> Answer {
        let Some(item) = self.items.get(&number) else { return Answer::default() };
        let Kind::Archive(source) = &item.kind else { return self.first_look(item) };
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

    /// What apps must match: the entry that signs, when the keystores that were dropped say so.
    fn expectations(&self) -> Expectations {
        let stores = self.items.values().filter_map(|item| match &item.kind {
            Kind::Store(store) => Some((shown(&item.name), store)),
            Kind::Archive(_) | Kind::Key(_) | Kind::TokenKey(_) | Kind::Unusable(_) => None,
        });
        let opened: Vec<_> = stores.filter_map(|(name, store)| Some((name, store, store.opened.as_ref()?))).collect();
        let signing = opened.iter().filter(|(_, store, _)| store.signing().is_some()).count();
        let mut expectations = Expectations::default();
        for (name, store, keystore) in &opened {
            expectations.name_by(name, keystore, store.signing().filter(|_| signing == 1));
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
fn store_answer(path: &str, store: &Store) -> Answer {
    let mut page = Html::default();
    let Some(keystore) = &store.opened else {
        parts::unlock(&mut page, path, None);
        return Answer::of(page);
    };
    let names = store.candidates().into_iter().map(|entry| entry.alias().unwrap_or("(no alias)").to_owned());
    html::file(&mut page, &FileObject::Store(store_object(path.to_owned(), keystore, None)));
    parts::choice(&mut page, path, (&names.collect::<Vec<_>>(), store.choice));
    Answer { concerns_others: true, ..Answer::of(page) }
}

/// Why a file could not be looked at.
fn failed(failure: &Failure) -> Html {
    let mut page = Html::default();
    html::error(&mut page, &failure.clone().into());
    page
}
