//! The table of the keys.

/// What a key does. `None` in the table: a part of the page handles it while that part has the focus.
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
    ZoomIn,
    ZoomOut,
    ZoomReset,
    Close,
}

/// Keys that do the same.
pub(super) struct KeyRow {
    /// Each as [`chord`] gives it.
    pub keys: &'static [&'static str],
    pub action: Option<KeyAction>,
    /// Also while a text is typed.
    pub in_texts: bool,
    /// Where they work, and what they do.
    pub place: &'static str,
    pub words: &'static str,
}

const EVERYWHERE: &str = "Everywhere";
const STUDIO: &str = "In Studio";
const PICTURE: &str = "Where a result is shown";

/// All keys.
pub(super) const KEYS: &[KeyRow] = &[
    row(EVERYWHERE, &["?"], KeyAction::ShowKeys, "Show or hide these keys"),
    row(EVERYWHERE, &["Escape"], KeyAction::Close, "Close what is open: these keys, the connection"),
    row(EVERYWHERE, &["1"], KeyAction::GoToStudio, "Studio"),
    row(EVERYWHERE, &["2"], KeyAction::GoToQueue, "Queue"),
    row(EVERYWHERE, &["3"], KeyAction::GoToSettings, "Settings"),
    KeyRow { in_texts: true, ..row(STUDIO, &["Ctrl+Enter", "Meta+Enter"], KeyAction::Generate, "Generate") },
    row(STUDIO, &["/"], KeyAction::GoToPrompt, "Go to the prompt"),
    row(STUDIO, &["j"], KeyAction::NextTake, "Show the next older take"),
    row(STUDIO, &["k"], KeyAction::PreviousTake, "Show the next newer take"),
    row(PICTURE, &["+", "="], KeyAction::ZoomIn, "Enlarge the picture"),
    row(PICTURE, &["-"], KeyAction::ZoomOut, "Make it smaller"),
    row(PICTURE, &["0"], KeyAction::ZoomReset, "Show all of it"),
    KeyRow {
        action: None,
        ..row("In the row of takes", &["ArrowLeft", "ArrowRight", "Home", "End"], KeyAction::Close, "Go along the takes")
    },
    KeyRow {
        action: None,
        ..row(
            "In the graph of a task",
            &["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"],
            KeyAction::Close,
            "Go along the links and columns",
        )
    },
];

const fn row(place: &'static str, keys: &'static [&'static str], action: KeyAction, words: &'static str) -> KeyRow {
    KeyRow { keys, action: Some(action), in_texts: false, place, words }
}

/// A key with its modifiers: "Ctrl+Enter", "?".
pub(super) fn chord(key: &str, ctrl: bool, meta: bool, alt: bool) -> String {
    let modifiers = [(ctrl, "Ctrl+"), (meta, "Meta+"), (alt, "Alt+")];
    modifiers.iter().filter(|(held, _)| *held).map(|(_, name)| *name).chain([key]).collect()
}

/// What a chord does, while a text is typed or not.
pub(super) fn action_of(chord: &str, in_text: bool) -> Option<KeyAction> {
    KEYS.iter().filter(|row| row.in_texts || !in_text).find(|row| row.action.is_some() && row.keys.contains(&chord))?.action
}

/// A key as it is written on keyboards.
pub(super) fn key_name(chord: &str) -> String {
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
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_key_of_the_table_does_what_the_table_says() {
        let mut known = HashSet::new();
        for row in KEYS.iter().filter(|row| row.action.is_some()) {
            for chord in row.keys {
                assert!(known.insert(*chord), "{chord} is in two rows");
                assert_eq!(action_of(chord, false), row.action, "{chord}");
                assert_eq!(action_of(chord, true), row.action.filter(|_| row.in_texts), "{chord} in a text");
            }
        }
        assert_eq!(action_of("ArrowLeft", false), None, "handled where it is");
        assert_eq!(action_of("x", false), None);
    }

    #[test]
    fn chords_name_modifiers_in_one_order() {
        assert_eq!(chord("Enter", true, false, false), "Ctrl+Enter");
        assert_eq!(chord("?", false, false, false), "?");
        assert_eq!(chord("x", true, true, true), "Ctrl+Meta+Alt+x");
        assert_eq!(key_name("Ctrl+Enter"), "Ctrl ↵");
        assert_eq!(key_name("+"), "+");
    }
}
