//! A set of APKs in one file: what bundletool builds from a bundle, and what installers of split APKs exchange.
//!
//! | kind | told by | APKs in it |
//! | --- | --- | --- |
//! | bundletool's `.apks` | `toc.pb` (bundletool, `FileNames.java`) | `splits/`, `standalones/`, `universal.apk`, `instant/`, `system/`, `asset-slices/` |
//! | `.apkm` of APKMirror | `info.json` | `base.apk`, `split_*.apk` |
//! | `.xapk` of APKPure | `manifest.json` | `PACKAGE.apk`, splits |
//! | other `.apks`, as of SAI | nothing | `base.apk`, splits |
//!
//! Names say nothing about an APK that its manifest would not say better: without the attribute `split` it is an app of
//! its own, be it a base, a standalone or a universal APK. Nothing is extracted: a stored APK is read where it stands,
//! a deflated one is inflated into memory.

use super::{Archive, ArchiveError};
use crate::advice::Advice;
use crate::limits::{APKS_IN_SET, INFLATED_APK};
use crate::source::{ReadAt, SourceError};
use crate::text::Untrusted;
use crate::zip::{Directory, Entry, Method, Quirk, ZipError};
use std::ops::Range;
use thiserror::Error;

/// Who makes such sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetKind {
    /// bundletool, with a table of contents.
    Bundletool,
    /// APKPure's `.xapk`.
    Xapk,
    /// APKMirror's `.apkm`.
    Apkm,
    /// APKs and nothing else, as Split APKs Installer writes them.
    Plain,
}

impl SetKind {
    /// The name in the JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bundletool => "bundletool",
            Self::Xapk => "xapk",
            Self::Apkm => "apkm",
            Self::Plain => "plain",
        }
    }
}

/// Why an APK in a set cannot be read.
#[derive(Debug, Error)]
pub enum SetError {
    /// The entry breaks a rule of the format.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// The entry is compressed, and too large to inflate it into memory.
    #[error("the APK is compressed and has {size} bytes: more than the {INFLATED_APK} that are inflated into memory")]
    TooLarge {
        /// Its declared size.
        size: u64,
    },
    /// The entry is marked as encrypted.
    #[error("the APK `{}` is encrypted", Untrusted(entry))]
    Encrypted {
        /// The entry's name.
        entry: String,
    },
    /// The set has more APKs than any real one.
    #[error("the set has {0} APKs, more than the {APKS_IN_SET} that are looked at")]
    TooMany(usize),
    /// Every APK in it is a split.
    #[error("all APKs in it are splits: the base APK is missing, and nothing can be installed without it")]
    NoBase,
    /// There is no APK in it.
    #[error("there is no APK in it")]
    Empty,
}

impl Advice for SetError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Zip(error) => return error.help(),
            Self::TooLarge { .. } => "extract the APKs that matter from the set and give them one by one",
            Self::Encrypted { .. } => "give a set that is not encrypted",
            Self::TooMany(_) => "extract the base APKs and give them one by one",
            Self::NoBase | Self::Empty => "build or download the set again",
        };
        Some(help.to_owned())
    }
}

/// An opened set of APKs.
pub struct ApkSet<'a> {
    source: &'a dyn ReadAt,
    directory: Directory,
    kind: SetKind,
}

impl<'a> ApkSet<'a> {
    /// Lists the entries. Reads the end of the file and the central directory only.
    ///
    /// # Errors
    /// [`SetError`] when the entries cannot be listed, or there is no APK, or too many.
    pub fn open(source: &'a dyn ReadAt) -> Result<Self, SetError> {
        let directory = Directory::read(source)?;
        let has = |name| directory.find(name).is_some();
        let kind = if has("toc.pb") {
            SetKind::Bundletool
        } else if has("info.json") {
            SetKind::Apkm
        } else if has("manifest.json") {
            SetKind::Xapk
        } else {
            SetKind::Plain
        };
        let set = Self { source, directory, kind };
        match set.apks().count() {
            0 => Err(SetError::Empty),
            count if count > APKS_IN_SET => Err(SetError::TooMany(count)),
            _ => Ok(set),
        }
    }

