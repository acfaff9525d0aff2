//! Who decides, and what is shown: alone, as the owner among several Darkrooms, or as one that shows what the owner shows.

use std::{collections::HashSet, time::Instant};

use comfyui::ChangeRight;
use proto::{
    ids::TaskId,
    limits,
    task::{Change, Numbered, Snapshot, Task},
};

#[derive(Default)]
pub(super) enum TrackerRole {
    /// What is decided is shown at once.
    #[default]
    Alone,
    /// What is decided is shown when it is committed.
    Owner {
        shown: Box<Snapshot>,
        /// Holds while it is certain that no other Darkroom decides.
        right: ChangeRight,
    },
    /// Another Darkroom decides. The state is what it shows.
    Follower {
        /// When PostgreSQL last answered.
        heard: Instant,
        /// Something that others showed is missing.
        is_incomplete: bool,
    },
}

/// Whether a change that was not applied yet is only about counts of a ComfyUI.
pub(super) fn is_count(snapshot: &Snapshot, change: &Change) -> bool {
    let Change::BackendChanged(backend) = change else { return false };
    snapshot.backend(&backend.id).is_some_and(|before| backend.differs_in_counts_only(before))
}

/// The state that a new owner decides with: what was shown, with what the database has that was not shown, and that as changes. The two differ only in
/// what an owner could decide and commit, and not show.
pub(super) fn taken_over(shown: &Snapshot, kept: Snapshot) -> (Snapshot, Vec<Numbered>) {
    let mut decided = shown.clone();
    decided.seq.0 += limits::LIVE_GAP;
    let mut changes = Vec::new();
    let there: HashSet<TaskId> = kept.tasks.iter().map(|task| task.id).collect();
    let gone: Vec<TaskId> =
        decided.tasks.iter().filter(|task| !task.state.is_final() && !there.contains(&task.id)).map(|task| task.id).collect();
    changes.extend(gone.into_iter().map(|task| decided.push(Change::TaskRemoved { task })));
    for task in kept.tasks {
        let is_shown = match decided.task(task.id) {
            Some(shown) => shown.state.is_final() || differs_only_in_progress(&task, shown),
            // An end is committed with what shows it. This one is so old that it is not shown any more.
            None => task.state.is_final(),
        };
        if !is_shown {
            changes.push(decided.push(Change::TaskAdded(Box::new(task))));
        }
    }
    if kept.queue_paused != decided.queue_paused {
        changes.push(decided.push(Change::QueuePaused { paused: kept.queue_paused }));
    }
    (decided, changes)
}

/// Progress is shown, and not stored with each step.
fn differs_only_in_progress(stored: &Task, shown: &Task) -> bool {
    let Task { nodes, detailed, permille, ends_at, within_ms, usual_ms, starts_at, .. } = shown.clone();
    Task { nodes, detailed, permille, ends_at, within_ms, usual_ms, starts_at, ..stored.clone() } == *shown
}
