//! Directly on a ComfyUI: one prompt, from the upload of its files to its end.
//!
//! Uses the server's core for a single task: the connection machine, `interpret` and the reducer. The task's id is the `prompt_id`, so that
//! the prompt can be found even if the response is lost.

mod drive;
mod poll;
mod results;
mod send;
mod state;
mod stop;

pub(super) use drive::run;
pub(super) use state::STOP_WITHIN;
