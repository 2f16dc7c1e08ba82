//! The part of the report that tells what a key file says, wherever it lies.

use super::{ApiKeyObject, ProblemObject};
use crate::advice::Advice;
use crate::api_key::{ApiKey, Authentic, KeyFile, NotAuthentic, Platform, TokenError, TokenKey, authenticate};

/// What a key says, and everything that is wrong with it.
#[must_use]
pub fn key_object(file: &KeyFile, token_key: &TokenKey) -> ApiKeyObject {
    let mut problems: Vec<ProblemObject> = Vec::new();
    let mut object = ApiKeyObject::default();
    match &file.key {
        Ok(key) => {
            let result = authenticate(key, token_key);
            object = object.with_claims(key).authenticated(result.as_ref().ok().map(Authentic::authority));
            problems.extend(key_problems(key, result.err()));
        }
        Err(error) => {
            problems.push(ProblemObject { id: "key-malformed", message: error.to_string(), help: error.help() })
        }
    }
    let is_something_else = matches!(file.key, Err(TokenError::Other(_)));
    let defects = file.defects.iter().filter(|_| !is_something_else);
    problems.extend(defects.map(|defect| ProblemObject {
        id: defect.id(),
        message: defect.to_string(),
        help: Some(defect.help().to_owned()),
    }));
    if let Some(repaired) = file.repaired().filter(|repaired| authenticate(&repaired.key, token_key).is_ok()) {
        let undone: Vec<String> = repaired.undone.iter().map(ToString::to_string).collect();
        problems.push(ProblemObject {
            id: "repairable",
            message: format!("the key inside is genuine once this is undone: {}", undone.join(", ")),
            help: None,
        });
    }
    object.problems = problems;
    object
}

fn key_problems(key: &ApiKey, not_authentic: Option<NotAuthentic>) -> Vec<ProblemObject> {
    let not_authentic = not_authentic.map(|error| ProblemObject {
        id: "key-not-authentic",
        message: error.to_string(),
        help: error.help(),
    });
    let mut problems: Vec<ProblemObject> = not_authentic.into_iter().collect();
    if key.claims().platform() != Platform::Ios {
        problems.extend(key.claims().problems().into_iter().map(|problem| ProblemObject {
            id: "key-claims",
            message: problem.to_string(),
            help: problem.help(),
        }));
    }
    problems
}
