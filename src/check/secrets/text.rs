//! Secrets in text, and in whatever has text in it.

use super::Leak;
use super::search::Needle;
use crate::limits::SECRET_NEIGHBOURHOOD;

/// How a client secret begins; 64 hex digits follow.
const SECRET: &str = "amzn1.oa2-cs.v1.";
const CLIENT_ID: &str = "amzn1.application-oa2-client.";
const PEM: &str = "-----BEGIN ";
/// Hex digits of a client secret.
const DIGITS: usize = 64;
/// Base64 characters of a private key at least: one of EC P-256 in PKCS#8 has 184. Programs have the header alone.
const KEY_CHARACTERS: usize = 100;
/// The words of a PEM header before `PRIVATE KEY-----`.
const HEADER: usize = 64;

/// Everything that is looked for.
pub(super) struct Patterns {
    secret: Needle,
    secret_utf16: Needle,
    client_id: Needle,
    pem: Needle,
}

impl Patterns {
    pub(super) fn new() -> Self {
        Self {
            secret: Needle::new(SECRET),
            secret_utf16: Needle::utf16(SECRET),
            client_id: Needle::new(CLIENT_ID),
            pem: Needle::new(PEM),
        }
    }

    /// Whether a client secret stands in a table of strings, in UTF-8 or UTF-16.
    pub(super) fn has_client_secret(&self, bytes: &[u8]) -> bool {
        let narrow = |end: usize| bytes.get(end..).is_some_and(|rest| digits(rest.iter().copied()) >= DIGITS);
        let wide = |end: usize| bytes.get(end..).is_some_and(|rest| digits(rest.iter().step_by(2).copied()) >= DIGITS);
        self.secret.find_all(bytes).any(narrow) || self.secret_utf16.find_all(bytes).any(wide)
    }

    /// What stands in a text, each with its line.
    pub(super) fn leaks(&self, bytes: &[u8]) -> Vec<(Leak, usize)> {
        let line = |end: usize| bytes.get(..end).map_or(0, |before| before.split(|byte| *byte == b'\n').count());
        let begins = |end: usize| bytes.get(end..).is_some_and(|rest| digits(rest.iter().copied()) >= DIGITS);
        let secret = self.secret.find_all(bytes).find(|end| begins(*end));
        let secret = secret.or_else(|| self.client_id.find_all(bytes).find(|end| has_digits_beside(bytes, *end)));
        let key = self.pem.find_all(bytes).find(|end| is_private_key(bytes.get(*end..).unwrap_or_default()));
        let mut found: Vec<(Leak, usize)> = Vec::new();
        found.extend(secret.map(|end| (Leak::ClientSecret, line(end))));
        found.extend(key.map(|end| (Leak::PrivateKey, line(end.saturating_sub(self.pem.len())))));
        found
    }
}

/// How many hex digits come first.
fn digits(bytes: impl Iterator<Item = u8>) -> usize {
    bytes.take_while(u8::is_ascii_hexdigit).take(DIGITS).count()
}

/// Whether 64 lower-case hex digits, no more, stand near the end of a client id's beginning.
fn has_digits_beside(bytes: &[u8], end: usize) -> bool {
    let start = end.saturating_sub(SECRET_NEIGHBOURHOOD);
    let near = bytes.get(start..end.saturating_add(SECRET_NEIGHBOURHOOD).min(bytes.len())).unwrap_or_default();
    let words = near.split(|byte| !byte.is_ascii_alphanumeric());
    let is_lower_hex = |word: &[u8]| word.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    words.into_iter().any(|word| word.len() == DIGITS && is_lower_hex(word))
}

/// Whether what follows `-----BEGIN ` is the header of a private key with the key behind it. Line breaks may be written as
/// `\n`, as in JSON.
fn is_private_key(rest: &[u8]) -> bool {
    let header = rest.get(..HEADER.min(rest.len())).unwrap_or_default();
    let end = Needle::new("PRIVATE KEY-----").find(header, 0);
    let Some(body) = end.and_then(|end| rest.get(end..)) else { return false };
    let mut count = 0_usize;
    let mut bytes = body.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' => count = count.saturating_add(1),
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'\\' if matches!(bytes.peek(), Some(b'n' | b'r')) => drop(bytes.next()),
            // headers of encrypted keys: `Proc-Type: 4,ENCRYPTED`
            b':' | b',' => {}
            b'-' if bytes.peek() != Some(&b'-') => {}
            _ => break,
        }
        if count >= KEY_CHARACTERS {
            return true;
        }
    }
    false
}

