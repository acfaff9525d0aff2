//! The middle of the page: the picture while it is made, the results, and what is shown when there is none.

mod actions;
mod blank;
mod empty;
mod error_card;
mod made_from;
mod output;
mod panel;
mod picture;
mod results;
mod started_from;
mod storage;
mod upscale_slot;
mod zoom;
mod zoom_view;

pub(crate) use actions::ResultActions;
pub use empty::EmptyStage;
pub(crate) use made_from::{MadeFrom, copy_with_toast};
pub use panel::Stage;
pub use started_from::StartedFrom;
pub(crate) use upscale_slot::UpscaleOpen;
pub use upscale_slot::{UpscaleSlot, UpscaleSource};
pub(crate) use zoom::{ZOOM_IN, ZOOM_OUT, ZOOM_RESET, ZoomWindow};
pub(crate) use zoom_view::ZoomView;
