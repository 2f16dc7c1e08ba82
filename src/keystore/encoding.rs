//! Encodings of passwords beyond the usual ones (`--pass-encoding`).
//!
//! Before JDK 9 keytool and jarsigner took a password from a console byte by byte, so a keystore that was made on another
//! system opens only with the password in that system's encoding. apksigner has the same option and the same rule
//! (`PasswordRetriever.java`): each byte of the encoded password becomes one character, and a character that the
//! encoding does not have becomes a question mark.

use super::code_pages as page;
use crate::secret::Password;
use zeroize::Zeroizing;

/// An encoding, by its characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordEncoding(Characters);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Characters {
    Utf8,
    Latin1,
    /// Those of the bytes 0x80 to 0xff.
    Upper(&'static str),
}

/// Names without punctuation, in lower case. A code page is also known by its number alone.
const ENCODINGS: &[(&[&str], Characters)] = &[
    // the number is that of Windows, which Java has no name for (`PasswordRetriever.getCharsetByName`)
    (&["utf8", "65001"], Characters::Utf8),
    (&["iso88591", "latin1", "l1", "28591"], Characters::Latin1),
    (&["iso88592", "latin2"], Characters::Upper(page::ISO_8859_2)),
    (&["iso885915", "latin9"], Characters::Upper(page::ISO_8859_15)),
    (&["437"], Characters::Upper(page::IBM437)),
    (&["850"], Characters::Upper(page::IBM850)),
    (&["852"], Characters::Upper(page::IBM852)),
    (&["857"], Characters::Upper(page::IBM857)),
    (&["858", "00858"], Characters::Upper(page::IBM858)),
    (&["866"], Characters::Upper(page::IBM866)),
    (&["1250"], Characters::Upper(page::WINDOWS_1250)),
    (&["1251"], Characters::Upper(page::WINDOWS_1251)),
    (&["1252"], Characters::Upper(page::WINDOWS_1252)),
    (&["1253"], Characters::Upper(page::WINDOWS_1253)),
    (&["1254"], Characters::Upper(page::WINDOWS_1254)),
    (&["1257"], Characters::Upper(page::WINDOWS_1257)),
    (&["koi8r"], Characters::Upper(page::KOI8_R)),
    (&["macroman", "xmacroman"], Characters::Upper(page::MAC_ROMAN)),
];

impl PasswordEncoding {
    /// The encodings that are known, for messages.
    pub const NAMES: &'static str = "utf-8, iso-8859-1, -2 and -15, ibm437, ibm850, ibm852, ibm857, ibm858, ibm866, \
                                     windows-1250 to -1254 and -1257, koi8-r, MacRoman";

    /// The encoding of this name, written as Java or as people write it: `ibm437`, `Cp437`, `windows-1252`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let number = ["ibm", "cp", "windows"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(&name);
        let found = ENCODINGS.iter().find(|(names, _)| names.contains(&number));
        found.map(|(_, characters)| Self(*characters))
    }

    /// The password with one character for each byte of its encoded form.
    #[must_use]
    pub fn byte_by_byte(self, password: &Password) -> Password {
        let mut text = String::with_capacity(password.reveal().len().saturating_mul(2));
        for character in password.reveal().chars() {
            match self.0 {
                Characters::Utf8 => {
                    let mut buffer = Zeroizing::new([0; 4]);
                    text.extend(character.encode_utf8(&mut *buffer).bytes().map(char::from));
                }
                Characters::Latin1 => text.push(u8::try_from(u32::from(character)).map_or('?', char::from)),
                Characters::Upper(_) if character.is_ascii() => text.push(character),
                Characters::Upper(upper) => text.push(char::from(upper_byte(upper, character).unwrap_or(b'?'))),
            }
        }
        Password::new(text)
    }
}

fn upper_byte(upper: &str, character: char) -> Option<u8> {
    let position = upper.chars().position(|candidate| candidate == character)?;
    u8::try_from(position).ok()?.checked_add(0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(name: &str, password: &str) -> String {
        let encoding = PasswordEncoding::named(name).unwrap_or_else(|| panic!("{name}"));
        encoding.byte_by_byte(&Password::new(password.to_owned())).reveal().to_owned()
    }

    /// The example in `PasswordRetriever.java`, whose outcome was measured on Windows and Linux.
    #[test]
    fn gives_the_forms_that_apksigner_documents() {
        let password = "ab\u{a1}\u{e4}\u{44e}1";
        assert_eq!(encoded("ibm437", password), "ab\u{ad}\u{84}?1");
        assert_eq!(encoded("windows-1252", password), "ab\u{a1}\u{e4}?1");
        assert_eq!(encoded("utf-8", password), "ab\u{c2}\u{a1}\u{c3}\u{a4}\u{d1}\u{8e}1");
        assert_eq!(encoded("ISO-8859-1", password), "ab\u{a1}\u{e4}?1");
    }

    #[test]
    fn names_are_taken_as_people_write_them() {
        for name in ["IBM437", "Cp437", "437", "ibm-437"] {
            assert_eq!(encoded(name, "\u{fc}"), "\u{81}", "{name}");
        }
        assert_eq!(encoded("cp65001", "\u{fc}"), "\u{c3}\u{bc}");
        assert_eq!(encoded("cp1251", "\u{44f}"), "\u{ff}");
        assert!(PasswordEncoding::named("ebcdic").is_none());
        assert!(PasswordEncoding::named("").is_none());
    }

    #[test]
    fn every_page_has_one_character_for_each_upper_byte() {
        for (names, characters) in ENCODINGS {
            if let Characters::Upper(upper) = characters {
                assert_eq!(upper.chars().count(), 128, "{names:?}");
            }
        }
    }
}
