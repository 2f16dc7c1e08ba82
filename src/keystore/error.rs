//! Why a keystore could not be used, named by the cause.

use super::fault::Flaw;
use super::{Content, EntryKind, Format};
use crate::advice::Advice;
use crate::identity::IdentityError;
use crate::text::Untrusted;
use std::fmt;
use thiserror::Error;

/// What a password opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// The keystore.
    Store,
    /// A key inside it, by its alias if it has one.
    Key(Option<String>),
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store => f.write_str("the keystore"),
            Self::Key(Some(alias)) => write!(f, "key \"{}\"", Untrusted(alias)),
            Self::Key(None) => f.write_str("the key"),
        }
    }
}

/// How far the entries of a keystore could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readable {
    /// Entries that are complete.
    pub entries: usize,
    /// Entries that the file declares; `None` when its format does not say.
    pub declared: Option<u32>,
}

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.declared {
            Some(declared) => write!(f, "{} of {declared} entries readable", self.entries),
            None => write!(f, "{} entries readable", self.entries),
        }
    }
}

/// What a key derivation would cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// One derivation has too many rounds.
    Rounds {
        /// What the file declares.
        rounds: u32,
        /// What is allowed.
        limit: u32,
    },
    /// All derivations together compute too many hashes.
    Sum {
        /// What has been asked for.
        hashes: u64,
        /// What is allowed.
        limit: u64,
    },
    /// scrypt takes too much.
    Scrypt {
        /// In bytes.
        memory: u64,
        /// How often that is filled.
        parallelism: u32,
    },
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rounds { rounds, limit } => write!(f, "{rounds} rounds of key derivation; {limit} are allowed"),
            Self::Sum { hashes, limit } => {
                write!(f, "{hashes} hash computations for key derivation; {limit} are allowed")
            }
            Self::Scrypt { memory, parallelism } => {
                write!(f, "{memory} bytes of memory {parallelism} times for scrypt")
            }
        }
    }
}

