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

// --- API key ---

/// Bytes of a key file that are read: real keys have 1026 to 1370 characters on the first line.
pub const API_KEY_FILE: usize = 64 << 10;

/// Bytes of a public key or certificate for `--token-key`: an RSA 16384 certificate has about 3 KiB.
pub const TOKEN_KEY_FILE: usize = 64 << 10;
