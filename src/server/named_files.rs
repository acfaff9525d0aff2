//! Files that a workflow names by their folder, `name.png [output]`: which are at one ComfyUI, and are needed at another.

use std::sync::{Arc, OnceLock, Weak};

use bytes::Bytes;
use futures::future::BoxFuture;

use crate::client_files::FilePlace;

/// Finds files by the places that clients know.
pub trait FileFinder: Send + Sync {
    /// The bytes of a file, from Darkroom or from a ComfyUI. `None`: it is nowhere.
    fn find<'a>(&'a self, place: &'a FilePlace) -> BoxFuture<'a, Option<Bytes>>;
    /// Darkroom gave the file its place: no ComfyUI has it there unless it was brought.
    fn is_named_by_darkroom(&self, place: &FilePlace) -> bool;
}

/// The finder, once there is one, and as long as it is there.
#[derive(Default)]
pub struct NamedFiles(OnceLock<Weak<dyn FileFinder>>);

impl NamedFiles {
    /// Sets the finder; only the first time.
    pub fn set(&self, finder: &Arc<dyn FileFinder>) {
        let _ = self.0.set(Arc::downgrade(finder));
    }

    pub(crate) fn finder(&self) -> Option<Arc<dyn FileFinder>> {
        self.0.get()?.upgrade()
    }
}
