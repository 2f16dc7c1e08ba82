//! Every prefix and every changed byte of small files: an answer, never a panic, never slow.

use super::*;

/// Few rounds, so that a changed byte in a count does not make a test slow.
fn try_everything(bytes: &[u8]) {
    let given = password("storepass");
    let budget = KdfBudget::with_rounds(2_000);
    for store in [None, Some(&given)] {
        let Ok(keystore) = Keystore::open(bytes, &Passwords { store, budget: budget.clone() }) else { continue };
        for entry in &keystore.entries {
            let _ = entry.unlock(&[&given]);
        }
    }
    let _ = private_key(bytes, &[&given], &budget);
}

fn sweep(name: &str, masks: &[u8]) {
    let bytes = fixture(name);
    for end in 0..bytes.len() {
        let error = open(&bytes[..end], Some("storepass"));
        assert!(error.is_err() || name.ends_with("pem"), "{name} opens when cut off at {end}");
        try_everything(&bytes[..end]);
    }
    for place in 0..bytes.len() {
        for mask in masks {
            let mut changed = bytes.clone();
            changed[place] ^= mask;
            try_everything(&changed);
        }
    }
}

#[test]
fn jks() {
    sweep("small.jks", &[0x01, 0x80, 0xff]);
}

#[test]
fn pkcs12() {
    sweep("one-iteration.p12", &[0x01, 0x80, 0xff]);
    sweep("one-iteration-legacy.p12", &[0x01, 0x80, 0xff]);
    sweep("ten-iterations.p12", &[0x01, 0xff]);
}

#[test]
fn certificates_and_keys() {
    sweep("release.der", &[0x01, 0x80, 0xff]);
    sweep("pkcs8.der", &[0x01, 0x80, 0xff]);
    sweep("sec1-parameters.pem", &[0x01, 0x80]);
    sweep("release.pem", &[0x01]);
    sweep("chain.p7b", &[0x01, 0xff]);
}

/// The private numbers of RSA and DSA keys go to crates that must not panic on them.
#[test]
fn changed_numbers_of_keys() {
    for name in ["testkey.pk8", "dsa.pem"] {
        let bytes = fixture(name);
        for place in (0..bytes.len()).step_by(7) {
            for mask in [0x01, 0xff] {
                let mut changed = bytes.clone();
                changed[place] ^= mask;
                let _ = private_key(&changed, &[], &KdfBudget::default());
            }
        }
    }
}

/// What another version holds would be taken for something else.
#[test]
fn keys_of_a_version_that_does_not_exist() {
    let key = |bytes: &[u8]| private_key(bytes, &[], &KdfBudget::default());
    let mut pkcs8 = fixture("testkey.pk8");
    assert_eq!(pkcs8[4..7], [2, 1, 0]);
    pkcs8[6] = 2;
    assert!(key(&pkcs8).is_err());
    for (name, version) in [("pkcs1.pem", 1), ("sec1.pem", 0), ("sec1.pem", 2), ("dsa.pem", 1)] {
        let pem = String::from_utf8(fixture(name)).unwrap();
        let mut der = pem::blocks(&pem).unwrap()[0].data.reveal().to_vec();
        let place = der.windows(2).position(|window| window == [2, 1]).unwrap() + 2;
        assert!(key(&der).is_ok(), "{name}");
        der[place] = version;
        assert!(key(&der).is_err(), "{name}: version {version}");
    }
}

/// PKCS#8 names a curve, and the key inside may name another.
#[test]
fn an_ec_key_that_names_two_curves() {
    let pem = String::from_utf8(fixture("sec1.pem")).unwrap();
    let sec1 = pem::blocks(&pem).unwrap()[0].data.reveal().to_vec();
    let ec = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    let (p256, p384) = ([6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], [6, 5, 0x2b, 0x81, 4, 0, 0x22]);
    let pkcs8 = |curve: &[u8]| der(0x30, &[&[2, 1, 0], &der(0x30, &[&ec, curve]), &der(4, &[&sec1])]);
    assert!(PrivateKey::from_pkcs8(&pkcs8(&p256)).is_ok());
    assert!(PrivateKey::from_pkcs8(&pkcs8(&p384)).is_err());
}

/// The `dsa` crate panics on such a generator when it is not refused before.
#[test]
fn a_dsa_generator_that_is_too_small() {
    let pem = String::from_utf8(fixture("dsa.pem")).unwrap();
    let bytes = pem::blocks(&pem).unwrap()[0].data.reveal().to_vec();
    let mut numbers = crate::asn1::Asn1::new(&bytes).sequence("DSA").unwrap();
    let mut parts: Vec<Vec<u8>> = (0..6).map(|_| numbers.any("number").unwrap().raw.to_vec()).collect();
    assert!(PrivateKey::from_openssl_dsa(&der(0x30, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>())).is_ok());
    for generator in [vec![0x02, 1, 2], vec![0x02, 1, 0], vec![0x02, 0], der(0x02, &[&[0x7f; 400]])] {
        parts[3] = generator;
        let key = der(0x30, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert!(PrivateKey::from_openssl_dsa(&key).is_err());
    }
}

#[test]
fn counts_and_lengths_that_lie() {
    let bytes = fixture("small.jks");
    for place in [8, 12, 16] {
        let mut changed = bytes.clone();
        changed[place..place + 4].fill(0xff);
        assert!(open(&changed, None).is_err());
    }
    let mut many = b"\xfe\xed\xfe\xed\0\0\0\x02\xff\xff\xff\xff".to_vec();
    many.resize(1 << 20, 0);
    assert!(open(&many, None).is_err());
    let deep = [0x30, 0x80].repeat(1 << 20);
    assert!(open(&deep, None).is_err());
    assert!(matches!(open(&vec![0x30; (16 << 20) + 1], None), Err(KeystoreError::TooMany { what: "bytes", .. })));
}

#[test]
fn a_store_of_too_many_entries() {
    // Certificate entries of one real certificate.
    let der = fixture("release.der");
    let mut store = b"\xfe\xed\xfe\xed\0\0\0\x01\0\0\x27\x12".to_vec();
    let entry =
        [b"\0\0\0\x02\0\x01a\0\0\0\0\0\0\0\0".as_slice(), &u32::try_from(der.len()).unwrap().to_be_bytes(), &der];
    store.extend(entry.concat().repeat(10_002));
    store.extend([0; 20]);
    assert!(matches!(open(&store, None), Err(KeystoreError::TooMany { what: "entries", limit: 10_000 })));
}