    /// Who made it.
    #[must_use]
    pub fn kind(&self) -> SetKind {
        self.kind
    }

    /// Its entries.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The APKs, in the order of the central directory.
    pub fn apks(&self) -> impl Iterator<Item = &Entry> {
        self.directory.entries().iter().filter(|entry| is_apk(&entry.name))
    }

    /// Whether an APK has to be inflated into memory.
    #[must_use]
    pub fn has_compressed(&self) -> bool {
        self.apks().any(|entry| entry.method != Method::STORED)
    }

    /// Opens one APK for reading.
    ///
    /// # Errors
    /// [`SetError`] when the entry is damaged, encrypted, or too large to be inflated.
    pub fn read(&self, entry: &Entry) -> Result<InnerApk<'a>, SetError> {
        let local = self.directory.local_header(self.source, entry)?;
        if local.quirks.contains(&Quirk::Encrypted) {
            return Err(SetError::Encrypted { entry: entry.name.clone() });
        }
        if entry.method == Method::STORED {
            return Ok(InnerApk::Stored { source: self.source, range: local.data });
        }
        if entry.declared_size > INFLATED_APK {
            return Err(SetError::TooLarge { size: entry.declared_size });
        }
        Ok(InnerApk::Inflated(self.directory.contents(self.source, entry, INFLATED_APK)?))
    }

    /// The APKs that are no splits, and what could not be read: an APK behind its entry.
    pub fn bases(&self) -> impl Iterator<Item = (&Entry, Result<InnerApk<'a>, ArchiveError>)> {
        let read = |entry| {
            let apk = self.read(entry)?;
            let is_base = Archive::open(&apk)?.manifest()?.split.is_none();
            Ok(is_base.then_some(apk))
        };
        self.apks().filter_map(move |entry| Some((entry, read(entry).transpose()?)))
    }

    /// Checks the CRC-32 of an entry, as whoever unpacks the set does.
    ///
    /// # Errors
    /// [`SetError`] when it does not match the data.
    pub fn check(&self, entry: &Entry) -> Result<(), SetError> {
        Ok(self.directory.unpacker(self.source).unpack(entry, &mut |_| ())?)
    }
}

/// Whether an archive without an Android manifest is a set of APKs.
pub(super) fn is_set(directory: &Directory) -> bool {
    directory.find("toc.pb").is_some() || directory.entries().iter().any(|entry| is_apk(&entry.name))
}

fn is_apk(name: &str) -> bool {
    let ending = name.len().checked_sub(4).and_then(|at| name.get(at..));
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case(".apk"))
}

/// Whether a file that is no ZIP archive may be one of the encrypted `.apkm` files of APKMirror's first years: a byte,
/// then libsodium's password hash algorithm (1 or 2) and its limits as 64-bit numbers, the second at most 512 MiB
/// (github.com/souramoo/unapkm).
#[must_use]
pub fn is_encrypted_apkm(head: &[u8]) -> bool {
    let number = |at: Range<usize>| head.get(at).and_then(|bytes| Some(u64::from_le_bytes(bytes.try_into().ok()?)));
    let is_limit = |value: u64, largest: u64| (1..=largest).contains(&value);
    matches!(head.get(1), Some(1 | 2))
        && number(2..10).is_some_and(|operations| is_limit(operations, 1 << 16))
        && number(10..18).is_some_and(|memory| is_limit(memory, 512 << 20))
}

impl From<SetError> for ArchiveError {
    fn from(error: SetError) -> Self {
        Self::Set(Box::new(error))
    }
}

/// The bytes of one APK in a set.
pub enum InnerApk<'a> {
    /// A part of the set.
    Stored {
        /// The set.
        source: &'a dyn ReadAt,
        /// Where the APK stands in it.
        range: Range<u64>,
    },
    /// Inflated from the set.
    Inflated(Vec<u8>),
}

