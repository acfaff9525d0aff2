//! What a ComfyUI knows of the files of models: where each is, its preview, and the metadata in it.
//!
//! From ComfyUI's source: `app/model_manager.py` and `view_metadata` in `server.py`, version 0.8.0. Older versions have no previews.

use std::time::Duration;

use proto::{comfy::parse_lenient, limits};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::{
    error::ComfyError,
    http::{ComfyClient, ok},
};

/// The file of a model, as `/experiment/models/{folder}` lists it.
#[derive(Clone, Debug, Deserialize)]
pub struct ModelFile {
    /// With its folders, separated as ComfyUI's system does it.
    pub name: String,
    /// Which of the folders of this kind it is in.
    #[serde(rename = "pathIndex", default)]
    pub path_index: u32,
}

const TIMEOUT: Duration = Duration::from_secs(30);

impl ComfyClient {
    /// The files of a kind of models, such as `loras`. Empty where the version has no such list.
    pub async fn model_files(&self, kind: &str) -> Result<Vec<ModelFile>, ComfyError> {
        let found = self.part(&["experiment", "models", kind], None, limits::MODEL_LIST).await?;
        Ok(found.map(|bytes| parse_lenient(&String::from_utf8_lossy(&bytes))).transpose()?.unwrap_or_default())
    }

    /// The picture beside a model, or the one in it. `None`: it has none.
    pub async fn model_preview(&self, kind: &str, file: &ModelFile) -> Result<Option<Vec<u8>>, ComfyError> {
        let folder = file.path_index.to_string();
        let mut path = vec!["experiment", "models", "preview", kind, &folder];
        path.extend(file.name.split('/'));
        self.part(&path, None, limits::MODEL_PREVIEW).await
    }

    /// The metadata in a `.safetensors` file. `None`: it has none, or is another kind of file.
    pub async fn model_metadata(&self, kind: &str, name: &str) -> Result<Option<Value>, ComfyError> {
        let found = self.part(&["view_metadata", kind], Some(name), limits::MODEL_METADATA).await?;
        Ok(found.map(|bytes| parse_lenient(&String::from_utf8_lossy(&bytes))).transpose()?)
    }

    /// What a path answers, at most `limit` bytes. `None`: 404.
    async fn part(&self, path: &[&str], filename: Option<&str>, limit: usize) -> Result<Option<Vec<u8>>, ComfyError> {
        let mut url = self.base.join("x")?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop().extend(path);
        }
        if let Some(filename) = filename {
            url.query_pairs_mut().append_pair("filename", filename);
        }
        match ok(self.send(self.http.get(url).timeout(TIMEOUT)).await?).await {
            Ok(response) => at_most(response, limit).await.map(Some),
            Err(ComfyError::Status { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

async fn at_most(mut response: Response, limit: usize) -> Result<Vec<u8>, ComfyError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > limit {
            return Err(ComfyError::Status { status: StatusCode::PAYLOAD_TOO_LARGE, text: format!("more than {limit} bytes") });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
