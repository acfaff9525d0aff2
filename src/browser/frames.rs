//! Messages are applied once per animation frame, however many come: the page draws no more often than that anyway. Or less often, where
//! the person prefers that.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use gloo_timers::callback::Timeout;
use leptos::prelude::request_animation_frame;

use super::{is_hidden, monotonic};
use crate::{
    live::Live,
    proto::task::{Numbered, Snapshot},
};

/// What changes the state.
pub(super) enum Update {
    Changes(Vec<Numbered>),
    Snapshot(Box<Snapshot>),
}

pub(super) struct Frames {
    live: Live,
    waiting: Rc<RefCell<Vec<Update>>>,
    /// The least time between two changes of the page. Zero: each animation frame.
    every: Cell<Duration>,
    applied_at: Rc<Cell<Duration>>,
}

impl Frames {
    pub(super) fn new(live: Live) -> Self {
        Self { live, waiting: Rc::default(), every: Cell::default(), applied_at: Rc::default() }
    }

    /// At most once in `every` from now on.
    pub(super) fn set_pace(&self, every: Duration) {
        self.every.set(every);
    }

    pub(super) fn take(&self, update: Update) {
        let first = {
            let mut waiting = self.waiting.borrow_mut();
            waiting.push(update);
            waiting.len() == 1
        };
        // A hidden page has no animation frames, but keeps its title true.
        if is_hidden() {
            apply(self.live, &self.waiting);
        } else if first {
            let (live, waiting, applied_at) = (self.live, self.waiting.clone(), self.applied_at.clone());
            let apply = move || {
                applied_at.set(monotonic());
                apply(live, &waiting);
            };
            match (self.applied_at.get() + self.every.get()).saturating_sub(monotonic()) {
                Duration::ZERO => request_animation_frame(apply),
                wait => {
                    Timeout::new(u32::try_from(wait.as_millis()).unwrap_or_default(), apply).forget();
                }
            }
        }
    }
}

fn apply(live: Live, waiting: &RefCell<Vec<Update>>) {
    let mut changes = Vec::new();
    for update in waiting.take() {
        match update {
            Update::Changes(more) => changes.extend(more),
            Update::Snapshot(snapshot) => {
                changes.clear();
                live.replace(*snapshot);
            }
        }
    }
    live.receive(&changes);
}
