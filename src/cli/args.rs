//! The arguments, with apksigner's names where it has the same option.

use super::output::ReportFile;
use super::password::PasswordSpec;
use super::signer::KeystoreArgs;
use super::signing::SigningArgs;
use apkkey::check::Store;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Makes the Amazon API key of an Android app right before the upload.
#[derive(Debug, Parser)]
#[command(name = "apkkey", version, styles = STYLES, max_term_width = 110)]
#[command(after_help = "Exit codes: 0 good, 1 a check failed, 2 could not do it.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// How the report is written to standard output
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    pub(crate) format: Format,
    /// Write the report to a file as well, as json=report.json; may be given several times
    #[arg(long, value_name = "FORMAT=PATH", global = true, value_parser = ReportFile::parse)]
    pub(crate) report: Vec<ReportFile>,
    /// Say nothing but what is wrong
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// When to use colour (NO_COLOR is obeyed too)
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true)]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For scripts: schema 1, described in docs/json.md
    Json,
    /// Annotations for GitHub Actions (verify)
    Github,
    /// JUnit XML, which most CI servers show: a suite per file, a case per check (verify)
    Junit,
    /// A page for people who get a link: one file, which loads nothing (verify, fingerprint, key)
    Html,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the MD5, SHA-1 and SHA-256 that Amazon's form asks for
    #[command(visible_alias = "fp")]
    Fingerprint(Box<FingerprintArgs>),
    /// Read an API key: is it genuine, and for which app
    Key(KeyArgs),
    /// Check a finished APK or App Bundle before the upload
    Verify(Box<VerifyArgs>),
    /// Put an API key into an APK, an App Bundle, or a folder of assets; align and sign
    Inject(Box<InjectArgs>),
    /// Align and sign an APK, or sign an App Bundle
    Sign(Box<SignArgs>),
    /// Show the certificates of a rotated key, or let another key follow
    Lineage(LineageArgs),
    /// Tell what a check means and how to repair what it found
    Explain(ExplainArgs),
    /// Tell which key of a source tree wins for which variant of a Gradle build
    Sources(SourcesArgs),
    /// Print or write the script that a Gradle build applies
    Gradle(GradleArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write all of them
    Man(ManArgs),
}