impl ReadAt for InnerApk<'_> {
    fn size(&self) -> u64 {
        match self {
            Self::Stored { range, .. } => range.end.saturating_sub(range.start),
            Self::Inflated(bytes) => bytes.size(),
        }
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), SourceError> {
        match self {
            Self::Inflated(bytes) => bytes.read_exact_at(buffer, offset),
            Self::Stored { source, range } => {
                let size = self.size();
                let wanted = u64::try_from(buffer.len()).unwrap_or(u64::MAX);
                let end = offset.saturating_add(wanted);
                if end > size {
                    return Err(SourceError::Beyond { range: offset..end, size });
                }
                source.read_exact_at(buffer, range.start.saturating_add(offset))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn set(entries: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        for (name, data) in entries {
            writer.start_file(*name, options).unwrap();
            writer.write_all(data).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn an_apk_is_read_where_it_stands_or_inflated() {
        let apk = b"0123456789".repeat(100);
        for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
            let file = set(&[("toc.pb", b"x"), ("splits/base-master.apk", &apk)], method);
            let set = ApkSet::open(&file).unwrap();
            assert_eq!(
                (set.kind(), set.has_compressed()),
                (SetKind::Bundletool, method != zip::CompressionMethod::Stored)
            );
            let entry = set.apks().next().unwrap();
            set.check(entry).unwrap();
            let inner = set.read(entry).unwrap();
            assert_eq!(inner.size(), 1000);
            assert_eq!(inner.bytes(3..25).unwrap(), &apk[3..25]);
            assert!(inner.read_exact_at(&mut [0; 11], 990).is_err(), "nothing behind the APK is read");
        }
    }

    #[test]
    fn the_kind_is_told_by_what_stands_beside_the_apks() {
        let kind = |name| {
            let file = set(&[(name, b"x"), ("base.APK", b"x")], zip::CompressionMethod::Stored);
            ApkSet::open(&file).unwrap().kind()
        };
        assert_eq!(kind("toc.pb"), SetKind::Bundletool);
        assert_eq!(kind("info.json"), SetKind::Apkm);
        assert_eq!(kind("manifest.json"), SetKind::Xapk);
        assert_eq!(kind("icon.png"), SetKind::Plain);
        let empty = set(&[("toc.pb", b"x")], zip::CompressionMethod::Stored);
        assert!(matches!(ApkSet::open(&empty), Err(SetError::Empty)));
    }

    #[test]
    fn what_would_not_fit_into_memory_is_refused_before_anything_is_inflated() {
        let mut file = set(&[("base.apk", &[0; 1000])], zip::CompressionMethod::Deflated);
        let size = u32::try_from(INFLATED_APK + 1).unwrap().to_le_bytes();
        let directory = Directory::read(&file).unwrap().layout().directory.start;
        let at = usize::try_from(directory).unwrap();
        file[22..26].copy_from_slice(&size);
        file[at + 24..at + 28].copy_from_slice(&size);
        let set = ApkSet::open(&file).unwrap();
        let error = set.read(set.apks().next().unwrap()).err().unwrap();
        assert!(matches!(error, SetError::TooLarge { .. }) && error.help().unwrap().contains("extract"), "{error}");
    }

    #[test]
    fn damage_and_encryption_are_named() {
        let mut file = set(&[("base.apk", &[7; 1000])], zip::CompressionMethod::Stored);
        let changed = file.iter().position(|byte| *byte == 7).unwrap();
        file[changed] = 8;
        let opened = ApkSet::open(&file).unwrap();
        assert!(opened.check(opened.apks().next().unwrap()).unwrap_err().to_string().contains("CRC-32"));
        file[6] |= 1;
        let opened = ApkSet::open(&file).unwrap();
        let error = opened.read(opened.apks().next().unwrap()).err().unwrap();
        assert_eq!(error.to_string(), "the APK `base.apk` is encrypted");
    }

    #[test]
    fn an_encrypted_apkm_is_known_by_its_head() {
        let mut head = vec![0, 2];
        head.extend(2_u64.to_le_bytes());
        head.extend((64_u64 << 20).to_le_bytes());
        head.extend([0; 48]);
        assert!(is_encrypted_apkm(&head));
        assert!(!is_encrypted_apkm(b"PK\x03\x04 some archive of APKs") && !is_encrypted_apkm(&[]));
        assert!(!is_encrypted_apkm(&[0, 2, 2]) && !is_encrypted_apkm(&[1; 40]));
    }
}
