//! The pure core, shared by server and browser: ids, ComfyUI's frames, the task reducer, the connection machine and the live protocol.
//!
//! No I/O, clock or random numbers: time and jitter are arguments, and effects are returned as data.

pub mod comfy;
#[cfg(feature = "files")]
pub mod editor;
pub mod form;
pub mod ids;
pub mod limits;
pub mod link;
pub mod outbox;
pub mod preferences;
pub mod queue;
pub mod recipe;
pub mod submit;
pub mod task;
pub mod text;
pub mod time;
pub mod webhook;
pub mod wire;
#[cfg(feature = "files")]
pub mod workflow_file;
