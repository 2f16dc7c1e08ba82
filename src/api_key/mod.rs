//! The Amazon API key: the text of `assets/api_key.txt`, as Amazon's SDK reads it on the device.
//!
//! ```text
//! bytes -> KeyFile { defects, key }       what stands in the file, and everything that is wrong with its bytes
//!          ApiKey { claims }              three parts, a readable payload; nothing is proven yet
//!          Authentic<ApiKey>              Amazon's signature over it holds: made by `authenticate` alone
//! ```
//!
//! A claim is what a key says of itself. It becomes a fact with [`Authentic`], and not before.

mod amazon;
mod base64;
mod characters;
mod claims;
mod content;
mod defect;
mod file;
mod repair;
mod scan;
mod token;
mod token_key;

pub use amazon::{Authentic, Authority, NotAuthentic, authenticate};
pub use claims::{ClaimProblem, Claimed, Claims, Endpoints, Environment, Platform};
pub use defect::Defect;
pub use file::KeyFile;
pub use repair::{Repair, Repaired};
pub use token::{ApiKey, OtherContent, Part, TokenError};
pub use token_key::{TokenKey, TokenKeyError};
