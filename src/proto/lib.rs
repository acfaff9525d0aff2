//! The pure core, shared by server and browser: ids, ComfyUI's frames, the task reducer, the connection machine and the live protocol.
//!
//! No I/O, clock or random numbers: time and jitter are arguments, and effects are returned as data.

pub mod comfy;
#[cfg(feature = "comfy-v2")]
pub mod comfy_v2;
pub mod edit;
#[cfg(feature = "files")]
pub mod editor;
pub mod external;
pub mod file_parts;
pub mod form;
pub mod gallery;
#[cfg(feature = "gateway")]
pub mod gateway;
pub mod graph;
pub mod grid;
pub mod ids;
pub mod limits;
pub mod link;
pub mod mask;
pub mod outbox;
mod percent;
#[cfg(feature = "files")]
pub mod picture_settings;
pub mod preferences;
pub mod production;
pub mod prompts;
pub mod queue;
pub mod recipe;
pub mod run_warnings;
pub mod submit;
pub mod task;
pub mod text;
pub mod time;
pub mod webhook;
pub mod wire;
#[cfg(feature = "files")]
pub mod without_metadata;
#[cfg(feature = "files")]
pub mod workflow_file;
