//! Limits of the Comfy API v2. Those that its specification has are marked; the others are Darkroom's own.

use std::time::Duration;

/// Pairs in the metadata of a job; characters of a name, and bytes of a value (specification).
pub const JOB_METADATA: usize = 16;
pub const JOB_METADATA_NAME: usize = 40;
pub const JOB_METADATA_VALUE: usize = 256;
/// Pairs of metadata by which a list of jobs can be filtered (specification).
pub const JOB_FILTERS: usize = 3;
/// Jobs on a page of a list: without a `limit`, and at most.
pub const JOBS_PAGE: usize = 50;
/// Progress and previews of a job are sent at most once in this time (specification: about twice a second).
pub const JOB_PROGRESS_EVERY: Duration = Duration::from_millis(500);
/// The `expires_at` of a job that is kept without a limit of time: the specification wants one.
pub const JOB_LIFE: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
/// How long the url of an output or an asset is said to be valid. Darkroom's stay valid.
pub const ASSET_URL_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// `expires_in` of an asset, seconds (specification).
pub const ASSET_EXPIRES_IN_S: std::ops::RangeInclusive<u64> = 60..=604_800;
/// The bytes of a `file_path`, and of each other text field of an upload; how many fields it has.
pub const ASSET_PATH: usize = 255;
pub const ASSET_FIELD: usize = 4 * 1024;
pub const ASSET_FIELDS: usize = 64;
/// References to assets in one workflow.
pub const ASSET_REFERENCES: usize = 1_000;
