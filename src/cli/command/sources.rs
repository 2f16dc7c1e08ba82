//! `apkkey sources`: which key a Gradle build would package for which variant.

use crate::cli::Status;
use crate::cli::args::{ConfigArgs, SourcesArgs};
use crate::cli::config::{Config, KeyPlace, VariantSettings};
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::Output;
use crate::cli::output::model::{
    ApiKeyObject, Document, FileObject, SourceFindingObject, SourceKeyObject, SourceVariantObject, SourcesObject,
    key_object,
};
use apkkey::api_key::{KeyFile, TokenKey};
use apkkey::check;
use apkkey::gradle::{Module, Sources, Variant};
use apkkey::text::{Untrusted, nearest};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &SourcesArgs, output: &Output) -> Result<Status, Failure> {
    // without `./` before every name
    let folder = if args.folder == Path::new(".") { Path::new("") } else { &args.folder };
    let sources = Sources::find(folder).map_err(input::about(&args.folder))?;
    if sources.apps().is_empty() {
        let help = "give the folder of a module or a project that has build.gradle or build.gradle.kts";
        return Err(Failure::new("there is no Gradle module with sources below this folder")
            .help(help)
            .at(&args.folder));
    }
    let mut document = Document::new("sources");
    let mut is_bad = false;
    for module in sources.apps() {
        let report = ModuleReport::make(&sources, module, args)?;
        let found = |wanted: &str| report.findings.iter().any(|finding| finding.severity == wanted);
        is_bad |= found("error") || (args.strict && found("warning"));
        document.files.push(FileObject::Sources(report));
    }
    document.verdict = if is_bad { "bad" } else { "good" };
    output.document(&document)?;
    Ok(if is_bad { Status::Bad } else { Status::Good })
}

/// The report on one module, in the making.
struct ModuleReport<'s> {
    module: &'s Module,
    variants: Vec<SourceVariantObject>,
    keys: Vec<SourceKeyObject>,
    findings: Vec<SourceFindingObject>,
    token_key: TokenKey,
}

/// A variant with the settings of the module's apkkey.toml for it; `None` when they leave it alone.
type Settled = (Variant, Option<VariantSettings>);

impl<'s> ModuleReport<'s> {
    fn make(sources: &Sources, module: &'s Module, args: &SourcesArgs) -> Result<SourcesObject, Failure> {
        let file = module.folder.join("apkkey.toml");
        let settings = ConfigArgs { config: file.is_file().then_some(file), no_config: args.no_config };
        let settings = if args.no_config { ConfigArgs { config: None, ..settings } } else { settings };
        // the file in the current folder is of another module
        let config = if settings.config.is_some() { Config::load(&settings)? } else { None };
        let token_key =
            args.token_key.token_key.clone().or(config.as_ref().and_then(|config| config.token_key.clone()));
        let token_key = input::token_key(token_key.as_deref())?;
        let mut report = Self { module, variants: Vec::new(), keys: Vec::new(), findings: Vec::new(), token_key };
        for found in sources.variants(module) {
            let settings = config.clone().unwrap_or_default().for_variant(&found.variant.name)?;
            report.take_variant((found.variant, settings), &found.keys);
        }
        report.take_keys()?;
        for path in sources.unpackaged() {
            let is_own = sources.module_of(path).is_none_or(|own| own.folder == module.folder);
            if is_own && !report.keys.iter().any(|key| key.path == shown(path)) {
                report.take_unpackaged(path);
            }
        }
        let Self { variants, keys, findings, .. } = report;
        Ok(SourcesObject {
            path: shown(if module.folder.as_os_str().is_empty() { Path::new(".") } else { &module.folder }),
            kind: "gradle-module",
            build_file: Some(shown(&module.script_path)),
            partial: module.script.is_partial,
            variants,
            keys,
            findings,
        })
    }

    fn take_variant(&mut self, (variant, settings): Settled, keys: &[PathBuf]) {
        let named = settings.as_ref().and_then(|settings| settings.api_key.as_ref()).map(|(place, _)| match place {
            KeyPlace::Environment(name) => format!("env:{name}"),
            KeyPlace::File(path) => shown(path),
        });
        let mut places: Vec<String> = named.into_iter().chain(keys.iter().map(PathBuf::as_path).map(shown)).collect();
        let key = (!places.is_empty()).then(|| places.remove(0));
        self.variants.push(SourceVariantObject {
            name: variant.name,
            build_type: variant.build_type,
            application_id: variant.application_id,
            source_sets: variant.source_sets,
            key,
            beaten: places,
            ignored: settings.is_none(),
        });
    }

