//! Changed files, as the real tools read them: JKS stores beside Java's own reader, binary manifests beside aapt.
//! Ignored by a plain `cargo test`, as `oracle.rs`.

use crate::oracle::{succeeds, tool};
use crate::sandbox::{Sandbox, fixture};
use apkkey::archive::Archive;
use apkkey::keystore::{Entry, Keystore, Passwords};
use apkkey::manifest::Manifest;
use apkkey::secret::Password;
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

const PASSWORD: &str = "storepass";

/// Opens each store of a folder and prints the SHA-256 of each entry's certificate under its alias, one store a line.
const JAVA: &str = r#"
import java.io.*; import java.nio.file.*; import java.security.*; import java.security.cert.Certificate; import java.util.*;
public class Peer {
    public static void main(String[] args) throws Exception {
        File[] files = new File(args[0]).listFiles();
        Arrays.sort(files);
        PrintStream out = new PrintStream(new FileOutputStream(args[1]), true, "UTF-8");
        for (File file : files) {
            String line;
            try (InputStream in = new FileInputStream(file)) {
                KeyStore store = KeyStore.getInstance("JKS");
                store.load(in, "storepass".toCharArray());
                TreeMap<String, String> found = new TreeMap<>();
                for (String alias : Collections.list(store.aliases())) {
                    Certificate certificate = store.getCertificate(alias);
                    // Java looks aliases up in lower case, so it cannot get at those of a file that has others
                    String digest = certificate == null ? "unreachable" : hex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
                    found.put(hex(alias.toLowerCase(Locale.ENGLISH).getBytes("UTF-8")), digest);
                }
                line = found.toString();
            } catch (Throwable error) {
                line = "refused";
            }
            out.println(file.getName() + " " + line);
        }
    }
    static String hex(byte[] bytes) { StringBuilder text = new StringBuilder(); for (byte b : bytes) text.append(String.format("%02x", b)); return text.toString(); }
}
"#;

/// A JKS store whose digest fits again (`JavaKeyStore.getPreKeyedHash`): the change is in what it says, not in its seal.
fn sealed(contents: &[u8]) -> Vec<u8> {
    let password: Vec<u8> = PASSWORD.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let sealed = [&password, &b"Mighty Aphrodite"[..], contents].concat();
    [contents, &apkkey::digest::sha1(&sealed)].concat()
}

fn ours(store: &[u8]) -> Option<String> {
    let password = Password::new(PASSWORD.to_owned());
    let keystore = Keystore::open(store, &Passwords::store(&password)).ok()?;
    let of = |entry: &Entry| {
        let digest = entry.certificate().map(|certificate| apkkey::text::hex(&certificate.fingerprints().sha256.0));
        // Java has one entry for each alias in lower case
        let alias = entry.alias().unwrap_or_default().to_lowercase();
        (apkkey::text::hex(alias.as_bytes()), digest.unwrap_or_default())
    };
    let found: BTreeMap<String, String> = keystore.entries.iter().map(of).collect();
    let shown: Vec<String> = found.into_iter().map(|(alias, digest)| format!("{alias}={digest}")).collect();
    Some(format!("{{{}}}", shown.join(", ")))
}

fn are_same(ours: &str, java: &str) -> bool {
    let entries =
        |text: &str| -> Vec<String> { text.trim_matches(['{', '}']).split(", ").map(str::to_owned).collect() };
    let (ours, java) = (entries(ours), entries(java));
    let is_same = |(one, other): (&String, &String)| {
        one == other || other.strip_suffix("unreachable").is_some_and(|alias| one.starts_with(alias))
    };
    ours.len() == java.len() && ours.iter().zip(&java).all(is_same)
}

