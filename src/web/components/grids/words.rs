//! Texts about grids.

use crate::components::words::{count, rough};
use proto::grid::{GridCellState, GridCounts, GridPlan};

/// "3 of 4 done, 1 failed".
pub(super) fn counts_words(counts: GridCounts) -> String {
    let mut words = format!("{} of {} done", counts.completed, counts.all());
    for (number, word) in [(counts.failed, "failed"), (counts.cancelled, "cancelled")] {
        if number > 0 {
            words.push_str(&format!(", {number} {word}"));
        }
    }
    words
}

/// A value as a heading: the name of a model without its file extension.
pub(super) fn heading(value: &str) -> String {
    value.trim_end_matches(".safetensors").trim_end_matches(".ckpt").to_owned()
}

pub(super) fn state_words(state: GridCellState) -> &'static str {
    match state {
        GridCellState::Waiting => "to be submitted",
        GridCellState::Queued => "waiting",
        GridCellState::Running => "running",
        GridCellState::Completed => "done",
        GridCellState::Failed => "failed",
        GridCellState::Cancelled => "cancelled",
        GridCellState::Refused => "refused",
        GridCellState::Removed => "removed",
    }
}

/// "12 pictures, about 2 min on one ComfyUI, loads other models 1 time".
pub(super) fn plan_words(plan: &GridPlan) -> String {
    let mut words = pictures(plan.cells as usize);
    if let Some(ms) = plan.expected_ms {
        words.push_str(&format!(", about {} on one ComfyUI", rough(ms)));
    }
    if plan.model_changes > 0 {
        words.push_str(&format!(", loads other models {}", count(plan.model_changes as usize, "time", "times")));
    }
    words
}

pub(super) fn pictures(number: usize) -> String {
    count(number, "picture", "pictures")
}
