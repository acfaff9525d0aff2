//! Chapters, scenes, shots, nodes, assets, casts and beats.

use std::collections::HashMap;

use proto::production::{AssetId, ProjectId, Shot};
use serde_json::{Map, Value};

use super::library::{Productions, moment};
use crate::store::{ObjectDraft, ObjectMove, ObjectPage, ObjectQuery, ProducedObject, ProductionError, StoredObject};

/// Errors of all of these: see [`crate::store::ProductionRefusal`], and the database cannot be read or written.
impl Productions {
    /// An object, also one in the trash.
    pub async fn object<T: StoredObject>(&self, project: ProjectId, id: String) -> Result<T, ProductionError> {
        self.store.object(project, id).await
    }

    pub async fn objects<T: StoredObject>(&self, project: ProjectId, query: ObjectQuery) -> Result<ObjectPage<T>, ProductionError> {
        self.store.objects(project, query).await
    }

    /// Makes objects: all of them, or none.
    pub async fn add<T: ProducedObject>(&self, project: ProjectId, drafts: Vec<ObjectDraft>) -> Result<Vec<T>, ProductionError> {
        self.store.add_objects(project, drafts, moment()).await
    }

    /// Changes a part of the fields of an object, if nobody did since `version`.
    pub async fn change<T: ProducedObject>(
        &self,
        project: ProjectId,
        id: String,
        version: Option<u32>,
        patch: Map<String, Value>,
    ) -> Result<T, ProductionError> {
        self.store.change_object(project, id, version, patch, moment()).await
    }

    /// Changes the place of an object.
    pub async fn relocate<T: ProducedObject>(&self, project: ProjectId, id: String, to: ObjectMove) -> Result<T, ProductionError> {
        self.store.move_object(project, id, to, moment()).await
    }

    /// Puts an object in the trash.
    pub async fn trash<T: ProducedObject>(&self, project: ProjectId, id: String, version: Option<u32>) -> Result<T, ProductionError> {
        self.store.trash_object(project, id, version, moment()).await
    }

    /// Takes an object out of the trash.
    pub async fn restore<T: ProducedObject>(&self, project: ProjectId, id: String) -> Result<T, ProductionError> {
        self.store.restore_object(project, id, moment()).await
    }

    /// In how many shots each asset is that is in any.
    pub async fn asset_uses(&self, project: ProjectId) -> Result<HashMap<AssetId, u32>, ProductionError> {
        self.store.asset_uses(project).await
    }

    /// The shots that an asset is in.
    pub async fn usage(&self, project: ProjectId, asset: AssetId, limit: u32) -> Result<Vec<Shot>, ProductionError> {
        self.store.asset_usage(project, asset, limit).await
    }
}
