//! One line on standard error that tells how far the work is, for people who wait.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How long nobody needs to be told anything in the beginning.
const PATIENCE: Duration = Duration::from_millis(500);

/// The line. It goes away when this is dropped.
#[derive(Debug)]
pub(crate) struct Progress<W: Write = io::Stderr> {
    out: Option<W>,
    /// When it is time to write the line.
    due: Instant,
    done: usize,
    total: usize,
    /// How many characters stand in the line now.
    shown: usize,
}

impl Progress {
    /// How often the line is written anew.
    pub(crate) const PERIOD: Duration = Duration::from_millis(100);

    /// For a terminal, unless the user wants it quiet.
    pub(super) fn new(total: usize, quiet: bool) -> Self {
        let out = (!quiet && io::stderr().is_terminal()).then(io::stderr);
        Self::to(out, total)
    }

    /// Never tells anything.
    #[cfg(test)]
    pub(crate) fn hidden() -> Self {
        Self::to(None, 0)
    }
}

impl<W: Write> Progress<W> {
    fn to(out: Option<W>, total: usize) -> Self {
        Self { out, due: after(PATIENCE), done: 0, total, shown: 0 }
    }

    /// One more is done.
    pub(crate) fn done(&mut self) {
        self.done = self.done.saturating_add(1);
        self.tell();
    }

    /// Writes the line, once it takes long, and not more often than a person can read.
    pub(crate) fn tell(&mut self) {
        if Instant::now() < self.due {
            return;
        }
        self.due = after(Progress::PERIOD);
        let line = match self.total {
            1 => "checking 1 file".to_owned(),
            total => format!("checked {} of {total} files", self.done),
        };
        self.write(&line);
    }

    /// Over what stands there, without any control sequence but the carriage return.
    fn write(&mut self, line: &str) {
        let Some(out) = &mut self.out else { return };
        let width = self.shown.max(line.len());
        // a terminal that went away has no reader to tell
        drop(write!(out, "\r{line:<width$}").and_then(|()| out.flush()));
        self.shown = line.len();
    }
}

fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now)
}

impl<W: Write> Drop for Progress<W> {
    fn drop(&mut self) {
        if self.shown > 0 {
            self.write("");
            self.write("");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written in a run that is long or short.
    fn written(is_long: bool, total: usize) -> String {
        let mut bytes = Vec::new();
        let mut progress = Progress::to(Some(&mut bytes), total);
        for _ in 0..2 {
            if is_long {
                progress.due = Instant::now();
            }
            progress.done();
            progress.tell();
        }
        drop(progress);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_short_run_tells_nothing() {
        assert_eq!(written(false, 3), "");
    }

    #[test]
    fn a_long_run_tells_how_far_it_is_and_leaves_nothing_behind() {
        let line = "checked 1 of 3 files";
        let blank = " ".repeat(line.len());
        assert_eq!(written(true, 3), format!("\r{line}\rchecked 2 of 3 files\r{blank}\r"));
        assert!(written(true, 1).starts_with("\rchecking 1 file"));
    }
}
