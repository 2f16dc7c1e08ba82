//! What may be wrong with a password that does not fit, told without showing it.

use super::Credential;
use crate::cli::failure::Failure;

/// Says where the password came from, and what about it looks like a slip.
pub(super) fn add(mut failure: Failure, credential: &Credential) -> Failure {
    let Credential { password, origin } = credential;
    failure.message = format!("{} (given with {origin})", failure.message);
    if let Some(slip) = slip(password.reveal()) {
        failure.help = Some(slip.to_owned());
    }
    failure
}

/// The first thing that seldom belongs to a password.
fn slip(password: &str) -> Option<&'static str> {
    let quoted = |quote: char| password.len() > 1 && password.starts_with(quote) && password.ends_with(quote);
    if password.is_empty() {
        return Some("this password is empty: is the secret defined where this runs?");
    }
    if password.trim().is_empty() || password != password.trim() {
        return Some(
            "this password begins or ends with white space: secrets often get a line break or a space when they are copied",
        );
    }
    if quoted('"') || quoted('\'') {
        return Some("this password stands in quotation marks: take them off if they do not belong to it");
    }
    if password.starts_with("${") || password.starts_with("$(") || password.starts_with("%(") {
        return Some("this password looks like a variable that was not replaced by its value");
    }
    if !password.is_ascii() {
        return Some(
            "this password has characters beyond ASCII: name the encoding of the console where the keystore was made, as in --pass-encoding ibm437",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use apkkey::secret::Password;

    #[test]
    fn slips_are_told_and_passwords_are_not_shown() {
        for (password, word) in [
            ("", "empty"),
            ("hunter2 ", "white space"),
            ("hunter2\r", "white space"),
            ("\"hunter2\"", "quotation"),
            ("${{ secrets.hunter2 }}", "variable"),
            ("hunter2\u{e4}", "--pass-encoding"),
        ] {
            let credential =
                Credential { password: Password::new(password.to_owned()), origin: "--ks-pass env:KS".to_owned() };
            let failure = add(Failure::new("wrong password"), &credential);
            assert_eq!(failure.message, "wrong password (given with --ks-pass env:KS)");
            let help = failure.help.unwrap();
            assert!(help.contains(word) && !help.contains("hunter2"), "{help}");
        }
        assert_eq!(slip("hunter2"), None);
    }
}
