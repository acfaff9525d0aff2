//! Short messages on the screen.

use proto::ids::TaskId;

/// A message that disappears by itself or is dismissed.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    pub id: u64,
    pub kind: ToastKind,
    pub title: String,
    pub text: String,
    /// The task it is about, to link to.
    pub task: Option<TaskId>,
    /// How many tasks it announces as done. 0: it is about something else.
    pub ends: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    Good,
    Waiting,
    Bad,
}
