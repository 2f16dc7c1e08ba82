//! The properties files in which Gradle and Flutter builds keep a keystore's name and passwords.
//!
//! | property | Gradle, Flutter | also known as |
//! | --- | --- | --- |
//! | the keystore | `storeFile` | `key.store` (Ant, Cordova), `MYAPP_UPLOAD_STORE_FILE` (React Native) |
//! | its password | `storePassword` | `key.store.password`, `..._STORE_PASSWORD`, `password` (Tauri) |
//! | the alias | `keyAlias` | `key.alias`, `..._KEY_ALIAS` |
//! | the key's password | `keyPassword` | `key.alias.password`, `..._KEY_PASSWORD` |
//!
//! The syntax is that of `java.util.Properties.load`: comments with `#` or `!`, names ended by `=`, `:` or white space,
//! lines continued by a back-slash, and escapes. Java reads bytes as Latin-1 and people write UTF-8, so UTF-8 is read
//! where it is valid; the password's other form is tried with every keystore anyway.

use crate::cli::failure::Failure;
use crate::cli::input;
use apkkey::secret::Password;
use std::path::{Path, PathBuf};

/// What a properties file says about a signer.
#[derive(Debug, Default)]
pub(crate) struct SigningProperties {
    pub(crate) store: Option<PathBuf>,
    pub(crate) store_password: Option<Password>,
    pub(crate) alias: Option<String>,
    pub(crate) key_password: Option<Password>,
}

/// The names of each property without punctuation, in lower case. Longer names may end with the first.
const STORE: &[&str] = &["storefile", "keystore", "keystorefile"];
const STORE_PASSWORD: &[&str] = &["storepassword", "keystorepassword", "password"];
const ALIAS: &[&str] = &["keyalias"];
const KEY_PASSWORD: &[&str] = &["keypassword", "keyaliaspassword", "password"];

impl SigningProperties {
    /// Reads a file; a relative keystore is looked for as builds do.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = input::read_password_file(path)?;
        let text = crate::cli::password::decoded(&bytes);
        let properties = parse(text.reveal());
        let found = |names| find(&properties, names).map_err(|failure| failure.at(path));
        let store = found(STORE)?.map(|store| locate(path, store.reveal())).transpose()?;
        let alias = found(ALIAS)?.map(|alias| alias.reveal().to_owned());
        let read = Self { store, store_password: found(STORE_PASSWORD)?, alias, key_password: found(KEY_PASSWORD)? };
        if read.store.is_none() && read.store_password.is_none() && read.alias.is_none() {
            return Err(Failure::new("it names no keystore")
                .help("it should have the properties storeFile, storePassword, keyAlias and keyPassword")
                .at(path));
        }
        Ok(read)
    }
}

type Property = (String, Password);

