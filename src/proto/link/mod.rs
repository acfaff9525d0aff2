//! The connection state machine: decides when to connect, ping, give up, poll and reconnect. Sans-I/O: used for the server's link to
//! ComfyUI and for the browser's link to Darkroom.
//!
//! A driver passes [`Input`]s with the time and a jitter, carries out every [`Output`] from [`Link::poll_output`], and sends
//! [`Input::Wake`] when the latest [`Output::Wake`] is due. [`Breaker`] is the counterpart for HTTP requests.

mod breaker;
mod config;
mod machine;
mod quality;
mod refusal;
mod silence;
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
