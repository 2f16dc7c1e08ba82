//! What the page asks of the library, as a WebAssembly module: a [`Session`] holds the files that were dropped, and
//! [`boundary`] carries JSON between it and the page's worker.
//!
//! A file is never read whole: the worker reads the parts that are asked for from the disk.

pub mod answer;
pub mod boundary;
mod fit;
pub mod item;
mod parts;
mod session;

pub use session::Session;
