//! The connection machine: when to connect, ping, give up, poll and come back. Sans-I/O: the same machine drives the server's link to
//! ComfyUI and the browser's link to Darkroom.
//!
//! A driver feeds it [`Input`]s with the time and a jitter, carries out every [`Output`] from [`Link::poll_output`], and comes back when
//! the newest [`Output::Wake`] is due. [`Breaker`] is the same idea for plain HTTP requests.

mod breaker;
mod config;
mod machine;
mod quality;
mod refusal;
mod stall;
mod timers;
mod types;

#[cfg(test)]
mod tests;

pub use breaker::{Breaker, BreakerConfig, BreakerState, CallOutcome, Permit, Refused};
pub use config::LinkConfig;
pub use machine::Link;
pub use quality::Quality;
pub use timers::Timer;
pub use types::{Counters, Generation, HttpAnswer, Input, LinkState, Loss, Now, Output};
