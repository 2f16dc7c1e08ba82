//! `apkkey inject`: puts a key into an app, or into a folder of assets for a build.

use crate::cli::Status;
use crate::cli::args::InjectArgs;
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::Output;
use crate::cli::output::model::{Document, FileObject, InjectedObject};
use apkkey::api_key::{KeyFile, TokenKey};
use apkkey::archive::Archive;
use apkkey::inject::{self, Accepted, KeyChange, Order, SignatureChange, Step, Work};
use apkkey::output_file::OutputFile;
use std::path::Path;

pub(crate) fn run(args: &InjectArgs, output: &Output) -> Result<Status, Failure> {
    let token_key = input::token_key(args.token_key.token_key.as_deref())?;
    let file = KeyFile::read(&input::api_key(&args.api_key)?);
    let injected = match (&args.into_assets, &args.file) {
        (Some(folder), _) => into_assets(folder, args, (&file, &token_key))?,
        (None, Some(path)) => into_archive(path, args, (&file, &token_key))?,
        (None, None) => return Err(Failure::new("give an APK, an App Bundle or --into-assets DIR")),
    };
    let is_app = args.into_assets.is_none();
    let changed = injected.changed && !injected.dry_run;
    let mut document = Document::new("inject");
    document.files.push(FileObject::Injected(injected));
    output.document(&document)?;
    if is_app && changed {
        output.note("the file is not signed: sign it now, with the certificate that the key was made for");
    }
    Ok(Status::Good)
}

fn accept(args: &InjectArgs, package: &str, (file, token_key): (&KeyFile, &TokenKey)) -> Result<Accepted, Failure> {
    inject::accept(file, package, token_key, args.force).map_err(|error| {
        let mut failure = Failure::from_error(&error);
        failure.path = Some(key_name(&args.api_key));
        failure
    })
}

fn key_name(spec: &str) -> String {
    if spec == "-" { "standard input".to_owned() } else { shown(Path::new(spec)) }
}

fn into_archive(path: &Path, args: &InjectArgs, key: (&KeyFile, &TokenKey)) -> Result<InjectedObject, Failure> {
    let source = input::open(path)?;
    let archive = Archive::open(&source).map_err(input::about(path))?;
    let manifest = archive.manifest().map_err(input::about(path))?;
    let package = manifest.package.as_str();
    if let Some(wanted) = args.package.as_deref().filter(|wanted| *wanted != package) {
        let message = format!("the app is `{package}`, not `{wanted}`");
        return Err(Failure::new(message).help("give the file of the right variant").at(path));
    }
    let accepted = accept(args, package, key)?;
    let signature = if args.unsigned { SignatureChange::Drop } else { SignatureChange::Keep };
    let order = Order { key: KeyChange::Put(&accepted), signature };
    let plan = inject::plan(&archive, order).map_err(input::about(path))?;
    let target = args.out.as_deref().unwrap_or(path);
    let changed = !matches!(plan.work, Work::Nothing);
    let steps = plan.steps.iter().map(Step::to_string).collect();
    if !args.dry_run && (changed || args.out.is_some()) {
        inject::write(target, &source, plan, order).map_err(input::about(target))?;
    }
    let remarks = accepted.remarks.iter().map(ToString::to_string).collect();
    Ok(InjectedObject {
        path: shown(path),
        out: shown(target),
        package: package.to_owned(),
        changed,
        dry_run: args.dry_run,
        steps,
        remarks,
    })
}

fn into_assets(folder: &Path, args: &InjectArgs, key: (&KeyFile, &TokenKey)) -> Result<InjectedObject, Failure> {
    let package = args.package.as_deref().unwrap_or_default();
    let accepted = accept(args, package, key)?;
    let target = folder.join("api_key.txt");
    let present = std::fs::metadata(&target).is_ok_and(|metadata| metadata.is_file());
    let changed = !(present && input::read(&target)? == accepted.token());
    if changed && !args.dry_run {
        let made = std::fs::create_dir_all(folder);
        made.map_err(|error| Failure::new(format!("cannot make the folder: {error}")).at(folder))?;
        let written = OutputFile::create(&target).and_then(|mut file| {
            file.write(accepted.token())?;
            file.commit()
        });
        written.map_err(|error| Failure::from_error(&error).at(&target))?;
    }
    Ok(InjectedObject {
        path: shown(folder),
        out: shown(&target),
        package: package.to_owned(),
        changed,
        dry_run: args.dry_run,
        steps: if changed { vec![Step::Add("api_key.txt".to_owned()).to_string()] } else { Vec::new() },
        remarks: accepted.remarks.iter().map(ToString::to_string).collect(),
    })
}
