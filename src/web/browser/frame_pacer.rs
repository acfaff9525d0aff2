//! Applies received changes at most once per animation frame, or less often if the person prefers that. A hidden page has no animation
//! frames: it applies changes of state at once, and progress once a second, to keep its title up to date.

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

use super::platform::{is_hidden, monotonic};
use crate::live::{Live, StateUpdate};

/// Between two updates of progress while the page is hidden.
const HIDDEN_EVERY: Duration = Duration::from_secs(1);

/// A frame that comes within this is on time: at 60 frames a second the next is at most 16.7 ms away.
const ON_TIME: Duration = Duration::from_millis(20);
const EVERY_OTHER_FRAME: Duration = Duration::from_millis(30);
/// All frames, in the fixed-point numbers of `late`.
const ALL: u32 = 1 << 16;
/// With more late frames than this, the device counts as slow.
const TOO_MANY: u32 = ALL / 20;
/// Frames over which late ones are averaged.
const WINDOW: u32 = 64;

/// Cheap to clone; one per page.
#[derive(Clone)]
pub(super) struct FramePacer(Rc<PacerState>);

struct PacerState {
    live: Live,
    waiting: RefCell<Vec<StateUpdate>>,
    /// Called after updates were applied.
    on_applied: RefCell<Option<Box<dyn Fn()>>>,
    /// The minimum time between two updates of the page. Zero: each animation frame.
    every: Cell<Duration>,
    /// When updates were last applied, since the page was opened.
    applied: Cell<Duration>,
    /// When the next frame was requested.
    requested: Cell<Duration>,
    /// The share of late frames, as a moving average, in units of 1/[`ALL`].
    late: Cell<u32>,
}

impl FramePacer {
    pub(super) fn new(live: Live) -> Self {
        let pacer = Self(Rc::new(PacerState {
            live,
            waiting: RefCell::default(),
            on_applied: RefCell::default(),
            every: Cell::default(),
            applied: Cell::default(),
            requested: Cell::default(),
            late: Cell::default(),
        }));
        let listening = pacer.clone();
        // A requested frame does not come once the page is hidden. The listener lives as long as the page.
        let _ = window_event_listener(Custom::<Event>::new("visibilitychange"), move |_| listening.apply());
        pacer
    }

    /// Sets what is called after updates were applied.
    pub(super) fn on_applied(&self, callback: impl Fn() + 'static) {
        self.0.on_applied.replace(Some(Box::new(callback)));
    }

    /// Sets the minimum time between two updates.
    pub(super) fn set_pace(&self, every: Duration) {
        self.0.every.set(every);
    }

    pub(super) fn push(&self, update: StateUpdate) {
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
                Duration::ZERO => self.request_frame(),
                wait => set_timeout(move || later.request_frame(), wait),
            }
        } else if urgent || monotonic().saturating_sub(self.0.applied.get()) >= HIDDEN_EVERY {
            // Not by a timer: browsers delay timers of hidden pages for up to a minute.
            self.apply();
        } else if first {
            set_timeout(move || later.apply(), HIDDEN_EVERY);
        }
    }

    /// The present minimum time between two updates. A device that is late with its frames draws only every other one, so that it still
    /// reacts to scrolling and typing.
    fn pace(&self) -> Duration {
        let slow = self.0.late.get() > TOO_MANY;
        self.0.every.get().max(if slow { EVERY_OTHER_FRAME } else { Duration::ZERO })
    }

    fn request_frame(&self) {
        if is_hidden() {
            return self.apply();
        }
        self.0.requested.set(monotonic());
        let drawing = self.clone();
        request_animation_frame(move || drawing.draw());
    }

    fn draw(&self) {
        let late = if monotonic().saturating_sub(self.0.requested.get()) > ON_TIME { ALL } else { 0 };
        self.0.late.set((self.0.late.get() * (WINDOW - 1) + late) / WINDOW);
        self.apply();
    }

    fn apply(&self) {
        self.0.applied.set(monotonic());
        self.0.live.update(self.0.waiting.take());
        if let Some(callback) = &*self.0.on_applied.borrow() {
            callback();
        }
    }
}
