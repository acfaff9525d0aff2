//! What pages get of productions.

use std::sync::Arc;

use async_trait::async_trait;
use proto::production::{
    Board, BoardTrash, ChangedProduction, CompositePrompt, GenerateOrder, GenerateOutcome, PartSource, ProductionChange, ProductionNodeId,
    ProductionProblem, ProjectId, ProjectList, ShotId, ShotView,
};
use service::ProductionService;

use super::page_change::problem_of;
use crate::state::AppState;

#[async_trait]
impl ProductionService for AppState {
    async fn project_list(&self) -> Result<ProjectList, ProductionProblem> {
        self.productions().project_list().await.map_err(problem_of)
    }

    async fn board(&self, project: ProjectId) -> Result<Arc<Board>, ProductionProblem> {
        self.productions().board(project).await.map_err(problem_of)
    }

    async fn board_trash(&self, project: ProjectId) -> Result<BoardTrash, ProductionProblem> {
        self.productions().board_trash(project).await.map_err(problem_of)
    }

    async fn stale_shots(&self, project: ProjectId) -> Result<Vec<ShotId>, ProductionProblem> {
        self.productions().every_stale_shot(project).await.map_err(problem_of)
    }

    async fn shot_view(&self, project: ProjectId, shot: ShotId) -> Result<ShotView, ProductionProblem> {
        self.productions().shot_view(project, shot).await.map_err(problem_of)
    }

    async fn shot_prompt(&self, project: ProjectId, shot: ShotId, off: Vec<PartSource>) -> Result<CompositePrompt, ProductionProblem> {
        self.productions().prompt(project, shot, off.into_iter().collect(), None).await.map_err(problem_of)
    }

    async fn change_production(&self, change: ProductionChange) -> Result<ChangedProduction, ProductionProblem> {
        self.productions().change_for_page(change).await
    }

    async fn generate_takes(&self, order: GenerateOrder) -> Result<GenerateOutcome, ProductionProblem> {
        self.productions().generate_for_page(order).await
    }

    async fn cancel_takes(&self, project: ProjectId, node: ProductionNodeId) -> Result<u32, ProductionProblem> {
        self.productions().cancel_for_page(project, node).await
    }
}
