//! What a ComfyUI made before: the runs of its history, and the files of its output folder.
//!
//! From ComfyUI's source, versions 0.3.64 and 0.8.0: `get_history` in `execution.py`, and `api_server/routes/internal/internal_routes.py`, which lists
//! the files at the top of the folder only and says that it is for ComfyUI's own page: a version without it is no error.

use std::time::Duration;

use indexmap::IndexMap;
use proto::{
    comfy::{HistoryEntry, Workflow, parse_lenient},
    ids::PromptId,
    limits,
};
use reqwest::StatusCode;
use serde_json::Value;

use super::{
    error::ComfyError,
    http::{ComfyClient, ok},
};

/// A part of the history can be many megabytes.
const TIMEOUT: Duration = Duration::from_secs(120);

impl ComfyClient {
    /// A part of the history, the oldest first: at most [`limits::HISTORY_PORTION`] runs after `offset` of them. An entry that cannot be read is left out,
    /// but counted.
    pub async fn history_portion(&self, offset: usize) -> Result<(Vec<(PromptId, HistoryEntry)>, usize), ComfyError> {
        let mut url = self.base.join("history")?;
        url.query_pairs_mut().append_pair("max_items", &limits::HISTORY_PORTION.to_string()).append_pair("offset", &offset.to_string());
        let response = ok(self.send(self.http.get(url).timeout(TIMEOUT)).await?).await?;
        let entries: IndexMap<String, Value> = parse_lenient(&response.text().await?)?;
        let count = entries.len();
        let read = entries.into_iter().filter_map(|(id, entry)| Some((PromptId(id), serde_json::from_value(entry).ok()?)));
        Ok((read.collect(), count))
    }

    /// The workflow of a run of the history. `None`: it is not there any more.
    pub async fn history_workflow(&self, id: &PromptId) -> Result<Option<Workflow>, ComfyError> {
        let url = self.base.join(&format!("history/{}", id.as_str()))?;
        let response = ok(self.send(self.http.get(url).timeout(TIMEOUT)).await?).await?;
        let mut entries: Value = parse_lenient(&response.text().await?)?;
        let workflow = entries.get_mut(id.as_str()).and_then(|entry| entry.get_mut("prompt")?.get_mut(2)).map(Value::take);
        Ok(workflow.and_then(|workflow| serde_json::from_value(workflow).ok()))
    }

    /// The names of the files at the top of the output folder, the newest first. Empty where the version has no such list.
    pub async fn output_files(&self) -> Result<Vec<String>, ComfyError> {
        let request = self.http.get(self.base.join("internal/files/output")?).timeout(TIMEOUT);
        match ok(self.send(request).await?).await {
            Ok(response) => {
                let names: Vec<String> = serde_json::from_str(&response.text().await?).unwrap_or_default();
                Ok(names.into_iter().map(|name| name.strip_suffix(" [output]").map_or(name.clone(), str::to_owned)).collect())
            }
            Err(ComfyError::Status { status: StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::FORBIDDEN, .. }) => {
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }
}
