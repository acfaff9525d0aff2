//! The rows.

use proto::{gateway::ClientPrompt, ids::TaskId};

/// A prompt whose task is about to be stored; it is stored in the same transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct NewClientPrompt {
    /// The id that the task is to have.
    pub task: TaskId,
    pub prompt: ClientPrompt,
}

/// A prompt that is not in the history yet.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPrompt {
    pub task: TaskId,
    pub prompt: ClientPrompt,
}
