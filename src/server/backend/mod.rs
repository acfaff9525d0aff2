//! One ComfyUI: [`driver`] keeps its socket open, [`frames`] reads it, [`reconcile`] compares our tasks with its queue and history over HTTP, and
//! [`send`] sends tasks to it.

mod broadcasts;
mod catalogs;
mod driver;
mod foreign;
mod frames;
mod handle;
mod recalls;
mod reconcile;
mod send;
mod send_permit;
mod sent_pictures;
mod stuck;
mod twins;

pub use self::{
    catalogs::Catalogs,
    handle::{Backend, BackendError, BackendServices},
    send::SendResult,
};
pub use comfyui::{ComfyError, Upload};
