//! What pages may ask of productions.

use std::sync::Arc;

use async_trait::async_trait;
use proto::production::{
    Board, BoardTrash, ChangedProduction, CompositePrompt, GenerateOrder, GenerateOutcome, PartSource, ProductionChange, ProductionNodeId,
    ProductionProblem, ProjectId, ProjectList, ShotId, ShotView,
};

/// Every error is why it was not done, for people.
#[async_trait]
pub trait ProductionService: Send + Sync {
    async fn project_list(&self) -> Result<ProjectList, ProductionProblem>;

    /// The whole board of a project.
    async fn board(&self, project: ProjectId) -> Result<Arc<Board>, ProductionProblem>;

    /// What was thrown away of a project.
    async fn board_trash(&self, project: ProjectId) -> Result<BoardTrash, ProductionProblem>;

    /// The shots of a project whose current takes were made of older parts.
    async fn stale_shots(&self, project: ProjectId) -> Result<Vec<ShotId>, ProductionProblem>;

    async fn shot_view(&self, project: ProjectId, shot: ShotId) -> Result<ShotView, ProductionProblem>;

    /// The prompt of a shot as it is today, without the parts in `off`.
    async fn shot_prompt(&self, project: ProjectId, shot: ShotId, off: Vec<PartSource>) -> Result<CompositePrompt, ProductionProblem>;

    /// Carries out a change. It is on disk when this returns.
    async fn change_production(&self, change: ProductionChange) -> Result<ChangedProduction, ProductionProblem>;

    /// Makes takes. Their tasks are on disk when this returns.
    async fn generate_takes(&self, order: GenerateOrder) -> Result<GenerateOutcome, ProductionProblem>;

    /// Cancels what makes takes of a node. Gives how many tasks that were.
    async fn cancel_takes(&self, project: ProjectId, node: ProductionNodeId) -> Result<u32, ProductionProblem>;
}
