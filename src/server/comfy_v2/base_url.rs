//! Absolute addresses of jobs and assets.

use proto::ids::TaskId;

use super::asset_id::AssetId;

/// Scheme, host and what is before `/api/v2`, without a slash at the end: as the program reached Darkroom.
#[derive(Clone, Debug)]
pub struct BaseUrl(String);

impl BaseUrl {
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self(base.trim_end_matches('/').to_owned())
    }

    pub(super) fn job(&self, job: TaskId) -> String {
        format!("{}/api/v2/jobs/{job}", self.0)
    }

    pub(super) fn content(&self, asset: AssetId) -> String {
        format!("{}/api/v2/assets/{asset}/content", self.0)
    }
}
