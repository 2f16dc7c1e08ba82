//! Every limit of the program, each with its reason. Nothing is allocated or repeated because a file says so.

// --- ASN.1 ---

/// Levels of nested ASN.1: real PKCS#12 files stay below 20.
pub const ASN1_DEPTH: u8 = 32;
