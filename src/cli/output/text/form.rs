//! What `apkkey fingerprint --form` tells people: the fields of Amazon's form, under the names that they have there.

use super::{FAINT, STRONG, note};
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
    let FormValues { api_key_name, package, md5, sha256, subject: _, store: _, min_sdk: _, max_sdk: _ } = values;
    writeln!(out, "\n{}", values.title())?;
    let lines =
        [("API Key Name", api_key_name), ("Package", package), ("MD5 Signature", md5), ("SHA256 Signature", sha256)];
    for (name, value) in lines {
        writeln!(out, "  {FAINT}{name:<17}{FAINT:#} {STRONG}{}{STRONG:#}", Untrusted(value))?;
    }
    Ok(())
}
