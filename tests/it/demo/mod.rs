//! Replays recorded traffic against the demo engine and compares what it answers.

pub mod canon;
pub mod client;
pub mod engine;
pub mod replay;
