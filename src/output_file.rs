//! Output that appears whole or not at all: written beside the target, synced, then renamed over it.
//!
//! A failure leaves the target as it was and no file behind. After `kill -9` at most a temporary file is left whose
//! name tells where it came from.

use crate::advice::Advice;
use crate::limits::LINKS_FOLLOWED;
use crate::source::{FileSource, Piece, ReadAt, SourceError};
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};
use thiserror::Error;

/// Why output could not be written.
#[derive(Debug, Error)]
pub enum OutputError {
    /// No file can be made beside the target.
    #[error("cannot write into the folder `{}`", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The target is a folder, a device or something else that no file can replace.
    #[error("`{}` is {what}, not a file", target.display())]
    NotAFile {
        /// The target.
        target: PathBuf,
        /// What stands there.
        what: &'static str,
    },
    /// Writing broke off, for instance because the disk is full.
    #[error("cannot write `{}`", target.display())]
    Write {
        /// The file that should appear.
        target: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The input could not be read while it was copied.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl Advice for OutputError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Folder { .. } => Some("check that the folder exists and that you may write into it".to_owned()),
            Self::NotAFile { .. } => Some("name the file that is to be written".to_owned()),
            Self::Write { .. } => Some("check the space on the disk; nothing was changed".to_owned()),
            Self::Source(_) => None,
        }
    }
}

/// A file in the making.
#[derive(Debug)]
pub struct OutputFile {
    temporary: NamedTempFile,
    target: PathBuf,
    permissions: Option<Permissions>,
}

impl OutputFile {
    /// Begins a file that will stand at `target`. A symbolic link is followed, so the file behind it is replaced; an
    /// existing file's mode is kept.
    ///
    /// # Errors
    /// [`OutputError::Folder`] when nothing can be written beside the target, [`OutputError::NotAFile`] when something
    /// else than a file stands there.
    pub fn create(target: &Path) -> Result<Self, OutputError> {
        let target = follow_links(target);
        let metadata = fs::metadata(&target).ok();
        if let Some(what) = what_is_no_file(&target, metadata.as_ref()) {
            return Err(OutputError::NotAFile { target, what });
        }
        let permissions = metadata.map(|metadata| metadata.permissions());
        let folder = match target.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        // a file name has at most 255 bytes, and a character at most 4
        let name: String = name.chars().take(50).collect();
        let prefix = format!(".{name}.apkkey-");
        let mut builder = Builder::new();
        builder.prefix(&prefix).suffix(".tmp");
        let temporary = default_mode(&mut builder)
            .tempfile_in(folder)
            .map_err(|source| OutputError::Folder { folder: folder.to_owned(), source })?;
        Ok(Self { temporary, target, permissions })
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// [`OutputError::Write`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        let target = &self.target;
        self.temporary.write_all(bytes).map_err(|source| OutputError::Write { target: target.clone(), source })
    }

    /// Writes the pieces of a plan; what is copied from the old file is copied by the operating system.
    ///
    /// # Errors
    /// [`OutputError::Write`], or [`OutputError::Source`] when the old file cannot be read.
    pub fn write_pieces(
        &mut self,
        old: &FileSource,
        pieces: impl IntoIterator<Item = Piece>,
    ) -> Result<(), OutputError> {
        for piece in pieces {
            match piece {
                Piece::Bytes(bytes) => self.write(&bytes)?,
                Piece::Copy(range) => {
                    let wanted = range.end.saturating_sub(range.start);
                    let copied = copy(old.file(), self.temporary.as_file_mut(), range.start, wanted);
                    let copied = copied.map_err(|source| OutputError::Write { target: self.target.clone(), source })?;
                    if copied != wanted {
                        return Err(SourceError::Beyond { range, size: old.size() }.into());
                    }
                }
            }
        }
        Ok(())
    }

    /// Copies the old file as it is.
    ///
    /// # Errors
    /// As [`OutputFile::write_pieces`].
    pub fn copy_whole(&mut self, old: &FileSource) -> Result<(), OutputError> {
        self.write_pieces(old, [Piece::Copy(0..old.size())])
    }

    /// Reads back what was written, for a check of our own output before it replaces anything.
    ///
    /// # Errors
    /// [`OutputError::Write`] when the file cannot be opened again.
    pub fn written(&self) -> Result<FileSource, OutputError> {
        let reopened = self.temporary.reopen().and_then(FileSource::new);
        reopened.map_err(|source| OutputError::Write { target: self.target.clone(), source })
    }

