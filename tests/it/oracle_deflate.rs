//! What is put into META-INF is compressed as zlib does at level 9, byte for byte; python's `zlib` is zlib itself.

use crate::sandbox::{Sandbox, fixture};
use apkkey::source::Piece;
use apkkey::zip::{Directory, Edit, Rewritten};
use std::process::Command;

/// Compresses what is in a file, each input behind its size in 4 bytes, and writes the same of the outputs.
const PYTHON: &str = "
import struct, sys, zlib
if zlib.ZLIB_RUNTIME_VERSION.endswith('-ng'): sys.exit('this python uses zlib-ng')
data, at = open('inputs', 'rb').read(), 0
with open('outputs', 'wb') as outputs:
    while at < len(data):
        size, = struct.unpack_from('<I', data, at)
        encoder = zlib.compressobj(9, zlib.DEFLATED, -15)
        deflated = encoder.compress(data[at + 4:at + 4 + size]) + encoder.flush()
        outputs.write(struct.pack('<I', len(deflated)) + deflated)
        at += 4 + size
";

/// Each part behind its size in 4 bytes.
fn framed(parts: &[Vec<u8>]) -> Vec<u8> {
    let sized = |part: &Vec<u8>| [&u32::try_from(part.len()).unwrap().to_le_bytes(), part.as_slice()].concat();
    parts.iter().flat_map(sized).collect()
}

fn unframed(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    while let Some((size, rest)) = bytes.split_first_chunk() {
        let (part, rest) = rest.split_at(usize::try_from(u32::from_le_bytes(*size)).unwrap());
        parts.push(part.to_vec());
        bytes = rest;
    }
    parts
}

/// The data of a new entry with these contents.
fn deflated(plan: &Rewritten, contents: &[u8]) -> Vec<u8> {
    let mut plan = plan.clone();
    plan.append_deflated("x", contents, 0).unwrap();
    match plan.entries.last() {
        Some(Piece::Bytes(entry)) => entry[30 + "x".len()..].to_vec(),
        other => panic!("{other:?}"),
    }
}

/// Bytes that look random, from a linear congruential generator.
struct Noise(u64);

impl Noise {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 40).unwrap() % end
    }

    fn bytes(&mut self, count: usize, letters: usize) -> Vec<u8> {
        (0..count).map(|_| u8::try_from(self.below(letters)).unwrap()).collect()
    }

    /// As a JAR manifest.
    fn manifest(&mut self, entries: usize) -> Vec<u8> {
        let mut text = "Manifest-Version: 1.0\r\nCreated-By: 1.0 (Android)\r\n\r\n".to_owned();
        for entry in 0..entries {
            let folder = ["res/layout/", "res/drawable-xhdpi-v4/ic_", "assets/", "lib/x86/lib", "r/"][self.below(5)];
            let digest: String =
                (0..43).map(|_| char::from(b"ABCDEFGHabcdefgh0123456789+/mnop"[self.below(32)])).collect();
            text += &format!("Name: {folder}{entry}\r\nSHA-256-Digest: {digest}=\r\n\r\n");
        }
        text.into_bytes()
    }

    /// Copies from all distances between literals.
    fn copies(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = self.bytes(20, 256);
        while bytes.len() < count {
            let (farthest, longest) = (1 << self.below(17), 1 << self.below(10));
            let distance = 1 + self.below(bytes.len().min(farthest));
            let length = 3 + self.below(longest);
            (0..length).for_each(|_| bytes.push(bytes[bytes.len() - distance]));
            let (literals, letters) = (self.below(8), 1 + self.below(256));
            bytes.extend(self.bytes(literals, letters));
        }
        bytes.truncate(count);
        bytes
    }

    fn any(&mut self, count: usize) -> Vec<u8> {
        match self.below(4) {
            0 => self.copies(count),
            1 => self.manifest(count / 90),
            2 => vec![7; count],
            _ => {
                let letters = 2 + self.below(255);
                self.bytes(count, letters)
            }
        }
    }
}

fn inputs() -> Vec<Vec<u8>> {
    let mut noise = Noise(1);
    let mut inputs: Vec<Vec<u8>> = (0..300).map(|size| noise.any(size)).collect();
    inputs.extend((0..300).map(|size| noise.bytes(size, 3)));
    inputs.extend([1, 2, 10, 100, 1000, 5000, 20_000].map(|entries| noise.manifest(entries)));
    inputs.extend((0..800).map(|round| {
        let size = 1 << (3 + round % 12);
        [noise.any(size), noise.any(size / 2)].concat()
    }));
    for edge in [16_383, 32_506, 32_768, 65_274, 65_536, 98_042, 131_072] {
        for size in [edge - 262, edge - 1, edge, edge + 1, edge + 262] {
            inputs.extend([noise.bytes(size, 256), noise.bytes(size, 60), noise.copies(size)]);
        }
        for distance in [edge - 1, edge, edge + 1] {
            let (mut bytes, start) = (noise.bytes(edge + 400, 100), noise.below(300));
            bytes.copy_within(start..start + 9, start + distance);
            inputs.push(bytes);
        }
    }
    inputs.extend((0..4).map(|_| (0..8).flat_map(|_| noise.any(60_000)).collect()));
    inputs
}

#[test]
#[ignore = "needs python3"]
fn oracle_zlib_deflates_alike() {
    let apk = fixture("apk/demo-nokey-unsigned.apk");
    let directory = Directory::read(&apk).unwrap();
    let plan = Edit::default().plan(&apk, &directory).unwrap();
    let inputs = inputs();
    let sandbox = Sandbox::new().with_bytes("inputs", &framed(&inputs));
    let python = Command::new("python3").args(["-c", PYTHON]).current_dir(sandbox.path("")).output().unwrap();
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
    let outputs = unframed(&sandbox.read("outputs"));
    assert_eq!(outputs.len(), inputs.len());
    for (number, (input, output)) in inputs.iter().zip(outputs).enumerate() {
        assert!(deflated(&plan, input) == output, "input {number} of {} bytes", input.len());
    }
}
