//! A ComfyUI as the queue sees it.

use std::sync::Arc;

use proto::{comfy::Catalog, ids::BackendId};

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
    /// Its socket is open, or refused for good: then waiting for it does not help.
    pub has_socket: bool,
    /// How many prompts of other programs it has.
    pub foreign: usize,
    pub catalog: Arc<Catalog>,
}
