//! The name of a task that was made from a prompt.

use super::decimal::is_decimal;
use crate::limits;

/// A name of this many bytes is told from others; a shorter one gets the next phrase as well.
const ENOUGH: usize = 16;

/// Beginnings of phrases that many prompts share, because they are about quality and not about what is shown.
const COMMON: &[&str] = &[
    "masterpiece",
    "best quality",
    "high quality",
    "highest quality",
    "amazing quality",
    "great quality",
    "good quality",
    "top quality",
    "ultra quality",
    "absurdres",
    "highres",
    "high res",
    "ultra high",
    "ultra detailed",
    "ultra-detailed",
    "highly detailed",
    "extremely detailed",
    "very detailed",
    "intricate",
    "sharp focus",
    "8k",
    "4k",
    "uhd",
    "hdr",
    "raw photo",
    "award winning",
    "award-winning",
    "professional",
    "very aesthetic",
    "newest",
    "score_",
    "rating_",
    "source_",
    "safe",
];

fn is_common(phrase: &str) -> bool {
    COMMON.iter().any(|common| {
        let starts = phrase.get(..common.len()).is_some_and(|start| start.eq_ignore_ascii_case(common));
        // A whole word, or a prefix such as `score_`.
        starts && (common.ends_with('_') || !phrase[common.len()..].starts_with(char::is_alphabetic))
    })
}

/// The first sentence, without spaces, brackets, and the weight of `(words:1.2)`.
fn plain_phrase(phrase: &str) -> &str {
    let sentence = phrase.split(". ").next().unwrap_or(phrase);
    let phrase = sentence.trim().trim_end_matches('.');
    if !phrase.starts_with(['(', '[', '{']) {
        return phrase;
    }
    let inner = phrase.trim_matches(['(', ')', '[', ']', '{', '}']).trim();
    match inner.rsplit_once(':') {
        Some((words, weight)) if is_decimal(weight) => words.trim(),
        _ => inner,
    }
}

/// The first phrases of the prompt that tell it from others, without weights: `(a red fox:1.2), masterpiece` is "A red fox".
pub(super) fn prompt_name(prompt: &str) -> String {
    let mut name = String::new();
    let mut common = "";
    for phrase in prompt.split([',', '\n']) {
        let phrase = plain_phrase(phrase);
        if is_common(phrase) {
            common = if common.is_empty() { phrase } else { common };
        } else if !phrase.is_empty() && name.len() < ENOUGH {
            name.push_str(if name.is_empty() { "" } else { ", " });
            name.push_str(phrase);
        }
    }
    if name.is_empty() {
        name.push_str(if common.is_empty() { "Untitled" } else { common });
    }
    let mut name: String = name.chars().take(limits::NAME).collect();
    if let Some(initial) = name.chars().next() {
        name.replace_range(..initial.len_utf8(), &initial.to_uppercase().to_string());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_named_after_its_first_words() {
        assert_eq!(prompt_name("a lighthouse at dusk, film grain"), "A lighthouse at dusk");
        assert_eq!(prompt_name("masterpiece, best quality, (a red fox:1.2), snow, 8k"), "A red fox, snow");
        assert_eq!(prompt_name("Masterpiece, an old observatory under stars, film"), "An old observatory under stars");
        assert_eq!(prompt_name("masterpiece"), "Masterpiece", "better than nothing");
        assert_eq!(prompt_name(" ,\n"), "Untitled");
        assert_eq!(prompt_name("safeguard"), "Safeguard");
        assert_eq!(prompt_name("at 10:30, rain"), "At 10:30, rain");
    }
}
