//! Writes a DEX file with classes and strings and no code.

use std::collections::BTreeSet;

/// A class without members.
#[derive(Debug, Clone)]
pub(crate) struct Class {
    pub(crate) name: String,
    pub(crate) superclass: String,
    pub(crate) flags: u32,
}

impl Class {
    pub(crate) fn new(name: &str, superclass: &str) -> Self {
        Self { name: name.to_owned(), superclass: superclass.to_owned(), flags: 1 }
    }

    fn descriptors(&self) -> [String; 2] {
        [&self.name, &self.superclass].map(|name| format!("L{};", name.replace('.', "/")))
    }
}

/// The bytes of the file.
pub(crate) fn dex(classes: &[Class], strings: &[String]) -> Vec<u8> {
    let types: BTreeSet<String> = classes.iter().flat_map(Class::descriptors).collect();
    let texts: BTreeSet<&String> = types.iter().chain(strings).collect();
    let texts: Vec<&String> = texts.into_iter().collect();
    let types: Vec<&String> = types.iter().collect();
    let index = |list: &[&String], text: &String| u32::try_from(list.binary_search(&text).unwrap()).unwrap();
    let strings_at: u32 = 112;
    let types_at = strings_at + 4 * u32::try_from(texts.len()).unwrap();
    let classes_at = types_at + 4 * u32::try_from(types.len()).unwrap();
    let data_at = classes_at + 32 * u32::try_from(classes.len()).unwrap();
    let (mut string_ids, mut data) = (Vec::new(), Vec::new());
    for text in &texts {
        string_ids.extend((data_at + u32::try_from(data.len()).unwrap()).to_le_bytes());
        assert!(text.is_ascii());
        data.extend(uleb128(text.len()));
        data.extend(text.bytes().chain([0]));
    }
    let type_ids: Vec<u8> = types.iter().flat_map(|name| index(&texts, name).to_le_bytes()).collect();
    let definitions = classes.iter().flat_map(|class| {
        let [name, superclass] = class.descriptors().map(|name| index(&types, &name));
        [name, class.flags, superclass, 0, u32::MAX, 0, 0, 0].map(u32::to_le_bytes).concat()
    });
    let definitions: Vec<u8> = definitions.collect();
    let size = data_at + u32::try_from(data.len()).unwrap();
    let mut header = b"dex\n035\0".to_vec();
    header.extend([0; 24]);
    let count = |list: usize| u32::try_from(list).unwrap();
    let words = [
        vec![size, 112, 0x1234_5678, 0, 0, 0],
        vec![count(texts.len()), strings_at, count(types.len()), types_at, 0, 0, 0, 0, 0, 0],
        vec![count(classes.len()), classes_at, count(data.len()), data_at],
    ];
    header.extend(words.concat().iter().flat_map(|word| word.to_le_bytes()));
    [header, string_ids, type_ids, definitions, data].concat()
}

fn uleb128(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
    out
}
