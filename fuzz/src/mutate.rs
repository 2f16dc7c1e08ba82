//! Changes of an input: bits, numbers that lie, parts that are gone, doubled, swapped, or from another input.

use crate::chance::Chance;

/// Sizes and counts that parsers get wrong.
const NUMBERS: [u64; 20] = [
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    16,
    0x20,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    u64::MAX,
];

/// Everything that a change may draw from.
pub struct Sources<'a> {
    pub other: &'a [u8],
    pub words: &'a [&'a [u8]],
    pub longest: usize,
}

/// A changed copy: mostly one or two changes, sometimes sixteen.
pub fn mutant(good: &[u8], sources: &Sources<'_>, chance: &mut Chance) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..1 << chance.below(5).saturating_sub(chance.below(3)) {
        change(&mut bytes, sources, chance);
    }
    bytes.truncate(sources.longest);
    bytes
}

fn change(bytes: &mut Vec<u8>, sources: &Sources<'_>, chance: &mut Chance) {
    let at = place(bytes.len(), chance);
    match chance.below(15) {
        0 | 1 => with_byte(bytes, at, |byte| byte ^ 1 << chance.below(8)),
        2 => with_byte(bytes, at, |_| chance.next() as u8),
        3..=5 => overwrite(bytes, at, &number(chance)),
        6 => {
            let by = chance.below(35) as u8;
            with_byte(bytes, at, |byte| if by & 1 == 0 { byte.wrapping_add(by) } else { byte.wrapping_sub(by) });
        }
        7 => add(bytes, at, chance),
        8 => {
            let range = range(bytes.len(), chance);
            bytes.drain(range);
        }
        9 => {
            let copied = bytes[range(bytes.len(), chance)].to_vec();
            bytes.splice(at..at, copied);
        }
        10 => {
            let copied = bytes[range(bytes.len(), chance)].to_vec();
            overwrite(bytes, at, &copied);
        }
        11 => {
            let taken = &sources.other[range(sources.other.len(), chance)];
            if chance.one_in(2) {
                bytes.splice(at..at, taken.iter().copied());
            } else {
                overwrite(bytes, at, taken);
            }
        }
        12 => splice(bytes, sources.other, chance),
        13 if !sources.words.is_empty() => {
            let word = sources.words[chance.below(sources.words.len())];
            if chance.one_in(2) {
                bytes.splice(at..at, word.iter().copied());
            } else {
                overwrite(bytes, at, word);
            }
        }
        _ if chance.one_in(3) => bytes.truncate(at),
        _ => {
            let count = 1 << chance.below(10);
            let byte = if chance.one_in(2) { 0 } else { chance.next() as u8 };
            bytes.splice(at..at, std::iter::repeat_n(byte, count));
        }
    }
}

/// Structures stand at the beginning and the end more than elsewhere.
fn place(length: usize, chance: &mut Chance) -> usize {
    match chance.below(4) {
        0 => chance.below(length.min(256)),
        1 => length.saturating_sub(1 + chance.below(length.min(256))),
        _ => chance.below(length),
    }
}

fn range(length: usize, chance: &mut Chance) -> std::ops::Range<usize> {
    let start = chance.below(length + 1);
    let longest = 1 << chance.below(12);
    start..start + chance.below((length - start).min(longest) + 1)
}

/// The beginning of one and the end of the other.
fn splice(bytes: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    bytes.truncate(chance.below(bytes.len() + 1));
    bytes.extend_from_slice(&other[chance.below(other.len() + 1)..]);
}

fn with_byte(bytes: &mut [u8], at: usize, change: impl FnOnce(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = change(*byte);
    }
}

fn overwrite(bytes: &mut [u8], at: usize, new: &[u8]) {
    for (byte, new) in bytes.iter_mut().skip(at).zip(new) {
        *byte = *new;
    }
}

fn number(chance: &mut Chance) -> Vec<u8> {
    let number = NUMBERS[chance.below(NUMBERS.len())];
    let width = 1 << chance.below(4);
    if chance.one_in(2) { number.to_le_bytes()[..width].to_vec() } else { number.to_be_bytes()[8 - width..].to_vec() }
}

/// A number of 16 or 32 bits, a little more or less than it was.
fn add(bytes: &mut [u8], at: usize, chance: &mut Chance) {
    let by = chance.below(70) as u32;
    let by = by.wrapping_sub(35);
    let little = chance.one_in(2);
    if chance.one_in(2) {
        let Some(field) = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<4>()) else { return };
        let old = if little { u32::from_le_bytes(*field) } else { u32::from_be_bytes(*field) };
        let new = old.wrapping_add(by);
        *field = if little { new.to_le_bytes() } else { new.to_be_bytes() };
    } else {
        let Some(field) = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<2>()) else { return };
        let old = if little { u16::from_le_bytes(*field) } else { u16::from_be_bytes(*field) };
        let new = old.wrapping_add(by as u16);
        *field = if little { new.to_le_bytes() } else { new.to_be_bytes() };
    }
}
