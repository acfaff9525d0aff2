//! Messages are applied once per animation frame, however many come: the page draws no more often than that anyway.

use std::{cell::RefCell, rc::Rc};

use leptos::prelude::request_animation_frame;

use super::is_hidden;
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
}

impl Frames {
    pub(super) fn new(live: Live) -> Self {
        Self { live, waiting: Rc::default() }
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
            let (live, waiting) = (self.live, self.waiting.clone());
            request_animation_frame(move || apply(live, &waiting));
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
