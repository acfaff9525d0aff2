//! What is shown, where several Darkrooms share a database.
//!
//! Where the database is also in PostgreSQL, nobody sees a change before it is committed there (`store/live.rs`). So the owner has two states: the one it
//! decides with, and the one that is shown. The others only have the latter. Its numbers go on when another Darkroom becomes the owner, so that a page
//! can continue at any of them.

use std::{
    collections::HashSet,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use super::{
    Tracker,
    role::{TrackerRole, is_count, taken_over},
    state::TrackerState,
};
use crate::{
    hub::Hub,
    meters::Meters,
    store::{Kept, LiveChanges, LiveView, Store},
};
use comfyui::{BootInstant, ChangeRight};
use proto::{
    ids::{BackendId, Resume, TaskId},
    limits,
    task::{Numbered, Snapshot, Task},
};

/// What a Darkroom shows, taken along when it becomes the owner: pages go on as if nothing had happened.
pub struct ShownState {
    hub: Arc<Hub>,
    snapshot: Snapshot,
}

impl Tracker {
    /// Shows what another Darkroom decides, from this state on.
    #[must_use]
    pub fn follower(store: Store, snapshot: Snapshot, meters: Meters) -> Self {
        let hub = Hub::starting_at(snapshot.seq);
        let role = TrackerRole::Follower { heard: Instant::now(), is_incomplete: false };
        Self::with(store, TrackerState { role, snapshot, ..TrackerState::default() }, Arc::new(hub), meters)
    }

    /// Decides, with what the store kept. `before`: what this Darkroom has shown until now; its numbers go on unless the ComfyUIs are others.
    #[must_use]
    pub fn owner(store: Store, kept: Kept, before: Option<ShownState>, backends: &[BackendId], right: ChangeRight, meters: Meters) -> Self {
        let has_same_backends =
            |snapshot: &Snapshot| snapshot.backends.iter().map(|backend| &backend.id).collect::<HashSet<_>>() == backends.iter().collect();
        let Some(ShownState { hub, snapshot }) = before.filter(|before| has_same_backends(&before.snapshot)) else {
            let tracker = Self::new(store, kept, meters);
            tracker.shows_what_is_committed(right);
            return tracker;
        };
        let mut state = TrackerState::of(kept);
        let (decided, changes) = taken_over(&snapshot, std::mem::take(&mut state.snapshot));
        state.snapshot = decided;
        state.role = TrackerRole::Owner { shown: Box::new(snapshot), right };
        state.differs = changes;
        Self::with(store, state, hub, meters)
    }

    fn shows_what_is_committed(&self, right: ChangeRight) {
        let mut state = self.state.lock();
        state.role = TrackerRole::Owner { shown: Box::new(state.snapshot.clone()), right };
    }

    /// Of an owner, once, before anything is decided: from now on changes are committed, and shown.
    pub fn begin_showing(self: &Arc<Self>) {
        let mut state = self.state.lock();
        let resume = state.shown().resume();
        let this: Weak<Self> = Arc::downgrade(self);
        let shown = {
            let this = this.clone();
            move || this.upgrade().map(|tracker| tracker.state.lock().shown().clone())
        };
        self.store.begin_live(resume.epoch, resume.seq, this, shown);
        for numbered in std::mem::take(&mut state.differs) {
            self.store.live(numbered);
        }
    }

    /// What is shown, to go on with as the owner. `None`: something is missing.
    #[must_use]
    pub fn shown_state(&self) -> Option<ShownState> {
        let state = self.state.lock();
        match &state.role {
            TrackerRole::Follower { is_incomplete: false, .. } => {
                Some(ShownState { hub: self.hub.clone(), snapshot: state.snapshot.clone() })
            }
            _ => None,
        }
    }

    /// A task as it is shown; also one whose submission is undecided.
    #[must_use]
    pub fn shown_task(&self, id: TaskId) -> Option<Task> {
        let state = self.state.lock();
        state.shown().task(id).or_else(|| state.pending.task(id)).cloned()
    }

    /// Whether what is shown may be older than it seems: PostgreSQL does not answer, or takes no commits, or another Darkroom may be the owner by now.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        let since = match &self.state.lock().role {
            TrackerRole::Alone => None,
            TrackerRole::Owner { right, .. } if !right.holds_at(BootInstant::now()) => return true,
            TrackerRole::Owner { .. } => self.store.live_due(),
            TrackerRole::Follower { heard, .. } => Some(*heard),
        };
        since.is_some_and(|since| since.elapsed() >= limits::LIVE_BEHIND)
    }

    /// Whether something that was shown elsewhere and is not shown here is to come. Otherwise PostgreSQL has lost it, as after a backup was put back.
    #[must_use]
    pub fn will_catch_up(&self) -> bool {
        self.is_follower() || self.is_behind()
    }

    /// Waits until everything that is decided is committed and shown: only then is it certain, and whoever asks next sees it. Returns false when that
    /// takes too long: it may still come to nothing.
    pub async fn settled(&self) -> bool {
        let decided = {
            let state = self.state.lock();
            matches!(state.role, TrackerRole::Owner { .. }).then(|| state.snapshot.resume())
        };
        match decided {
            Some(decided) => self.reach_within(decided, limits::REPLICA_ANSWER).await,
            None => true,
        }
    }

    /// Whether there may be other Darkrooms, which show the same.
    #[must_use]
    pub fn is_among_others(&self) -> bool {
        !matches!(self.state.lock().role, TrackerRole::Alone)
    }

    /// Another Darkroom decides.
    #[must_use]
    pub fn is_follower(&self) -> bool {
        matches!(self.state.lock().role, TrackerRole::Follower { .. })
    }

    /// Waits a little until everything up to `known` is shown, which another Darkroom may have shown already.
    /// Returns whether it is.
    pub async fn reach(&self, known: Resume) -> bool {
        self.reach_within(known, limits::LIVE_AHEAD).await
    }

    async fn reach_within(&self, known: Resume, time: Duration) -> bool {
        let is_ahead = || {
            let newest = self.newest();
            newest.epoch == known.epoch && newest.seq < known.seq
        };
        let (mut states, mut ticks) = self.hub.wakers();
        let reached = async {
            while is_ahead() {
                tokio::select! {
                    _ = states.changed() => {}
                    _ = ticks.changed() => {}
                }
            }
        };
        tokio::time::timeout(time, reached).await.is_ok()
    }
}

