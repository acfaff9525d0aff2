//! Drives the link's state machine with a gloo-net socket, HTTP polls and browser timers.

mod connection;
mod machine;
mod poll;
mod preferences;
mod projects;
mod receive;
mod sleep;
mod start;
mod state;
mod visibility;

pub(super) use state::PageDriver;
