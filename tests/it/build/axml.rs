//! Compiles a manifest to binary XML (`ResourceTypes.h`).

use super::xml::{Node, Typed, resolve, resource_id, typed};

const NOTHING: u32 = u32::MAX;

/// Texts in the order of their index. Names with resource ids stand first.
struct Pool(Vec<String>);

impl Pool {
    fn index(&mut self, text: &str, first: usize) -> u32 {
        let found = self.0.iter().skip(first).position(|known| known == text).map(|index| index + first);
        let index = found.unwrap_or_else(|| {
            self.0.push(text.to_owned());
            self.0.len() - 1
        });
        u32::try_from(index).unwrap()
    }
}

/// The bytes of the compiled document.
pub(super) fn compile(root: &Node) -> Vec<u8> {
    let namespaces = root.namespaces();
    let mut names = Vec::new();
    attribute_names(root, &namespaces, &mut names);
    let ids: Vec<u32> = names.iter().map(|name| resource_id(name)).collect();
    let known = names.len();
    let mut pool = Pool(names);
    let mut nodes = Vec::new();
    for (prefix, uri) in &namespaces {
        let pair = [pool.index(prefix, known), pool.index(uri, known)];
        nodes.extend(node(0x0100, &words(&pair)));
    }
    element(root, &namespaces, (&mut pool, known), &mut nodes);
    let map = chunk(0x0180, 8, &words(&ids));
    let body = [string_pool(&pool.0), map, nodes].concat();
    chunk(0x0003, 8, &body)
}

fn attribute_names(node: &Node, namespaces: &[(&str, &str)], names: &mut Vec<String>) {
    for (name, _) in node.values() {
        let (namespace, local) = resolve(name, namespaces);
        if namespace.is_some_and(|uri| uri.contains("schemas.android.com")) && !names.iter().any(|known| known == local)
        {
            names.push(local.to_owned());
        }
    }
    node.children.iter().for_each(|child| attribute_names(child, namespaces, names));
}

fn element(node_: &Node, namespaces: &[(&str, &str)], (pool, known): (&mut Pool, usize), out: &mut Vec<u8>) {
    let (namespace, local) = resolve(&node_.name, namespaces);
    let namespace = namespace.map_or(NOTHING, |uri| pool.index(uri, known));
    let name = pool.index(local, known);
    let mut attributes = Vec::new();
    for (full, text) in node_.values() {
        let (uri, local) = resolve(full, namespaces);
        let first = if uri.is_some() { 0 } else { known };
        let uri = uri.map_or(NOTHING, |uri| pool.index(uri, known));
        let name = pool.index(local, first);
        let (raw, kind, data) = match typed(local, text) {
            Typed::Text(text) => (pool.index(text, known), 3, pool.index(text, known)),
            Typed::Number(number) => (NOTHING, 0x10, number),
            Typed::Flag(flag) => (NOTHING, 0x12, if flag { u32::MAX } else { 0 }),
            Typed::Reference(id) => (NOTHING, 1, id),
        };
        attributes.extend(words(&[uri, name, raw]));
        attributes.extend([8, 0, 0, kind]);
        attributes.extend(data.to_le_bytes());
    }
    let count = u16::try_from(attributes.len() / 20).unwrap();
    let counts: Vec<u8> = [20, 20, count, 0, 0, 0].iter().flat_map(|number: &u16| number.to_le_bytes()).collect();
    out.extend(node(0x0102, &[words(&[namespace, name]), counts, attributes].concat()));
    for child in &node_.children {
        element(child, namespaces, (pool, known), out);
    }
    out.extend(node(0x0103, &words(&[namespace, name])));
}

fn string_pool(strings: &[String]) -> Vec<u8> {
    let mut offsets = Vec::new();
    let mut data: Vec<u8> = Vec::new();
    for text in strings {
        offsets.push(u32::try_from(data.len()).unwrap());
        let units: Vec<u16> = text.encode_utf16().collect();
        data.extend(u16::try_from(units.len()).unwrap().to_le_bytes());
        data.extend(units.iter().chain([&0]).flat_map(|unit| unit.to_le_bytes()));
    }
    data.resize(data.len().next_multiple_of(4), 0);
    let count = u32::try_from(strings.len()).unwrap();
    let header = words(&[count, 0, 0, 28 + 4 * count, 0]);
    chunk(0x0001, 28, &[header, words(&offsets), data].concat())
}

/// A node: a line number and no comment in front.
fn node(kind: u16, content: &[u8]) -> Vec<u8> {
    chunk(kind, 16, &[words(&[1, NOTHING]), content.to_vec()].concat())
}

fn chunk(kind: u16, header_size: u16, content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len() + 8).unwrap();
    let header = [kind.to_le_bytes(), header_size.to_le_bytes()].concat();
    [header, size.to_le_bytes().to_vec(), content.to_vec()].concat()
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
