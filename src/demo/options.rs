//! How a demo engine behaves.

use std::path::PathBuf;

/// Settings of a demo engine. One process may run several.
#[derive(Debug, Clone)]
pub struct Options {
    /// Holds the `output`, `input` and `temp` folders, like ComfyUI's; missing ones are created.
    pub dir: PathBuf,
    /// 1.0 = about 12 s for 20 steps at 512×512, 10.0 = ten times faster; infinite = no waiting.
    pub speed: f64,
    /// The file names CheckpointLoaderSimple offers.
    pub checkpoints: Vec<String>,
    /// The same of UpscaleModelLoader and LoraLoader.
    pub upscale_models: Vec<String>,
    pub loras: Vec<String>,
    /// Node classes that it does not have.
    pub without_classes: Vec<String>,
    /// Also offers the `Stub…` and `Test…` classes of ComfyUI's own tests.
    pub test_nodes: bool,
    /// Accepts faults at `/_demo` from every client: for tests only.
    pub faults: bool,
    /// Appends the start and end of every execution to this file, one JSON object per line
    /// (see [`Execution`](super::faults::Execution)).
    pub executions: Option<PathBuf>,
    /// Cancels a prompt atomically, and reports version 0.26.0, the first ComfyUI that does.
    pub atomic_cancel: bool,
    /// Sends previews also of prompts that do not ask for them, as a ComfyUI that was started with `--preview-method`.
    pub previews: bool,
    /// Lists files in folders as `folder\file`, as a ComfyUI on Windows does, and accepts no other spelling.
    pub windows_paths: bool,
    /// The engine has the process for itself: a fault may end it.
    pub own_process: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("demo"),
            speed: 1.0,
            checkpoints: vec!["demo-safelight.safetensors".to_owned(), "demo-cyanotype.safetensors".to_owned()],
            upscale_models: vec!["demo-2x.safetensors".to_owned(), "demo-4x.safetensors".to_owned()],
            loras: vec!["demo-grain.safetensors".to_owned()],
            without_classes: Vec::new(),
            test_nodes: false,
            faults: false,
            executions: None,
            atomic_cancel: false,
            previews: true,
            windows_paths: false,
            own_process: false,
        }
    }
}
