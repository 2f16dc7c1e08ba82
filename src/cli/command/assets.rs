//! `apkkey inject --into-assets`: the key as a file among the assets of a build, for one variant if that is named.

use super::inject::accept;
use crate::cli::args::InjectArgs;
use crate::cli::config::{Config, KeyPlace, OnMissing, VariantSettings};
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::Output;
use crate::cli::output::model::ChangedObject;
use apkkey::api_key::KeyFile;
use apkkey::inject::Step;
use apkkey::output_file::OutputFile;
use apkkey::text::Untrusted;
use std::path::{Path, PathBuf};

/// The file in the folder of assets.
const NAME: &str = "api_key.txt";

/// A key, where it comes from, and the public key that it is held against.
pub(super) struct FoundKey {
    pub(super) file: KeyFile,
    /// For messages.
    pub(super) name: String,
    pub(super) token_key: Option<PathBuf>,
}

/// Writes the key into the folder, or takes an old one out when the variant needs none.
pub(super) fn put(folder: &Path, args: &InjectArgs, output: &Output) -> Result<ChangedObject, Failure> {
    let found = match &args.variant {
        Some(variant) => of_variant(variant, args, output)?,
        None => Some(given(args)?),
    };
    let target = folder.join(NAME);
    let package = args.package.as_deref().unwrap_or_default();
    let accepted = found.as_ref().map(|found| accept(args, package, found)).transpose()?;
    let is_there = std::fs::symlink_metadata(&target).is_ok();
    let (changed, steps) = match &accepted {
        Some(accepted) => {
            let present = std::fs::metadata(&target).is_ok_and(|metadata| metadata.is_file());
            let changed = !(present && input::read(&target)? == accepted.token());
            if changed && !args.target.dry_run {
                write(folder, &target, accepted.token())?;
            }
            (changed, vec![Step::Add(NAME.to_owned())])
        }
        None => {
            if is_there && !args.target.dry_run {
                std::fs::remove_file(&target).map_err(|error| Failure::new(error.to_string()).at(&target))?;
            }
            (is_there, vec![Step::Remove(NAME.to_owned())])
        }
    };
    Ok(ChangedObject {
        path: shown(folder),
        out: shown(&target),
        package: package.to_owned(),
        changed,
        dry_run: args.target.dry_run,
        steps: steps.iter().filter(|_| changed).map(ToString::to_string).collect(),
        remarks: accepted.iter().flat_map(|accepted| &accepted.remarks).map(ToString::to_string).collect(),
        schemes: Vec::new(),
        v4_signature_file: None,
    })
}

fn write(folder: &Path, target: &Path, token: &[u8]) -> Result<(), Failure> {
    let made = std::fs::create_dir_all(folder);
    made.map_err(|error| Failure::new(format!("cannot make the folder: {error}")).at(folder))?;
    let written = OutputFile::create(target).and_then(|mut file| {
        file.write(token)?;
        file.commit()
    });
    written.map_err(|error| Failure::from_error(&error).at(target))
}

/// The key that the command line names.
pub(super) fn given(args: &InjectArgs) -> Result<FoundKey, Failure> {
    let spec = args.api_key.as_deref();
    let spec = spec.ok_or_else(|| Failure::new("no key is given").help("give it with --api-key"))?;
    let name = if spec == "-" { "standard input".to_owned() } else { shown(Path::new(spec)) };
    let file = KeyFile::read(&input::api_key(spec)?);
    Ok(FoundKey { file, name, token_key: args.token_key.token_key.clone() })
}

/// The key of a variant; `None` when it needs none, or has none and the settings let that pass.
fn of_variant(variant: &str, args: &InjectArgs, output: &Output) -> Result<Option<FoundKey>, Failure> {
    let config = Config::load(&args.config)?.unwrap_or_default();
    let module = config.path.parent().map(Path::to_path_buf).unwrap_or_default();
    let Some(settings) = config.for_variant(variant)? else { return Ok(None) };
    let places = places(&settings, &module, &args.source_set);
    for place in &places {
        if let Some(bytes) = place.read()? {
            let token_key = args.token_key.token_key.clone().or(settings.config.token_key);
            return Ok(Some(FoundKey { file: KeyFile::read(&bytes), name: place.name.clone(), token_key }));
        }
    }
    let failure = missing(variant, &places);
    match settings.on_missing {
        OnMissing::Error => return Err(failure),
        OnMissing::Warn => output.warn(&failure.message),
        OnMissing::Ignore => {}
    }
    Ok(None)
}

/// A place where a key may be.
struct Place {
    name: String,
    place: KeyPlace,
}

/// The place that the settings name, or else the variant's source sets.
fn places(settings: &VariantSettings, module: &Path, source_sets: &[String]) -> Vec<Place> {
    if let Some((place, said)) = &settings.api_key {
        let name = match place {
            KeyPlace::Environment(name) => format!("the environment variable {} ({said})", Untrusted(name)),
            KeyPlace::File(path) => format!("{} ({said})", shown(path)),
        };
        return vec![Place { name, place: place.clone() }];
    }
    let file = |set: &String| module.join("src").join(set).join("assets").join(NAME);
    source_sets.iter().map(file).map(|path| Place { name: shown(&path), place: KeyPlace::File(path) }).collect()
}

impl Place {
    /// The key's bytes; `None` when there is nothing.
    fn read(&self) -> Result<Option<Vec<u8>>, Failure> {
        match &self.place {
            // an empty secret is what a CI server hands to builds that may not have it
            KeyPlace::Environment(name) => {
                Ok(input::environment(name).filter(|value| !value.is_empty()).map(String::into_bytes))
            }
            KeyPlace::File(path) if std::fs::symlink_metadata(path).is_err() => Ok(None),
            KeyPlace::File(path) => input::read(path).map(Some),
        }
    }
}

/// Where the key of a variant comes from, for whoever has to change it.
pub(super) fn origin(settings: &VariantSettings, source_sets: &[String]) -> Option<String> {
    let module = settings.config.path.parent().map(Path::to_path_buf).unwrap_or_default();
    let places = places(settings, &module, source_sets);
    places.into_iter().find(|place| place.read().is_ok_and(|key| key.is_some())).map(|place| place.name)
}

fn missing(variant: &str, places: &[Place]) -> Failure {
    let variant = Untrusted(variant);
    let names: Vec<&str> = places.iter().map(|place| place.name.as_str()).collect();
    let looked = if names.is_empty() { "no place to look for it is named".to_owned() } else { names.join(", ") };
    Failure::new(format!("there is no API key for the variant `{variant}`; looked for it at: {looked}")).help(format!(
        "put the key from Amazon's developer console there, name its place as `api-key` under [variants.{variant}] in \
         apkkey.toml, or say `on-missing = \"ignore\"` if this variant needs none"
    ))
}
