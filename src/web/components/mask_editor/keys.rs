//! The keys of the editor: what they do and what their list says come from one table.

use super::tools::Tool;
use crate::components::key_bindings::KeyBindings;

/// What a key or a button does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum EditorCommand {
    Choose(Tool),
    /// From the brush to the eraser, and back.
    Swap,
    Smaller,
    Larger,
    Undo,
    Redo,
    Invert,
    Clear,
    FillAll,
    ZoomIn,
    ZoomOut,
    Fit,
}

/// What a key does.
pub(crate) struct EditorKey {
    /// As `KeyboardEvent.key` without Shift.
    pub(crate) usual: &'static [&'static str],
    pub(crate) command: EditorCommand,
    /// The name of the command where a changed key is stored.
    pub(crate) name: &'static str,
    /// What it does, in words.
    pub(crate) words: &'static str,
}

const fn key(usual: &'static [&'static str], command: EditorCommand, name: &'static str, words: &'static str) -> EditorKey {
    EditorKey { usual, command, name, words }
}

pub(crate) const KEYS: &[EditorKey] = &[
    key(&["b"], EditorCommand::Choose(Tool::Brush), "editor-brush", "Brush"),
    key(&["e"], EditorCommand::Choose(Tool::Eraser), "editor-eraser", "Eraser"),
    key(&["f"], EditorCommand::Choose(Tool::Fill), "editor-fill", "Fill an area"),
    key(&["l"], EditorCommand::Choose(Tool::Lasso), "editor-lasso", "Lasso"),
    key(&["x"], EditorCommand::Swap, "editor-swap", "Swap brush and eraser"),
    key(&["["], EditorCommand::Smaller, "editor-smaller", "Smaller brush"),
    key(&["]"], EditorCommand::Larger, "editor-larger", "Larger brush"),
    key(&["z"], EditorCommand::Undo, "editor-undo", "Undo (also Ctrl+Z)"),
    key(&["y"], EditorCommand::Redo, "editor-redo", "Redo (also Ctrl+Y)"),
    key(&["i"], EditorCommand::Invert, "editor-invert", "Invert"),
    key(&["c"], EditorCommand::Clear, "editor-clear", "Clear"),
    key(&["+", "="], EditorCommand::ZoomIn, "editor-zoom-in", "Zoom in"),
    key(&["-"], EditorCommand::ZoomOut, "editor-zoom-out", "Zoom out"),
    key(&["0"], EditorCommand::Fit, "editor-fit", "The whole picture"),
];

/// What is done with the pointer and the keyboard besides.
pub(crate) const MORE_KEYS: &[(&str, &str)] = &[
    ("Arrows", "Move the crosshair; with Shift ten times as far"),
    ("Space or Enter", "Paint at the crosshair; hold it and move to draw"),
    ("Space + drag", "Move the picture; also with the middle button or two fingers"),
    ("Wheel", "Zoom"),
];

/// The command of a key; on some keyboards "+" is Shift with "=". Without `ctrl` (or ⌘) that of the table.
#[cfg_attr(not(any(feature = "hydrate", test)), expect(dead_code, reason = "only browsers have keys"))]
pub(crate) fn command_of(bindings: &KeyBindings, key: &str, ctrl: bool, shift: bool, alt: bool) -> Option<EditorCommand> {
    let key = key.to_lowercase();
    if alt {
        return None;
    }
    if ctrl {
        return match key.as_str() {
            "z" if shift => Some(EditorCommand::Redo),
            "z" => Some(EditorCommand::Undo),
            "y" => Some(EditorCommand::Redo),
            _ => None,
        };
    }
    KEYS.iter().find(|row| row.has(bindings, &key)).map(|row| row.command)
}

impl EditorKey {
    fn has(&self, bindings: &KeyBindings, key: &str) -> bool {
        bindings.keys(self.name, self.usual).iter().any(|own| own.to_lowercase() == key)
    }
}

/// What a key does already, in words, if it is not the key of `command`.
pub(crate) fn other(bindings: &KeyBindings, command: &str, key: &str) -> Option<&'static str> {
    let key = key.to_lowercase();
    KEYS.iter().find(|row| row.name != command && row.has(bindings, &key)).map(|row| row.words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual(key: &str, ctrl: bool, shift: bool, alt: bool) -> Option<EditorCommand> {
        command_of(&KeyBindings::default(), key, ctrl, shift, alt)
    }

    #[test]
    fn no_key_does_two_things() {
        let keys: Vec<(&str, EditorCommand)> = KEYS.iter().flat_map(|row| row.usual.iter().map(|key| (*key, row.command))).collect();
        for (at, (key, command)) in keys.iter().enumerate() {
            assert!(keys.iter().skip(at + 1).all(|(other, _)| other != key), "{key}");
            assert_eq!(usual(key, false, false, false), Some(*command), "{key}");
            assert_eq!(usual(key, false, false, true), None, "{key} with Alt is the browser's");
        }
        for (at, row) in KEYS.iter().enumerate() {
            assert!(KEYS.iter().skip(at + 1).all(|other| other.name != row.name), "{}", row.name);
        }
    }

    #[test]
    fn a_changed_key_does_what_the_usual_one_did() {
        let mut bindings = KeyBindings::default();
        bindings.change("editor-brush", "P", &["b"]);
        assert_eq!(command_of(&bindings, "p", false, false, false), Some(EditorCommand::Choose(Tool::Brush)));
        assert_eq!(command_of(&bindings, "b", false, false, false), None);
        assert_eq!((other(&bindings, "editor-eraser", "p"), other(&bindings, "editor-brush", "p")), (Some("Brush"), None));
        assert_eq!(other(&bindings, "editor-brush", "E"), Some("Eraser"), "also with Shift");
    }

    #[test]
    fn undo_and_redo_have_their_usual_keys() {
        assert_eq!(usual("z", true, false, false), Some(EditorCommand::Undo));
        assert_eq!(usual("Z", true, true, false), Some(EditorCommand::Redo));
        assert_eq!(usual("y", true, false, false), Some(EditorCommand::Redo));
        assert_eq!(usual("c", true, false, false), None, "copies");
        assert_eq!(usual("=", false, false, false), Some(EditorCommand::ZoomIn));
    }
}
