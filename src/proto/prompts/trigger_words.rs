//! The words that a LoRA or an embedding was trained with, from the metadata at the beginning of its file (a `.safetensors`).

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::limits;

/// The words, the most important ones first: those that the author names (`modelspec.trigger_phrase`, ModelSpec 1.0), then the tags of the training
/// pictures by how often they occur (`ss_tag_frequency` of kohya's sd-scripts: an object as text, of folders with the number of each tag).
#[must_use]
pub fn trigger_words(metadata: &Value) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let phrases = metadata.get("modelspec.trigger_phrase").and_then(Value::as_str).unwrap_or_default();
    for phrase in phrases.split([',', ';', '\n']) {
        add(&mut words, phrase);
    }
    for (tag, _) in by_frequency(metadata) {
        add(&mut words, &tag);
    }
    words
}

fn add(words: &mut Vec<String>, word: &str) {
    let word = word.trim();
    let is_new = || !words.iter().any(|other| other.eq_ignore_ascii_case(word));
    let fits = !word.is_empty() && word.len() <= limits::TRIGGER_WORD && words.len() < limits::TRIGGER_WORDS;
    if fits && is_new() {
        words.push(word.to_owned());
    }
}

/// The tags of all folders, with how often each occurs. The most frequent first; of two as frequent ones, by the alphabet.
fn by_frequency(metadata: &Value) -> Vec<(String, f64)> {
    let folders: Map<String, Value> = match metadata.get("ss_tag_frequency") {
        // Values of this metadata are texts.
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(Value::Object(folders)) => folders.clone(),
        _ => Map::new(),
    };
    let mut counts: HashMap<String, f64> = HashMap::new();
    for (tag, count) in folders.values().filter_map(Value::as_object).flatten() {
        // Captions of whole sentences have commas in them.
        for tag in tag.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            *counts.entry(tag.to_owned()).or_default() += count.as_f64().unwrap_or_default();
        }
    }
    let mut tags: Vec<(String, f64)> = counts.into_iter().collect();
    tags.sort_by(|(a, of_a), (b, of_b)| of_b.total_cmp(of_a).then_with(|| a.cmp(b)));
    tags
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn words_of_the_author_come_first_then_tags_by_how_often_they_occur() {
        let tags = json!({"10_ink": {"ink drawing": 12, "1girl": 3, "hatching": 3}, "5_more": {"hatching": 4, "Ink Wash": 1}}).to_string();
        let metadata = json!({"modelspec.trigger_phrase": "ink wash, sumi-e; ", "ss_tag_frequency": tags, "ss_epoch": "4"});
        assert_eq!(trigger_words(&metadata), ["ink wash", "sumi-e", "ink drawing", "hatching", "1girl"]);
    }

    #[test]
    fn files_without_them_and_with_odd_ones_have_none() {
        for metadata in [json!(null), json!({}), json!({"ss_tag_frequency": "{broken"}), json!({"ss_tag_frequency": {"a": [1], "b": 2}})] {
            assert_eq!(trigger_words(&metadata), Vec::<String>::new());
        }
    }

    #[test]
    fn words_are_limited_in_number_and_length() {
        let tags: Map<String, Value> = (0..1000).map(|n| (format!("tag {n:04}"), json!(1000 - n))).collect();
        let metadata = json!({"modelspec.trigger_phrase": "x".repeat(limits::TRIGGER_WORD + 1), "ss_tag_frequency": {"a": tags}});
        let words = trigger_words(&metadata);
        assert_eq!((words.len(), words[0].as_str()), (limits::TRIGGER_WORDS, "tag 0000"));
    }

    proptest! {
        #[test]
        fn any_text_has_words_that_differ(phrase in any::<String>(), tags in r#"(\{|\}|"a"|"b,c"|:|,|1|2\.5|-3|1e400| ){0,30}"#) {
            let words = trigger_words(&json!({"modelspec.trigger_phrase": phrase, "ss_tag_frequency": tags}));
            for (at, word) in words.iter().enumerate() {
                prop_assert!(!words[..at].contains(word) && word.trim() == word);
            }
        }
    }
}
