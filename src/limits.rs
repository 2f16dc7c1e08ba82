//! Every limit of the program, each with its reason. Nothing is allocated or repeated because a file says so.

// --- ASN.1 ---

/// Levels of nested ASN.1: real PKCS#12 files stay below 20.
pub const ASN1_DEPTH: u8 = 32;

// --- ZIP ---

/// Bytes from the end in which the end record must stand: its 22 bytes and a comment of 65,535 (APPNOTE 4.3.16).
pub const END_RECORD_SEARCH: u64 = 65_557;
/// Bytes of a central directory: 65,535 records with names of 950 bytes; an app of 20,000 entries has 2 MB.
pub const CENTRAL_DIRECTORY_SIZE: u64 = 64 << 20;
/// Bytes that are read, inflated or copied at a time.
pub const IO_CHUNK: u64 = 64 << 10;

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
/// Problems of one kind that are listed one by one.
pub const PROBLEMS_PER_RULE: usize = 20;
/// The largest RSA modulus in bits that AOSP's tests use.
pub const RSA_BITS_VERIFIED: usize = 16_384;
