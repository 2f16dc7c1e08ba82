//! `--format` and `--report`: what CI servers read.

use crate::sandbox::{Ran, Sandbox, token_key};

fn verify(files: &[&str], more: &[&str]) -> (Sandbox, Ran) {
    let sandbox = files.iter().fold(Sandbox::new(), |sandbox, file| sandbox.with(file));
    let token_key = token_key();
    let mut arguments = vec!["verify", &token_key];
    arguments.extend(files.iter().map(|file| file.rsplit('/').next().unwrap()));
    arguments.extend(more);
    let ran = sandbox.run(&arguments);
    (sandbox, ran)
}

#[test]
fn github_gets_one_command_per_finding() {
    let (_, ran) = verify(&["apk/key-wrong-sha256.apk"], &["--format=github"]);
    let ran = ran.code(1);
    let commands: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(commands.len(), 1, "{}", ran.stdout);
    let start = "::error title=apkkey key-sha256-mismatch,file=key-wrong-sha256.apk::key-wrong-sha256.apk: the key's MD5 is right";
    assert!(commands[0].starts_with(start), "{}", commands[0]);
    assert!(
        commands[0].contains("%0Awanted: AA:6D") && commands[0].contains("%0Ahelp: Amazon's form takes"),
        "{}",
        commands[0]
    );
    ran.says("apkkey: 1 file: 1 bad");
}

#[test]
fn github_tells_levels_apart_and_files_that_cannot_be_read() {
    let (sandbox, ran) = verify(&["apk/demo-debug.apk", "aab/demo-release.aab"], &["--format=github"]);
    let ran =
        ran.code(0).says("::notice title=apkkey certificate-debug").says("::warning title=apkkey key-md5-mismatch");
    assert!(!ran.stdout.contains("::error"), "{}", ran.stdout);
    let none =
        sandbox.run(&["verify", "none.apk", "--format=github"]).code(2).complains("error: none.apk: there is no");
    none.says("::error title=apkkey could not read the file,file=none.apk::none.apk: there is no such file%0Ahelp: ");
    // with --strict what could not be looked at ends the build, and so it is an error there
    let (_, strict) = verify(&["aab/demo-release.aab"], &["--format=github", "--strict", "-q"]);
    strict.code(1).says("::error title=apkkey key-md5-mismatch").silent_about("apkkey: 1 file");
}

