//! The state of a run at a ComfyUI, and what its parts share.

use std::{sync::Arc, time::Duration};

use comfyui::{ComfyClient, ComfyError, Posted, Presence};
use proto::{
    comfy::{HistoryEntry, Workflow},
    ids::{BackendId, PromptId, TaskId},
    task::Task,
};
use tokio::{task::JoinSet, time::Instant};

use crate::{ClientError, Options, Progress, error::cause, guard::Why, progress::Reporter, tracked::Tracked, watch::LinkWatch};

/// A server that could not be told by then is left with it.
pub(crate) const STOP_WITHIN: Duration = Duration::from_secs(10);

pub(super) struct ComfyRun<F> {
    pub(super) options: Options,
    pub(super) client: ComfyClient,
    pub(super) workflow: Arc<Workflow>,
    pub(super) backend: BackendId,
    pub(super) watch: LinkWatch,
    pub(super) tracked: Tracked,
    pub(super) presence: Presence,
    pub(super) reporter: Reporter<F>,
    pub(super) jobs: JoinSet<JobResult>,
    pub(super) sending: SendState,
    /// The prompt is to be sent then.
    pub(super) post_at: Option<Instant>,
    /// How often in a row ComfyUI fell over the prompt.
    pub(super) broken: u32,
    pub(super) looking: bool,
    /// Somebody asked for a look while one was under way.
    pub(super) wanted: bool,
    pub(super) look_at: Option<Instant>,
    pub(super) looked_at: Instant,
    /// Others before ours in the queue.
    pub(super) ahead: Option<usize>,
    pub(super) began: Instant,
    /// When the server last said anything.
    pub(super) contact: Option<Instant>,
    /// What it said, or the network, when it was last not reached.
    pub(super) trouble: Option<String>,
    pub(super) stop: Option<Stop>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendState {
    NotYet,
    OnItsWay,
    /// It is there, or may be.
    Sent,
}

/// What came of a request.
pub(super) enum JobResult {
    Posted(Result<Posted, ComfyError>),
    Looked(Result<PromptStatus, ComfyError>),
    /// Whether it is still known there.
    Stopped(Result<bool, ComfyError>),
}

/// Where the prompt is.
pub(super) enum PromptStatus {
    Runs,
    Waits { ahead: usize },
    Over(Box<HistoryEntry>),
    Absent,
}

pub(super) struct Stop {
    pub(super) why: Why,
    pub(super) since: Instant,
    /// It is being told.
    pub(super) telling: bool,
    /// It is to be told (again) then.
    pub(super) tell_at: Instant,
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

    /// What was sent, for messages about a server that is away.
    pub(super) fn sent_task(&self) -> Option<TaskId> {
        (self.sending != SendState::NotYet).then(|| self.id())
    }

    pub(super) fn heard(&mut self) {
        self.contact = Some(Instant::now());
    }

    /// Takes in that a request failed.
    pub(super) fn not_reached(&mut self, error: &ComfyError) {
        if error.is_refused() {
            self.presence.gone();
        }
        // That it is not asked any more says less than why.
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
