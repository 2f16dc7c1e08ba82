//! Puts the page together: builds the module for the browser, and writes one file that holds everything.
//!
//! `cargo run --manifest-path web/Cargo.toml -- apkkey.html`

#![expect(clippy::disallowed_methods, reason = "the rules are those of the program; this one builds it")]

use apkkey::report::html::{COPY, Frame, Html, STYLE, frame};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, write::GzEncoder};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const PAGE_STYLE: &str = include_str!("../page/page.css");
const PAGE: &str = include_str!("../page/page.js");
const WORKER: &str = include_str!("../page/worker.js");
const TARGET: &str = "wasm32-unknown-unknown";

#[expect(clippy::print_stdout, reason = "this is a program for the terminal")]
fn main() -> Result<(), Box<dyn Error>> {
    let out = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("apkkey.html"), PathBuf::from);
    let module = build()?;
    let page = page(&module)?;
    std::fs::write(&out, &page)?;
    println!("{}: {} bytes, of which the module has {} (not compressed)", out.display(), page.len(), module.len());
    Ok(())
}

/// The module, built with the same Cargo and without a path of this machine in it.
fn build() -> Result<Vec<u8>, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = folder.join("target");
    let status = Command::new(cargo)
        .args(["build", "--release", "--locked", "--lib", "--no-default-features", "--target", TARGET])
        .arg("--manifest-path")
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(folder))
        .status()?;
    if !status.success() {
        return Err(format!("the module was not built; if the target is missing: rustup target add {TARGET}").into());
    }
    let module = target.join(TARGET).join("release").join("apkkey_page.wasm");
    let smaller = target.join("apkkey_page.smaller.wasm");
    let is_smaller = shrink(&module, &smaller);
    Ok(std::fs::read(if is_smaller { smaller } else { module })?)
}

/// Binaryen's `wasm-opt` takes off a sixth; without it the page is as good.
fn shrink(module: &Path, smaller: &Path) -> bool {
    let features =
        ["bulk-memory", "sign-ext", "nontrapping-float-to-int", "mutable-globals", "reference-types", "multivalue"];
    let features = features.iter().map(|feature| format!("--enable-{feature}"));
    let mut tool = Command::new("wasm-opt");
    // what the compiler made of loops and branches is made anew in the middle
    tool.args(["-Oz", "--flatten", "--rereloop", "-Oz", "-Oz"]).args(features);
    tool.args(["--strip-debug", "--strip-producers"]).arg(module).arg("-o").arg(smaller);
    tool.status().is_ok_and(|status| status.success())
}

/// Paths of this machine become names, so that the page is the same wherever it is built.
fn flags(folder: &Path) -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let user = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    let home = home.or_else(|| user.map(|user| PathBuf::from(user).join(".cargo")));
    let root = folder.parent().unwrap_or(folder);
    let renamed = [(Some(root.to_owned()), "apkkey"), (home, "cargo")];
    let flags = renamed.into_iter().filter_map(|(path, name)| Some((path?, name)));
    let flags = flags.map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display()));
    // as .cargo/config.toml says: nothing here signs, so nothing asks for random numbers
    let flags = flags.chain(["--cfg=getrandom_backend=\"unsupported\"".to_owned()]);
    flags.collect::<Vec<_>>().join("\u{1f}")
}

/// The whole page.
fn page(module: &[u8]) -> Result<String, Box<dyn Error>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(module)?;
    let module = STANDARD.encode(packed.finish()?);
    let look = Frame {
        title: "apkkey: what Amazon’s form asks for",
        styles: &[STYLE, PAGE_STYLE],
        scripts: &[COPY, PAGE],
        // a module is compiled, in a worker that is made from this page; nothing may be asked of any host
        allowed: (" 'wasm-unsafe-eval'", "; worker-src blob:; connect-src 'none'"),
    };
    Ok(frame(&look, |html| {
        html.own(include_str!("../page/page.html"));
        html.leaf(
            "footer",
            "",
            &format!("apkkey {}. This page works without a network: save it, or mail it.", env!("CARGO_PKG_VERSION")),
        );
        data(html, "worker", |html| {
            html.own(WORKER);
        });
        data(html, "module", |html| {
            html.text(&module);
        });
    }))
}

/// Something that the page's script reads, and no browser runs.
fn data(html: &mut Html, id: &str, inside: impl FnOnce(&mut Html)) {
    html.own("\n").with("script", &[("type", "text/plain"), ("id", id)], inside);
}
