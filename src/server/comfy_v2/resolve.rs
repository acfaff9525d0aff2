//! Puts files in the place of the assets that a workflow refers to.

use serde_json::Value;

use super::{asset_id::AssetId, asset_library::AssetLibrary};
use crate::store::{StoreError, StoredAsset};
use proto::{
    comfy_v2::{AssetFile, AssetPath, AssetReference, AssetValue, MissingAssets, input_texts, resolve_assets},
    limits,
};

/// Why a workflow cannot be run with its assets.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The ids of assets that are not there.
    #[error("{} of its assets are not there (any more). Upload them again.", .0.0.len())]
    Missing(MissingAssets),
    #[error("A workflow refers to at most {} assets.", limits::ASSET_REFERENCES)]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AssetLibrary {
    /// Replaces references and the names of uploaded files by the names that the files get at ComfyUI.
    ///
    /// # Errors
    /// See [`ResolveError`].
    pub async fn resolve(&self, workflow: &mut Value) -> Result<(), ResolveError> {
        let ids = AssetReference::all_in(workflow);
        if ids.len() > limits::ASSET_REFERENCES {
            return Err(ResolveError::TooMany);
        }
        let mut values = AssetValue::default();
        for text in ids {
            let file = match text.parse() {
                Ok(AssetId::Uploaded(id)) => self.get(id).await?.as_ref().and_then(file_of),
                Ok(AssetId::Output(task, number)) => self.output_file(task, number).await?,
                Err(_) => None,
            };
            values.by_id.extend(file.map(|file| (text, file.input())));
        }
        let named: Vec<String> = input_texts(workflow).into_iter().filter(|text| AssetPath::parse(text).is_ok()).collect();
        if !named.is_empty() {
            let found = self.store.assets_by_path(named, crate::clock::now()).await?;
            values.by_path = found.into_iter().filter_map(|(path, asset)| Some((path, file_of(&asset)?.input()))).collect();
        }
        resolve_assets(workflow, &values).map_err(ResolveError::Missing)
    }
}

fn file_of(asset: &StoredAsset) -> Option<AssetFile> {
    let path = AssetPath::parse(asset.file_path.as_deref()?).ok()?;
    Some(AssetFile { hash: asset.file.hash.clone(), name: path.file_name().to_owned() })
}
