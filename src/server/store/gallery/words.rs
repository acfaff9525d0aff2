//! Text as the full-text index gets it, and the words of a search as FTS5 takes them.

use proto::{gallery::SearchWords, limits};

/// The first character of every token that is not a word of a text. unicode61 takes private characters as letters; texts are freed of them.
pub(super) const MARK: char = '\u{E000}';
/// A token between two texts of one column, so that no phrase is found across both.
const GAP: char = '\u{E001}';

/// Begins every word of a negative prompt: so a search for a word need not look in which column it is, which takes three times as long.
const NEGATIVE: char = '\u{E002}';

/// Which words a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordKind {
    Wanted,
    /// Of a negative prompt.
    Negative,
}

/// Adds a text. Characters of Chinese, Japanese and Korean become words of their own: these languages have no spaces, so unicode61 would take a
/// whole sentence as one word.
pub(super) fn push(into: &mut String, text: &str, kind: WordKind) {
    if !into.is_empty() {
        into.extend([' ', GAP, ' ']);
    }
    into.reserve(text.len());
    let mut in_word = false;
    for character in text.chars() {
        let is_ideograph = is_ideographic(character);
        let is_letter = is_ideograph || character.is_alphanumeric();
        if is_ideograph {
            into.push(' ');
        }
        if kind == WordKind::Negative && is_letter && (!in_word || is_ideograph) {
            into.push(NEGATIVE);
        }
        match character {
            '\u{E000}'..='\u{F8FF}' | '\u{F0000}'.. => into.push(' '),
            _ if character.is_control() => into.push(' '),
            _ => into.push(character),
        }
        if is_ideograph {
            into.push(' ');
        }
        in_word = is_letter && !is_ideograph;
    }
}

/// A quoted phrase, so that nothing in it is syntax of FTS5. `None`: there is no word in it, and nothing to look for.
pub(super) fn phrase(words: &SearchWords, kind: WordKind) -> Option<String> {
    let mut text = String::new();
    push(&mut text, &words.text, kind);
    if !text.contains(char::is_alphanumeric) {
        return None;
    }
    let last = text.trim_end().rsplit(|character: char| !character.is_alphanumeric()).next().unwrap_or_default();
    // Fewer letters begin too many words; and an ideograph is a whole one.
    let is_prefix = words.is_prefix && last.chars().count() >= limits::SEARCH_PREFIX && !last.contains(is_ideographic);
    Some(format!("\"{}\"{}", text.replace('"', " ").trim(), if is_prefix { " *" } else { "" }))
}

/// Chinese characters, kana, and Hangul syllables.
fn is_ideographic(character: char) -> bool {
    matches!(character,
        '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{3105}'..='\u{312F}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9D}' | '\u{20000}'..='\u{3FFFF}')
}
