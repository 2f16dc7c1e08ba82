//! The variants of a module, their source sets in the order in which they win, and their application ids.

use super::script::{BuildScript, Dimensioned, IdSettings};
use crate::limits::VARIANTS;

/// A variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its name: flavors and build type.
    pub name: String,
    /// Its build type.
    pub build_type: String,
    /// From the source set that wins to the one that loses, as the Android Gradle plugin merges them.
    pub source_sets: Vec<String>,
    /// The application id, if the build file has it in so many words.
    pub application_id: Option<String>,
}

impl BuildScript {
    /// All variants, or nothing when there are more than any build has.
    #[must_use]
    pub fn variants(&self) -> Vec<Variant> {
        let mut combinations: Vec<Vec<&Dimensioned>> = vec![Vec::new()];
        for dimension in self.used_dimensions() {
            let flavors: Vec<&Dimensioned> = self.flavors_of(dimension).collect();
            if combinations.len().saturating_mul(flavors.len()) > VARIANTS {
                return Vec::new();
            }
            let mut longer = Vec::new();
            for chosen in &combinations {
                longer.extend(flavors.iter().map(|flavor| [&chosen[..], &[*flavor]].concat()));
            }
            combinations = longer;
        }
        let all = |flavors: &Vec<&Dimensioned>| {
            self.build_types.iter().map(|build_type| self.variant(flavors, build_type)).collect::<Vec<_>>()
        };
        combinations.iter().flat_map(all).take(VARIANTS).collect()
    }

    /// Dimensions that have a flavor; flavors without one belong to the first.
    fn used_dimensions(&self) -> Vec<Option<&str>> {
        let declared = self.dimensions.iter().map(String::as_str);
        let said = self.flavors.iter().filter_map(|flavor| flavor.dimension.as_deref());
        let mut dimensions: Vec<&str> = Vec::new();
        for dimension in declared.chain(said) {
            if !dimensions.contains(&dimension) {
                dimensions.push(dimension);
            }
        }
        let mut all: Vec<Option<&str>> = dimensions.into_iter().map(Some).collect();
        if all.is_empty() {
            all.push(None);
        }
        all.retain(|dimension| self.flavors_of(*dimension).next().is_some());
        all
    }

    fn flavors_of<'s>(&'s self, dimension: Option<&'s str>) -> impl Iterator<Item = &'s Dimensioned> {
        let first = self.dimensions.first().map(String::as_str);
        self.flavors.iter().filter(move |flavor| flavor.dimension.as_deref().or(first) == dimension)
    }

    fn variant(&self, flavors: &[&Dimensioned], build_type: &Dimensioned) -> Variant {
        let names: Vec<&str> = flavors.iter().map(|flavor| flavor.name.as_str()).collect();
        let name = camel_case(names.iter().copied().chain([build_type.name.as_str()]));
        let mut source_sets = vec![name.clone(), build_type.name.clone()];
        if names.len() > 1 {
            source_sets.push(camel_case(names.iter().copied()));
        }
        source_sets.extend(names.iter().map(ToString::to_string));
        source_sets.push("main".to_owned());
        let mut seen = Vec::new();
        source_sets.retain(|set| {
            !seen.contains(set) && {
                seen.push(set.clone());
                true
            }
        });
        let application_id = self.application_id(flavors, build_type);
        Variant { name, build_type: build_type.name.clone(), source_sets, application_id }
    }

    /// The id of the first flavor that sets one, or the default one, and the suffixes of all.
    fn application_id(&self, flavors: &[&Dimensioned], build_type: &Dimensioned) -> Option<String> {
        let of_flavors = flavors.iter().map(|flavor| &flavor.id);
        let all: Vec<&IdSettings> =
            [&self.default_id].into_iter().chain(of_flavors.clone()).chain([&build_type.id]).collect();
        if all.iter().any(|settings| settings.is_computed) {
            return None;
        }
        let default = self.default_id.application_id.as_ref().or(self.namespace.as_ref());
        let own = of_flavors.filter_map(|settings| settings.application_id.as_ref()).next();
        let mut id = own.or(default)?.clone();
        for suffix in all.iter().filter_map(|settings| settings.suffix.as_deref()) {
            if !suffix.starts_with('.') {
                id.push('.');
            }
            id.push_str(suffix);
        }
        Some(id)
    }
}