impl Command {
    /// Its name on the command line.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Fingerprint(_) => "fingerprint",
            Self::Key(_) => "key",
            Self::Verify(_) => "verify",
            Self::Inject(_) => "inject",
            Self::Sign(_) => "sign",
            Self::Lineage(_) => "lineage",
            Self::Explain(_) => "explain",
            Self::Sources(_) => "sources",
            Self::Gradle(_) => "gradle",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }

    /// What its report can be written as: one without checks is nothing that a CI server could show.
    pub(crate) fn formats(&self) -> &'static [Format] {
        match self {
            Self::Verify(_) => &[Format::Text, Format::Json, Format::Github, Format::Junit, Format::Html],
            Self::Fingerprint(args) if args.form.form => &[Format::Text, Format::Json],
            Self::Fingerprint(_) | Self::Key(_) => &[Format::Text, Format::Json, Format::Html],
            Self::Inject(_) | Self::Sign(_) | Self::Lineage(_) | Self::Sources(_) => &[Format::Text, Format::Json],
            Self::Explain(_) | Self::Gradle(_) | Self::Completions(_) | Self::Man(_) => &[Format::Text],
        }
    }

    /// The files that it reads or writes, which no report may replace.
    pub(crate) fn files(&self) -> Vec<&Path> {
        match self {
            Self::Fingerprint(args) => args.files.iter().map(PathBuf::as_path).collect(),
            Self::Key(args) => args.files.iter().map(PathBuf::as_path).collect(),
            Self::Verify(args) => {
                let keys = args.expected.cert.iter().chain(&args.expected.ks).chain(&args.token_key.token_key);
                let others = keys.chain(&args.config.config).chain(&args.v4_signature_file);
                args.files.iter().chain(others).map(PathBuf::as_path).collect()
            }
            Self::Inject(args) => {
                let files = args.file.iter().chain(&args.target.out).chain(args.signing.files());
                files.map(PathBuf::as_path).chain(args.api_key.as_ref().map(Path::new)).collect()
            }
            Self::Sign(args) => {
                let files = args.file.iter().chain(&args.input).chain(&args.target.out).chain(args.signing.files());
                files.map(PathBuf::as_path).collect()
            }
            Self::Lineage(args) => args.file.iter().chain(&args.input).chain(&args.out).map(PathBuf::as_path).collect(),
            Self::Sources(_) => Vec::new(),
            Self::Gradle(args) => args.write.iter().chain(&args.check).map(PathBuf::as_path).collect(),
            Self::Explain(_) | Self::Completions(_) | Self::Man(_) => Vec::new(),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct FingerprintArgs {
    /// Keystores, certificates, APKs, App Bundles or sets of APKs
    #[arg(required_unless_present_any = ["debug_keystore", "signing_properties"], value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The debug keystore of this machine, where Android Studio and Gradle keep it
    #[arg(long)]
    pub(crate) debug_keystore: bool,
    /// The keystore, alias and passwords that a Gradle or Flutter properties file names
    #[arg(long, value_name = "PROPERTIES", conflicts_with_all = ["files", "debug_keystore"])]
    pub(crate) signing_properties: Option<PathBuf>,
    /// Decrypt the private key too: proves that keystore, alias and passwords can sign
    #[arg(long)]
    pub(crate) can_sign: bool,
    /// The key's own password for --can-sign, given as --ks-pass is
    #[arg(long, value_name = "SPEC", requires = "can_sign")]
    pub(crate) key_pass: Option<PasswordSpec>,
    /// Print the bare MD5
    #[arg(long, group = "bare")]
    pub(crate) md5: bool,
    /// Print the bare SHA-1
    #[arg(long, group = "bare")]
    pub(crate) sha1: bool,
    /// Print the bare SHA-256
    #[arg(long, group = "bare")]
    pub(crate) sha256: bool,
    /// Fail with exit code 1 unless a certificate has this MD5, SHA-1 or SHA-256
    #[arg(long, value_name = "DIGEST")]
    pub(crate) expect: Option<String>,
    /// The Android API level for which an APK's certificate is wanted
    #[arg(long, value_name = "N")]
    pub(crate) sdk: Option<u32>,
    #[command(flatten)]
    pub(crate) form: FormArgs,
    #[command(flatten)]
    pub(crate) keystore: KeystoreArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Amazon's form")]
pub(crate) struct FormArgs {
    /// Print what Amazon's form for an API key asks for, in its order
    #[arg(long, conflicts_with_all = ["bare", "expect"])]
    pub(crate) form: bool,
    /// The package, for a keystore or certificate
    #[arg(long, value_name = "ID", requires = "form")]
    pub(crate) package: Option<String>,
    /// The store that signs again, and needs a key for its certificate
    #[arg(long, value_enum, requires = "form")]
    pub(crate) store: Option<StoreArg>,
    /// The MD5 of the store's certificate
    #[arg(long, value_name = "MD5", requires = "store")]
    pub(crate) cert_md5: Option<String>,
    /// The SHA-256 of the store's certificate
    #[arg(long, value_name = "SHA-256", requires = "store")]
    pub(crate) cert_sha256: Option<String>,
    /// The store's certificate (PEM, DER or PKCS#7)
    #[arg(long, value_name = "FILE", requires = "store", conflicts_with_all = ["cert_md5", "cert_sha256"])]
    pub(crate) cert: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "API key")]
pub(crate) struct TokenKeyArgs {
    /// The public key (PEM) that API keys must be signed with, instead of Amazon's: for tests and pre-production
    #[arg(long, value_name = "PEM")]
    pub(crate) token_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// Each an api_key.txt, an APK, App Bundle or set of APKs with one inside, or - for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) files: Vec<PathBuf>,
    /// Print the key itself, exactly as it belongs into the file
    #[arg(long)]
    pub(crate) show_key: bool,
    /// Count warnings as errors: white space around the key, a byte order mark
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) token_key: TokenKeyArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// APKs, App Bundles, sets of APKs (.apks, .xapk, .apkm), libraries (.aar), or folders that a build filled
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) expected: ExpectedArgs,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// The variant of a Gradle build that the files are of: what the settings say of it counts
    #[arg(long, value_name = "NAME", conflicts_with = "no_config")]
    pub(crate) variant: Option<String>,
    /// A source set of the variant, to tell which file its key is from
    #[arg(long, value_name = "NAME", requires = "variant")]
    pub(crate) source_set: Vec<String>,
    /// The lowest API level to look at, instead of the manifest's
    #[arg(long, value_name = "N")]
    pub(crate) min_sdk_version: Option<u32>,
    /// The highest API level to look at
    #[arg(long, value_name = "N")]
    pub(crate) max_sdk_version: Option<u32>,
    /// The v4 signature (.idsig) of the file
    #[arg(long, value_name = "FILE")]
    pub(crate) v4_signature_file: Option<PathBuf>,
    /// The SHA-256 that the source stamp's certificate must have
    #[arg(long, value_name = "HEX")]
    pub(crate) stamp_cert_digest: Option<String>,
    #[command(flatten)]
    pub(crate) token_key: TokenKeyArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Checks")]
pub(crate) struct ConfigArgs {
    /// The settings of the project, instead of apkkey.toml in the current folder
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Read no settings: apkkey.toml can soften checks
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What the app must match")]
pub(crate) struct ExpectedArgs {
    /// The package that the app must have
    #[arg(long, value_name = "ID")]
    pub(crate) package: Option<String>,
    /// The MD5 of the certificate that will really sign
    #[arg(long, value_name = "MD5")]
    pub(crate) cert_md5: Option<String>,
    /// The SHA-256 of the certificate that will really sign
    #[arg(long, value_name = "SHA-256")]
    pub(crate) cert_sha256: Option<String>,
    /// The certificate that will really sign (PEM, DER or PKCS#7)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cert_md5", "cert_sha256", "ks"])]
    pub(crate) cert: Option<PathBuf>,
    /// The keystore that will really sign
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cert_md5", "cert_sha256"])]
    pub(crate) ks: Option<PathBuf>,
    /// The store that signs again: its certificate is the one to name
    #[arg(long, value_enum)]
    pub(crate) store: Option<StoreArg>,
    /// The client id of the security profile that the key must belong to, as the sender of messages has it
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    #[command(flatten)]
    pub(crate) keystore: KeystoreArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreArg {
    Amazon,
    Play,
}

impl StoreArg {
    /// As the checks know it.
    pub(crate) fn library(self) -> Store {
        match self {
            Self::Amazon => Store::Amazon,
            Self::Play => Store::Play,
        }
    }

    /// As it is written on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Amazon => "amazon",
            Self::Play => "play",
        }
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Checks")]
pub(crate) struct PolicyArgs {
    /// Run only these checks or groups (archive, signature, key, manifest, secret)
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Leave these checks or groups out
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// Count errors of these checks as warnings
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) allow: Vec<String>,
    /// Count warnings as errors
    #[arg(long)]
    pub(crate) strict: bool,
    /// This is a release: a debug certificate and a debuggable app are errors
    #[arg(long)]
    pub(crate) release: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InjectArgs {
    /// The APK or App Bundle; replaced in place unless --out is given
    #[arg(value_name = "FILE", required_unless_present = "into_assets", conflicts_with = "into_assets")]
    pub(crate) file: Option<PathBuf>,
    /// The API key: a path, env:NAME, or - for standard input
    #[arg(long, value_name = "SPEC", required_unless_present_any = ["remove", "variant"])]
    pub(crate) api_key: Option<String>,
    /// Take the key out instead
    #[arg(long, conflicts_with_all = ["api_key", "into_assets"])]
    pub(crate) remove: bool,
    /// Write DIR/api_key.txt instead, for a build
    #[arg(long, value_name = "DIR", requires = "package")]
    pub(crate) into_assets: Option<PathBuf>,
    /// Take the key that apkkey.toml names for this variant of a Gradle build, or that lies in its source sets
    #[arg(long, value_name = "NAME", requires = "into_assets", conflicts_with_all = ["api_key", "remove"])]
    pub(crate) variant: Option<String>,
    /// A source set of the variant whose src/NAME/assets may hold the key; the first one that does counts
    #[arg(long, value_name = "NAME", requires = "variant")]
    pub(crate) source_set: Vec<String>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// The package that the app and the key must have
    #[arg(long, value_name = "ID")]
    pub(crate) package: Option<String>,
    /// Drop the signature of a signed file: it has to be signed again
    #[arg(long, conflicts_with_all = ["into_assets", "ks", "key", "signing_properties"])]
    pub(crate) unsigned: bool,
    /// Put the key in although it is not authentic, for another app or for another certificate
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) store: StoreCertificateArgs,
    #[command(flatten)]
    pub(crate) token_key: TokenKeyArgs,
    #[command(flatten)]
    pub(crate) signing: SigningArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// The APK or App Bundle; replaced in place unless --out is given
    #[arg(value_name = "FILE", required_unless_present = "input")]
    pub(crate) file: Option<PathBuf>,
    /// The APK or App Bundle, as apksigner has it
    #[arg(long = "in", value_name = "FILE", conflicts_with = "file", hide = true)]
    pub(crate) input: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) signing: SigningArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// Where to write the result
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Say what would be done and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "A store that signs again")]
pub(crate) struct StoreCertificateArgs {
    /// The MD5 of the certificate that devices will see, when it is not the one that signs here
    #[arg(long, value_name = "MD5")]
    pub(crate) cert_md5: Option<String>,
    /// The SHA-256 of that certificate
    #[arg(long, value_name = "SHA-256")]
    pub(crate) cert_sha256: Option<String>,
    /// The store
    #[arg(long, value_enum)]
    pub(crate) store: Option<StoreArg>,
}

