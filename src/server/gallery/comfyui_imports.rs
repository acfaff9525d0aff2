//! Which imports of ComfyUIs' old outputs are under way, and how they go.

use std::collections::{HashMap, HashSet};

use proto::{gallery::ComfyuiImport, ids::BackendId};
use tokio_util::sync::CancellationToken;

use crate::sync::Mutex;

/// The imports since the start.
#[derive(Default)]
pub(super) struct ComfyuiImports {
    by_backend: Mutex<HashMap<BackendId, BackendImport>>,
    /// When the server ends.
    pub stop: CancellationToken,
}

/// The import of one ComfyUI, under way or over.
#[derive(Default)]
pub(super) struct BackendImport {
    pub progress: ComfyuiImport,
    pub stop: CancellationToken,
    /// Files that need not be fetched again: subfolder and name.
    pub seen: HashSet<(String, String)>,
}

impl ComfyuiImports {
    /// Reads or changes what is known of one.
    pub fn change<T>(&self, backend: &BackendId, change: impl FnOnce(&mut BackendImport) -> T) -> T {
        change(self.by_backend.lock().entry(backend.clone()).or_default())
    }
}
