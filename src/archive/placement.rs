//! Where a file that an SDK opens by its name stands when it stands in the wrong place.

use super::Kind;
use crate::limits::NEAR_MISSES;
use crate::zip::Directory;
use std::fmt;

/// A file that an SDK opens by one exact name in `assets`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedFile {
    /// Its name.
    pub name: &'static str,
    /// Its name in small letters, and names that people give it by mistake.
    names: &'static [&'static str],
}

impl WantedFile {
    /// The Amazon API key.
    pub const API_KEY: Self = Self {
        name: "api_key.txt",
        names: &[
            "api_key.txt",
            "api_key.txt.txt",
            "api_key",
            "api_key (1).txt",
            "api-key.txt",
            "apikey.txt",
            "api_key.text",
            "api key.txt",
        ],
    };
    /// The public key with which the Appstore SDK checks what Amazon tells it.
    pub const APPSTORE_KEY: Self = Self {
        name: "AppstoreAuthenticationKey.pem",
        names: &[
            "appstoreauthenticationkey.pem",
            "appstoreauthenticationkey.pem.txt",
            "appstoreauthenticationkey.pem.pem",
            "appstoreauthenticationkey",
            "appstoreauthenticationkey (1).pem",
        ],
    };

    /// The entry that the SDK opens; in an App Bundle the one that becomes it.
    #[must_use]
    pub fn entry(self, kind: Kind) -> String {
        match kind {
            Kind::Apk => format!("assets/{}", self.name),
            Kind::Aab => format!("base/assets/{}", self.name),
        }
    }

    fn is_exact(self, lower: &str) -> bool {
        self.names.first() == Some(&lower)
    }
}

/// An entry that looks like the wanted file but is not read by any SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// The entry's name.
    pub entry: String,
    /// What is wrong with its place.
    pub placement: Placement,
}

/// What is wrong with a key file's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// The right folder, but other letters: Android compares names exactly.
    WrongCase,
    /// `api_key.txt.txt`: a file manager hid the ending.
    DoubleEnding,
    /// At the root of the archive.
    Root,
    /// `res/raw`: resources are not assets.
    Resource,
    /// `assets/assets`: the tool adds `assets/` itself.
    AssetsTwice,
    /// `assets/www`: Cordova's web folder.
    CordovaWeb,
    /// `assets/public`: Capacitor's web folder.
    CapacitorWeb,
    /// `assets/flutter_assets`: an asset of pubspec.yaml.
    FlutterAssets,
    /// Another folder below `assets`.
    AssetsFolder,
    /// A feature module or asset pack of an App Bundle.
    OtherModule(String),
    /// `base/root`: becomes the root of the APK.
    BaseRoot,
    /// `assets/` at the top of an App Bundle, outside of any module.
    OutsideModules,
    /// The name has `\` where `/` should stand.
    Backslash,
    /// A folder of that name.
    Folder,
    /// The right folder and another name.
    OtherName,
    /// Anywhere else.
    Elsewhere,
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::WrongCase => "the letters differ in case",
            Self::DoubleEnding => "the ending stands twice",
            Self::Root => "it is at the root of the archive",
            Self::Resource => "it is a resource, not an asset",
            Self::AssetsTwice => "`assets` stands twice",
            Self::CordovaWeb => "it is in Cordova's web folder",
            Self::CapacitorWeb => "it is in Capacitor's web folder",
            Self::FlutterAssets => "it is a Flutter asset",
            Self::AssetsFolder => "it is in a folder below `assets`",
            Self::OtherModule(module) => {
                return write!(f, "it is in the module `{}`, not in `base`", crate::text::Untrusted(module));
            }
            Self::BaseRoot => "it will be at the root of the APK",
            Self::OutsideModules => "it is in no module of the App Bundle",
            Self::Backslash => "the name has backslashes",
            Self::Folder => "it is a folder",
            Self::OtherName => "it has another name",
            Self::Elsewhere => "no SDK looks there",
        };
        f.write_str(text)
    }
}

/// All entries that look like the wanted file and stand elsewhere.
pub(super) fn near_misses(wanted: WantedFile, kind: Kind, directory: &Directory) -> Vec<NearMiss> {
    let right = wanted.entry(kind);
    let entries = directory.entries().iter().filter(|entry| entry.name != right);
    entries
        .filter_map(|entry| {
            let placement = classify(wanted, kind, &entry.name)?;
            Some(NearMiss { entry: entry.name.clone(), placement })
        })
        .take(NEAR_MISSES)
        .collect()
}