#[derive(Debug, Args)]
pub(crate) struct LineageArgs {
    /// A lineage file, or an APK signed with a rotated key
    #[arg(value_name = "FILE", required_unless_present_any = ["input", "old_signer"])]
    pub(crate) file: Option<PathBuf>,
    /// The same, as apksigner has it
    #[arg(long = "in", value_name = "FILE", conflicts_with = "file", hide = true)]
    pub(crate) input: Option<PathBuf>,
    /// Where to write the new lineage
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Begin the options of the newest signer so far: --ks ... or --key and --cert
    #[arg(long, action = clap::ArgAction::Count, requires = "new_signer", requires = "out")]
    pub(crate) old_signer: u8,
    /// Begin the options of the signer that follows it
    #[arg(long, action = clap::ArgAction::Count, requires = "old_signer")]
    pub(crate) new_signer: u8,
    /// Begin the options of a signer whose rights change: --set-rollback=true and the like
    #[arg(long, action = clap::ArgAction::Count, requires = "out", conflicts_with = "old_signer")]
    pub(crate) signer: u8,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A check, as reports name it
    #[arg(value_name = "ID", required_unless_present = "list")]
    pub(crate) id: Option<String>,
    /// List all checks
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct SourcesArgs {
    /// A module or a project of a Gradle build
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Count warnings as errors
    #[arg(long)]
    pub(crate) strict: bool,
    /// Read no apkkey.toml of a module
    #[arg(long)]
    pub(crate) no_config: bool,
    #[command(flatten)]
    pub(crate) token_key: TokenKeyArgs,
}

#[derive(Debug, Args)]
pub(crate) struct GradleArgs {
    /// The script for the old variant API: Android Gradle plugin up to 8.13 (without it: 7.3 and later)
    #[arg(long)]
    pub(crate) legacy: bool,
    /// Write it to this file, beside the module's build file
    #[arg(long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,
    /// Say whether this file is the script of this version (exit code 1: it is not)
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    pub(crate) check: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The command whose page is printed; without it the page of the program
    pub(crate) command: Option<String>,
    /// Write all pages into this folder, as apkkey.1, apkkey-verify.1 ...
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub(crate) out: Option<PathBuf>,
}
