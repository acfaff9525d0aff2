//! Assets of the Comfy API v2: files that programs uploaded, and what loads them. Their bytes are in the media store.

mod handle;
mod model;
mod schema;
#[cfg(test)]
mod tests;
mod uses;

pub use self::model::{AssetAdded, AssetRemoved, NewAsset, StoredAsset};
pub(super) use self::{schema::create, uses::note_task};
