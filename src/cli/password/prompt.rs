//! Questions on the terminal.

use crate::cli::failure::Failure;
use apkkey::secret::Password;
use std::io::IsTerminal;

/// Whether somebody can be asked. A command whose standard input and standard error lead elsewhere runs in a script: it
/// must not wait, even where a terminal could be found. Nor must a test.
pub(super) fn is_possible() -> bool {
    !cfg!(test) && (std::io::stdin().is_terminal() || std::io::stderr().is_terminal())
}

/// Asks, without showing what is typed.
pub(super) fn ask(question: &str) -> Result<Password, Failure> {
    let answer = if is_possible() { rpassword::prompt_password(question).ok() } else { None };
    answer.map(Password::new).ok_or_else(|| Failure::new("there is no terminal to ask for a password on"))
}
