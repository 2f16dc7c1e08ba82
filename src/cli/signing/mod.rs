//! From options and a manifest to an order to sign.

mod args;

pub(crate) use args::{SigningArgs, join_switches};

use super::failure::Failure;
use super::input;
use super::password::PasswordReader;
use super::signer::{self, FurtherSigner};
use apkkey::archive::Kind;
use apkkey::manifest::{Flag, Manifest, SdkVersion};
use apkkey::signature::sign::{SchemeChoice, Signer, SigningLineage, SigningRequest};
use apkkey::zip::Alignment;
use std::path::Path;

/// The signers of a command: those of its own options and of the groups behind `--next-signer`.
pub(crate) fn open_signers(
    args: &SigningArgs,
    further: &[FurtherSigner],
    passwords: &mut PasswordReader<'_>,
) -> Result<Vec<Signer>, Failure> {
    if further.iter().any(|further| !further.capabilities.is_empty()) {
        return Err(Failure::new("rights of a certificate are set in a lineage, not while signing")
            .help("`apkkey lineage FILE --signer --ks ... --set-rollback=true --out NEW` changes them"));
    }
    let further = further.iter().map(|further| &further.args);
    let opened = signer::open_all(std::iter::once(&args.signer).chain(further), passwords)?;
    for note in opened.iter().flat_map(|opened| &opened.notes) {
        passwords.output().note(note);
    }
    Ok(opened.into_iter().map(|opened| opened.signer).collect())
}

/// How `app` shall be signed.
pub(crate) fn request(
    args: &SigningArgs,
    signers: Vec<Signer>,
    (kind, manifest): (Kind, &Manifest),
) -> Result<SigningRequest, Failure> {
    let Some(first) = signers.first().cloned() else {
        return Err(Failure::new("no signer is given").help("give a keystore with --ks, or --key and --cert"));
    };
    let schemes = &args.schemes;
    if schemes.debuggable_apk_permitted == Some(false) && manifest.debuggable == Flag::On {
        return Err(Failure::new("the app is debuggable, and --debuggable-apk-permitted is false")
            .help("build the release variant"));
    }
    if kind == Kind::Aab {
        refuse_block_schemes(args)?;
        return Ok(SigningRequest { signers, ..SigningRequest::for_bundle(first) });
    }
    let min_sdk = min_sdk(schemes.min_sdk_version, manifest)?;
    let choice = SchemeChoice {
        v1: schemes.v1_signing_enabled,
        v2: schemes.v2_signing_enabled,
        v3: schemes.v3_signing_enabled,
        v4: schemes.v4_signing_enabled.unwrap_or(false),
    };
    Ok(SigningRequest {
        signers,
        lineage: args.rotation.lineage.as_deref().map(lineage).transpose()?,
        schemes: choice,
        target_sdk: manifest.target_sdk.number(),
        verity: schemes.verity_enabled.unwrap_or(false),
        rotation_min_sdk: args.rotation.rotation_min_sdk_version,
        alignment: alignment(args)?,
        keep_unknown_pairs: schemes.keep_unknown_blocks,
        ..SigningRequest::for_apk(first, min_sdk)
    })
}

fn refuse_block_schemes(args: &SigningArgs) -> Result<(), Failure> {
    let schemes = &args.schemes;
    let refused = |what: &str| {
        Failure::new(format!("an App Bundle has a JAR signature only, and {what}"))
            .help("leave the options for signature schemes out: the store signs the APKs that it makes of the bundle")
    };
    let others =
        [schemes.v2_signing_enabled, schemes.v3_signing_enabled, schemes.v4_signing_enabled, schemes.verity_enabled];
    if schemes.v1_signing_enabled == Some(false) {
        return Err(refused("--v1-signing-enabled is false"));
    }
    if others.contains(&Some(true)) {
        return Err(refused("another scheme is switched on"));
    }
    if args.rotation.lineage.is_some() {
        return Err(refused("--lineage is for v3"));
    }
    Ok(())
}

fn min_sdk(given: Option<u32>, manifest: &Manifest) -> Result<u32, Failure> {
    match (given.as_ref(), &manifest.min_sdk) {
        (Some(level), _) | (None, SdkVersion::Number(level)) => Ok((*level).max(1)),
        (None, SdkVersion::Codename(text) | SdkVersion::Unresolved(text)) => {
            let text = apkkey::text::Untrusted(text);
            Err(Failure::new(format!("the manifest's minSdkVersion is `{text}`, not a number"))
                .help("give --min-sdk-version: it decides which schemes and digests are right"))
        }
    }
}

fn alignment(args: &SigningArgs) -> Result<Alignment, Failure> {
    let library_page = args.alignment.lib_page_alignment;
    if !library_page.is_multiple_of(4) || library_page == 0 {
        return Err(Failure::new("--lib-page-alignment is not a multiple of 4")
            .help("give 16384, or 4096 for devices with small pages only"));
    }
    Ok(match args.alignment.alignment_preserved {
        Some(true) => Alignment::Preserved { library_page },
        Some(false) | None => Alignment::Made { library_page },
    })
}

/// Reads a lineage from its file or from a signed APK.
pub(crate) fn lineage(path: &Path) -> Result<SigningLineage, Failure> {
    let source = input::open(path)?;
    SigningLineage::read(&source).map_err(input::about(path))
}
