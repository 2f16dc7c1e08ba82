//! Every limit of the program, each with its reason. Nothing is allocated or repeated because a file says so.

// --- ASN.1 ---

/// Levels of nested ASN.1: real PKCS#12 files stay below 20.
pub const ASN1_DEPTH: u8 = 32;

// --- ZIP ---

/// Bytes from the end in which the end record must stand: its 22 bytes and a comment of 65,535 (APPNOTE 4.3.16).
pub const END_RECORD_SEARCH: u64 = 65_557;
/// Bytes of an archive: offsets have 32 bits, and libziparchive before Android 12 opens nothing larger.
pub const ARCHIVE_SIZE: u64 = 0xffff_ffff;
/// Bytes of a central directory: 65,535 records with names of 950 bytes; an app of 20,000 entries has 2 MB.
pub const CENTRAL_DIRECTORY_SIZE: u64 = 64 << 20;
/// Bytes that are read or copied at a time.
pub const IO_CHUNK: u64 = 64 << 10;
/// Bytes that are inflated at a time: with fewer, the window of 32 KiB is copied too often.
pub const INFLATED_CHUNK: usize = 256 << 10;
/// Bytes of a compressed entry that is written without compression (`resources.arsc`): the largest have 60 MB.
pub const STORED_AGAIN: u64 = 128 << 20;

// --- Detection ---

/// First bytes of a file that tell what it is: a PEM file may begin with lines of text (`openssl pkcs12` writes some).
pub const DETECTED: u64 = 4096;

// --- Keystores ---

/// Bytes of a keystore: real ones have 2 to 10 KB, Java's `cacerts` 200 KB.
pub const KEYSTORE_SIZE: usize = 16 << 20;
/// Bytes of a file of passwords, or of a properties file with some: a line or two, Gradle's own has a few hundred bytes.
pub const PASSWORD_FILE: usize = 64 << 10;
/// Entries of a keystore: `cacerts` has about 150.
pub const KEYSTORE_ENTRIES: usize = 10_000;
/// Certificates in one chain: real ones have 1 to 4.
pub const CHAIN_LENGTH: usize = 100;
/// Keys of one file that are compared with every certificate, where the file does not say which belong together.
pub const KEYS_MATCHED: usize = 16;
/// Rounds of one key derivation: the JDK's own limit, so that what keytool opens is opened.
pub const KDF_ROUNDS: u32 = 5_000_000;
/// Hash computations of all key derivations together, about 5 seconds: opening a store and one of its keys,
/// each derivation at [`KDF_ROUNDS`], takes 25 to 45 million.
pub const KDF_HASHES: u64 = 60_000_000;
/// Bytes of memory that scrypt may take: OpenSSL's default parameters need 16 MiB.
pub const SCRYPT_MEMORY: u64 = 256 << 20;
/// scrypt's parallelism, which multiplies its time.
pub const SCRYPT_PARALLELISM: u32 = 16;
/// Bytes of a derived key at least where a MAC uses it: with fewer a wrong password passes by chance (RFC 9579, 5).
pub const MAC_KEY_MIN: u32 = 20;
/// Bytes of a derived key at most: BouncyCastle writes 256.
pub const DERIVED_KEY: u32 = 4096;
/// Levels of `SafeContents` inside each other: real PKCS#12 files have one.
pub const SAFE_CONTENTS_DEPTH: u8 = 4;
/// Levels of nested objects in a Java serialization: a sealed key has 3.
pub const JAVA_OBJECT_DEPTH: u8 = 16;
/// Bits of an RSA modulus: the largest that AOSP signs APKs with.
pub const RSA_BITS: usize = 16_384;

// --- API key ---

/// Bytes of a key file that are read: real keys have 1026 to 1370 characters on the first line.
pub const API_KEY_FILE: usize = 64 << 10;

/// Bytes of a public key or certificate for `--token-key`: an RSA 16384 certificate has about 3 KiB.
pub const TOKEN_KEY_FILE: usize = 64 << 10;

// --- manifest ---

/// Bytes of an `AndroidManifest.xml`: the largest known ones stay below 2 MiB.
pub const MANIFEST_SIZE: usize = 8 << 20;
/// Levels of nested elements: real manifests have at most 6.
pub const MANIFEST_DEPTH: usize = 64;
/// Elements and attributes together: in protobuf two bytes make one, and each takes about 100 bytes of memory.
pub const MANIFEST_NODES: usize = 1 << 18;
/// Decoded text in bytes of input: strings that overlap in a forged pool would multiply it. UTF-16 takes 1.5 at most.
pub const MANIFEST_TEXT_FACTOR: usize = 4;

// --- DEX ---

/// Classes that a DEX file defines: types are numbered with 16 bits in its code.
pub const DEX_CLASSES: u32 = 65_536;
/// Bytes of a class name that are read: real ones stay below 500.
pub const DEX_DESCRIPTOR: usize = 1024;
/// Bytes of all class names of a DEX file: 65,536 classes with names of 120 bytes, and the same for what they extend.
pub const DEX_NAMES: usize = 16 << 20;
/// Classes of an app: the largest known apps have 300,000.
pub const APP_CLASSES: usize = 1 << 19;
/// Bytes of all class names of an app: 300,000 classes take about 24 MB.
pub const APP_CLASS_NAMES: usize = 96 << 20;
/// DEX files that are read before their classes are counted.
pub const DEX_BATCH: usize = 8;
/// Bytes of a DEX file: with 65,536 methods real ones stay below 20 MB.
pub const DEX_SIZE: u64 = 64 << 20;
/// Bytes of all DEX files of an app: the largest known apps have 200 MB. Reading them takes about 40 ms for 10 MB.
pub const DEX_TOTAL_SIZE: u64 = 512 << 20;
/// Classes between one and the class of the SDK that it extends.
pub const CLASS_ANCESTORS: usize = 32;

