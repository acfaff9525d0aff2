//! The fault table: everything that can go wrong between Darkroom and ComfyUI, over real sockets, and what must become of the tasks.

#![cfg(feature = "ssr")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "faults/ends.rs"]
mod ends;
#[path = "faults/http.rs"]
mod http;
#[path = "faults/link.rs"]
mod link;
#[path = "faults/stage.rs"]
mod stage;
mod support;
