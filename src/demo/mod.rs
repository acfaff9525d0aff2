//! The demo engine: a stand-in that speaks ComfyUI 0.8.0's HTTP and WebSocket API on a real port.
//!
//! It is the backend for people without a ComfyUI and the opponent in tests. "Fact n" in the comments means fact n
//! of the recorded traffic's notes; `tests/recordings` holds the traffic itself.
//!
//! Reading order: [`server`] (routes), [`prompts`] (a submission), [`queue`], [`worker`], [`run`] (one prompt, node by
//! node), [`sockets`] (who hears of it). Two places see everything that happens, so that faults can be put there:
//! every frame passes `Sockets::send`, every wait passes `Pace::wait`.

mod cache;
mod catalog;
mod engine;
mod files;
mod frame;
mod graph;
mod jobs;
mod nodes;
mod pace;
mod paint;
mod picture;
mod png_text;
mod progress;
mod prompts;
mod python;
mod queue;
mod routes;
mod run;
mod server;
mod sockets;
mod uploads;
mod validate;
mod view;
mod worker;
mod ws;

use std::path::PathBuf;

pub use server::serve;

/// How a demo engine behaves. Several may live in one process.
#[derive(Debug, Clone)]
pub struct Options {
    /// Holds the `output`, `input` and `temp` folders, like ComfyUI's; they are made when missing.
    pub dir: PathBuf,
    /// 1.0 = about 12 s for 20 steps at 512×512, 10.0 = ten times faster; infinite = no waiting.
    pub speed: f64,
    /// The file names CheckpointLoaderSimple offers.
    pub checkpoints: Vec<String>,
    /// Offers the `Stub…` and `Test…` classes of ComfyUI's own tests too.
    pub test_nodes: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("demo"),
            speed: 1.0,
            checkpoints: vec!["demo-safelight.safetensors".to_owned(), "demo-cyanotype.safetensors".to_owned()],
            test_nodes: false,
        }
    }
}
