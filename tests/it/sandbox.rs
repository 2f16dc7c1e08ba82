//! A fresh directory with a scrubbed environment for each run of the program.

use crate::leaks;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A fixture's bytes.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(repository("fixtures").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The oracle's answer beside a fixture.
pub(crate) fn oracle(name: &str) -> Value {
    serde_json::from_slice(&fixture(&format!("{name}.oracle.json"))).unwrap()
}

/// The option that makes the fixtures' keys authentic.
pub(crate) fn token_key() -> String {
    format!("--token-key={}", repository("fixtures/keys/token-test-key.pub.pem").display())
}

/// Where a test works. It is removed at the end.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a fixture in, under its own file name.
    pub(crate) fn with(self, name: &str) -> Self {
        let file = Path::new(name).file_name().unwrap().to_str().unwrap().to_owned();
        self.with_bytes(&file, &fixture(name))
    }

    /// Puts a file in.
    pub(crate) fn with_bytes(self, name: &str, bytes: &[u8]) -> Self {
        std::fs::write(self.path(name), bytes).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// The names of all files, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs the program in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[])
    }

    /// Runs the program with environment variables and nothing on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = self.command(arguments);
        command.envs(environment.iter().copied()).stdin(Stdio::null());
        let output = command.output().unwrap();
        Ran::new(&command, &output)
    }

    /// Runs the program with an upper bound on its address space: `SPACE` in the environment, in KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn run_bounded(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let program = self.command(arguments);
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -v $SPACE && exec \"$@\"", "sh"])
            .arg(program.get_program())
            .args(program.get_args());
        command.current_dir(self.folder.path()).envs(environment.iter().copied()).stdin(Stdio::null());
        let output = command.output().unwrap();
        Ran::new(&command, &output)
    }

    /// Runs the program with this on standard input.
    pub(crate) fn run_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        use std::io::Write;
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        Ran::new(&command, &child.wait_with_output().unwrap())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_apkkey"));
        command.args(arguments).current_dir(self.folder.path());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI", "TERM"] {
            command.env_remove(name);
        }
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("APKKEY") {
                command.env_remove(name);
            }
        }
        command
    }
}

/// What a run printed. Every assertion shows all of it.
pub(crate) struct Ran {
    what: String,
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    fn new(command: &Command, output: &std::process::Output) -> Self {
        let ran = Self {
            what: format!("{:?}", command.get_args().collect::<Vec<_>>()),
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        leaks::refuse(&ran.what, &ran.stdout);
        leaks::refuse(&ran.what, &ran.stderr);
        ran
    }

    pub(crate) fn shown(&self) -> String {
        let Self { what, code, stdout, stderr } = self;
        format!("{what}\nexit {code}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }

    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.shown());
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "`{text}` is not in the report of {}", self.shown());
        self
    }

    #[track_caller]
    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "`{text}` is not in the errors of {}", self.shown());
        self
    }

    #[track_caller]
    pub(crate) fn silent_about(self, text: &str) -> Self {
        assert!(!self.stdout.contains(text) && !self.stderr.contains(text), "`{text}` is in {}", self.shown());
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.shown()))
    }

    /// The ids of the checks that found something of this severity, without repetition.
    #[track_caller]
    pub(crate) fn findings(&self, severity: &str) -> Vec<String> {
        let json = self.json();
        let checks = json["files"][0]["checks"].as_array().unwrap_or_else(|| panic!("{}", self.shown())).clone();
        let found = checks.iter().filter(|c| c["outcome"] == "fail" && c["severity"] == severity);
        let mut ids: Vec<String> = found.map(|check| check["id"].as_str().unwrap().to_owned()).collect();
        ids.dedup();
        ids
    }
}