impl LiveView for Tracker {
    fn show(&self, live: &LiveChanges) {
        let mut state = self.state.lock();
        for numbered in &live.changes {
            let Some(is_count) = state.show(numbered) else { continue };
            if is_count {
                self.hub.publish_counts(numbered);
            } else {
                self.hub.publish(numbered);
            }
        }
        if let TrackerRole::Follower { .. } = state.role {
            for preview in &live.previews {
                if state.snapshot.task(preview.task).is_some_and(|task| !task.state.is_final()) {
                    self.hub.publish_preview(preview.task, preview.node.clone(), &preview.image);
                }
            }
        }
    }

    fn heard(&self) {
        if let TrackerRole::Follower { heard, .. } = &mut self.state.lock().role {
            *heard = Instant::now();
        }
    }

    fn is_incomplete(&self) {
        if let TrackerRole::Follower { is_incomplete, .. } = &mut self.state.lock().role {
            *is_incomplete = true;
        }
    }
}

impl TrackerState {
    /// What pages and programs see.
    pub(super) fn shown(&self) -> &Snapshot {
        match &self.role {
            TrackerRole::Owner { shown, .. } => shown,
            TrackerRole::Alone | TrackerRole::Follower { .. } => &self.snapshot,
        }
    }

    /// Takes a change into what is shown. Returns whether it is only about counts of a ComfyUI; `None`: it is shown already.
    fn show(&mut self, numbered: &Numbered) -> Option<bool> {
        let shown = match &mut self.role {
            TrackerRole::Owner { shown, .. } => shown,
            TrackerRole::Alone => return None,
            TrackerRole::Follower { .. } => &mut self.snapshot,
        };
        let is_count = is_count(shown, &numbered.change);
        shown.apply(numbered).then_some(is_count)
    }
}
