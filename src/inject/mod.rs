//! Changes an app: puts an API key in or takes it out, aligns, signs. A plan first, then a writer that only obeys it.
//!
//! ```text
//! Archive + Order { key, signature } -> Plan { steps, work } -> written beside the target -> checked -> renamed
//! ```
//!
//! The new entry stands behind the last one, in the place of the APK Signing Block, so no other byte moves. A key
//! that is replaced, and signature files that no longer hold, are taken out without leaving a hole.

mod certificate;
mod error;
mod key;
mod plan;
#[cfg(feature = "second-opinion")]
mod second_opinion;
mod self_check;
#[cfg(feature = "fs")]
mod write;

pub use certificate::CertificateCheck;
pub use error::InjectError;
pub use key::{Accepted, Remark, accept};
pub use plan::{KeyChange, Order, Plan, SignatureChange, Step, Work, plan};
pub use self_check::Expected;
#[cfg(feature = "fs")]
pub use write::{WriteError, v4_signature_path, write};
