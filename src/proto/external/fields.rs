//! Fields of objects that other programs wrote: read leniently, with a limit on every text.

use serde_json::{Map, Value};

use super::{
    fact::{ProgressReading, ProgressScale},
    join::{ExternalJoin, JoinedBy},
    task::{ExternalResult, ResultFormat},
};
use crate::limits;

/// A text of at most `limit` bytes; a number or truth value as text. `None`: there is none, or it is empty.
pub(super) fn text(fields: &Map<String, Value>, key: &str, limit: usize) -> Option<String> {
    let text = match fields.get(key)? {
        Value::String(text) => cut(text, limit).0,
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// The beginning of a text, and whether there was more.
pub(super) fn cut(text: &str, limit: usize) -> (String, bool) {
    let end = (0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    (text[..end].to_owned(), end < text.len())
}

/// A number of 0 or more, without what is behind its point.
pub(super) fn whole(value: &Value) -> Option<u64> {
    thousandths(value).map(|number| number / 1000)
}

/// A number of 0 or more, also in a text, in thousandths.
pub(super) fn thousandths(value: &Value) -> Option<u64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim_end_matches(['%', ' ']).trim_start().parse().ok()?,
        _ => return None,
    };
    // The conversion saturates.
    (number.is_finite() && number >= 0.0).then_some((number * 1000.0).round() as u64)
}

/// The progress in fields such as `current` and `total`, `current_step` and `total_steps`, or `progress`.
pub(super) fn progress(fields: &Map<String, Value>, scale: ProgressScale) -> Option<ProgressReading> {
    let number = |keys: &[&str]| keys.iter().find_map(|key| whole(fields.get(*key)?));
    let total = number(&["total", "total_steps"]).filter(|total| *total > 0);
    if let (Some(current), Some(total)) = (number(&["current", "current_step", "step"]), total) {
        return Some(ProgressReading::Steps { current, total });
    }
    if let Some(thousandths) = fields.get("percent").or_else(|| fields.get("percentage")).and_then(thousandths) {
        return Some(ProgressReading::Number { thousandths, scale: ProgressScale::Percent });
    }
    let thousandths = thousandths(fields.get("progress")?)?;
    Some(ProgressReading::Number { thousandths, scale })
}

/// What is told beside progress: `message`, or words in the place of a step.
pub(super) fn message(fields: &Map<String, Value>) -> Option<String> {
    let words = |key: &str| {
        let text = fields.get(key)?.as_str()?;
        (text.trim().parse::<f64>().is_err() && !text.is_empty()).then(|| cut(text, limits::EXTERNAL_MESSAGE).0)
    };
    ["message", "step", "current_step", "description", "status"].into_iter().find_map(words)
}

/// Ids of a project, shot and node among these fields.
pub(super) fn join(fields: &Map<String, Value>, by: JoinedBy) -> ExternalJoin {
    let mut join = ExternalJoin::default();
    for (key, value) in fields {
        match value {
            Value::String(id) => join.note(key, id, by),
            Value::Number(id) => join.note(key, &id.to_string(), by),
            _ => {}
        }
    }
    join
}

/// A value that a task returned. `None`: it returned nothing.
pub(super) fn json_result(value: &Value) -> Option<ExternalResult> {
    if value.is_null() {
        return None;
    }
    let (text, is_cut) = cut(&value.to_string(), limits::EXTERNAL_RESULT);
    Some(ExternalResult { format: ResultFormat::Json, text, is_cut })
}

/// A hash that is the same in every process (FNV-1a); never 0.
pub(super) fn content_hash(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    hash.max(1)
}
