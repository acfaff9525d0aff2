//! The values of an axis as a person types them, and back.
//!
//! Numbers: `1, 2, 5`, the range `20-40 (+10)`, which is 20, 30, 40, `1-10 [4]`, which are four numbers spread evenly, here 1, 4, 7, 10, and `1-5`, whose step
//! is 1. The syntax is that of the X/Y/Z plot of A1111's web UI.

use super::{GridValueKind, decimal::Decimal};
use crate::limits;

/// Why a list of values cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GridTextError {
    pub message: String,
}

/// The values that this text lists. Of equal ones the first. Whether the field accepts them is not checked here.
///
/// # Errors
/// What in it cannot be read, or that there are more than [`limits::GRID_AXIS_VALUES`].
pub fn parse_values(kind: GridValueKind, text: &str) -> Result<Vec<String>, GridTextError> {
    let mut values = ValueList::default();
    match kind {
        GridValueKind::Lines => {
            for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
                values.push(line.to_owned())?;
            }
        }
        GridValueKind::Words => {
            for word in split(text)? {
                values.push(word)?;
            }
        }
        GridValueKind::Whole | GridValueKind::Decimal => {
            for item in text.split([',', '\n', ';']).map(str::trim).filter(|item| !item.is_empty()) {
                numbers(item, kind == GridValueKind::Whole, &mut values)?;
            }
        }
    }
    Ok(values.list)
}

/// The text that [`parse_values`] reads as these values.
#[must_use]
pub fn write_values(kind: GridValueKind, values: &[String]) -> String {
    match kind {
        GridValueKind::Lines => values.join("\n"),
        GridValueKind::Words => values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(", "),
        GridValueKind::Whole | GridValueKind::Decimal => values.join(", "),
    }
}

#[derive(Default)]
struct ValueList {
    list: Vec<String>,
}

impl ValueList {
    fn push(&mut self, value: String) -> Result<(), GridTextError> {
        if self.list.contains(&value) {
            return Ok(());
        }
        if self.list.len() >= limits::GRID_AXIS_VALUES {
            return Err(wrong(format!("An axis has at most {} values.", limits::GRID_AXIS_VALUES)));
        }
        self.list.push(value);
        Ok(())
    }
}

fn wrong(message: impl Into<String>) -> GridTextError {
    GridTextError { message: message.into() }
}

fn quoted(value: &str) -> String {
    let needs = value.is_empty() || value.contains(['"', ',', '\n']) || value.trim() != value;
    if needs { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.to_owned() }
}

/// Commas and new lines separate; `"…"` keeps them, and `""` in it is a quotation mark.
fn split(text: &str) -> Result<Vec<String>, GridTextError> {
    let mut words = Vec::new();
    let mut letters = text.chars().peekable();
    loop {
        while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
        if letters.next_if_eq(&'"').is_some() {
            let mut word = String::new();
            loop {
                match letters.next() {
                    Some('"') if letters.next_if_eq(&'"').is_some() => word.push('"'),
                    Some('"') => break,
                    Some(letter) => word.push(letter),
                    None => return Err(wrong(format!("The quotation mark before {word:?} is not closed."))),
                }
            }
            words.push(word);
            while letters.next_if(|letter| letter.is_whitespace() && *letter != '\n').is_some() {}
            match letters.next() {
                None => return Ok(words),
                Some(',' | '\n') => {}
                Some(letter) => {
                    return Err(wrong(format!(
                        "After a value in quotes comes a comma, not {letter:?}. Two quotation marks in a row mean one."
                    )));
                }
            }
            continue;
        }
        let mut word = String::new();
        while let Some(letter) = letters.next_if(|letter| !matches!(letter, ',' | '\n')) {
            word.push(letter);
        }
        let word = word.trim();
        if !word.is_empty() {
            words.push(word.to_owned());
        }
        if letters.next().is_none() {
            return Ok(words);
        }
    }
}

/// One number or range.
fn numbers(item: &str, whole: bool, values: &mut ValueList) -> Result<(), GridTextError> {
    let unreadable = || {
        wrong(format!(
            "{item:?} is no number and no range. Ranges are written 20-40 (+10), which is 20, 30, 40, or 1-10 [4], which are four numbers."
        ))
    };
    let (first, rest) = Decimal::read(item).ok_or_else(unreadable)?;
    let rest = rest.trim_start();
    if rest.is_empty() {
        return values.push(first.to_string());
    }
    let rest = rest.strip_prefix(['-', '–']).ok_or_else(unreadable)?.trim_start();
    let (last, rest) = Decimal::read(rest).ok_or_else(unreadable)?;
    let rest = rest.trim();
    let scale = first.scale.max(last.scale);
    if let Some(count) = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let count: usize = count.trim().parse().map_err(|_| unreadable())?;
        return spread(first, last, count, whole, values);
    }
    let rises = last.at_scale(scale) >= first.at_scale(scale);
    let step = match rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(text) => {
            let (step, end) = Decimal::read(text.trim()).ok_or_else(unreadable)?;
            if !end.is_empty() {
                return Err(unreadable());
            }
            let is_signed = text.trim_start().starts_with(['+', '-', '−']);
            let mantissa = if rises || is_signed { step.mantissa } else { -step.mantissa };
            Decimal { mantissa, ..step }
        }
        None if rest.is_empty() => Decimal { mantissa: if rises { 1 } else { -1 }, scale: 0 },
        None => return Err(unreadable()),
    };
    let scale = scale.max(step.scale);
    let (first, last, step) = (first.at_scale(scale), last.at_scale(scale), step.at_scale(scale));
    if step == 0 {
        return Err(wrong(format!("The step of {item:?} is 0.")));
    }
    if first != last && (step > 0) != (last > first) {
        return Err(wrong(format!("The step of {item:?} leads away from its end.")));
    }
    let mut at = first;
    while if step > 0 { at <= last } else { at >= last } {
        values.push(Decimal { mantissa: at, scale }.to_string())?;
        at += step;
    }
    Ok(())
}

/// Decimal places that evenly spread numbers get beyond those that were typed.
const SPREAD_PLACES: u32 = 3;

fn spread(first: Decimal, last: Decimal, count: usize, whole: bool, values: &mut ValueList) -> Result<(), GridTextError> {
    let scale = first.scale.max(last.scale);
    if !(2..=limits::GRID_AXIS_VALUES).contains(&count) {
        return Err(wrong(format!("A range has from 2 to {} values, not {count}.", limits::GRID_AXIS_VALUES)));
    }
    let typed = scale;
    let scale = if whole { scale } else { scale + SPREAD_PLACES };
    let (first, last) = (first.at_scale(scale), last.at_scale(scale));
    let steps = i128::try_from(count - 1).unwrap_or(1);
    for at in 0..=steps {
        // Rounded to the nearest.
        let mantissa = first + (2 * (last - first) * at + steps).div_euclid(2 * steps);
        let mut value = Decimal { mantissa, scale };
        while value.scale > typed && value.mantissa % 10 == 0 {
            value = Decimal { mantissa: value.mantissa / 10, scale: value.scale - 1 };
        }
        values.push(value.to_string())?;
    }
    Ok(())
}
