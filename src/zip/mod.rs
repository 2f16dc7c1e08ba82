//! A ZIP archive as Android's libziparchive sees it, and edits that leave every other byte alone.
//!
//! No ZIP library has Android's view: most accept bytes before the archive, bytes behind it, duplicate names or
//! local headers that disagree, and each picks another entry when an attacker offers two. The rules here are those
//! of AOSP's `system/libziparchive/zip_archive.cc`; whatever breaks one of them is a [`Violation`] with a name of
//! its own, so that a report can say which.
//!
//! | part | what | specification |
//! | --- | --- | --- |
//! | local header + data, for each entry | `PK\3\4`, 30 bytes, name, extra field, data, perhaps a data descriptor | APPNOTE 4.3.7 |
//! | (APK Signing Block) | unknown to this layer: the bytes between the last entry and the central directory | |
//! | central directory | a record `PK\1\2` of 46 bytes, name, extra field and comment for each entry | APPNOTE 4.3.12 |
//! | end record | `PK\5\6`, 22 bytes and a comment, at the very end | APPNOTE 4.3.16 |
//!
//! This layer does not know what an APK is.

mod alignment;
mod append;
mod contents;
mod deflate;
mod edit;
mod error;
mod reader;
mod record;
mod survey;

pub use alignment::Alignment;
pub use contents::{LocalHeader, Quirk, Unpacker};
pub use edit::{Edit, NewEntry, Rewritten};
pub use error::{Violation, ZipError};
pub use reader::{Directory, Entry, Layout, Method};
pub use survey::{Gap, GapContents, Survey};
