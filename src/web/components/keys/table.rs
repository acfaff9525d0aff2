//! The table of the keys that work anywhere on a page. Those of single parts: [`parts`](super::parts).

use crate::components::key_bindings::KeyBindings;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyAction {
    ShowKeys,
    Generate,
    GoToPrompt,
    NextTake,
    PreviousTake,
    GoToStudio,
    GoToQueue,
    GoToSettings,
    GoToGallery,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    Close,
}

impl KeyAction {
    /// Its name where a changed key is stored. `None`: its keys cannot be changed. What ends things and what works in texts stays where
    /// everybody looks for it.
    pub(super) fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Close | Self::Generate => return None,
            Self::ShowKeys => "show-keys",
            Self::GoToPrompt => "prompt",
            Self::NextTake => "older-take",
            Self::PreviousTake => "newer-take",
            Self::GoToStudio => "studio",
            Self::GoToQueue => "queue",
            Self::GoToSettings => "settings",
            Self::GoToGallery => "gallery",
            Self::ZoomIn => "zoom-in",
            Self::ZoomOut => "zoom-out",
            Self::ZoomReset => "zoom-reset",
        })
    }
}

/// Keys that do the same.
pub(super) struct KeyRow {
    /// Each as [`chord`] gives it.
    pub keys: &'static [&'static str],
    pub action: KeyAction,
    /// Also while a text is typed.
    pub in_texts: bool,
    /// Where they work, and what they do.
    pub place: &'static str,
    pub words: &'static str,
}

const EVERYWHERE: &str = "Everywhere";
const STUDIO: &str = "In Studio";
const PICTURE: &str = "Where a result is shown";

/// All of them.
pub(super) const KEYS: &[KeyRow] = &[
    row(EVERYWHERE, &["?"], KeyAction::ShowKeys, "Show or hide these keys"),
    row(EVERYWHERE, &["Escape"], KeyAction::Close, "Close what is open: these keys, the connection"),
    row(EVERYWHERE, &["1"], KeyAction::GoToStudio, "Studio"),
    row(EVERYWHERE, &["2"], KeyAction::GoToQueue, "Queue"),
    row(EVERYWHERE, &["3"], KeyAction::GoToSettings, "Settings"),
    row(EVERYWHERE, &["4"], KeyAction::GoToGallery, "Gallery"),
    KeyRow { in_texts: true, ..row(STUDIO, &["Ctrl+Enter", "Meta+Enter"], KeyAction::Generate, "Generate") },
    row(STUDIO, &["/"], KeyAction::GoToPrompt, "Go to the prompt"),
    row(STUDIO, &["j"], KeyAction::NextTake, "Show the next older take"),
    row(STUDIO, &["k"], KeyAction::PreviousTake, "Show the next newer take"),
    row(PICTURE, &["+", "="], KeyAction::ZoomIn, "Enlarge the picture"),
    row(PICTURE, &["-"], KeyAction::ZoomOut, "Make it smaller"),
    row(PICTURE, &["0"], KeyAction::ZoomReset, "Show all of it"),
];

const fn row(place: &'static str, keys: &'static [&'static str], action: KeyAction, words: &'static str) -> KeyRow {
    KeyRow { keys, action, in_texts: false, place, words }
}

/// A key with its modifiers: "Ctrl+Enter", "?".
pub(super) fn chord(key: &str, ctrl: bool, meta: bool, alt: bool) -> String {
    let modifiers = [(ctrl, "Ctrl+"), (meta, "Meta+"), (alt, "Alt+")];
    modifiers.iter().filter(|(held, _)| *held).map(|(_, name)| *name).chain([key]).collect()
}

impl KeyRow {
    /// The name of the command whose keys can be changed.
    pub(super) fn command(&self) -> Option<&'static str> {
        self.action.name()
    }

    fn has(&self, bindings: &KeyBindings, chord: &str) -> bool {
        match self.command().and_then(|command| bindings.changed(command)) {
            Some(changed) => changed == chord,
            None => self.keys.contains(&chord),
        }
    }
}

/// What a chord does, while a text is typed or not.
pub(super) fn action_of(bindings: &KeyBindings, chord: &str, in_text: bool) -> Option<KeyAction> {
    KEYS.iter().filter(|row| row.in_texts || !in_text).find(|row| row.has(bindings, chord)).map(|row| row.action)
}

/// What a key does already, in words, if it is not the key of `command`.
pub(super) fn other(bindings: &KeyBindings, command: &str, key: &str) -> Option<&'static str> {
    KEYS.iter().find(|row| row.command() != Some(command) && row.has(bindings, key)).map(|row| row.words)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_key_of_the_table_does_what_the_table_says() {
        let usual = KeyBindings::default();
        let action_of = |chord: &str, in_text| action_of(&usual, chord, in_text);
        let mut known = HashSet::new();
        for row in KEYS {
            for chord in row.keys {
                assert!(known.insert(*chord), "{chord} is in two rows");
                assert_eq!(action_of(chord, false), Some(row.action), "{chord}");
                assert_eq!(action_of(chord, true), Some(row.action).filter(|_| row.in_texts), "{chord} in a text");
            }
        }
        assert_eq!(action_of("ArrowLeft", false), None, "handled where it is");
        assert_eq!(action_of("x", false), None);
    }

    #[test]
    fn a_changed_key_does_what_the_usual_one_did_and_frees_it() {
        let mut bindings = KeyBindings::default();
        assert_eq!(other(&bindings, "older-take", "k"), Some("Show the next newer take"));
        assert_eq!(other(&bindings, "newer-take", "k"), None, "its own");
        bindings.change("newer-take", "n", &["k"]);
        assert_eq!(action_of(&bindings, "n", false), Some(KeyAction::PreviousTake));
        assert_eq!(action_of(&bindings, "n", true), None, "a letter of a text");
        assert_eq!((action_of(&bindings, "k", false), other(&bindings, "older-take", "k")), (None, None));
        assert_eq!(other(&bindings, "older-take", "n"), Some("Show the next newer take"));
    }

    #[test]
    fn names_of_commands_differ() {
        let names: Vec<&str> = KEYS.iter().filter_map(KeyRow::command).collect();
        assert_eq!(names.len(), names.iter().collect::<HashSet<_>>().len());
    }

    #[test]
    fn chords_name_modifiers_in_one_order() {
        assert_eq!(chord("Enter", true, false, false), "Ctrl+Enter");
        assert_eq!(chord("?", false, false, false), "?");
        assert_eq!(chord("x", true, true, true), "Ctrl+Meta+Alt+x");
    }
}
