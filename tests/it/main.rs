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
mod documents;
mod failures;
mod fingerprint;
mod fixtures;
mod inject;
mod key;
mod layouts;
mod messages;
mod mutations;
mod oracle;
mod secrets;
mod services;
mod snapshots;
mod speed;
mod verify;
mod zip;
