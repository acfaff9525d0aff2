//! Texts as parts of a prompt.

/// A text that is a template of itself.
pub(super) fn escaped(text: &str) -> String {
    with_backslashes(text, &['{', '}', '|'])
}

/// Words that mean themselves, also for ComfyUI, where parentheses change weights: `miku (vocaloid)` becomes `miku \(vocaloid\)`.
pub(super) fn as_words(text: &str) -> String {
    with_backslashes(text, &['{', '}', '|', '(', ')'])
}

fn with_backslashes(text: &str, signs: &[char]) -> String {
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        if signs.contains(&c) {
            result.push('\\');
        }
        result.push(c);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_signs_mean_themselves() {
        assert_eq!(as_words("miku (vocaloid) {a|b}"), r"miku \(vocaloid\) \{a\|b\}");
        assert_eq!(escaped("(a:1.2) {b|c}"), r"(a:1.2) \{b\|c\}");
    }
}
