//! The fields that people and programs write, checked before they are kept.

use crate::limits;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FieldProblem {
    /// Its name on the wire, or a JSON Pointer below it: `keywords/3`.
    pub field: String,
    /// A sentence that says what to write instead.
    pub message: String,
}

impl FieldProblem {
    #[must_use]
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// A name of one line: 1 to `max` characters.
///
/// # Errors
/// It is empty, too long, or has control characters.
pub fn check_line(field: &str, text: &str, max: usize) -> Result<(), FieldProblem> {
    if text.trim().is_empty() {
        return Err(FieldProblem::new(field, "This must not be empty."));
    }
    check_optional_line(field, text, max)
}

/// As [`check_line`], and it may be empty.
///
/// # Errors
/// It is too long, or has control characters.
pub fn check_optional_line(field: &str, text: &str, max: usize) -> Result<(), FieldProblem> {
    if text.chars().count() > max || text.chars().any(char::is_control) {
        return Err(FieldProblem::new(field, format!("At most {max} characters, and no control characters.")));
    }
    Ok(())
}

/// A text of any lines.
///
/// # Errors
/// It is longer than [`limits::PRODUCTION_TEXT`].
pub fn check_text(field: &str, text: &str) -> Result<(), FieldProblem> {
    let max = limits::PRODUCTION_TEXT;
    if text.chars().count() > max || text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(FieldProblem::new(field, format!("At most {max} characters, and no control characters.")));
    }
    Ok(())
}

/// A list of names, at most [`limits::PRODUCTION_LIST`].
///
/// # Errors
/// There are too many, or one of them is wrong.
pub fn check_list<'a>(field: &str, items: impl ExactSizeIterator<Item = &'a str>) -> Result<(), FieldProblem> {
    let max = limits::PRODUCTION_LIST;
    if items.len() > max {
        return Err(FieldProblem::new(field, format!("At most {max} of them.")));
    }
    for (at, item) in items.enumerate() {
        check_line(&format!("{field}/{at}"), item, limits::PRODUCTION_LINE)?;
    }
    Ok(())
}

/// A number in its range.
///
/// # Errors
/// It is outside, or not a number.
pub fn check_range(field: &str, number: f64, from: f64, to: f64) -> Result<(), FieldProblem> {
    if number.is_finite() && number >= from && number <= to {
        return Ok(());
    }
    Err(FieldProblem::new(field, format!("This is a number from {from} to {to}.")))
}
