//! What requests share, and what can be asked for: to take a task in, to carry out a command, to read.

use std::{collections::HashSet, sync::Arc};

use super::{
    backend::{Backend, Sent},
    clock::now,
    commands::{Commands, Outcome},
    config::Config,
    feed::Feed,
    metrics::Metrics,
    pool::Pool,
    store::{Added, CommandRecord, Event, Key, Origin, Store, StoreError, Stored},
    tracker::{Job, QueueError, Tracker},
    webhooks::Webhooks,
};
use proto::{
    comfy::{Catalog, Workflow},
    ids::{BackendId, CommandId, TaskId},
    limits,
    outbox::{Answer, Order},
    submit::{FormOptions, Refusal, Submission, SubmitError},
    task::{Problem, Snapshot, Task},
    wire::{Command, News, Resume},
};

/// Cheap to clone.
#[derive(Clone)]
pub struct AppState(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) tracker: Arc<Tracker>,
    pub(super) store: Store,
    pool: Arc<Pool>,
    max_waiting: usize,
    commands: Commands,
    metrics: Metrics,
    /// What programs follow.
    pub(super) feed: Feed,
    webhooks: Webhooks,
}

/// Why a command was not carried out, in words.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("There is no ComfyUI called {0}.")]
    Backend(BackendId),
    #[error("A priority is a number from -{0} to {0}.")]
    Priority(i8),
}

/// What is handed in, by whomever.
pub(super) struct Request {
    pub(super) submission: Submission,
    /// Instead of the name that the submission gives itself.
    pub(super) name: Option<String>,
    pub(super) priority: i8,
    pub(super) origin: Origin,
}

impl From<Submission> for Request {
    fn from(submission: Submission) -> Self {
        Self { submission, name: None, priority: 0, origin: Origin::default() }
    }
}

