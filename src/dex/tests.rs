//! A real DEX file made by D8, and what is done to it.

use super::*;
use std::io::Read;

fn real() -> Vec<u8> {
    let path = format!("{}/fixtures/apk/demo-release.apk", env!("CARGO_MANIFEST_DIR"));
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut bytes = Vec::new();
    archive.by_name("classes.dex").unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn lists_classes_and_finds_strings() {
    let bytes = real();
    let dex = Dex::parse(&bytes).unwrap();
    let classes: Vec<_> = dex.classes().collect();
    let main = classes.iter().find(|class| class.descriptor == "Lcom/example/apkkeydemo/MainActivity;").unwrap();
    assert_eq!(main.superclass.as_deref(), Some("Landroid/app/Activity;"));
    assert!(!main.is_abstract);
    assert!(dex.has_string("api_key.txt") && dex.has_string("UTF-8"));
    for absent in ["api_key", "api_key.txt.txt", "zzzz", "!"] {
        assert!(!dex.has_string(absent), "{absent}");
    }
    let found: Vec<_> = dex.strings_with_prefix("api_k").collect();
    assert_eq!(found, [b"api_key.txt"]);
    assert_eq!(dex.strings_with_prefix("api_z").count(), 0);
}

#[test]
fn modified_utf8_sorts_nul_before_everything() {
    assert_eq!(compare(b"\xc0\x80z", b"BC"), Ordering::Less);
    assert_eq!(compare(b"BCD", b"BC"), Ordering::Equal);
    assert_eq!(compare("ü".as_bytes(), b"BC"), Ordering::Greater);
}

#[test]
fn refuses_what_is_no_dex_file() {
    let good = real();
    let changed = |at: usize, bytes: &[u8]| {
        let mut changed = good.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        Dex::parse(&changed).map(|_| ()).unwrap_err()
    };
    assert_eq!(changed(0, b"cdex"), DexError::NotDex);
    assert_eq!(changed(4, b"041\0"), DexError::Version("041".to_owned()));
    assert_eq!(changed(40, &[0x12, 0x34, 0x56, 0x78]), DexError::Header);
    assert_eq!(changed(56, &[0xff; 4]), DexError::Outside("strings"));
    assert_eq!(changed(68, &[0xff; 4]), DexError::Outside("types"));
    assert!(matches!(Dex::parse(&good[..60]), Err(DexError::Bytes(_))));
    assert!(Dex::parse(b"").is_err());
}

#[test]
fn every_prefix_and_every_changed_byte_is_read_or_refused() {
    let good = real();
    let look = |bytes: &[u8]| {
        let Ok(dex) = Dex::parse(bytes) else { return };
        assert!(dex.classes().count() <= bytes.len() / 32);
        assert!(!dex.has_string("zzzz") || dex.strings_with_prefix("zzzz").count() > 0);
    };
    for end in 0..good.len() {
        look(&good[..end]);
    }
    for at in 0..good.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = good.clone();
            changed[at] ^= change;
            look(&changed);
        }
    }
}
