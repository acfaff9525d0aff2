//! Making a result larger: resized, by an upscale model, or by one and then redrawn.

mod choices;
mod model;
mod panel;

pub use panel::UpscalePanel;
