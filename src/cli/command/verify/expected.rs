//! What the app must match: the package, the store, and the certificate that will really sign.

use crate::cli::args::{ExpectedArgs, StoreArg};
use crate::cli::config::{CertificateConfig, Config};
use crate::cli::failure::{Failure, shown};
use crate::cli::output::Output;
use crate::cli::store;
use apkkey::check::{Expectations, NamedCertificate, ProfileIdError};
use std::path::Path;

/// The options of the command line, and what the file says where they say nothing.
pub(super) fn expectations(args: &ExpectedArgs, config: &Config, output: &Output) -> Result<Expectations, Failure> {
    let store = args.store.or(config.store).map(StoreArg::library);
    let package = args.package.clone().or_else(|| config.package.clone());
    let profile = args.client_id.as_deref().map(str::parse).transpose();
    let profile = profile.map_err(|error: ProfileIdError| Failure::from_error(&error))?;
    let mut expectations = Expectations { package, store, profile, ..Expectations::default() };
    if args.cert_md5.is_some() || args.cert_sha256.is_some() {
        expectations.certificate = Some(by_digests(args)?);
    } else if let Some(path) = args.cert.as_deref().or(args.ks.as_deref()) {
        by_file(path, args, (&mut expectations, output))?;
    } else {
        match &config.certificate {
            Some(CertificateConfig::Digests(md5, sha256)) => {
                let origin = format!("the certificate named in {}", shown(&config.path));
                expectations.certificate = Some(NamedCertificate { origin, md5: *md5, sha256: *sha256 });
            }
            Some(CertificateConfig::File(path)) => by_file(path, args, (&mut expectations, output))?,
            None => {}
        }
    }
    Ok(expectations)
}

fn by_digests(args: &ExpectedArgs) -> Result<NamedCertificate, Failure> {
    let wrong = |option: &str, error: &dyn std::error::Error| Failure::new(format!("{option}: {error}"));
    let md5 = args.cert_md5.as_deref().map(str::parse).transpose().map_err(|error| wrong("--cert-md5", &error))?;
    let sha256 = args.cert_sha256.as_deref().map(str::parse).transpose();
    let sha256 = sha256.map_err(|error| wrong("--cert-sha256", &error))?;
    Ok(NamedCertificate { origin: "the certificate named on the command line".to_owned(), md5, sha256 })
}

/// Names the certificate by a keystore or certificate file; its other entries help to explain a mismatch.
fn by_file(
    path: &Path,
    args: &ExpectedArgs,
    (expectations, output): (&mut Expectations, &Output),
) -> Result<(), Failure> {
    let keystore = store::open_path(path, &args.keystore, output)?;
    let entry = store::the_entry(path, &keystore, &args.keystore)?;
    if entry.is_some_and(|entry| entry.certificate().is_none()) {
        return Err(Failure::new("the entry has no certificate").at(path));
    }
    expectations.name_by(&shown(path), &keystore, entry);
    Ok(())
}
