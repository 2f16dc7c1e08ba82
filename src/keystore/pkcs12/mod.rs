//! PKCS#12 (RFC 7292): `SEQUENCE { 3, authSafe, macData OPTIONAL }`.
//!
//! `authSafe` holds an OCTET STRING with a list of safes, each in clear or encrypted; a safe is a list of bags
//! ([`bags`]); `macData` is an HMAC over the OCTET STRING's content ([`mac`]). DER and BER are read, since BouncyCastle and
//! NSS write indefinite lengths. Keys are not decrypted here, because each may have a password of its own; only where a file
//! does not say which certificate belongs to a key, the store's password is tried on it.

mod bags;
mod mac;

use self::bags::{Bag, BagKind, Bags};
use super::chain::Pool;
use super::entry::{Entry, LockedKey, SealedKey};
use super::error::KeystoreError;
use super::fault::Fault;
use super::kdf::Derived;
use super::password::{Forms, Passwords};
use super::pbe::{Scheme, Using, is_sequence};
use super::{Format, Keystore, Note};
use crate::asn1::{Asn1, Asn1Error, Element, tag};
use crate::certificate::Certificate;
use crate::limits::KEYS_MATCHED;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// 1.2.840.113549.1.7.1
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
/// 1.2.840.113549.1.7.6
const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6];

/// Opens a PKCS#12 file.
pub(super) fn open(bytes: &[u8], passwords: &Passwords<'_>) -> Result<Keystore, KeystoreError> {
    read(bytes, passwords).map_err(|fault| fault.report_element(Format::Pkcs12, bytes))
}

fn read(bytes: &[u8], passwords: &Passwords<'_>) -> Result<Keystore, Fault> {
    let mut file = Asn1::new(bytes);
    let mut fields = file.sequence("PKCS#12")?;
    let mut notes = Vec::new();
    if !file.is_empty() {
        notes.push(Note::TrailingBytes(file.rest().len()));
    }
    fields.u32("version")?;
    let safe = plain_content(&fields.expect(tag::SEQUENCE, "authenticated safe")?)?;
    let mac = mac::Mac::read(&mut fields)?;
    let forms = passwords.store.map(Forms::of);
    match (&mac, &forms) {
        (None, _) => notes.push(Note::NoIntegrityCheck),
        (Some(_), None) => notes.push(Note::IntegrityNotChecked),
        (Some(mac), Some(forms)) if mac.fits(&safe, forms, &passwords.budget)? => {}
        (Some(_), Some(forms)) => return Err(wrong_or_damaged(&safe, forms, passwords)),
    }
    let bags = read_safes(&safe, forms.as_ref(), passwords)?;
    Ok(Keystore { format: Format::Pkcs12, entries: entries(bags, passwords), notes })
}

/// The content of a `ContentInfo` of type data (RFC 2315, 7).
fn plain_content<'a>(info: &Element<'a>) -> Result<Cow<'a, [u8]>, Fault> {
    let mut fields = info.children();
    let kind = fields.oid("content type")?;
    if kind.0 != DATA {
        return Err(Fault::Unsupported(format!("public-key integrity (content type {kind})")));
    }
    let mut content = fields.expect(tag::context_constructed(0), "content")?.children();
    Ok(content.octets("content")?)
}

/// The MAC does not fit. When the password still decrypts the certificates it is right, and the file was changed; when
/// it only opens a key it is that key's own.
fn wrong_or_damaged(safe: &[u8], forms: &Forms, passwords: &Passwords<'_>) -> Fault {
    let cause = || {
        let mut infos = Asn1::new(safe).sequence("authenticated safe")?;
        let mut bags = Bags::default();
        while !infos.is_empty() {
            let info = infos.expect(tag::SEQUENCE, "safe")?;
            match decrypt_safe(&info, Some(forms), passwords) {
                Ok((_, true)) => return Ok(Fault::malformed("its MAC does not fit its contents")),
                Ok((content, false)) => bags.read(&mut Asn1::new(&content).sequence("safe contents")?, 0)?,
                Err(_) => {}
            }
        }
        let store: Vec<_> = passwords.store.into_iter().collect();
        let first = bags.0.iter().find_map(|bag| bag.key().map(|key| (key, bag)));
        Ok(match first.filter(|(key, _)| key.open(&store, &passwords.budget).is_ok()) {
            Some((_, bag)) => Fault::KeyOnly(bag.name.clone()),
            None => Fault::Wrong,
        })
    };
    cause().unwrap_or_else(|error: Fault| error)
}

fn read_safes(safe: &[u8], forms: Option<&Forms>, passwords: &Passwords<'_>) -> Result<Vec<Bag>, Fault> {
    let mut infos = Asn1::new(safe).sequence("authenticated safe")?;
    let mut bags = Bags::default();
    while !infos.is_empty() {
        let info = infos.expect(tag::SEQUENCE, "safe")?;
        let (content, _) = decrypt_safe(&info, forms, passwords)?;
        bags.read(&mut Asn1::new(&content).sequence("safe contents")?, 0)?;
    }
    Ok(bags.0)
}