/// Names of entries in a properties file that hold a password for signing.
pub(super) fn passwords(name: &str, bytes: &[u8]) -> Vec<String> {
    let file = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let is_signing = ["key.properties", "keystore.properties", "local.properties", "signing.properties"]
        .contains(&file.as_str())
        || file.contains("keystore");
    let is_properties = file.ends_with(".properties") || file == ".env" || file.ends_with(".env");
    if !is_properties {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!']));
    let pairs = lines.filter_map(|line| line.split_once(['=', ':']));
    let named = pairs.filter(|(key, value)| is_password(key, is_signing) && is_given(value));
    named.map(|(key, _)| key.trim().to_owned()).collect()
}

fn is_password(key: &str, is_signing: bool) -> bool {
    let key = key.to_lowercase().replace(['_', '.', '-', ' '], "");
    let is_password =
        ["password", "passwd", "passphrase", "storepass", "keypass"].iter().any(|word| key.contains(word));
    let of_signing = ["store", "key", "sign", "alias"].iter().any(|word| key.contains(word));
    is_password && (is_signing || of_signing)
}

/// Whether it is a value and no placeholder.
fn is_given(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    let is_placeholder = value.starts_with(['$', '<', '{', '%']) || value.chars().all(|c| matches!(c, '*' | 'x' | '.'));
    !value.is_empty() && !is_placeholder
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn leaks(text: &str) -> Vec<(Leak, usize)> {
        Patterns::new().leaks(text.as_bytes())
    }

    #[test]
    fn finds_client_secrets() {
        assert_eq!(leaks(&format!("a\nsecret = amzn1.oa2-cs.v1.{HEX}\n")), [(Leak::ClientSecret, 2)]);
        let beside = format!("{{\"id\":\"amzn1.application-oa2-client.00\",\"secret\":\"{HEX}\"}}");
        assert_eq!(leaks(&beside), [(Leak::ClientSecret, 1)]);
        assert_eq!(leaks(&format!("{HEX}\n{HEX}")), []);
        assert_eq!(leaks("amzn1.oa2-cs.v1.0123"), []);
        assert_eq!(leaks(&format!("amzn1.application-oa2-client.00{}{HEX}", "\n".repeat(500))), []);
        let upper = format!("amzn1.application-oa2-client.00 {}", HEX.to_uppercase());
        assert_eq!(leaks(&upper), [], "a fingerprint is in upper case");
        let wide: Vec<u8> = format!("x{SECRET}{HEX}").bytes().flat_map(|byte| [byte, 0]).collect();
        assert!(Patterns::new().has_client_secret(&wide));
        assert!(!Patterns::new().has_client_secret(&wide[..wide.len() - 2]));
    }

    #[test]
    fn finds_private_keys_and_not_the_names_of_them() {
        let body = "MIIEvQ+/".repeat(20);
        for header in
            ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"]
        {
            let pem = format!("x\n-----BEGIN {header}-----\n{body}\n-----END {header}-----\n");
            assert_eq!(leaks(&pem), [(Leak::PrivateKey, 2)], "{header}");
        }
        let json =
            format!("{{\"private_key\": \"-----BEGIN PRIVATE KEY-----\\n{body}\\n-----END PRIVATE KEY-----\\n\"}}");
        assert_eq!(leaks(&json), [(Leak::PrivateKey, 1)]);
        let openssl =
            format!("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n{body}");
        assert_eq!(leaks(&openssl), [(Leak::PrivateKey, 1)]);
        for text in [
            format!("-----BEGIN PUBLIC KEY-----\n{body}"),
            format!("-----BEGIN CERTIFICATE-----\n{body}"),
            "var a = \"-----BEGIN RSA PRIVATE KEY-----\"; var b = \"-----END RSA PRIVATE KEY-----\"".to_owned(),
        ] {
            assert_eq!(leaks(&text), [], "{text}");
        }
    }

    #[test]
    fn finds_passwords_for_signing() {
        let found = |name: &str, text: &str| passwords(name, text.as_bytes());
        assert_eq!(found("assets/key.properties", "storePassword=abc\nkeyAlias=upload\n"), ["storePassword"]);
        assert_eq!(found("local.properties", "sdk.dir=/opt/sdk\npassword: abc"), ["password"]);
        assert_eq!(found("gradle.properties", "MYAPP_UPLOAD_STORE_PASSWORD=abc"), ["MYAPP_UPLOAD_STORE_PASSWORD"]);
        for (name, text) in [
            ("assets/key.properties", "storePassword=\nkeyPassword=${env.KEY}\n# storePassword=abc"),
            ("assets/login.properties", "password.hint=Enter it"),
            ("local.properties", "sdk.dir=/opt/sdk"),
            ("assets/key.txt", "storePassword=abc"),
        ] {
            assert!(found(name, text).is_empty(), "{name}");
        }
    }
}
