//! Updates of the live state: what the socket and polls bring, in the order in which it arrived.

use super::state::Live;
use proto::{
    ids::Epoch,
    task::{Numbered, Snapshot},
};

/// What a message of the socket or the answer to a poll does to the live state.
pub enum StateUpdate {
    /// Changes that follow a state of this epoch.
    Changes(Epoch, Vec<Numbered>),
    Snapshot(Box<Snapshot>),
}

impl StateUpdate {
    /// It only reports progress.
    #[must_use]
    pub fn is_progress(&self) -> bool {
        matches!(self, Self::Changes(_, changes) if changes.iter().all(|numbered| numbered.change.is_progress()))
    }
}

impl Live {
    /// Applies updates. Successive changes wake each subscriber of what they affect once.
    ///
    /// Answers to polls and messages of the socket overtake each other: what is older than the state, or belongs to another run of the
    /// server, is ignored.
    pub fn update(&self, updates: Vec<StateUpdate>) {
        let mut epoch = self.resume().epoch;
        let mut pending: Vec<Numbered> = Vec::new();
        for update in updates {
            match update {
                StateUpdate::Changes(of, changes) if of == epoch => pending.extend(changes),
                StateUpdate::Changes(..) => {}
                StateUpdate::Snapshot(snapshot) => {
                    self.receive(&std::mem::take(&mut pending));
                    if snapshot.resume() >= self.resume() {
                        epoch = snapshot.epoch;
                        self.replace(*snapshot);
                    }
                }
            }
        }
        self.receive(&pending);
    }
}

#[cfg(test)]
mod tests;
