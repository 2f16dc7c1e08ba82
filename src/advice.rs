//! What an error tells beside its message: what to do about it.

/// An error that knows a remedy.
///
/// The message (`Display`) says what is wrong: lower case, no full stop, no "failed to".
/// [`Advice::help`] says what to do, `source()` why it happened.
pub trait Advice: std::error::Error {
    /// What the user can do about it, as a sentence without a full stop.
    fn help(&self) -> Option<String>;
}
