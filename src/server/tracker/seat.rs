//! A ComfyUI as the queue sees it.

use std::sync::Arc;

use proto::{comfy::Catalog, ids::BackendId};

/// The socket of a ComfyUI, over which some workflows send their results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatSocket {
    Open,
    /// It may open at any time.
    Closed,
    /// For a lasting reason: waiting for it does not help.
    Refused,
}

#[derive(Clone)]
pub struct PoolSeat {
    pub id: BackendId,
    /// It gets tasks now.
    pub open: bool,
    /// It can be reached and begins prompts. It may still get none for a moment.
    pub takes_tasks: bool,
    /// Prompts wait there, and none is begun although none runs.
    pub stuck: bool,
    /// Why it takes no tasks, where waiting alone may not help.
    pub trouble: Option<String>,
    pub socket: SeatSocket,
    /// How many prompts of other programs it has.
    pub foreign: usize,
    pub catalog: Arc<Catalog>,
}
