//! The changes that can be undone.

/// How many are remembered.
pub(super) const UNDONE: usize = 50;

/// A change that was made on this page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LastChange {
    pub action: u64,
    /// What was done, for people.
    pub words: String,
}
