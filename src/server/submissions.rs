//! Takes tasks in: checks them, stores them, and sends a task at once when a ComfyUI is free for it.

mod checked;
mod earlier;
mod error;
mod run_check;

use std::sync::Arc;

pub use self::{checked::PromptSource, error::SubmissionError};
use self::{
    checked::{CheckedSubmission, SubmissionCheck, TaskEdit},
    earlier::EarlierRuns,
};
use super::{
    backend::{Backend, SendResult},
    clock::now,
    command_error::CommandError,
    edits::Edits,
    pool::Pool,
    prompts::Prompts,
    store::{Added, EXTRA_DATA_LOST, Key, Origin, Store, StoreError, Stored, StoredExtra},
    task_archive::TaskArchive,
    tracker::{TaskJob, Tracker},
};
use comfyui::{BootInstant, StopPlace, reach};
use proto::{
    comfy::{ExtraData, NodeErrors, Workflow},
    ids::{CommandId, TaskId},
    limits,
    prompts::TaskPrompts,
    recipe::TextToImage,
    run_warnings::{RunTrace, RunWarning},
    submit::{FormRun, Refusal, Submission},
    task::{Plan, Task},
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
    pub prompts: PromptSource,
    /// The edit of which it is another run: its workflow is handed in as it was.
    pub edit: Option<TaskEdit>,
}

impl From<Submission> for SubmissionRequest {
    fn from(submission: Submission) -> Self {
        Self {
            submission,
            name: None,
            priority: 0,
            origin: Origin::default(),
            extra_data: ExtraData::default(),
            prompts: PromptSource::New,
            edit: None,
        }
    }
}

/// The task of an accepted submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionOutcome {
    pub task: TaskId,
    /// The `Idempotency-Key` was used before with the same request: this is the task of the first request.
    pub is_replay: bool,
    /// What speaks against the run, as far as it is known when the task is accepted. None of a replay.
    pub warnings: Vec<RunWarning>,
    /// What ComfyUI says against parts of the workflow, which it leaves out, if it got the workflow at once.
    pub node_errors: NodeErrors,
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
    check: SubmissionCheck,
    earlier: EarlierRuns,
    /// Tasks that may wait for a ComfyUI at the same time.
    max_waiting: usize,
}

impl Submissions {
    pub fn new(
        tracker: Arc<Tracker>,
        store: Store,
        pool: Arc<Pool>,
        archive: Arc<TaskArchive>,
        prompts: Arc<Prompts>,
        edits: Edits,
        max_waiting: usize,
    ) -> Self {
        let check = SubmissionCheck { pool: pool.clone(), prompts, edits };
        let earlier = EarlierRuns::new(tracker.clone(), store.clone());
        Self { tracker, store, pool, archive, check, earlier, max_waiting }
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
        let outcome = tokio::spawn(async move {
            let outcome = this.accept(&request, key).await;
            this.tracker.settled().await;
            outcome
        });
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

    /// Runs a finished task again: a new task with the same workflow, name, priority and origin, and with other random seeds if `new_seed`. Its prompts keep
    /// their texts, whatever wildcards say by now.
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
        let seed = new_random_seed();
        let recipe = task.recipe.map(|recipe| if new_seed { TextToImage { seed, ..recipe } } else { recipe });
        let mut edit = None;
        let submission = match (recipe, task.start) {
            (Some(recipe), None) => Submission::TextToImage(recipe),
            (recipe, start) => {
                edit = start.map(|start| TaskEdit { recipe, start });
                let mut workflow = Arc::unwrap_or_clone(workflow);
                if let Some(prompts) = &task.prompts {
                    restore_file_names(&mut workflow, prompts);
                }
                match &edit {
                    _ if !new_seed => {}
                    // The only sampler has the seed of the form.
                    Some(_) => workflow.set_seeds(|| seed),
                    None => workflow.set_seeds(new_random_seed),
                }
                let json = serde_json::to_string(&workflow).map_err(|error| CommandError::from(StoreError::from(error)))?;
                Submission::Workflow { name: task.name.clone(), json }
            }
        };
        origin.retry_of = Some(id);
        let name = Some(task.name);
        let prompts = PromptSource::Resolved(task.prompts.unwrap_or_default());
        let priority = task.place.priority;
        self.submit(SubmissionRequest { submission, name, priority, origin, extra_data, prompts, edit }, key).await
    }

