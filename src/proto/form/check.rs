//! Which values ComfyUI accepts for an input: the checks of its `validate_inputs` that can be read from `/object_info`, with messages for people.
//!
//! Steps are not checked there, and neither are they here. Of an input with uploads any text is accepted: its list is older than the upload.

use serde_json::{Number, Value};

use super::{
    ValueProblem,
    spec::{Spec, is_colour, type_of, unwrapped, wrapped},
    text_value::{LiteralType, is_link, read_as, read_boolean, read_by_looks, read_number},
};
use crate::comfy::{InputKind, NumberRange};

/// Names shown that are like one which is not there.
const NEAREST: usize = 3;
/// How alike names are at least to be shown: 0 for nothing in common, 1 for equal.
const ALIKE: f64 = 0.6;
/// Whole numbers up to this are exact as floating point.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The value that `text` means for this input. `now`: the workflow's value; where the class leaves the type open, that decides.
///
/// # Errors
/// What the text must be.
pub(super) fn read_text(spec: &Spec, now: &Value, text: &str) -> Result<Value, ValueProblem> {
    let kind = spec.kind.as_deref();
    let is_structure = matches!(type_of(now), LiteralType::Object | LiteralType::List);
    let value = match kind {
        Some(InputKind::ManyOf(_)) => match serde_json::from_str::<Value>(text) {
            Ok(list @ Value::Array(_)) => wrapped(list),
            _ => return Err(wrong("This must be a list of choices.")),
        },
        _ if is_structure => json(text)?,
        // Of a choice the check below names the nearest.
        Some(InputKind::TypedChoice { .. }) => kind.and_then(|kind| kind.typed_choice(text)).cloned().unwrap_or_else(|| text.into()),
        Some(InputKind::DynamicChoice(_)) => text.into(),
        Some(kind) => match read_as(kind, text) {
            Some(Ok(value)) => value,
            Some(Err(_)) => return Err(wrong(wanted(kind))),
            None if is_colour(kind) => text.into(),
            None => by_type(now, text)?,
        },
        None => by_type(now, text)?,
    };
    check(spec, &value).map_or(Ok(value), Err)
}

fn by_type(now: &Value, text: &str) -> Result<Value, ValueProblem> {
    match type_of(now) {
        LiteralType::Unknown => Ok(wrapped(read_by_looks(text))),
        LiteralType::List | LiteralType::Object => json(text),
        LiteralType::Number { .. } => number(text),
        LiteralType::Boolean => LiteralType::Boolean.read(text).ok_or_else(|| wrong("This must be true or false.")),
        LiteralType::Text => Ok(text.into()),
    }
}

fn number(text: &str) -> Result<Value, ValueProblem> {
    read_number(text).map(Value::Number).ok_or_else(|| wrong(wanted(&InputKind::Number(NumberRange::default()))))
}

fn json(text: &str) -> Result<Value, ValueProblem> {
    serde_json::from_str(text).map(wrapped).map_err(|error| wrong(format!("This must be JSON: {error}.")))
}

/// The value that a program's JSON means for this input, in the type that the class wants.
///
/// # Errors
/// What it must be.
pub(super) fn read_json(spec: &Spec, now: &Value, given: &Value) -> Result<Value, ValueProblem> {
    let given = unwrapped(given);
    let kind = spec.kind.as_deref();
    if given == unwrapped(now) {
        return check(spec, now).map_or_else(|| Ok(now.clone()), Err);
    }
    if matches!(type_of(now), LiteralType::Object | LiteralType::List) && !matches!(kind, Some(InputKind::ManyOf(_))) {
        return Ok(wrapped(given.clone()));
    }
    let value = match (kind, given) {
        (Some(InputKind::Number(range)), Value::Number(given)) if range.whole => match whole(given) {
            Some(given) => Value::Number(given),
            None => return Err(wrong(wanted(&InputKind::Number(range.clone())))),
        },
        // "18446744073709551615": a number that JavaScript cannot send.
        (Some(InputKind::Number(_) | InputKind::Switch { .. }), Value::String(text)) => return read_text(spec, now, text),
        (Some(InputKind::Switch { .. }), Value::Number(number)) if matches!(number.as_u64(), Some(0 | 1)) => {
            Value::Bool(number.as_u64() == Some(1))
        }
        (Some(InputKind::Text { .. } | InputKind::Remote(_)), Value::Number(_) | Value::Bool(_)) => given.to_string().into(),
        (Some(InputKind::TypedChoice { values, .. }), given) if values.contains(given) => given.clone(),
        (Some(InputKind::TypedChoice { .. } | InputKind::Choice(_) | InputKind::DynamicChoice(_)), Value::Number(_) | Value::Bool(_)) => {
            return read_text(spec, now, &given.to_string());
        }
        (Some(InputKind::TypedChoice { .. }), Value::String(text)) => return read_text(spec, now, text),
        (None | Some(InputKind::Other(_) | InputKind::Autogrow(_)), Value::String(text))
            if matches!(type_of(now), LiteralType::Number { .. }) =>
        {
            number(text)?
        }
        _ => wrapped(given.clone()),
    };
    check(spec, &value).map_or(Ok(value), Err)
}

fn whole(number: &Number) -> Option<Number> {
    match number.as_f64() {
        _ if !number.is_f64() => Some(number.clone()),
        #[allow(clippy::cast_possible_truncation)]
        Some(float) if float.fract() == 0.0 && float.abs() <= EXACT => Some(Number::from(float as i64)),
        _ => None,
    }
}

