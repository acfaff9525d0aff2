//! The Comfy API v2 as far as it is pure: metadata of jobs, where assets are placed, and references to them in a workflow.
//!
//! The specification is `spec/openapi.yaml` of Comfy-Org/comfy-python-sdk (version 2.0.0).

mod asset_file;
mod asset_path;
mod job_metadata;
mod references;

pub use asset_file::{AssetFile, asset_files_of, asset_hashes_in};
pub use asset_path::{AssetPath, WrongAssetPath};
pub use job_metadata::{WrongMetadata, check_metadata, is_metadata_name, is_metadata_value, metadata_pairs};
pub use references::{AssetReference, AssetValue, MissingAssets, input_texts, resolve_assets};
