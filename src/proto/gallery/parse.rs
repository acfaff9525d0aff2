//! A search as people type it.
//!
//! | written | found |
//! |---|---|
//! | `red door` | both words, anywhere in the prompt or a name |
//! | `"red door"` | both, one after the other |
//! | `lightho*` | words that begin so; at least two characters |
//! | `model:x`, `model:"my model"` | a field has this value; see [`help`](super::help) for all fields |
//! | `model:a|b*` | one of these values |
//! | `-x`, `-tag:x` | what the term does not find |
//!
//! How the text is divided is in [`scan`](super::scan).

use strum::IntoEnumIterator;

use super::{
    dates::{Today, read_dates},
    error::SearchError,
    fields::{FieldKind, SearchField, field, nearest_name},
    numbers::{read_number, read_ratio, read_size, whole},
    scan::{QuoteMistake, RawTerm, RawValue, raw_terms},
    search::{Condition, Facet, FacetValue, Search, SearchPlace, SearchWords, Term, Trait},
};
use crate::limits;

impl Search {
    /// Reads what was typed. `today`: what dates such as `today` mean.
    ///
    /// # Errors
    /// The first term that is wrong, or that the text or the number of its terms is above [`limits::SEARCH_TEXT`] or [`limits::SEARCH_TERMS`].
    pub fn parse(text: &str, today: Today) -> Result<Self, SearchError> {
        if text.len() > limits::SEARCH_TEXT {
            let message = format!("This search is too long: {} bytes, at most {}. Make it shorter.", text.len(), limits::SEARCH_TEXT);
            return Err(SearchError { text: String::new(), at: 0..text.len(), message });
        }
        let raw = raw_terms(text);
        if let Some(surplus) = raw.get(limits::SEARCH_TERMS) {
            let message = format!("This search has {} terms, at most {}. Leave some out.", raw.len(), limits::SEARCH_TERMS);
            return Err(wrong(text, surplus, message));
        }
        let term = |raw: RawTerm| read_term(text, &raw, today).map_err(|message| wrong(text, &raw, message));
        raw.into_iter().map(term).collect::<Result<_, _>>().map(|terms| Self { terms })
    }
}

/// The search as it was probably meant, if one of its terms has the name of a field with a mistake.
#[must_use]
pub fn corrected(text: &str) -> Option<String> {
    let terms = raw_terms(text);
    let (term, name) = terms.iter().find_map(|term| term.name.filter(|name| field(name).is_none()).map(|name| (term, name)))?;
    let nearest = nearest_name(name)?;
    let at = term.at.start + usize::from(term.is_negated);
    let after = text.get(at + name.len()..)?;
    Some(format!("{}{nearest}{after}", text.get(..at)?))
}

fn wrong(text: &str, term: &RawTerm, message: String) -> SearchError {
    SearchError { text: written(text, term).to_owned(), at: term.at.clone(), message }
}

fn written<'t>(text: &'t str, term: &RawTerm) -> &'t str {
    text.get(term.at.clone()).unwrap_or_default()
}

/// The meaning of a term, or what is wrong with it.
pub(super) fn read_term(text: &str, raw: &RawTerm, today: Today) -> Result<Term, String> {
    let written = written(text, raw);
    for value in &raw.values {
        match value.mistake {
            None => {}
            Some(QuoteMistake::Unclosed) => return Err("A quote is opened here and not closed. Write \" at its end.".into()),
            Some(QuoteMistake::TextBehind) => {
                return Err("Write a space after the closing quote. Inside of quotes, \"\" stands for one.".into());
            }
        }
    }
    let condition = match raw.name {
        Some(name) => match field(name) {
            Some(field) => of_field(field, raw, today)?,
            None => return Err(unknown(name, written)),
        },
        None => match raw.values.as_slice() {
            [value] if value.text.is_empty() && !value.is_quoted && !value.is_prefix => {
                return Err("After - write what is to be left out, such as -blurry.".into());
            }
            [value] if raw.is_negated && !value.is_quoted && value.text.starts_with('-') => {
                return Err("Write one - before what is to be left out. Put text that begins with - in quotes.".into());
            }
            [value] => Condition::Words(words(value)?),
            _ => return Err("Put text with | in quotes.".into()),
        },
    };
    Ok(Term { text: written.to_owned(), is_negated: raw.is_negated, condition })
}

