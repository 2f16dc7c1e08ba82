//! Every expected value is what zlib 1.2.13 wrote: python's `zlib.compressobj(9, zlib.DEFLATED, -15)`.

use super::deflate;

/// Bytes that look random, from a linear congruential generator.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 40).unwrap()
    }

    /// Bytes of an alphabet of so many letters.
    fn bytes(&mut self, count: usize, letters: usize) -> Vec<u8> {
        (0..count).map(|_| u8::try_from(self.next() % letters).unwrap()).collect()
    }
}

fn words(count: usize) -> Vec<u8> {
    const WORDS: [&str; 12] = [
        "res/",
        "drawable-",
        "layout/",
        "ic_launcher",
        ".png",
        ".xml",
        "lib/arm64-v8a/",
        "assets/",
        "\r\n",
        "META-INF/",
        "kotlin",
        "_",
    ];
    let mut noise = Noise(2);
    let text: String = (0..count).map(|_| WORDS[noise.next() % WORDS.len()]).collect();
    text.into_bytes()
}

fn manifest(entries: usize) -> Vec<u8> {
    let mut noise = Noise(3);
    let base64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = b"Manifest-Version: 1.0\r\nCreated-By: 1.0 (Android)\r\n\r\n".to_vec();
    for entry in 0..entries {
        let digest = (0..43).map(|_| char::from(base64[noise.next() % 64])).collect::<String>();
        let folder = ["res/layout", "res/drawable-xhdpi-v4", "assets", "lib/x86"][noise.next() % 4];
        text.extend_from_slice(format!("Name: {folder}/{entry}.bin\r\nSHA-256-Digest: {digest}=\r\n\r\n").as_bytes());
    }
    text
}

/// Bytes in which no three follow each other twice: all of them become literals.
fn unrepeated(count: usize, letters: usize) -> Vec<u8> {
    let mut noise = Noise(4);
    let mut seen = std::collections::HashSet::new();
    let mut bytes = noise.bytes(2, letters);
    while bytes.len() < count {
        let next = noise.bytes(1, letters)[0];
        if seen.insert([bytes[bytes.len() - 2], bytes[bytes.len() - 1], next]) {
            bytes.push(next);
        }
    }
    bytes
}

/// A phrase, and the same phrase again so many bytes behind the start of the first, which stands at `start`. Its letters
/// have other hashes than what stands around it if their lowest five bits are 16 or more, as those of `p` to `z`.
fn repeated(start: usize, distance: usize, phrase: &[u8]) -> Vec<u8> {
    let mut bytes = Noise(1).bytes(start + distance + phrase.len() + 40, 16);
    for place in [start, start + distance] {
        bytes[place..place + phrase.len()].copy_from_slice(phrase);
    }
    bytes
}

/// A phrase, then `places` others that begin with the bytes `like`, and then the phrase again.
fn behind_others(phrase: &[u8], like: &[u8], places: usize) -> Vec<u8> {
    [b".", phrase, &[like, b"//"].concat().repeat(places), b"-", phrase].concat()
}

/// A phrase of `length` bytes; then its start with a byte before it, `before` bytes together; then `places` others that
/// begin like the phrase; and then the whole phrase with that byte before it.
fn better_behind_others(length: usize, before: usize, places: usize) -> Vec<u8> {
    let phrase = [b"tur", unrepeated(length - 3, 200).as_slice()].concat();
    let others = behind_others(b"", b"tur", places);
    [b".", phrase.as_slice(), b"_+", &phrase[..before - 1], b"--", &others, b"+", &phrase].concat()
}

/// Frequencies that make the deepest tree: each letter as often as all rarer ones together, in no order.
fn fibonacci(letters: u8) -> Vec<u8> {
    let (mut bytes, mut frequencies) = (Vec::new(), (1, 1));
    for letter in 0..letters {
        bytes.extend(std::iter::repeat_n(letter.wrapping_mul(37), frequencies.0));
        frequencies = (frequencies.1, frequencies.0 + frequencies.1);
    }
    let mut noise = Noise(5);
    for index in (1..bytes.len()).rev() {
        bytes.swap(index, noise.next() % (index + 1));
    }
    bytes
}

/// Copies of many lengths from many distances.
fn copies(count: usize) -> Vec<u8> {
    let mut noise = Noise(6);
    let mut bytes = noise.bytes(40, 256);
    while bytes.len() < count {
        let distance = 1 + noise.next() % (bytes.len().min(1 << (noise.next() % 16)));
        let length = 3 + noise.next() % (1 << (noise.next() % 10));
        for _ in 0..length {
            bytes.push(bytes[bytes.len() - distance]);
        }
        let literals = noise.next() % 4;
        bytes.extend(noise.bytes(literals, 256));
    }
    bytes
}

#[test]
fn small_inputs_are_deflated_as_zlib_does() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "0300"),
        (b"a", "4b0400"),
        (b"abcabc", "4b4c4a4e4c4a0600"),
        (b"xabcabc", "ab484c4a062200"),
        (b"aaaaaaaaaaaaaaaa", "4b4c440500"),
        (b"-abc-bcdef-abcdef", "d34d4c4ad64d4a4e494dd34d045300"),
        (&[0x90; 600], "9b3061148c02ea0300"),
        (b"\0\x01\x02\x03\xff\xfe\xfd\xfc\x90\x91\x92\x93", "63606462feffefef9f0913274d0600"),
    ];
    for (input, expected) in cases {
        let hex: String = deflate(input).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, *expected, "{}", input.escape_ascii());
    }
}

