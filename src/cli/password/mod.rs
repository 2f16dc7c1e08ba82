//! Where passwords come from, by apksigner's rules: `pass:`, `env:`, `file:`, `stdin`; and `prompt`.
//!
//! A password is never part of a message, and only `pass:` puts it where others can see it.

mod attempt;
mod hints;
mod lines;
mod prompt;

pub(crate) use attempt::{Attempt, Tried};

use super::failure::Failure;
use super::input;
use super::output::Output;
use apkkey::secret::Password;
use lines::Lines;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// How a password is given on the command line. It may be the password itself, so it is not shown anywhere.
#[derive(Clone)]
pub(crate) struct PasswordSpec(Password);

impl From<String> for PasswordSpec {
    fn from(spec: String) -> Self {
        Self(Password::new(spec))
    }
}

impl fmt::Debug for PasswordSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordSpec(..)")
    }
}

/// A password and where it was found, for messages.
#[derive(Debug, Clone)]
pub(crate) struct Credential {
    pub(crate) password: Password,
    pub(crate) origin: String,
}

/// What the user said about a password.
#[derive(Debug, Clone)]
pub(crate) enum Given {
    /// This one and no other.
    Password(Credential),
    /// Ask for it.
    Prompt,
    /// Nothing.
    Nothing,
}

/// Reads passwords for one command. A file that is named again gives its next line, and so does standard input.
#[derive(Debug)]
pub(crate) struct PasswordReader<'a> {
    output: &'a Output,
    files: BTreeMap<PathBuf, Lines>,
    standard_input: StandardInput,
    warned: bool,
}

/// Who reads standard input.
#[derive(Debug, Clone, Copy)]
enum StandardInput {
    Free,
    TakenBy(&'static str),
}

impl<'a> PasswordReader<'a> {
    pub(crate) fn new(output: &'a Output) -> Self {
        Self { output, files: BTreeMap::new(), standard_input: StandardInput::Free, warned: false }
    }

    /// Another option of the command reads standard input, so a password cannot.
    pub(crate) fn standard_input_taken_by(mut self, option: &'static str) -> Self {
        self.standard_input = StandardInput::TakenBy(option);
        self
    }

    /// Where what is said about passwords is written.
    pub(crate) fn output(&self) -> &'a Output {
        self.output
    }

    /// Reads the password of an option.
    pub(crate) fn read(&mut self, option: &str, spec: Option<&PasswordSpec>) -> Result<Given, Failure> {
        let Some(spec) = spec else { return Ok(Given::Nothing) };
        let spec = spec.0.reveal();
        let found = |password, origin: String| Ok(Given::Password(Credential { password, origin }));
        if let Some(password) = spec.strip_prefix("pass:") {
            self.warn(option);
            return found(Password::new(password.to_owned()), format!("{option} pass:"));
        }
        if let Some(name) = spec.strip_prefix("env:") {
            let password = environment(name).ok_or_else(|| {
                Failure::new(format!("the environment variable {name} is not set"))
                    .help(format!("{option} env:{name} reads the password from it"))
            })?;
            return found(password, format!("{option} env:{name}"));
        }
        if let Some(path) = spec.strip_prefix("file:") {
            let password = self.file_line(Path::new(path)).map_err(|failure| failure.at(Path::new(path)))?;
            return found(password, format!("{option} file:{path}"));
        }
        match spec {
            "stdin" => self.standard_input_line(option),
            "prompt" => Ok(Given::Prompt),
            // the value itself may be a password: it is not shown
            _ => Err(Failure::new(format!("{option} wants pass:PASSWORD, env:NAME, file:PATH, stdin or prompt"))
                .help("others can see a password on the command line: prefer env:NAME or file:PATH")),
        }
    }

    fn warn(&mut self, option: &str) {
        if !self.warned {
            self.output.note(&format!(
                "a password on the command line can be seen by other users: prefer {option} env:NAME or file:PATH"
            ));
            self.warned = true;
        }
    }

    fn file_line(&mut self, path: &Path) -> Result<Password, Failure> {
        let name = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if !self.files.contains_key(&name) {
            self.files.insert(name.clone(), Lines::new(input::read_password_file(path)?));
        }
        let lines = self.files.get_mut(&name);
        let number = lines.as_ref().map_or(1, |lines| lines.next_number());
        lines.and_then(Lines::next).ok_or_else(|| match number {
            1 => Failure::new("the password file is empty").help("an empty secret writes an empty file"),
            _ => Failure::new(format!("the password file has no line {number}"))
                .help("each password that is read from the same file has a line of its own"),
        })
    }

    /// On a terminal that is a question, as apksigner does it.
    fn standard_input_line(&self, option: &str) -> Result<Given, Failure> {
        if let StandardInput::TakenBy(other) = self.standard_input {
            return Err(Failure::new(format!("{other} and {option} stdin both read standard input"))
                .help(format!("give the password with {option} env:NAME or file:PATH")));
        }
        if std::io::stdin().is_terminal() {
            return Ok(Given::Prompt);
        }
        let mut line = Zeroizing::new(Vec::with_capacity(256));
        let read = std::io::stdin().lock().read_until(b'\n', &mut line);
        match read {
            Err(error) => Err(Failure::new(format!("cannot read standard input: {error}"))),
            Ok(0) => Err(Failure::new(format!("standard input ended before the password for {option}"))
                .help("each password that is read from standard input has a line of its own")),
            Ok(_) => {
                let password = Lines::new(line).next().unwrap_or_else(|| Password::new(String::new()));
                Ok(Given::Password(Credential { password, origin: format!("{option} stdin") }))
            }
        }
    }
}

/// The text of a file with passwords in it.
pub(crate) fn decoded(bytes: &[u8]) -> Password {
    lines::decode(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
}

/// The password in an environment variable; what is no Unicode is taken byte by byte.
pub(crate) fn environment(name: &str) -> Option<Password> {
    let value = input::environment_os(name)?;
    Some(match value.into_string() {
        Ok(text) => Password::new(text),
        Err(raw) => lines::decode(&Zeroizing::new(raw.into_encoded_bytes())),
    })
}
