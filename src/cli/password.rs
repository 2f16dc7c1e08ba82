//! Where a password comes from. It is never part of a message, and only `pass:` puts it where others can see it.

use super::failure::Failure;
use super::input;
use apkkey::secret::Password;
use std::io::{BufRead, IsTerminal};
use std::path::Path;

/// How often a prompt asks.
const TRIES: usize = 3;

/// Where passwords for one keystore come from, in the order of asking.
#[derive(Debug)]
pub(crate) enum Origin {
    /// `--ks-pass`, or `APKKEY_KS_PASS`: this one and no other.
    Given(Password),
    /// Nothing was given: the debug keystore's known password, then a prompt.
    Ask,
}

/// Reads the password that was given, if one was.
pub(crate) fn origin(spec: Option<&str>) -> Result<Origin, Failure> {
    match spec {
        Some("prompt") => prompt("Keystore password: ").map(Origin::Given),
        Some(spec) => given(spec).map(Origin::Given),
        None => Ok(input::environment("APKKEY_KS_PASS").map_or(Origin::Ask, |text| Origin::Given(Password::new(text)))),
    }
}

/// Reads a password by apksigner's rules: `pass:`, `env:`, `file:`, `stdin`.
fn given(spec: &str) -> Result<Password, Failure> {
    if let Some(password) = spec.strip_prefix("pass:") {
        return Ok(Password::new(password.to_owned()));
    }
    if let Some(name) = spec.strip_prefix("env:") {
        let value = input::environment(name);
        return value.map(Password::new).ok_or_else(|| {
            Failure::new(format!("the environment variable {name} is not set")).help("set it to the password")
        });
    }
    if let Some(path) = spec.strip_prefix("file:") {
        let path = Path::new(path);
        let bytes = input::read(path)?;
        return first_line(&bytes)
            .ok_or_else(|| Failure::new("the password file is not UTF-8 text").help("save it as UTF-8").at(path));
    }
    if spec == "stdin" {
        let mut line = Vec::new();
        let read = std::io::stdin().lock().read_until(b'\n', &mut line);
        read.map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
        return first_line(&line).ok_or_else(|| Failure::new("the password on standard input is not UTF-8 text"));
    }
    // the value itself may be a password: it is not shown
    Err(Failure::new("a password is given as pass:PASSWORD, env:NAME, file:PATH, stdin or prompt")
        .help("others can see a password on the command line: prefer env:NAME or file:PATH"))
}

/// The first line without its line break and a byte order mark, and nothing else removed.
fn first_line(bytes: &[u8]) -> Option<Password> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line = text.split_once('\n').map_or(text, |(line, _)| line);
    Some(Password::new(line.strip_suffix('\r').unwrap_or(line).to_owned()))
}

/// Asks on the terminal.
pub(crate) fn prompt(question: &str) -> Result<Password, Failure> {
    let terminal = std::io::stdin().is_terminal() || std::io::stderr().is_terminal();
    let answer = if terminal { rpassword::prompt_password(question).ok() } else { None };
    answer.map(Password::new).ok_or_else(|| {
        Failure::new("the keystore needs a password, and there is no terminal to ask on")
            .help("give --ks-pass env:NAME, --ks-pass file:PATH or --ks-pass stdin, or set APKKEY_KS_PASS")
    })
}

/// What a try with a password came to.
pub(crate) enum Tried<T> {
    /// It fits.
    Opened(T),
    /// Another password may fit.
    Wrong(Failure),
    /// No password would help.
    Failed(Failure),
}

/// Tries passwords until one fits: the given one alone; or none, for a debug keystore the known one, and then what the
/// user types.
pub(crate) fn with_password<T>(
    origin: &Origin,
    is_debug: bool,
    open: impl Fn(Option<&Password>) -> Tried<T>,
) -> Result<T, Failure> {
    if let Origin::Given(password) = origin {
        return match open(Some(password)) {
            Tried::Opened(opened) => Ok(opened),
            Tried::Wrong(failure) | Tried::Failed(failure) => Err(failure),
        };
    }
    let debug = Password::new("android".to_owned());
    let known: &[Option<&Password>] = if is_debug { &[None, Some(&debug)] } else { &[None] };
    for password in known {
        match open(*password) {
            Tried::Opened(opened) => return Ok(opened),
            Tried::Failed(failure) => return Err(failure),
            Tried::Wrong(_) => {}
        }
    }
    let mut tries: usize = 1;
    loop {
        match open(Some(&prompt("Keystore password: ")?)) {
            Tried::Opened(opened) => return Ok(opened),
            Tried::Wrong(_) if tries < TRIES => tries = tries.saturating_add(1),
            Tried::Wrong(failure) | Tried::Failed(failure) => return Err(failure),
        }
    }
}
