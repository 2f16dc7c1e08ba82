//! Changes in an order instead of by chance: each prefix of each fixture, each byte flipped, each place taken for a length
//! or a count and set to an extreme, each block changed for the next one.

use crate::driver::{Summary, execute, save};
use crate::targets::Target;
use std::collections::BTreeSet;
use std::path::Path;

/// What a length or count is set to.
const EXTREMES: [u32; 4] = [0, 1, 0x7fff_ffff, 0xffff_ffff];
/// Bits that are flipped.
const MASKS: [u8; 3] = [0x01, 0x80, 0xff];
/// Bytes that change places with as many behind them.
const BLOCKS: [usize; 5] = [4, 16, 64, 256, 1024];
/// Changes at each place: it ends there, bits, four kinds of numbers with each extreme, blocks.
const KINDS: usize = 1 + MASKS.len() + 4 * EXTREMES.len() + BLOCKS.len();

/// The change with this number; `None` where it changes nothing.
fn changed(seed: &[u8], number: usize) -> Option<Vec<u8>> {
    let (at, kind) = (number / KINDS, number % KINDS);
    let mut bytes = seed.to_vec();
    match kind {
        0 => bytes.truncate(at),
        1..=3 => bytes[at] ^= MASKS[kind - 1],
        4..20 => {
            let value = EXTREMES[(kind - 4) / 4];
            let half = u16::try_from(value & 0xffff).unwrap();
            let field = match (kind - 4) % 4 {
                0 => value.to_le_bytes().to_vec(),
                1 => value.to_be_bytes().to_vec(),
                2 => half.to_le_bytes().to_vec(),
                _ => half.to_be_bytes().to_vec(),
            };
            bytes.get_mut(at..at + field.len())?.copy_from_slice(&field);
        }
        _ => {
            let size = BLOCKS[kind - 20];
            let (one, other) = bytes.get_mut(at..at + 2 * size)?.split_at_mut(size);
            one.swap_with_slice(other);
        }
    }
    (bytes != seed).then_some(bytes)
}

/// Runs about `wanted` changes of each seed, spread evenly; all of them if there are not more.
pub fn run(target: &Target, wanted: usize, findings: &Path) -> Summary {
    let (mut told, mut executions) = (BTreeSet::new(), 0);
    for seed in target.seeds() {
        let all = seed.len() * KINDS;
        // no multiple of the number of kinds, so that all kinds come at all places
        let step = (all / wanted.max(1)).max(1);
        let step = if step > 1 && step.is_multiple_of(KINDS) { step + 1 } else { step };
        for input in (0..all).step_by(step).filter_map(|number| changed(&seed, number)) {
            executions += 1;
            if let Err(wrong) = execute(target, &input) {
                let kind: String =
                    wrong.split(": ").next().unwrap_or_default().split(char::is_whitespace).take(3).collect();
                if told.insert(kind) {
                    println!("{}: FOUND {wrong}: {}", target.name, save(findings, target.name, &input));
                }
            }
        }
    }
    println!("{}: {executions} changes, {} findings", target.name, told.len());
    Summary { executions, findings: told.len() }
}
