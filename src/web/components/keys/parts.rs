//! The keys that a part of a page handles while it has the focus. They are shown with the others, and only then loaded.

/// Keys that do the same.
pub(super) struct PartKeys {
    /// Each as a browser names it.
    pub keys: &'static [&'static str],
    /// Where they work, and what they do.
    pub place: &'static str,
    pub words: &'static str,
}

const GALLERY: &str = "In the gallery";
const OUTPUT: &str = "Where an output of the gallery is shown";
const COMPARISON: &str = "Where outputs are compared";

/// All of them.
pub(super) const PART_KEYS: &[PartKeys] = &[
    part("In a prompt", &["Ctrl+ArrowUp", "Ctrl+ArrowDown"], "Change the weight of what is selected"),
    part("In the row of takes", &["ArrowLeft", "ArrowRight", "Home", "End"], "Go along the takes"),
    part("In the graph of a task", &["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"], "Go along the links and columns"),
    part(GALLERY, &["/"], "Go to the search"),
    part(
        GALLERY,
        &["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"],
        "Go along the outputs; with Shift, select them",
    ),
    part(GALLERY, &["Space"], "Select or leave an output"),
    part(GALLERY, &["c"], "Compare two to four selected outputs"),
    part(GALLERY, &["Ctrl+z", "Meta+z"], "Undo the last change"),
    part(OUTPUT, &["j", "ArrowRight"], "Show the next"),
    part(OUTPUT, &["k", "ArrowLeft"], "Show the one before"),
    part(OUTPUT, &["s"], "Give it a star, or take it back"),
    part(OUTPUT, &["#"], "Give it a tag"),
    part(OUTPUT, &["c"], "Copy its prompt"),
    part(OUTPUT, &["Delete"], "Move it to the trash, or restore it"),
    part(COMPARISON, &["1", "2", "3", "4"], "Choose an output"),
    part(COMPARISON, &["s"], "Give the chosen one a star, or take it back"),
    part(COMPARISON, &["Delete"], "Move the chosen one to the trash, or restore it"),
    part(COMPARISON, &["m"], "Compare in the next way"),
    part(
        COMPARISON,
        &["ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"],
        "Move the edge between two pictures; with Shift, further",
    ),
    part(COMPARISON, &["Escape"], "Go back to the list"),
];

const fn part(place: &'static str, keys: &'static [&'static str], words: &'static str) -> PartKeys {
    PartKeys { keys, place, words }
}
