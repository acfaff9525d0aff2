//! The keys of the editor: what they do and what their list says come from one table.

use super::tools::Tool;

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

/// The key as `KeyboardEvent.key` without Shift, what it does, and that in words.
pub(crate) const KEYS: &[(&str, EditorCommand, &str)] = &[
    ("b", EditorCommand::Choose(Tool::Brush), "Brush"),
    ("e", EditorCommand::Choose(Tool::Eraser), "Eraser"),
    ("f", EditorCommand::Choose(Tool::Fill), "Fill an area"),
    ("l", EditorCommand::Choose(Tool::Lasso), "Lasso"),
    ("x", EditorCommand::Swap, "Swap brush and eraser"),
    ("[", EditorCommand::Smaller, "Smaller brush"),
    ("]", EditorCommand::Larger, "Larger brush"),
    ("z", EditorCommand::Undo, "Undo (also Ctrl+Z)"),
    ("y", EditorCommand::Redo, "Redo (also Ctrl+Y)"),
    ("i", EditorCommand::Invert, "Invert"),
    ("c", EditorCommand::Clear, "Clear"),
    ("+", EditorCommand::ZoomIn, "Zoom in"),
    ("-", EditorCommand::ZoomOut, "Zoom out"),
    ("0", EditorCommand::Fit, "The whole picture"),
];

/// What is done with the pointer and the keyboard besides.
pub(crate) const MORE_KEYS: &[(&str, &str)] = &[
    ("Arrows", "Move the crosshair; with Shift ten times as far"),
    ("Space or Enter", "Paint at the crosshair; hold it and move to draw"),
    ("Space + drag", "Move the picture; also with the middle button or two fingers"),
    ("Wheel", "Zoom"),
];

/// The command of a key. Without `ctrl` (or ⌘) that of the table.
#[cfg_attr(not(any(feature = "hydrate", test)), expect(dead_code, reason = "only browsers have keys"))]
pub(crate) fn command_of(key: &str, ctrl: bool, shift: bool, alt: bool) -> Option<EditorCommand> {
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
    // On some keyboards "+" is Shift with "=".
    let key = if key == "=" { "+" } else { key.as_str() };
    KEYS.iter().find(|(known, ..)| *known == key).map(|(_, command, _)| *command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_does_two_things() {
        for (at, (key, ..)) in KEYS.iter().enumerate() {
            assert!(KEYS.iter().skip(at + 1).all(|(other, ..)| other != key), "{key}");
            assert!(command_of(key, false, false, false).is_some(), "{key}");
            assert_eq!(command_of(key, false, false, true), None, "{key} with Alt is the browser's");
        }
    }

    #[test]
    fn undo_and_redo_have_their_usual_keys() {
        assert_eq!(command_of("z", true, false, false), Some(EditorCommand::Undo));
        assert_eq!(command_of("Z", true, true, false), Some(EditorCommand::Redo));
        assert_eq!(command_of("y", true, false, false), Some(EditorCommand::Redo));
        assert_eq!(command_of("c", true, false, false), None, "copies");
        assert_eq!(command_of("=", false, false, false), Some(EditorCommand::ZoomIn));
    }
}
