//! Compiles a manifest to `aapt.pb.XmlNode`.

use super::xml::{Node, Typed, resolve, resource_id, typed};

/// The bytes of the compiled document.
pub(super) fn compile(root: &Node) -> Vec<u8> {
    node(root, &root.namespaces())
}

fn node(element: &Node, namespaces: &[(&str, &str)]) -> Vec<u8> {
    let (namespace, local) = resolve(&element.name, namespaces);
    let mut out = Vec::new();
    out.extend(text(2, namespace.unwrap_or_default()));
    out.extend(text(3, local));
    for (name, value) in element.values() {
        out.extend(message(4, &attribute(name, value, namespaces)));
    }
    for child in &element.children {
        out.extend(message(5, &node(child, namespaces)));
    }
    message(1, &out)
}

fn attribute(name: &str, value: &str, namespaces: &[(&str, &str)]) -> Vec<u8> {
    let (namespace, local) = resolve(name, namespaces);
    let mut out = [text(1, namespace.unwrap_or_default()), text(2, local), text(3, value)].concat();
    if namespace.is_some_and(|uri| uri.contains("schemas.android.com")) {
        out.extend(number(5, resource_id(local)));
    }
    let item = match typed(local, value) {
        Typed::Text(_) => None,
        Typed::Number(value) => Some(message(7, &number(6, value))),
        Typed::Flag(value) => Some(message(7, &number(8, value.into()))),
        Typed::Reference(id) => Some(message(1, &number(2, id))),
    };
    out.extend(item.iter().flat_map(|item| message(6, item)));
    out
}

fn varint(mut value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
    out
}

fn number(field: u32, value: u32) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn message(field: u32, content: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(u32::try_from(content.len()).unwrap()), content.to_vec()].concat()
}

fn text(field: u32, value: &str) -> Vec<u8> {
    if value.is_empty() { Vec::new() } else { message(field, value.as_bytes()) }
}
