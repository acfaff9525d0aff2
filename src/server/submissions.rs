//! Takes tasks in: checks them, stores them, and sends a task at once when a ComfyUI is free for it.

use std::sync::Arc;

use super::{
    backend::{Backend, SendResult},
    clock::now,
    command_error::CommandError,
    pool::Pool,
    store::{Added, EXTRA_DATA_LOST, Key, Origin, Store, StoreError, Stored, StoredExtra},
    task_archive::TaskArchive,
    tracker::{TaskJob, Tracker},
    workflow_forms::apply_form,
};
use proto::{
    comfy::{ExtraData, Workflow},
    ids::{CommandId, TaskId},
    limits,
    recipe::TextToImage,
    submit::{FormRun, Refusal, Submission},
    task::{Problem, Task},
    workflow_file::FileError,
};
use service::SubmitError;

/// What is handed in, by a page or by a program.
pub struct SubmissionRequest {
    pub submission: Submission,
    /// Replaces the name that follows from the submission.
    pub name: Option<String>,
    pub priority: i8,
    pub origin: Origin,
    /// For ComfyUI. Without any, that in the submitted file, if there is some.
    pub extra_data: ExtraData,
}

impl From<Submission> for SubmissionRequest {
    fn from(submission: Submission) -> Self {
        Self { submission, name: None, priority: 0, origin: Origin::default(), extra_data: ExtraData::default() }
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
    fn of_file(error: FileError) -> Self {
        match error {
            FileError::NoCatalog => Self::Unavailable(error.to_string()),
            error => Self::Refused(Refusal::new(error.problems())),
        }
    }

    fn refused(message: String) -> Self {
        Self::Refused(Refusal::new(vec![Problem { node: None, title: None, input: None, message }]))
    }
}

/// For pages, which only distinguish a refusal from a temporary failure.
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
    /// at most [`limits::SUBMIT_WAIT`].
    ///
    /// # Errors
    /// See [`SubmissionError`]; never `Original`.
    pub async fn submit(
        self: &Arc<Self>,
        request: impl Into<SubmissionRequest>,
        key: Option<Key>,
    ) -> Result<SubmissionOutcome, SubmissionError> {
        let (this, request) = (self.clone(), request.into());
        // In a task of its own: the submission is completed although its caller disconnects.
        let outcome = tokio::spawn(async move { this.accept(&request, key).await });
        outcome.await.unwrap_or_else(|_| Err(SubmissionError::Unavailable("Darkroom is stopping. Try again in a moment.".into())))
    }

    /// [`Submissions::submit`] for pages. Submissions with the same `id` are one task.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn submit_from_page(self: &Arc<Self>, submission: Submission, id: Option<CommandId>) -> Result<TaskId, SubmitError> {
        // Always a key: a UUID is printable ASCII.
        let key = id.and_then(|id| Key::new(&id.to_string(), &postcard::to_allocvec(&submission).unwrap_or_default()));
        Ok(self.submit(submission, key).await?.task)
    }

    /// Runs a finished task again: a new task with the same workflow, name, priority and origin, and with other random seeds if `new_seed`.
    ///
    /// # Errors
    /// See [`SubmissionError`].
    pub async fn rerun(self: &Arc<Self>, id: TaskId, new_seed: bool, key: Option<Key>) -> Result<SubmissionOutcome, SubmissionError> {
        let original = self.archive.stored(id).await.map_err(CommandError::from)?;
        let Stored { task, workflow, mut origin, extra_data } = original.ok_or(CommandError::UnknownTask)?;
        if !task.state.is_final() {
            return Err(CommandError::NotFinished.into());
        }
        let StoredExtra::Readable(extra_data) = extra_data else {
            return Err(SubmissionError::refused(EXTRA_DATA_LOST.into()));
        };
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
        let name = Some(task.name);
        self.submit(SubmissionRequest { submission, name, priority: task.place.priority, origin, extra_data }, key).await
    }

    async fn checked_workflow(&self, submission: &Submission) -> Result<Workflow, SubmissionError> {
        let recipe = match submission {
            Submission::TextToImage(recipe) => recipe,
            Submission::Workflow { json, .. } => {
                return self.pool.open_text(json).await.map(|opened| opened.workflow).map_err(SubmissionError::of_file);
            }
            Submission::Form(run) => {
                let workflow = self.pool.open_text(&run.json).await.map_err(SubmissionError::of_file)?.workflow;
                return apply_form(&self.pool, &workflow, run).map_err(SubmissionError::Refused);
            }
        };
        let problems = recipe.problems();
        if !problems.is_empty() {
            return Err(SubmissionError::Refused(Refusal::new(problems)));
        }
        let seats = self.pool.seats();
        let catalog = seats.into_iter().map(|seat| seat.catalog).find(|catalog| !catalog.is_empty()).unwrap_or_default();
        Ok(recipe.workflow_for(&catalog))
    }

    /// [`Submissions::rerun`] for pages, once per `id`.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn rerun_from_page(self: &Arc<Self>, task: TaskId, new_seed: bool, id: CommandId) -> Result<TaskId, SubmitError> {
        let key = Key::new(&id.to_string(), format!("rerun {task} {new_seed}").as_bytes());
        Ok(self.rerun(task, new_seed, key).await?.task)
    }

    async fn accept(&self, request: &SubmissionRequest, key: Option<Key>) -> Result<SubmissionOutcome, SubmissionError> {
        let SubmissionRequest { submission, name, priority, origin, extra_data } = request;
        let extra_data = if extra_data.is_empty() { extra_data_in(submission)? } else { extra_data.clone() };
        let extra_data = StoredExtra::Readable(extra_data);
        let job = TaskJob::new(Arc::new(self.checked_workflow(submission).await?)).with_extra_data(extra_data.clone());
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
        match self.store.add(Stored { task, workflow: job.workflow, origin: origin.clone(), extra_data }, key.clone()).await {
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
    /// [`limits::SUBMIT_WAIT`] the task is accepted, and a later answer reaches it like any other change.
    async fn send_at_once(&self, id: TaskId, backend: Arc<Backend>) -> Result<(), SubmissionError> {
        let Some(permit) = backend.send_permit(id) else {
            // The task is not published yet, so the permit should be free. If not, its holder applies the result.
            self.tracker.accept(id);
            return Ok(());
        };
        let sender = backend.clone();
        let mut sending = tokio::spawn(async move { (sender.post(&permit).await, permit) });
        match tokio::time::timeout(limits::SUBMIT_WAIT, &mut sending).await {
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
                // Darkroom is stopping: after the next start it looks for the prompt at ComfyUI.
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

fn extra_data_in(submission: &Submission) -> Result<ExtraData, SubmissionError> {
    match submission {
        Submission::TextToImage(_) => Ok(ExtraData::default()),
        Submission::Workflow { json, .. } | Submission::Form(FormRun { json, .. }) => {
            ExtraData::of_file(json).map_err(|error| SubmissionError::refused(error.to_string()))
        }
    }
}
