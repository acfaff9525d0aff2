//! Messages are applied once per animation frame, however many come: the page draws no more often than that anyway.

use std::{cell::RefCell, rc::Rc};

use leptos::prelude::request_animation_frame;

use super::is_hidden;
use crate::{live::Live, proto::wire::ServerMessage};

pub(super) struct Frames {
    live: Live,
    waiting: Rc<RefCell<Vec<ServerMessage>>>,
}

impl Frames {
    pub(super) fn new(live: Live) -> Self {
        Self { live, waiting: Rc::default() }
    }

    pub(super) fn take(&self, message: ServerMessage) {
        let first = {
            let mut waiting = self.waiting.borrow_mut();
            waiting.push(message);
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

fn apply(live: Live, waiting: &RefCell<Vec<ServerMessage>>) {
    let mut changes = Vec::new();
    for message in waiting.take() {
        match message {
            ServerMessage::Changes { changes: more } => changes.extend(more),
            ServerMessage::Snapshot { snapshot } => {
                changes.clear();
                live.replace(*snapshot);
            }
            ServerMessage::Welcome { .. } | ServerMessage::Pong { .. } | ServerMessage::Done { .. } => {}
        }
    }
    live.receive(&changes);
}