/// The task that came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) task: TaskId,
    /// Its key came before: this is the task of then.
    pub(super) is_again: bool,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum TakeError {
    #[error(transparent)]
    Submit(#[from] SubmitError),
    #[error("This Idempotency-Key was used for another request. Use a new one.")]
    KeyReused,
}

impl AppState {
    /// `carried`: commands of an earlier life.
    pub(super) fn new(
        tracker: Arc<Tracker>,
        store: Store,
        pool: Arc<Pool>,
        config: &Config,
        carried: Vec<CommandRecord>,
        webhooks: Webhooks,
    ) -> Self {
        let metrics = Metrics::new(tracker.clone(), store.clone(), pool.clone());
        let commands = Commands::new(store.clone(), carried);
        let feed = Feed::new(tracker.newest().epoch, config.keep_ended);
        Self(Arc::new(Inner { tracker, store, pool, max_waiting: config.queue.max_waiting, commands, metrics, feed, webhooks }))
    }

    /// Keeps what programs follow up to date, for ever.
    pub(super) async fn feed(&self) {
        self.0.feed.run(&self.0.tracker).await;
    }

    pub(super) fn webhooks(&self) -> &Webhooks {
        &self.0.webhooks
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(super) fn tracker(&self) -> &Tracker {
        &self.0.tracker
    }

    pub(super) fn backend(&self, id: &BackendId) -> Option<&Arc<Backend>> {
        self.0.pool.get(id)
    }

    /// What is accepted can be kept.
    pub(super) fn is_writable(&self) -> bool {
        self.0.store.health().is_writable()
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.0.pool
    }

    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.tracker.snapshot()
    }

    /// What happened since `known`.
    #[must_use]
    pub fn news(&self, known: Resume) -> News {
        self.0.tracker.news(known)
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

    /// What happened to a task of any age, oldest first. `None`: there is no such task.
    pub(super) async fn history(&self, id: TaskId) -> Result<Option<Vec<Event>>, StoreError> {
        // Events are written soon, not at once. While the disk takes nothing, what it has is still worth reading.
        let _ = self.0.store.flush().await;
        let is_known = self.0.tracker.task(id).is_some() || self.0.store.read(id).await?.is_some();
        Ok(if is_known { Some(self.0.store.events(id).await?) } else { None })
    }

    /// What the built-in form offers. Old choices are read again meanwhile, for the next who asks.
    #[must_use]
    pub fn form_options(&self) -> FormOptions {
        let catalogs: Vec<Arc<Catalog>> = self.0.pool.iter().map(|backend| backend.catalog()).collect();
        for backend in self.0.pool.iter() {
            let backend = backend.clone();
            tokio::spawn(async move { backend.refresh_catalog().await });
        }
        // Whatever one of them has can be asked for: the task goes where it is.
        let all = |class: &str, input: &str| {
            let mut seen = HashSet::new();
            let choices = catalogs.iter().flat_map(|catalog| catalog.choices(class, input));
            choices.filter(|choice| seen.insert(choice.as_str())).cloned().collect()
        };
        FormOptions {
            checkpoints: all("CheckpointLoaderSimple", "ckpt_name"),
            samplers: all("KSampler", "sampler_name"),
            schedulers: all("KSampler", "scheduler"),
            known: catalogs.iter().any(|catalog| !catalog.is_empty()),
        }
    }

    /// Takes a task in. It is on disk before this answers. When its turn is at once, ComfyUI's own word on it is waited for.
    ///
    /// `key`: a caller's `Idempotency-Key`; the same again returns the first task.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn submit(&self, submission: Submission, key: Option<String>) -> Result<TaskId, SubmitError> {
        let key = match key {
            Some(text) => Some(
                Key::new(&text, &postcard::to_allocvec(&submission).unwrap_or_default())
                    .ok_or_else(|| refused(&format!("An Idempotency-Key is 1 to {} printable ASCII characters.", limits::KEY)))?,
            ),
            None => None,
        };
        match self.take(submission.into(), key).await {
            Ok(taken) => Ok(taken.task),
            Err(TakeError::Submit(error)) => Err(error),
            Err(error @ TakeError::KeyReused) => Err(refused(&error.to_string())),
        }
    }

    /// As [`AppState::submit`], for programs, which may say more.
    pub(super) async fn take(&self, request: Request, key: Option<Key>) -> Result<Taken, TakeError> {
        let state = self.clone();
        // In a task of its own: who asked may go away, and what was begun is brought to its end.
        let taken = tokio::spawn(async move { state.take_in(&request, key).await });
        taken.await.unwrap_or_else(|_| Err(SubmitError::Unavailable("Darkroom is stopping. Try again in a moment.".into()).into()))
    }

    async fn take_in(&self, request: &Request, key: Option<Key>) -> Result<Taken, TakeError> {
        let Request { submission, name, priority, origin } = request;
        let job = Job::new(Arc::new(self.check(submission)?));
        let lacking = self.0.pool.lacking(&job.needs).await;
        if !lacking.is_empty() {
            return Err(SubmitError::Refused(Refusal::new(lacking)).into());
        }
        if self.0.tracker.waiting_count() >= self.0.max_waiting {
            return Err(SubmitError::Unavailable(format!(
                "The queue is full: {} tasks wait already ([queue] max_waiting). Try again when some are done.",
                self.0.max_waiting
            ))
            .into());
        }
        let seats = self.0.pool.seats();
        let catalog = seats.iter().map(|seat| &seat.catalog).find(|catalog| !catalog.is_empty() && job.needs.met_by(catalog));
        let catalog = catalog.cloned().unwrap_or_default();
        let id = TaskId(uuid::Uuid::now_v7());
        let name = name.clone().unwrap_or_else(|| submission.name());
        let mut task = Task::new(id, &name, &job.workflow, &catalog, &self.0.tracker.durations(), now());
        task.place.priority = *priority;
        if let Submission::TextToImage(recipe) = submission {
            task.recipe = Some(recipe.clone());
        }
        let task = self.0.tracker.begin(task, job.clone(), &seats, self.0.pool.at_once);
        let backend = task.backend.as_ref().and_then(|id| self.backend(id)).cloned();
        match self.0.store.add(Stored { task, workflow: job.workflow, origin: origin.clone() }, key.clone()).await {
            Ok(Added::New) => {}
            Ok(Added::Known(first)) => {
                self.0.tracker.forget(id);
                self.0.tracker.decided(first).await;
                return match self.task(first).await {
                    Some(_) => Ok(Taken { task: first, is_again: true }),
                    // ComfyUI refused it after all: there never was such a task, and the key is free.
                    None => Box::pin(self.take_in(request, key)).await,
                };
            }
            Ok(Added::Conflict) => {
                self.0.tracker.forget(id);
                return Err(TakeError::KeyReused);
            }
            Err(error) => {
                tracing::error!(%error, "a task was not accepted");
                self.0.tracker.forget(id);
                let why = format!("Darkroom cannot keep this task: {error}. Nothing was sent; try again.");
                return Err(SubmitError::Unavailable(why).into());
            }
        }
        match backend {
            Some(backend) => self.send_at_once(id, backend).await?,
            None => self.0.tracker.accept(id),
        }
        Ok(Taken { task: id, is_again: false })
    }

    fn check(&self, submission: &Submission) -> Result<Workflow, SubmitError> {
        if let Submission::TextToImage(recipe) = submission {
            let problems = recipe.problems();
            if !problems.is_empty() {
                return Err(SubmitError::Refused(Refusal::new(problems)));
            }
        }
        submission.workflow().map_err(|error| refused(&error.to_string()))
    }

    /// Nothing is before it: what ComfyUI finds wrong is said at once, and then there never was such a task.
    /// One that takes its time is not waited for: the task is kept, and what comes of it is told like everything else.
    async fn send_at_once(&self, id: TaskId, backend: Arc<Backend>) -> Result<(), SubmitError> {
        let Some(right) = backend.may_send(id) else {
            // Nobody else knows the task yet. Were it otherwise, whoever sends it tells what comes of it.
            self.0.tracker.accept(id);
            return Ok(());
        };
        let sender = backend.clone();
        let mut sending = tokio::spawn(async move { (sender.post(&right).await, right) });
        match tokio::time::timeout(limits::FIRST_WORD, &mut sending).await {
            Ok(Ok((Sent::Refused(problems), _right))) => {
                // In this order: who waits for the decision may use its key at once.
                self.0.store.forget(id);
                self.0.tracker.forget(id);
                Err(SubmitError::Refused(Refusal::new(problems)))
            }
            Ok(Ok((sent, _right))) => {
                self.0.tracker.accept(id);
                backend.settle_sent(id, sent);
                Ok(())
            }
            Ok(Err(_)) => {
                // Darkroom is stopping: the next life asks for it.
                self.0.tracker.accept(id);
                Ok(())
            }
            Err(_) => {
                self.0.tracker.accept(id);
                tokio::spawn(async move {
                    let Ok((sent, right)) = sending.await else { return };
                    backend.settle_sent(id, sent);
                    drop(right);
                    // While it was on its way, nobody could cancel it there.
                    if backend.tracker.task(id).is_some_and(|task| task.cancelling) {
                        backend.try_cancel(id).await;
                    }
                });
                Ok(())
            }
        }
    }

    /// Carries out a command, once for each id: see [`Commands::once`].
    pub(super) async fn command_once(&self, id: CommandId, command: Command) -> Outcome {
        let state = self.clone();
        let act = async move { state.command(command).await.map_err(|error| error.to_string()) };
        self.0.commands.once(id, act).await
    }

    /// Carries out what a person ordered on a page. The same `id` again is answered as it was the first time.
    pub async fn order(&self, id: CommandId, order: Order) -> Answer {
        match order {
            Order::Submit(submission) => match self.submit(submission, Some(id.to_string())).await {
                Ok(task) => Answer::Done { task: Some(task) },
                Err(SubmitError::Refused(refusal)) => Answer::Refused(refusal),
                Err(SubmitError::Unavailable(why)) => Answer::Later(why),
            },
            Order::Command(command) => match self.command_once(id, command).await {
                Ok(()) => Answer::Done { task: None },
                Err(message) => Answer::Refused(Refusal { message, problems: Vec::new() }),
            },
        }
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn command(&self, command: Command) -> Result<(), CommandError> {
        let tracker = &self.0.tracker;
        match command {
            Command::Cancel { task } => self.cancel(task).await?,
            Command::Pause { task, paused } => tracker.pause(task, paused)?,
            Command::Move { task, before } => tracker.move_before(task, before)?,
            Command::Prioritize { priority, .. } if priority.unsigned_abs() > limits::PRIORITY.unsigned_abs() => {
                return Err(CommandError::Priority(limits::PRIORITY));
            }
            Command::Prioritize { task, priority } => tracker.prioritize(task, priority)?,
            Command::PauseQueue { paused } => tracker.pause_queue(paused),
            Command::RetryBackend { backend } => self.backend(&backend).ok_or(CommandError::Backend(backend))?.retry_now(),
            Command::ClearQueue => {
                for task in tracker.unfinished(|task| !task.state.has_begun()) {
                    self.cancel(task).await?;
                }
            }
        }
        Ok(())
    }

    /// Cancels one task, and only that. One that is over stays as it is. When its ComfyUI cannot be told now, it will be.
    ///
    /// # Errors
    /// An unknown task.
    pub async fn cancel(&self, id: TaskId) -> Result<(), QueueError> {
        if self.0.tracker.task(id).is_none() && self.task(id).await.is_none() {
            return Err(QueueError::Unknown);
        }
        if let Some(backend) = self.0.tracker.cancel(id).and_then(|backend| self.backend(&backend).cloned()) {
            backend.try_cancel(id).await;
        }
        Ok(())
    }
}

fn refused(message: &str) -> SubmitError {
    SubmitError::Refused(Refusal::new(vec![Problem { node: None, title: None, input: None, message: message.to_owned() }]))
}
