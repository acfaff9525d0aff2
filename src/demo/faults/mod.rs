//! Fault injection for tests at `/_demo`, only when [`Options::faults`](super::Options) is set.
//!
//! [`order`] defines the faults, [`orders`] stores those that wait for their trigger. [`frames`] (every frame), [`http`] (every
//! request) and [`worker`] (every place of a run) look them up; [`wire`] and [`port`] are below HTTP. [`executions`] is the record of
//! what ran.

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
pub(super) use hold::{after_step, has_plain_previews, hold};
pub(super) use http::{answer, with_status};
pub use order::{Answer, At, Fault, Garbage, Order, SocketManner};
pub(super) use orders::Orders;
pub(super) use port::{Port, Wires};
pub use routes::Status;
pub(super) use routes::routes;
pub(super) use wire::Wire;
