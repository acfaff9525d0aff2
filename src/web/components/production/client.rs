//! Changes that a page sends, and what comes of them.

use std::sync::Arc;

use leptos::{prelude::*, task::spawn_local};
use proto::{
    ids::CommandId,
    production::{
        GenerateOrder, GenerateOutcome, ProductionChange, ProductionEvent, ProductionNodeId, ProductionProblem, ProjectId, conflict_words,
    },
};
use uuid::Uuid;

use crate::{
    api::{cancel_takes, change_production, generate_takes},
    components::{call_error::call_error, dom::random_seed, words::count},
    live::{Live, ToastKind, use_live},
};

/// What is done with the answer to a change.
pub(super) type OnChanged = Arc<dyn Fn(&ProductionEvent) + Send + Sync>;

/// A change that somebody else was quicker with.
#[derive(Clone)]
pub(super) struct ProductionConflict {
    pub change: ProductionChange,
    /// The version that there is now.
    pub version: u32,
    /// The object as it is now, as JSON.
    pub current: String,
    /// What is different since then, as a sentence.
    pub words: String,
    on_changed: OnChanged,
}

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct ProductionClient {
    pub live: Live,
    pub conflict: RwSignal<Option<ProductionConflict>>,
    /// How many changes are on their way.
    pub under_way: RwSignal<usize>,
    /// What happened, for screen readers.
    pub said: RwSignal<String>,
}

impl ProductionClient {
    pub fn new() -> Self {
        Self { live: use_live(), conflict: RwSignal::new(None), under_way: RwSignal::new(0), said: RwSignal::default() }
    }

    /// Sends a change. `refused`: the title of what is said if it is not made.
    pub fn send(self, refused: &'static str, change: ProductionChange, on_changed: impl Fn(&ProductionEvent) + Send + Sync + 'static) {
        self.send_shared(refused, change, Arc::new(on_changed));
    }

    fn send_shared(self, refused: &'static str, change: ProductionChange, on_changed: OnChanged) {
        self.under_way.update(|under_way| *under_way += 1);
        spawn_local(async move {
            let answer = change_production(change.clone()).await;
            // The page may have been left meanwhile.
            if self.under_way.try_update(|under_way| *under_way = under_way.saturating_sub(1)).is_none() {
                return;
            }
            match answer {
                Ok(Ok(changed)) => on_changed(&changed.0),
                Ok(Err(ProductionProblem::Conflict { version, current, changed })) => {
                    let words = conflict_words(changed.as_deref());
                    self.conflict.set(Some(ProductionConflict { change, version, current, words, on_changed }));
                }
                Ok(Err(problem)) => self.live.toast(ToastKind::Bad, refused, problem.words(), None),
                Err(error) => self.live.toast(ToastKind::Bad, refused, call_error(error), None),
            }
        });
    }

    /// Makes the change after all, whatever the other one did.
    pub fn keep_mine(self, conflict: ProductionConflict) {
        self.conflict.set(None);
        self.send_shared("Not changed", conflict.change.of_version(conflict.version), conflict.on_changed);
    }

    /// Leaves it as the other one made it.
    pub fn take_theirs(self, conflict: &ProductionConflict) {
        self.conflict.set(None);
        if let Some(event) = conflict.change.current_state(&conflict.current) {
            (conflict.on_changed)(&event);
        }
    }

    /// Starts takes, and says what came of it.
    pub fn generate(self, order: GenerateOrder, then: impl Fn() + 'static) {
        self.under_way.update(|under_way| *under_way += 1);
        spawn_local(async move {
            let answer = generate_takes(order).await;
            if self.under_way.try_update(|under_way| *under_way = under_way.saturating_sub(1)).is_none() {
                return;
            }
            match answer {
                Ok(Ok(outcome)) => {
                    let (kind, title, text) = outcome_words(&outcome);
                    self.live.toast(kind, title, text, None);
                    if outcome.started > 0 {
                        then();
                    }
                }
                Ok(Err(problem)) => self.live.toast(ToastKind::Bad, "No take is made", problem.words(), None),
                Err(error) => self.live.toast(ToastKind::Bad, "No take is made", call_error(error), None),
            }
        });
    }

    /// Cancels what makes takes of a node.
    pub fn cancel(self, project: ProjectId, node: ProductionNodeId) {
        spawn_local(async move {
            match cancel_takes(project, node).await {
                Ok(Ok(_)) => {}
                Ok(Err(problem)) => self.live.toast(ToastKind::Bad, "Not cancelled", problem.words(), None),
                Err(error) => self.live.toast(ToastKind::Bad, "Not cancelled", call_error(error), None),
            }
        });
    }
}

/// A new id of an order.
pub(super) fn order_id() -> CommandId {
    CommandId(Uuid::from_u64_pair(random_seed(), random_seed()))
}

/// The kind, the title and the text of what is said of it.
fn outcome_words(outcome: &GenerateOutcome) -> (ToastKind, String, String) {
    let mut text = outcome.notes.join(" ");
    if let Some((_, why)) = outcome.refused.first() {
        let shots = count(outcome.refused.len(), "shot is", "shots are");
        text = format!("{shots} refused: {why} {text}");
    }
    match outcome.started {
        0 => (ToastKind::Bad, "No take is made".into(), text),
        started => (ToastKind::Waiting, format!("{} in the queue", count(started as usize, "take", "takes")), text),
    }
}