    /// Reads every key that a variant would package, or that loses in all of them.
    fn take_keys(&mut self) -> Result<(), Failure> {
        let all = self.variants.iter().flat_map(|variant| variant.key.iter().chain(&variant.beaten));
        let places: BTreeSet<String> = all.cloned().collect();
        for place in places {
            let winners = self.variants.iter().filter(|variant| variant.key.as_ref() == Some(&place));
            let names: Vec<String> = winners.map(|variant| variant.name.clone()).collect();
            let bytes = match place.strip_prefix("env:") {
                Some(name) => match input::environment(name) {
                    Some(value) => value.into_bytes(),
                    None => continue,
                },
                None if !Path::new(&place).is_file() => {
                    let message = "the settings name this file, and it is not there".to_owned();
                    self.find(
                        ("key-missing", "error"),
                        &place,
                        (message, Some("put the key there, or name its place".to_owned())),
                    );
                    continue;
                }
                None => input::read(Path::new(&place))?,
            };
            let api_key = key_object(&KeyFile::read(&bytes), &self.token_key);
            self.judge(&place, &names, &api_key);
            self.keys.push(SourceKeyObject { path: place, variants: names, api_key });
        }
        Ok(())
    }

    fn judge(&mut self, place: &str, winners: &[String], api_key: &ApiKeyObject) {
        for problem in &api_key.problems {
            let severity = if api_key.authentic { "warning" } else { "error" };
            self.find((problem.id, severity), place, (problem.message.clone(), problem.help.clone()));
        }
        let variants: Vec<&SourceVariantObject> =
            self.variants.iter().filter(|one| winners.contains(&one.name)).collect();
        if let Some(package) = &api_key.package {
            let wrong = variants.iter().filter_map(|variant| Some((*variant, variant.application_id.as_ref()?)));
            let wrong: Vec<_> =
                wrong.filter(|(_, id)| *id != package).map(|(variant, id)| mismatch(variant, id, package)).collect();
            for found in wrong {
                self.find(("key-package-mismatch", "error"), place, found);
            }
        }
        if winners.is_empty() {
            let message = "in every variant another key wins, so that no build packages this one".to_owned();
            self.find(
                ("key-beaten", "warning"),
                place,
                (message, Some("take it away, or the one that wins".to_owned())),
            );
        } else if winners.len() > 1 {
            self.find_leak(place, winners);
        }
    }

    /// A key is for one application id and one certificate, and build types are signed with different ones.
    fn find_leak(&mut self, place: &str, winners: &[String]) {
        let variants: Vec<&SourceVariantObject> =
            self.variants.iter().filter(|one| winners.contains(&one.name)).collect();
        let build_types: BTreeSet<&String> = variants.iter().map(|variant| &variant.build_type).collect();
        let names = winners.join(", ");
        if build_types.len() > 1 {
            let message = format!(
                "it is packaged in {names}, whose build types are signed with different certificates unless the build says otherwise; a key is for one"
            );
            let homes: Vec<String> = winners.iter().map(|name| format!("src/{name}/assets")).collect();
            let help = format!("give each its own key in {}", homes.join(", "));
            self.find(("key-in-several-variants", "warning"), place, (message, Some(help)));
        } else {
            let message = format!("it is packaged in {names}");
            let help = "if only one of them needs it, move it into the source set of that variant".to_owned();
            self.find(("key-in-several-variants", "note"), place, (message, Some(help)));
        }
    }

    fn take_unpackaged(&mut self, path: &Path) {
        let sets: BTreeSet<&String> = self.variants.iter().flat_map(|variant| &variant.source_sets).collect();
        let below = path.strip_prefix(self.module.folder.join("src")).ok();
        let set = below
            .and_then(|below| below.components().next())
            .map(|part| part.as_os_str().to_string_lossy().into_owned());
        let is_in_assets =
            below.is_some_and(|below| below.components().nth(1).is_some_and(|part| part.as_os_str() == "assets"));
        let (message, help) = match set {
            Some(set) if !sets.contains(&set) => {
                let near = nearest(&set, sets.iter().map(|set| set.as_str()));
                let help = near.map(|near| format!("did you mean src/{near}/assets?"));
                (format!("the build file has no variant with the source set `{}`", Untrusted(&set)), help)
            }
            Some(set) if is_in_assets => (
                "no build packages it as assets/api_key.txt".to_owned(),
                Some(format!("it must be src/{set}/assets/api_key.txt, in small letters")),
            ),
            _ => (
                "no build packages it as assets/api_key.txt".to_owned(),
                Some(
                    "move it to src/VARIANT/assets/api_key.txt of the module, or name it as `api-key` in apkkey.toml"
                        .to_owned(),
                ),
            ),
        };
        self.find(("key-unpackaged", "warning"), &shown(path), (message, help));
    }

    fn find(
        &mut self,
        (id, severity): (&'static str, &'static str),
        path: &str,
        (message, help): (String, Option<String>),
    ) {
        self.findings.push(SourceFindingObject { id, severity, path: path.to_owned(), message, help });
    }
}

fn mismatch(variant: &SourceVariantObject, id: &str, package: &str) -> (String, Option<String>) {
    let cause = check::package_cause(id, package);
    let message = format!(
        "the key is for `{}`, the variant `{}` is `{}`{cause}",
        Untrusted(package),
        variant.name,
        Untrusted(id)
    );
    (message, Some(format!("put the key of `{}` into src/{}/assets", Untrusted(id), variant.name)))
}
