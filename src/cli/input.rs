//! Files and standard input, with a limit on what is read into memory.

use super::failure::{Failure, io_failure};
use apkkey::advice::Advice;
use apkkey::api_key::TokenKey;
use apkkey::report::small_file;
use apkkey::source::{FileSource, ReadAt};
use apkkey::timestamp::Timestamp;
use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes of the largest keystore, certificate or key file that is read: `apkkey::limits::KEYSTORE_SIZE`.
const WHOLE_FILE: usize = apkkey::limits::KEYSTORE_SIZE;

fn whole_file() -> u64 {
    u64::try_from(WHOLE_FILE).unwrap_or(u64::MAX)
}

/// Opens a file for positioned reads.
pub(crate) fn open(path: &Path) -> Result<FileSource, Failure> {
    let metadata = std::fs::metadata(path).map_err(|error| io_failure(path, &error))?;
    if metadata.is_dir() {
        return Err(io_failure(path, &std::io::ErrorKind::IsADirectory.into()));
    }
    if !metadata.is_file() {
        return Err(Failure::new("this is not a regular file")
            .help("name a file; only keys are read from `-`")
            .at(path));
    }
    FileSource::open(path).map_err(|error| io_failure(path, &error))
}

/// Reads a small file whole.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let source = open(path)?;
    read_source(&source).map_err(|failure| failure.at(path))
}

/// Reads an opened small file whole.
pub(crate) fn read_source(source: &FileSource) -> Result<Vec<u8>, Failure> {
    small_file(source)
}

/// Reads the first bytes, to tell what a file is.
pub(crate) fn head(source: &FileSource) -> Result<Vec<u8>, Failure> {
    source.bytes(0..source.size().min(apkkey::limits::DETECTED)).map_err(|error| Failure::new(error.to_string()))
}

/// Reads standard input to its end.
pub(crate) fn standard_input() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(whole_file().saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
    if bytes.len() > WHOLE_FILE {
        return Err(Failure::new("standard input has more bytes than any key"));
    }
    Ok(bytes)
}

/// Reads a file of passwords, which may be a pipe.
pub(crate) fn read_password_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let file = std::fs::File::open(path).map_err(|error| io_failure(path, &error))?;
    let limit = apkkey::limits::PASSWORD_FILE;
    // room for everything at once, so that no copy stays behind
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit.saturating_add(1)));
    let most = u64::try_from(limit.saturating_add(1)).unwrap_or(u64::MAX);
    file.take(most).read_to_end(&mut bytes).map_err(|error| io_failure(path, &error))?;
    if bytes.len() > limit {
        return Err(Failure::new(format!("the file has more than {limit} bytes, so it is no file of passwords"))
            .help("give a text file with one password on each line"));
    }
    Ok(bytes)
}

/// An environment variable that is text.
pub(crate) fn environment(name: &str) -> Option<String> {
    environment_os(name).and_then(|value| value.into_string().ok())
}

/// An environment variable. The one place where the environment is read.
#[expect(clippy::disallowed_methods, reason = "this is the door to the environment")]
pub(crate) fn environment_os(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The key that API keys must be signed with.
pub(crate) fn token_key(path: Option<&Path>) -> Result<TokenKey, Failure> {
    let Some(path) = path else { return Ok(TokenKey::Amazon) };
    TokenKey::parse(&read(path)?).map_err(|error| Failure::from_error(&error).at(path))
}

/// The bytes of an API key given as a path, `env:NAME`, or `-`.
pub(crate) fn api_key(spec: &str) -> Result<Vec<u8>, Failure> {
    if spec == "-" {
        return standard_input();
    }
    if let Some(name) = spec.strip_prefix("env:") {
        return environment(name).map(String::into_bytes).ok_or_else(|| {
            Failure::new(format!("the environment variable {name} is not set"))
                .help("set it to the API key, or give --api-key a path")
        });
    }
    read(Path::new(spec))
}

/// Turns an error of the library into a failure about a file.
pub(crate) fn about<'a, E: Advice + 'static>(path: &'a Path) -> impl Fn(E) -> Failure + 'a {
    move |error| Failure::from_error(&error).at(path)
}

/// The time, unless the clock stands before 1970.
pub(super) fn today() -> Option<Timestamp> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
    Timestamp::from_seconds(i64::try_from(since.as_secs()).ok()?)
}
