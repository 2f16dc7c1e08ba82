//! A key file: its defects, and the key that the SDK reads out of it.

use super::characters::{self, is_break, is_space};
use super::claims::Platform;
use super::content;
use super::defect::Defect;
use super::repair::{self, Repaired};
use super::scan::scan;
use super::token::{ApiKey, OtherContent, TokenError};
use crate::limits::API_KEY_FILE;
use std::fmt;

/// The bytes of `api_key.txt`, understood.
#[derive(Clone)]
pub struct KeyFile {
    /// Everything that is wrong with the bytes, in the order of the file.
    pub defects: Vec<Defect>,
    /// The key, exactly as the SDK reads it.
    pub key: Result<ApiKey, TokenError>,
    canonical: Option<String>,
    repaired: Option<Repaired>,
}

impl KeyFile {
    /// Reads a file. Of a large one only the first [`API_KEY_FILE`] bytes are looked at.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let start = bytes.get(..API_KEY_FILE).unwrap_or(bytes);
        let mut defects = scan(start);
        if start.len() < bytes.len() {
            defects.insert(0, Defect::TooLarge { size: bytes.len() });
        }
        let key = read_key(start, start.len() < bytes.len());
        let read = key.as_ref().ok().map(ApiKey::reveal);
        let repaired = repair::repair(start).filter(|repaired| Some(repaired.key.reveal()) != read);
        let key = key.map_err(|error| better_name(error, start, repaired.is_some()));
        let canonical = canonical(start, &defects);
        Self { defects, key, canonical, repaired }
    }

    /// The exact text that belongs into an app: the key without white space, byte order mark and further lines.
    ///
    /// Nothing else is repaired, so read the text again to judge it. `None` when it would be no key, or when
    /// leaving white space out would damage it further (spaces where `+` stood).
    #[must_use]
    pub fn canonical(&self) -> Option<String> {
        self.canonical.clone()
    }

    /// The key inside, when undoing known damage gives another one than the SDK reads. For help texts only.
    #[must_use]
    pub fn repaired(&self) -> Option<&Repaired> {
        self.repaired.as_ref()
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile").field("defects", &self.defects).field("key", &self.key).finish_non_exhaustive()
    }
}

fn read_key(bytes: &[u8], is_cut: bool) -> Result<ApiKey, TokenError> {
    if bytes.is_empty() {
        return Err(TokenError::Empty);
    }
    let text = String::from_utf8_lossy(bytes);
    let line = text.split(is_break).next().unwrap_or_default();
    if is_cut && line.len() == text.len() {
        return Err(TokenError::TooLong);
    }
    let key = ApiKey::from_line(line)?;
    let foreign = key.claims().issuer.as_deref() != Some("Amazon") && key.claims().platform() == Platform::Unknown;
    if foreign && content::is_web_token(line) {
        return Err(TokenError::Other(OtherContent::WebToken));
    }
    Ok(key)
}

/// Says what the file holds instead of "two parts", unless it is an Amazon key with damage.
fn better_name(error: TokenError, bytes: &[u8], is_damaged_key: bool) -> TokenError {
    match error {
        TokenError::Parts { .. } | TokenError::PayloadBase64 | TokenError::PayloadJson if !is_damaged_key => {
            content::name(&characters::decoded(bytes)).unwrap_or(error)
        }
        TokenError::Parts { .. }
        | TokenError::PayloadBase64
        | TokenError::PayloadJson
        | TokenError::Empty
        | TokenError::BlankFirstLine
        | TokenError::TooLong
        | TokenError::Placeholder { .. }
        | TokenError::Other(_) => error,
    }
}