/// Why a keystore, or a key or certificate in it, could not be used.
#[derive(Debug, Clone, Error)]
pub enum KeystoreError {
    /// The bytes are something else.
    #[error("this is {0}, not a keystore or certificate")]
    NotAKeystore(Content),
    /// A private key without its certificate.
    #[error("this is a private key without a certificate")]
    PrivateKeyAlone,
    /// No private key where one is wanted.
    #[error("this is {0}, not a private key")]
    NotAPrivateKey(Content),
    /// Nothing can be read without a password, and none is given.
    #[error("{0} needs a password")]
    PasswordNeeded(Secret),
    /// No form of the password fits.
    #[error("wrong password for {secret}")]
    WrongPassword {
        /// What it should open.
        secret: Secret,
        /// The keystore's format.
        format: Format,
    },
    /// The password opens a key, but not the keystore around it.
    #[error("the password opens {}, but not the keystore", Secret::Key(alias.clone()))]
    OpensKeyOnly {
        /// The key's alias.
        alias: Option<String>,
    },
    /// The file ends too early.
    #[error("the {} is cut off after {size} bytes{}", format.title(), cut(*wanted, *readable))]
    Truncated {
        /// The format.
        format: Format,
        /// Bytes that are there.
        size: usize,
        /// Bytes that the file declares, where it does.
        wanted: Option<usize>,
        /// Entries before the end, where they stand one after the other.
        readable: Option<Readable>,
    },
    /// The format is clear, but the bytes do not hold together.
    #[error("the {} is damaged{}", format.title(), readable.map_or(String::new(), |readable| format!(" ({readable})")))]
    Damaged {
        /// The format.
        format: Format,
        /// What does not hold.
        #[source]
        flaw: Flaw,
        /// Entries before the damage, where they stand one after the other.
        readable: Option<Readable>,
    },
    /// An algorithm or a variant that is not implemented.
    #[error("the {} uses {what}, which is not supported", format.title())]
    Unsupported {
        /// The format.
        format: Format,
        /// The algorithm or variant, by its name or object identifier.
        what: String,
    },
    /// More key derivation than is allowed.
    #[error("opening it takes {0}")]
    TooCostly(Cost),
    /// More of something than any real keystore has.
    #[error("more than {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The most that is read.
        limit: usize,
    },
    /// No entry has this alias.
    #[error("no entry \"{}\"{}", Untrusted(wanted), listed(present))]
    UnknownAlias {
        /// What was asked for.
        wanted: String,
        /// The aliases that are there.
        present: Vec<String>,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// The entry cannot sign.
    #[error("{} holds only {kind}, it cannot sign", entry_name(alias.as_deref()))]
    NotAKey {
        /// The entry's alias.
        alias: Option<String>,
        /// What it holds.
        kind: EntryKind,
    },
    /// The key has no certificate in the file.
    #[error("{} has no certificate", entry_name(alias.as_deref()))]
    NoCertificate {
        /// The entry's alias.
        alias: Option<String>,
    },
    /// The private key cannot be used.
    #[error(transparent)]
    Key(#[from] IdentityError),
}

fn cut(wanted: Option<usize>, readable: Option<Readable>) -> String {
    let wanted = wanted.map_or(String::new(), |wanted| format!(" of {wanted}"));
    let readable = readable.map_or(String::new(), |readable| format!(" ({readable})"));
    format!("{wanted}{readable}")
}

fn entry_name(alias: Option<&str>) -> String {
    alias.map_or_else(|| "the entry".to_owned(), |alias| format!("\"{}\"", Untrusted(alias)))
}

fn listed(present: &[String]) -> String {
    const SHOWN: usize = 20;
    let mut names: Vec<String> = present.iter().take(SHOWN).map(|name| Untrusted(name).to_string()).collect();
    if present.len() > SHOWN {
        names.push(format!("and {} more", present.len().saturating_sub(SHOWN)));
    }
    if names.is_empty() {
        "; the keystore has no aliases".to_owned()
    } else {
        format!("; it has: {}", names.join(", "))
    }
}

impl Advice for KeystoreError {
    fn help(&self) -> Option<String> {
        match self {
            Self::NotAKeystore(content) => Some(content.help().to_owned()),
            Self::PrivateKeyAlone => Some(
                "to sign, give it with --key and its certificate with --cert; a fingerprint is of the certificate (for \
                 AOSP's .pk8 the .x509.pem beside it)"
                    .to_owned(),
            ),
            Self::NotAPrivateKey(_) => {
                Some("--key wants a private key as PKCS#8, PEM or DER; a keystore is given with --ks".to_owned())
            }
            Self::PasswordNeeded(Secret::Store) => Some(
                "give it with --ks-pass env:NAME, --ks-pass file:PATH or --ks-pass stdin, or set APKKEY_KS_PASS"
                    .to_owned(),
            ),
            Self::PasswordNeeded(Secret::Key(_)) => Some(
                "give it with --key-pass env:NAME, --key-pass file:PATH or --key-pass stdin, or set APKKEY_KEY_PASS"
                    .to_owned(),
            ),
            Self::WrongPassword { secret, format } => Some(wrong_password_help(secret, *format)),
            Self::OpensKeyOnly { .. } => Some(
                "give the keystore's password with --ks-pass, the key's with --key-pass; if they are the same, the file \
                 was changed after it was written"
                    .to_owned(),
            ),
            Self::Truncated { .. } | Self::Damaged { .. } => {
                Some("take the original file: copies lose bytes when they are cut off or treated as text".to_owned())
            }
            Self::Unsupported { .. } => Some(CONVERT.to_owned()),
            Self::TooCostly(Cost::Scrypt { .. }) => Some(CONVERT.to_owned()),
            Self::TooCostly(Cost::Rounds { rounds: 100_000_000.., .. }) => {
                Some("no tool writes so many: the file is damaged, or made to be slow".to_owned())
            }
            Self::TooCostly(_) => Some("if you trust the file, raise the limit with --max-kdf-iterations".to_owned()),
            Self::TooMany { .. } => Some("this is not a keystore that a build uses: check the path".to_owned()),
            Self::UnknownAlias { nearest, .. } => {
                nearest.as_ref().map(|nearest| format!("did you mean \"{}\"?", Untrusted(nearest)))
            }
            Self::NotAKey { .. } => Some("choose an entry that holds a private key".to_owned()),
            Self::NoCertificate { .. } => Some("give the certificate with --cert, and the key with --key".to_owned()),
            Self::Key(error) => error.help(),
        }
    }
}

const CONVERT: &str =
    "convert it with: keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12";

fn wrong_password_help(secret: &Secret, format: Format) -> String {
    match (secret, format) {
        (Secret::Store, Format::Pkcs12) => "check that the password is of this keystore".to_owned(),
        (Secret::Store, _) => "check that the password is of this keystore; if it is, the file was changed".to_owned(),
        (Secret::Key(_), Format::Pkcs12) => {
            "the keystore opened, but the key has another password: give --key-pass; keytool ignores -keypass for \
             PKCS12, so the key mostly has the keystore's password"
                .to_owned()
        }
        (Secret::Key(_), Format::Pem | Format::Der | Format::Pkcs7) => {
            "give the key's own password with --key-pass".to_owned()
        }
        (Secret::Key(_), Format::Jks | Format::Jceks | Format::Bks | Format::Uber | Format::Bcfks) => {
            "the keystore opened, but the key has another password: give --key-pass".to_owned()
        }
    }
}
