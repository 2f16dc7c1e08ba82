//! A word to the user when deriving a key takes long, so that nobody thinks the program hangs.

use super::output::Output;
use apkkey::keystore::KdfBudget;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long nothing is said.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does the work; when it takes longer than a second, says on standard error why, once in a command.
pub(crate) fn with_word<T>(budget: &KdfBudget, output: &Output, work: impl FnOnce() -> T) -> T {
    static SAID: AtomicBool = AtomicBool::new(false);
    let say = || {
        if !SAID.swap(true, Ordering::Relaxed) {
            output.note(&reason(budget.most_rounds()));
        }
    };
    after(PATIENCE, say, work)
}

fn after<T>(patience: Duration, say: impl FnOnce() + Send, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        let (done, wait) = channel::<()>();
        scope.spawn(move || {
            if let Err(RecvTimeoutError::Timeout) = wait.recv_timeout(patience) {
                say();
            }
        });
        let outcome = work();
        drop(done);
        outcome
    })
}

fn reason(rounds: u32) -> String {
    match rounds {
        0 => "opening takes a while: deriving the key is costly".to_owned(),
        _ => format!("opening takes a while: the keystore uses {} key-derivation rounds", grouped(rounds)),
    }
}

/// A number with commas between thousands.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slow_work_is_explained() {
        let said = AtomicBool::new(false);
        let say = || said.store(true, Ordering::Relaxed);
        assert_eq!(after(Duration::from_secs(60), say, || 7), 7);
        assert!(!said.load(Ordering::Relaxed));
        after(Duration::from_millis(1), say, || {
            while !said.load(Ordering::Relaxed) {
                thread::yield_now();
            }
        });
        assert_eq!(reason(5_000_000), "opening takes a while: the keystore uses 5,000,000 key-derivation rounds");
        assert_eq!((grouped(999).as_str(), grouped(1000).as_str()), ("999", "1,000"));
    }
}
