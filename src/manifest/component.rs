//! The components that a manifest declares: activities, services, receivers, providers.

use super::element::Element;
use super::{Manifest, attributes};

/// What a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComponentKind {
    /// `<activity>`
    Activity,
    /// `<activity-alias>`: another name for an activity, which has no class of its own.
    Alias,
    /// `<service>`
    Service,
    /// `<receiver>`
    Receiver,
    /// `<provider>`
    Provider,
}

impl ComponentKind {
    fn of(element: &str) -> Option<Self> {
        Some(match element {
            "activity" => Self::Activity,
            "activity-alias" => Self::Alias,
            "service" => Self::Service,
            "receiver" => Self::Receiver,
            "provider" => Self::Provider,
            _ => return None,
        })
    }

    /// The element's name.
    #[must_use]
    pub fn element(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Alias => "activity-alias",
            Self::Service => "service",
            Self::Receiver => "receiver",
            Self::Provider => "provider",
        }
    }
}

/// A component.
#[derive(Debug, Clone)]
pub struct Component<'a> {
    /// What it is.
    pub kind: ComponentKind,
    /// The class's full name; of an alias its own name.
    pub class: String,
    /// The element.
    pub element: &'a Element,
}

/// What an `<intent-filter>` lets through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IntentFilter<'a> {
    /// Names of `<action>` elements.
    pub actions: Vec<&'a str>,
    /// Names of `<category>` elements.
    pub categories: Vec<&'a str>,
    /// `android:scheme` of `<data>` elements.
    pub schemes: Vec<&'a str>,
    /// `android:host` of `<data>` elements.
    pub hosts: Vec<&'a str>,
}

impl Manifest {
    /// All components, in the order of the manifest.
    pub fn components(&self) -> impl Iterator<Item = Component<'_>> {
        let children = self.application().map_or(&[][..], |application| &application.children);
        children.iter().filter_map(|element| {
            let kind = ComponentKind::of(&element.name)?;
            Some(Component { kind, class: self.class_name(name(element)?), element })
        })
    }

    /// A class's full name: `.Foo` and `Foo` stand in the app's package (`PackageParser.buildClassName`).
    fn class_name(&self, name: &str) -> String {
        let package = self.package.as_str();
        match name.chars().next() {
            Some('.') => format!("{package}{name}"),
            _ if name.contains('.') => name.to_owned(),
            _ => format!("{package}.{name}"),
        }
    }
}

impl<'a> Component<'a> {
    /// What other apps may start it with.
    pub fn filters(&self) -> impl Iterator<Item = IntentFilter<'a>> + use<'a> {
        self.element.children_named("intent-filter").map(IntentFilter::of)
    }

    /// `android:exported`, when it is there and not in a resource.
    #[must_use]
    pub fn exported(&self) -> Option<bool> {
        self.element.attribute(attributes::EXPORTED)?.value.boolean()
    }

    /// Whether `android:exported` is there, in whichever form.
    #[must_use]
    pub fn says_exported(&self) -> bool {
        self.element.attribute(attributes::EXPORTED).is_some()
    }

    /// `android:permission`.
    #[must_use]
    pub fn permission(&self) -> Option<&'a str> {
        self.element.attribute(attributes::PERMISSION)?.text()
    }

    /// Whether its code stands in a feature that is delivered apart (`android:splitName`).
    #[must_use]
    pub fn is_in_split(&self) -> bool {
        self.element.attribute(attributes::SPLIT_NAME).is_some()
    }
}

impl<'a> IntentFilter<'a> {
    fn of(element: &'a Element) -> Self {
        let names = |child| element.children_named(child).filter_map(name).collect();
        let data = |id| {
            let values = element.children_named("data").filter_map(move |data| data.attribute(id)?.text());
            values.collect()
        };
        Self {
            actions: names("action"),
            categories: names("category"),
            schemes: data(attributes::SCHEME),
            hosts: data(attributes::HOST),
        }
    }
}

/// `android:name`.
pub(super) fn name(element: &Element) -> Option<&str> {
    element.attribute(attributes::NAME)?.text()
}
