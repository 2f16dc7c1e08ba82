//! Tries passwords until one fits.

use super::{Credential, hints, prompt};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use apkkey::keystore::PasswordEncoding;
use apkkey::secret::Password;

/// How often a prompt asks.
const TRIES: usize = 3;

/// What a try with a password came to.
pub(crate) enum Tried<T> {
    /// It fits.
    Opened(T),
    /// Another password may fit.
    Wrong(Failure),
    /// The password belongs to the file in some way, so no other is guessed; a user may type another.
    Refused(Failure),
    /// No password would help.
    Failed(Failure),
}

/// One thing that is to be opened: what is tried, in this order, and what is asked then.
pub(crate) struct Attempt<'a> {
    what: String,
    output: &'a Output,
    encoding: Option<PasswordEncoding>,
    candidates: Vec<Candidate>,
    question: Option<String>,
}

enum Candidate {
    WithoutPassword,
    /// One that the user named, and its origin.
    Named(Credential),
    /// One that is worth a try.
    Guess(Password),
}

impl<'a> Attempt<'a> {
    /// To open `what`.
    pub(crate) fn new(what: String, output: &'a Output) -> Self {
        Self { what, output, encoding: None, candidates: Vec::new(), question: None }
    }

    /// Passwords are tried in this encoding too.
    pub(crate) fn in_encoding(mut self, encoding: Option<PasswordEncoding>) -> Self {
        self.encoding = encoding;
        self
    }

    pub(crate) fn without_password(mut self) -> Self {
        self.candidates.push(Candidate::WithoutPassword);
        self
    }

    pub(crate) fn named(mut self, credential: Credential) -> Self {
        self.candidates.push(Candidate::Named(credential));
        self
    }

    pub(crate) fn guess(mut self, password: Password) -> Self {
        self.candidates.push(Candidate::Guess(password));
        self
    }

    /// When nothing else fits, asks this on the terminal.
    pub(crate) fn ask(mut self, question: String) -> Self {
        self.question = Some(question);
        self
    }

    /// Tries one after the other. A failure is about the password that the user named, if there is one; a password that
    /// was named and did not fit is told even when another did.
    pub(crate) fn run<T>(self, mut open: impl FnMut(Option<&Password>) -> Tried<T>) -> Result<T, Failure> {
        let mut failures = Failures::default();
        for candidate in &self.candidates {
            for form in self.forms(candidate) {
                match open(form.as_ref()) {
                    Tried::Opened(opened) => {
                        if let Some(origin) = failures.named.map(|(origin, _)| origin) {
                            self.output.warn(&format!("the password given with {origin} does not fit {}", self.what));
                        }
                        return Ok(opened);
                    }
                    Tried::Failed(failed) => return Err(failed),
                    Tried::Refused(refused) => return Err(about(candidate, refused)),
                    Tried::Wrong(wrong) => failures.add(candidate, wrong),
                }
            }
        }
        match &self.question {
            Some(question) if prompt::is_possible() => self.asked(question, open),
            question => Err(failures.told(question.is_some())),
        }
    }

    fn asked<T>(&self, question: &str, mut open: impl FnMut(Option<&Password>) -> Tried<T>) -> Result<T, Failure> {
        let mut failure = None;
        for number in 0..TRIES {
            let again = if number == 0 { "" } else { "That does not fit. " };
            let answer = Candidate::Guess(prompt::ask(&format!("{again}{question}"))?);
            for form in self.forms(&answer) {
                match open(form.as_ref()) {
                    Tried::Opened(opened) => return Ok(opened),
                    Tried::Failed(failed) => return Err(failed),
                    Tried::Wrong(wrong) | Tried::Refused(wrong) => failure = Some(wrong),
                }
            }
        }
        Err(failure.unwrap_or_else(|| Failure::new("no password fits")))
    }

    /// A password, and its form in the other encoding.
    fn forms(&self, candidate: &Candidate) -> Vec<Option<Password>> {
        let password = match candidate {
            Candidate::WithoutPassword => return vec![None],
            Candidate::Named(credential) => &credential.password,
            Candidate::Guess(password) => password,
        };
        let other = self.encoding.map(|encoding| encoding.byte_by_byte(password)).filter(|form| form != password);
        std::iter::once(password.clone()).chain(other).map(Some).collect()
    }
}

