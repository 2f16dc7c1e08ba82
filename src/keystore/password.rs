//! From the characters of a password to the bytes that each format derives its keys from.
//!
//! Tools disagree about characters beyond ASCII: keytool takes one character per Unicode character from the command
//! line, but older ones take one per *byte* from a console, and OpenSSL before 1.1 did the same. So a password has
//! several forms, tried in turn (apksigner's `PasswordRetriever` does so too).

use super::KdfBudget;
use crate::secret::Password;
use zeroize::Zeroizing;

/// What a keystore may be opened with.
#[derive(Debug, Clone, Default)]
pub struct Passwords<'a> {
    /// The keystore's password. Without it only what is stored in clear can be read.
    pub store: Option<&'a Password>,
    /// The key derivation that is allowed.
    pub budget: KdfBudget,
}

impl<'a> Passwords<'a> {
    /// No password, and the usual budget.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// This password, and the usual budget.
    #[must_use]
    pub fn store(password: &'a Password) -> Self {
        Self { store: Some(password), budget: KdfBudget::default() }
    }
}

/// One form of a password as bytes.
pub(super) type Form = Zeroizing<Vec<u8>>;

/// The forms of one password.
pub(super) struct Forms {
    /// UTF-16BE of the characters, then of the UTF-8 bytes taken for characters.
    wide: Vec<Form>,
    /// UTF-8, then Latin-1 where all characters have one.
    narrow: Vec<Form>,
}

impl Forms {
    pub(super) fn of(password: &Password) -> Self {
        let text = password.reveal();
        let mut wide = vec![utf16(text.encode_utf16())];
        let mut narrow = vec![Zeroizing::new(text.as_bytes().to_vec())];
        if !text.is_ascii() {
            wide.push(utf16(text.bytes().map(u16::from)));
            narrow.extend(latin1(text));
        }
        Self { wide, narrow }
    }

    /// UTF-16BE without a terminator: JKS and JCEKS.
    pub(super) fn java(&self) -> &[Form] {
        &self.wide
    }

    /// UTF-16BE with a terminator (RFC 7292, B.1). The empty password is also tried as no bytes at all, which is
    /// what Java's `null` and Azure's tools make of it.
    pub(super) fn pkcs12(&self) -> Vec<Form> {
        let mut forms: Vec<Form> = self.wide.iter().map(|form| terminated(form)).collect();
        if self.is_empty() {
            forms.push(Form::default());
        }
        forms
    }

    /// As PKCS#12, but the empty password is no bytes (BouncyCastle's `PKCS12PasswordToBytes`).
    pub(super) fn bouncy_castle(&self) -> Vec<Form> {
        if self.is_empty() { vec![Form::default()] } else { self.wide.iter().map(|form| terminated(form)).collect() }
    }

    /// Bytes: PKCS#5.
    pub(super) fn narrow(&self) -> &[Form] {
        &self.narrow
    }

    fn is_empty(&self) -> bool {
        self.narrow.iter().all(|form| form.is_empty())
    }
}

/// Room for all units is made at once, so that no copy of a password stays behind.
fn utf16(units: impl Iterator<Item = u16> + Clone) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(units.clone().count().saturating_mul(2)));
    form.extend(units.flat_map(u16::to_be_bytes));
    form
}

/// One byte for each character, if all have one.
fn latin1(text: &str) -> Option<Form> {
    let mut form = Zeroizing::new(Vec::with_capacity(text.len()));
    for character in text.chars() {
        form.push(u8::try_from(u32::from(character)).ok()?);
    }
    Some(form)
}

/// BMPString with the two zero bytes that end it.
pub(super) fn terminated(form: &[u8]) -> Form {
    Zeroizing::new([form, &[0, 0]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ascii_password_has_one_form_of_each_kind() {
        let forms = Forms::of(&Password::new("ab".into()));
        assert_eq!(forms.java(), [Zeroizing::new(vec![0, b'a', 0, b'b'])]);
        assert_eq!(forms.pkcs12(), [Zeroizing::new(vec![0, b'a', 0, b'b', 0, 0])]);
        assert_eq!(forms.narrow(), [Zeroizing::new(b"ab".to_vec())]);
    }

    #[test]
    fn other_characters_have_the_forms_of_old_consoles() {
        let forms = Forms::of(&Password::new("ä".into()));
        assert_eq!(forms.java(), [Zeroizing::new(vec![0, 0xe4]), Zeroizing::new(vec![0, 0xc3, 0, 0xa4])]);
        assert_eq!(forms.narrow(), [Zeroizing::new(vec![0xc3, 0xa4]), Zeroizing::new(vec![0xe4])]);
        assert_eq!(Forms::of(&Password::new("ä鍵".into())).narrow().len(), 1, "鍵 is not Latin-1");
    }

    #[test]
    fn the_empty_password_is_two_bytes_or_none() {
        let forms = Forms::of(&Password::new(String::new()));
        assert_eq!(forms.pkcs12(), [Zeroizing::new(vec![0, 0]), Zeroizing::new(vec![])]);
        assert_eq!(forms.bouncy_castle(), [Zeroizing::new(vec![])]);
    }
}
