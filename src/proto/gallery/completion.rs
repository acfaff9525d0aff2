//! What is being typed in a search, so that it can be completed.

use std::ops::Range;

use super::{
    fields::{SearchField, field, help},
    scan::{quoted, raw_terms},
};

/// What is typed at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    pub part: TypedPart,
    /// What is replaced by a choice: bytes of the search.
    pub at: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedPart {
    /// The beginning of a word, which may become the name of a field: see [`fields_beginning`]. Empty where nothing is typed yet.
    Name { beginning: String },
    /// The beginning of a value, without quotes. The choices are [`SearchField::values`], or those that the store has of [`SearchField::facet_of`].
    Value { field: &'static SearchField, beginning: String },
    /// A phrase, a number, or anything else without choices.
    Other,
}

/// What is typed in front of the cursor, which is a place in bytes. One after the end or inside of a character is moved back.
#[must_use]
pub fn completion_at(text: &str, cursor: usize) -> Completion {
    let cursor = (0..=cursor.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let other = Completion { part: TypedPart::Other, at: cursor..cursor };
    let typed = text.get(..cursor).unwrap_or_default();
    let terms = raw_terms(text);
    let whole = terms.iter().find(|term| term.at.start <= cursor && cursor <= term.at.end);
    let before = raw_terms(typed).pop().filter(|term| term.at.end == cursor);
    let (Some(whole), Some(before)) = (whole, before) else {
        // At the beginning of a term, a choice would become a part of it.
        let part = if whole.is_some() { TypedPart::Other } else { TypedPart::Name { beginning: String::new() } };
        return Completion { part, ..other };
    };
    let start = whole.at.start + usize::from(whole.is_negated);
    let (Some(last), true) = (before.values.last(), start <= cursor) else { return other };
    match (whole.name, before.name) {
        (None, _) if last.is_quoted => other,
        (Some(name), None) => Completion { part: TypedPart::Name { beginning: last.text.clone() }, at: start..start + name.len() + 1 },
        (None, _) => Completion { part: TypedPart::Name { beginning: last.text.clone() }, at: start..whole.at.end },
        (Some(name), Some(_)) => {
            let value = whole.values.iter().find(|value| value.at.start == last.at.start);
            let (Some(value), Some(field)) = (value, field(name).filter(|field| field.has_choices())) else { return other };
            // A quote that is not closed reaches over what follows.
            let end = if value.mistake.is_some() { cursor } else { value.at.end };
            Completion { part: TypedPart::Value { field, beginning: last.text.clone() }, at: value.at.start..end }
        }
    }
}

impl Completion {
    /// The search with a chosen name or value, and the place of the cursor after it, in bytes: behind the `:` of a name; behind a value and a space,
    /// unless another value follows.
    #[must_use]
    pub fn insert(&self, text: &str, chosen: &str) -> (String, usize) {
        let before = text.get(..self.at.start).unwrap_or_default();
        let after = text.get(self.at.end..).unwrap_or_default();
        match &self.part {
            TypedPart::Name { .. } => (format!("{before}{chosen}:{after}"), before.len() + chosen.len() + 1),
            TypedPart::Value { .. } => {
                let value = quoted(chosen);
                let end = before.len() + value.len();
                match after.chars().next() {
                    Some('|') => (format!("{before}{value}{after}"), end),
                    Some(space) if space.is_whitespace() => (format!("{before}{value}{after}"), end + space.len_utf8()),
                    _ => (format!("{before}{value} {after}"), end + 1),
                }
            }
            TypedPart::Other => (text.to_owned(), self.at.end),
        }
    }

    /// The search with the word that is being typed replaced by a term, a name and its value, and the place of the cursor behind it and a space.
    #[must_use]
    pub fn insert_term(&self, text: &str, name: &str, value: &str) -> (String, usize) {
        let before = text.get(..self.at.start).unwrap_or_default();
        let after = text.get(self.at.end..).unwrap_or_default().trim_start();
        let term = format!("{before}{name}:{} ", quoted(value));
        let end = term.len();
        (term + after, end)
    }
}

/// The fields of which a name begins so, in the order of [`help`].
pub fn fields_beginning(beginning: &str) -> impl Iterator<Item = &'static SearchField> {
    let beginning = beginning.to_lowercase();
    help().iter().filter(move |field| std::iter::once(&field.name).chain(field.aliases).any(|name| name.starts_with(&beginning)))
}
