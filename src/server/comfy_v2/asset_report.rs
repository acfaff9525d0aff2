//! An asset, as programs see it.

use serde::Serialize;
use utoipa::ToSchema;

use super::{asset_id::AssetId, base_url::BaseUrl, job_output::JobOutput};
use crate::{clock::rfc3339, store::StoredAsset};
use proto::{ids::TaskId, limits, time::Timestamp};

/// `Asset` of the specification.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = V2Asset)]
pub struct AssetReport {
    pub id: String,
    /// `blake3:` and 64 hexadecimal digits.
    #[schema(required = true)]
    pub hash: Option<String>,
    pub size_bytes: u64,
    pub content_type: String,
    #[schema(required = true)]
    pub file_path: Option<String>,
    /// Of an upload: whether no asset had these bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_new: Option<bool>,
    pub created_at: String,
    pub url: String,
    pub url_expires_at: String,
    #[schema(required = true)]
    pub expires_at: Option<String>,
    /// Of an output.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid, nullable = false)]
    pub job_id: Option<TaskId>,
}

impl AssetReport {
    #[must_use]
    pub fn of(asset: &StoredAsset, created_new: Option<bool>, base: &BaseUrl, now: Timestamp) -> Self {
        let id = AssetId::Uploaded(asset.id);
        Self {
            id: id.to_string(),
            hash: Some(format!("blake3:{}", asset.blake3)),
            size_bytes: asset.file.bytes,
            content_type: asset.content_type.clone(),
            file_path: asset.file_path.clone(),
            created_new,
            created_at: rfc3339(asset.created_at),
            url: base.content(id),
            url_expires_at: rfc3339(now.plus(limits::ASSET_URL_LIFE)),
            expires_at: asset.expires_at.map(rfc3339),
            job_id: None,
        }
    }

    /// `created_at`, `expires_at`: of its job, in RFC 3339.
    #[must_use]
    pub fn of_output(output: JobOutput, created_at: String, expires_at: String) -> Self {
        Self {
            id: output.id,
            hash: output.hash,
            size_bytes: output.size_bytes,
            content_type: output.content_type,
            file_path: Some(output.name),
            created_new: None,
            created_at,
            url: output.url,
            url_expires_at: output.url_expires_at,
            expires_at: Some(expires_at),
            job_id: Some(output.job_id),
        }
    }
}
