//! The store's functions for webhooks.

use std::sync::Arc;

use parking_lot::Mutex;
use proto::{
    ids::TaskId,
    production::ProjectId,
    time::Timestamp,
    webhook::{Delivery, ProductionWebhookEvent},
};
use rusqlite::Transaction;

use super::{
    model::{Attempted, Claimed, DeliverySubject, DeliveryTarget, Due, Listener, Replayed, Subscriber},
    read, write,
};
use crate::store::{Store, StoreError, inbox::WriteJob};

impl Store {
    /// Sets the webhooks that receive events of every task. Cleans up unfinished attempts of the previous process.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn subscribe(&self, subscribers: Vec<Subscriber>) -> Result<(), StoreError> {
        let subscribers: Arc<[Subscriber]> = subscribers.into();
        self.0.shared.subscribe(subscribers.clone());
        self.write(move |transaction| write::begin(transaction, &subscribers)).await
    }

    /// Waits until there may be new messages to deliver.
    pub async fn new_deliveries(&self) {
        self.0.shared.messages.notified().await;
    }

    /// Due messages, oldest first, except for these hosts and addresses.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn due(&self, now: Timestamp, hosts: Vec<String>, urls: Vec<String>) -> Result<Vec<Due>, StoreError> {
        self.reading(move |connection| read::due(connection, now, &hosts, &urls)).await
    }

    /// When the next message after `now` is due, and how many are waiting in total.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn next_due(&self, now: Timestamp) -> Result<(Option<Timestamp>, usize), StoreError> {
        self.reading(move |connection| read::next_due(connection, now)).await
    }

    /// Claims the message's slot in the schedule for an attempt. `next_at`: the time of the next attempt. `None`: already claimed, or no
    /// longer to be sent.
    ///
    /// # Errors
    /// The database cannot be written: no attempt may be made.
    pub async fn claim(
        &self,
        due: Due,
        body: Option<String>,
        at: Timestamp,
        next_at: Option<Timestamp>,
    ) -> Result<Option<Claimed>, StoreError> {
        self.write(move |transaction| write::claim(transaction, &due, body.as_deref(), at, next_at)).await
    }

    /// Stores the result of an attempt.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn attempted(
        &self,
        id: &str,
        number: u32,
        target: DeliveryTarget,
        attempted: Attempted,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |transaction| write::attempted(transaction, &id, number, &target, &attempted, now)).await
    }

    /// All past and pending messages of a task, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn deliveries(&self, task: TaskId) -> Result<Vec<Delivery>, StoreError> {
        self.reading(move |connection| read::deliveries(connection, task)).await
    }

    /// The messages about a project that were sent or wait, newest first, at most `limit`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn project_deliveries(&self, project: ProjectId, limit: u32) -> Result<Vec<Delivery<ProductionWebhookEvent>>, StoreError> {
        self.reading(move |connection| read::project_deliveries(connection, project, limit)).await
    }

    /// Sends a message again, immediately. Enables a disabled webhook.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn replay(&self, subject: DeliverySubject, id: String, now: Timestamp) -> Result<Replayed, StoreError> {
        let subscribers = self.0.shared.subscribers();
        let replayed = self.write(move |transaction| write::replay(transaction, subject, &id, &subscribers, now)).await?;
        self.0.shared.messages.notify_one();
        Ok(replayed)
    }

    /// The tasks' own webhooks that subscribe to progress now, and the addresses of disabled ones from the settings.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn progress_listeners(&self) -> Result<(Vec<Listener>, Vec<String>), StoreError> {
        self.reading(read::progress_listeners).await
    }

    /// Creates a progress message with a single attempt, and removes the previous one. `None`: the task has ended.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn claim_progress(
        &self,
        target: DeliveryTarget,
        id: String,
        body: String,
        at: Timestamp,
    ) -> Result<Option<Claimed>, StoreError> {
        self.write(move |transaction| write::claim_progress(transaction, &target, &id, &body, at)).await
    }

    /// Runs work in the next transaction. When this returns `Ok`, it is on disk.
    pub(in crate::store) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Transaction) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let result = Arc::new(Mutex::new(None));
        let slot = result.clone();
        let (done, answer) = tokio::sync::oneshot::channel();
        let work = Box::new(move |transaction: &Transaction| {
            *slot.lock() = Some(work(transaction)?);
            Ok(())
        });
        self.0.shared.job(WriteJob { work, done })?;
        answer.await.unwrap_or(Err(StoreError::Closed))?;
        let value = result.lock().take();
        value.ok_or(StoreError::Closed)
    }
}
