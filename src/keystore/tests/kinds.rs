//! What a file is, by its first bytes.

use super::*;

#[test]
fn text_is_named_by_what_it_says() {
    let cases: [(&[u8], Content); 12 + 12] = [
        (b"", Content::Empty),
        (b" \r\n", Content::Empty),
        (b"PK\x03\x04", Content::Zip),
        (b"\xef\xbb\xbf<!DOCTYPE html>", Content::Html),
        (b"\n{\"message\":\"Not Found\"}", Content::Json),
        (b"eyJhbGciOiJSUzI1NiJ9.eyJ2ZXIiOiIzIn0=.c2ln\n", Content::ApiKeyToken),
        (b"eyJhbGciOiJSUzI1NiJ9.eyJ2ZXIiOiIzIn0=", Content::Unknown),
        (b"PuTTY-User-Key-File-2: ssh-rsa", Content::ForeignKey("a PuTTY key")),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----", Content::ForeignKey("an OpenSSH key")),
        (b"-----BEGIN PGP PRIVATE KEY BLOCK-----", Content::ForeignKey("an OpenPGP key")),
        (b"-----BEGIN PGP MESSAGE-----", Content::Encrypted("OpenPGP")),
        (b"U2FsdGVkX19zb21l\n", Content::Encrypted("openssl enc")),
        (b"Salted__\x01\x02\x03", Content::Encrypted("openssl enc")),
        (b"\0GITCRYPT\0\x01", Content::Encrypted("git-crypt")),
        (b"\x1f\x8b\x08\0", Content::Packed("a gzip file")),
        (b"kych\0\x01", Content::ForeignStore("a macOS keychain")),
        (b"# signing\nstoreFile=upload.jks\nstorePassword=x\n", Content::SigningProperties),
        (b"MYAPP_UPLOAD_STORE_FILE=upload.jks\n", Content::SigningProperties),
        (b"404: Not Found", Content::ErrorMessage),
        (b"404.jks", Content::SymlinkText("404.jks".to_owned())),
        (b"{\"data\": \"ENC[AES256_GCM,data:x]\"}", Content::Encrypted("SOPS")),
        (b"-----BEGIN PUBLIC KEY-----", Content::PublicKey),
        (b"-----BEGIN NEW CERTIFICATE REQUEST-----", Content::CertificateRequest),
        (b"hello", Content::Unknown),
    ];
    for (bytes, content) in cases {
        assert_eq!(detect(bytes), content, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn asn1_is_told_apart_by_structure() {
    let (sequence, oid) = (der(0x30, &[]), [6, 1, 0x2a]);
    let algorithm = der(0x30, &[&oid]);
    let name = der(0x30, &[&der(0x31, &[])]);
    let of = |parts: &[&[u8]]| detect(&der(0x30, parts));
    let bits = [3, 1, 0];
    assert_eq!(of(&[&algorithm, &bits]), Content::PublicKey);
    assert_eq!(of(&[&algorithm, &[4, 0]]), Content::PrivateKey);
    assert_eq!(of(&[&der(0x30, &[&[2, 1, 0], &name, &algorithm])]), Content::CertificateRequest);
    let version1 = der(0x30, &[&[2, 1, 5], &algorithm, &name, &sequence]);
    assert_eq!(of(&[&version1, &algorithm, &bits]), Content::Certificates(Format::Der));
    let revoked = der(0x30, &[&[2, 1, 1], &algorithm, &name, &[0x17, 0]]);
    assert_eq!(of(&[&revoked, &algorithm, &bits]), Content::RevocationList);
    assert_eq!(of(&[&[2, 1, 3], &sequence]), Content::Keystore(Format::Pkcs12));
    assert_eq!(of(&[&[2, 1, 4], &sequence]), Content::Unknown);
}

/// The command line shows only the beginning of a file.
#[test]
fn the_first_bytes_are_enough() {
    let cases = [
        ("release.jks", Content::Keystore(Format::Jks)),
        ("release.jceks", Content::Keystore(Format::Jceks)),
        ("keytool-17.p12", Content::Keystore(Format::Pkcs12)),
        ("bouncycastle-ber.p12", Content::Keystore(Format::Pkcs12)),
        ("release.bks", Content::Keystore(Format::Bks)),
        ("release.uber", Content::Keystore(Format::Uber)),
        ("release.bcfks", Content::Keystore(Format::Bcfks)),
        ("release.pem", Content::Certificates(Format::Pem)),
        ("release.der", Content::Certificates(Format::Der)),
        ("chain.p7b", Content::Certificates(Format::Pkcs7)),
        ("chain-pem.p7b", Content::Certificates(Format::Pkcs7)),
        ("testkey.pk8", Content::PrivateKey),
        ("pkcs8-encrypted.der", Content::PrivateKey),
        ("pkcs1.pem", Content::PrivateKey),
        ("sec1-parameters.pem", Content::PrivateKey),
        ("text-mangled.jks", Content::TextMangled),
        ("git-lfs-pointer.jks", Content::GitLfsPointer),
    ];
    for (name, content) in cases {
        let bytes = fixture(name);
        assert_eq!(detect(bytes.get(..256).unwrap_or(&bytes)), content, "{name}");
    }
    let base64 = Content::Base64Of(Box::new(Content::Keystore(Format::Jks)));
    assert_eq!(detect(&fixture("base64-of-jks.txt")[..100]), base64);
}

#[test]
fn a_text_copy_is_told_for_every_binary_format() {
    for name in ["keytool-17.p12", "release.jceks", "release.bks", "release.uber", "release.bcfks"] {
        let bytes = fixture(name);
        let mangled = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(detect(mangled.as_bytes()), Content::TextMangled, "{name}");
        // each byte taken for a character of Latin-1
        let latin: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        assert_eq!(detect(latin.as_bytes()), Content::TextMangled, "{name}");
        // what PowerShell's `>` makes of it
        let utf16: Vec<u8> = std::iter::once(0xfeff).chain(mangled.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(detect(&utf16), Content::TextMangled, "{name}");
    }
    for mangled in [b"~m~m\0\0\0\x02\0\0\0\x01", b"????\0\0\0\x02\0\0\0\x01"] {
        assert_eq!(detect(mangled), Content::TextMangled);
    }
}
