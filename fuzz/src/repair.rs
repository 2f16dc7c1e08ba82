//! What makes a changed input whole enough to be read further: offsets, sizes, checksums, digests.

use crate::chance::Chance;

/// Finds what is there, and makes the end record, the signing block's sizes and the checksums of stored entries fit,
/// each of them mostly.
pub fn archive(bytes: &mut Vec<u8>, chance: &mut Chance) {
    let Some(end) = last(bytes, b"PK\x05\x06").filter(|end| end + 22 <= bytes.len()) else { return };
    if !chance.one_in(4) {
        let comment = (bytes.len() - end - 22).min(0xffff) as u16;
        bytes[end + 20..end + 22].copy_from_slice(&comment.to_le_bytes());
    }
    let records = records(&bytes[..end]);
    let Some(first) = records.first().copied() else { return };
    if !chance.one_in(4) {
        let count = (records.len() as u16).to_le_bytes();
        bytes[end + 8..end + 10].copy_from_slice(&count);
        bytes[end + 10..end + 12].copy_from_slice(&count);
        bytes[end + 12..end + 16].copy_from_slice(&((end - first) as u32).to_le_bytes());
        bytes[end + 16..end + 20].copy_from_slice(&(first as u32).to_le_bytes());
    }
    if !chance.one_in(4) {
        block(bytes, first);
    }
    if !chance.one_in(3) {
        records.iter().for_each(|record| checksum(bytes, *record));
    }
}

fn last(bytes: &[u8], magic: &[u8]) -> Option<usize> {
    bytes.windows(magic.len()).rposition(|window| window == magic)
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    number(bytes, at).map(|field| u16::from_le_bytes(field).into())
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    number(bytes, at).map(|field| u32::from_le_bytes(field) as usize)
}

/// Where the records of the central directory stand: those before the end that follow each other.
fn records(bytes: &[u8]) -> Vec<usize> {
    let starts: Vec<usize> =
        bytes.windows(4).enumerate().filter(|(_, window)| window == b"PK\x01\x02").map(|(at, _)| at).collect();
    let ends_at = |start: usize| {
        let lengths = [28, 30, 32].map(|field| u16_at(bytes, start + field).unwrap_or(0));
        start + 46 + lengths.iter().sum::<usize>()
    };
    let mut chain = Vec::new();
    for start in starts.iter().rev() {
        if chain.last().is_none_or(|next| ends_at(*start) == *next) {
            chain.push(*start);
        }
    }
    chain.reverse();
    chain
}

/// Both sizes of the signing block before the central directory.
fn block(bytes: &mut [u8], directory: usize) {
    let Some(magic) = last(&bytes[..directory], b"APK Sig Block 42").filter(|magic| magic + 16 == directory) else {
        return;
    };
    // pairs are followed back to where the entries end: the last local header knows
    let start = (0..magic.saturating_sub(16)).rev().find(|start| {
        let size = number::<8>(bytes, *start).map_or(0, u64::from_le_bytes) as usize;
        size.abs_diff(directory - start - 8) <= 64 && size > 32
    });
    let Some(start) = start else { return };
    let size = ((directory - start - 8) as u64).to_le_bytes();
    bytes[start..start + 8].copy_from_slice(&size);
    bytes[magic - 8..magic].copy_from_slice(&size);
}

/// The CRC-32 of a stored entry, in its record and in its local header.
fn checksum(bytes: &mut [u8], record: usize) {
    let fields = (u16_at(bytes, record + 10), u32_at(bytes, record + 20), u32_at(bytes, record + 42));
    let (Some(0), Some(size), Some(local)) = fields else { return };
    let Some((name, extra)) = u16_at(bytes, local + 26).zip(u16_at(bytes, local + 28)) else { return };
    let start = local + 30 + name + extra;
    let Some(data) = bytes.get(start..start + size) else { return };
    let crc = crc32fast::hash(data).to_le_bytes();
    bytes[record + 16..record + 20].copy_from_slice(&crc);
    if let Some(field) = bytes.get_mut(local + 14..local + 18) {
        field.copy_from_slice(&crc);
    }
}

/// The digest at the end of a JKS or JCEKS keystore, for the fixtures' password (`sun.security.provider.JavaKeyStore`).
pub fn jks(bytes: &mut Vec<u8>, _chance: &mut Chance) {
    let Some(end) = bytes.len().checked_sub(20) else { return };
    let mut keyed: Vec<u8> = "storepass".encode_utf16().flat_map(u16::to_be_bytes).collect();
    keyed.extend(b"Mighty Aphrodite");
    keyed.extend(&bytes[..end]);
    bytes[end..].copy_from_slice(&apkkey::digest::sha1(&keyed));
}
