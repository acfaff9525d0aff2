//! Which words of texts differ.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Words that are looked at one by one. Between two texts that differ in more, all between what they begin and end with counts as different.
const COMPARED_WORDS: usize = 2_000;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPiece {
    pub text: String,
    /// Another text has something else here.
    pub changed: bool,
}

/// Each text in pieces, with what differs marked: words of the first that not all others have, and of each other what it has instead. The pieces
/// of a text make up that text.
#[must_use]
pub fn changed_words(texts: &[&str]) -> Vec<Vec<TextPiece>> {
    let words: Vec<Vec<&str>> = texts.iter().map(|text| words_of(text)).collect();
    let mut marks: Vec<Vec<bool>> = words.iter().map(|words| vec![false; words.len()]).collect();
    for other in 1..words.len() {
        for (first, second) in differences(&words[0], &words[other]) {
            marks[0][first].fill(true);
            marks[other][second].fill(true);
        }
    }
    words.iter().zip(marks).map(|(words, marks)| pieces(words, &marks)).collect()
}

/// A run of letters and digits, a run of spaces, or a single sign each.
fn words_of(text: &str) -> Vec<&str> {
    let class = |letter: char| match letter {
        letter if letter.is_alphanumeric() || matches!(letter, '_' | '\'') => 0,
        letter if letter.is_whitespace() => 1,
        _ => 2,
    };
    let mut words = Vec::new();
    let mut from = 0;
    let mut before = None;
    for (at, letter) in text.char_indices() {
        let now = class(letter);
        if before.is_some_and(|before| before != now || now == 2) {
            words.push(&text[from..at]);
            from = at;
        }
        before = Some(now);
    }
    if from < text.len() {
        words.push(&text[from..]);
    }
    words
}

type Ranges = (std::ops::Range<usize>, std::ops::Range<usize>);

/// Where two lists differ, from where to where in each.
fn differences(first: &[&str], second: &[&str]) -> Vec<Ranges> {
    let start = first.iter().zip(second).take_while(|(one, other)| one == other).count();
    let (first_rest, second_rest) = (&first[start..], &second[start..]);
    let end = first_rest.iter().rev().zip(second_rest.iter().rev()).take_while(|(one, other)| one == other).count();
    let (first_middle, second_middle) = (&first_rest[..first_rest.len() - end], &second_rest[..second_rest.len() - end]);
    if first_middle.len().max(second_middle.len()) > COMPARED_WORDS {
        return vec![(start..first.len() - end, start..second.len() - end)];
    }
    let shifted = |range: std::ops::Range<usize>| range.start + start..range.end + start;
    capture_diff_slices(Algorithm::Myers, first_middle, second_middle)
        .into_iter()
        .filter(|change| !matches!(change, DiffOp::Equal { .. }))
        .map(|change| (shifted(change.old_range()), shifted(change.new_range())))
        .collect()
}

/// Spaces alone are no difference, except between two words that differ.
fn pieces(words: &[&str], marks: &[bool]) -> Vec<TextPiece> {
    let is_space = |at: usize| words[at].chars().all(char::is_whitespace);
    let is_changed = |at: usize| {
        if !is_space(at) {
            return marks[at];
        }
        at > 0 && at + 1 < words.len() && marks[at - 1] && marks[at + 1]
    };
    let mut pieces: Vec<TextPiece> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let changed = is_changed(at);
        match pieces.last_mut() {
            Some(last) if last.changed == changed => last.text.push_str(word),
            _ => pieces.push(TextPiece { text: (*word).to_owned(), changed }),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The texts with brackets around what is marked.
    fn marked(texts: &[&str]) -> Vec<String> {
        let text = |piece: TextPiece| if piece.changed { format!("[{}]", piece.text) } else { piece.text };
        changed_words(texts).into_iter().map(|pieces| pieces.into_iter().map(text).collect()).collect()
    }

    #[test]
    fn the_words_that_differ_are_marked() {
        assert_eq!(marked(&["a red door, rain", "a blue door, rain"]), ["a [red] door, rain", "a [blue] door, rain"]);
        assert_eq!(marked(&["a door", "a tall old door"]), ["a door", "a [tall old] door"]);
        assert_eq!(marked(&["a cat (red:1.2)", "a cat (red:1.3)"]), ["a cat (red:1.[2])", "a cat (red:1.[3])"]);
        assert_eq!(marked(&["", "a cat"]), ["", "[a cat]"]);
        assert_eq!(marked(&["a  cat", "a cat"]), ["a  cat", "a cat"], "spaces");
    }

    #[test]
    fn words_of_the_first_that_any_other_lacks_are_marked() {
        assert_eq!(marked(&["red door", "red boat", "blue door"]), ["[red door]", "red [boat]", "[blue] door"]);
    }

    #[test]
    fn long_texts_that_differ_throughout_are_marked_as_a_whole() {
        let text = |word: &str| format!("same {} end", format!("{word} ").repeat(3_000));
        let (one, other) = (text("red"), text("blue"));
        let pieces = changed_words(&[&one, &other]);
        assert_eq!((pieces[0].first().map(|piece| piece.changed), pieces[0].len()), (Some(false), 3));
    }

    proptest! {
        #[test]
        fn pieces_make_up_the_text_and_only_equal_texts_have_no_marks(texts in prop::collection::vec("[abä ,.]{0,12}", 1..4)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let pieces = changed_words(&texts);
            for (text, pieces) in texts.iter().zip(&pieces) {
                prop_assert_eq!(&pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), text);
            }
            let without_spaces = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let is_same = texts.iter().all(|text| without_spaces(text) == without_spaces(texts[0]));
            let is_marked = pieces.iter().flatten().any(|piece| piece.changed);
            prop_assert!(!(is_same && texts.iter().all(|text| text == &texts[0]) && is_marked));
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            if texts.iter().any(|text| letters(text) != letters(texts[0])) {
                prop_assert!(is_marked);
            }
        }
    }
}
