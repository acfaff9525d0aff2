//! Snapshots that several pages get.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::Instant;

use crate::{hub::Interest, sync::Mutex};
use proto::{limits, task::Snapshot};

/// The newest of each kind.
#[derive(Default)]
pub(super) struct SharedSnapshots(Mutex<Vec<Arc<SharedSnapshot>>>);

pub(super) struct SharedSnapshot {
    interest: Interest,
    pub(super) snapshot: Snapshot,
    made: Instant,
    /// Encoded by the first connection that needs it.
    frame: OnceLock<Bytes>,
}

impl SharedSnapshot {
    /// As a frame, and whether it was encoded now.
    pub(super) fn frame(&self) -> (Bytes, bool) {
        let mut is_new = false;
        let frame = self.frame.get_or_init(|| {
            is_new = true;
            self.snapshot.encode().unwrap_or_default().into()
        });
        (frame.clone(), is_new)
    }

    pub(super) fn age(&self) -> Duration {
        self.made.elapsed()
    }
}

impl SharedSnapshots {
    /// That of this interest if it is good enough, else a new one. Those who come while it is made wait for it.
    pub(super) fn get(
        &self,
        interest: &Interest,
        is_good: impl FnOnce(&SharedSnapshot) -> bool,
        make: impl FnOnce() -> Snapshot,
    ) -> Arc<SharedSnapshot> {
        let mut all = self.0.lock();
        if let Some(known) = all.iter().position(|shared| shared.interest == *interest) {
            if is_good(&all[known]) {
                return all[known].clone();
            }
            all.remove(known);
        } else if all.len() >= limits::SHARED_SNAPSHOTS
            && let Some(oldest) = all.iter().position(|shared| shared.interest != Interest::Everything)
        {
            all.remove(oldest);
        }
        let made = Arc::new(SharedSnapshot { interest: interest.clone(), snapshot: make(), made: Instant::now(), frame: OnceLock::new() });
        all.push(made.clone());
        made
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.lock().len()
    }
}
