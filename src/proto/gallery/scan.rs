//! Where the terms of a search are, and the parts of each, before it is known what they mean.
//!
//! Spaces separate terms, except between quotes. A quote opens at the beginning of a word or a value, and nowhere else: `5"` is a word. Between
//! quotes `""` stands for one. What stands before `:` is a name if it is made of letters, `_` and `-`, and no `//` follows: so `12:30`, `(cat:1.2)`
//! and `http://x` are words, while `modle:x` is a name that is wrong.

use std::ops::Range;

/// A term as it stands in a search. All places are in bytes of the whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawTerm<'t> {
    pub(super) at: Range<usize>,
    pub(super) is_negated: bool,
    /// What stands before `:`.
    pub(super) name: Option<&'t str>,
    /// At least one. More only after a name, separated by `|`.
    pub(super) values: Vec<RawValue>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawValue {
    /// With its quotes and its `*`.
    pub(super) at: Range<usize>,
    /// Without them.
    pub(super) text: String,
    pub(super) is_quoted: bool,
    /// `*` follows.
    pub(super) is_prefix: bool,
    pub(super) mistake: Option<QuoteMistake>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QuoteMistake {
    Unclosed,
    /// Something other than `*` follows the closing quote.
    TextBehind,
}

impl RawTerm<'_> {
    pub(super) fn is_unclosed(&self) -> bool {
        self.values.iter().any(|value| value.mistake == Some(QuoteMistake::Unclosed))
    }
}

/// The terms of a search in their order.
pub(super) fn raw_terms(text: &str) -> Vec<RawTerm<'_>> {
    let mut terms = Vec::new();
    let mut at = 0;
    loop {
        let rest = from(text, at);
        at = text.len() - rest.trim_start().len();
        if at >= text.len() {
            return terms;
        }
        let term = raw_term(text, at);
        at = term.at.end;
        terms.push(term);
    }
}

fn from(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

fn raw_term(text: &str, start: usize) -> RawTerm<'_> {
    let is_negated = from(text, start).starts_with('-');
    let mut at = start + usize::from(is_negated);
    let name = name(from(text, at));
    if let Some(name) = name {
        at += name.len() + 1;
    }
    let mut values = Vec::new();
    loop {
        let value = raw_value(text, at, name.is_some());
        at = value.at.end;
        values.push(value);
        if name.is_none() || !from(text, at).starts_with('|') {
            return RawTerm { at: start..at, is_negated, name, values };
        }
        at += 1;
    }
}

fn name(rest: &str) -> Option<&str> {
    let (name, after) = rest.split_once(':')?;
    let is_name = name.starts_with(char::is_alphabetic) && name.chars().all(|c| c.is_alphabetic() || matches!(c, '_' | '-'));
    (is_name && !after.starts_with("//")).then_some(name)
}

/// `is_listed`: `|` ends it.
fn raw_value(text: &str, start: usize, is_listed: bool) -> RawValue {
    let rest = from(text, start);
    let ends = |c: char| c.is_whitespace() || is_listed && c == '|';
    let Some(inside) = rest.strip_prefix('"') else {
        let written = rest.find(ends).map_or(rest, |end| rest.get(..end).unwrap_or_default());
        let body = written.strip_suffix('*');
        return RawValue {
            at: start..start + written.len(),
            text: body.unwrap_or(written).to_owned(),
            is_quoted: false,
            is_prefix: body.is_some(),
            mistake: None,
        };
    };
    let mut value = String::new();
    let mut left = inside;
    loop {
        let Some((before, after)) = left.split_once('"') else {
            value.push_str(left);
            return RawValue {
                at: start..text.len(),
                text: value,
                is_quoted: true,
                is_prefix: false,
                mistake: Some(QuoteMistake::Unclosed),
            };
        };
        value.push_str(before);
        left = after;
        match after.strip_prefix('"') {
            Some(after) => {
                value.push('"');
                left = after;
            }
            None => break,
        }
    }
    let behind = left.find(ends).map_or(left, |end| left.get(..end).unwrap_or_default());
    let mistake = (!matches!(behind, "" | "*")).then_some(QuoteMistake::TextBehind);
    let end = text.len() - left.len() + behind.len();
    RawValue { at: start..end, text: value, is_quoted: true, is_prefix: behind == "*", mistake }
}

/// A value as it can be written in a term: in quotes, where it would be read otherwise without them.
pub(super) fn quoted(value: &str) -> String {
    let is_plain = !value.is_empty()
        && !value.starts_with('"')
        && !value.starts_with("//")
        && !value.contains(|c: char| c.is_whitespace() || matches!(c, '|' | '*'));
    if is_plain { value.to_owned() } else { format!("\"{}\"", value.replace('"', "\"\"")) }
}
