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

/// Makes one of all toasts about tasks that are done: it keeps its place and grows, so that a batch of tasks neither fills the screen nor makes it flicker.
fn merge_ends(toasts: &mut Vec<Toast>) {
    let all: usize = toasts.iter().map(|toast| toast.ends).sum();
    let Some(newest) = toasts.iter().rev().find(|toast| toast.ends > 0).filter(|toast| toast.ends < all).cloned() else { return };
    let mut merged = false;
    toasts.retain_mut(|toast| {
        if toast.ends == 0 {
            return true;
        }
        *toast = Toast {
            id: toast.id,
            title: format!("{all} tasks are done"),
            text: newest.title.clone(),
            task: None,
            ends: all,
            ..newest.clone()
        };
        !std::mem::replace(&mut merged, true)
    });
}

impl Live {
    pub fn dismiss(&self, toast: u64) {
        self.toasts.update(|toasts| toasts.retain(|shown| shown.id != toast));
    }

    /// Shows a toast. It replaces one with the same title, so that repeated events do not fill the screen.
    pub fn toast(&self, kind: ToastKind, title: impl Into<String>, text: impl Into<String>, task: Option<TaskId>) {
        self.show_toast(Toast { id: 0, kind, title: title.into(), text: text.into(), task, ends: 0 });
    }

    fn show_toast(&self, toast: Toast) {
        self.toasts.update(|toasts| {
            let id = toasts.iter().map(|toast| toast.id).max().unwrap_or_default() + 1;
            // Two tasks of the same name are two ends.
            toasts.retain(|shown| shown.ends > 0 || toast.ends > 0 || shown.title != toast.title);
            toasts.push(Toast { id, ..toast });
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
                let (title, text) = (format!("{} is done", task.name), format!("{pictures}{took}"));
                self.show_toast(Toast { id: 0, kind: ToastKind::Good, title, text, task: Some(task.id), ends: 1 });
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
                let detail = match before {
                    LinkState::Suspended { .. } => "Darkroom was restarted, and nothing is lost. This page shows the present state.",
                    _ => "This page shows the present state.",
                };
                self.toast(ToastKind::Good, "Live again", detail, None);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::provide_live;
    use proto::{
        comfy::Catalog,
        recipe::TextToImage,
        task::{Durations, Snapshot},
    };
    use uuid::Uuid;

    fn done(number: u128, name: &str) -> Task {
        let workflow = TextToImage::default().workflow();
        let task = Task::new(TaskId(Uuid::from_u128(number)), name, &workflow, &Catalog::default(), &Durations::default(), Timestamp(0));
        Task { state: TaskState::Completed, ..task }
    }

    #[test]
    fn twelve_tasks_that_end_one_after_another_are_one_growing_message() {
        Owner::new().with(|| {
            let live = provide_live(Snapshot::default());
            live.toast(ToastKind::Waiting, "It runs again", "", None);
            live.announce(&done(1, "a study"));
            let first = untrack(|| live.toasts()).last().cloned().unwrap();
            assert_eq!((first.title.as_str(), first.ends), ("a study is done", 1));
            for number in 2..=12 {
                // The name of most is the same.
                live.announce(&done(number, if number == 5 { "another" } else { "a study" }));
                let shown = untrack(|| live.toasts());
                assert_eq!(shown.len(), 2, "{shown:?}");
                assert_eq!(shown[1].id, first.id, "the same message after {number}: {shown:?}");
                assert_eq!(shown[1].title, format!("{number} tasks are done"));
                assert_eq!(shown[1].task, None);
            }
            live.announce(&done(12, "a study"));
            assert_eq!(untrack(|| live.toasts())[1].ends, 12, "an end that was announced before");
        });
    }

    #[test]
    fn other_good_messages_are_no_ends() {
        Owner::new().with(|| {
            let live = provide_live(Snapshot::default());
            live.toast(ToastKind::Good, "Generate “a”", "Sent, now that Darkroom is there.", Some(done(9, "").id));
            live.announce(&done(1, "a study"));
            let titles: Vec<String> = untrack(|| live.toasts()).into_iter().map(|toast| toast.title).collect();
            assert_eq!(titles, ["Generate “a”", "a study is done"]);
        });
    }
}
