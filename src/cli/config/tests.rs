use super::*;

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("sub/apkkey.toml")).map_err(|failure| {
        failure.help.map_or_else(|| failure.message.clone(), |help| format!("{} | {help}", failure.message))
    })
}

#[test]
fn reads_everything_that_it_knows() {
    let config = parse(
        "[checks]\nkey-copy = \"note\"\nmanifest = \"ignore\"\n[verify]\npackage = \"com.a\"\nstore = \"amazon\"\n\
         certificate = { file = \"release.pem\" }\nrelease = true\nstrict = true\ntoken-key = \"/keys/t.pem\"\n",
    )
    .unwrap();
    assert_eq!(config.weight("key-copy", Group::Key), Some(Weight::Severity(Severity::Note)));
    assert_eq!(config.weight("debuggable", Group::Manifest), Some(Weight::Ignore));
    assert_eq!(config.weight("key-missing", Group::Key), None);
    assert_eq!((config.release, config.strict, config.package.as_deref()), (true, true, Some("com.a")));
    assert!(matches!(config.certificate, Some(CertificateConfig::File(path)) if path == Path::new("sub/release.pem")));
    assert_eq!(config.token_key.as_deref(), Some(Path::new("/keys/t.pem")));
    assert!(parse("").unwrap().checks.is_empty());
}

#[test]
fn an_id_counts_before_its_group() {
    let config = parse("checks = { key = \"ignore\", key-missing = \"error\" }").unwrap();
    assert_eq!(config.weight("key-missing", Group::Key), Some(Weight::Severity(Severity::Error)));
    assert_eq!(config.weight("key-copy", Group::Key), Some(Weight::Ignore));
}

#[test]
fn each_mistake_is_told_with_its_line() {
    let md5 = "00:".repeat(15);
    for (text, wanted) in [
        ("\n\n[cheks]\n", "line 3: there is no table `cheks` | did you mean `checks`?"),
        (
            "[checks]\nkey-mising = \"note\"",
            "line 2: there is no check or group `key-mising` | did you mean `key-missing`?",
        ),
        (
            "[checks]\nxyz = \"note\"",
            "line 2: there is no check or group `xyz` | `apkkey explain --list` shows all checks",
        ),
        ("[checks]\nkey-copy = \"warn\"", "line 2: `warn` is none of error, warning, note, ignore"),
        ("[checks]\nkey-copy = 1", "line 2: `key-copy` must be a text in quotes"),
        ("[verify]\nstrickt = true", "line 2: there is no setting of `verify` `strickt` | did you mean `strict`?"),
        ("[verify]\nstrict = \"yes\"", "line 2: `strict` must be true or false"),
        ("[verify]\nstore = \"apple\"", "line 2: `apple` is none of amazon, play"),
        ("verify = 1", "line 1: `verify` must be a table"),
        (
            "[verify.certificate]\nmd6 = \"\"",
            "line 2: there is no setting of `certificate` `md6` | did you mean `md5`?",
        ),
        ("[verify]\ncertificate = {}", "line 2: `certificate` names no certificate"),
    ] {
        assert_eq!(parse(text).unwrap_err(), wanted, "{text}");
    }
    assert!(parse("[checks]\nkey-copy = ").unwrap_err().starts_with("line 2: "));
    assert!(parse("[a]\n[a]").unwrap_err().starts_with("line 2: "));
    assert!(parse(&format!("[verify]\ncertificate.md5 = \"{md5}\"")).unwrap_err().starts_with("line 2: "));
    let both = format!("[verify]\ncertificate = {{ file = \"a\", md5 = \"{md5}00\" }}");
    assert!(parse(&both).unwrap_err().contains("a file and a digest"));
}
