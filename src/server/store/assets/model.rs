//! The rows of assets.

use crate::store::MediaFile;
use proto::{comfy_v2::AssetPath, time::Timestamp};
use uuid::Uuid;

/// An asset whose bytes are in the media store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAsset {
    /// Version 7.
    pub id: Uuid,
    /// BLAKE3 of the bytes, 64 hexadecimal digits.
    pub blake3: String,
    pub file: MediaFile,
    /// As the program that uploaded it said.
    pub content_type: String,
    /// Normalized. Empty in none that has one.
    pub file_path: Option<String>,
    pub created_at: Timestamp,
    /// `None`: it stays.
    pub expires_at: Option<Timestamp>,
}

/// What a program wants to be an asset.
#[derive(Clone, Debug)]
pub struct NewAsset {
    pub id: Uuid,
    pub blake3: String,
    pub file: MediaFile,
    pub content_type: String,
    pub file_path: AssetPath,
    pub expires_at: Option<Timestamp>,
    /// The `Idempotency-Key` of the upload.
    pub key: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssetAdded {
    /// `is_new`: no asset had these bytes.
    Added { asset: StoredAsset, is_new: bool },
    /// The `Idempotency-Key` was used in the last day. Nothing is stored.
    KeyReused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssetRemoved {
    Removed,
    Unknown,
    /// A task that is not over loads it.
    InUse,
}
