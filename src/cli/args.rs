//! The arguments, with apksigner's names where it has the same option.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

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
    Fingerprint(FingerprintArgs),
    /// Read an API key: is it genuine, and for which app
    Key(KeyArgs),
    /// Check a finished APK or App Bundle before the upload
    Verify(Box<VerifyArgs>),
    /// Put an API key into an APK, an App Bundle, or a folder of assets
    Inject(InjectArgs),
    /// Tell what a check means and how to repair what it found
    Explain(ExplainArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FingerprintArgs {
    /// Keystores, certificates, APKs or App Bundles
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
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
    pub(crate) keystore: KeystoreArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Keystore")]
pub(crate) struct KeystoreArgs {
    /// The entry in the keystore
    #[arg(long, value_name = "ALIAS")]
    pub(crate) ks_key_alias: Option<String>,
    /// The keystore's password: env:NAME, file:PATH, stdin, prompt, or pass:PASSWORD (which others can see)
    #[arg(long, value_name = "SPEC")]
    pub(crate) ks_pass: Option<String>,
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
    /// An api_key.txt, an APK or App Bundle with one inside, or - for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
    /// Print the key itself, exactly as it belongs into the file
    #[arg(long)]
    pub(crate) show_key: bool,
    #[command(flatten)]
    pub(crate) token_key: TokenKeyArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// APKs or App Bundles
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) expected: ExpectedArgs,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
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

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StoreArg {
    Amazon,
    Play,
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
    #[arg(long, value_name = "SPEC")]
    pub(crate) api_key: String,
    /// Where to write the result
    #[arg(long, value_name = "FILE", conflicts_with = "into_assets")]
    pub(crate) out: Option<PathBuf>,
    /// Write DIR/api_key.txt instead, for a build
    #[arg(long, value_name = "DIR", requires = "package")]
    pub(crate) into_assets: Option<PathBuf>,
    /// The package that the key must be for
    #[arg(long, value_name = "ID")]
    pub(crate) package: Option<String>,
    /// Drop the signature of a signed file: it has to be signed again
    #[arg(long, conflicts_with = "into_assets")]
    pub(crate) unsigned: bool,
    /// Put the key in although it is not authentic or for another app
    #[arg(long)]
    pub(crate) force: bool,
    /// Say what would be done and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) token_key: TokenKeyArgs,
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