/// A failure with what is known about the password.
fn about(candidate: &Candidate, failure: Failure) -> Failure {
    match candidate {
        Candidate::Named(credential) => hints::add(failure, credential),
        Candidate::WithoutPassword | Candidate::Guess(_) => failure,
    }
}

/// Why the candidates did not fit.
#[derive(Default)]
struct Failures {
    named: Option<(String, Failure)>,
    other: Option<Failure>,
}

impl Failures {
    fn add(&mut self, candidate: &Candidate, failure: Failure) {
        let failure = about(candidate, failure);
        match candidate {
            Candidate::Named(credential) => {
                self.named.get_or_insert((credential.origin.clone(), failure));
            }
            Candidate::WithoutPassword | Candidate::Guess(_) => {
                self.other.get_or_insert(failure);
            }
        }
    }

    fn told(self, would_ask: bool) -> Failure {
        if let Some((_, failure)) = self.named {
            return failure;
        }
        const NOWHERE: &str = "there is no terminal to ask on";
        match self.other {
            Some(mut failure) if would_ask => {
                failure.message = format!("{}, and {NOWHERE}", failure.message);
                failure
            }
            Some(failure) => failure,
            None => Failure::new(format!("a password is wanted, and {NOWHERE}"))
                .help("give it as env:NAME, file:PATH or stdin instead of prompt"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Arguments;
    use clap::Parser;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    fn credential(text: &str) -> Credential {
        Credential { password: password(text), origin: "--ks-pass env:P".to_owned() }
    }

    /// What was tried, and the outcome, when only `right` fits.
    fn tried(
        right: Option<&str>,
        attempt: impl FnOnce(Attempt<'_>) -> Attempt<'_>,
    ) -> (Vec<String>, Result<(), String>) {
        let output = Output::new(&Arguments::try_parse_from(["apkkey", "explain", "--list"]).unwrap().output);
        let mut seen = Vec::new();
        let outcome = attempt(Attempt::new("it".to_owned(), &output)).run(|password| {
            let text = password.map(|password| password.reveal().to_owned());
            seen.push(text.clone().unwrap_or_else(|| "-".to_owned()));
            match text.as_deref() {
                found if found == right => Tried::Opened(()),
                Some("half") => Tried::Refused(Failure::new("half right")),
                None => Tried::Wrong(Failure::new("needed")),
                Some(_) => Tried::Wrong(Failure::new("wrong")),
            }
        });
        (seen, outcome.map_err(|failure| failure.message))
    }

    #[test]
    fn all_candidates_are_tried_in_their_order_and_forms() {
        let encoding = PasswordEncoding::named("ibm437");
        let (seen, outcome) = tried(None, |attempt| {
            attempt.in_encoding(encoding).named(credential("\u{fc}")).guess(password("a")).without_password()
        });
        assert_eq!(seen, ["\u{fc}", "\u{81}", "a", "-"]);
        assert!(outcome.is_ok(), "without a password it opens");
        let (seen, outcome) =
            tried(Some("\u{81}"), |attempt| attempt.in_encoding(encoding).named(credential("\u{fc}")));
        assert_eq!((seen.len(), outcome), (2, Ok(())));
    }

    #[test]
    fn the_failure_is_about_what_the_user_named() {
        let (_, outcome) =
            tried(Some("x"), |attempt| attempt.without_password().named(credential("a")).guess(password("b")));
        assert_eq!(outcome.unwrap_err(), "wrong (given with --ks-pass env:P)");
        let (_, outcome) = tried(Some("x"), |attempt| attempt.guess(password("b")).without_password());
        assert_eq!(outcome.unwrap_err(), "wrong");
        let (_, outcome) = tried(Some("x"), |attempt| attempt.without_password().ask("?".to_owned()));
        assert_eq!(outcome.unwrap_err(), "needed, and there is no terminal to ask on");
    }

    #[test]
    fn behind_a_password_that_fits_in_part_nothing_is_guessed() {
        let (seen, outcome) = tried(None, |attempt| attempt.named(credential("half")).without_password());
        assert_eq!(seen, ["half"]);
        assert_eq!(outcome.unwrap_err(), "half right (given with --ks-pass env:P)");
    }
}