/// Why ComfyUI would refuse this value here. `None`: it accepts it, or only its class can say.
pub(super) fn check(spec: &Spec, value: &Value) -> Option<ValueProblem> {
    let kind = spec.kind.as_deref()?;
    if value.as_array().is_some_and(|list| list.len() != 2) {
        return Some(wrong("ComfyUI reads a list as a link to another node: this must be wrapped as {\"__value__\": […]}."));
    }
    let value = unwrapped(value);
    match kind {
        InputKind::Number(range) => {
            let number = match value {
                Value::Number(number) => Some(number.clone()),
                Value::String(text) => read_number(text),
                Value::Bool(on) => Some(u8::from(*on).into()),
                _ => None,
            };
            // Python's int() drops a fraction, and reads none from a text.
            let readable = number.filter(|number| !range.whole || !number.is_f64() || value.is_number());
            match readable {
                None => Some(wrong(wanted(kind))),
                Some(number) if range.contains(&number) => None,
                Some(_) => Some(wrong(format!("This must be {}.", between(range).unwrap_or_default()))),
            }
        }
        InputKind::Choice(_) | InputKind::TypedChoice { .. } | InputKind::DynamicChoice(_) if value.is_object() => None,
        InputKind::Choice(_) | InputKind::TypedChoice { .. } if spec.is_upload() => None,
        InputKind::Choice(texts) => {
            not_listed(value, texts, |value| texts.iter().any(|text| value == text) || is_spelled_otherwise(spec, value))
        }
        InputKind::TypedChoice { texts, values } => not_listed(value, texts, |value| values.contains(value)),
        InputKind::DynamicChoice(options) => {
            let keys: Vec<String> = options.iter().map(|option| option.key.clone()).collect();
            not_listed(value, &keys, |value| keys.iter().any(|key| value == key))
        }
        InputKind::ManyOf(texts) => {
            let one = std::slice::from_ref(value);
            let chosen = value.as_array().map_or(one, Vec::as_slice);
            chosen.iter().find_map(|value| not_listed(value, texts, |value| texts.iter().any(|text| value == text)))
        }
        kind if is_colour(kind) => {
            value.as_str().is_none_or(|text| !is_colour_text(text)).then(|| wrong("This must be a colour such as #ffcc00."))
        }
        // Python's bool() and str() accept anything.
        InputKind::Switch { .. } => match value {
            Value::String(text) => read_boolean(text).is_none().then(|| wrong(wanted(kind))),
            Value::Array(_) | Value::Object(_) => Some(wrong(wanted(kind))),
            _ => None,
        },
        InputKind::Text { .. } | InputKind::Remote(_) | InputKind::Autogrow(_) | InputKind::Other(_) => None,
    }
}

/// Whether it is the name of a listed file with other separators.
fn is_spelled_otherwise(spec: &Spec, value: &Value) -> bool {
    spec.pool.zip(value.as_str()).is_some_and(|(pool, text)| pool.class.spelling(&spec.name, text).is_some())
}

fn is_colour_text(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| matches!(digits.len(), 3 | 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn not_listed(value: &Value, texts: &[String], is_listed: impl Fn(&Value) -> bool) -> Option<ValueProblem> {
    if is_listed(value) {
        return None;
    }
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if texts.is_empty() {
        return Some(wrong(format!("No ComfyUI has \"{text}\", or any other choice here.")));
    }
    let nearest = nearest(&text, texts.iter().map(String::as_str));
    let message = match nearest.as_slice() {
        [] if text.is_empty() => "Choose one.".into(),
        [] => format!("No ComfyUI has \"{text}\"."),
        names => format!("No ComfyUI has \"{text}\". The nearest: {}.", names.join(", ")),
    };
    Some(ValueProblem { message, nearest })
}

/// The names that are most like this one, the most similar first; of files, also without their folders.
#[must_use]
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let plain = |name: &str| name.to_lowercase().replace('\\', "/");
    let file = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let wanted = plain(name);
    let mut alike: Vec<(f64, &str)> = names
        .map(|other| {
            let plain = plain(other);
            let whole = strsim::jaro_winkler(&wanted, &plain);
            (whole.max(strsim::jaro_winkler(&file(&wanted), &file(&plain))), other)
        })
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    alike.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    alike.into_iter().take(NEAREST).map(|(_, name)| name.to_owned()).collect()
}

/// What the value must be, in the words of the built-in form.
fn wanted(kind: &InputKind) -> String {
    match kind {
        InputKind::Number(range) if range.whole => match between(range) {
            Some(bounds) => format!("This must be a whole number {bounds}."),
            None => "This must be a whole number.".into(),
        },
        InputKind::Number(_) => "This must be a number such as 7.0.".into(),
        InputKind::Switch { .. } => "This must be true or false.".into(),
        _ => "This must be another value.".into(),
    }
}

fn between(range: &NumberRange) -> Option<String> {
    Some(match (&range.min, &range.max) {
        (Some(min), Some(max)) => format!("from {min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => return None,
    })
}

pub(super) fn wrong(message: impl Into<String>) -> ValueProblem {
    ValueProblem { message: message.into(), nearest: Vec::new() }
}

/// Why a link cannot be given as a value.
pub(super) fn refuse_link(value: &Value) -> Option<ValueProblem> {
    is_link(value).then(|| wrong("A link to another node cannot be set here. Send a list as {\"__value__\": […]}."))
}
