//! Which certificates need a key: those that devices report, and those of stores.

use super::super::app;
use crate::cli::args::{FingerprintArgs, FormArgs, StoreArg};
use crate::cli::failure::Failure;
use crate::cli::input;
use crate::cli::output::model::{FormObject, FormValues};
use apkkey::archive::Kind;
use apkkey::certificate::{Certificate, WellKnown};
use apkkey::check::Store;
use apkkey::fingerprint::{Md5, Sha256};
use apkkey::keystore::{Entry, Keystore, Passwords};
use apkkey::signature::{DeviceCertificates, Verdict};
use apkkey::source::FileSource;
use std::path::Path;

/// The certificates that devices report, of each range of Android versions where they differ; the package.
pub(super) fn of_app(
    path: &Path,
    (source, args): (&FileSource, &FingerprintArgs),
    form: &mut FormObject,
) -> Result<String, Failure> {
    let facts = app::read(path, source, args.sdk)?.facts;
    let package = facts.manifest.package.as_str().to_owned();
    if let Some(wanted) = args.form.package.as_ref().filter(|wanted| **wanted != package) {
        return Err(Failure::new(format!("the app is `{package}`, not `{wanted}`"))
            .help("leave --package out: the app tells its package"));
    }
    if facts.kind == Kind::Aab {
        let is_named = args.form.cert_md5.is_some() || args.form.cert.is_some();
        return if is_named { Ok(package) } else { Err(unnamed(args.form.store)) };
    }
    if facts.signatures.verdict == Verdict::Unsigned {
        let help = "give the keystore that will sign it, with --package";
        return Err(Failure::new("the file is not signed, so there is no certificate in it").help(help));
    }
    if facts.signatures.verdict == Verdict::Rejected {
        form.remarks.push("the signature does not hold: `apkkey verify` tells why".to_owned());
    }
    of_devices(&facts.signatures.device, form);
    Ok(package)
}

/// An App Bundle is on no device, and its own certificate signs only the upload.
fn unnamed(store: Option<StoreArg>) -> Failure {
    let stores =
        [Store::Amazon, Store::Play].into_iter().filter(|one| store.is_none_or(|store| store.library() == *one));
    let places: Vec<String> = stores.map(|store| format!("{store}: {}", store.where_to_look())).collect();
    Failure::new("an App Bundle is signed again by the store, and its certificate was not named").help(format!(
        "give --store with --cert-md5 and --cert-sha256, or --cert, of the store's certificate ({})",
        places.join("; ")
    ))
}

fn of_devices(devices: &[DeviceCertificates], form: &mut FormObject) {
    for device in devices {
        let Some(first) = device.certificates.first() else { continue };
        if device.certificates.len() > 1 {
            form.remarks.push("several certificates sign the app: a key for one of them is enough".to_owned());
        }
        let sha256 = first.fingerprints().sha256.to_string();
        match form.forms.last_mut().filter(|values| values.sha256 == sha256) {
            Some(same) => same.max_sdk = device.range.max,
            None => form.forms.push(FormValues {
                min_sdk: Some(device.range.min),
                max_sdk: device.range.max,
                ..values("release", first)
            }),
        }
    }
    if let [only] = form.forms.as_mut_slice() {
        (only.min_sdk, only.max_sdk) = (None, None);
        return;
    }
    for values in &mut form.forms {
        let from = values.min_sdk.map_or_else(String::new, |sdk| format!("-api-{sdk}"));
        values.api_key_name.push_str(&from);
    }
    form.remarks.push("the app can hold one key only, and no one key fits all Android versions".to_owned());
}

/// The certificate with which the store signs.
pub(super) fn of_store(store: StoreArg, args: &FormArgs, form: &mut FormObject) -> Result<(), Failure> {
    let named = match (&args.cert, &args.cert_md5, &args.cert_sha256) {
        (Some(path), ..) => {
            let keystore = Keystore::open(&input::read(path)?, &Passwords::none());
            let keystore = keystore.map_err(input::about(path))?;
            let entry = keystore.entries.iter().find_map(Entry::certificate);
            let certificate = entry.ok_or_else(|| Failure::new("there is no certificate in it").at(path))?;
            values(store.name(), certificate)
        }
        (None, Some(md5), Some(sha256)) => {
            let wrong = |error: &dyn std::error::Error| Failure::new(error.to_string());
            let md5: Md5 = md5.parse().map_err(|error| wrong(&error))?;
            let sha256: Sha256 = sha256.parse().map_err(|error| wrong(&error))?;
            let digests = FormValues { md5: md5.to_string(), sha256: sha256.to_string(), ..FormValues::default() };
            FormValues { api_key_name: store.name().to_owned(), ..digests }
        }
        (None, None, None) => {
            let place = store.library().where_to_look();
            let remark = format!("{} signs again and needs a key of its own: see {place}", store.library());
            form.remarks.push(remark);
            return Ok(());
        }
        _ => return Err(Failure::new("the form wants both digests: give --cert-md5 and --cert-sha256")),
    };
    form.forms.push(FormValues { store: Some(store.name()), ..named });
    Ok(())
}

/// The digests, under the first word of a name: the package comes behind it.
pub(super) fn values(word: &str, certificate: &Certificate) -> FormValues {
    let digests = certificate.fingerprints();
    let word = if certificate.well_known() == Some(WellKnown::AndroidDebug) { "debug" } else { word };
    FormValues {
        api_key_name: word.to_owned(),
        md5: digests.md5.to_string(),
        sha256: digests.sha256.to_string(),
        subject: certificate.details().map(|details| details.subject.clone()),
        ..FormValues::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use apkkey::signature::SdkRange;

    #[test]
    fn a_second_signer_on_old_versions_needs_no_key_of_its_own() {
        let read = |pem: &[u8]| {
            let keystore = Keystore::open(pem, &Passwords::none()).unwrap();
            keystore.entries[0].certificate().unwrap().clone()
        };
        let one = read(include_bytes!("../../../../fixtures/keys/release.crt.pem"));
        let two = read(include_bytes!("../../../../fixtures/keys/upload.crt.pem"));
        let device = |min, max, certificates| DeviceCertificates { range: SdkRange { min, max }, certificates };
        let mut devices = vec![device(21, Some(23), vec![one.clone(), two.clone()]), device(24, None, vec![one])];
        let forms = |devices: &[DeviceCertificates]| {
            let mut form = FormObject { path: String::new(), kind: "form", forms: Vec::new(), remarks: Vec::new() };
            of_devices(devices, &mut form);
            form.forms.iter().map(|values| (values.min_sdk, values.max_sdk)).collect::<Vec<_>>()
        };
        assert_eq!(forms(&devices), [(None, None)]);
        devices[1].range.max = Some(27);
        devices.push(device(28, None, vec![two]));
        assert_eq!(forms(&devices), [(Some(21), Some(27)), (Some(28), None)]);
    }
}