/// `amazon`, `release` -> `amazonRelease`.
fn camel_case<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut whole = String::new();
    for name in names {
        let mut characters = name.chars();
        match characters.next() {
            Some(first) if !whole.is_empty() => whole.extend(first.to_uppercase()),
            Some(first) => whole.push(first),
            None => {}
        }
        whole.push_str(characters.as_str());
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradle::script::ModuleKind;

    fn names(script: &BuildScript) -> Vec<String> {
        script.variants().into_iter().map(|variant| variant.name).collect()
    }

    #[test]
    fn without_flavors_the_build_types_are_the_variants() {
        let script = BuildScript::read(
            "plugins { id 'com.android.application' }\nandroid {\n  namespace 'com.example.app'\n  buildTypes {\n    debug { applicationIdSuffix '.debug' } // dev\n    staging { }\n  }\n}\n",
        );
        assert_eq!(script.kind, ModuleKind::Application);
        assert_eq!(names(&script), ["debug", "staging", "release"]);
        let variants = script.variants();
        assert_eq!(variants[0].source_sets, ["debug", "main"]);
        assert_eq!(variants[0].application_id.as_deref(), Some("com.example.app.debug"));
        assert_eq!(variants[2].application_id.as_deref(), Some("com.example.app"));
    }

    #[test]
    fn groovy_and_kotlin_say_the_same() {
        let groovy = "apply plugin: 'com.android.application'
            android {
                defaultConfig { applicationId \"com.example.app\" }
                flavorDimensions 'store', \"api\"
                productFlavors {
                    amazon { dimension 'store'; applicationIdSuffix 'amazon' }
                    play { dimension 'store' /* the other { */ }
                    min21 { dimension = 'api' }
                }
                buildTypes { release { minifyEnabled true } }
            }";
        let kotlin = "plugins { id(\"com.android.application\") version \"8.3\" }
            android {
                defaultConfig { applicationId = \"com.example.app\" }
                flavorDimensions += listOf(\"store\",
                    \"api\")
                productFlavors {
                    create(\"amazon\") { dimension = \"store\"; applicationIdSuffix = \"amazon\" }
                    register(\"play\") { dimension = \"store\" }
                    val min21 by creating { dimension = \"api\" }
                }
                buildTypes { getByName(\"release\") { isMinifyEnabled = true } }
            }";
        for text in [groovy, kotlin] {
            let script = BuildScript::read(text);
            assert_eq!(script.kind, ModuleKind::Application, "{text}");
            assert_eq!(
                names(&script),
                ["amazonMin21Release", "amazonMin21Debug", "playMin21Release", "playMin21Debug"],
                "{script:?}"
            );
            let first = &script.variants()[0];
            assert_eq!(first.source_sets, ["amazonMin21Release", "release", "amazonMin21", "amazon", "min21", "main"]);
            assert_eq!(first.application_id.as_deref(), Some("com.example.app.amazon"));
            assert!(!script.is_partial);
        }
    }

    #[test]
    fn what_only_a_run_would_tell_is_not_known() {
        let script = BuildScript::read(
            "android { defaultConfig { applicationId appId }\n productFlavors.all { it.x() }\n productFlavors { all { x() } }\n sourceSets { main { assets.srcDirs = ['a'] } } }",
        );
        assert!(script.is_partial && script.default_id.is_computed && script.flavors.is_empty(), "{script:?}");
        assert_eq!(script.variants()[0].application_id, None);
        let computed = BuildScript::read("android { defaultConfig { applicationId \"com.$name\" } }");
        assert!(computed.default_id.is_computed);
    }

    #[test]
    fn other_modules_that_it_needs_are_named() {
        let text = "dependencies {\n implementation project(':lib')\n api(project(\":core:key\"))\n implementation(projects.feature.login)\n implementation 'a:b:1'\n}";
        assert_eq!(BuildScript::read(text).projects, [":lib", ":core:key", ":feature:login"]);
    }

    #[test]
    fn hostile_files_are_bounded() {
        let _ = BuildScript::read(&"{".repeat(100_000));
        let _ = BuildScript::read(&"}".repeat(1000));
        let _ = BuildScript::read("android { productFlavors { 'a");
        let flavors: String = (0..9)
            .map(|d| format!("a{d} {{ dimension 'd{d}' }}\nb{d} {{ dimension 'd{d}' }}\nc{d} {{ dimension 'd{d}' }}\n"))
            .collect();
        assert!(BuildScript::read(&format!("android {{ productFlavors {{ {flavors} }} }}")).variants().is_empty());
    }
}
