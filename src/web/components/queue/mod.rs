//! The queue: what runs, what waits and in which order, what is paused, and which prompts of other clients share the ComfyUIs.
//!
//! Used only by the page of the queue.

mod act;
mod clear;
mod drag;
mod focus;
mod foreign;
mod head;
mod list;
mod order;
mod panel;
mod row;

pub use panel::QueuePanel;
