//! Our view of an archive is that of Android's own libziparchive, on good and on changed archives.

use crate::oracle::succeeds;
use crate::sandbox::{fixture, repository};
use apkkey::zip::{Directory, ZipError};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const LARGEST: u64 = 1 << 26;

/// Builds the program that asks libziparchive.
fn build(folder: &Path) -> std::path::PathBuf {
    let program = folder.join("ask");
    let source = repository("tests/it/libziparchive.cc");
    let libraries = "/usr/lib/x86_64-linux-gnu/android";
    let (search, run_path) = (format!("-L{libraries}"), format!("-Wl,-rpath,{libraries}"));
    let arguments = [
        "-O1",
        "-std=c++17",
        "-I/usr/include/android",
        source.to_str().unwrap(),
        "-o",
        program.to_str().unwrap(),
        &search,
        "-lziparchive",
        &run_path,
    ];
    succeeds("g++", &arguments, folder);
    program
}

/// What libziparchive says of each archive, a line for the archive and one for each name.
fn ask(program: &Path, archives: &[Vec<u8>], names: &[String]) -> Vec<Vec<String>> {
    let mut child =
        Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let number = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
    let mut question = Vec::new();
    for archive in archives {
        question.extend(number(archive.len()));
        question.extend(archive);
        question.extend(number(names.len()));
        for name in names {
            question.extend(number(name.len()));
            question.extend(name.as_bytes());
        }
    }
    let writer = std::thread::spawn(move || input.write_all(&question));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut answers: Vec<Vec<String>> = Vec::new();
    for line in text.lines() {
        if line.starts_with("refused") || line.starts_with("opened") {
            answers.push(Vec::new());
        }
        answers.last_mut().unwrap().push(line.to_owned());
    }
    answers
}

/// What we say, in the same words as far as they are compared.
fn ours(archive: &[u8], names: &[String]) -> Vec<String> {
    let Ok(directory) = Directory::read(&archive) else { return vec!["refused".into()] };
    if directory.violations().iter().any(|violation| violation.is_refused_by_android()) {
        return vec!["refused".into()];
    }
    let mut lines = vec![format!("opened {}", directory.entries().len())];
    for name in names {
        let Some(entry) = directory.find(name) else {
            lines.push("unusable".into());
            continue;
        };
        lines.push(match directory.contents(&archive, entry, LARGEST) {
            Ok(contents) => {
                let hash = contents.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                    (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
                });
                format!("read {} {hash:016x}", contents.len())
            }
            // rules of apksig beside those of libziparchive, which does not compute the CRC-32
            Err(ZipError::Local { reason, .. } | ZipError::Data { reason, .. })
                if reason.contains("disagree about a data descriptor") || reason.contains("CRC-32 does not match") =>
            {
                "stricter".into()
            }
            Err(_) => "unusable".into(),
        });
    }
    lines
}

/// Why an archive or an entry is refused is not compared.
fn comparable(line: &str) -> String {
    match line.split(' ').next().unwrap() {
        "opened" | "read" => line.to_owned(),
        "refused" => "refused".to_owned(),
        _ => "unusable".to_owned(),
    }
}

fn agree(ours: &[String], theirs: &[String]) -> bool {
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| ours == theirs || ours == "stricter")
}

/// Each byte of the archive's own structures with some of its bits changed.
fn changed(file: &[u8]) -> Vec<Vec<u8>> {
    let directory = Directory::read(&file).unwrap();
    let place = |offset: u64| usize::try_from(offset).unwrap();
    let layout = directory.layout();
    let mut places: Vec<usize> = (place(layout.directory.start)..file.len()).collect();
    for entry in directory.entries() {
        let local = directory.local_header(&file, entry).unwrap();
        places.extend(place(local.header.start)..place(local.header.end));
        places.extend((place(local.data.start)..place(local.data.end)).take(4));
    }
    let change = |(at, mask): (usize, u8)| {
        let mut changed = file.to_vec();
        changed[at] ^= mask;
        changed
    };
    let changes = places.iter().flat_map(|at| [1, 0x80, 0xff].map(|mask| (*at, mask)));
    let prefixes = (0..file.len()).step_by(7).map(|end| file[..end].to_vec());
    changes.map(change).chain(prefixes).collect()
}

#[test]
#[ignore = "needs g++ and android-libziparchive-dev"]
fn oracle_libziparchive_sees_the_same_archive() {
    let folder = tempfile::tempdir().unwrap();
    let program = build(folder.path());
    let mut differences = Vec::new();
    let mut asked = 0;
    for name in
        ["apk/signed-v1-only.apk", "apk/demo-unaligned-unsigned.apk", "apk/key-duplicate.apk", "aab/demo-unsigned.aab"]
    {
        let good = fixture(name);
        let names: Vec<String> = match Directory::read(&good) {
            Ok(directory) => directory.entries().iter().map(|entry| entry.name.clone()).collect(),
            Err(error) => panic!("{name}: {error}"),
        };
        let archives: Vec<Vec<u8>> = [good.clone()].into_iter().chain(changed_or_none(&good)).collect();
        for batch in archives.chunks(500) {
            let answers = ask(&program, batch, &names);
            assert_eq!(answers.len(), batch.len(), "{name}: libziparchive did not answer each question");
            for (archive, theirs) in batch.iter().zip(answers) {
                asked += 1;
                let theirs: Vec<String> = theirs.iter().map(|line| comparable(line)).collect();
                let ours = ours(archive, &names);
                if !agree(&ours, &theirs) {
                    let at = archive.iter().zip(&good).position(|(a, b)| a != b);
                    let line = ours.iter().zip(&theirs).position(|(a, b)| a != b && a != "stricter");
                    differences.push(format!(
                        "{name} byte {at:?}: ours {:?}, theirs {:?}",
                        line.map(|l| &ours[l]),
                        line.map(|l| &theirs[l])
                    ));
                }
            }
        }
    }
    assert!(asked > 5000);
    assert!(
        differences.is_empty(),
        "{} of {asked} differ\n{}",
        differences.len(),
        differences[..differences.len().min(60)].join("\n")
    );
}

fn changed_or_none(file: &[u8]) -> Vec<Vec<u8>> {
    let fits = Directory::read(&file).is_ok_and(|directory| directory.violations().is_empty());
    if fits { changed(file) } else { Vec::new() }
}
