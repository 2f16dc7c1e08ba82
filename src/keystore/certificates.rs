//! Certificates outside a keystore: DER, PEM (with or without the key beside it) and PKCS#7.
//!
//! Their entries have no alias. Each certificate is an entry, in the order of the file, with its chain; those that are
//! there because they issued another one are marked ([`Entry::is_issuer_only`]).

use super::chain::Pool;
use super::entry::{Entry, LockedKey, SealedKey};
use super::error::{KeystoreError, Secret};
use super::fault::Fault;
use super::password::Passwords;
use super::pem::{self, KeyBlock, PemBlock};
use super::{Content, Format, Keystore, detect, text};
use crate::asn1::{Asn1, tag};
use crate::certificate::Certificate;
use crate::limits::{KEYS_MATCHED, KEYSTORE_ENTRIES};
use std::sync::Arc;

/// Opens one certificate in DER. Bytes behind it are passed over, as openssl does.
pub(super) fn open_der(bytes: &[u8], passwords: &Passwords<'_>) -> Result<Keystore, KeystoreError> {
    let read = || {
        let element = Asn1::new(bytes).expect(tag::SEQUENCE, "certificate")?;
        Ok(vec![Arc::new(Certificate::from_der(element.raw.to_vec())?)])
    };
    let loose = read().map_err(|fault: Fault| fault.report_element(Format::Der, bytes))?;
    Ok(assemble(Format::Der, loose, Vec::new(), passwords))
}

/// Opens PKCS#7 in DER or BER.
pub(super) fn open_pkcs7(bytes: &[u8], passwords: &Passwords<'_>) -> Result<Keystore, KeystoreError> {
    let loose = pkcs7(bytes).map_err(|fault| fault.report_element(Format::Pkcs7, bytes))?;
    Ok(assemble(Format::Pkcs7, loose, Vec::new(), passwords))
}

/// Opens a PEM file.
pub(super) fn open_pem(bytes: &[u8], passwords: &Passwords<'_>) -> Result<Keystore, KeystoreError> {
    let report = |fault: Fault| fault.report(Format::Pem, Secret::Store);
    let text = text::text(bytes).ok_or(KeystoreError::NotAKeystore(Content::TextMangled))?;
    let blocks = pem::blocks(&text).map_err(report)?;
    if let Some(keystore) = inside_certutil_block(&blocks, passwords) {
        return keystore;
    }
    let (mut certificates, mut keys, mut format) = (Vec::new(), Vec::new(), Format::Pkcs7);
    for block in &blocks {
        match block.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                format = Format::Pem;
                certificates.push(certificate(block.data.reveal()).map_err(report)?);
            }
            "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => {
                certificates.extend(pkcs7(block.data.reveal()).map_err(report)?);
            }
            _ => keys.extend(KeyBlock::of(block)),
        }
    }
    if certificates.is_empty() && !keys.is_empty() {
        return Err(KeystoreError::PrivateKeyAlone);
    }
    Ok(assemble(format, certificates, keys, passwords))
}

/// Windows' `certutil -encode` writes any file as a block named CERTIFICATE.
fn inside_certutil_block(blocks: &[PemBlock], passwords: &Passwords<'_>) -> Option<Result<Keystore, KeystoreError>> {
    let [block] = blocks else { return None };
    let data = block.data.reveal();
    matches!(detect(data), Content::Keystore(_)).then(|| super::open_decoded(data, passwords))
}

/// A certificate, behind which OpenSSL's TRUSTED CERTIFICATE has more.
fn certificate(der: &[u8]) -> Result<Arc<Certificate>, Fault> {
    let element = Asn1::new(der).expect(tag::SEQUENCE, "certificate")?;
    Ok(Arc::new(Certificate::from_der(element.raw.to_vec())?))
}

/// The certificates of PKCS#7's `SignedData` (RFC 2315, 9.1; RFC 5652, 5.1).
fn pkcs7(bytes: &[u8]) -> Result<Vec<Arc<Certificate>>, Fault> {
    let mut outer = Asn1::new(bytes).sequence("PKCS#7")?;
    outer.oid("content type")?;
    let mut signed = outer.expect(tag::context_constructed(0), "content")?.children().sequence("SignedData")?;
    signed.u32("version")?;
    signed.set("digest algorithms")?;
    signed.sequence("content")?;
    let Some(set) = signed.optional(tag::context_constructed(0), "certificates")? else { return Ok(Vec::new()) };
    let mut choices = set.children();
    let mut certificates = Vec::new();
    while !choices.is_empty() {
        let choice = choices.any("certificate")?;
        // Other choices are attribute certificates and such (RFC 5652, 10.2.2).
        if choice.tag != tag::SEQUENCE {
            continue;
        }
        if certificates.len() >= KEYSTORE_ENTRIES {
            return Err(Fault::TooMany { what: "certificates", limit: KEYSTORE_ENTRIES });
        }
        certificates.push(Arc::new(Certificate::from_der(choice.raw.to_vec())?));
    }
    Ok(certificates)
}

/// Entries of loose certificates and keys: a key goes with the certificate it belongs to.
fn assemble(
    format: Format,
    certificates: Vec<Arc<Certificate>>,
    keys: Vec<KeyBlock>,
    passwords: &Passwords<'_>,
) -> Keystore {
    let pool = Arc::new(Pool::new(certificates));
    let issuers = pool.issuers();
    let mut taken = vec![false; pool.len()];
    let mut entries = Vec::new();
    let first_leaf = issuers.iter().position(|issuer| !issuer);
    for (number, key) in keys.into_iter().enumerate() {
        let leaf = if number < KEYS_MATCHED { leaf_of(&key, &pool, first_leaf, passwords) } else { first_leaf };
        let chain = leaf.map_or_else(Vec::new, |leaf| pool.chain(leaf));
        for index in leaf.into_iter().flat_map(|leaf| pool.chain_indexes(leaf)) {
            if let Some(slot) = taken.get_mut(index) {
                *slot = true;
            }
        }
        let locked = LockedKey::new(SealedKey::Pem(key), format, &passwords.budget).with_pool(&pool);
        entries.push(Entry::key(None, chain, locked));
    }
    for (index, (taken, issuer)) in taken.into_iter().zip(issuers).enumerate() {
        if !taken {
            entries.push(Entry::certificate_entry(None, pool.chain(index)).issuing(issuer));
        }
    }
    Keystore { format, entries, notes: Vec::new() }
}

/// The certificate of a key: by its public key if the key can be read now, else the first that issued no other.
fn leaf_of(key: &KeyBlock, pool: &Pool, first_leaf: Option<usize>, passwords: &Passwords<'_>) -> Option<usize> {
    let store: Vec<_> = passwords.store.into_iter().collect();
    match SealedKey::Pem(key.clone()).open(&store, &passwords.budget) {
        Ok(private) => pool.find(|certificate| private.belongs_to(certificate)),
        Err(_) => first_leaf,
    }
}