/// The size and the CRC-32 of all inputs deflated, one behind the other.
#[track_caller]
fn assert_deflated(what: &str, inputs: &[Vec<u8>], expected: (usize, u32)) {
    let deflated: Vec<u8> = inputs.iter().flat_map(|input| deflate(input)).collect();
    assert_eq!((deflated.len(), crc32fast::hash(&deflated)), expected, "{what}");
}

#[test]
fn matches_are_those_that_zlib_takes() {
    assert_deflated("words", &[words(20_000)], (16_080, 0x7d61c701));
    assert_deflated("copies of many lengths", &[copies(100_000)], (6482, 0x333a51dd));
    assert_deflated("a manifest", &[manifest(1000)], (38_076, 0xa6a46202));
    let inputs: Vec<_> = (4090..4100).map(|distance| repeated(5, distance, b"tur")).collect();
    assert_deflated("three bytes far away", &inputs, (23_674, 0x4632e989));
    let inputs: Vec<_> = (4094..4097).map(|places| behind_others(b"turvy", b"tur", places)).collect();
    assert_deflated("as many places as are compared", &inputs, (187, 0xe96595e8));
    let inputs: Vec<_> = (4094..4097).map(|places| behind_others(b"turvy", b"Tur", places)).collect();
    assert_deflated("other bytes with the same hash", &inputs, (195, 0x806977b1));
    let cases = [(31, 1020), (31, 1024), (32, 1020), (32, 1021), (32, 1022), (32, 1023), (32, 1024), (33, 1024)];
    let inputs = cases.map(|(before, places)| better_behind_others(60, before, places));
    assert_deflated("fewer places where the match before is good", &inputs, (934, 0x25ee2393));
    let inputs: Vec<_> = (254..261).map(|before| better_behind_others(300, before, 2)).collect();
    assert_deflated("the longest matches", &inputs, (2334, 0x8949e4e8));
}

#[test]
fn the_window_moves_as_it_does_in_zlib() {
    let far = [32_505, 32_506, 32_507, 32_768];
    let starts = [0, 1, 33_000];
    let inputs: Vec<_> = far.iter().flat_map(|far| starts.map(|start| repeated(start, *far, b"turvy"))).collect();
    assert_deflated("at the edge of the window", &inputs, (304_039, 0xc7aa261e));
    let inputs = far.map(|far| {
        let mut bytes = repeated(7, far, b"turvyturvy");
        bytes[10_000..10_004].copy_from_slice(b"turv");
        bytes
    });
    assert_deflated("a better match at the edge of the window", &inputs, (76_110, 0x1c2dd9cd));
    let inputs: Vec<_> = (65_272..65_277).map(|place| repeated(place - 32_506, 32_506, b"turvy")).collect();
    assert_deflated("the window moves in sight of the end", &inputs, (188_959, 0xf286553b));
    let inputs = [65_535, 65_536, 65_537].map(|size| {
        let mut bytes = repeated(32_768, 32_506, b"turvy");
        bytes.resize(size, b'-');
        bytes
    });
    assert_deflated("the end comes just into sight", &inputs, (113_405, 0x8e700cb7));
    let inputs = [65_536, 98_042].map(|size| Noise(8).bytes(size, 90));
    assert_deflated("sizes about that of the window", &inputs, (134_576, 0x1380e468));
}

#[test]
fn blocks_end_where_those_of_zlib_do() {
    let inputs = [16_382, 16_383, 16_384, 32_766].map(|count| unrepeated(count, 256));
    assert_deflated("a full block and nothing behind it", &inputs, (81_942, 0x2d3c42f2));
    assert_deflated(
        "blocks that are longer than the window",
        &[vec![7; 300_000], copies(200_000)],
        (13_539, 0xc960af3d),
    );
    let inputs: Vec<_> = (1..400).map(|count| Noise(9).bytes(count, 230 + count % 26)).collect();
    assert_deflated("about as large stored as in codes", &inputs, (81_705, 0xbceab0e2));
    let inputs: Vec<_> = (1..400).map(|count| Noise(10).bytes(count, 40 + count % 60)).collect();
    assert_deflated("about as large in fixed codes as in others", &inputs, (69_733, 0xd6bf305f));
    assert_deflated(
        "stored, then dynamic",
        &[[Noise(1).bytes(40_000, 256), words(9000)].concat()],
        (48_722, 0x190eb8fa),
    );
}

#[test]
fn trees_are_those_of_zlib() {
    let inputs: Vec<_> = (2..20).map(fibonacci).collect();
    assert_deflated("codes that would be longer than 15 bits", &inputs, (11_874, 0xdb983318));
    let inputs: Vec<_> = (1..=128).map(|letters| Noise(11).bytes(letters * 9, letters * 2)).collect();
    assert_deflated("alphabets of all sizes", &inputs, (71_425, 0x5fdca542));
    let inputs: Vec<_> =
        (17..60).map(|letters| [Noise(13).bytes(3000, letters), Noise(14).bytes(100, 256)].concat()).collect();
    assert_deflated("codes of the header that would be longer than 7 bits", &inputs, (94_964, 0x4ce9f397));
    let inputs: Vec<_> =
        (101..110).map(|end| [unrepeated(500, 16), (100..end).collect::<Vec<_>>().repeat(30)].concat()).collect();
    assert_deflated("one distance", &inputs, (2527, 0x75ba7d88));
}
