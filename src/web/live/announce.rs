//! Toasts that a page shows by itself: a task ended, the connection was lost or is back.

use leptos::prelude::*;

use super::{
    state::Live,
    toast::{Toast, ToastKind},
};
use proto::{
    ids::TaskId,
    link::LinkState,
    task::{Task, TaskState, task_words},
    time::Timestamp,
};

/// Toasts on the screen at once.
const TOASTS: usize = 4;

/// More toasts of finished tasks than this become one.
const SEPARATE_ENDS: usize = 2;

/// Merges many toasts about finished tasks into one: a batch of tasks would fill the screen.
fn merge_ends(toasts: &mut Vec<Toast>) {
    let is_end = |toast: &Toast| toast.kind == ToastKind::Good && (toast.task.is_some() || toast.ends > 1);
    let ends = toasts.iter().filter(|toast| is_end(toast)).count();
    let merged_before = toasts.iter().any(|toast| toast.ends > 1);
    let many = ends > SEPARATE_ENDS || (merged_before && ends > 1);
    let Some(newest) = toasts.iter().rev().find(|toast| is_end(toast)).cloned().filter(|_| many) else { return };
    let all: usize = toasts.iter().filter(|toast| is_end(toast)).map(|toast| toast.ends).sum();
    toasts.retain(|toast| !is_end(toast));
    toasts.push(Toast { title: format!("{all} tasks are done"), text: newest.title, task: None, ends: all, ..newest });
}

impl Live {
    pub fn dismiss(&self, toast: u64) {
        self.toasts.update(|toasts| toasts.retain(|shown| shown.id != toast));
    }

    /// Shows a toast. It replaces one with the same title, so that repeated events do not fill the screen.
    pub fn toast(&self, kind: ToastKind, title: impl Into<String>, text: impl Into<String>, task: Option<TaskId>) {
        let (title, text) = (title.into(), text.into());
        self.toasts.update(|toasts| {
            let id = toasts.iter().map(|toast| toast.id).max().unwrap_or_default() + 1;
            toasts.retain(|shown| shown.title != title);
            toasts.push(Toast { id, kind, title, text, task, ends: 1 });
            merge_ends(toasts);
            let over = toasts.len().saturating_sub(TOASTS);
            toasts.drain(..over);
        });
    }

    /// Announces the end of a task once per attempt: a server that was killed before it stored the end reports it again.
    pub(super) fn announce(&self, task: &Task) {
        if !self.browser.try_update_value(|browser| browser.announced.insert((task.id, task.attempt))).unwrap_or_default() {
            return;
        }
        match task.state {
            TaskState::Completed => {
                let pictures = match task.pictures().count() {
                    0 => "No pictures".to_owned(),
                    1 => "1 picture".to_owned(),
                    n => format!("{n} pictures"),
                };
                let took = task.started_at.zip(task.ended_at).map(|(from, to)| to.since(from) / 100);
                let took = took.map(|tenths| format!(" · {}.{} s", tenths / 10, tenths % 10)).unwrap_or_default();
                self.toast(ToastKind::Good, format!("{} is done", task.name), format!("{pictures}{took}"), Some(task.id));
            }
            TaskState::Failed => {
                let why = task.error.as_ref().map(|error| error.message.clone()).unwrap_or_else(|| task_words(task));
                self.toast(ToastKind::Bad, format!("{} failed", task.name), why, Some(task.id));
            }
            TaskState::Cancelled => self.toast(ToastKind::Waiting, format!("{} was cancelled", task.name), "", Some(task.id)),
            TaskState::Accepted | TaskState::Queued | TaskState::Running => {}
        }
    }

    /// Announces the tasks that ended after `at`, while this page was closed: separately if they are few, otherwise in one toast.
    pub fn catch_up(&self, at: Timestamp) {
        let ended: Vec<Task> = self.model.with_value(|model| {
            let since = |task: &&Task| task.ended_at.is_some_and(|ended| ended > at);
            model.tasks.iter().filter(since).cloned().collect()
        });
        if ended.len() < TOASTS {
            return ended.iter().for_each(|task| self.announce(task));
        }
        let count = |state: TaskState| ended.iter().filter(|task| task.state == state).count();
        let states = [(TaskState::Completed, "done"), (TaskState::Failed, "failed"), (TaskState::Cancelled, "cancelled")];
        let counts = states.map(|(state, label)| (count(state), label));
        let kind = if count(TaskState::Failed) > 0 { ToastKind::Bad } else { ToastKind::Good };
        let parts: Vec<String> =
            counts.iter().filter(|(number, _)| *number > 0).map(|(number, label)| format!("{number} {label}")).collect();
        self.toast(kind, "While you were away", parts.join(" · "), None);
    }

    /// Announces the loss of the connection once and its return once, however many tries lie between.
    pub(super) fn announce_connection(&self, before: &LinkState, after: &LinkState) {
        let announced = self.loss_announced.get_value();
        match after {
            LinkState::Connected if announced => {
                self.loss_announced.set_value(false);
                self.toast(ToastKind::Good, "Live again", "This page shows the present state.", None);
            }
            LinkState::Reconnecting { .. } | LinkState::Polling { .. } | LinkState::Suspended { .. } if !announced => {
                self.loss_announced.set_value(true);
                if matches!(before, LinkState::Connected) {
                    self.toast(ToastKind::Waiting, "Connection lost", "Your tasks go on; this page catches up when it is back.", None);
                }
            }
            LinkState::Failed { why } => self.toast(ToastKind::Bad, "Live updates stopped", why.clone(), None),
            _ => {}
        }
    }
}
