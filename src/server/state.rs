//! What requests share, and the four things that can be asked for: submit, cancel, read one, read all.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use parking_lot::Mutex;

use super::{
    backend::{Backend, ComfyError, Posted},
    clock::now,
    store::Store,
    tracker::Tracker,
};
use crate::proto::{
    comfy::Catalog,
    ids::{BackendId, CommandId, TaskId},
    limits,
    submit::{FormOptions, Refusal, Submission, Submitted},
    task::{Change, Problem, Snapshot, Task, TaskState, problems},
    wire::Command,
};

/// Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    tracker: Arc<Tracker>,
    store: Store,
    backends: Vec<Arc<Backend>>,
    commands: Mutex<Remembered>,
}

/// The newest ids of commands.
#[derive(Default)]
struct Remembered {
    known: HashSet<CommandId>,
    order: VecDeque<CommandId>,
}

/// Why a task could not be cancelled, in words.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    #[error("There is no such task.")]
    Unknown,
    #[error("ComfyUI could not be told to stop it ({0}). Try again when it is reachable.")]
    Backend(String),
}

impl AppState {
    pub(super) fn new(tracker: Arc<Tracker>, store: Store, backends: Vec<Arc<Backend>>) -> Self {
        Self(Arc::new(Inner { tracker, store, backends, commands: Mutex::default() }))
    }

    pub(super) fn tracker(&self) -> &Tracker {
        &self.0.tracker
    }

    pub(super) fn backend(&self, id: &BackendId) -> Option<&Arc<Backend>> {
        self.0.backends.iter().find(|backend| backend.id == *id)
    }

