//! Takes the options of further signers out of the arguments.
//!
//! apksigner has one list of options in which `--next-signer` begins those of another signer; what belongs to no signer may
//! stand anywhere between (`ApkSignerTool.java`). A parser of options that are known by name cannot say so, so the options
//! of each further signer are moved into a list of their own, and the same parser reads each list.

use super::args::{CapabilityArgs, SignerArgs};
use clap::{Arg, Args, Command, Parser};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// What begins the options of a signer. `rotate` and `lineage` of apksigner have the last three.
const OPENERS: &[&str] = &["--next-signer", "--old-signer", "--new-signer", "--signer"];
/// A signer for newer API levels begins a group of its own when the current one has options already.
const FOR_MIN_SDK: &str = "--signer-for-min-sdk-version";

/// A signer behind the first.
#[derive(Debug, Clone)]
pub(crate) struct FurtherSigner {
    /// The option that began it: `--next-signer`, `--old-signer`, `--new-signer`, `--signer`.
    pub(crate) opener: &'static str,
    pub(crate) args: SignerArgs,
    /// What the signer's certificate may still do, for a lineage.
    pub(crate) capabilities: CapabilityArgs,
}

/// The command's own arguments, in which the openers stay, and those of each further signer.
struct Split {
    own: Vec<OsString>,
    groups: Vec<(&'static str, Vec<OsString>)>,
}

#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Group {
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    capabilities: CapabilityArgs,
}

/// Separates the arguments of further signers and reads them. `Err` is wrong usage inside one of them.
pub(crate) fn separate(arguments: Vec<OsString>) -> Result<(Vec<OsString>, Vec<FurtherSigner>), clap::Error> {
    let split = split(arguments);
    let read = |(opener, arguments)| {
        let group = Group::try_parse_from(arguments)?;
        Ok(FurtherSigner { opener, args: group.signer, capabilities: group.capabilities })
    };
    let signers: Result<_, clap::Error> = split.groups.into_iter().map(read).collect();
    Ok((split.own, signers?))
}

/// The options of a signer, and whether each takes a value.
fn options() -> BTreeMap<String, bool> {
    let command = CapabilityArgs::augment_args(SignerArgs::augment_args(Command::new("signer")));
    let option = |argument: &Arg| Some((format!("--{}", argument.get_long()?), argument.get_action().takes_values()));
    command.get_arguments().filter_map(option).filter(|(name, _)| !OPENERS.contains(&name.as_str())).collect()
}

fn split(arguments: Vec<OsString>) -> Split {
    let options = options();
    let mut split = Split { own: Vec::new(), groups: Vec::new() };
    let mut has_options = false;
    let mut rest = arguments.into_iter();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            split.own.push(argument);
            split.own.extend(rest);
            break;
        }
        if let Some(opener) = OPENERS.iter().find(|opener| argument == **opener) {
            split.open(opener, has_options);
            split.own.push(argument);
            has_options = false;
            continue;
        }
        let Some((name, inline)) = name_of(&argument).filter(|(name, _)| options.contains_key(*name)) else {
            split.own.push(argument);
            continue;
        };
        if name == FOR_MIN_SDK && has_options {
            split.open("--next-signer", true);
            split.own.push("--next-signer".into());
        }
        has_options = true;
        let takes_value = !inline && options.get(name).copied().unwrap_or(false);
        let value = if takes_value { rest.next() } else { None };
        let list = split.groups.last_mut().map_or(&mut split.own, |(_, group)| group);
        list.push(argument);
        list.extend(value);
    }
    split.groups.retain(|(opener, group)| *opener != "--next-signer" || !group.is_empty());
    split
}

impl Split {
    /// Begins a group. As in apksigner, `--next-signer` where no option of a signer came before begins none.
    fn open(&mut self, opener: &'static str, has_options: bool) {
        if has_options || opener != "--next-signer" {
            self.groups.push((opener, Vec::new()));
        }
    }
}

/// The option's name, and whether its value stands behind an equals sign.
fn name_of(argument: &OsStr) -> Option<(&str, bool)> {
    let text = argument.to_str().filter(|text| text.starts_with("--"))?;
    Some(text.split_once('=').map_or((text, false), |(name, _)| (name, true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_words(words: &str) -> (String, Vec<String>) {
        let split = split(words.split(' ').map(OsString::from).collect());
        let join = |list: Vec<OsString>| list.join(OsStr::new(" ")).into_string().unwrap();
        let groups = split.groups.into_iter().map(|(opener, group)| format!("{opener}: {}", join(group)));
        let groups = groups.collect();
        (join(split.own), groups)
    }

    #[test]
    fn what_belongs_to_no_signer_stays_with_the_command() {
        let (own, groups) =
            split_words("apkkey sign --ks a --next-signer --ks b --out x --ks-pass=env:P --v1-signing-enabled in.apk");
        assert_eq!(own, "apkkey sign --ks a --next-signer --out x --v1-signing-enabled in.apk");
        assert_eq!(groups, ["--next-signer: --ks b --ks-pass=env:P"]);
    }

    #[test]
    fn empty_groups_are_none() {
        let (own, groups) =
            split_words("apkkey sign --next-signer --ks a --next-signer --next-signer --key k --next-signer in.apk");
        assert_eq!(own, "apkkey sign --next-signer --ks a --next-signer --next-signer --next-signer in.apk");
        assert_eq!(groups, ["--next-signer: --key k"]);
    }

    #[test]
    fn a_signer_for_newer_levels_is_another_one() {
        let (own, groups) = split_words("apkkey sign --ks a --signer-for-min-sdk-version 33 --ks b in.apk");
        assert_eq!(own, "apkkey sign --ks a --next-signer in.apk");
        assert_eq!(groups, ["--next-signer: --signer-for-min-sdk-version 33 --ks b"]);
        let (own, groups) =
            split_words("apkkey sign --ks a --next-signer --signer-for-min-sdk-version 33 --ks b in.apk");
        assert_eq!(own, "apkkey sign --ks a --next-signer in.apk");
        assert_eq!(groups.len(), 1);
    }

    #[test]
    fn old_and_new_signers_are_groups_too() {
        let (own, groups) = split_words("apkkey lineage --out l --old-signer --ks a --new-signer --key b --cert c");
        assert_eq!(own, "apkkey lineage --out l --old-signer --new-signer");
        assert_eq!(groups, ["--old-signer: --ks a", "--new-signer: --key b --cert c"]);
    }

    #[test]
    fn behind_two_dashes_nothing_is_an_option() {
        let (own, groups) = split_words("apkkey sign --ks a --next-signer --ks b -- --ks");
        assert_eq!((own.as_str(), groups.len()), ("apkkey sign --ks a --next-signer -- --ks", 1));
    }

    #[test]
    fn openers_are_known() {
        let words = "apkkey lineage --old-signer --ks a --new-signer --ks b".split(' ').map(OsString::from);
        let openers: Vec<&str> = separate(words.collect()).unwrap().1.iter().map(|signer| signer.opener).collect();
        assert_eq!(openers, ["--old-signer", "--new-signer"]);
    }

    #[test]
    fn a_mistake_in_a_further_signer_is_wrong_usage() {
        let wrong = |words: &str| separate(words.split(' ').map(OsString::from).collect()).unwrap_err().to_string();
        assert!(wrong("apkkey sign --ks a --next-signer --ks b --key c").contains("cannot be used with"));
        assert!(wrong("apkkey sign --ks a --next-signer --cert b").contains("--key"));
        assert!(wrong("apkkey sign --ks a --next-signer --ks").contains("--ks"));
    }
}
