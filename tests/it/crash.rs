//! Whatever happens while a file is written, the old one or the new one is there, whole.

use crate::sandbox::{Sandbox, fixture, repository};
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The demo app with so much more in it that writing it takes a while.
fn large_app(megabytes: usize) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new_append(Cursor::new(fixture("apk/demo-unsigned.apk"))).unwrap();
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    archive.start_file("assets/large.bin", options).unwrap();
    let mut state: u32 = 1;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()
    };
    let piece: Vec<u8> = (0..1 << 18).flat_map(|_| noise()).collect();
    for _ in 0..megabytes {
        archive.write_all(&piece).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn sign(folder: &Path) -> Command {
    let key = |ending: &str| repository(&format!("fixtures/keys/release.{ending}.pem"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_apkkey"));
    command.args(["sign", "app.apk", "--key"]).arg(key("key")).arg("--cert").arg(key("crt")).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Kills the program at `kills` moments spread over its run.
#[cfg(unix)]
fn old_or_new_after_kills(kills: u32, megabytes: usize) {
    let old = large_app(megabytes);
    let sandbox = Sandbox::new().with_bytes("app.apk", &old);
    let start = std::time::Instant::now();
    assert!(sign(&sandbox.path("")).status().unwrap().success());
    let whole = start.elapsed();
    let new = sandbox.read("app.apk");
    let mut interrupted = 0;
    for kill in 0..kills {
        std::fs::write(sandbox.path("app.apk"), &old).unwrap();
        let mut child = sign(&sandbox.path("")).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(f64::from(kill) / f64::from(kills)));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = sandbox.read("app.apk");
        assert!(found == old || found == new, "kill {kill}: neither the old nor the new file");
        interrupted += u32::from(found == old);
        for name in sandbox.files().into_iter().filter(|name| name != "app.apk") {
            assert!(name.starts_with(".app.apk.apkkey-") && name.ends_with(".tmp"), "{name}");
            std::fs::remove_file(sandbox.path(&name)).unwrap();
        }
    }
    assert!(interrupted > 0, "no kill came in time");
    assert!(sign(&sandbox.path("")).status().unwrap().success(), "and the next run works");
    assert!(sandbox.read("app.apk") == new);
}

#[cfg(unix)]
#[test]
fn a_killed_program_leaves_the_old_or_the_new_file() {
    old_or_new_after_kills(8, 4);
}

#[cfg(unix)]
#[test]
#[ignore = "long"]
fn long_two_hundred_kills_leave_the_old_or_the_new_file() {
    old_or_new_after_kills(200, 40);
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs unshare and mount"]
fn oracle_a_full_disk_leaves_the_old_file_and_nothing_else() {
    let sandbox = Sandbox::new().with_bytes("app.apk", &large_app(4));
    let key = |ending: &str| repository(&format!("fixtures/keys/release.{ending}.pem")).display().to_string();
    let script = format!(
        "mkdir disk && mount -t tmpfs -o size=6m tmpfs disk && cp app.apk disk && cd disk && \
         '{}' sign app.apk --key '{}' --cert '{}'; code=$?; cmp app.apk ../app.apk && ls -A && exit $code",
        env!("CARGO_BIN_EXE_apkkey"),
        key("key"),
        key("crt"),
    );
    let output = Command::new("unshare").args(["-rm", "sh", "-c", &script]).current_dir(sandbox.path("")).output();
    let output = output.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(2), "{out}{err}");
    assert_eq!(out, "app.apk\n", "{err}");
    assert!(err.contains("cannot write `") && err.contains("space"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_nobody_may_write_into_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new().with_bytes("app.apk", &fixture("apk/demo-unsigned.apk"));
    let folder = sandbox.path("closed");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(sandbox.path("app.apk"), folder.join("app.apk")).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    // root may write everywhere
    let is_root = std::fs::write(folder.join("probe"), b"").is_ok();
    let output = sign(&folder).output().unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    if !is_root {
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write into the folder"));
        assert_eq!(std::fs::read(folder.join("app.apk")).unwrap(), fixture("apk/demo-unsigned.apk"));
    }
}

/// Another process writes to the input while it is read: nothing is written.
#[test]
fn an_input_that_changes_is_told() {
    let sandbox = Sandbox::new().with_bytes("app.apk", &large_app(30));
    let mut told = 0;
    for delay in [5, 10, 20, 30, 40, 60, 80, 120] {
        std::fs::write(sandbox.path("app.apk"), large_app(30)).unwrap();
        let child = sign(&sandbox.path("")).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        let mut file = std::fs::OpenOptions::new().append(true).open(sandbox.path("app.apk")).unwrap();
        file.write_all(b"more").unwrap();
        drop(file);
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() == Some(2) {
            assert!(sandbox.read("app.apk").ends_with(b"more"), "the input is as the other process left it");
            told += 1;
        }
        assert_eq!(sandbox.files(), ["app.apk"], "{text}");
    }
    assert!(told > 0);
}