/// The value of a property by its own name, else of the only longer name that ends with it.
fn find(properties: &[Property], names: &[&str]) -> Result<Option<Password>, Failure> {
    for name in names {
        if let Some((_, value)) = properties.iter().rev().find(|(written, _)| plain(written) == *name) {
            return Ok(Some(value.clone()));
        }
    }
    let main = names.first().copied().unwrap_or_default();
    let longer: Vec<&Property> = properties.iter().filter(|(written, _)| plain(written).ends_with(main)).collect();
    match longer.as_slice() {
        [] => Ok(None),
        [(_, value)] => Ok(Some(value.clone())),
        several => {
            let names: Vec<&str> = several.iter().map(|(name, _)| name.as_str()).collect();
            Err(Failure::new(format!("it has several signers: {}", names.join(", ")))
                .help("give the keystore with --ks, its alias with --ks-key-alias and the passwords with --ks-pass and --key-pass"))
        }
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// Where a build finds the keystore. Gradle's `file()` starts at the app's module, which is `app` beside the properties
/// file; `rootProject.file()` starts beside the file itself.
fn locate(properties: &Path, store: &str) -> Result<PathBuf, Failure> {
    let folder = properties.parent().unwrap_or(Path::new(""));
    let mut places = vec![folder.join("app").join(store), folder.join(store)];
    places.dedup();
    let found: Vec<&PathBuf> = places.iter().filter(|place| place.is_file()).collect();
    match found.as_slice() {
        [only] => Ok((*only).clone()),
        [first, second] => {
            let same = std::fs::canonicalize(first).ok() == std::fs::canonicalize(second).ok();
            if same || input::read(first)? == input::read(second)? {
                return Ok((*first).clone());
            }
            Err(Failure::new(format!("storeFile may be {} or {}, and they differ", shown(first), shown(second)))
                .help("say which with --ks")
                .at(properties))
        }
        _ => {
            let list: Vec<String> = places.iter().map(|place| shown(place)).collect();
            let help = if store.contains(['/', '\\']) || list.len() == 1 {
                "paths start at the properties file's folder or at app in it; back-slashes in properties files are doubled"
            } else {
                "put the keystore there, or name it with --ks"
            };
            Err(Failure::new(format!("its storeFile is not there: looked for {}", list.join(" and ")))
                .help(help)
                .at(properties))
        }
    }
}

fn shown(path: &Path) -> String {
    crate::cli::failure::shown(path)
}

/// The properties in the order of the file.
fn parse(text: &str) -> Vec<Property> {
    let mut properties = Vec::new();
    let mut lines = text.split(['\n', '\r']).map(|line| line.trim_start_matches([' ', '\t', '\u{c}']));
    while let Some(line) = lines.next() {
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = Password::new(line.to_owned());
        while let Some(begun) = logical.reveal().strip_suffix('\\').filter(|begun| !ends_in_odd(begun)) {
            let Some(next) = lines.next() else { break };
            logical = Password::new(format!("{begun}{next}"));
        }
        properties.push(split(logical.reveal()));
    }
    properties
}

/// Whether the text ends with an odd number of back-slashes: with one more they are all escaped.
fn ends_in_odd(text: &str) -> bool {
    text.chars().rev().take_while(|character| *character == '\\').count() % 2 == 1
}

/// Name and value of a line: the name ends at the first `=`, `:` or white space that is not escaped.
fn split(line: &str) -> Property {
    let mut escaped = false;
    let end = line.find(|character: char| {
        let ends = !escaped && matches!(character, '=' | ':' | ' ' | '\t' | '\u{c}');
        escaped = !escaped && character == '\\';
        ends
    });
    let (name, rest) = line.split_at_checked(end.unwrap_or(line.len())).unwrap_or((line, ""));
    let blank = [' ', '\t', '\u{c}'];
    let rest = rest.trim_start_matches(blank);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(blank);
    (unescaped(name).reveal().to_owned(), unescaped(value))
}

/// Back-slashes taken away: `\t`, `\n`, `\r`, `\f`, `\u` with four hex digits, and any other character for itself.
fn unescaped(text: &str) -> Password {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('t') => plain.push('\t'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('f') => plain.push('\u{c}'),
            Some('u') => {
                let (unit, rest) = code_unit(characters.as_str());
                characters = rest.chars();
                plain.push(unit);
            }
            other => plain.extend(other),
        }
    }
    Password::new(plain)
}

/// The character of four hex digits, with the second half of a surrogate pair behind it.
fn code_unit(text: &str) -> (char, &str) {
    let unit = |text: &str| text.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    let Some(first) = unit(text) else { return (char::REPLACEMENT_CHARACTER, text) };
    let rest = text.get(4..).unwrap_or_default();
    let second = rest.strip_prefix("\\u").and_then(|rest| Some((unit(rest)?, rest.get(4..)?)));
    if let Some((second, behind)) = second
        && let Some(Ok(character)) = char::decode_utf16([first, second]).next()
        && character.len_utf16() == 2
    {
        return (character, behind);
    }
    (char::from_u32(u32::from(first)).unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, names: &[&str]) -> Option<String> {
        find(&parse(text), names).unwrap().map(|value| value.reveal().to_owned())
    }

    /// The lines of Java's own documentation of `Properties.load`, and what people write.
    #[test]
    fn the_syntax_is_javas() {
        for line in ["storePassword=secret", "storePassword = secret", "storePassword:secret", " storePassword secret"]
        {
            assert_eq!(value(line, STORE_PASSWORD).as_deref(), Some("secret"), "{line}");
        }
        let text =
            "# storePassword=no\n!x\nstorePassword=a\\\n   b\r\nkeyAlias=my\\ key\nkeyPassword=p\\u00e4\\=\\\\ \n";
        assert_eq!(value(text, STORE_PASSWORD).as_deref(), Some("ab"));
        assert_eq!(value(text, ALIAS).as_deref(), Some("my key"));
        assert_eq!(value(text, KEY_PASSWORD).as_deref(), Some("p\u{e4}=\\ "), "white space at the end stays");
        assert_eq!(value("keyPassword=a\\\\\nkeyAlias=b", KEY_PASSWORD).as_deref(), Some("a\\"));
        assert_eq!(value("keyPassword=\\ud83d\\udd11", KEY_PASSWORD).as_deref(), Some("\u{1f511}"));
        assert_eq!(value("keyPassword=\\uzz\\ud83dx", KEY_PASSWORD).as_deref(), Some("\u{fffd}zz\u{fffd}x"));
        assert_eq!(value("keyPassword", KEY_PASSWORD).as_deref(), Some(""));
    }

    #[test]
    fn names_of_other_builds_are_known() {
        let native = "MYAPP_UPLOAD_STORE_FILE=a.jks\nMYAPP_UPLOAD_STORE_PASSWORD=b\nMYAPP_UPLOAD_KEY_ALIAS=c\n";
        assert_eq!(value(native, STORE).as_deref(), Some("a.jks"));
        assert_eq!(value(native, STORE_PASSWORD).as_deref(), Some("b"));
        assert_eq!(value(native, ALIAS).as_deref(), Some("c"));
        assert_eq!(value(native, KEY_PASSWORD), None);
        let ant = "key.store=a.jks\nkey.store.password=b\nkey.alias=c\nkey.alias.password=d\n";
        assert_eq!(value(ant, STORE).as_deref(), Some("a.jks"));
        assert_eq!(value(ant, STORE_PASSWORD).as_deref(), Some("b"));
        assert_eq!(value(ant, KEY_PASSWORD).as_deref(), Some("d"));
        let tauri = "password=b\nkeyAlias=upload\nstoreFile=a.jks\n";
        assert_eq!(value(tauri, STORE_PASSWORD).as_deref(), Some("b"));
        assert_eq!(value(tauri, KEY_PASSWORD).as_deref(), Some("b"));
    }

    #[test]
    fn several_signers_are_not_guessed_among() {
        let text = "debugStoreFile=a\nreleaseStoreFile=b\n";
        let failure = find(&parse(text), STORE).unwrap_err();
        assert_eq!(failure.message, "it has several signers: debugStoreFile, releaseStoreFile");
        assert_eq!(value("debugStoreFile=a\nstoreFile=b\n", STORE).as_deref(), Some("b"));
    }
}
