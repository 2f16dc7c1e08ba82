//! The words of a build file in Groovy or Kotlin, without its comments.

/// A word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A name, with its dots: `android.buildTypes`.
    Name(&'t str),
    /// A text in quotes; `is_computed` when a part of it is filled in by a run.
    Text {
        /// Without the quotes, as it is written.
        text: &'t str,
        /// It has `$` in it.
        is_computed: bool,
    },
    /// Any other character that is no space, and line ends.
    Mark(char),
}

impl<'t> Token<'t> {
    /// The text, if a run would not change it.
    pub(super) fn text(&self) -> Option<&'t str> {
        match self {
            Self::Text { text, is_computed: false } => Some(text),
            Self::Text { .. } | Self::Name(_) | Self::Mark(_) => None,
        }
    }

    pub(super) fn name(&self) -> Option<&'t str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Text { .. } | Self::Mark(_) => None,
        }
    }

    pub(super) fn names_source_folders(&self) -> bool {
        self.name().is_some_and(|name| {
            name.rsplit('.').next().is_some_and(|last| last.starts_with("srcDir") || last == "setRoot")
        })
    }
}

/// The words of a text, one after the other.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = without_space(rest);
        let (token, after) = next(rest)?;
        rest = after;
        Some(token)
    })
}

/// Leaves spaces and comments out, and keeps line ends.
fn without_space(mut rest: &str) -> &str {
    loop {
        rest = rest.trim_start_matches(|character: char| character.is_whitespace() && character != '\n');
        rest = if let Some(comment) = rest.strip_prefix("//") {
            comment.find('\n').and_then(|end| comment.get(end..)).unwrap_or_default()
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else {
            return rest;
        };
    }
}

fn next(rest: &str) -> Option<(Token<'_>, &str)> {
    let first = rest.chars().next()?;
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        if let Some(text) = rest.strip_prefix(quote) {
            let end = end_of_text(text, quote);
            let (text, after) = text.split_at_checked(end).unwrap_or((text, ""));
            let is_computed = quote.starts_with('"') && text.contains('$');
            return Some((Token::Text { text, is_computed }, after.strip_prefix(quote).unwrap_or(after)));
        }
    }
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '.' | '`');
    if first.is_alphanumeric() || matches!(first, '_' | '`') {
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        return Some((Token::Name(name.trim_matches('`')), after));
    }
    Some((Token::Mark(first), rest.get(first.len_utf8()..)?))
}

/// Where a text ends: at the quote that no back-slash stands before, or with the line when it has one quote.
fn end_of_text(text: &str, quote: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if character == '\\' {
            is_escaped = true;
        } else if text.get(at..).is_some_and(|rest| rest.starts_with(quote)) || (character == '\n' && quote.len() == 1)
        {
            return at;
        }
    }
    text.len()
}
