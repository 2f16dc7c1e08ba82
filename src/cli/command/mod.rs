//! One file per command: reads what the user gave, calls the library, fills the report.

pub(super) mod completions;
pub(super) mod explain;
pub(super) mod fingerprint;
pub(super) mod gradle;
pub(super) mod inject;
pub(super) mod key;
pub(super) mod lineage;
pub(super) mod man;
pub(super) mod sign;
pub(super) mod sources;
pub(super) mod verify;

mod app;
mod assets;
mod change;
mod form;
