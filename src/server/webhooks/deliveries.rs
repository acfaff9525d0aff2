//! The messages to webhooks: which there are, and sending one again.

use std::sync::Arc;

use super::settings::WebhookSettings;
use crate::{
    clock::now,
    store::{DeliverySubject, Replayed, Store, StoreError},
    task_archive::TaskArchive,
    tracker::Tracker,
};
use proto::{
    ids::TaskId,
    production::ProjectId,
    webhook::{Delivery, ProductionWebhookEvent},
};
use webhook::AllowList;

/// Why a message is not sent again.
#[derive(Debug, thiserror::Error)]
pub enum RedeliveryError {
    #[error("There is no such task.")]
    UnknownTask,
    #[error("There is no such message about it. A message of progress goes when the next one comes.")]
    UnknownDelivery,
    #[error("This message is being sent right now.")]
    Sending,
    #[error("The webhook of this message is no longer in the settings.")]
    NoWebhook,
    #[error("The database cannot be used now: {0}.")]
    Store(#[from] StoreError),
}

pub struct Deliveries {
    pub(super) tracker: Arc<Tracker>,
    pub(super) store: Store,
    pub(super) archive: Arc<TaskArchive>,
    pub(super) settings: WebhookSettings,
}

impl Deliveries {
    pub fn new(tracker: Arc<Tracker>, store: Store, archive: Arc<TaskArchive>, settings: WebhookSettings) -> Self {
        Self { tracker, store, archive, settings }
    }

    /// The addresses that a webhook may have.
    pub fn allowed(&self) -> &AllowList {
        self.settings.allowed()
    }

    /// The sent and scheduled messages about a task, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list(&self, task: TaskId) -> Result<Vec<Delivery>, StoreError> {
        // So that what happened a moment ago is found. While the disk cannot be written, what is on it is still worth reading.
        let _ = self.store.flush().await;
        self.store.deliveries(task).await
    }

    /// The same for a page: an error is logged, and the list is empty.
    pub async fn list_for_page(&self, task: TaskId) -> Vec<Delivery> {
        self.list(task).await.unwrap_or_else(|error| {
            tracing::error!(%error, %task, "what webhooks were told cannot be read");
            Vec::new()
        })
    }

    /// The sent and scheduled messages about a project, newest first, at most `limit`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list_of_project(&self, project: ProjectId, limit: u32) -> Result<Vec<Delivery<ProductionWebhookEvent>>, StoreError> {
        self.store.project_deliveries(project, limit).await
    }

    /// Sends a message about a task again, at once.
    ///
    /// # Errors
    /// See [`RedeliveryError`].
    pub async fn redeliver(&self, task: TaskId, delivery: String) -> Result<(), RedeliveryError> {
        if self.archive.stored(task).await?.is_none() {
            return Err(RedeliveryError::UnknownTask);
        }
        self.replay(DeliverySubject::Task(task), delivery).await
    }

    /// Sends a message about a project again, at once.
    ///
    /// # Errors
    /// See [`RedeliveryError`].
    pub async fn redeliver_of_project(&self, project: ProjectId, delivery: String) -> Result<(), RedeliveryError> {
        self.replay(DeliverySubject::Project(Some(project)), delivery).await
    }

    async fn replay(&self, subject: DeliverySubject, delivery: String) -> Result<(), RedeliveryError> {
        match self.store.replay(subject, delivery, now()).await? {
            Replayed::Done => Ok(()),
            Replayed::Unknown => Err(RedeliveryError::UnknownDelivery),
            Replayed::Sending => Err(RedeliveryError::Sending),
            Replayed::NoWebhook => Err(RedeliveryError::NoWebhook),
        }
    }
}