    /// Some ComfyUI is there to take tasks.
    pub(super) fn is_ready(&self) -> bool {
        self.0.backends.iter().any(|backend| backend.state().is_reachable())
    }

    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.tracker.snapshot()
    }

    /// A task of any age, whole.
    pub async fn task(&self, id: TaskId) -> Option<Task> {
        match self.0.tracker.task(id) {
            Some(task) => Some(task),
            None => self.0.store.read(id).await.map(|stored| stored.map(|stored| stored.task)).unwrap_or_else(|error| {
                tracing::error!(%error, %id, "a task cannot be read");
                None
            }),
        }
    }

    /// What the built-in form offers. Old choices are read again meanwhile, for the next who asks.
    #[must_use]
    pub fn form_options(&self) -> FormOptions {
        let Some(backend) = self.choose().or_else(|| self.0.backends.first().cloned()) else { return FormOptions::default() };
        let catalog = backend.catalog();
        tokio::spawn(async move { backend.refresh_catalog().await });
        FormOptions {
            checkpoints: catalog.choices("CheckpointLoaderSimple", "ckpt_name").to_vec(),
            samplers: catalog.choices("KSampler", "sampler_name").to_vec(),
            schedulers: catalog.choices("KSampler", "scheduler").to_vec(),
            known: !catalog.is_empty(),
        }
    }

    /// Takes a task in. It is on disk before this answers; ComfyUI's own word on it is waited for when one can be reached.
    pub async fn submit(&self, submission: Submission) -> Submitted {
        match self.try_submit(&submission).await {
            Ok(task) => Submitted::Accepted { task },
            Err(refusal) => Submitted::Refused(refusal),
        }
    }

    async fn try_submit(&self, submission: &Submission) -> Result<TaskId, Refusal> {
        if let Submission::TextToImage(recipe) = submission {
            let problems = recipe.problems();
            if !problems.is_empty() {
                return Err(Refusal::new(problems));
            }
        }
        let workflow = Arc::new(submission.workflow().map_err(|error| plain(&error))?);
        let backend = self.choose();
        let catalog = backend.as_ref().map(|backend| backend.catalog()).unwrap_or_else(|| Arc::new(Catalog::default()));
        let id = TaskId(uuid::Uuid::now_v7());
        let mut task = Task::new(id, &submission.name(), &workflow, &catalog, &self.0.tracker.durations(), now());
        task.backend = backend.as_ref().map(|backend| backend.id.clone());
        if let Submission::TextToImage(recipe) = submission {
            task.recipe = Some(recipe.clone());
        }
        self.0.store.add(task.clone(), workflow.clone(), None).await.map_err(|error| {
            tracing::error!(%error, "a task was not accepted");
            plain(&"Darkroom cannot keep this task: its database cannot be written. Nothing was sent.")
        })?;
        self.0.tracker.begin(task, workflow.clone());
        let Some(backend) = backend else {
            self.0.tracker.accept(id, vec![waiting(id)]);
            return Ok(id);
        };
        match backend.client.post_prompt(id, &workflow).await {
            Ok(Posted::Accepted(answer)) => {
                let queued = Change::TaskQueued { task: id, backend: backend.id.clone() };
                let left_out = answer.node_errors.len();
                self.0.tracker.accept(id, vec![queued]);
                if left_out > 0 {
                    tracing::info!(task = %id, nodes = left_out, "ComfyUI left out a part of the workflow");
                }
                Ok(id)
            }
            Ok(Posted::Rejected(rejection)) => {
                self.forget(id);
                Err(Refusal::new(problems(&rejection, &workflow)))
            }
            // Whether it arrived is not known: the next look asks ComfyUI before anything is sent again.
            Err(ComfyError::Unreachable(error)) => {
                tracing::warn!(task = %id, %error, "no answer to a prompt");
                let free = error.is_connect().then_some(Change::TaskAssigned { task: id, backend: None });
                self.0.tracker.accept(id, free.into_iter().chain([waiting(id)]).collect());
                backend.look();
                Ok(id)
            }
            Err(error) => {
                self.forget(id);
                Err(plain(&error))
            }
        }
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// See [`CancelError`].
    pub async fn command(&self, command: Command) -> Result<(), CancelError> {
        match command {
            Command::Cancel { task } => self.cancel(task).await,
            _ => Err(CancelError::Backend("this is not built yet".into())),
        }
    }

    /// Cancels one task, and only that. One that is over stays as it is.
    ///
    /// # Errors
    /// An unknown task, or a ComfyUI that could not be told.
    pub async fn cancel(&self, id: TaskId) -> Result<(), CancelError> {
        let task = self.task(id).await.ok_or(CancelError::Unknown)?;
        if task.state.is_final() {
            return Ok(());
        }
        let backend = task.backend.as_ref().and_then(|id| self.backend(id));
        match backend {
            Some(backend) if task.state != TaskState::Accepted || backend.state().is_reachable() => {
                backend.cancel(id).await.map_err(|error| CancelError::Backend(error.to_string()))
            }
            _ => {
                self.0.tracker.change([Change::TaskEnded { task: id, state: TaskState::Cancelled, at: now(), error: None }]);
                Ok(())
            }
        }
    }

    /// A command with this id was not seen before. Remembers it.
    pub(super) fn is_new(&self, id: CommandId) -> bool {
        let mut commands = self.0.commands.lock();
        if !commands.known.insert(id) {
            return false;
        }
        commands.order.push_back(id);
        if commands.order.len() > limits::REMEMBERED_COMMANDS
            && let Some(oldest) = commands.order.pop_front()
        {
            commands.known.remove(&oldest);
        }
        true
    }

    fn forget(&self, id: TaskId) {
        self.0.tracker.forget(id);
        self.0.store.forget(id);
    }

    /// The reachable ComfyUI with the least to do.
    fn choose(&self) -> Option<Arc<Backend>> {
        self.0.backends.iter().filter(|backend| backend.state().is_reachable()).min_by_key(|backend| backend.load()).cloned()
    }
}

fn waiting(task: TaskId) -> Change {
    let note = "No ComfyUI can be reached; this task is kept and will be sent when one is back";
    Change::TaskWaiting { task, note: Some(note.into()) }
}

fn plain(message: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(vec![Problem { node: None, title: None, input: None, message: message.to_string() }])
}
