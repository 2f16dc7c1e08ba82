//! apkkey makes the Amazon API key of an Android app right before the upload.
//!
//! The library reads archives as Android sees them ([`zip`], [`archive`]), keystores ([`keystore`]),
//! signatures ([`signature`]) and API keys ([`api_key`]), judges how they fit together ([`check`]), says so
//! ([`report`]) and puts a key into an app ([`inject`]). It never prints, and apart from the feature `fs` it knows no path:
//! everything is read from bytes or from a [`source::ReadAt`].
//!
//! Two words mean two things everywhere: *present* says that something is there, *verified* that a
//! signature over it holds.

#![cfg_attr(test, expect(clippy::arithmetic_side_effects, reason = "a test that overflows should panic"))]

pub mod advice;
pub mod asn1;
pub mod bytes;
pub mod limits;
#[cfg(feature = "fs")]
pub mod output_file;
mod parallel;
pub mod secret;
pub mod source;
pub mod text;
pub mod timestamp;

pub mod certificate;
pub mod digest;
pub mod fingerprint;
pub mod identity;

pub mod api_key;
pub mod dex;
pub mod keystore;
pub mod manifest;
pub mod signature;
pub mod zip;

pub mod archive;
pub mod check;
pub mod gradle;
pub mod inject;
pub mod report;
