//! One ComfyUI: its HTTP client, its link, and what is known of it.

mod driver;
mod foreign;
mod frames;
mod recalls;
mod reconcile;
mod send;
mod send_permit;
mod state;

pub(crate) use comfyui::{ComfyError, Upload};
pub(crate) use send::Sent;
pub(crate) use state::Backend;
pub use state::BackendError;
