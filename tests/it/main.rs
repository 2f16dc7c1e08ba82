//! All integration tests, in one binary.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise"
)]

mod sandbox;

mod architecture;
mod config;
mod documents;
mod fingerprint;
mod fixtures;
mod form;
mod inject;
mod key;
mod messages;
mod mutations;
mod oracle;
mod outputs;
mod reports;
mod schema;
mod sets;
mod snapshots;
mod speed;
mod verify;
mod zip;
