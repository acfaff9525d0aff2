//! The rows about kept outputs.

use proto::{
    ids::{BackendId, TaskId},
    task::{CopyDelay, NotKeptReason, OutputContent},
    time::Timestamp,
};

/// An output of one attempt of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CopyKey {
    pub task: TaskId,
    pub attempt: u32,
    pub output: u32,
}

/// An output that is to be copied now.
#[derive(Clone, Debug)]
pub struct DueCopy {
    pub key: CopyKey,
    pub backend: BackendId,
    pub content: OutputContent,
    /// Failed tries before this one.
    pub tries: u32,
}

/// A file of the media store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaFile {
    /// SHA-256 of its bytes, in hexadecimal.
    pub hash: String,
    pub bytes: u64,
    /// By its first bytes, if a browser may show it.
    pub mime: Option<String>,
}

/// What came of a try to copy an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyResult {
    Kept(MediaFile),
    Delayed { delay: CopyDelay, due_at: Timestamp },
    Failed(NotKeptReason),
}

/// An output that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptOutput {
    pub output: u32,
    pub file: MediaFile,
}

/// All of the media store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaTotals {
    pub files: u64,
    /// With their thumbnails.
    pub bytes: u64,
}
