//! Limits of the gateway for clients of ComfyUI.

use std::time::Duration;

/// Clients of ComfyUI: prompts in the history that they see, as many as ComfyUI keeps; and how many of them they get who ask for all.
pub const GATEWAY_HISTORY: u32 = 10_000;
pub const GATEWAY_HISTORY_PAGE: usize = 1_000;
/// Bytes of one body of theirs, as in ComfyUI (`--max-upload-size`).
pub const GATEWAY_BODY: usize = 100 * 1024 * 1024;
/// Messages that may wait for one of their sockets; previews are left out long before.
pub const GATEWAY_BACKLOG: usize = 4_096;
pub const GATEWAY_PREVIEWS: usize = 64;
/// Messages of a run that are held for its client until another run is told. Of the progress that comes after so many only the newest is held.
pub const GATEWAY_HELD: usize = 200;
/// Messages of a ComfyUI of which it is not known yet whether they are for everybody.
pub const GATEWAY_BROADCASTS: usize = 64;
/// Messages that are held for clients that come back: prompts in all.
pub const GATEWAY_MISSED: usize = 256;
/// A socket hears the length of the queue this often: clients take one that is silent for 10 s for dead.
pub const GATEWAY_STATUS: Duration = Duration::from_secs(5);
/// How long answers that are merged over the ComfyUIs are used again.
pub const GATEWAY_CATALOG_AGE: Duration = Duration::from_secs(10);
