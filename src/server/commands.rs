//! Carries out commands of people and programs on tasks and on the queue.

mod once;

use std::sync::Arc;

use self::once::OncePerId;
use super::{
    command_error::CommandError,
    pool::Pool,
    store::{CommandRecord, Store, StoreError},
    task_archive::TaskArchive,
    tracker::Tracker,
};
use proto::{
    ids::{CommandId, TaskId},
    limits,
    wire::Command,
};

pub struct Commands {
    tracker: Arc<Tracker>,
    pool: Arc<Pool>,
    archive: Arc<TaskArchive>,
    once: OncePerId,
}

impl Commands {
    /// `carried_out`: commands from before the start, oldest first.
    pub fn new(tracker: Arc<Tracker>, store: Store, pool: Arc<Pool>, archive: Arc<TaskArchive>, carried_out: Vec<CommandRecord>) -> Self {
        Self { tracker, pool, archive, once: OncePerId::new(store, carried_out) }
    }

    /// Carries out a command if no command with this `id` came before; else returns the result of that one.
    ///
    /// # Errors
    /// The text of a [`CommandError`], for people.
    pub async fn run_once(self: &Arc<Self>, id: CommandId, command: Command) -> Result<(), String> {
        let this = self.clone();
        self.once.run(id, async move { this.run(command).await.map_err(|error| error.to_string()) }).await
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn run(&self, command: Command) -> Result<(), CommandError> {
        let tracker = &self.tracker;
        match command {
            Command::Cancel { task } => self.cancel_one(task).await?,
            Command::Pause { task, paused } => tracker.pause(task, paused)?,
            Command::Move { task, before } => tracker.move_before(task, before)?,
            Command::Prioritize { priority, .. } if priority.unsigned_abs() > limits::PRIORITY.unsigned_abs() => {
                return Err(CommandError::Priority(limits::PRIORITY));
            }
            Command::Prioritize { task, priority } => tracker.prioritize(task, priority)?,
            Command::PauseQueue { paused } => tracker.pause_queue(paused),
            Command::RetryBackend { backend } => self.pool.get(&backend).ok_or(CommandError::UnknownBackend(backend))?.retry_now(),
            Command::ClearQueue => {
                for task in tracker.unfinished(|task| !task.state.has_begun()) {
                    self.cancel_one(task).await?;
                }
            }
        }
        // It is decided, and not yet certain: an owner that is lost now takes it along.
        if tracker.settled().await { Ok(()) } else { Err(StoreError::NotCommitted.into()) }
    }

    /// Cancels one task, and no other. A finished task stays as it is. If its ComfyUI cannot be reached, the task is marked and cancelled there
    /// as soon as it can.
    ///
    /// # Errors
    /// [`CommandError::UnknownTask`].
    pub async fn cancel(&self, id: TaskId) -> Result<(), CommandError> {
        self.run(Command::Cancel { task: id }).await
    }

    async fn cancel_one(&self, id: TaskId) -> Result<(), CommandError> {
        if self.archive.task(id).await.is_none() {
            return Err(CommandError::UnknownTask);
        }
        if let Some(backend) = self.tracker.cancel(id).and_then(|backend| self.pool.get(&backend).cloned()) {
            backend.try_cancel(id).await;
        }
        Ok(())
    }
}