/// The content of a safe, and whether it had to be decrypted (RFC 7292, 4.1).
fn decrypt_safe(
    info: &Element<'_>,
    forms: Option<&Forms>,
    passwords: &Passwords<'_>,
) -> Result<(Derived, bool), Fault> {
    let mut fields = info.children();
    let kind = fields.oid("content type")?;
    if kind.0 == DATA {
        return Ok((plain_content(info)?.into_owned().into(), false));
    }
    if kind.0 != ENCRYPTED_DATA {
        return Err(Fault::Unsupported(format!("public-key encryption (content type {kind})")));
    }
    let mut data = fields.expect(tag::context_constructed(0), "content")?.children().sequence("EncryptedData")?;
    data.u32("version")?;
    let mut content = data.sequence("EncryptedContentInfo")?;
    content.oid("content type")?;
    let scheme = Scheme::read(&content.expect(tag::SEQUENCE, "encryption algorithm")?)?;
    let encrypted = content.any("encrypted content")?;
    if encrypted.tag & !tag::CONSTRUCTED != tag::context(0) {
        return Err(Asn1Error::Unexpected { field: "encrypted content", found: encrypted.tag }.into());
    }
    let forms = forms.ok_or(Fault::Needed)?;
    let using = Using { budget: &passwords.budget, fits: &is_sequence };
    Ok((scheme.decrypt(&encrypted.octets("encrypted content")?, forms, &using)?, true))
}

/// Joins keys and certificates into entries.
fn entries(bags: Vec<Bag>, passwords: &Passwords<'_>) -> Vec<Entry> {
    let certificates: Vec<Arc<Certificate>> = bags.iter().filter_map(Bag::certificate).cloned().collect();
    let mut matching = Matching::new(&bags, Pool::new(certificates), passwords);
    let mut entries = Vec::new();
    let mut position = 0_usize;
    let mut pending = Vec::new();
    let mut numbers = 0_usize;
    let mut number = || {
        numbers = numbers.saturating_add(1);
        numbers.to_string()
    };
    for bag in bags {
        // Java numbers keys and trusted certificates without a name (`PKCS12KeyStore.getUnfriendlyName`).
        match bag.kind {
            BagKind::Key(sealed) => {
                let chain = matching.chain_of(&sealed, bag.local_key_id.as_deref());
                let locked = LockedKey::new(sealed, Format::Pkcs12, &passwords.budget).with_pool(&matching.pool);
                entries.push(Entry::key(Some(bag.name.unwrap_or_else(&mut number)), chain, locked));
            }
            BagKind::Certificate { certificate, trusted } => {
                let alias = if trusted { Some(bag.name.unwrap_or_else(&mut number)) } else { bag.name };
                pending.push((position, alias, certificate, trusted));
                position = position.saturating_add(1);
            }
            BagKind::Secret => entries.push(Entry::secret(Some(bag.name.unwrap_or_else(&mut number)))),
        }
    }
    for (position, alias, certificate, trusted) in pending {
        if trusted || !matching.in_a_chain(position) {
            let alias = alias.unwrap_or_else(&mut number);
            entries.push(Entry::certificate_entry(Some(alias), vec![certificate]));
        }
    }
    entries
}

/// Finds the certificate of each key.
struct Matching<'a> {
    pool: Arc<Pool>,
    by_key_id: HashMap<Vec<u8>, usize>,
    issuers: Vec<bool>,
    used: Vec<bool>,
    guesses: usize,
    passwords: &'a Passwords<'a>,
}

impl<'a> Matching<'a> {
    fn new(bags: &[Bag], pool: Pool, passwords: &'a Passwords<'a>) -> Self {
        let mut by_key_id = HashMap::new();
        for (position, bag) in bags.iter().filter(|bag| bag.certificate().is_some()).enumerate() {
            if let Some(id) = &bag.local_key_id {
                by_key_id.entry(id.clone()).or_insert(position);
            }
        }
        let used = vec![false; pool.len()];
        Self { issuers: pool.issuers(), pool: Arc::new(pool), by_key_id, used, guesses: 0, passwords }
    }

    /// By localKeyId; else by public key, if the store's password opens the key; else the first that issued no other.
    fn chain_of(&mut self, sealed: &SealedKey, id: Option<&[u8]>) -> Vec<Arc<Certificate>> {
        let leaf = id.and_then(|id| self.by_key_id.get(id).copied()).or_else(|| self.guess(sealed));
        let Some(leaf) = leaf else { return Vec::new() };
        for index in self.pool.chain_indexes(leaf) {
            if let Some(slot) = self.used.get_mut(index) {
                *slot = true;
            }
        }
        self.pool.chain(leaf)
    }

    fn guess(&mut self, sealed: &SealedKey) -> Option<usize> {
        let first_leaf = self.issuers.iter().position(|issuer| !issuer);
        self.guesses = self.guesses.saturating_add(1);
        if self.pool.len() <= 1 || self.guesses > KEYS_MATCHED {
            return first_leaf;
        }
        let store: Vec<_> = self.passwords.store.into_iter().collect();
        match sealed.open(&store, &self.passwords.budget) {
            Ok(key) => self.pool.find(|certificate| key.belongs_to(certificate)),
            Err(_) => first_leaf,
        }
    }

    fn in_a_chain(&self, position: usize) -> bool {
        self.used.get(position).copied().unwrap_or(false)
    }
}
