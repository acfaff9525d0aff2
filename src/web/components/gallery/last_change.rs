//! The change that can be undone.

/// The change that was made last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LastChange {
    pub action: u64,
    /// What was done, for people.
    pub words: String,
}
