//! Where a key file stands when it stands in the wrong place, and which build step puts it there.

use super::Kind;
use crate::zip::Directory;
use std::fmt;

/// An entry that looks like the key file but is not read by any SDK.
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

impl Placement {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::WrongCase => "rename the file to `api_key.txt`, all in lower case",
            Self::DoubleEnding => "rename the file to `api_key.txt`",
            Self::Root => "put the file into the folder `assets` of the app module (app/src/main/assets)",
            Self::Resource => "move the file from `res/raw` to `assets` (app/src/main/assets)",
            Self::AssetsTwice => "move the file one folder up: the build adds `assets/` itself",
            Self::CordovaWeb => {
                "use <resource-file src=\"api_key.txt\" target=\"app/src/main/assets/api_key.txt\"/> instead of www/"
            }
            Self::CapacitorWeb => "move the file from the web folder to android/app/src/main/assets",
            Self::FlutterAssets => "take the file out of pubspec.yaml and put it into android/app/src/main/assets",
            Self::AssetsFolder => "move the file to the top of the folder `assets`",
            Self::OtherModule(_) => "move the file to the base module: features and packs are installed later or apart",
            Self::BaseRoot => "move the file to `assets` of the base module",
            Self::OutsideModules => "put the file into `base/assets`: an App Bundle has no `assets` of its own",
            Self::Backslash => "write the archive with `/` in names: Android does not know `\\`",
            Self::Folder => "put the file there, not a folder",
            Self::OtherName => "rename the file to `api_key.txt`",
            Self::Elsewhere => "put the file into the folder `assets` of the app module (app/src/main/assets)",
        }
    }
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

/// All entries that look like a misplaced key.
pub(super) fn near_misses(kind: Kind, directory: &Directory) -> Vec<NearMiss> {
    let entries = directory.entries().iter();
    entries
        .filter_map(|entry| {
            let placement = classify(kind, &entry.name)?;
            Some(NearMiss { entry: entry.name.clone(), placement })
        })
        .collect()
}

fn classify(kind: Kind, name: &str) -> Option<Placement> {
    let right = match kind {
        Kind::Apk => "assets/api_key.txt",
        Kind::Aab => "base/assets/api_key.txt",
    };
    // bundletool puts `base/root/assets/x` at `assets/x` as well, unless `base/assets/x` exists
    if name == right || (kind == Kind::Aab && name.starts_with("META-INF/")) {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let file = lower.trim_end_matches('/').rsplit(['/', '\\']).next()?.to_owned();
    if !looks_like_a_key(&file) {
        return None;
    }
    if lower.contains('\\') {
        return (file == "api_key.txt").then_some(Placement::Backslash);
    }
    if name.ends_with('/') {
        return (file == "api_key.txt").then_some(Placement::Folder);
    }
    if lower == right {
        return Some(Placement::WrongCase);
    }
    if kind == Kind::Aab { Some(in_bundle(name, &lower, &file)) } else { Some(in_apk(&lower, &file)) }
}

fn looks_like_a_key(file: &str) -> bool {
    matches!(
        file,
        "api_key.txt" | "api_key.txt.txt" | "api_key" | "api-key.txt" | "apikey.txt" | "api_key.text" | "api key.txt"
    )
}

fn in_bundle(name: &str, lower: &str, file: &str) -> Placement {
    let Some((module, rest)) = name.split_once('/') else { return Placement::OutsideModules };
    match module {
        "assets" | "res" => Placement::OutsideModules,
        "base" => match lower.split('/').nth(1) {
            Some("root") => Placement::BaseRoot,
            _ => in_apk(&rest.to_ascii_lowercase(), file),
        },
        other => Placement::OtherModule(other.to_owned()),
    }
}

fn in_apk(lower: &str, file: &str) -> Placement {
    let folder = lower.strip_suffix(file).unwrap_or(lower).trim_end_matches('/');
    match folder {
        "" => Placement::Root,
        "assets" if file == "api_key.txt.txt" => Placement::DoubleEnding,
        "assets" if file == "api_key.txt" => Placement::WrongCase,
        "assets" => Placement::OtherName,
        "assets/assets" => Placement::AssetsTwice,
        "assets/www" => Placement::CordovaWeb,
        "assets/public" => Placement::CapacitorWeb,
        _ if folder.starts_with("res/") => Placement::Resource,
        _ if folder.starts_with("assets/flutter_assets") => Placement::FlutterAssets,
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
            ("assets/public/api_key.txt", Placement::CapacitorWeb),
            ("assets/flutter_assets/assets/api_key.txt", Placement::FlutterAssets),
            ("assets/config/api_key.txt", Placement::AssetsFolder),
            ("assets\\api_key.txt", Placement::Backslash),
            ("assets/api_key.txt/", Placement::Folder),
            ("assets/apikey.txt", Placement::OtherName),
            ("src/main/api_key.txt", Placement::Elsewhere),
        ] {
            assert_eq!(classify(Kind::Apk, name), Some(placement), "{name}");
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
            assert_eq!(classify(Kind::Aab, name), Some(placement), "{name}");
        }
    }

    #[test]
    fn the_right_place_and_other_files_are_no_near_miss() {
        assert_eq!(classify(Kind::Apk, "assets/api_key.txt"), None);
        assert_eq!(classify(Kind::Aab, "base/assets/api_key.txt"), None);
        assert_eq!(classify(Kind::Apk, "assets/keys.txt"), None);
    }
}
