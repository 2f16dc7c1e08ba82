//! `apkkey.toml`: what a project settled once, described in docs/settings.md.
//!
//! The names at the top are tables, so that others can come beside them. An unknown name is an error: a check that a
//! slip of the pen did not soften, or did not name, would be told by nobody.

mod text;
mod variants;

pub(crate) use variants::{KeyPlace, OnMissing, VariantSettings};

use super::args::{ConfigArgs, StoreArg};
use super::failure::Failure;
use super::input;
use apkkey::check::{Group, Severity, checks};
use apkkey::fingerprint::{Md5, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use text::Text;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The name that is looked for in the current folder.
const NAME: &str = "apkkey.toml";

/// What a check, or a group of them, was set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Its findings have this severity.
    Severity(Severity),
    /// It does not run.
    Ignore,
}

impl Weight {
    const ALL: [(&'static str, Self); 4] = [
        ("error", Self::Severity(Severity::Error)),
        ("warning", Self::Severity(Severity::Warning)),
        ("note", Self::Severity(Severity::Note)),
        ("ignore", Self::Ignore),
    ];

    /// As it stands in the file.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, weight)| *weight == self).map_or("", |(name, _)| *name)
    }
}

/// The certificate that will really sign.
#[derive(Debug, Clone)]
pub(crate) enum CertificateConfig {
    /// By one or both of its digests.
    Digests(Option<Md5>, Option<Sha256>),
    /// A certificate or keystore.
    File(PathBuf),
}

/// An understood file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    pub(crate) path: PathBuf,
    /// By check or group, as it is written.
    pub(crate) checks: BTreeMap<String, Weight>,
    pub(crate) package: Option<String>,
    pub(crate) store: Option<StoreArg>,
    pub(crate) certificate: Option<CertificateConfig>,
    pub(crate) release: bool,
    pub(crate) strict: bool,
    pub(crate) token_key: Option<PathBuf>,
    variants: Vec<variants::VariantTable>,
}

impl Config {
    /// Reads the file that the user named, or the one in the current folder if there is one.
    pub(crate) fn load(args: &ConfigArgs) -> Result<Option<Self>, Failure> {
        let path = match &args.config {
            _ if args.no_config => return Ok(None),
            Some(path) => path.as_path(),
            // also a broken link is there: whoever made it meant it
            None if std::fs::symlink_metadata(NAME).is_err() => return Ok(None),
            None => Path::new(NAME),
        };
        let bytes = input::read(path)?;
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| Failure::new("this is not UTF-8 text").help("save it as UTF-8").at(path))?;
        Self::parse(&text, path).map(Some).map_err(|failure| failure.at(path))
    }

    /// What the file says of a check: by its id, or else by its group.
    pub(crate) fn weight(&self, id: &str, group: Group) -> Option<Weight> {
        self.checks.get(id).or_else(|| self.checks.get(group.name())).copied()
    }

    fn parse(text: &str, path: &Path) -> Result<Self, Failure> {
        let file = Text(text);
        let root = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            file.wrong(at, &error.message().replace('\n', "; ")).help("the syntax is that of toml.io")
        })?;
        let mut config = Self { path: path.to_owned(), ..Self::default() };
        for (key, value) in root.get_ref() {
            match key.get_ref().as_ref() {
                "checks" => config.checks = Self::read_checks(file.table(key, value)?, file)?,
                "verify" => config.read_verify(file.table(key, value)?, file)?,
                "variants" => config.read_variants(file.table(key, value)?, file)?,
                _ => return Err(file.unknown(key, "there is no table", &["checks", "verify", "variants"])),
            }
        }
        Ok(config)
    }

    fn read_checks(table: &DeTable<'_>, file: Text<'_>) -> Result<BTreeMap<String, Weight>, Failure> {
        let (all, mut found) = (checks(), BTreeMap::new());
        let names: Vec<&str> = all.iter().map(|check| check.id).chain(Group::ALL.map(Group::name)).collect();
        for (key, value) in table {
            if !names.contains(&key.get_ref().as_ref()) {
                return Err(file.unknown(key, "there is no check or group", &names));
            }
            let text = file.string(key, value)?;
            let weight = Weight::ALL.iter().find(|(name, _)| *name == text);
            let (_, weight) = weight.ok_or_else(|| file.no_such(value, text, &Weight::ALL.map(|(name, _)| name)))?;
            found.insert(key.get_ref().to_string(), *weight);
        }
        Ok(found)
    }

    fn read_verify(&mut self, table: &DeTable<'_>, file: Text<'_>) -> Result<(), Failure> {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "package" => self.package = Some(file.string(key, value)?.to_owned()),
                "store" => self.store = Some(file.store(key, value)?),
                "certificate" => self.certificate = Some(self.certificate(key, value, file)?),
                "release" => self.release = file.boolean(key, value)?,
                "strict" => self.strict = file.boolean(key, value)?,
                "token-key" => self.token_key = Some(self.beside(file.string(key, value)?)),
                _ => {
                    let names = ["package", "store", "certificate", "release", "strict", "token-key"];
                    return Err(file.unknown(key, "there is no setting of `verify`", &names));
                }
            }
        }
        Ok(())
    }

    fn certificate(&self, key: &Key<'_>, value: &Value<'_>, file: Text<'_>) -> Result<CertificateConfig, Failure> {
        let (mut md5, mut sha256, mut path) = (None, None, None);
        for (name, value) in file.table(key, value)? {
            let text = file.string(name, value)?;
            let wrong = |error: &dyn std::error::Error| file.wrong(value.span().start, &error.to_string());
            match name.get_ref().as_ref() {
                "md5" => md5 = Some(text.parse().map_err(|error| wrong(&error))?),
                "sha256" => sha256 = Some(text.parse().map_err(|error| wrong(&error))?),
                "file" => path = Some(self.beside(text)),
                _ => {
                    return Err(file.unknown(name, "there is no setting of `certificate`", &["md5", "sha256", "file"]));
                }
            }
        }
        match (path, md5, sha256) {
            (Some(path), None, None) => Ok(CertificateConfig::File(path)),
            (None, None, None) => Err(file.wrong(key.span().start, "`certificate` names no certificate")),
            (None, md5, sha256) => Ok(CertificateConfig::Digests(md5, sha256)),
            (Some(_), ..) => Err(file
                .wrong(key.span().start, "`certificate` has a file and a digest as well")
                .help("name the certificate in one way: the file has both digests")),
        }
    }

    /// A path in the file is relative to the file.
    fn beside(&self, path: &str) -> PathBuf {
        self.path.parent().map_or_else(|| PathBuf::from(path), |folder| folder.join(path))
    }
}

type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;
type Value<'a> = Spanned<DeValue<'a>>;

#[cfg(test)]
mod tests;
