//! Replays recorded traffic against the demo engine and compares the responses.

pub mod canon;
pub mod client;
pub mod engine;
pub mod replay;
