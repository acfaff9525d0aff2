//! Takes tasks in: checks them, stores them, and sends a task at once when a ComfyUI is free for it.

use std::sync::Arc;

use super::{
    backend::{Backend, SendResult},
    clock::now,
    command_error::CommandError,
    pool::Pool,
    store::{Added, Key, Origin, Store, StoreError, Stored},
    task_archive::TaskArchive,
    tracker::{TaskJob, Tracker},
};
use proto::{
    comfy::Workflow,
    ids::TaskId,
    limits,
    recipe::TextToImage,
    submit::{Refusal, Submission, SubmitError},
    task::{Problem, Task},
};

/// What is handed in, by a page or by a program.
pub struct SubmissionRequest {
    pub submission: Submission,
    /// Replaces the name that follows from the submission.
    pub name: Option<String>,
    pub priority: i8,
    pub origin: Origin,
}

impl From<Submission> for SubmissionRequest {
    fn from(submission: Submission) -> Self {
        Self { submission, name: None, priority: 0, origin: Origin::default() }
    }
}

/// The task of an accepted submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubmissionOutcome {
    pub task: TaskId,
    /// The `Idempotency-Key` was used before with the same request: this is the task of the first request.
    pub is_replay: bool,
}

/// Why there is no new task.
#[derive(Debug, thiserror::Error)]
pub enum SubmissionError {
    /// The workflow or the parameters cannot be run.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// Nothing was kept and nothing was sent; a later try may succeed.
    #[error("{0}")]
    Unavailable(String),
    #[error("This Idempotency-Key was used for another request. Use a new one.")]
    KeyReused,
    /// The task to run again is unknown or not finished, or the database cannot be read.
    #[error(transparent)]
    Original(#[from] CommandError),
}

impl SubmissionError {
    fn refused(message: String) -> Self {
        Self::Refused(Refusal::new(vec![Problem { node: None, title: None, input: None, message }]))
    }
}

/// For pages, which only tell a refusal from a temporary failure.
impl From<SubmissionError> for SubmitError {
    fn from(error: SubmissionError) -> Self {
        match error {
            SubmissionError::Refused(refusal) => Self::Refused(refusal),
            SubmissionError::Unavailable(why) => Self::Unavailable(why),
            error @ (SubmissionError::KeyReused | SubmissionError::Original(_)) => {
                Self::Refused(Refusal::new(vec![Problem { node: None, title: None, input: None, message: error.to_string() }]))
            }
        }
    }
}

/// At most 2^53 − 1: JavaScript, and so ComfyUI's editor, has no larger exact numbers.
fn new_random_seed() -> u64 {
    rand::random::<u64>() >> 11
}

pub struct Submissions {
    tracker: Arc<Tracker>,
    store: Store,
    pool: Arc<Pool>,
    archive: Arc<TaskArchive>,
    /// Tasks that may wait for a ComfyUI at the same time.
    max_waiting: usize,
}

impl Submissions {
    pub fn new(tracker: Arc<Tracker>, store: Store, pool: Arc<Pool>, archive: Arc<TaskArchive>, max_waiting: usize) -> Self {
        Self { tracker, store, pool, archive, max_waiting }
    }

    /// Takes a task in; it is on disk before this returns. If it can be sent at once, this also waits for ComfyUI's verdict on the workflow,
    /// at most [`limits::FIRST_WORD`].
    ///
    /// # Errors
    /// See [`SubmissionError`]; never `Original`.
    pub async fn submit(
        self: &Arc<Self>,
        request: impl Into<SubmissionRequest>,
        key: Option<Key>,
    ) -> Result<SubmissionOutcome, SubmissionError> {
        let (this, request) = (self.clone(), request.into());
        // In a task of its own: when the caller goes away, the submission still runs to its end.
        let outcome = tokio::spawn(async move { this.accept(&request, key).await });
        outcome.await.unwrap_or_else(|_| Err(SubmissionError::Unavailable("Darkroom is stopping. Try again in a moment.".into())))
    }

    /// [`Submissions::submit`] for pages: `key` is the text of an `Idempotency-Key`.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn submit_from_page(self: &Arc<Self>, submission: Submission, key: Option<String>) -> Result<TaskId, SubmitError> {
        let key = match key {
            Some(text) => Some(Key::new(&text, &postcard::to_allocvec(&submission).unwrap_or_default()).ok_or_else(|| {
                SubmissionError::refused(format!("An Idempotency-Key is 1 to {} printable ASCII characters.", limits::KEY))
            })?),
            None => None,
        };
        Ok(self.submit(submission, key).await?.task)
    }

    /// Runs a finished task again: a new task with the same workflow, name, priority and origin, and with other random seeds if `new_seed`.
    ///
    /// # Errors
    /// See [`SubmissionError`].
    pub async fn run_again(self: &Arc<Self>, id: TaskId, new_seed: bool, key: Option<Key>) -> Result<SubmissionOutcome, SubmissionError> {
        let original = self.archive.stored(id).await.map_err(CommandError::from)?;
        let Stored { task, workflow, mut origin } = original.ok_or(CommandError::UnknownTask)?;
        if !task.state.is_final() {
            return Err(CommandError::NotFinished.into());
        }
        let submission = match task.recipe {
            Some(recipe) if new_seed => Submission::TextToImage(TextToImage { seed: new_random_seed(), ..recipe }),
            Some(recipe) => Submission::TextToImage(recipe),
            None => {
                let mut workflow = Arc::unwrap_or_clone(workflow);
                if new_seed {
                    workflow.set_seeds(new_random_seed);
                }
                let json = serde_json::to_string(&workflow).map_err(|error| CommandError::from(StoreError::from(error)))?;
                Submission::Workflow { name: task.name.clone(), json }
            }
        };
        origin.retry_of = Some(id);
        self.submit(SubmissionRequest { submission, name: Some(task.name), priority: task.place.priority, origin }, key).await
    }

