//! Straight to a ComfyUI: one prompt, from the upload of its files to its end.
//!
//! What the server does for many tasks is done here for one, with the same core: the connection machine, `interpret` and the reducer. The
//! task's id is the `prompt_id`, so that it is found again whatever becomes of an answer.

mod drive;
mod look;
mod send;
mod state;
mod stop;

pub(super) use drive::run;
pub(super) use state::STOP_WITHIN;
