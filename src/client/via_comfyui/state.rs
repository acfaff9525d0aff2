//! The state of a run at a ComfyUI, shared by this module's parts.

use std::{sync::Arc, time::Duration};

use comfyui::{ComfyClient, ComfyError, Posted, Presence};
use proto::{
    comfy::{HistoryEntry, Workflow},
    ids::{BackendId, PromptId, TaskId},
    task::Task,
};
use tokio::{task::JoinSet, time::Instant};

use super::results::RunResults;
use crate::{ClientError, Options, Progress, error::cause, guard::Why, progress::Reporter, tracked::Tracked, watch::LinkWatch};

/// How long cancelling is retried before the run is left on the server.
pub(crate) const STOP_WITHIN: Duration = Duration::from_secs(10);

pub(super) struct ComfyRun<F> {
    pub(super) options: Options,
    pub(super) client: ComfyClient,
    pub(super) workflow: Arc<Workflow>,
    pub(super) backend: BackendId,
    pub(super) watch: LinkWatch,
    pub(super) tracked: Tracked,
    pub(super) results: RunResults,
    pub(super) presence: Presence,
    pub(super) reporter: Reporter<F>,
    pub(super) jobs: JoinSet<JobResult>,
    pub(super) sending: SendState,
    /// When to send the prompt.
    pub(super) post_at: Option<Instant>,
    /// Consecutive failures of ComfyUI on this prompt.
    pub(super) broken: u32,
    pub(super) is_polling: bool,
    /// A poll was requested while one was in progress.
    pub(super) poll_requested: bool,
    pub(super) poll_at: Option<Instant>,
    pub(super) polled_at: Instant,
    /// Prompts before ours in the queue.
    pub(super) ahead: Option<usize>,
    pub(super) began: Instant,
    /// When the server last sent anything.
    pub(super) contact: Option<Instant>,
    /// The last error of the server or the network.
    pub(super) trouble: Option<String>,
    pub(super) stop: Option<Stop>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendState {
    NotYet,
    InFlight,
    /// The prompt is, or may be, on the server.
    Sent,
}

/// The result of a request.
pub(super) enum JobResult {
    Posted(Result<Posted, ComfyError>),
    Polled(Result<PromptStatus, ComfyError>),
    /// Whether the server still has the prompt.
    Stopped(Result<bool, ComfyError>),
}

/// The result of a poll: where the prompt is.
pub(super) enum PromptStatus {
    Runs,
    Waits { ahead: usize },
    Over(Box<HistoryEntry>),
    Absent,
}

pub(super) struct Stop {
    pub(super) why: Why,
    pub(super) since: Instant,
    /// A cancel request is in progress.
    pub(super) is_requesting: bool,
    /// When to send the (next) cancel request.
    pub(super) request_at: Instant,
}

impl Stop {
    pub(super) fn is_late(&self) -> bool {
        self.since.elapsed() >= STOP_WITHIN
    }

    pub(super) fn error(&self, task: Option<TaskId>, stopped: bool) -> ClientError {
        self.why.error(task, stopped)
    }
}

impl<F: FnMut(Progress)> ComfyRun<F> {
    pub(super) fn id(&self) -> TaskId {
        self.tracked.task().id
    }

    pub(super) fn prompt(&self) -> PromptId {
        self.id().into()
    }

    /// The submitted task, for messages about an unreachable server.
    pub(super) fn sent_task(&self) -> Option<TaskId> {
        (self.sending != SendState::NotYet).then(|| self.id())
    }

    pub(super) fn record_contact(&mut self) {
        self.contact = Some(Instant::now());
    }

    /// Records a failed request.
    pub(super) fn not_reached(&mut self, error: &ComfyError) {
        if error.is_refused() {
            self.presence.gone();
        }
        // `GivenUp` has less information than the error that led to it, so it must not replace that.
        if !matches!(error, ComfyError::GivenUp) || self.trouble.is_none() {
            self.trouble = Some(match error {
                ComfyError::Unreachable(error) => cause(error),
                error => error.to_string(),
            });
        }
    }

    pub(super) fn unreachable(&self) -> ClientError {
        let why = self.trouble.as_deref().unwrap_or("it does not answer");
        ClientError::Unreachable { why: format!("The ComfyUI at {} cannot be reached: {why}", self.options.url()), task: self.sent_task() }
    }
}

pub(crate) fn failed(task: &Task) -> ClientError {
    let error = task.error.clone().unwrap_or_else(|| proto::task::TaskError::plain("The run failed, and nothing says why."));
    ClientError::Failed { task: task.id, error: Box::new(error) }
}
