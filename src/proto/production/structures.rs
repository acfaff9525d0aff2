//! Darkroom's own narrative structures, as data: those of auteur-movie-director's workspaces.

use super::{NarrativeStructure, StructureStep};

/// The structure of a new project.
pub const DEFAULT_STRUCTURE: &str = "three-act";

/// Id, title, and the key and the title of each step.
type StructureData = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const STRUCTURES: [StructureData; 4] = [
    ("three-act", "Three acts", &[("act-1", "Setup"), ("act-2", "Confrontation"), ("act-3", "Resolution")]),
    (
        "hero-journey",
        "The hero's journey",
        &[("ordinary-world", "Ordinary world"), ("call-to-adventure", "Call to adventure"), ("ordeal", "Ordeal"), ("return", "Return")],
    ),
    (
        "beat-sheet",
        "Beat sheet",
        &[
            ("opening-image", "Opening image"),
            ("setup", "Setup"),
            ("catalyst", "Catalyst"),
            ("debate", "Debate"),
            ("break-into-two", "Break into two"),
            ("b-story", "B story"),
            ("fun-and-games", "Fun and games"),
            ("midpoint", "Midpoint"),
            ("bad-guys-close-in", "Bad guys close in"),
            ("all-is-lost", "All is lost"),
            ("dark-night", "Dark night of the soul"),
            ("break-into-three", "Break into three"),
            ("finale", "Finale"),
            ("final-image", "Final image"),
        ],
    ),
    (
        "story-circle",
        "Story circle",
        &[
            ("you", "You"),
            ("need", "Need"),
            ("go", "Go"),
            ("search", "Search"),
            ("find", "Find"),
            ("take", "Take"),
            ("return", "Return"),
            ("change", "Change"),
        ],
    ),
];

/// All of them.
pub fn builtin_structures() -> impl Iterator<Item = NarrativeStructure> {
    STRUCTURES.iter().map(read)
}

/// The one with this id.
#[must_use]
pub fn builtin_structure(id: &str) -> Option<NarrativeStructure> {
    STRUCTURES.iter().find(|(known, ..)| *known == id).map(read)
}

fn read((id, title, steps): &StructureData) -> NarrativeStructure {
    let step = |(key, title): &(&str, &str)| StructureStep { key: (*key).into(), title: (*title).into() };
    NarrativeStructure { id: (*id).into(), title: (*title).into(), steps: steps.iter().map(step).collect(), builtin: true }
}
