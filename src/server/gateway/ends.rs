//! Follows the tasks of clients: puts their prompts into the history when they are over, and has their clients told.

use std::sync::Arc;

use proto::{
    gateway::finished_job,
    ids::{Seq, TaskId},
    limits,
    task::{Task, TaskState},
};
use serde_json::Value;
use tokio::{sync::Mutex, time::sleep};
use tokio_util::sync::CancellationToken;

use super::hub::GatewayHub;
use crate::{
    AppState,
    hub::{ChangeEntry, ChangeKind},
    store::StoreError,
};

pub(super) struct Ends {
    app: AppState,
    hub: Arc<GatewayHub>,
    /// Held while a prompt goes into the history: they go in one after another.
    order: Mutex<()>,
}

/// What may concern a client's prompt.
enum TaskNews {
    Began(TaskId),
    Lost(TaskId),
    Ended(TaskId),
    Removed(TaskId),
}

impl Ends {
    pub(super) fn new(app: AppState, hub: Arc<GatewayHub>) -> Self {
        Self { app, hub, order: Mutex::new(()) }
    }

    pub(super) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let changes = self.app.tracker().hub();
        let mut states = changes.states();
        let mut at = Seq(0);
        let mut is_first = true;
        loop {
            // Before reading, so that a change made in between is noticed.
            states.mark_unchanged();
            let mut news = Vec::new();
            match changes.visit(at, |_, change| news.extend(news_of(change))) {
                Some(newest) if !is_first => at = newest,
                newest => {
                    // At the start, or too much happened at once: the present states tell it.
                    at = newest.unwrap_or(self.app.tracker().newest().seq);
                    news = self.hub.tasks().into_iter().map(TaskNews::Ended).collect();
                    is_first = false;
                }
            }
            for news in news {
                match news {
                    TaskNews::Began(task) => self.began(task),
                    TaskNews::Lost(task) => self.hub.lost(task),
                    TaskNews::Ended(task) => self.finish(task).await,
                    TaskNews::Removed(task) => self.hub.forget(task),
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                // Fails only when the sender is dropped, and `changes` owns it.
                _ = states.changed() => {}
            }
        }
    }

    /// The messages of its run tell it, also that it began, unless its ComfyUI has no socket: then only this does.
    fn began(&self, task: TaskId) {
        let backend = self.app.tracker().task(task).and_then(|task| task.backend);
        let is_heard = backend.and_then(|id| self.app.pool().get(&id).map(|backend| backend.is_heard()));
        if is_heard != Some(true) {
            self.hub.began(task);
        }
    }

    /// If the task of a prompt has ended: puts the prompt into the history, then tells it. Does nothing the second time.
    pub(super) async fn finish(&self, id: TaskId) {
        let _turn = self.order.lock().await;
        if !self.hub.is_live(id) {
            return;
        }
        let Some(task) = self.app.archive().task(id).await.filter(|task| task.state.is_final()) else { return };
        if task.state == TaskState::Cancelled && !has_begun(&task) {
            self.keep(id, None).await;
            return self.hub.end(&task, None);
        }
        let Some((live, record)) = self.hub.record(&task) else { return };
        let entry = record.entry(&live.prompt, id, &live.workflow, &live.extra_data);
        let value: Value = serde_json::from_str(&entry).unwrap_or_default();
        let job = finished_job(&live.prompt.prompt_id, &value, false).to_string();
        self.keep(id, Some((entry, job))).await;
        self.hub.end(&task, Some(&record));
    }

    /// Until it is on disk, because clients read it as soon as they hear of the end.
    async fn keep(&self, task: TaskId, entry: Option<(String, String)>) {
        while let Err(error) = self.app.store().end_client_prompt(task, entry.clone()).await {
            if matches!(error, StoreError::Closed) {
                return;
            }
            tracing::warn!(%error, %task, "a prompt cannot be put into the history yet");
            sleep(limits::STORE_RETRY).await;
        }
    }
}

fn has_begun(task: &Task) -> bool {
    task.started_at.is_some() || task.attempts.iter().any(|attempt| attempt.started_at.is_some())
}

fn news_of(change: &ChangeEntry) -> Option<TaskNews> {
    let task = change.task?;
    Some(match change.kind {
        ChangeKind::Started => TaskNews::Began(task),
        ChangeKind::Restarted => TaskNews::Lost(task),
        ChangeKind::Ended => TaskNews::Ended(task),
        ChangeKind::Removed => TaskNews::Removed(task),
        ChangeKind::Progress | ChangeKind::State | ChangeKind::Output => return None,
    })
}
