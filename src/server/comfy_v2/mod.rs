//! The Comfy API v2: tasks as jobs, and files that programs upload as assets. Its routes are [`crate::routes`]' `comfy_v2`.
//!
//! The specification is `spec/openapi.yaml` of Comfy-Org/comfy-python-sdk (version 2.0.0). Where it leaves something open, `docs/compatibility.md` says
//! what Darkroom does.

mod asset_id;
mod asset_library;
mod asset_report;
mod base_url;
mod follow;
mod job_list;
mod job_output;
mod job_report;
mod jobs;
mod resolve;

pub use self::{
    asset_id::AssetId,
    asset_library::{AssetError, AssetLibrary, AssetUpload, UploadedAsset},
    asset_report::AssetReport,
    base_url::BaseUrl,
    follow::JobFollower,
    job_list::{JobCursor, JobPage},
    job_report::JobReport,
    jobs::Jobs,
    resolve::ResolveError,
};
