//! All integration tests, in one binary.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise"
)]

mod build;
mod sandbox;

mod architecture;
mod certificates;
mod config;
mod crash;
mod dependencies;
mod documents;
mod failures;
mod fingerprint;
mod fixtures;
mod form;
mod gradle;
mod inject;
mod key;
mod key_instead;
mod keystore_mutations;
mod keystores;
mod layouts;
mod leaks;
#[cfg(target_os = "linux")]
mod limits;
mod messages;
mod migrating;
mod mutations;
mod oracle;
mod oracle_deflate;
mod oracle_keystores;
mod oracle_mutants;
mod oracle_sign;
mod oracle_zip;
mod outputs;
mod reports;
mod schema;
mod secrets;
mod services;
mod sets;
mod sign;
mod signers;
mod snapshots;
mod sources;
mod speed;
mod variants;
mod verify;
mod zip;
