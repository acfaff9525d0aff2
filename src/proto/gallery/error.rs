//! What is wrong with a search, for the person who typed it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// The first term of a search that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct SearchError {
    /// The term as it was written.
    pub text: String,
    /// Where it is in the search, in bytes of UTF-8.
    pub at: Range<usize>,
    /// What is wrong, and what to write instead.
    pub message: String,
}
