//! The server: disks, sockets, HTTP and time around the pure core.

mod access;
mod backend;
mod clock;
mod command_error;
mod commands;
mod compacted_log;
pub mod config;
mod connections;
mod edits;
mod external;
mod feed;
mod gallery;
mod grids;
mod hub;
mod media;
mod message_log;
mod meters;
mod metrics;
mod model_files;
mod pictures;
mod pool;
mod production;
mod prompts;
mod reader;
mod report;
mod routes;
mod serve;
mod service;
mod state;
/// Public for `benches/gallery.rs`.
pub mod store;
mod story;
mod submissions;
mod sync;
mod task_archive;
mod task_workflow;
mod token_bucket;
mod tracker;
mod webhooks;
mod wildcards;
mod workflow_forms;
mod workflow_library;
mod zip_stream;

pub use routes::routes;
pub use serve::{ServeError, run};
use state::AppState;
