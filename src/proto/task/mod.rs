//! A task and how it develops: the state that people see, the numbered changes to it, and the two pure steps between them.
//!
//! [`interpret`](interpret::interpret) turns what ComfyUI says into changes (server only); [`Snapshot::apply`] carries a change out, on
//! the server and in the browser alike. For every k: the snapshot at k plus the changes after it is the snapshot at the end.

mod apply;
mod change;
mod durations;
mod estimate;
mod forecast;
mod interpret;
mod model;
mod plan;
mod problem;
mod queue_state;
mod retry;
mod schedule;
mod snapshot;
mod storage;
mod words;

pub use change::{Change, MergeKey, Numbered};
pub use durations::{Durations, Expected};
pub use estimate::{Estimate, estimate};
pub use forecast::Forecast;
pub use interpret::{conclude, interpret, outputs_of, settle};
pub use model::{Attempt, Node, NodeState, Output, OutputContent, OutputKind, QueueKey, Task, TaskError, TaskState, Verdict};
pub use plan::{Plan, Shape, Work};
pub use problem::{Problem, problems};
pub use queue_state::QueueState;
pub use retry::{RetryPolicy, removed, retry};
pub use schedule::{Slot, Waiting, starts_in};
pub use snapshot::{Backend, BackendState, Foreign, HttpState, Snapshot};
pub use storage::{CopyDelay, NotKeptReason, OutputStorage};
pub use words::{step_words, task_words, time_left_words};
