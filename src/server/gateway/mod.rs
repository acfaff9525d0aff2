//! The gateway: any client of ComfyUI works against Darkroom. What it submits becomes a task like any other; what it hears is what one ComfyUI would say.
//!
//! The pure part is `proto::gateway`. In front is `entry.rs` (who may), then the routes of `table.rs`; what none of them answers goes to a ComfyUI.

mod answer;
mod broadcasts;
mod catalog;
mod catalog_cache;
mod ends;
mod entry;
mod found_files;
mod history;
mod home;
mod hub;
mod hub_state;
mod jobs;
mod pictures;
mod queue;
mod shared;
mod socket;
mod sockets;
mod submit;
mod table;
mod uploads;
mod view;
mod viewer;

pub use self::{
    entry::router,
    hub::GatewayHub,
    shared::{Gateway, prepare},
    table::routes,
};
