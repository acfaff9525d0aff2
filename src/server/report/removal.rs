//! What became of the files of a task that was removed.

use serde::Serialize;
use utoipa::ToSchema;

use proto::{
    ids::TaskId,
    task::{NotKeptReason, OutputContent, OutputStorage, Task},
};

/// A task was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Removal)]
pub struct RemovalReport {
    #[schema(value_type = String, format = Uuid)]
    pub task_id: TaskId,
    /// Kept files that are removed with it.
    #[schema(example = 1)]
    pub files_removed: usize,
    /// Kept files that stay, because other tasks have outputs with the same bytes.
    #[schema(example = 0)]
    pub files_shared: usize,
    /// Files that stay in ComfyUI's folders: it has no request to remove them.
    pub at_comfyui: Vec<ComfyuiFile>,
}

/// A file in a folder of a ComfyUI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComfyuiFile {
    pub backend: String,
    #[schema(example = "darkroom_00001_.png")]
    pub filename: String,
    /// Empty: the folder itself.
    pub subfolder: String,
    /// `output`; or `temp`, which ComfyUI empties when it starts.
    #[serde(rename = "type")]
    #[schema(example = "output")]
    pub folder: String,
}

impl RemovalReport {
    #[must_use]
    pub fn of(task: &Task, files_removed: usize, files_shared: usize) -> Self {
        let backend = task.backend.as_ref().map(|backend| backend.0.clone()).unwrap_or_default();
        let gone = OutputStorage::NotKept { reason: NotKeptReason::Gone };
        let outputs = task.outputs.iter().filter(|output| output.storage != gone && !output.content.came_over_socket());
        let files = outputs.filter_map(|output| match &output.content {
            OutputContent::File { filename, subfolder, folder } => Some(ComfyuiFile {
                backend: backend.clone(),
                filename: filename.clone(),
                subfolder: subfolder.clone(),
                folder: folder.clone(),
            }),
            OutputContent::Text { .. } => None,
        });
        Self { task_id: task.id, files_removed, files_shared, at_comfyui: files.collect() }
    }
}