fn canonical(bytes: &[u8], defects: &[Defect]) -> Option<String> {
    if defects.iter().any(|defect| matches!(defect, Defect::Utf16 | Defect::SpaceForPlus { .. })) {
        return None;
    }
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let line = text.trim_start_matches(is_space).split(is_break).next()?;
    let exact: String = line.chars().filter(|character| !is_space(*character)).collect();
    read_key(exact.as_bytes(), false).is_ok().then_some(exact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::Advice;
    use crate::api_key::{Authority, Environment, NotAuthentic, Repair, TokenKey, authenticate};
    use serde_json::{Value, json};
    use std::io::Read;

    const RELEASE: &str = include_str!("../../fixtures/token/release.txt");

    fn token_key() -> TokenKey {
        TokenKey::parse(include_bytes!("../../fixtures/keys/token-test-key.pub.pem")).unwrap()
    }

    fn fixture(name: &str) -> Vec<u8> {
        let path = format!("{}/fixtures/token/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut bytes = Vec::new();
        std::fs::File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn ids(bytes: &[u8]) -> Vec<&'static str> {
        KeyFile::read(bytes).defects.iter().map(Defect::id).collect()
    }

    /// What the sidecar of a fixture tells, as we see it.
    fn described(file: &KeyFile) -> Value {
        let Ok(key) = &file.key else { return json!({ "authentic": false }) };
        let claims = key.claims();
        let platform = match claims.platform() {
            Platform::Android => json!("android"),
            Platform::Ios => json!("ios"),
            Platform::Unknown => Value::Null,
        };
        json!({
            "authentic": authenticate(key, &token_key()).is_ok(),
            "platform": platform,
            "package": claims.package.as_ref().or(claims.bundle_id.as_ref()),
            "md5": claims.md5.as_ref().map(ToString::to_string),
            "sha256": claims.sha256.as_ref().map(ToString::to_string),
            "issued": claims.issued.map(|issued| issued.to_string()),
            "client_id": claims.client_id,
            "family_id": claims.family_id,
        })
    }

    #[test]
    fn agrees_with_the_oracle_on_every_fixture() {
        let directory = format!("{}/fixtures/token", env!("CARGO_MANIFEST_DIR"));
        let mut seen = 0;
        for entry in std::fs::read_dir(directory).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if !name.ends_with(".txt") {
                continue;
            }
            let wanted: Value = serde_json::from_slice(&fixture(&format!("{name}.oracle.json"))).unwrap();
            let file = KeyFile::read(&fixture(&name));
            for (field, found) in described(&file).as_object().unwrap() {
                assert_eq!(*found, wanted[field], "{name}: {field}");
            }
            seen += 1;
        }
        assert!(seen >= 30, "{seen} fixtures");
    }

    #[test]
    fn names_what_is_wrong_with_the_bytes() {
        for (name, wanted) in [
            ("release.txt", &[][..]),
            ("bom.txt", &["byte-order-mark"]),
            ("crlf.txt", &["trailing-line-break"]),
            ("trailing-newline.txt", &["trailing-line-break"]),
            ("tab-in-front.txt", &["leading-white-space"]),
            ("leading-blank-line.txt", &["leading-blank-line"]),
            ("second-line.txt", &["second-line"]),
            ("key-prefix.txt", &["prefix"]),
            ("quoted.txt", &["quotes"]),
            ("percent-encoded-plus.txt", &["percent-encoding"]),
            ("space-for-plus.txt", &["space-for-plus"]),
            ("trailing-dot.txt", &["trailing-dot"]),
            ("url-safe.txt", &["url-safe-alphabet"]),
            ("utf16.txt", &["utf-16"]),
            ("wrapped-at-76.txt", &["wrapped"]),
            ("zero-width-space.txt", &["zero-width"]),
            ("payload-padding-dropped.txt", &["missing-padding"]),
            ("signature-padding-dropped.txt", &["missing-padding"]),
            ("placeholder.txt", &[]),
            ("empty.txt", &[]),
            ("other-service.txt", &[]),
        ] {
            assert_eq!(ids(&fixture(name)), wanted, "{name}");
        }
    }

    /// Every single defect in a genuine key: does the SDK accept what we say that it accepts?
    #[test]
    fn acceptance_of_a_defect_is_what_authentication_says() {
        let (header, rest) = RELEASE.split_once('.').unwrap();
        let (payload, signature) = rest.split_once('.').unwrap();
        let (before, after) = signature.split_at(100);
        for (text, id) in [
            (format!("\u{feff}{RELEASE}"), "byte-order-mark"),
            (format!(" \t{RELEASE}"), "leading-white-space"),
            (format!("\u{a0}{RELEASE}"), "leading-white-space"),
            (format!("{RELEASE}  "), "trailing-white-space"),
            (format!("{RELEASE}\u{a0}"), "trailing-white-space"),
            (format!("{RELEASE}\0"), "trailing-nul"),
            (format!("{RELEASE}\r\n\r\n"), "trailing-line-break"),
            (format!("{RELEASE}\nnotes: none\n"), "second-line"),
            (format!("\r\n\n{RELEASE}"), "leading-blank-line"),
            (format!("{header}. {payload}.{signature}"), "white-space-inside"),
            (format!("{header}.{payload}.{before} \t{after}"), "white-space-inside"),
            (format!("{header}.{} {}.{signature}", &payload[..9], &payload[9..]), "white-space-inside"),
            (format!("{header}.{payload}.{before}\u{200b}{after}"), "zero-width"),
            (format!("\u{200b}{RELEASE}"), "zero-width"),
            (format!("{} {}.{payload}.{signature}", &header[..9], &header[9..]), "white-space-inside"),
            (format!("{RELEASE}\""), "quotes"),
            (format!("'{RELEASE}',"), "quotes"),
            (format!("{header}.{payload}.{before}#{after}"), "other-character"),
            (format!("{header}.{}#{}.{signature}", &payload[..9], &payload[9..]), "other-character"),
            (format!("{RELEASE}.."), "trailing-dot"),
            (RELEASE.trim_end_matches('=').to_owned(), "missing-padding"),
            (RELEASE.trim_end_matches('=').to_owned() + "=", "missing-padding"),
        ] {
            let file = KeyFile::read(text.as_bytes());
            let [defect] = &file.defects[..] else { panic!("{id}: {:?}", file.defects) };
            assert_eq!(defect.id(), id);
            let accepted = file.key.as_ref().is_ok_and(|key| authenticate(key, &token_key()).is_ok());
            assert_eq!(defect.accepted_by_lwa(), accepted, "{defect}");
            assert_eq!(file.canonical().as_deref() == Some(RELEASE), defect.removed_by_inject(), "{defect}");
            assert!(!defect.help().is_empty());
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_skipped_in_the_signature_alone() {
        let signature = [RELEASE.as_bytes(), b"\xa0"].concat();
        let header = [b"\xa0", RELEASE.as_bytes()].concat();
        for (bytes, accepted) in [(signature, true), (header, false)] {
            let file = KeyFile::read(&bytes);
            assert_eq!(file.defects[0].id(), "not-utf-8");
            assert_eq!(file.defects[0].accepted_by_lwa(), accepted);
            assert_eq!(authenticate(&file.key.unwrap(), &token_key()).is_ok(), accepted);
        }
    }

    #[test]
    fn messages_say_what_and_where() {
        let shown =
            |text: String| KeyFile::read(text.as_bytes()).defects.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            shown(format!(" {RELEASE}\r\n")),
            [
                "1 white-space character before the key at byte 0".to_owned(),
                format!("1 line break (CR LF) after the key at byte {}", RELEASE.len() + 1),
            ]
        );
        assert_eq!(
            shown(format!("AMAZON_KEY=\"{RELEASE}\"")),
            ["`AMAZON_KEY=` in front of the key at byte 0", "quotes around the key at byte 11",]
        );
        assert_eq!(shown(RELEASE.replace('+', "-")).len(), 1);
        assert!(shown(RELEASE.replace('+', "-"))[0].contains("URL-safe characters (`-` or `_`) in the signature"));
    }

    #[test]
    fn tells_what_would_make_it_genuine() {
        for (name, undone) in [
            ("utf16.txt", &[Repair::Utf16][..]),
            ("quoted.txt", &[Repair::Quotes]),
            ("key-prefix.txt", &[Repair::Prefix]),
            ("wrapped-at-76.txt", &[Repair::Wrapping]),
            ("url-safe.txt", &[Repair::UrlSafeAlphabet]),
            ("percent-encoded-plus.txt", &[Repair::PercentEncoding]),
            ("space-for-plus.txt", &[Repair::SpaceForPlus]),
            ("zero-width-space.txt", &[Repair::ZeroWidth]),
            ("payload-padding-dropped.txt", &[Repair::Padding]),
            ("leading-blank-line.txt", &[Repair::OtherLines]),
        ] {
            let file = KeyFile::read(&fixture(name));
            let repaired = file.repaired().unwrap_or_else(|| panic!("{name}"));
            assert_eq!(repaired.undone, undone, "{name}");
            assert!(authenticate(&repaired.key, &token_key()).is_ok(), "{name}");
        }
        for name in
            ["release.txt", "bom.txt", "second-line.txt", "signature-short.txt", "placeholder.txt", "trailing-dot.txt"]
        {
            assert!(KeyFile::read(&fixture(name)).repaired().is_none(), "{name}");
        }
        let twice = format!("key: '{}'", RELEASE.replace('+', "-").replace('/', "_").replace('=', ""));
        let file = KeyFile::read(twice.as_bytes());
        let repaired = file.repaired().unwrap();
        assert!(authenticate(&repaired.key, &token_key()).is_ok());
        assert_eq!(
            repaired.what(),
            "the text in front of it, the quotes, the URL-safe alphabet and the loss of `=` signs"
        );
    }

    #[test]
    fn says_why_there_is_no_key() {
        for (bytes, message) in [
            (&b""[..], "the file is empty (0 bytes)"),
            (b"\n", "the first line is blank, and the SDK reads no other"),
            (b"YOUR_API_KEY\n", "the file holds the placeholder `YOUR_API_KEY` instead of a key"),
            (b"hello", "the file holds no Amazon API key: it has one part instead of three, separated by dots"),
            (
                b"eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.AAAA",
                "the file holds a token of another service (a JSON Web Token) instead of an Amazon API key",
            ),
        ] {
            let error = KeyFile::read(bytes).key.unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(error.help().is_some());
        }
        let long = KeyFile::read(&vec![b'a'; API_KEY_FILE + 1]);
        assert_eq!(long.key.unwrap_err(), TokenError::TooLong);
        let padded = format!("{RELEASE}\n{}", " ".repeat(API_KEY_FILE));
        let file = KeyFile::read(padded.as_bytes());
        assert!(file.key.is_ok(), "the SDK reads the first line of a large file");
        assert_eq!(file.defects[0].id(), "too-large");
    }

    #[test]
    fn a_key_that_is_not_authentic_still_shows_its_claims() {
        let file = KeyFile::read(&fixture("signature-short.txt"));
        let key = file.key.unwrap();
        assert_eq!(key.claims().package.as_deref(), Some("com.example.apkkeydemo"));
        assert_eq!(authenticate(&key, &token_key()).unwrap_err(), NotAuthentic::SignatureBase64);
        let key = KeyFile::read(RELEASE.as_bytes()).key.unwrap();
        let error = authenticate(&key, &TokenKey::Amazon).unwrap_err();
        assert_eq!(error, NotAuthentic::Mismatch { authority: Authority::Amazon });
        assert_eq!(error.to_string(), "the key's signature is not Amazon's over this key");
        assert_eq!(authenticate(&key, &token_key()).unwrap().authority(), Authority::TokenKey);
        let url_safe = KeyFile::read(&fixture("url-safe.txt")).key.unwrap();
        assert!(matches!(
            authenticate(&url_safe, &token_key()),
            Err(NotAuthentic::SignatureLength { wanted: 256, .. })
        ));
        let claims = KeyFile::read(&fixture("preproduction.txt")).key.unwrap().claims().clone();
        assert_eq!(claims.environment(), Environment::PreProduction);
    }

    #[test]
    fn debug_does_not_show_the_key() {
        for name in ["release.txt", "quoted.txt", "wrapped-at-76.txt", "key-prefix.txt", "leading-blank-line.txt"] {
            let shown = format!("{:?}", KeyFile::read(&fixture(name)));
            let signature = RELEASE.rsplit('.').next().unwrap();
            assert!(!shown.contains(&signature[..20]) && !shown.contains(&RELEASE[..20]), "{name}: {shown}");
        }
    }

    #[test]
    fn no_prefix_and_no_changed_byte_is_authentic_or_a_panic() {
        let bytes = RELEASE.as_bytes();
        let token_key = token_key();
        let is_authentic =
            |bytes: &[u8]| KeyFile::read(bytes).key.is_ok_and(|key| authenticate(&key, &token_key).is_ok());
        let padding = bytes.len() - 2;
        for end in (0..bytes.len()).filter(|end| *end != padding) {
            assert!(!is_authentic(&bytes[..end]), "prefix of {end}");
        }
        for index in 0..padding - 1 {
            let mut changed = bytes.to_vec();
            changed[index] ^= 0x10;
            assert!(!is_authentic(&changed), "byte {index}");
        }
    }

    /// Found by fuzzing: it has three parts and a payload, and white space around it was taken off.
    #[test]
    fn another_service_s_token_has_no_canonical_text() {
        let web_token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.AAAA";
        for text in [web_token.to_owned(), format!(" {web_token}\r\n"), format!("\u{feff}{web_token}")] {
            let file = KeyFile::read(text.as_bytes());
            assert_eq!(file.canonical(), None, "{text:?}");
        }
    }
}
