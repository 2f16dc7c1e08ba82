//! Why an archive cannot be read, and what is wrong with one that can.

use crate::advice::Advice;
use crate::bytes::BytesError;
use crate::source::SourceError;
use crate::text::Untrusted;
use std::fmt;
use thiserror::Error;

/// Why an archive, or an entry of it, cannot be read.
#[derive(Debug, Error)]
pub enum ZipError {
    /// No end record within the last 65,557 bytes.
    #[error("no end of central directory record: this is not a ZIP archive, or its end is cut off")]
    NoEndRecord,
    /// ZIP64 structures are there; APK signature schemes cannot cover them and Android's package parser refuses them.
    #[error("the archive uses ZIP64")]
    Zip64,
    /// The file is larger than an archive without ZIP64 can be.
    #[error("the file has {0} bytes, more than the 4 GiB of an archive without ZIP64")]
    FileTooLarge(u64),
    /// The central directory does not fit between the start of the file and the end record.
    #[error("the central directory ({size} bytes at {offset}) does not fit before the end record at {end_record}")]
    DirectoryOutside {
        /// Where the end record says that the directory begins.
        offset: u64,
        /// How many bytes the end record says that it has.
        size: u64,
        /// Where the end record begins.
        end_record: u64,
    },
    /// A record of the central directory is cut off or is none.
    #[error("record {index} of {count} in the central directory is malformed")]
    Record {
        /// The record, from 1.
        index: usize,
        /// How many records the end record declares.
        count: usize,
        /// Where it broke.
        source: BytesError,
    },
    /// The central directory is larger than any real one.
    #[error("the central directory has {0} bytes, more than any real app")]
    DirectoryTooLarge(u64),
    /// The local header of an entry breaks a rule.
    #[error("entry `{}`: {reason}", Untrusted(name))]
    Local {
        /// The entry's name.
        name: String,
        /// Which rule.
        reason: &'static str,
    },
    /// The data of an entry breaks a rule.
    #[error("entry `{}`: {reason}", Untrusted(name))]
    Data {
        /// The entry's name.
        name: String,
        /// Which rule.
        reason: &'static str,
    },
    /// The entry has more bytes than the caller wants to hold.
    #[error("entry `{}` has {size} bytes, more than the {limit} allowed for it", Untrusted(name))]
    TooLarge {
        /// The entry's name.
        name: String,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// An edit would make an archive that the format cannot express.
    #[error("the archive would have {0}")]
    Unwritable(&'static str),
    /// The input could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl Advice for ZipError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::NoEndRecord => "check that the file is a whole APK or AAB: build or download it again",
            Self::Zip64 | Self::FileTooLarge(_) => {
                "build the app without ZIP64, below 4 GiB: APK signature schemes do not cover more"
            }
            Self::DirectoryOutside { .. } | Self::Record { .. } | Self::DirectoryTooLarge(_) => {
                "the file is damaged or was made to mislead: build or download it again"
            }
            Self::Local { .. } | Self::Data { .. } | Self::TooLarge { .. } => {
                "the entry is damaged or was made to mislead: build the file again"
            }
            Self::Unwritable(_) => "remove entries that the app does not need",
            Self::Source(_) => return None,
        };
        Some(help.to_owned())
    }
}

/// A rule that an archive breaks although its entries can be listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// The file does not begin with a local header: something stands before the archive (Janus, CVE-2017-13156).
    BytesBefore,
    /// Bytes stand behind the end record and its comment.
    BytesAfter {
        /// How many.
        count: u64,
    },
    /// The end record's comment is cut off.
    CommentCut,
    /// The archive has no entry.
    NoEntries,
    /// The archive says that it spans several disks.
    SeveralDisks,
    /// The central directory has bytes behind its declared records. Android reads on; the signature schemes do not allow it.
    DirectoryLeftover {
        /// How many.
        count: u64,
    },
    /// Bytes stand between the central directory and the end record: no APK Signing Block is found then.
    BytesBetween {
        /// How many.
        count: u64,
    },
    /// The end record stands in the comment of another one, so that two readers may see two archives.
    SecondEndRecord,
    /// Two entries have the same name.
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A name is not UTF-8.
    NameNotUtf8 {
        /// The name, with replacement characters.
        name: String,
    },
    /// A name has surrogates or overlong forms: Android takes it as UTF-8, other readers see another name.
    NameNotUnicode {
        /// The name, with replacement characters.
        name: String,
    },
    /// A name contains a NUL character.
    NameWithNul {
        /// The name.
        name: String,
    },
    /// An entry's local header would stand inside or behind the central directory.
    LocalHeaderOutside {
        /// The entry's name.
        name: String,
    },
}

impl Violation {
    /// Whether Android's libziparchive refuses the whole archive for it.
    #[must_use]
    pub fn is_refused_by_android(&self) -> bool {
        match self {
            Self::DirectoryLeftover { .. }
            | Self::BytesBetween { .. }
            | Self::SecondEndRecord
            | Self::SeveralDisks
            | Self::NameNotUnicode { .. } => false,
            Self::BytesBefore
            | Self::BytesAfter { .. }
            | Self::CommentCut
            | Self::NoEntries
            | Self::DuplicateName { .. }
            | Self::NameNotUtf8 { .. }
            | Self::NameWithNul { .. }
            | Self::LocalHeaderOutside { .. } => true,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BytesBefore => {
                f.write_str("the file does not begin with a ZIP entry: bytes stand before the archive")
            }
            Self::BytesAfter { count } => write!(f, "{count} bytes stand behind the end of the archive"),
            Self::CommentCut => f.write_str("the archive comment is cut off"),
            Self::NoEntries => f.write_str("the archive has no entries"),
            Self::SeveralDisks => f.write_str("the archive says that it is one of several disks"),
            Self::DirectoryLeftover { count } => {
                write!(f, "{count} bytes stand behind the last record of the central directory")
            }
            Self::BytesBetween { count } => {
                write!(f, "{count} bytes stand between the central directory and the end record")
            }
            Self::SecondEndRecord => f.write_str("the end record stands in the comment of another end record"),
            Self::DuplicateName { name } => write!(f, "two entries are named `{}`", Untrusted(name)),
            Self::NameNotUtf8 { name } => write!(f, "the entry name `{}` is not UTF-8", Untrusted(name)),
            Self::NameNotUnicode { name } => {
                write!(f, "the entry name `{}` has characters that are no Unicode", Untrusted(name))
            }
            Self::NameWithNul { name } => write!(f, "the entry name `{}` contains a NUL character", Untrusted(name)),
            Self::LocalHeaderOutside { name } => {
                write!(f, "the local header of `{}` would stand behind the entries", Untrusted(name))
            }
        }
    }
}