#[test]
fn junit_has_a_suite_per_file_and_a_case_per_check() {
    let (_, ran) = verify(&["apk/demo-release.apk", "apk/key-wrong-sha256.apk"], &["--format=junit"]);
    let ran = ran.code(1);
    well_formed(&ran.stdout);
    let checks = apkkey::check::checks().len();
    for (name, failures) in [("demo-release.apk", 0), ("key-wrong-sha256.apk", 1)] {
        let start = format!("<testsuite name=\"{name}\" tests=\"");
        let suite = ran.stdout.split(&start).nth(1).unwrap().split("</testsuite>").next().unwrap();
        let cases: Vec<&str> = suite.split("<testcase ").skip(1).collect();
        assert!(cases.len() <= checks && cases.len() > 40, "{name} has {} cases", cases.len());
        assert!(suite.starts_with(&format!("{}\" failures=\"{failures}\" errors=\"0\"", cases.len())), "{suite}");
        assert_eq!(suite.matches("<failure ").count(), failures);
        let skipped: usize = suite.split("skipped=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
        assert_eq!(suite.matches("<skipped ").count(), skipped, "{suite}");
        let mut names: Vec<&str> = cases.iter().map(|case| case.split("name=\"").nth(2).unwrap()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "GitLab drops a second case of the same name");
    }
    // notes fail nothing, and are there
    ran.says("<system-out>note: v1: the v1 signature does not cover");
}

#[test]
fn junit_fails_exactly_when_the_exit_code_does() {
    for (file, more, code) in [
        ("aab/demo-release.aab", &[][..], 0),
        ("aab/demo-release.aab", &["--strict"][..], 1),
        ("apk/key-other-package.apk", &["--allow=key-package-mismatch"], 0),
        ("apk/key-other-package.apk", &[], 1),
        ("apk/demo-debug.apk", &["--release"], 1),
    ] {
        let mut arguments = vec!["--format=junit"];
        arguments.extend(more);
        let (_, ran) = verify(&[file], &arguments);
        let ran = ran.code(code);
        well_formed(&ran.stdout);
        assert_eq!(ran.stdout.contains("<failure "), code == 1, "{file} {more:?}: {}", ran.stdout);
    }
}

/// Names on the disk can have any character but `/` and NUL, and a reader of XML refuses the whole file for one.
#[cfg(unix)]
#[test]
fn no_name_breaks_a_report() {
    use crate::sandbox::fixture;
    let name = "a&b<c>\"d'\u{1}\u{1b}[31m\n::error::x,y:z%0A\u{fffe}.apk";
    let sandbox = Sandbox::new().with_bytes(name, &fixture("apk/demo-nokey.apk"));
    let junit = sandbox.run(&["verify", name, "none<&>.apk", "--format=junit"]).code(2);
    well_formed(&junit.stdout);
    let github = sandbox.run(&["verify", name, "--format=github"]).code(1);
    for line in github.stdout.lines() {
        assert!(line.starts_with("::error title=apkkey ") || line.starts_with("apkkey: "), "{line}");
        assert!(line.chars().all(|character| !character.is_control()), "{line:?}");
    }
}

/// A small reader of XML: tags are closed in order, attributes quoted, characters and references allowed.
fn well_formed(xml: &str) {
    let rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    assert!(rest.chars().all(|c| matches!(c, '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)));
    let mut open: Vec<&str> = Vec::new();
    for part in rest.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or_else(|| panic!("an open tag: {part}"));
        references(text);
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{part}");
            continue;
        }
        let is_empty = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        references(tag);
        if !is_empty {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    assert!(open.is_empty(), "{open:?} are not closed");
}

fn references(text: &str) {
    for reference in text.split('&').skip(1) {
        let name = reference.split_once(';').unwrap_or_else(|| panic!("a bare & in {text}")).0;
        assert!(["lt", "gt", "amp", "quot", "#9", "#10", "#13"].contains(&name), "&{name};");
    }
}

#[test]
fn several_reports_are_written_beside_the_one_on_standard_output() {
    let reports = ["--report=json=out/deep/app.json", "--report=junit=app.xml", "--report=text=app.txt"];
    let (sandbox, ran) = verify(
        &["apk/demo-nokey.apk"],
        &[&reports[..], &["--report", "github=app.log", "-q", "--color=always"]].concat(),
    );
    let ran = ran.code(1).says("key-missing");
    let text = |name: &str| String::from_utf8(sandbox.read(name)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text("out/deep/app.json")).unwrap();
    assert_eq!(json["files"][0]["path"], "demo-nokey.apk");
    well_formed(&text("app.xml"));
    // the file is complete and plain, whatever standard output is
    assert!(text("app.txt").starts_with("demo-nokey.apk: APK com.example.apkkeydemo"), "{}", text("app.txt"));
    assert!(ran.stdout.contains('\u{1b}') && !text("app.txt").contains('\u{1b}'));
    assert!(text("app.log").starts_with("::error title=apkkey key-missing"));
    assert_eq!(sandbox.files(), ["app.log", "app.txt", "app.xml", "demo-nokey.apk", "out"], "nothing else is left");
    let other = sandbox.run(&["fingerprint", "demo-nokey.apk", "--report=json=f.json"]).code(0).says("MD5");
    other.silent_about("schema");
    assert!(text("f.json").contains("\"command\": \"fingerprint\""));
}

#[test]
fn a_report_that_cannot_be_written_is_told() {
    let (sandbox, _) = verify(&["apk/demo-release.apk"], &[]);
    let before = sandbox.files();
    let run = |spec: &str| sandbox.run(&["verify", "demo-release.apk", "--report", spec]).code(2);
    run("json=-").complains("`-` is no file");
    run("json=").complains("the path is missing");
    run("app.json").complains("FORMAT=PATH");
    run("jsn=app.json").complains("there is no format `jsn`").complains("junit");
    run("json=demo-release.apk").complains("would replace `demo-release.apk`").complains("help: ");
    run("json=./demo-release.apk").complains("would replace");
    run("json=demo-release.apk/x.json").complains("cannot write the report");
    let twice = ["verify", "demo-release.apk", "--report=json=a", "--report=junit=./a"];
    sandbox.run(&twice).code(2).complains("two reports");
    assert_eq!(sandbox.files(), before);
}

#[test]
fn commands_without_checks_refuse_formats_for_checks() {
    let sandbox = Sandbox::new().with("keystore/release.jks").with("token/release.txt");
    for arguments in [
        &["fingerprint", "release.jks", "--format=junit"][..],
        &["fingerprint", "release.jks", "--report=github=x"],
        &["key", "release.txt", "--format=github"],
        &["explain", "key-missing", "--format=json"],
    ] {
        let ran =
            sandbox.run(arguments).code(2).complains("has no checks to report as").complains("help: it writes text");
        assert_eq!(ran.stdout, "");
    }
    assert_eq!(sandbox.files(), ["release.jks", "release.txt"]);
}

#[test]
fn html_has_the_findings_and_the_values_of_the_form() {
    let (_, ran) = verify(&["apk/demo-release.apk", "apk/key-wrong-sha256.apk"], &["--format=html"]);
    let ran = ran.code(1).says("data-check=\"key-sha256-mismatch\"");
    let page = &ran.stdout;
    let texts = text_of(page);
    for wanted in ["Bad 2 files: 1 good, 1 bad", "the key's MD5 is right", "What to do: Amazon's form takes"] {
        assert!(texts.to_lowercase().contains(&wanted.to_lowercase().replace("what to do: ", "")), "{wanted}: {texts}");
    }
    // one file, from which nothing is loaded, and which runs only what stands in it
    for forbidden in ["src=", "href=", "url(", "@import", "http-equiv=\"refresh", "onclick"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("default-src &#39;none&#39;; style-src &#39;sha256-"), "{page}");
    assert_eq!(page.matches("<script>").count(), 1);
    assert_eq!(page.matches("data-field=\"MD5 Signature\"").count(), 2);
}

#[test]
fn html_tells_keystores_keys_and_files_that_cannot_be_read() {
    let sandbox = Sandbox::new().with("keystore/several-aliases.jks").with("token/release.txt");
    let page = sandbox.run(&["fingerprint", "several-aliases.jks", "none.jks", "--format=html"]).code(2);
    page.says("JKS keystore").says("there is no such file");
    let page = sandbox.run(&["key", "release.txt", &token_key(), "--format=html"]).code(0);
    page.says("signed by the given token key, not by Amazon").says("data-copy=\"amzn1.application-oa2-client.");
    sandbox.run(&["fingerprint", "--form", "several-aliases.jks", "--format=html"]).code(2).complains("html");
}

#[test]
fn names_of_files_are_no_markup_in_html() {
    let sandbox = Sandbox::new();
    let name = "<img src=x onerror=alert(1)>.apk";
    std::fs::write(sandbox.path(name), "no archive").unwrap();
    let page = sandbox.run(&["verify", name, "--format=html"]).code(2);
    let page = page.says("&lt;img src=x onerror=alert(1)&gt;.apk").stdout;
    assert!(!page.contains("<img"), "{page}");
}

/// What a reader of the page sees.
fn text_of(page: &str) -> String {
    let body = page.split("<body>").nth(1).unwrap().split("<script>").next().unwrap();
    let parts = body.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<String>().replace("&#39;", "'").replace("&quot;", "\"")
}

#[test]
fn html_tells_what_is_claimed_from_what_was_verified() {
    let looked_at = "The contents were not verified";
    let sandbox = Sandbox::new().with("apk/demo-release.apk");
    sandbox.run(&["fingerprint", "demo-release.apk", "--format=html"]).code(0).says(looked_at);
    sandbox.run(&["verify", "demo-release.apk", &token_key(), "--format=html"]).code(0).silent_about(looked_at);
    let mut changed = sandbox.read("demo-release.apk");
    changed[1000] ^= 1;
    let sandbox = sandbox.with_bytes("changed.apk", &changed);
    let page = sandbox.run(&["verify", "changed.apk", &token_key(), "--format=html"]).code(1);
    page.says("The signature does not hold, so nobody has proved whose certificate this is.");
}

#[test]
fn a_folder_or_a_script_that_is_not_there_says_what_to_do() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["sources", "nowhere"])
        .code(2)
        .complains("nowhere: the folder cannot be listed")
        .complains("check the path");
    let check = sandbox.run(&["gradle", "--legacy", "--check", "apkkey.gradle"]).code(2);
    check.complains("there is no such file").complains("write it: `apkkey gradle --legacy --write apkkey.gradle`");
}