    /// [`Submissions::run_again`] for pages, once per `key`.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn run_again_from_page(self: &Arc<Self>, id: TaskId, new_seed: bool, key: String) -> Result<TaskId, SubmitError> {
        let key = Key::new(&key, format!("rerun {id} {new_seed}").as_bytes());
        Ok(self.run_again(id, new_seed, key).await?.task)
    }

    async fn accept(&self, request: &SubmissionRequest, key: Option<Key>) -> Result<SubmissionOutcome, SubmissionError> {
        let SubmissionRequest { submission, name, priority, origin } = request;
        let job = TaskJob::new(Arc::new(checked_workflow(submission)?));
        let missing = self.pool.missing(&job.needs).await;
        if !missing.is_empty() {
            return Err(SubmissionError::Refused(Refusal::new(missing)));
        }
        if self.tracker.waiting_count() >= self.max_waiting {
            return Err(SubmissionError::Unavailable(format!(
                "The queue is full: {} tasks wait already ([queue] max_waiting). Try again when some are done.",
                self.max_waiting
            )));
        }
        let seats = self.pool.seats();
        let catalog = seats.iter().map(|seat| &seat.catalog).find(|catalog| !catalog.is_empty() && job.needs.met_by(catalog));
        let catalog = catalog.cloned().unwrap_or_default();
        let id = TaskId(uuid::Uuid::now_v7());
        let name = name.clone().unwrap_or_else(|| submission.name());
        let mut task = Task::new(id, &name, &job.workflow, &catalog, &self.tracker.durations(), now());
        task.place.priority = *priority;
        if let Submission::TextToImage(recipe) = submission {
            task.recipe = Some(recipe.clone());
        }
        let task = self.tracker.register_pending(task, job.clone(), &seats, self.pool.prompts_at_once);
        let backend = task.backend.as_ref().and_then(|id| self.pool.get(id)).cloned();
        match self.store.add(Stored { task, workflow: job.workflow, origin: origin.clone() }, key.clone()).await {
            Ok(Added::New) => {}
            Ok(Added::Known(first)) => {
                self.tracker.forget_pending(id);
                self.tracker.decided(first).await;
                return match self.archive.task(first).await {
                    Some(_) => Ok(SubmissionOutcome { task: first, is_replay: true }),
                    // ComfyUI refused the first task meanwhile: it does not exist, and its key is free again.
                    None => Box::pin(self.accept(request, key)).await,
                };
            }
            Ok(Added::Conflict) => {
                self.tracker.forget_pending(id);
                return Err(SubmissionError::KeyReused);
            }
            Err(error) => {
                tracing::error!(%error, "a task was not accepted");
                self.tracker.forget_pending(id);
                let why = format!("Darkroom cannot keep this task: {error}. Nothing was sent; try again.");
                return Err(SubmissionError::Unavailable(why));
            }
        }
        match backend {
            Some(backend) => self.send_at_once(id, backend).await?,
            None => self.tracker.accept(id),
        }
        Ok(SubmissionOutcome { task: id, is_replay: false })
    }

    /// Sends a task that has a free ComfyUI already. If ComfyUI refuses it in time, the task is forgotten and the refusal is the result. After
    /// [`limits::FIRST_WORD`] the task is accepted, and a later answer reaches it like any other change.
    async fn send_at_once(&self, id: TaskId, backend: Arc<Backend>) -> Result<(), SubmissionError> {
        let Some(permit) = backend.send_permit(id) else {
            // Nobody else knows of this task yet, so the permit should be free. If not, its holder applies the result.
            self.tracker.accept(id);
            return Ok(());
        };
        let sender = backend.clone();
        let mut sending = tokio::spawn(async move { (sender.post(&permit).await, permit) });
        match tokio::time::timeout(limits::FIRST_WORD, &mut sending).await {
            Ok(Ok((SendResult::Refused(problems), _permit))) => {
                // The store first: a request that waits for the decision may use the key at once.
                self.store.forget(id);
                self.tracker.forget_pending(id);
                Err(SubmissionError::Refused(Refusal::new(problems)))
            }
            Ok(Ok((result, _permit))) => {
                self.tracker.accept(id);
                backend.apply_send_result(id, result);
                Ok(())
            }
            Ok(Err(_)) => {
                // Darkroom is stopping: after the next start ComfyUI is asked whether it has the prompt.
                self.tracker.accept(id);
                Ok(())
            }
            Err(_) => {
                self.tracker.accept(id);
                tokio::spawn(async move {
                    let Ok((result, permit)) = sending.await else { return };
                    backend.apply_send_result(id, result);
                    drop(permit);
                    // A cancellation that came while the request was under way could not be carried out at ComfyUI.
                    if backend.tracker.task(id).is_some_and(|task| task.cancelling) {
                        backend.try_cancel(id).await;
                    }
                });
                Ok(())
            }
        }
    }
}

fn checked_workflow(submission: &Submission) -> Result<Workflow, SubmissionError> {
    if let Submission::TextToImage(recipe) = submission {
        let problems = recipe.problems();
        if !problems.is_empty() {
            return Err(SubmissionError::Refused(Refusal::new(problems)));
        }
    }
    submission.workflow().map_err(|error| SubmissionError::refused(error.to_string()))
}
