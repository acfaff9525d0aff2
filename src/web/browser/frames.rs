//! Messages are applied once per animation frame, however many come: the page draws no more often than that anyway. Or less often, where
//! the person prefers that. A hidden page has no frames and needs none: it hears of changes of state at once, and of mere progress once
//! a second, to keep its title true.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use leptos::{
    ev::Custom,
    prelude::{request_animation_frame, set_timeout, window_event_listener},
};
use web_sys::Event;

use super::{is_hidden, monotonic};
use crate::live::Live;
use proto::task::{Numbered, Snapshot};

/// Between two looks at mere progress while the page is hidden.
const HIDDEN_EVERY: Duration = Duration::from_secs(1);

/// Of 60 frames a second, the next is never further away.
const ON_TIME: Duration = Duration::from_millis(20);
const EVERY_OTHER_FRAME: Duration = Duration::from_millis(30);
const ALL: u32 = 1 << 16;
/// So many late frames are too many.
const MANY: u32 = ALL / 20;
/// Frames over which they are counted.
const LATELY: u32 = 64;

/// What changes the state.
pub(super) enum Update {
    Changes(Vec<Numbered>),
    Snapshot(Box<Snapshot>),
}

impl Update {
    fn is_progress(&self) -> bool {
        matches!(self, Self::Changes(changes) if changes.iter().all(|numbered| numbered.change.is_progress()))
    }
}

/// Cheap to clone; one a page.
#[derive(Clone)]
pub(super) struct Frames(Rc<Inner>);

struct Inner {
    live: Live,
    waiting: RefCell<Vec<Update>>,
    /// The least time between two changes of the page. Zero: each animation frame.
    every: Cell<Duration>,
    /// When what waited was last applied, since the page was opened.
    applied: Cell<Duration>,
    /// When the next frame was asked for.
    asked: Cell<Duration>,
    /// How many frames came late, of those drawn lately. In [`ALL`]ths.
    late: Cell<u32>,
}

impl Frames {
    pub(super) fn new(live: Live) -> Self {
        let frames = Self(Rc::new(Inner {
            live,
            waiting: RefCell::default(),
            every: Cell::default(),
            applied: Cell::default(),
            asked: Cell::default(),
            late: Cell::default(),
        }));
        let turned = frames.clone();
        // A frame that was asked for does not come any more when the page is hidden. Lives as long as the page.
        let _ = window_event_listener(Custom::<Event>::new("visibilitychange"), move |_| turned.apply());
        frames
    }

    /// At most once in `every` from now on.
    pub(super) fn set_pace(&self, every: Duration) {
        self.0.every.set(every);
    }

    pub(super) fn take(&self, update: Update) {
        let urgent = !update.is_progress();
        let first = {
            let mut waiting = self.0.waiting.borrow_mut();
            waiting.push(update);
            waiting.len() == 1
        };
        let later = self.clone();
        if !is_hidden() {
            let wait = (self.0.applied.get() + self.pace()).saturating_sub(monotonic());
            match wait {
                _ if !first => {}
                Duration::ZERO => self.ask(),
                wait => set_timeout(move || later.ask(), wait),
            }
        } else if urgent || monotonic().saturating_sub(self.0.applied.get()) >= HIDDEN_EVERY {
            // Not left to a timer: browsers let those of hidden pages wait for up to a minute.
            self.apply();
        } else if first {
            set_timeout(move || later.apply(), HIDDEN_EVERY);
        }
    }

    /// As often as the person wants it, and not more often than the device can draw: one that is late with its frames is left time to
    /// scroll and to type in, by drawing every other one.
    fn pace(&self) -> Duration {
        let slow = self.0.late.get() > MANY;
        self.0.every.get().max(if slow { EVERY_OTHER_FRAME } else { Duration::ZERO })
    }

    fn ask(&self) {
        if is_hidden() {
            return self.apply();
        }
        self.0.asked.set(monotonic());
        let asking = self.clone();
        request_animation_frame(move || asking.draw());
    }

    fn draw(&self) {
        let late = if monotonic().saturating_sub(self.0.asked.get()) > ON_TIME { ALL } else { 0 };
        self.0.late.set((self.0.late.get() * (LATELY - 1) + late) / LATELY);
        self.apply();
    }

    fn apply(&self) {
        let live = self.0.live;
        self.0.applied.set(monotonic());
        let mut changes = Vec::new();
        for update in self.0.waiting.take() {
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
}
