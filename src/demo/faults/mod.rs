//! The demo engine takes orders: faults for tests, at `/_demo`, only when [`Options::faults`](super::Options) is set.
//!
//! [`order`] is what can be ordered, [`orders`] those that wait for their occasion. They are asked by [`frames`] (every
//! frame), [`http`] (every request), [`worker`] (every place of a run); [`wire`] and [`port`] are below all of it. [`executions`] is the
//! record of what really ran.

mod executions;
mod frames;
mod hold;
mod http;
mod inject;
mod order;
mod orders;
mod port;
mod routes;
mod wire;
pub(super) mod worker;

pub(super) use executions::Executions;
pub use executions::{Ending, Execution};
pub(super) use frames::{Fate, Strike};
pub(super) use hold::{after_step, hold};
pub(super) use http::{answer, with_status};
pub use order::{Answer, At, Fault, Garbage, Order};
pub(super) use orders::Orders;
pub(super) use port::{Port, Wires};
pub use routes::Status;
pub(super) use routes::routes;
pub(super) use wire::Wire;
