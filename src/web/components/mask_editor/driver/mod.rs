//! What paints in the browser: the mask, the canvas over the picture, and how both follow pointer and keys.
//!
//! Work is done in animation frames, for a few milliseconds in each: what a stroke left to do, and tiles that changed, wait for the next.

mod draft;
mod elements;
mod file;
mod frame;
mod gestures;
mod keyboard;
mod overlay;
mod placing;
mod saved;
mod start;
mod state;
mod touch;

pub(crate) use file::mask_file;
pub(super) use gestures::{pointer, wheel};
pub(super) use keyboard::key;
pub(super) use saved::{delete_saved_mask, save_mask, saved_masks, use_mask_file, use_saved_mask};
pub(crate) use saved::{keep_mask, mask_in, painted_mask, set_mask};
pub(super) use start::start;
