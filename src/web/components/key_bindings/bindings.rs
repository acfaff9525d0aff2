//! Which keys were changed. They are kept in this browser.

use std::collections::BTreeMap;

/// The commands whose keys were changed, each with its key as `KeyboardEvent.key` gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyBindings(BTreeMap<String, String>);

/// The key in localStorage. The number is raised when the names of commands change their meaning.
#[cfg(feature = "hydrate")]
const STORED_AS: &str = "darkroom.keys.1";

impl KeyBindings {
    /// Those of this browser; on the server, none.
    pub(crate) fn load() -> Self {
        #[cfg(feature = "hydrate")]
        return crate::storage::load(STORED_AS).map(|text| Self::read(&text)).unwrap_or_default();
        #[cfg(not(feature = "hydrate"))]
        Self::default()
    }

    /// Whether the browser stored them.
    pub(crate) fn save(&self) -> bool {
        #[cfg(feature = "hydrate")]
        return if self.0.is_empty() {
            crate::storage::remove(STORED_AS);
            true
        } else {
            crate::storage::save(STORED_AS, &self.to_text())
        };
        #[cfg(not(feature = "hydrate"))]
        false
    }

    /// One line for each: the command's name, a space, its key. A line that is no such pair is left out.
    #[cfg_attr(not(any(feature = "hydrate", test)), expect(dead_code, reason = "only browsers store them"))]
    fn read(text: &str) -> Self {
        let pair = |line: &str| {
            let (command, key) = line.split_once(' ')?;
            (!command.is_empty() && is_bindable(key)).then(|| (command.to_owned(), key.to_owned()))
        };
        Self(text.lines().filter_map(pair).collect())
    }

    #[cfg_attr(not(any(feature = "hydrate", test)), expect(dead_code, reason = "only browsers store them"))]
    fn to_text(&self) -> String {
        self.0.iter().map(|(command, key)| format!("{command} {key}\n")).collect()
    }

    /// The keys of a command. `usual`: those it has while nobody changed them.
    pub(crate) fn keys<'a>(&'a self, command: &str, usual: &'a [&'a str]) -> Vec<&'a str> {
        self.changed(command).map_or_else(|| usual.to_vec(), |key| vec![key])
    }

    /// The key that was chosen for a command.
    pub(crate) fn changed(&self, command: &str) -> Option<&str> {
        self.0.get(command).map(String::as_str)
    }

    /// Gives a command another key; its usual one is no change.
    pub(crate) fn change(&mut self, command: &str, key: &str, usual: &[&str]) {
        if usual == [key] {
            self.reset(command);
        } else {
            self.0.insert(command.to_owned(), key.to_owned());
        }
    }

    pub(crate) fn reset(&mut self, command: &str) {
        self.0.remove(command);
    }
}

/// Whether a command can have this key: a letter, a digit or a sign. All others are the browser's, or move the focus.
pub(super) fn is_bindable(key: &str) -> bool {
    let mut letters = key.chars();
    letters.next().is_some_and(|letter| !letter.is_whitespace() && !letter.is_control()) && letters.next().is_none()
}

/// A key as it is written on keyboards.
pub(crate) fn shown_key(chord: &str) -> String {
    if chord == "+" {
        return chord.to_owned();
    }
    chord
        .replace("Escape", "Esc")
        .replace("Enter", "↵")
        .replace("Meta", "⌘")
        .replace("ArrowLeft", "←")
        .replace("ArrowRight", "→")
        .replace("ArrowUp", "↑")
        .replace("ArrowDown", "↓")
        .replace('+', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_key_replaces_the_usual_ones_until_it_is_reset() {
        let mut bindings = KeyBindings::default();
        assert_eq!(bindings.keys("zoom-in", &["+", "="]), ["+", "="]);
        bindings.change("zoom-in", "p", &["+", "="]);
        assert_eq!(bindings.keys("zoom-in", &["+", "="]), ["p"]);
        assert_eq!(bindings.keys("next", &["j"]), ["j"]);
        bindings.change("next", "j", &["j"]);
        assert_eq!(bindings.changed("next"), None, "the usual key is no change");
        bindings.reset("zoom-in");
        assert_eq!(bindings, KeyBindings::default());
    }

    #[test]
    fn what_is_stored_is_read_again_and_nothing_else() {
        let mut bindings = KeyBindings::default();
        for (command, key) in [("next", "n"), ("editor-brush", "ß"), ("zoom-in", "#")] {
            bindings.change(command, key, &[]);
        }
        assert_eq!(KeyBindings::read(&bindings.to_text()), bindings);
        for text in ["", "\n", "next", "next ", " n", "next Enter", "next  ", "{\"next\": \"n\"}"] {
            assert_eq!(KeyBindings::read(text), KeyBindings::default(), "{text:?}");
        }
    }

    #[test]
    fn only_letters_digits_and_signs_can_be_chosen() {
        for key in ["a", "A", "7", "?", "ä", "я"] {
            assert!(is_bindable(key), "{key}");
        }
        for key in ["", " ", "Enter", "Tab", "ArrowUp", "F5", "Ctrl+a", "\t"] {
            assert!(!is_bindable(key), "{key:?}");
        }
    }

    #[test]
    fn keys_are_written_as_on_keyboards() {
        assert_eq!(shown_key("Ctrl+Enter"), "Ctrl ↵");
        assert_eq!(shown_key("+"), "+");
    }
}
