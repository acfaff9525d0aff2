//! The demo engine: a substitute that serves ComfyUI 0.8.0's HTTP and WebSocket API on a real port.
//!
//! It is the backend for users without a ComfyUI and the server in tests. "Fact N" in the comments refers to
//! `docs/comfyui-protocol.md`; `tests/recordings` holds the traffic that proves the facts.
//!
//! Reading order: [`server`] (routes), [`prompts`] (a submission), [`queue`], [`worker`], [`execute`] (one prompt, node by
//! node), [`sockets`] (the recipients of events). It can inject every fault that clients must survive: [`faults`].

mod app;
mod cache;
mod catalog;
mod engine;
mod execute;
pub mod faults;
mod files;
mod frame;
mod graph;
mod heap;
mod jobs;
mod model_files;
mod nodes;
mod options;
mod pace;
mod progress;
mod prompt;
mod prompts;
mod python;
mod queue;
mod random;
mod routes;
mod run;
mod server;
mod sockets;
mod uploads;
mod validate;
mod view;
mod worker;
mod ws;

pub use options::Options;
pub use pace::Held;
pub use server::serve;
