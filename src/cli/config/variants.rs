//! The tables under `variants`: what is settled for single variants of a Gradle build.
//!
//! A table's name is a variant's name, or a pattern in which `*` stands for any text. Of several that fit, the one with
//! the most other characters counts, alone; what it does not say is what `verify` and `checks` say.

use super::text::Text;
use super::{CertificateConfig, Config, Key, Value, Weight};
use crate::cli::args::StoreArg;
use crate::cli::failure::{Failure, shown};
use apkkey::check::Severity;
use apkkey::text::Untrusted;
use std::collections::BTreeMap;
use std::path::PathBuf;
use toml::de::DeTable;

/// Where a variant's key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyPlace {
    /// In this environment variable.
    Environment(String),
    /// In this file.
    File(PathBuf),
}

/// What happens when a variant has no key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum OnMissing {
    /// The build stops.
    #[default]
    Error,
    /// The build is told.
    Warn,
    /// Nothing: the variant needs no key.
    Ignore,
}

impl OnMissing {
    const ALL: [(&'static str, Self); 3] = [("error", Self::Error), ("warn", Self::Warn), ("ignore", Self::Ignore)];

    /// What a missing key weighs when the finished file is verified.
    fn weight(self) -> Weight {
        match self {
            Self::Error => Weight::Severity(Severity::Error),
            Self::Warn => Weight::Severity(Severity::Warning),
            Self::Ignore => Weight::Ignore,
        }
    }
}

/// One table.
#[derive(Debug, Clone, Default)]
pub(crate) struct VariantTable {
    pattern: String,
    line: usize,
    /// The key, and the line that names it.
    api_key: Option<(KeyPlace, usize)>,
    on_missing: Option<OnMissing>,
    store: Option<StoreArg>,
    certificate: Option<CertificateConfig>,
    release: Option<bool>,
    strict: Option<bool>,
    checks: BTreeMap<String, Weight>,
}

/// What holds for one variant.
#[derive(Debug)]
pub(crate) struct VariantSettings {
    /// Where its key is, and where that is said; `None` when it lies in a source set.
    pub(crate) api_key: Option<(KeyPlace, String)>,
    pub(crate) on_missing: OnMissing,
    /// The rest.
    pub(crate) config: Config,
}

impl VariantTable {
    fn fits(&self, variant: &str) -> bool {
        fits(&self.pattern, variant)
    }

    fn closeness(&self) -> (bool, usize) {
        (!self.pattern.contains('*'), self.pattern.chars().filter(|character| *character != '*').count())
    }
}

/// Whether a text has the form of a pattern, in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

impl Config {
    pub(super) fn read_variants(&mut self, table: &DeTable<'_>, file: Text<'_>) -> Result<(), Failure> {
        for (key, value) in table {
            let table = VariantTable {
                pattern: key.get_ref().to_string(),
                line: file.line(key.span().start),
                ..VariantTable::default()
            };
            let table = self.read_variant(table, (key, value), file)?;
            self.variants.push(table);
        }
        self.variants.sort_by_key(|table| table.line);
        Ok(())
    }

    fn read_variant(
        &self,
        mut table: VariantTable,
        (key, value): (&Key<'_>, &Value<'_>),
        file: Text<'_>,
    ) -> Result<VariantTable, Failure> {
        for (name, value) in file.table(key, value)? {
            match name.get_ref().as_ref() {
                "api-key" => {
                    let place = self.key_place(file.string(name, value)?);
                    let place = place.ok_or_else(|| {
                        let help =
                            "write a path beside this file, or env:NAME with the name of an environment variable";
                        file.wrong(value.span().start, "`api-key` names no key").help(help)
                    })?;
                    table.api_key = Some((place, file.line(value.span().start)));
                }
                "on-missing" => {
                    let text = file.string(name, value)?;
                    let found = OnMissing::ALL.iter().find(|(name, _)| *name == text);
                    let names = OnMissing::ALL.map(|(name, _)| name);
                    let (_, found) = found.ok_or_else(|| file.no_such(value, text, &names))?;
                    table.on_missing = Some(*found);
                }
                "store" => table.store = Some(file.store(name, value)?),
                "certificate" => table.certificate = Some(self.certificate(name, value, file)?),
                "release" => table.release = Some(file.boolean(name, value)?),
                "strict" => table.strict = Some(file.boolean(name, value)?),
                "checks" => table.checks = Self::read_checks(file.table(name, value)?, file)?,
                _ => {
                    let names = ["api-key", "on-missing", "store", "certificate", "release", "strict", "checks"];
                    return Err(file.unknown(name, "there is no setting of a variant", &names));
                }
            }
        }
        Ok(table)
    }

    /// `None` for what cannot be meant.
    fn key_place(&self, text: &str) -> Option<KeyPlace> {
        match text.strip_prefix("env:") {
            Some(name) if name.is_empty() || name.contains('=') => None,
            Some(name) => Some(KeyPlace::Environment(name.to_owned())),
            None if text.is_empty() || text == "-" => None,
            None => Some(KeyPlace::File(self.beside(text))),
        }
    }

    /// What holds for a variant; `None` when the file has tables for variants and none for this one.
    pub(crate) fn for_variant(mut self, variant: &str) -> Result<Option<VariantSettings>, Failure> {
        let fitting: Vec<&VariantTable> = self.variants.iter().filter(|table| table.fits(variant)).collect();
        let Some(closest) = fitting.iter().max_by_key(|table| table.closeness()) else {
            let is_for_all = self.variants.is_empty();
            return Ok(is_for_all.then_some(VariantSettings {
                api_key: None,
                on_missing: OnMissing::Error,
                config: self,
            }));
        };
        let rivals: Vec<_> = fitting.iter().filter(|table| table.closeness() == closest.closeness()).collect();
        if let [first, second, ..] = rivals[..] {
            let (name, path) = (Untrusted(variant), shown(&self.path));
            let both =
                format!("`{}` (line {}) and `{}` (line {})", first.pattern, first.line, second.pattern, second.line);
            let help = format!("add a table for `{name}`, or make one of the patterns longer");
            return Err(Failure::new(format!("{path}: {both} fit the variant `{name}` equally well")).help(help));
        }
        let table = VariantTable::clone(closest);
        let said = |line| format!("{}, line {line}", shown(&self.path));
        let api_key = table.api_key.map(|(place, line)| (place, said(line)));
        self.checks.extend(table.checks);
        if let Some(on_missing) = table.on_missing {
            self.checks.entry("key-missing".to_owned()).or_insert(on_missing.weight());
        }
        self.store = table.store.or(self.store);
        self.certificate = table.certificate.or(self.certificate);
        self.release = table.release.unwrap_or(self.release);
        self.strict = table.strict.unwrap_or(self.strict);
        Ok(Some(VariantSettings { api_key, on_missing: table.on_missing.unwrap_or_default(), config: self }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, variant, wanted) in [
            ("amazonRelease", "amazonRelease", true),
            ("amazonRelease", "amazonRelease2", false),
            ("amazon*", "amazonRelease", true),
            ("amazon*", "amazon", true),
            ("*Release", "amazonRelease", true),
            ("*Release", "amazonDebug", false),
            ("a*z*Release", "amazonRelease", true),
            ("a*zz*Release", "amazonRelease", false),
            ("*", "debug", true),
            ("a*a", "a", false),
            ("am*", "Amazon", false),
        ] {
            assert_eq!(fits(pattern, variant), wanted, "{pattern} {variant}");
        }
    }
}
