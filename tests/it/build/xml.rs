//! Just enough XML for manifests written in tests: elements, attributes in double quotes, comments.

/// An element.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// As written, with its prefix.
    pub(crate) name: String,
    /// Names as written, and values.
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Node>,
}

impl Node {
    /// Reads a document.
    pub(crate) fn parse(text: &str) -> Self {
        let mut open: Vec<Self> = Vec::new();
        let mut rest = text;
        loop {
            let start = rest.find('<').unwrap_or_else(|| panic!("no element ends the document: {rest}"));
            rest = &rest[start + 1..];
            if rest.starts_with('?') || rest.starts_with("!--") {
                let end = if rest.starts_with('?') { "?>" } else { "-->" };
                rest = rest.split_once(end).unwrap().1;
                continue;
            }
            let (tag, behind) = rest.split_once('>').unwrap();
            rest = behind;
            let closed = if tag.starts_with('/') {
                open.pop()
            } else {
                let node = Self::of_tag(tag.trim_end_matches('/'));
                if !tag.ends_with('/') {
                    open.push(node);
                    continue;
                }
                Some(node)
            };
            let node = closed.unwrap();
            match open.last_mut() {
                Some(parent) => parent.children.push(node),
                None => return node,
            }
        }
    }

    fn of_tag(tag: &str) -> Self {
        let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while let Some((attribute, behind)) = rest.split_once("=\"") {
            let (value, behind) = behind.split_once('"').unwrap();
            attributes.push((attribute.trim().to_owned(), value.to_owned()));
            rest = behind;
        }
        Self { name: name.trim().to_owned(), attributes, children: Vec::new() }
    }

    /// The namespaces that the root declares: prefix and URI.
    pub(crate) fn namespaces(&self) -> Vec<(&str, &str)> {
        let declared = self.attributes.iter();
        declared.filter_map(|(name, value)| Some((name.strip_prefix("xmlns:")?, value.as_str()))).collect()
    }

    /// The attributes but for declarations of namespaces.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        all.filter(|(name, _)| !name.starts_with("xmlns:"))
    }
}

/// A name's namespace and local part.
pub(crate) fn resolve<'a>(name: &'a str, namespaces: &[(&str, &'a str)]) -> (Option<&'a str>, &'a str) {
    match name.split_once(':') {
        None => (None, name),
        Some((prefix, local)) => {
            let (_, uri) = namespaces.iter().find(|(known, _)| *known == prefix).unwrap_or_else(|| panic!("{name}"));
            (Some(uri), local)
        }
    }
}

/// A value as the tools type it.
#[derive(Debug, PartialEq)]
pub(crate) enum Typed<'a> {
    Text(&'a str),
    Number(u32),
    Flag(bool),
    Reference(u32),
}

/// What an attribute's text means. Versions and names stay text where the tools leave them so.
pub(crate) fn typed<'a>(attribute: &str, text: &'a str) -> Typed<'a> {
    match text {
        "true" => Typed::Flag(true),
        "false" => Typed::Flag(false),
        "signature" if attribute == "protectionLevel" => Typed::Number(2),
        "normal" if attribute == "protectionLevel" => Typed::Number(0),
        _ if text.starts_with("@0x") => Typed::Reference(u32::from_str_radix(&text[3..], 16).unwrap()),
        _ if ["minSdkVersion", "targetSdkVersion", "versionCode"].contains(&attribute) => {
            text.parse().map_or(Typed::Text(text), Typed::Number)
        }
        _ => Typed::Text(text),
    }
}

/// The framework's id of an attribute, as `aapt dump xmltree` shows it.
pub(crate) fn resource_id(attribute: &str) -> u32 {
    match attribute {
        "name" => 0x0101_0003,
        "permission" => 0x0101_0006,
        "protectionLevel" => 0x0101_0009,
        "hasCode" => 0x0101_000c,
        "enabled" => 0x0101_000e,
        "debuggable" => 0x0101_000f,
        "exported" => 0x0101_0010,
        "value" => 0x0101_0024,
        "resource" => 0x0101_0025,
        "scheme" => 0x0101_0027,
        "host" => 0x0101_0028,
        "theme" => 0x0101_0000,
        "targetActivity" => 0x0101_0202,
        "allowTaskReparenting" => 0x0101_0204,
        "minSdkVersion" => 0x0101_020c,
        "launchMode" => 0x0101_001d,
        "versionCode" => 0x0101_021b,
        "versionName" => 0x0101_021c,
        "targetSdkVersion" => 0x0101_0270,
        "allowBackup" => 0x0101_0280,
        "required" => 0x0101_028e,
        "splitName" => 0x0101_0549,
        other => panic!("which id has android:{other}?"),
    }
}