    /// Sends what is written so far to the disk, so that little is left to do at the end.
    ///
    /// # Errors
    /// [`OutputError::Write`].
    pub fn sync(&self) -> Result<(), OutputError> {
        self.temporary
            .as_file()
            .sync_data()
            .map_err(|source| OutputError::Write { target: self.target.clone(), source })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`OutputError::Write`]; then the target is as it was.
    pub fn commit(self) -> Result<(), OutputError> {
        let Self { temporary, target, permissions } = self;
        let finish = || -> io::Result<()> {
            if let Some(permissions) = permissions {
                temporary.as_file().set_permissions(permissions)?;
            }
            temporary.as_file().sync_all()?;
            temporary.persist(&target).map_err(|error| error.error)?;
            sync_folder(&target);
            Ok(())
        };
        finish().map_err(|source| OutputError::Write { target: target.clone(), source })
    }
}

/// The file behind a symbolic link, also when it is yet to be made.
fn follow_links(target: &Path) -> PathBuf {
    let mut target = target.to_owned();
    for _ in 0..LINKS_FOLLOWED {
        if let Ok(found) = fs::canonicalize(&target) {
            return found;
        }
        let Ok(next) = fs::read_link(&target) else { break };
        target = target.parent().map_or_else(|| next.clone(), |folder| folder.join(&next));
    }
    target
}

fn what_is_no_file(target: &Path, metadata: Option<&Metadata>) -> Option<&'static str> {
    match metadata {
        Some(metadata) if metadata.is_file() => None,
        Some(metadata) if metadata.is_dir() => Some("a folder"),
        Some(_) => Some("a device or a pipe"),
        None if target.as_os_str().to_string_lossy().ends_with(std::path::is_separator) => Some("a folder"),
        None => target.file_name().is_none().then_some("a folder"),
    }
}

/// `std::io::copy` between files uses `copy_file_range`, which shares extents where the file system can.
fn copy(old: &File, new: &mut File, start: u64, count: u64) -> io::Result<u64> {
    let mut reader: &File = old;
    reader.seek(SeekFrom::Start(start))?;
    io::copy(&mut reader.take(count), new)
}

/// Temporary files have mode 0600 unless told otherwise; the umask applies to this.
#[cfg(unix)]
fn default_mode<'a, 'b>(builder: &'a mut Builder<'b, 'b>) -> &'a mut Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn default_mode<'a, 'b>(builder: &'a mut Builder<'b, 'b>) -> &'a mut Builder<'b, 'b> {
    builder
}

/// Makes the rename last. Not every file system can; the file itself is already synced.
fn sync_folder(target: &Path) {
    #[cfg(unix)]
    if let Some(folder) = target.parent().and_then(|folder| File::open(folder).ok()) {
        drop(folder.sync_all());
    }
    #[cfg(not(unix))]
    let _ = target;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_a_file_only_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("app.apk");
        File::create(&target).unwrap().write_all(b"old").unwrap();
        let mut output = OutputFile::create(&target).unwrap();
        output.write(b"new").unwrap();
        assert_eq!(FileSource::open(&target).unwrap().bytes(0..3).unwrap(), b"old");
        output.commit().unwrap();
        assert_eq!(FileSource::open(&target).unwrap().bytes(0..3).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn leaves_nothing_behind_when_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let mut output = OutputFile::create(&folder.path().join("app.apk")).unwrap();
        output.write(b"new").unwrap();
        drop(output);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_files_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let is_refused = |target: &Path| matches!(OutputFile::create(target), Err(OutputError::NotAFile { .. }));
        assert!(is_refused(folder.path()));
        assert!(is_refused(&folder.path().join("new/")));
        assert!(is_refused(Path::new("..")));
        #[cfg(unix)]
        assert!(is_refused(Path::new("/dev/null")));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_long_name_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("\u{e4}".repeat(127));
        OutputFile::create(&target).unwrap().commit().unwrap();
        assert!(target.is_file());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nothing_yet_is_followed() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let (second, first) = (folder.path().join("second.apk"), folder.path().join("first.apk"));
        symlink("real.apk", &second).unwrap();
        symlink(&second, &first).unwrap();
        OutputFile::create(&first).unwrap().commit().unwrap();
        assert!(fs::symlink_metadata(&first).unwrap().is_symlink());
        assert!(fs::symlink_metadata(folder.path().join("real.apk")).unwrap().is_file());
        let circle = folder.path().join("circle.apk");
        symlink(&circle, &circle).unwrap();
        drop(OutputFile::create(&circle));
    }

    #[cfg(unix)]
    #[test]
    fn keeps_the_mode_and_follows_a_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("app.apk"), folder.path().join("link.apk"));
        File::create(&target).unwrap();
        fs::set_permissions(&target, Permissions::from_mode(0o640)).unwrap();
        symlink(&target, &link).unwrap();
        let mut output = OutputFile::create(&link).unwrap();
        output.write(b"new").unwrap();
        output.commit().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::metadata(&target).unwrap().len(), 3);
    }
}
