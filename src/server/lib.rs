//! The server: disks, sockets, HTTP and time around the pure core.

mod access;
mod backend;
mod client_files;
mod clock;
mod cluster;
mod comfy_v2;
mod command_error;
mod commands;
mod compacted_log;
pub mod config;
mod connections;
mod edits;
mod external;
mod feed;
mod gallery;
mod gateway;
mod grids;
mod held_body;
/// Public for `benches/fanout.rs`.
pub mod hub;
mod media;
mod message_log;
mod meters;
mod metrics;
mod model_files;
mod named_files;
mod pictures;
mod pool;
mod production;
mod production_views;
mod prompts;
/// Public for `benches/fanout.rs`.
pub mod reader;
mod report;
mod routes;
mod run_listener;
mod serve;
mod serve_error;
mod service;
mod services;
mod state;
/// Public for `benches/gallery.rs`.
pub mod store;
mod story;
mod submissions;
mod sync;
mod task_archive;
mod task_workflow;
mod token_bucket;
mod topic_wakers;
mod tracker;
mod webhooks;
mod wildcards;
mod workflow_forms;
mod workflow_library;
mod zip_stream;

pub use gateway::routes as gateway_routes;
pub use routes::routes;
pub use serve::run;
pub use serve_error::ServeError;
use state::AppState;