fn unknown(name: &str, written: &str) -> String {
    let quoted = format!("\"{}\"", written.trim_start_matches('-').replace('"', "\"\""));
    match nearest_name(name) {
        Some(nearest) => format!("There is no {name}:. Did you mean {nearest}:? To search for the text itself write {quoted}."),
        None => format!("There is no {name}:. To search for the text itself write {quoted}."),
    }
}

fn of_field(field: &SearchField, raw: &RawTerm, today: Today) -> Result<Condition, String> {
    if let FieldKind::Facet(facet) = field.kind {
        let values = raw.values.iter().map(|value| facet_value(field, facet, value)).collect::<Result<_, _>>()?;
        return Ok(Condition::Facet { facet, values });
    }
    let [value] = raw.values.as_slice() else {
        return Err(format!("{}: takes one value. Write a term for each of them.", field.name));
    };
    if field.kind == FieldKind::Negative {
        return words_of(field, value).map(Condition::Negative);
    }
    if field.kind == FieldKind::Star && value.text.is_empty() && !value.is_quoted && !value.is_prefix {
        return Ok(Condition::Star(true));
    }
    let text = plain(field, value)?;
    let name = text.to_lowercase();
    match field.kind {
        FieldKind::Seed => {
            whole(text).map(Condition::Seed).ok_or_else(|| "Write a whole number from 0 to 18446744073709551615 such as 42.".into())
        }
        FieldKind::Star => match name.as_str() {
            "yes" | "true" | "1" => Ok(Condition::Star(true)),
            "no" | "false" | "0" => Ok(Condition::Star(false)),
            _ => Err(one_of(field)),
        },
        FieldKind::Is => {
            if name == "starred" {
                Ok(Condition::Star(true))
            } else {
                Err(one_of(field))
            }
        }
        FieldKind::Number(quantity) => read_number(quantity, text),
        FieldKind::Size => read_size(text),
        FieldKind::Ratio => read_ratio(text),
        FieldKind::Date => read_dates(text, today).map(|(from, before)| Condition::Date { from, before }),
        FieldKind::Has => Trait::iter().find(|own| <&str>::from(own) == name).map(Condition::Has).ok_or_else(|| one_of(field)),
        FieldKind::In => SearchPlace::iter().find(|own| <&str>::from(own) == name).map(Condition::In).ok_or_else(|| one_of(field)),
        FieldKind::Facet(_) | FieldKind::Negative => Err(one_of(field)),
    }
}

fn one_of(field: &SearchField) -> String {
    format!("{}: takes {}.", field.name, field.values.join(", "))
}

fn empty(field: &SearchField) -> String {
    format!("Write a value after {}: such as {}.", field.name, field.example)
}

/// A value that is no list and no beginning of others.
fn plain<'v>(field: &SearchField, value: &'v RawValue) -> Result<&'v str, String> {
    if value.is_prefix {
        return Err(format!("{}: takes a whole value, without *.", field.name));
    }
    Some(value.text.trim()).filter(|text| !text.is_empty()).ok_or_else(|| empty(field))
}

fn facet_value(field: &SearchField, facet: Facet, value: &RawValue) -> Result<FacetValue, String> {
    if facet == Facet::Type {
        let kind = match plain(field, value)?.to_lowercase().as_str() {
            "image" | "picture" => "image",
            "video" => "video",
            "audio" | "sound" => "audio",
            "file" | "3d" => "file",
            _ => return Err(one_of(field)),
        };
        return Ok(FacetValue { text: kind.to_owned(), is_prefix: false });
    }
    let SearchWords { text, is_prefix } = words_of(field, value)?;
    Ok(FacetValue { text, is_prefix })
}

fn words_of(field: &SearchField, value: &RawValue) -> Result<SearchWords, String> {
    if value.text.trim().is_empty() && !value.is_prefix { Err(empty(field)) } else { words(value) }
}

fn words(value: &RawValue) -> Result<SearchWords, String> {
    let text = value.text.as_str();
    if value.is_prefix && text.trim().chars().count() < limits::SEARCH_PREFIX {
        return Err(format!("Write at least {} characters before *.", limits::SEARCH_PREFIX));
    }
    if text.trim().is_empty() {
        return Err("There is nothing between these quotes. Write what to search for, or leave them out.".into());
    }
    if !value.is_quoted && text.contains('*') {
        return Err("* stands at the end of a word, and means any end. Put text that has a * in quotes.".into());
    }
    Ok(SearchWords { text: text.to_owned(), is_prefix: value.is_prefix })
}
