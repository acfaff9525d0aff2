//! Changes to the text of a search, such as those of a click on a tag. Everything else stays as it was typed, also what is wrong in it.

use super::{
    dates::Today,
    fields::field_of_facet,
    parse::read_term,
    scan::{RawTerm, quoted, raw_terms},
    search::{Condition, Facet, Term},
};

/// Whether one of the terms means this, and does not leave it out. `today`: see [`Today`].
#[must_use]
pub fn has_term(text: &str, condition: &Condition, today: Today) -> bool {
    raw_terms(text).iter().any(|raw| means(text, raw, condition, today))
}

/// The search with this term at its end, unless it has it, written in the same way. An empty term changes nothing.
#[must_use]
pub fn with_term(text: &str, term: &str) -> String {
    let raw = raw_terms(text);
    let has_it = raw.iter().any(|raw| text.get(raw.at.clone()) == Some(term));
    if has_it || term.trim().is_empty() {
        return text.to_owned();
    }
    match raw.last() {
        // It would become a part of what is in the quotes.
        Some(open) if open.is_unclosed() => {
            let (before, open) = text.split_at(open.at.start);
            format!("{before}{term} {open}")
        }
        Some(_) => format!("{} {term}", text.trim_end()),
        None => term.to_owned(),
    }
}

/// The search without the terms that mean this and do not leave it out.
#[must_use]
pub fn without_term(text: &str, condition: &Condition, today: Today) -> String {
    let raw = raw_terms(text);
    let mut changed = text.to_owned();
    for raw in raw.iter().rev().filter(|raw| means(text, raw, condition, today)) {
        changed = without(&changed, raw);
    }
    changed
}

/// A term that finds this value of a facet: `tag:"red door"`.
#[must_use]
pub fn facet_term(facet: Facet, value: &str) -> String {
    format!("{}:{}", field_of_facet(facet).map_or("", |field| field.name), quoted(value))
}

/// Whether this value of a facet is asked for, alone or as one of several.
#[must_use]
pub fn has_facet(text: &str, facet: Facet, value: &str) -> bool {
    raw_terms(text).iter().any(|raw| is_any(&values_of(text, raw, facet), value))
}

/// Asks for a value of a facet; or no longer, where it is asked for. An output has many tags, albums and LoRAs: for each of them a term is added, and
/// all must hold. Of the other facets it has one, or mainly one: the value becomes an alternative to those that are asked for. An empty value
/// changes nothing.
#[must_use]
pub fn toggle_facet(text: &str, facet: Facet, value: &str) -> String {
    let raw = raw_terms(text);
    if value.trim().is_empty() {
        return text.to_owned();
    }
    if has_facet(text, facet, value) {
        let mut changed = text.to_owned();
        for raw in raw.iter().rev() {
            let known = values_of(text, raw, facet);
            if is_any(&known, value) {
                changed = without_value(&changed, raw, &known, value);
            }
        }
        return changed;
    }
    let has_many = matches!(facet, Facet::Tag | Facet::Album | Facet::Lora);
    let asked = raw.iter().rfind(|raw| !has_many && !values_of(text, raw, facet).is_empty());
    match asked {
        Some(asked) => {
            let (before, after) = text.split_at(asked.at.end);
            format!("{before}|{}{after}", quoted(value))
        }
        None => with_term(text, &facet_term(facet, value)),
    }
}

fn meaning(text: &str, raw: &RawTerm, today: Today) -> Option<Condition> {
    let Term { is_negated, condition, .. } = read_term(text, raw, today).ok()?;
    (!is_negated).then_some(condition)
}

fn means(text: &str, raw: &RawTerm, condition: &Condition, today: Today) -> bool {
    meaning(text, raw, today).as_ref() == Some(condition)
}

/// The values that a term asks for, as many as it is written with; `None` for the beginning of others. Empty: it is another term.
fn values_of(text: &str, raw: &RawTerm, facet: Facet) -> Vec<Option<String>> {
    match meaning(text, raw, Today::default()) {
        Some(Condition::Facet { facet: own, values }) if own == facet => {
            values.into_iter().map(|value| Some(value.text).filter(|_| !value.is_prefix)).collect()
        }
        _ => Vec::new(),
    }
}

fn is_any(values: &[Option<String>], value: &str) -> bool {
    values.iter().any(|known| is_same(known.as_deref(), value))
}

fn is_same(known: Option<&str>, value: &str) -> bool {
    known.is_some_and(|known| known.to_lowercase() == value.to_lowercase())
}

/// `known`: the values of the term.
fn without_value(text: &str, raw: &RawTerm, known: &[Option<String>], value: &str) -> String {
    let kept = raw.values.iter().zip(known).filter(|(_, known)| !is_same(known.as_deref(), value));
    let kept: Vec<&str> = kept.filter_map(|(raw, _)| text.get(raw.at.clone())).collect();
    match raw.values.first() {
        Some(first) if !kept.is_empty() => {
            let (before, after) = (text.get(..first.at.start), text.get(raw.at.end..));
            format!("{}{}{}", before.unwrap_or_default(), kept.join("|"), after.unwrap_or_default())
        }
        _ => without(text, raw),
    }
}

/// Without a term and the spaces that follow it; of the last one, those before it.
fn without(text: &str, raw: &RawTerm) -> String {
    let before = text.get(..raw.at.start).unwrap_or_default();
    match text.get(raw.at.end..).unwrap_or_default().trim_start() {
        "" => before.trim_end().to_owned(),
        after => format!("{before}{after}"),
    }
}
