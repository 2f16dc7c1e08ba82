//! Entry names that Android's libziparchive takes and that others refuse.

use super::Kind;
use crate::zip::Directory;

/// An entry with a name that a store or a newer Android refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfitName {
    /// The entry's name.
    pub entry: String,
    /// What is wrong with it.
    pub fault: NameFault,
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// An entry for a folder, in an App Bundle: bundletool refuses it (`BundleZipValidator.java`).
    Folder,
    /// The name begins with `/`.
    Absolute,
    /// A part of the name is `..`.
    ParentFolder,
}

/// All entries with such names.
pub(super) fn unfit_names(kind: Kind, directory: &Directory) -> Vec<UnfitName> {
    let entries = directory.entries().iter();
    entries
        .filter_map(|entry| Some(UnfitName { entry: entry.name.clone(), fault: fault(kind, &entry.name)? }))
        .collect()
}

fn fault(kind: Kind, name: &str) -> Option<NameFault> {
    if name.starts_with('/') {
        Some(NameFault::Absolute)
    } else if name.split('/').any(|part| part == "..") {
        Some(NameFault::ParentFolder)
    } else {
        (kind == Kind::Aab && name.ends_with('/')).then_some(NameFault::Folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_refused_in_a_bundle_only() {
        assert_eq!(fault(Kind::Aab, "base/assets/"), Some(NameFault::Folder));
        assert_eq!(fault(Kind::Apk, "assets/"), None);
        for kind in [Kind::Aab, Kind::Apk] {
            assert_eq!(fault(kind, "/assets/api_key.txt"), Some(NameFault::Absolute));
            assert_eq!(fault(kind, "x/../assets/api_key.txt"), Some(NameFault::ParentFolder));
            assert_eq!(fault(kind, "assets/a..b\\c"), None);
        }
    }
}
