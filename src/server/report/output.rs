//! An output of a task, and whether Darkroom has a copy, as the API shows it.

use proto::{
    edit::OutsideCheck,
    ids::TaskId,
    task::{CopyDelay, NotKeptReason, Output, OutputContent, OutputKind, OutputStorage},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::urls::Urls;

/// An output of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Output)]
pub struct OutputReport {
    /// Where it can be downloaded.
    #[schema(example = "/api/tasks/0195e0a4-0000-7000-8000-000000000001/outputs/0")]
    pub url: String,
    /// Its name at ComfyUI. `null` for a text.
    #[schema(example = "darkroom_00001_.png")]
    pub filename: Option<String>,
    #[serde(rename = "type")]
    pub kind: OutputKind,
    /// The node it comes from.
    #[schema(example = "9")]
    pub node: String,
    /// ComfyUI deletes its own file when it restarts.
    pub temporary: bool,
    pub storage: StorageReport,
    /// Of a picture of which only a part was painted new: whether everything else is as it was. Missing until the output is kept.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside: Option<OutsideCheck>,
    /// The content of a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl OutputReport {
    pub(super) fn of(task: TaskId, output: &Output, urls: &Urls) -> Self {
        let (filename, text) = match &output.content {
            OutputContent::File { filename, .. } => (Some(filename.clone()), None),
            OutputContent::Text { text } => (None, Some(text.clone())),
        };
        Self {
            url: urls.output(task, output.id),
            filename,
            kind: output.kind,
            node: output.node.0.clone(),
            temporary: output.temporary,
            storage: StorageReport::from(output.storage),
            outside: output.outside,
            text,
        }
    }
}

/// Whether Darkroom has a copy of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OutputStorage)]
pub struct StorageReport {
    pub state: StorageState,
    /// Why copying takes longer.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<CopyDelay>,
    /// Why there is no copy.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<NotKeptReason>,
    /// The delay or the reason in words, for people.
    #[schema(nullable = false, value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'static str>,
}

/// Where the bytes of an output are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StorageState {
    /// Darkroom has a copy: it is there also without its ComfyUI.
    Kept,
    /// It is to be copied.
    Copying,
    /// Only its ComfyUI has it: keeping is turned off.
    Remote,
    /// There is no copy, and there will be none.
    NotKept,
}

impl From<OutputStorage> for StorageReport {
    fn from(storage: OutputStorage) -> Self {
        let (state, delay, reason) = match storage {
            OutputStorage::Kept => (StorageState::Kept, None, None),
            OutputStorage::Remote => (StorageState::Remote, None, None),
            OutputStorage::Copying { delay } => (StorageState::Copying, delay, None),
            OutputStorage::NotKept { reason } => (StorageState::NotKept, None, Some(reason)),
        };
        Self { state, delay, reason, message: delay.map(CopyDelay::words).or(reason.map(NotKeptReason::words)) }
    }
}
