//! The server: disks, sockets, HTTP and time around the pure core.

mod access;
mod assets;
mod backend;
mod clock;
mod commands;
pub mod config;
mod event_log;
mod feed;
mod hub;
mod meters;
mod metrics;
mod pool;
mod programs;
mod reader;
mod report;
mod routes;
mod serve;
mod service;
mod state;
mod store;
mod sync;
mod token_bucket;
mod tracker;
mod webhooks;

pub use routes::routes;
pub use serve::{ServeError, run};
pub use state::{AppState, CommandError};
pub use webhooks::ReplayError;