fn classify(wanted: WantedFile, kind: Kind, name: &str) -> Option<Placement> {
    if kind == Kind::Aab && name.starts_with("META-INF/") {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let file = lower.trim_end_matches('/').rsplit(['/', '\\']).next()?.to_owned();
    if !wanted.names.contains(&file.as_str()) {
        return None;
    }
    if lower.contains('\\') {
        return wanted.is_exact(&file).then_some(Placement::Backslash);
    }
    if name.ends_with('/') {
        return wanted.is_exact(&file).then_some(Placement::Folder);
    }
    if lower == wanted.entry(kind).to_ascii_lowercase() {
        return Some(Placement::WrongCase);
    }
    let is_exact = wanted.is_exact(&file);
    let place = if kind == Kind::Aab { in_bundle(name, &lower, is_exact) } else { in_apk(&lower, is_exact) };
    let twice = file.ends_with(".txt.txt") || file.ends_with(".pem.txt") || file.ends_with(".pem.pem");
    Some(if place == Placement::OtherName && twice { Placement::DoubleEnding } else { place })
}

/// Where a file of another name stands.
pub(super) fn of_other_name(kind: Kind, name: &str) -> Placement {
    let lower = name.to_ascii_lowercase();
    if kind == Kind::Aab { in_bundle(name, &lower, false) } else { in_apk(&lower, false) }
}

fn in_bundle(name: &str, lower: &str, is_exact: bool) -> Placement {
    let Some((module, rest)) = name.split_once('/') else { return Placement::OutsideModules };
    match module {
        "assets" | "res" => Placement::OutsideModules,
        "base" => match lower.split('/').nth(1) {
            Some("root") => Placement::BaseRoot,
            _ => in_apk(&rest.to_ascii_lowercase(), is_exact),
        },
        other => Placement::OtherModule(other.to_owned()),
    }
}

fn in_apk(lower: &str, is_exact: bool) -> Placement {
    let folder = lower.rsplit_once('/').map_or("", |(folder, _)| folder);
    match folder {
        "" => Placement::Root,
        "assets" if is_exact => Placement::WrongCase,
        "assets" => Placement::OtherName,
        "assets/assets" => Placement::AssetsTwice,
        "assets/www" => Placement::CordovaWeb,
        "assets/public" => Placement::CapacitorWeb,
        _ if folder == "res" || folder.starts_with("res/") => Placement::Resource,
        _ if folder.starts_with("assets/flutter_assets") => Placement::FlutterAssets,
        _ if folder.starts_with("assets/www/") => Placement::CordovaWeb,
        _ if folder.starts_with("assets/public/") => Placement::CapacitorWeb,
        _ if folder.starts_with("assets/") => Placement::AssetsFolder,
        _ => Placement::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_each_wrong_place_in_an_apk() {
        for (name, placement) in [
            ("assets/API_KEY.TXT", Placement::WrongCase),
            ("Assets/api_key.txt", Placement::WrongCase),
            ("assets/api_key.txt.txt", Placement::DoubleEnding),
            ("api_key.txt", Placement::Root),
            ("res/raw/api_key.txt", Placement::Resource),
            ("assets/assets/api_key.txt", Placement::AssetsTwice),
            ("assets/www/api_key.txt", Placement::CordovaWeb),
            ("assets/www/assets/api_key.txt", Placement::CordovaWeb),
            ("assets/public/api_key.txt", Placement::CapacitorWeb),
            ("assets/flutter_assets/assets/api_key.txt", Placement::FlutterAssets),
            ("assets/config/api_key.txt", Placement::AssetsFolder),
            ("assets\\api_key.txt", Placement::Backslash),
            ("assets/api_key.txt/", Placement::Folder),
            ("assets/apikey.txt", Placement::OtherName),
            ("src/main/api_key.txt", Placement::Elsewhere),
        ] {
            assert_eq!(classify(WantedFile::API_KEY, Kind::Apk, name), Some(placement), "{name}");
        }
    }

    #[test]
    fn names_each_wrong_place_in_a_bundle() {
        for (name, placement) in [
            ("base/assets/Api_Key.txt", Placement::WrongCase),
            ("base/root/api_key.txt", Placement::BaseRoot),
            ("assets/api_key.txt", Placement::OutsideModules),
            ("api_key.txt", Placement::OutsideModules),
            ("extras/assets/api_key.txt", Placement::OtherModule("extras".into())),
            ("base/assets/config/api_key.txt", Placement::AssetsFolder),
            ("base\\assets\\api_key.txt", Placement::Backslash),
        ] {
            assert_eq!(classify(WantedFile::API_KEY, Kind::Aab, name), Some(placement), "{name}");
        }
    }

    #[test]
    fn the_appstore_s_key_is_looked_for_in_the_same_way() {
        for (name, placement) in [
            ("assets/appstoreauthenticationkey.pem", Placement::WrongCase),
            ("assets/AppstoreAuthenticationKey.pem.txt", Placement::DoubleEnding),
            ("AppstoreAuthenticationKey.pem", Placement::Root),
            ("res/raw/appstoreauthenticationkey.pem", Placement::Resource),
        ] {
            assert_eq!(classify(WantedFile::APPSTORE_KEY, Kind::Apk, name), Some(placement), "{name}");
        }
    }

    #[test]
    fn other_files_are_no_near_miss() {
        assert_eq!(classify(WantedFile::API_KEY, Kind::Apk, "assets/keys.txt"), None);
        assert_eq!(classify(WantedFile::API_KEY, Kind::Aab, "META-INF/api_key.txt"), None);
        assert_eq!(classify(WantedFile::APPSTORE_KEY, Kind::Apk, "assets/api_key.txt"), None);
    }
}
