//! What a page says by itself, in toasts: a task that ended, a connection that was lost and is back.

use leptos::prelude::*;

use super::Live;
use proto::{
    ids::TaskId,
    link::LinkState,
    task::{Task, TaskState, task_words},
    time::Timestamp,
};

/// Toasts on the screen at once.
const TOASTS: usize = 4;

/// A message that comes and goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    pub id: u64,
    pub kind: ToastKind,
    pub title: String,
    pub text: String,
    /// The task it is about, to link to.
    pub task: Option<TaskId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    Good,
    Waiting,
    Bad,
}

impl Live {
    pub fn dismiss(&self, toast: u64) {
        self.toasts.update(|toasts| toasts.retain(|shown| shown.id != toast));
    }

    /// Shows a toast. One with the same words as one on the screen replaces it: a storm says a thing once.
    pub fn toast(&self, kind: ToastKind, title: impl Into<String>, text: impl Into<String>, task: Option<TaskId>) {
        let (title, text) = (title.into(), text.into());
        self.toasts.update(|toasts| {
            let id = toasts.iter().map(|toast| toast.id).max().unwrap_or_default() + 1;
            toasts.retain(|shown| shown.title != title);
            toasts.push(Toast { id, kind, title, text, task });
            let over = toasts.len().saturating_sub(TOASTS);
            toasts.drain(..over);
        });
    }

    /// Once for each end: a server that was killed before the end was on disk finds it again.
    pub(super) fn announce(&self, task: &Task) {
        if !self.person.try_update_value(|person| person.told.insert((task.id, task.attempt))).unwrap_or_default() {
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

    /// What ended since `at`, when nobody looked at this page: each by itself, or in one sentence when it is many.
    pub fn catch_up(&self, at: Timestamp) {
        let ended: Vec<Task> = self.model.with_value(|model| {
            let since = |task: &&Task| task.ended_at.is_some_and(|ended| ended > at);
            model.tasks.iter().filter(since).cloned().collect()
        });
        if ended.len() < TOASTS {
            return ended.iter().for_each(|task| self.announce(task));
        }
        let count = |state: TaskState| ended.iter().filter(|task| task.state == state).count();
        let words = [(TaskState::Completed, "done"), (TaskState::Failed, "failed"), (TaskState::Cancelled, "cancelled")];
        let words = words.map(|(state, word)| (count(state), word));
        let kind = if count(TaskState::Failed) > 0 { ToastKind::Bad } else { ToastKind::Good };
        let said: Vec<String> = words.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
        self.toast(kind, "While you were away", said.join(" · "), None);
    }

    /// Once when it is lost and once when it is back, however many tries lie between.
    pub(super) fn announce_connection(&self, before: &LinkState, after: &LinkState) {
        let lost = self.lost.get_value();
        match after {
            LinkState::Connected if lost => {
                self.lost.set_value(false);
                self.toast(ToastKind::Good, "Live again", "This page shows the present state.", None);
            }
            LinkState::Reconnecting { .. } | LinkState::Polling { .. } | LinkState::Suspended { .. } if !lost => {
                self.lost.set_value(true);
                if matches!(before, LinkState::Connected) {
                    self.toast(ToastKind::Waiting, "Connection lost", "Your tasks go on; this page catches up when it is back.", None);
                }
            }
            LinkState::Failed { why } => self.toast(ToastKind::Bad, "Live updates stopped", why.clone(), None),
            _ => {}
        }
    }
}
