//! One ComfyUI: its HTTP client, its link, and what is known of it.

mod driver;
mod frames;
mod http;
mod reconcile;
mod socket;

use std::{sync::Arc, time::Duration};

pub(crate) use http::{ComfyClient, ComfyError, Posted};
use parking_lot::RwLock;
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{clock::now, config::BackendConfig, tracker::Tracker};
use crate::proto::{
    comfy::Catalog,
    ids::{BackendId, TaskId},
    link::LinkConfig,
    task::{Backend as Shown, BackendState, Change, Task, TaskError, TaskState, problems},
};

/// Shared between the link's driver and those who submit or cancel.
pub(crate) struct Backend {
    pub(crate) id: BackendId,
    pub(crate) client: ComfyClient,
    pub(crate) tracker: Arc<Tracker>,
    known: RwLock<Known>,
    /// Wakes the driver: there is something to send, or to look after.
    look: Notify,
}

struct Known {
    shown: Shown,
    catalog: Arc<Catalog>,
    catalog_read: Option<Instant>,
}

/// Choices such as checkpoints may change while ComfyUI runs; older than this, they are read again.
const CATALOG_AGE: Duration = Duration::from_secs(20);

impl Backend {
    pub(crate) fn new(config: &BackendConfig, client_id: String, tracker: Arc<Tracker>) -> Result<Self, ComfyError> {
        let shown = Shown::new(config.id.clone(), config.demo, now());
        tracker.backend(shown.clone());
        Ok(Self {
            id: config.id.clone(),
            client: ComfyClient::new(config.url.clone(), config.token.as_ref(), client_id)?,
            tracker,
            known: RwLock::new(Known { shown, catalog: Arc::default(), catalog_read: None }),
            look: Notify::new(),
        })
    }

    /// Keeps the link up until `stop`.
    pub(crate) async fn run(self: Arc<Self>, link: LinkConfig, stop: CancellationToken) {
        driver::run(self, link, stop).await;
    }

    pub(crate) fn state(&self) -> BackendState {
        self.known.read().shown.state.clone()
    }

    /// The node classes it has; empty before it was first reached.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.known.read().catalog.clone()
    }

    /// Changes what is shown of it.
    fn update(&self, change: impl FnOnce(&mut Shown)) {
        let shown = {
            let mut known = self.known.write();
            change(&mut known.shown);
            known.shown.clone()
        };
        self.tracker.backend(shown);
    }

    /// Tasks of ours that are there, or should be.
    fn in_flight(&self) -> Vec<TaskId> {
        self.tracker.unfinished(|task| task.backend.as_ref() == Some(&self.id))
    }

    /// Our tasks that this ComfyUI has, and what was told of them.
    fn told(&self) -> Vec<(TaskId, TaskState)> {
        let has = |task: &Task| task.backend.as_ref() == Some(&self.id) && task.state != TaskState::Accepted;
        self.tracker.unfinished(has).into_iter().filter_map(|id| Some((id, self.tracker.task(id)?.state))).collect()
    }

    pub(crate) fn load(&self) -> usize {
        self.in_flight().len()
    }

    /// Asks the driver to look after its tasks now.
    pub(crate) fn look(&self) {
        self.look.notify_one();
    }

    /// Reads choices again if they are old.
    pub(crate) async fn refresh_catalog(&self) {
        let old = self.known.read().catalog_read.is_none_or(|read| read.elapsed() > CATALOG_AGE);
        if old && self.state().is_reachable() {
            self.read_catalog().await;
        }
    }

    /// Reads what this ComfyUI is, unless that was done since the link is up.
    async fn learn(&self) {
        if self.known.read().catalog_read.is_none() {
            self.read_stats().await;
            self.read_catalog().await;
        }
    }

    fn forget_catalog_age(&self) {
        self.known.write().catalog_read = None;
    }

    async fn read_catalog(&self) {
        match self.client.catalog().await {
            Ok(catalog) => {
                let mut known = self.known.write();
                known.catalog = Arc::new(catalog);
                known.catalog_read = Some(Instant::now());
            }
            Err(error) => tracing::warn!(backend = %self.id, %error, "the node classes cannot be read"),
        }
    }

    async fn read_stats(&self) {
        match self.client.system_stats().await {
            Ok(stats) => self.update(|shown| {
                shown.version = stats.version;
                shown.device = stats.device;
                shown.vram = stats.vram;
            }),
            Err(error) => tracing::warn!(backend = %self.id, %error, "the version cannot be read"),
        }
    }

    /// Sends a task that was accepted before (while no ComfyUI was there, or in an earlier life). What ComfyUI refuses now, fails.
    async fn send_waiting(&self, task: TaskId) {
        let Some(workflow) = self.tracker.workflow(task) else { return };
        let queued = Change::TaskQueued { task, backend: self.id.clone() };
        match self.client.post_prompt(task, &workflow).await {
            Ok(Posted::Accepted(_)) => self.tracker.change([queued]),
            Ok(Posted::Rejected(rejection)) => {
                let problems = problems(&rejection, &workflow);
                let message = match problems.as_slice() {
                    [one] => one.message.clone(),
                    many => format!("ComfyUI refused the workflow: {} things are wrong.", many.len()),
                };
                let error =
                    TaskError { node: problems.first().and_then(|problem| problem.node.clone()), problems, ..TaskError::plain(message) };
                self.tracker.change([Change::TaskEnded { task, state: TaskState::Failed, at: now(), error: Some(Box::new(error)) }]);
            }
            // The answer may be lost, or the request: the next look asks ComfyUI which.
            Err(ComfyError::Unreachable(error)) => {
                tracing::warn!(backend = %self.id, %error, "a task was not sent");
            }
            Err(error) => {
                let error = TaskError::plain(error.to_string());
                self.tracker.change([Change::TaskEnded { task, state: TaskState::Failed, at: now(), error: Some(Box::new(error)) }]);
            }
        }
    }
}
