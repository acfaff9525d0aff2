//! Metadata of a job: short texts under short names, by which a list of jobs can be filtered.

use serde_json::{Map, Value};

use crate::limits;

/// Why metadata is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongMetadata {
    #[error("Metadata is an object whose values are texts.")]
    NotAnObject,
    #[error("Metadata has at most {} pairs.", limits::JOB_METADATA)]
    TooMany,
    #[error("{0:?} is no name of metadata: it has 1 to {most} letters, digits, \"_\", \".\" and \"-\".", most = limits::JOB_METADATA_NAME)]
    Name(String),
    #[error(
        "The value of {0:?} must be a text of at most {most} bytes, without control characters and without those that change the direction of text.",
        most = limits::JOB_METADATA_VALUE
    )]
    Value(String),
}

/// The metadata of a submission.
///
/// # Errors
/// See [`WrongMetadata`].
pub fn check_metadata(value: Value) -> Result<Map<String, Value>, WrongMetadata> {
    let Value::Object(pairs) = value else { return Err(WrongMetadata::NotAnObject) };
    if pairs.len() > limits::JOB_METADATA {
        return Err(WrongMetadata::TooMany);
    }
    for (name, value) in &pairs {
        if !is_metadata_name(name) {
            return Err(WrongMetadata::Name(name.chars().take(2 * limits::JOB_METADATA_NAME).collect()));
        }
        if !value.as_str().is_some_and(is_metadata_value) {
            return Err(WrongMetadata::Value(name.clone()));
        }
    }
    Ok(pairs)
}

/// The pairs that a job may have. A task that was submitted otherwise may have any JSON as its metadata; the rest of that is left out.
pub fn metadata_pairs(metadata: &Map<String, Value>) -> impl Iterator<Item = (&str, &str)> {
    let pairs = metadata.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    pairs.filter(|(name, value)| is_metadata_name(name) && is_metadata_value(value)).take(limits::JOB_METADATA)
}

#[must_use]
pub fn is_metadata_name(name: &str) -> bool {
    (1..=limits::JOB_METADATA_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

#[must_use]
pub fn is_metadata_value(value: &str) -> bool {
    let is_refused =
        |c: char| c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}');
    value.len() <= limits::JOB_METADATA_VALUE && !value.contains(is_refused)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metadata_follows_the_rules_of_the_specification() {
        let good = json!({"order": "7", "a.b-c_D": "", "note": "ä".repeat(128)});
        assert_eq!(check_metadata(good.clone()).map(Value::Object), Ok(good));
        let many: Map<String, Value> = (0..=limits::JOB_METADATA).map(|n| (format!("n{n}"), json!(""))).collect();
        let long = "n".repeat(limits::JOB_METADATA_NAME + 1);
        let cases = [
            (json!("text"), WrongMetadata::NotAnObject),
            (json!(null), WrongMetadata::NotAnObject),
            (Value::Object(many), WrongMetadata::TooMany),
            (json!({"": "x"}), WrongMetadata::Name(String::new())),
            (json!({"a b": "x"}), WrongMetadata::Name("a b".into())),
            (json!({"ä": "x"}), WrongMetadata::Name("ä".into())),
            (json!({long.clone(): "x"}), WrongMetadata::Name(long)),
            (json!({"a": 7}), WrongMetadata::Value("a".into())),
            (json!({"a": "x\ny"}), WrongMetadata::Value("a".into())),
            (json!({"a": "\u{202e}x"}), WrongMetadata::Value("a".into())),
            (json!({"a": "ä".repeat(129)}), WrongMetadata::Value("a".into())),
        ];
        for (metadata, why) in cases {
            assert_eq!(check_metadata(metadata.clone()), Err(why), "{metadata}");
        }
    }

    #[test]
    fn of_other_metadata_only_what_fits_is_shown() {
        let Value::Object(any) = json!({"a": "1", "b": 2, "c d": "3", "e": {"f": "4"}}) else { panic!() };
        assert_eq!(metadata_pairs(&any).collect::<Vec<_>>(), [("a", "1")]);
    }
}
