//! Functions for pages and the API: listing and replaying webhook messages.

use crate::{
    AppState,
    clock::now,
    store::{Replayed, StoreError},
};
use proto::{ids::TaskId, webhook::Delivery};

/// Why a message cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("There is no such task.")]
    UnknownTask,
    #[error("There is no such message about this task. A message of progress goes when the next one comes.")]
    Unknown,
    #[error("This message is being sent right now.")]
    Sending,
    #[error("The webhook of this message is no longer in the settings.")]
    NoWebhook,
    #[error("The database cannot be used now: {0}.")]
    Store(#[from] StoreError),
}

impl AppState {
    /// Past and pending webhook messages of a task, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) async fn deliveries(&self, task: TaskId) -> Result<Vec<Delivery>, StoreError> {
        // Flush first, so that recent messages are listed. If the disk fails, what is on it is still worth reading.
        let _ = self.0.store.flush().await;
        self.0.store.deliveries(task).await
    }

    /// The same for a page, which shows an empty list on errors.
    pub async fn webhooks_of(&self, task: TaskId) -> Vec<Delivery> {
        self.deliveries(task).await.unwrap_or_else(|error| {
            tracing::error!(%error, %task, "what webhooks were told cannot be read");
            Vec::new()
        })
    }

    /// Sends a message again, immediately.
    ///
    /// # Errors
    /// See [`ReplayError`].
    pub async fn replay(&self, task: TaskId, delivery: String) -> Result<(), ReplayError> {
        if self.stored(task).await?.is_none() {
            return Err(ReplayError::UnknownTask);
        }
        match self.0.store.replay(task, delivery, now()).await? {
            Replayed::Done => Ok(()),
            Replayed::Unknown => Err(ReplayError::Unknown),
            Replayed::Sending => Err(ReplayError::Sending),
            Replayed::NoWebhook => Err(ReplayError::NoWebhook),
        }
    }
}
