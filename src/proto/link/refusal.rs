//! The part of a link's state about a peer that refuses it.

#[derive(Debug, Default)]
pub(super) struct RefusalState {
    /// Why no socket is opened. `None` after one opened.
    pub(super) why: Option<String>,
    /// The link waits for an [`HttpAnswer`](super::HttpAnswer).
    pub(super) is_asking: bool,
    /// HTTP answers in a row that refused.
    pub(super) in_a_row: u32,
}
