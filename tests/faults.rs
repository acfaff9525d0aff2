//! The fault table: everything that can go wrong between Darkroom and ComfyUI, over real sockets, and what must become of the tasks.

#![cfg(feature = "ssr")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "faults/cancel.rs"]
mod cancel;
#[path = "faults/ends.rs"]
mod ends;
#[path = "faults/http.rs"]
mod http;
#[path = "faults/link.rs"]
mod link;
#[path = "faults/once.rs"]
mod once;
#[path = "faults/pool.rs"]
mod pool;
#[path = "faults/queue.rs"]
mod queue;
#[path = "faults/stage.rs"]
mod stage;
#[path = "faults/strangers.rs"]
mod strangers;
mod support;
