//! Why a wildcard cannot be read or changed.

use proto::{
    limits,
    prompts::{PromptError, WildcardNameError},
};

#[derive(Debug, thiserror::Error)]
pub enum WildcardError {
    #[error(transparent)]
    Name(#[from] WildcardNameError),
    #[error("There is no wildcard \"{0}\".")]
    Unknown(String),
    #[error("The wildcard \"{0}\" was changed meanwhile. Nothing was changed: read it again, and repeat the change.")]
    Conflict(String),
    #[error("A wildcard has at most {} MB.", limits::WILDCARD >> 20)]
    TooLarge,
    #[error("There are {} wildcards already, which is the most. Remove some first.", limits::WILDCARDS)]
    Full,
    #[error("The wildcards of this prompt have more than {} MB in all.", limits::WILDCARDS_READ >> 20)]
    TooMuch,
    /// Of its text.
    #[error(transparent)]
    Value(#[from] PromptError),
    #[error("The folder of wildcards cannot be used: {0}.")]
    Io(#[from] std::io::Error),
    #[error("Darkroom is stopping. Try again in a moment.")]
    Stopping,
}
