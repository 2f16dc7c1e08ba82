//! Android's versions, which people know by their numbers and files by API levels.

/// The version of each API level from 1 on (developer.android.com, `<uses-sdk>`).
const VERSIONS: [&str; 36] = [
    "1.0", "1.1", "1.5", "1.6", "2.0", "2.0.1", "2.1", "2.2", "2.3", "2.3.3", "3.0", "3.1", "3.2", "4.0", "4.0.3",
    "4.1", "4.2", "4.3", "4.4", "4.4W", "5.0", "5.1", "6.0", "7.0", "7.1", "8.0", "8.1", "9", "10", "11", "12", "12L",
    "13", "14", "15", "16",
];

fn version(level: u32) -> Option<&'static str> {
    VERSIONS.get(usize::try_from(level.checked_sub(1)?).ok()?).copied()
}

/// `Android 7.0 to 8.1 (API 24 to 27)`.
pub(super) fn range(min: u32, max: Option<u32>) -> String {
    let levels = super::super::levels(min, max);
    let named = match (version(min), max) {
        (Some(min), None) => format!("{min} and later"),
        (Some(from), Some(to)) if to == min => from.to_owned(),
        (Some(from), Some(to)) => match version(to) {
            Some(to) => format!("{from} to {to}"),
            None => return format!("Android API {levels}"),
        },
        (None, _) => return format!("Android API {levels}"),
    };
    format!("Android {named} (API {levels})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_their_names() {
        assert_eq!(range(24, Some(27)), "Android 7.0 to 8.1 (API 24 to 27)");
        assert_eq!(range(33, None), "Android 13 and later (API 33 and later)");
        assert_eq!(range(28, Some(28)), "Android 9 (API 28)");
        assert_eq!(range(99, None), "Android API 99 and later");
    }
}
