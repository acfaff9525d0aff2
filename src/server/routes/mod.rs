//! The HTTP server: every route, and the checks in front of them.

mod api;
mod attachment;
mod base_path;
mod client;
mod comfy_v2;
mod cors;
mod event_log;
mod guard;
mod headers;
mod inventory;
mod media;
mod metrics;
mod model_previews;
mod refusal;
mod retry_after;
mod router_state;
mod shaped_error;
mod shared_dailies;
mod sign_in;
mod table;
mod ws;

pub(crate) use api::ProblemKind;
pub(super) use base_path::below as below_base_path;
pub(super) use cors::layer as cors_layer;
pub(super) use inventory::of as routes_of;
pub(super) use media::{OutputRequest, fetch as fetch_output};
pub(super) use refusal::{error_bodies, mark_shaped, refusal};
pub(super) use table::router;
pub use table::routes;
