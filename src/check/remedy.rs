//! Where the toolkit that built an app wants a file, in the toolkit's own words.

use crate::archive::{Placement, Toolkit, WantedFile};

/// Where keys are made.
pub(super) const CONSOLE: &str =
    "in Amazon's developer console (Login with Amazon, your security profile, `Android/Kindle Settings`)";

/// What to do so that the build packages the file at the right place.
pub(super) fn source_place(toolkit: Option<Toolkit>, wanted: WantedFile) -> String {
    let name = wanted.name;
    match toolkit {
        None => format!(
            "put it at app/src/main/assets/{name}, or at app/src/<variant>/assets/{name} for one variant (Gradle packages \
             neither app/assets nor a folder `assets` beside app)"
        ),
        Some(Toolkit::Cordova) => format!(
            "this is a Cordova app: write <resource-file src=\"{name}\" target=\"app/src/main/assets/{name}\"/> into \
             <platform name=\"android\"> of config.xml"
        ),
        Some(toolkit @ (Toolkit::Capacitor | Toolkit::Flutter | Toolkit::ReactNative)) => {
            format!("this is a {toolkit} app: put it at android/app/src/main/assets/{name}")
        }
        Some(Toolkit::NativeScript) => {
            format!("this is a NativeScript app: put it at App_Resources/Android/src/main/assets/{name}")
        }
        Some(Toolkit::Unity) => format!(
            "this is a Unity app, and Unity 2021 and later do not package Assets/Plugins/Android/assets: put it at \
             Assets/StreamingAssets/{name}, or, with `Split Application Binary`, into the folder `assets` of an \
             .androidlib below Assets/Plugins/Android"
        ),
        Some(Toolkit::Dotnet) => format!(
            "this is a .NET app: write <AndroidAsset Include=\"{name}\" Link=\"{name}\"/> into the project file, without \
             AssetPack (or with AssetPack=\"base\")"
        ),
        Some(Toolkit::Godot) => format!(
            "this is a Godot app: put it at the root of the project, and add `{name}` to `Filters to export \
             non-resource files` of the Android export preset"
        ),
        Some(Toolkit::Air) => {
            format!(
                "this is an Adobe AIR app: put {name} at the root of what `adt` packages; AIR adds `assets/` itself"
            )
        }
    }
}

/// What to do about a file in a wrong place.
pub(super) fn misplaced(placement: &Placement, toolkit: Option<Toolkit>, wanted: WantedFile) -> String {
    let name = wanted.name;
    let place = source_place(toolkit, wanted);
    match placement {
        Placement::WrongCase => {
            let lower = if wanted == WantedFile::API_KEY { ", all in lower case" } else { "" };
            format!("rename the file to `{name}`{lower}: Android compares every letter")
        }
        Placement::DoubleEnding | Placement::OtherName => format!("rename the file to `{name}`"),
        Placement::AssetsTwice => match toolkit {
            Some(Toolkit::Air) => place,
            _ => "move the file one folder up: the build adds `assets/` itself".to_owned(),
        },
        Placement::CordovaWeb => source_place(toolkit.or(Some(Toolkit::Cordova)), wanted),
        Placement::CapacitorWeb => source_place(toolkit.or(Some(Toolkit::Capacitor)), wanted),
        Placement::FlutterAssets => {
            format!("take the file out of pubspec.yaml; {}", source_place(toolkit.or(Some(Toolkit::Flutter)), wanted))
        }
        Placement::Resource => format!("`res` is not `assets`; {place}"),
        Placement::AssetsFolder => format!("it must stand at the top of `assets`; {place}"),
        Placement::OtherModule(_) => {
            format!("move it to the base module: features and asset packs are installed later or apart; {place}")
        }
        Placement::BaseRoot => "move it to `assets` of the base module".to_owned(),
        Placement::OutsideModules => "put it into `base/assets`: an App Bundle has no `assets` of its own".to_owned(),
        Placement::Backslash => "write the archive with `/` in names: Android does not know `\\`".to_owned(),
        Placement::Folder => format!("put the file `{name}` there, not a folder"),
        Placement::Root | Placement::Elsewhere => place,
    }
}
