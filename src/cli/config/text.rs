//! The file's text: mistakes are told with their line and the nearest name.

use super::{Key, Value};
use crate::cli::args::StoreArg;
use crate::cli::failure::Failure;
use apkkey::text::{Untrusted, nearest};
use clap::ValueEnum;
use toml::de::DeTable;

/// The file's text, to tell lines.
#[derive(Clone, Copy)]
pub(super) struct Text<'a>(pub(super) &'a str);

impl Text<'_> {
    /// The line of a place, from 1.
    pub(super) fn line(self, at: usize) -> usize {
        let before = self.0.as_bytes().get(..at).unwrap_or_default();
        before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1)
    }

    /// What is wrong, with its line.
    pub(super) fn wrong(self, at: usize, message: &str) -> Failure {
        Failure::new(format!("line {}: {message}", self.line(at)))
    }

    pub(super) fn unknown(self, key: &Key<'_>, what: &str, names: &[&str]) -> Failure {
        let name = key.get_ref();
        let failure = self.wrong(key.span().start, &format!("{what} `{}`", Untrusted(name)));
        match nearest(name, names.iter().copied()) {
            Some(nearest) => failure.help(format!("did you mean `{nearest}`?")),
            None if names.len() < 8 => failure.help(format!("known are {}", names.join(", "))),
            None => failure.help("`apkkey explain --list` shows all checks"),
        }
    }

    pub(super) fn no_such(self, value: &Value<'_>, found: &str, names: &[&str]) -> Failure {
        let message = format!("`{}` is none of {}", Untrusted(found), names.join(", "));
        self.wrong(value.span().start, &message)
    }

    pub(super) fn wrong_type(self, key: &Key<'_>, value: &Value<'_>, wanted: &str) -> Failure {
        self.wrong(value.span().start, &format!("`{}` must be {wanted}", Untrusted(key.get_ref())))
    }

    pub(super) fn table<'v, 'i>(self, key: &Key<'_>, value: &'v Value<'i>) -> Result<&'v DeTable<'i>, Failure> {
        value.get_ref().as_table().ok_or_else(|| self.wrong_type(key, value, "a table"))
    }

    pub(super) fn string<'v>(self, key: &Key<'_>, value: &'v Value<'_>) -> Result<&'v str, Failure> {
        value.get_ref().as_str().ok_or_else(|| self.wrong_type(key, value, "a text in quotes"))
    }

    pub(super) fn boolean(self, key: &Key<'_>, value: &Value<'_>) -> Result<bool, Failure> {
        value.get_ref().as_bool().ok_or_else(|| self.wrong_type(key, value, "true or false"))
    }

    pub(super) fn store(self, key: &Key<'_>, value: &Value<'_>) -> Result<StoreArg, Failure> {
        let text = self.string(key, value)?;
        StoreArg::from_str(text, false).map_err(|_| self.no_such(value, text, &["amazon", "play"]))
    }
}
