//! Why a request about tasks or the queue was not carried out.

use proto::ids::BackendId;

use super::store::StoreError;

/// The text of each is for people.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("There is no such task.")]
    UnknownTask,
    /// Moving, holding back and the like are for tasks that wait.
    #[error("This task already runs; it can only be cancelled.")]
    Running,
    #[error("This task is over.")]
    Finished,
    /// Removing and running again are for tasks that are finished.
    #[error("This task is not over. Cancel it first, or wait for its end.")]
    NotFinished,
    #[error("There is no ComfyUI called {0}.")]
    UnknownBackend(BackendId),
    #[error("A priority is a number from -{0} to {0}.")]
    Priority(i8),
    #[error("The database cannot be used now: {0}.")]
    Store(#[from] StoreError),
}
