//! `darkroom::client` over real sockets: a workflow run to its end, straight at a ComfyUI and through a Darkroom, whatever goes wrong on
//! the way.

#![cfg(feature = "ssr")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "client/command.rs"]
mod command;
#[path = "client/direct.rs"]
mod direct;
#[path = "client/link.rs"]
mod link;
mod support;
#[path = "client/through.rs"]
mod through;
#[path = "client/watched.rs"]
mod watched;
