//! The rows.

use proto::{gateway::ClientPrompt, ids::TaskId};

/// A prompt whose task is about to be stored; it is stored in the same transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct NewClientPrompt {
    /// The id that the task is to have.
    pub task: TaskId,
    pub prompt: ClientPrompt,
}

/// Whose prompts are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PromptsOf {
    #[default]
    Everybody,
    /// Those with this submitter, and those with this client id.
    Client { submitter: String, client_id: Option<String> },
}

impl PromptsOf {
    /// The parameters for [`OF_CLIENT`].
    pub(super) fn parameters(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Everybody => (None, None),
            Self::Client { submitter, client_id } => (Some(submitter), client_id.as_deref()),
        }
    }
}

/// The condition, with its parameters `?1` and `?2`.
pub(super) const OF_CLIENT: &str = "(?1 IS NULL OR json_extract(prompt, '$.submitter') = ?1 OR json_extract(prompt, '$.client_id') = ?2)";

/// A prompt that is not in the history yet.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPrompt {
    pub task: TaskId,
    pub prompt: ClientPrompt,
}
