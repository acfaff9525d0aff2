//! What a person wrote beside what somebody else wrote meanwhile.

use leptos::prelude::*;
use serde_json::{Map, Value};

use crate::components::{reactive::Erased, words::capitalized};

/// A field that has another value now than a person would give it, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ContestedField {
    pub name: String,
    pub yours: String,
    pub theirs: String,
}

/// The fields that would change. `yours`: what would be written, `theirs`: the object as it is now; both as JSON. `words`: those of a value, where the value itself
/// says nothing to people.
pub(super) fn contested(yours: &str, theirs: &str, words: impl Fn(&str, &Value) -> Option<String>) -> Vec<ContestedField> {
    let read = |text| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let theirs = read(theirs);
    let words = |field: &str, value: &Value| words(field, value).unwrap_or_else(|| value_words(value));
    let of = |(field, yours): (String, Value)| {
        let theirs = theirs.get(&field).unwrap_or(&Value::Null);
        let differs = *theirs != yours;
        differs.then(|| ContestedField { name: field_words(&field), yours: words(&field, &yours), theirs: words(&field, theirs) })
    };
    read(yours).into_iter().filter_map(of).collect()
}

/// The field as forms call it.
fn field_words(field: &str) -> String {
    match field {
        "base_prompt" => "What is seen".into(),
        "prompt_fragment" => "What prompts say of it".into(),
        "beat" => "Name".into(),
        other => capitalized(&other.replace('_', " ")),
    }
}

fn value_words(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::String(text) if text.is_empty() => "–".into(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            let words: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            if words.is_empty() { "–".into() } else { words.join(", ") }
        }
        value => value.to_string(),
    }
}

/// Both beside each other, or that they do not differ.
pub(super) fn contested_table(fields: Vec<ContestedField>) -> AnyView {
    if fields.is_empty() {
        return view! { <p class="note">"What you wrote is not touched by it."</p> }.erased();
    }
    let row =
        |ContestedField { name, yours, theirs }| view! { <tr><th scope="row">{name}</th><td>{yours}</td><td>{theirs}</td></tr> }.erased();
    view! {
        <table>
            <thead><tr><th scope="col">"What"</th><th scope="col">"Yours"</th><th scope="col">"There now"</th></tr></thead>
            <tbody>{fields.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .erased()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, yours: &str, theirs: &str) -> ContestedField {
        ContestedField { name: name.into(), yours: yours.into(), theirs: theirs.into() }
    }

    #[test]
    fn only_what_differs_is_shown() {
        let yours = r#"{"base_prompt":"a","rating":3,"title":"Same","keywords":["fog","rain"],"scene":"0199"}"#;
        let theirs = r#"{"base_prompt":"b","title":"Same","keywords":[],"scene":null,"version":4,"status":"hold"}"#;
        let words = |name: &str, value: &Value| (name == "scene" && value.is_string()).then(|| "S001 The pier".to_owned());
        let mut found = contested(yours, theirs, words);
        found.sort_by(|one, other| one.name.cmp(&other.name));
        let wanted = [
            field("Keywords", "fog, rain", "–"),
            field("Rating", "3", "–"),
            field("Scene", "S001 The pier", "–"),
            field("What is seen", "a", "b"),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_change_of_other_fields_contests_nothing() {
        assert_eq!(contested(r#"{"title":"One"}"#, r#"{"title":"One","status":"hold"}"#, |_, _| None), []);
        assert_eq!(contested("", r#"{"title":"One"}"#, |_, _| None), []);
    }
}
