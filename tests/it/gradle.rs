//! `apkkey gradle`. The scripts themselves are run by `.ci/gradle`.

use crate::sandbox::Sandbox;

#[test]
fn the_script_is_printed_and_written_alike() {
    let sandbox = Sandbox::new();
    for (option, words) in [(None, "androidComponents"), (Some("--legacy"), "applicationVariants")] {
        let arguments: Vec<&str> = ["gradle"].into_iter().chain(option).collect();
        let printed = sandbox.run(&arguments).code(0).says(words).stdout;
        let first = printed.lines().next().unwrap();
        assert!(
            first.starts_with(concat!("// apkkey ", env!("CARGO_PKG_VERSION"), ". Made by `apkkey gradle")),
            "{first}"
        );
        assert_eq!(first.contains("--legacy"), option.is_some());
        let written = sandbox.run(&[&arguments[..], &["--write", "apkkey.gradle"]].concat()).code(0);
        written.says("").complains("apply from: 'apkkey.gradle'");
        assert_eq!(String::from_utf8(sandbox.read("apkkey.gradle")).unwrap(), printed);
        sandbox.run(&["gradle", "--check", "apkkey.gradle"]).code(0).says("");
    }
    sandbox.run(&["gradle", "--write", "none/apkkey.gradle"]).code(2).complains("check that the folder exists");
}

#[test]
fn a_script_that_is_out_of_date_is_told_with_the_command_that_writes_it() {
    let sandbox = Sandbox::new();
    for option in ["", " --legacy"] {
        let text = format!("// apkkey 0.0.1. Made by `apkkey gradle{option} --write`; do not edit.\nold\n");
        let sandbox = Sandbox::new().with_bytes("apkkey.gradle", text.as_bytes());
        let told = sandbox.run(&["gradle", "--check", "apkkey.gradle"]).code(1);
        told.complains("is not the script of apkkey")
            .complains(&format!("`apkkey gradle{option} --write apkkey.gradle`"));
    }
    sandbox.run(&["gradle", "--check", "apkkey.gradle"]).code(2).complains("there is no such file");
    sandbox.run(&["gradle", "--format", "json"]).code(2);
    // line ends that git changed are no difference
    let crlf = sandbox.run(&["gradle"]).stdout.replace('\n', "\r\n");
    Sandbox::new().with_bytes("a.gradle", crlf.as_bytes()).run(&["gradle", "--check", "a.gradle"]).code(0);
}

/// No password can reach a command line through the scripts: they know of none.
#[test]
fn the_scripts_know_no_secret() {
    for option in [&["gradle"][..], &["gradle", "--legacy"]] {
        let script = Sandbox::new().run(option).stdout.to_lowercase();
        assert!(!["password", "storefile", "keyalias", "signingconfig"].iter().any(|word| script.contains(word)));
    }
}
