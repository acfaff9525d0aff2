//! An output of a job.

use serde::Serialize;
use utoipa::ToSchema;

use super::{asset_id::AssetId, base_url::BaseUrl};
use crate::{clock::rfc3339, store::KeptOutput};
use proto::{
    ids::TaskId,
    limits,
    task::{Output, OutputContent, OutputKind, OutputStorage, Task},
    time::Timestamp,
};

/// `Output` of the specification. Its `hash` is `null`: BLAKE3 is computed only of what is uploaded.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = V2Output)]
pub struct JobOutput {
    pub node_id: String,
    /// Without folders.
    pub name: String,
    /// `image`, `video`, `audio`, `text`, `latent` or `file`.
    #[serde(rename = "type")]
    #[schema(example = "image")]
    pub kind: &'static str,
    pub content_type: String,
    /// 0 for a file that Darkroom could not copy: only its ComfyUI knows.
    pub size_bytes: u64,
    pub id: String,
    #[schema(required = true)]
    pub hash: Option<String>,
    pub url: String,
    pub url_expires_at: String,
    #[schema(value_type = String, format = Uuid)]
    pub job_id: TaskId,
    /// Its number in the task.
    #[serde(skip)]
    pub number: u32,
}

/// Whether an output can be fetched: it is kept, or it is not going to be soon.
pub(super) fn is_committed(output: &Output) -> bool {
    matches!(output.content, OutputContent::Text { .. }) || output.storage != OutputStorage::Copying { delay: None }
}

/// The outputs of a task that can be fetched. `kept`: those that are in the media store.
pub(super) fn outputs(task: &Task, kept: &[KeptOutput], base: &BaseUrl, now: Timestamp) -> Vec<JobOutput> {
    task.outputs.iter().filter(|output| is_committed(output)).map(|output| job_output(task.id, output, kept, base, now)).collect()
}

fn job_output(task: TaskId, output: &Output, kept: &[KeptOutput], base: &BaseUrl, now: Timestamp) -> JobOutput {
    let id = AssetId::Output(task, output.id);
    let file = kept.iter().find(|kept| kept.output == output.id).map(|kept| &kept.file);
    let (name, content_type, size_bytes) = match &output.content {
        OutputContent::Text { text } => (text_name(output), "text/plain".to_owned(), text.len() as u64),
        OutputContent::File { filename, .. } => {
            let name = base_name(filename).to_owned();
            let content_type = file.and_then(|file| file.mime.clone()).unwrap_or_else(|| content_type(&name).to_owned());
            (name, content_type, file.map_or(0, |file| file.bytes))
        }
    };
    JobOutput {
        node_id: output.node.0.clone(),
        kind: kind(output.kind, &name),
        name,
        content_type,
        size_bytes,
        url: base.content(id),
        id: id.to_string(),
        hash: None,
        url_expires_at: rfc3339(now.plus(limits::ASSET_URL_LIFE)),
        job_id: task,
        number: output.id,
    }
}

/// The name of an output that is no file.
fn text_name(output: &Output) -> String {
    format!("{}_{}.txt", output.node, output.id)
}

pub(super) fn base_name(filename: &str) -> &str {
    filename.rsplit(['/', '\\']).next().unwrap_or(filename)
}

fn kind(kind: OutputKind, name: &str) -> &'static str {
    match kind {
        OutputKind::Image => "image",
        OutputKind::Video => "video",
        OutputKind::Audio => "audio",
        OutputKind::Text => "text",
        OutputKind::File if name.ends_with(".latent") => "latent",
        OutputKind::File => "file",
    }
}

/// By the extension: of files that no browser shows.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "flac" => "audio/flac",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "txt" => "text/plain",
        "json" => "application/json",
        "glb" => "model/gltf-binary",
        _ => "application/octet-stream",
    }
}