    /// [`Submissions::rerun`] for pages, once per `id`.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn rerun_from_page(self: &Arc<Self>, task: TaskId, new_seed: bool, id: CommandId) -> Result<TaskId, SubmitError> {
        let key = Key::new(&id.to_string(), format!("rerun {task} {new_seed}").as_bytes());
        Ok(self.rerun(task, new_seed, key).await?.task)
    }

    /// How long such a task usually takes, in milliseconds. `None`: there was none, or this would be refused.
    pub async fn usual_ms(&self, submission: &Submission) -> Option<u32> {
        let workflow = self.check.run(submission, &PromptSource::New).await.ok()?.workflow;
        self.tracker.durations().expected_run(None, &Plan::new(&workflow)).map(|expected| expected.ms)
    }

    async fn accept(&self, request: &SubmissionRequest, key: Option<Key>) -> Result<SubmissionOutcome, SubmissionError> {
        let SubmissionRequest { submission, name, priority, origin, extra_data, prompts, edit: earlier } = request;
        let extra_data = if extra_data.is_empty() { extra_data_in(submission)? } else { extra_data.clone() };
        let extra_data = StoredExtra::Readable(extra_data);
        let CheckedSubmission { workflow, recipe, prompts, edit, fallbacks } = self.check.run(submission, prompts).await?;
        let job = TaskJob::new(Arc::new(workflow)).with_extra_data(extra_data.clone());
        let missing = self.pool.missing(&job.needs).await;
        let mut job = job;
        if !missing.is_empty() {
            if origin.prompt.is_none() {
                return Err(SubmissionError::Refused(Refusal::new(missing)));
            }
            // A client of ComfyUI gets ComfyUI's own words, if one can be asked now.
            job.needs = Arc::default();
        }
        if self.tracker.waiting_count() >= self.max_waiting {
            return Err(SubmissionError::QueueFull(format!(
                "The queue is full: {} tasks wait already ([queue] max_waiting). Try again when some are done.",
                self.max_waiting
            )));
        }
        let seats = self.pool.seats();
        let catalog = seats.iter().map(|seat| &seat.catalog).find(|catalog| !catalog.is_empty() && job.needs.met_by(catalog));
        let catalog = catalog.cloned().unwrap_or_default();
        let id = origin.prompt.as_ref().map_or_else(|| TaskId(uuid::Uuid::now_v7()), |prompt| prompt.task);
        let name = name.clone().or_else(|| recipe.map(|recipe| recipe.name())).unwrap_or_else(|| submission.name());
        let mut task = Task::new(id, &name, &job.workflow, &catalog, &self.tracker.durations(), now());
        task.place.priority = *priority;
        if let Submission::TextToImage(recipe) = submission {
            task.recipe = Some(recipe.clone());
        }
        if let Some(TaskEdit { recipe, start }) = edit.or_else(|| earlier.clone()) {
            (task.recipe, task.start) = (recipe, Some(start));
        }
        let trace = RunTrace::of(&job.workflow, &prompts);
        task.prompts = (!prompts.texts.is_empty()).then_some(prompts);
        let task = self.tracker.register_pending(task, job.clone(), &seats, self.pool.prompts_at_once);
        if !missing.is_empty() && task.backend.is_none() {
            self.tracker.forget_pending(id);
            return Err(SubmissionError::Refused(Refusal::new(missing)));
        }
        self.earlier.add(id, trace);
        let backend = task.backend.as_ref().and_then(|id| self.pool.get(id)).cloned();
        let committing = BootInstant::now();
        if backend.is_some() {
            reach(StopPlace::BeforeCommit);
        }
        match self.store.add(Stored { task, workflow: job.workflow, origin: origin.clone(), extra_data }, key.clone()).await {
            Ok(Added::New) => {}
            Ok(Added::Known(first)) => {
                self.tracker.forget_pending(id);
                self.tracker.decided(first).await;
                return match self.archive.task(first).await {
                    Some(_) => Ok(SubmissionOutcome { task: first, is_replay: true, warnings: Vec::new(), node_errors: NodeErrors::new() }),
                    // ComfyUI refused the first task meanwhile: it does not exist, and its key is free again.
                    None => Box::pin(self.accept(request, key)).await,
                };
            }
            Ok(Added::Conflict) => {
                self.tracker.forget_pending(id);
                return Err(SubmissionError::KeyReused);
            }
            // A client of ComfyUI chose an id that it used before.
            Err(StoreError::Twice(_)) if origin.prompt.is_some() => {
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
        let node_errors = match backend {
            Some(backend) => self.send_at_once(id, backend, committing).await?,
            None => {
                self.tracker.accept(id);
                NodeErrors::new()
            }
        };
        let mut warnings = self.earlier.warnings_of(id);
        warnings.extend(fallbacks);
        Ok(SubmissionOutcome { task: id, is_replay: false, warnings, node_errors })
    }

    /// Sends a task that has a free ComfyUI already. If ComfyUI refuses it in time, the task is forgotten and the refusal is the result. After
    /// [`limits::SUBMIT_WAIT`] the task is accepted, and a later answer reaches it like any other change.
    async fn send_at_once(&self, id: TaskId, backend: Arc<Backend>, committing: BootInstant) -> Result<NodeErrors, SubmissionError> {
        let Some(permit) = backend.send_permit(id) else {
            // The task is not published yet, so the permit should be free. If not, its holder applies the result.
            self.tracker.accept(id);
            return Ok(NodeErrors::new());
        };
        let sender = backend.clone();
        let mut sending = tokio::spawn(async move { (sender.post(&permit, committing).await, permit) });
        match tokio::time::timeout(limits::SUBMIT_WAIT, &mut sending).await {
            Ok(Ok((SendResult::Refused(problems, words), _permit))) => {
                // The store first: a request that waits for the decision may use the key at once.
                self.store.forget(id);
                self.tracker.forget_pending(id);
                let refusal = Refusal::new(problems);
                Err(match words {
                    Some(words) => SubmissionError::Rejected(refusal, words),
                    None => SubmissionError::Refused(refusal),
                })
            }
            Ok(Ok((result, _permit))) => {
                self.tracker.accept(id);
                let node_errors = if let SendResult::Queued(errors) = &result { errors.clone() } else { NodeErrors::new() };
                backend.apply_send_result(id, result);
                Ok(node_errors)
            }
            Ok(Err(_)) => {
                // Darkroom is stopping: after the next start it looks for the prompt at ComfyUI.
                self.tracker.accept(id);
                Ok(NodeErrors::new())
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
                Ok(NodeErrors::new())
            }
        }
    }
}

/// Names in the prefixes of files are replaced for each run.
fn restore_file_names(workflow: &mut Workflow, prompts: &TaskPrompts) {
    for name in prompts.file_names() {
        if let Some(node) = workflow.0.get_mut(&name.node) {
            node.set_input(&name.input, name.template.clone().into());
        }
    }
}

fn extra_data_in(submission: &Submission) -> Result<ExtraData, SubmissionError> {
    match submission {
        Submission::TextToImage(_) | Submission::Edit(_) => Ok(ExtraData::default()),
        Submission::Workflow { json, .. } | Submission::Form(FormRun { json, .. }) => {
            ExtraData::of_file(json).map_err(|error| SubmissionError::refused(error.to_string()))
        }
    }
}
