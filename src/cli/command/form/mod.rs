//! `apkkey fingerprint --form`: the values for Amazon's form (Security Profile, Android/Kindle Settings), in its order,
//! once for each certificate that needs a key of its own.

mod certificates;

use super::fingerprint::Wanted;
use crate::cli::Status;
use crate::cli::failure::{Failure, shown};
use crate::cli::input;
use crate::cli::output::model::{Document, FileObject, FormObject};
use crate::cli::store;
use apkkey::keystore::{Content, detect};
use certificates::{of_app, of_store, values};
use std::path::Path;

pub(super) fn run(wanted: &Wanted<'_>) -> Result<Status, Failure> {
    let mut document = Document::new("fingerprint");
    for path in &wanted.files {
        match form(path, wanted) {
            Ok(form) => document.files.push(FileObject::Form(form)),
            Err(failure) => document.errors.push(failure.at(path).into()),
        }
    }
    let status = if document.errors.is_empty() { Status::Good } else { Status::Failed };
    document.verdict = if status == Status::Good { "good" } else { "bad" };
    wanted.output.document(&document)?;
    Ok(status)
}

fn form(path: &Path, wanted: &Wanted<'_>) -> Result<FormObject, Failure> {
    let args = wanted.args;
    let source = input::open(path)?;
    let mut form = FormObject { path: shown(path), kind: "form", forms: Vec::new(), remarks: Vec::new() };
    let package = if detect(&input::head(&source)?) == Content::Zip {
        of_app(path, (&source, args), &mut form)?
    } else {
        let help = "give the application id: --package com.example.app";
        let package = args.form.package.clone();
        let package = package.ok_or_else(|| Failure::new("the file does not tell the package").help(help))?;
        let keystore = wanted.open_store(path, &source)?;
        let entry = store::one_entry(path, &keystore, &wanted.keystore)?;
        let certificate = entry.certificate().ok_or_else(|| Failure::new("the entry has no certificate"))?;
        let alias = entry.alias().filter(|alias| alias.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        form.forms.push(values(alias.unwrap_or("release"), certificate));
        package
    };
    if let Some(store) = args.form.store {
        of_store(store, &args.form, &mut form)?;
    }
    for values in &mut form.forms {
        values.package.clone_from(&package);
        values.api_key_name = format!("{}-{package}", values.api_key_name);
    }
    if package.to_ascii_lowercase().contains("amazon") {
        form.remarks.push("Amazon takes no package whose name contains `amazon`".to_owned());
    }
    Ok(form)
}
