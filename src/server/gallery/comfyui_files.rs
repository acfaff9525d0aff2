//! Which files a ComfyUI made before, and what its history says of them.

use std::collections::HashSet;

use proto::{
    comfy::HistoryEntry,
    gallery::may_be_imported,
    ids::{NodeId, PromptId, TaskId},
    limits,
    task::{OutputContent, outputs_of},
    time::Timestamp,
};

use crate::{
    backend::ComfyError,
    store::{Store, StoreError},
};
use comfyui::ComfyClient;

/// A file of a ComfyUI's output folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PastFile {
    pub filename: String,
    pub subfolder: String,
    /// The run that made it, and its node, while the history knows it.
    pub run: Option<(PromptId, NodeId)>,
    /// When that run ended.
    pub made_at: Option<Timestamp>,
}

impl PastFile {
    pub fn content(&self) -> OutputContent {
        OutputContent::File { filename: self.filename.clone(), subfolder: self.subfolder.clone(), folder: OUTPUT.to_owned() }
    }
}

const OUTPUT: &str = "output";

#[derive(Debug, thiserror::Error)]
pub(super) enum ListError {
    #[error(transparent)]
    Comfyui(#[from] ComfyError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All files that this ComfyUI names, each once: those of its history, the oldest first, then those of its output folder. Without those of tasks that
/// this Darkroom has: it keeps their outputs itself.
pub(super) async fn past_files(client: &ComfyClient, store: &Store) -> Result<Vec<PastFile>, ListError> {
    let mut seen = HashSet::new();
    let mut files = Vec::new();
    let mut offset = 0;
    loop {
        let (runs, count) = client.history_portion(offset).await?;
        for (prompt, entry) in runs {
            let is_own = match prompt.as_str().parse::<TaskId>() {
                Ok(task) => store.read(task).await?.is_some(),
                Err(_) => false,
            };
            for file in files_of(&prompt, &entry) {
                if seen.insert((file.subfolder.clone(), file.filename.clone())) && !is_own {
                    files.push(file);
                }
            }
        }
        offset += count;
        if count < limits::HISTORY_PORTION || files.len() >= limits::IMPORTED_FILES {
            break;
        }
    }
    for filename in client.output_files().await? {
        let is_new = may_be_imported(&filename) && seen.insert((String::new(), filename.clone()));
        if is_new && files.len() < limits::IMPORTED_FILES {
            files.push(PastFile { filename, subfolder: String::new(), run: None, made_at: None });
        }
    }
    Ok(files)
}

/// The files that one run put into the output folder.
fn files_of(prompt: &PromptId, entry: &HistoryEntry) -> Vec<PastFile> {
    let made_at = entry.last_message_at();
    let mut files = Vec::new();
    for (node, report) in entry.outputs(|_| true) {
        for output in outputs_of(report) {
            if let OutputContent::File { filename, subfolder, folder } = output.content
                && folder == OUTPUT
                && may_be_imported(&filename)
            {
                files.push(PastFile { filename, subfolder, run: Some((prompt.clone(), node.clone())), made_at });
            }
        }
    }
    files
}
