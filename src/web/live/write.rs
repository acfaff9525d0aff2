//! Changing the live state, for the drivers in `browser/`.

use std::{collections::HashSet, sync::Arc, time::Duration};

use leptos::prelude::*;

use super::{
    message::LiveMessage,
    state::{Live, ROUND_TRIPS},
    watch::{Watch, touch},
};
use proto::{
    ids::{NodeId, TaskId},
    link::LinkState,
    task::{Change, Numbered, Snapshot, Task},
    time::Timestamp,
};

impl Live {
    /// Applies changes, and wakes each subscriber of what they affect once.
    pub(super) fn receive(&self, changes: &[Numbered]) {
        let mut touched = HashSet::new();
        let mut ended = Vec::new();
        let mut messages = Vec::new();
        let listened = self.has_listeners();
        self.model.update_value(|model| {
            for numbered in changes {
                if model.apply(numbered) {
                    touch(&numbered.change, &mut touched);
                    if listened {
                        messages.push(LiveMessage::Change(numbered.clone()));
                    }
                    if let Change::TaskEnded { task, .. } = numbered.change {
                        ended.extend(model.task(task).cloned());
                    }
                }
            }
        });
        let may_be_gone = touched.contains(&Watch::List);
        self.notify(touched);
        if may_be_gone {
            self.forget_gone();
        }
        for task in ended {
            self.announce(&task);
        }
        self.call_listeners(&messages);
    }

    /// Replaces the whole state by a snapshot.
    pub(super) fn replace(&self, snapshot: Snapshot) {
        let ended: Vec<Task> = self.model.with_value(|model| {
            let was_open = |id| model.task(id).is_some_and(|task| !task.state.is_final());
            snapshot.tasks.iter().filter(|task| task.state.is_final() && was_open(task.id)).cloned().collect()
        });
        let detailed = self.model.with_value(|model| keep_details(model, snapshot));
        self.model.set_value(detailed);
        self.notify_all();
        self.forget_gone();
        for task in ended {
            self.announce(&task);
        }
        self.call_listeners(&[LiveMessage::Snapshot]);
    }

    /// Inserts a task that was fetched separately, with all its nodes.
    pub fn insert(&self, task: Task) {
        let id = task.id;
        let nodes: Vec<NodeId> = task.nodes.iter().map(|node| node.id.clone()).collect();
        self.model.update_value(|model| match model.tasks.iter_mut().find(|kept| kept.id == id) {
            Some(kept) if kept.detailed => {}
            Some(kept) => *kept = task,
            None => {
                let at = model.tasks.partition_point(|kept| kept.created_at < task.created_at);
                model.tasks.insert(at, task);
            }
        });
        let mut touched: HashSet<_> = nodes.into_iter().map(|node| Watch::Node(id, node)).collect();
        touched.extend([Watch::List, Watch::Task(id), Watch::Progress(id)]);
        self.notify(touched);
    }

    /// Sets the newest preview of a task. Returns the object URL of the previous one, which the caller must release.
    pub fn set_preview(&self, task: TaskId, url: String) -> Option<String> {
        self.previews.try_update(|previews| previews.insert(task, url)).flatten()
    }

    /// Removes the previews of tasks that have ended, or all when previews are switched off. Returns their object URLs, which the caller must
    /// release.
    pub fn drop_stale_previews(&self) -> Vec<String> {
        let wanted = self.preferences_untracked().previews;
        let stale: Vec<TaskId> =
            self.previews.with_untracked(|previews| previews.keys().copied().filter(|id| !wanted || !self.is_open(*id)).collect());
        if stale.is_empty() {
            return Vec::new();
        }
        self.previews.try_update(|previews| stale.iter().filter_map(|id| previews.remove(id)).collect()).unwrap_or_default()
    }

    pub fn set_connection(&self, state: LinkState, now: Timestamp, next_in: Option<Duration>) {
        let next_try = next_in.map(|wait| now.plus(wait));
        let before = self.connection.with_untracked(|connection| connection.state.clone());
        self.connection.update(|connection| {
            // Trying and waiting to try again is one state to a browser.
            let trying = |state: &LinkState| matches!(state, LinkState::Connecting | LinkState::Reconnecting { .. });
            let same = std::mem::discriminant(&before) == std::mem::discriminant(&state) || (trying(&before) && trying(&state));
            if !same {
                connection.since = now;
            }
            connection.signed_out &= matches!(state, LinkState::Failed { .. });
            connection.state = state.clone();
            connection.next_try = next_try;
        });
        self.announce_connection(&before, &state);
    }

    /// The session has ended. To be called before the link enters [`LinkState::Failed`] because of that.
    pub fn set_signed_out(&self) {
        self.connection.update(|connection| connection.signed_out = true);
    }

    pub fn set_offline(&self, offline: bool) {
        if self.connection.with_untracked(|connection| connection.offline != offline) {
            self.connection.update(|connection| connection.offline = offline);
        }
    }

    pub fn set_outdated(&self, outdated: bool) {
        if self.browser.with_value(|browser| browser.outdated) != outdated {
            self.browser.update_value(|browser| browser.outdated = outdated);
            self.notify(HashSet::from([Watch::Build]));
        }
    }

    /// A message was received. Subscribers are woken at most once a second.
    pub fn message_received(&self, now: Timestamp) {
        const SECOND_MS: u64 = 1000;
        if self.connection.with_untracked(|connection| now.since(connection.last_message) >= SECOND_MS) {
            self.connection.update(|connection| connection.last_message = now);
        }
    }

    pub fn add_round_trip(&self, microseconds: u32) {
        self.connection.update(|connection| {
            connection.round_trips.push(microseconds);
            let over = connection.round_trips.len().saturating_sub(ROUND_TRIPS);
            connection.round_trips.drain(..over);
        });
    }

    pub fn set_now(&self, now: Timestamp) {
        self.now.set(now);
    }

    /// Tries to connect now.
    pub fn retry_now(&self) {
        if let Some(retry) = self.retry.get_value() {
            retry();
        }
    }

    /// Turns live updates off.
    pub fn disconnect(&self) {
        if let Some(disconnect) = self.disconnect.get_value() {
            disconnect();
        }
    }

    /// Sets what [`Live::disconnect`] does.
    pub fn on_disconnect(&self, disconnect: impl Fn() + Send + Sync + 'static) {
        self.disconnect.set_value(Some(Arc::new(disconnect)));
    }

    /// Sets what [`Live::retry_now`] does.
    pub fn on_retry(&self, retry: impl Fn() + Send + Sync + 'static) {
        self.retry.set_value(Some(Arc::new(retry)));
    }
}

/// Tasks that have ended do not change: their nodes, if known, are carried over to a snapshot that has only their summaries.
fn keep_details(before: &Snapshot, mut after: Snapshot) -> Snapshot {
    for task in after.tasks.iter_mut().filter(|task| !task.detailed) {
        if let Some(known) = before.task(task.id).filter(|known| known.detailed && known.state == task.state) {
            *task = known.clone();
        }
    }
    after
}
