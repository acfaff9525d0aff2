//! The merged node classes, for a while: each ComfyUI's are megabytes.

use std::sync::Arc;

use proto::limits;
use serde_json::{Map, Value};
use tokio::{sync::Mutex, time::Instant};

/// Locked while they are merged.
pub(super) type MergedClasses = Mutex<Option<NewestClasses>>;

/// The classes that were merged last.
pub(super) struct NewestClasses {
    at: Instant,
    /// The uploaded files that are among their choices.
    uploads: Vec<String>,
    classes: Arc<Map<String, Value>>,
}

impl NewestClasses {
    pub(super) fn new(uploads: Vec<String>, classes: Arc<Map<String, Value>>) -> Self {
        Self { at: Instant::now(), uploads, classes }
    }

    /// The classes, unless they are too old, or files were uploaded since.
    pub(super) fn current(&self, uploads: &[String]) -> Option<Arc<Map<String, Value>>> {
        (self.at.elapsed() < limits::GATEWAY_CATALOG_AGE && self.uploads == uploads).then(|| self.classes.clone())
    }
}
