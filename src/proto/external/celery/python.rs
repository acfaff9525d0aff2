//! QuotedTexts that Python's `repr` wrote, as far as they are needed: arguments of a task, and exceptions.

use crate::external::{
    fields::cut,
    join::{ExternalJoin, JoinedBy},
    task::ExternalError,
};
use crate::limits;

/// Ids among the arguments of a task, such as `{'shot_id': 'S001_P001', 'n': 3}`. The text may be cut off anywhere.
pub(super) fn join_of_arguments(repr: &str) -> ExternalJoin {
    let mut join = ExternalJoin::default();
    let mut texts = QuotedTexts(repr);
    while let Some(key) = texts.next_text() {
        let Some(rest) = texts.0.strip_prefix(": ") else { continue };
        texts.0 = rest;
        if !rest.starts_with(['\'', '"']) {
            let number = &rest[..rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len())];
            join.note(&key, number, JoinedBy::Arguments);
        } else if let Some(value) = texts.next_text() {
            join.note(&key, &value, JoinedBy::Arguments);
        }
    }
    join
}

/// What is left of a text, from which quoted texts are taken.
struct QuotedTexts<'a>(&'a str);

impl QuotedTexts<'_> {
    /// The next text in quotes. `None`: there is none that ends.
    fn next_text(&mut self) -> Option<String> {
        let begin = self.0.find(['\'', '"'])?;
        let quote = self.0[begin..].chars().next()?;
        let mut text = String::new();
        let mut letters = self.0[begin + 1..].char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => text.push(letters.next()?.1),
                letter if letter == quote => {
                    self.0 = &self.0[begin + 2 + at..];
                    return Some(text);
                }
                letter => text.push(letter),
            }
        }
        None
    }
}

/// An exception such as `ValueError('no frames', 7)`: its class, and what is in the parentheses.
pub(super) fn exception(repr: &str, traceback: Option<&str>) -> ExternalError {
    let (kind, message) = match repr.strip_suffix(')').and_then(|repr| repr.split_once('(')) {
        Some((kind, arguments)) => (kind, argument(arguments)),
        None => (repr, ""),
    };
    ExternalError {
        kind: cut(kind, limits::EXTERNAL_NAME).0,
        message: cut(message, limits::EXTERNAL_MESSAGE).0,
        traceback: traceback.filter(|text| !text.is_empty()).map(last_lines),
    }
}

/// A single text without its quotes.
fn argument(arguments: &str) -> &str {
    let quoted = |quote: char| {
        let inner = arguments.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then_some(inner)
    };
    quoted('\'').or_else(|| quoted('"')).unwrap_or(arguments)
}

/// The end of a traceback says most.
pub(super) fn last_lines(text: &str) -> String {
    let longest = text.len().saturating_sub(limits::EXTERNAL_TRACEBACK);
    let begin = (longest..=text.len()).find(|begin| text.is_char_boundary(*begin)).unwrap_or_default();
    text[begin..].to_owned()
}
