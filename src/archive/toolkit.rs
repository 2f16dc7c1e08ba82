//! The cross-platform toolkit that an app was made with, told by what only it leaves in the archive.

use super::Kind;
use crate::zip::Directory;
use std::fmt;

/// A toolkit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toolkit {
    /// Apache Cordova.
    Cordova,
    /// Ionic Capacitor.
    Capacitor,
    /// Flutter.
    Flutter,
    /// React Native, and Expo, which is made of it.
    ReactNative,
    /// NativeScript.
    NativeScript,
    /// Unity.
    Unity,
    /// .NET MAUI or Xamarin.
    Dotnet,
    /// Godot.
    Godot,
    /// Adobe AIR.
    Air,
}

impl fmt::Display for Toolkit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cordova => "Cordova",
            Self::Capacitor => "Capacitor",
            Self::Flutter => "Flutter",
            Self::ReactNative => "React Native",
            Self::NativeScript => "NativeScript",
            Self::Unity => "Unity",
            Self::Dotnet => ".NET MAUI or Xamarin",
            Self::Godot => "Godot",
            Self::Air => "Adobe AIR",
        })
    }
}

/// Beginnings of entry names, or native libraries in any `lib/ABI/`. A toolkit that builds on another stands first.
const TRACES: &[(&str, Toolkit)] = &[
    ("assets/capacitor.config.json", Toolkit::Capacitor),
    ("assets/capacitor.plugins.json", Toolkit::Capacitor),
    ("assets/www/cordova.js", Toolkit::Cordova),
    ("assets/www/cordova_plugins.js", Toolkit::Cordova),
    ("libNativeScript.so", Toolkit::NativeScript),
    ("assets/internal/ts_helpers.js", Toolkit::NativeScript),
    ("assets/flutter_assets/", Toolkit::Flutter),
    ("libflutter.so", Toolkit::Flutter),
    ("assets/bin/Data/", Toolkit::Unity),
    ("libunity.so", Toolkit::Unity),
    ("libgodot_android.so", Toolkit::Godot),
    ("assets/project.binary", Toolkit::Godot),
    ("libmonodroid.so", Toolkit::Dotnet),
    ("libxamarin-app.so", Toolkit::Dotnet),
    ("assemblies/", Toolkit::Dotnet),
    ("assets/META-INF/AIR/", Toolkit::Air),
    ("libCore.so", Toolkit::Air),
    ("assets/index.android.bundle", Toolkit::ReactNative),
    ("libreactnative.so", Toolkit::ReactNative),
    ("libreactnativejni.so", Toolkit::ReactNative),
];

impl Toolkit {
    /// The first toolkit of the table of which there is a trace; in an App Bundle in the base module.
    pub(super) fn of(kind: Kind, directory: &Directory) -> Option<Self> {
        let names = directory.entries().iter().filter_map(|entry| match kind {
            Kind::Apk => Some(entry.name.as_str()),
            Kind::Aab => entry.name.strip_prefix("base/").map(|name| name.strip_prefix("root/").unwrap_or(name)),
        });
        let found = names.filter_map(|name| TRACES.iter().position(|(trace, _)| is_trace(name, trace)));
        TRACES.get(found.min()?).map(|(_, toolkit)| *toolkit)
    }
}

fn is_trace(name: &str, trace: &str) -> bool {
    if trace.ends_with(".so") {
        return name.starts_with("lib/") && name.rsplit('/').next() == Some(trace);
    }
    if trace.ends_with('/') { name.starts_with(trace) } else { name == trace }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_names_folders_and_libraries() {
        for (name, trace) in [
            ("lib/arm64-v8a/libunity.so", "libunity.so"),
            ("assets/bin/Data/level0", "assets/bin/Data/"),
            ("assets/www/cordova.js", "assets/www/cordova.js"),
        ] {
            assert!(is_trace(name, trace), "{name}");
        }
        for (name, trace) in [
            ("assets/libunity.so", "libunity.so"),
            ("lib/arm64-v8a/libunity.so.bak", "libunity.so"),
            ("assets/www/cordova.js.map", "assets/www/cordova.js"),
        ] {
            assert!(!is_trace(name, trace), "{name}");
        }
    }
}