#[test]
#[ignore = "needs a JDK"]
fn oracle_java_reads_the_same_from_changed_jks_stores() {
    let mut stores = Vec::new();
    for name in ["small.jks", "several-aliases.jks", "certificates-only.jks"] {
        let whole = fixture(&format!("keystore/{name}"));
        let contents = &whole[..whole.len() - 20];
        let step = (contents.len() / 250).max(1);
        for at in (0..contents.len()).step_by(step).chain(0..120) {
            for mask in [0x01, 0x20, 0x80] {
                let mut changed = contents.to_vec();
                changed[at] ^= mask;
                stores.push(sealed(&changed));
            }
        }
    }
    let sandbox = Sandbox::new().with_bytes("Peer.java", JAVA.as_bytes());
    std::fs::create_dir(sandbox.path("stores")).unwrap();
    for (index, store) in stores.iter().enumerate() {
        std::fs::write(sandbox.path(&format!("stores/{index:05}")), store).unwrap();
    }
    succeeds("java", &["Peer.java", "stores", "told.txt"], &sandbox.path(""));
    let told = String::from_utf8(sandbox.read("told.txt")).unwrap();
    let (mut same, mut ours_alone, mut java_alone) = (0, 0, Vec::new());
    for (line, store) in told.lines().zip(&stores) {
        let (name, java) = line.split_once(' ').unwrap();
        match (ours(store), java) {
            (None, "refused") => same += 1,
            (Some(ours), java) if are_same(&ours, java) => same += 1,
            // a certificate that Java's parser does not take: apkkey prints digests of all that Android takes
            (Some(_), "refused") => ours_alone += 1,
            (None, java) => {
                let password = Password::new(PASSWORD.to_owned());
                let error = Keystore::open(store, &Passwords::store(&password)).unwrap_err();
                java_alone.push(format!("{name}: {error:?}, Java {java}"));
            }
            (Some(ours), java) => panic!("{name}: {ours}, and Java reads {java}"),
        }
    }
    println!("{} stores: the same of {same}, ours alone {ours_alone}, Java alone {}", stores.len(), java_alone.len());
    assert!(java_alone.is_empty(), "Java opens what we refuse:\n{}", java_alone.join("\n"));
    assert!(told.lines().count() == stores.len() && same > stores.len() * 8 / 10, "{same} of {}", stores.len());
}

/// What aapt says of the manifest, when it can read it: package, version code, lowest and aimed-at API level.
fn aapt(sandbox: &Sandbox) -> Option<[String; 4]> {
    let output = tool("aapt", &["dump", "badging", "app.apk"], &sandbox.path(""));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let of = |start: &str| {
        let rest = text.split(start).nth(1)?;
        Some(rest.split('\'').next()?.to_owned())
    };
    let package = of("package: name='").filter(|_| output.status.success())?;
    let version = of("versionCode='").unwrap_or_default();
    // an app that names no level is for all; without a name it is none for us
    let least = of("sdkVersion:'").unwrap_or_else(|| "1".to_owned());
    let target = of("targetSdkVersion:'").unwrap_or_else(|| least.clone());
    (!package.is_empty()).then_some([package, version, least, target])
}

fn read(manifest: &Manifest) -> [String; 4] {
    let number = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
    let sdk = |level: Option<u32>| number(level.map(u64::from));
    let package = manifest.package.as_str().to_owned();
    [package, number(manifest.version_code), sdk(manifest.min_sdk.number()), sdk(manifest.target_sdk.number())]
}

#[test]
#[ignore = "needs aapt"]
fn oracle_aapt_reads_the_same_from_changed_manifests() {
    let app = fixture("apk/demo-nokey-unsigned.apk");
    let mut manifest = Vec::new();
    let mut archive = zip::ZipArchive::new(Cursor::new(&app)).unwrap();
    archive.by_name("AndroidManifest.xml").unwrap().read_to_end(&mut manifest).unwrap();
    let (mut same, mut apart, mut runs) = (0, Vec::new(), 0);
    for at in 0..manifest.len() {
        let mask = [0x01, 0x04, 0x10, 0x80][at % 4];
        let mut changed = manifest.clone();
        changed[at] ^= mask;
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file("AndroidManifest.xml", stored).unwrap();
        writer.write_all(&changed).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        let sandbox = Sandbox::new().with_bytes("app.apk", &bytes);
        let ours = Archive::open(&bytes).and_then(|archive| archive.manifest()).ok().map(|manifest| read(&manifest));
        runs += 1;
        match (ours, aapt(&sandbox)) {
            (Some(ours), Some(theirs)) if ours == theirs => same += 1,
            (None, None) => same += 1,
            (ours, theirs) => apart.push(format!("byte {at} ^ {mask:#04x}: {ours:?}, aapt {theirs:?}")),
        }
    }
    println!("{runs} manifests: the same of {same}\n{}", apart.join("\n"));
    // the package decides about the key: it is never another one
    for line in &apart {
        let packages: Vec<&str> = line.split("Some([\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(packages.len() < 2 || packages[0] == packages[1], "{line}");
    }
    assert!(same > runs * 8 / 10, "{same} of {runs}");
}
