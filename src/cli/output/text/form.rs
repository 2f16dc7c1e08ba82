//! What `apkkey fingerprint --form` tells people: the fields of Amazon's form, under the names that they have there.

use super::{FAINT, STRONG, levels, note};
use crate::cli::output::model::{FormObject, FormValues};
use apkkey::text::Untrusted;
use std::io::{Result, Write};

/// The values of one file, once for each key.
pub(super) fn values(form: &FormObject, out: &mut dyn Write) -> Result<()> {
    let FormObject { path, kind: _, forms, remarks } = form;
    writeln!(out, "{STRONG}{path}{STRONG:#}: for Amazon's form (Security Profile, Android/Kindle Settings)")?;
    for values in forms {
        fields(values, out)?;
    }
    if !remarks.is_empty() {
        writeln!(out)?;
    }
    for remark in remarks {
        note(remark, out)?;
    }
    Ok(())
}

fn fields(values: &FormValues, out: &mut dyn Write) -> Result<()> {
    let FormValues { api_key_name, package, md5, sha256, subject, store, min_sdk, max_sdk } = values;
    let subject = subject.as_ref().map(|subject| format!("signed by {}", Untrusted(subject)));
    let range = min_sdk.map(|min| format!("on Android API {}", levels(min, *max_sdk)));
    let store = store.map(|store| match store {
        "amazon" => "as the Amazon Appstore delivers it".to_owned(),
        _ => "as Google Play delivers it".to_owned(),
    });
    let title: Vec<String> = store.into_iter().chain(subject).chain(range).collect();
    writeln!(out, "\nFor the app {}:", title.join(", "))?;
    let lines =
        [("API Key Name", api_key_name), ("Package", package), ("MD5 Signature", md5), ("SHA256 Signature", sha256)];
    for (name, value) in lines {
        writeln!(out, "  {FAINT}{name:<17}{FAINT:#} {STRONG}{}{STRONG:#}", Untrusted(value))?;
    }
    Ok(())
}
