//! Tasks: their state, the numbered changes to it, and the two pure functions between them.
//!
//! [`interpret`](interpret::interpret) translates ComfyUI's events into changes (server only); [`Snapshot::apply`] applies a change, both on
//! the server and in the browser. For every k, the snapshot at k with the changes after k gives the final snapshot.

mod apply;
mod change;
mod durations;
mod error;
mod estimate;
mod forecast;
mod interpret;
mod model;
mod node;
mod outputs;
mod plan;
mod problem;
mod queue_state;
mod retry;
mod schedule;
mod snapshot;
mod socket_results;
mod storage;
mod waiting;
mod words;

pub use change::{Change, MergeKey, Numbered};
pub use durations::{Durations, Expected};
pub use error::TaskError;
pub use estimate::{Estimate, estimate};
pub use forecast::Forecast;
pub use interpret::{end_by_history, end_by_socket, interpret};
pub use model::{Attempt, NO_BACKEND, NOT_STARTED, Output, OutputContent, OutputKind, QueueKey, Task, TaskState, Verdict};
pub use node::{Node, NodeState};
pub use outputs::{ReportedOutput, outputs_of};
pub(crate) use plan::{FNV, fnv};
pub use plan::{Plan, Shape, Work};
pub use problem::{Problem, problems};
pub use queue_state::QueueState;
pub use retry::{RetryPolicy, removed, retry};
pub use schedule::{Slot, Waiting, starts_in};
pub use snapshot::{Backend, BackendState, Foreign, HttpState, Snapshot};
pub use socket_results::{
    LateResults, RunSeen, SocketResult, SocketResults, SortedPictures, has_room_for_result, needs_socket, result_output, sends_results,
    unseen_results,
};
pub use storage::{CopyDelay, NotKeptReason, OutputStorage};
pub use waiting::{QueueHold, waiting_reason};
pub use words::{step_words, task_words, time_left_words};
