//! What people do with takes. How tasks become takes: [`crate::store::Origin::take`], [`crate::store::Store::attach_task`].

use proto::production::{ProductionNode, ProductionNodeId, ProjectId, Take, TakeId};
use serde_json::{Map, Value};

use super::library::{Productions, moment};
use crate::store::{ProductionError, TakePage, TakeQuery};

/// Errors of all of these: see [`crate::store::ProductionRefusal`], and the database cannot be read or written.
impl Productions {
    pub async fn takes(&self, project: ProjectId, query: TakeQuery) -> Result<TakePage, ProductionError> {
        self.store.takes(project, query).await
    }

    /// The current take of each node that has one, in any order.
    pub async fn current_takes(&self, project: ProjectId) -> Result<Vec<Take>, ProductionError> {
        self.store.current_takes(project).await
    }

    /// A take, also one in the trash.
    pub async fn take(&self, project: ProjectId, id: TakeId) -> Result<Take, ProductionError> {
        self.store.take(project, id).await
    }

    /// The workflow that a take was made with, as JSON in API format.
    pub async fn take_workflow(&self, project: ProjectId, id: TakeId) -> Result<String, ProductionError> {
        self.store.take_workflow(project, id).await
    }

    /// Chooses the current take of a node; `None`: nobody does any more.
    pub async fn choose_take(
        &self,
        project: ProjectId,
        node: ProductionNodeId,
        version: Option<u32>,
        take_number: Option<u32>,
    ) -> Result<ProductionNode, ProductionError> {
        self.store.choose_take(project, node, version, take_number, moment()).await
    }

    /// Changes what people say of a take.
    pub async fn review_take(
        &self,
        project: ProjectId,
        id: TakeId,
        version: Option<u32>,
        patch: Map<String, Value>,
    ) -> Result<Take, ProductionError> {
        self.store.review_take(project, id, version, patch, moment()).await
    }

    /// Puts a take in the trash, or takes it out again.
    pub async fn trash_take(
        &self,
        project: ProjectId,
        id: TakeId,
        version: Option<u32>,
        is_trashed: bool,
    ) -> Result<Take, ProductionError> {
        self.store.trash_take(project, id, version, is_trashed, moment()).await
    }
}
