//! How a demo engine behaves.

use std::path::PathBuf;

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
    /// Takes orders at `/_demo`, from everyone who can reach it: for tests only.
    pub faults: bool,
    /// Every execution's beginning and end is appended here, one JSON object a line (see [`Execution`](super::faults::Execution)).
    pub executions: Option<PathBuf>,
    /// Cancels a prompt in one step, and calls itself 0.26.0: that is when ComfyUI learned it.
    pub atomic_cancel: bool,
    /// Nothing else lives in this process: it may be ordered to end.
    pub own_process: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("demo"),
            speed: 1.0,
            checkpoints: vec!["demo-safelight.safetensors".to_owned(), "demo-cyanotype.safetensors".to_owned()],
            test_nodes: false,
            faults: false,
            executions: None,
            atomic_cancel: false,
            own_process: false,
        }
    }
}
