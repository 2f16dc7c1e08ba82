//! `--ks-type`: the content of a file decides, so a type is only compared with it, or refused when no file has it.

use crate::cli::failure::Failure;
use apkkey::keystore::Format;
use apkkey::text::Untrusted;

/// Types of keystores that are no files, or files of systems that keep their keys to themselves.
const FOREIGN: &[(&[&str], &str)] = &[
    (&["pkcs11", "sunpkcs11"], "keys on a token or in a hardware module (PKCS#11)"),
    (
        &["windowsmy", "windowsroot", "windowsmycurrentuser", "windowsmylocalmachine"],
        "keys in the Windows certificate store",
    ),
    (&["keychainstore", "applekeychainstore", "keychainstoreroot"], "keys in the macOS keychain"),
    (&["androidkeystore"], "keys in Android's own keystore, which never leave the device"),
    (&["cmsks", "ibmks", "jceracfks", "jcecca"], "IBM's keystores"),
    (&["dks"], "Java's domain keystores, which name others"),
    (&["gcp", "gcpkms", "aws", "awskms", "azurekeyvault", "azure"], "keys in a cloud's key management"),
];

/// Refuses a type whose keys cannot be read from a file.
pub(crate) fn refuse_foreign(name: &str) -> Result<(), Failure> {
    let wanted = plain(name);
    match FOREIGN.iter().find(|(names, _)| names.contains(&wanted.as_str())) {
        Some((_, what)) => Err(no_file(what)),
        None => Ok(()),
    }
}

/// Keys that are somewhere else.
pub(crate) fn no_file(what: &str) -> Failure {
    Failure::new(format!("{what} are not supported: apkkey reads files"))
        .help("sign with apksigner and its --ks-provider-class; `apkkey fingerprint` reads the exported certificate")
}

/// What to say when the type that was named is not that of the file.
pub(crate) fn contradiction(name: &str, found: Format) -> Option<String> {
    let same = match plain(name).as_str() {
        "jks" | "casesensitivejks" => found == Format::Jks,
        "jceks" => found == Format::Jceks,
        "pkcs12" | "p12" | "pfx" | "bcpkcs12" | "pkcs123desrc240" | "pkcs12def" => found == Format::Pkcs12,
        "bks" | "bksv1" | "bouncycastle" => found == Format::Bks,
        "uber" => found == Format::Uber,
        "bcfks" => found == Format::Bcfks,
        _ => return Some(format!("--ks-type {} is not known; the file is {}", Untrusted(name), found)),
    };
    (!same).then(|| format!("--ks-type says {}, but the file is {}", Untrusted(name), found))
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_compared_by_any_spelling() {
        assert_eq!(contradiction("JKS", Format::Jks), None);
        assert_eq!(contradiction("Pkcs12", Format::Pkcs12), None);
        assert_eq!(contradiction("BKS-V1", Format::Bks), None);
        let told = contradiction("JKS", Format::Pkcs12).unwrap();
        assert_eq!(told, "--ks-type says JKS, but the file is pkcs12");
        assert!(contradiction("xyz", Format::Jks).unwrap().contains("not known"));
    }

    #[test]
    fn stores_without_a_file_are_refused_by_name() {
        for (name, word) in
            [("PKCS11", "PKCS#11"), ("Windows-MY", "Windows"), ("KeychainStore", "macOS"), ("CMSKS", "IBM")]
        {
            assert!(refuse_foreign(name).unwrap_err().message.contains(word), "{name}");
        }
        assert!(refuse_foreign("jks").is_ok());
    }
}