// --- resources ---

/// Bytes of a table of resources: the largest known ones have 40 MB.
pub const RESOURCES_SIZE: u64 = 96 << 20;
/// Resources that point to the next one: a key is at most one step away.
pub const RESOURCE_REFERENCES: usize = 8;

// --- secrets ---

/// Bytes of an entry that is searched for secrets whatever it is: keystores have 2 to 10 KB, lists of authorities 200 KB.
pub const SECRET_FILE_SIZE: u64 = 256 << 10;
/// Bytes of a text that is searched for secrets: bundles of JavaScript have 1 to 10 MB.
pub const SECRET_TEXT_SIZE: u64 = 16 << 20;
/// Bytes that are searched for secrets in all, about half a second on one core.
pub const SECRET_TOTAL_SIZE: u64 = 96 << 20;
/// Characters between a client id and what is its secret.
pub const SECRET_NEIGHBOURHOOD: usize = 400;

// --- APK and JAR signatures ---

/// Signers of one scheme: what apksig and the platform allow (`Constants.MAX_APK_SIGNERS`).
pub const SIGNERS: usize = 10;
/// Signatures of one signer: one per algorithm, and there are 10; each costs a public-key operation.
pub const SIGNATURES_PER_SIGNER: usize = 16;
/// Attributes of one signer: 6 are known.
pub const ATTRIBUTES_PER_SIGNER: usize = 64;
/// Certificates in one signer or one PKCS#7 block: chains have 1 to 4.
pub const CERTIFICATES_PER_SIGNER: usize = 32;
/// Certificates in a lineage: each costs a public-key operation; apps rotate once in years.
pub const LINEAGE_LENGTH: usize = 64;
/// Pairs in an APK Signing Block: real ones have up to 10.
pub const SIGNING_BLOCK_PAIRS: usize = 1000;
/// Bytes of one signature scheme's pair: 10 signers with RSA 4096 and chains have 60 KB; four pairs stay below 1 MiB.
pub const SCHEME_BLOCK_SIZE: u64 = 256 << 10;
/// Bytes of padding in an APK Signing Block that are read to see whether they are zero: real padding ends at 4,107.
pub const SIGNING_BLOCK_PADDING: u64 = 1 << 20;
/// Bytes of a JAR signature's PKCS#7 file: with chains of RSA 16384 below 30 KB.
pub const JAR_BLOCK_FILE_SIZE: u64 = 64 << 10;
/// Bytes of a JAR manifest or signature file: 65,535 entries with names of 190 bytes.
pub const JAR_MANIFEST_SIZE: u64 = 16 << 20;
/// Bytes that all entries of an archive may have when inflated for a JAR signature, whatever its size: half a second.
pub const JAR_INFLATED_LEAST: u64 = 256 << 20;
/// The same for larger archives, as a multiple of their size: real apps stay below 10, deflate ends at 1032.
pub const JAR_INFLATED_RATIO: u64 = 64;
/// Problems of one kind that are listed one by one, of a signature or of an archive's entries.
pub const PROBLEMS_PER_RULE: usize = 20;
/// The largest RSA modulus in bits that AOSP's tests use.
pub const RSA_BITS_VERIFIED: usize = 16_384;

// --- output ---

/// Symbolic links that are followed to the file that is to be written, as Linux does.
pub const LINKS_FOLLOWED: u8 = 40;

// --- signing ---

/// Bytes of pairs that are kept from an old signing block: Google Play's has a few hundred, a dependency list 10 KB.
pub const KEPT_PAIRS_SIZE: u64 = 1 << 20;
/// Attributes in the main section of a JAR manifest: Gradle writes 3, jar and Maven about 10.
pub const JAR_ATTRIBUTES: usize = 256;
/// Bytes of the list of files to keep in memory: real ones have a few lines.
pub const PIN_PATTERNS_SIZE: u64 = 64 << 10;
/// Lines of that list: each is matched with every entry.
pub const PIN_PATTERNS: usize = 256;

// --- archives ---

/// Bytes of an APK that is inflated into memory because it is compressed inside a set: most sets store their APKs, and
/// what is larger can be extracted.
pub const INFLATED_APK: u64 = 256 << 20;
/// APKs of one set: bundletool makes a few hundred for many languages, densities and ABIs.
pub const APKS_IN_SET: usize = 2000;

/// Bytes of a key file in an archive: a token has 1,026 to 1,370 characters; the rest is what people paste around it.
pub const API_KEY_ENTRY: u64 = 64 << 10;
/// Files with the name of a key in wrong places that are looked at.
pub const NEAR_MISSES: usize = 64;
/// Entries of a key's size that are opened to see whether they hold the key, when it is not at its place.
pub const STRAY_KEYS_SEARCHED: usize = 4096;

// --- build outputs ---

/// Levels of folders below the one that is given: `outputs/apk/FLAVOR/TYPE` are 4, a project's root above it 3 more.
pub const OUTPUT_FOLDER_DEPTH: usize = 12;
/// Files below a folder: a project with its sources has some 10,000.
pub const OUTPUT_FOLDER_FILES: usize = 100_000;
/// Bytes of a build file: the longest known have some 100 KB.
pub const BUILD_SCRIPT_SIZE: u64 = 4 << 20;
/// Blocks in each other in a build file: what is read stands in the fourth.
pub const BUILD_SCRIPT_DEPTH: usize = 32;
/// Variants of a module: five dimensions of three flavors, and three build types, are 729.
pub const VARIANTS: usize = 4096;
/// Bytes of an `output-metadata.json`: with an APK for each ABI and density 50 KB.
pub const OUTPUT_METADATA_SIZE: u64 = 1 << 20;
