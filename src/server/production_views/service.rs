//! The service that pages call.

use async_trait::async_trait;
use proto::production::{
    AssetId, ProductionProblem, ProjectId,
    views::{ActivityPage, ActivityQuery, AgentsPage, AssetShot, AssetsPage, DailiesPage, ExternalPage, ExternalQuery, StoryPage},
};
use service::ProductionViewsService;

use super::{activity, agents, assets, dailies, external, story};
use crate::{AppState, production::problem_of, store::ReachedBeat};

#[async_trait]
impl ProductionViewsService for AppState {
    async fn agents_page(&self, project: Option<ProjectId>) -> Result<AgentsPage, ProductionProblem> {
        agents::page(self, project).await.map_err(problem_of)
    }

    async fn external_page(&self, query: ExternalQuery) -> Result<ExternalPage, ProductionProblem> {
        external::page(self, query).await.map_err(|error| problem_of(error.into()))
    }

    async fn revoke_external(&self, id: String, terminate: bool) -> Result<(), ProductionProblem> {
        self.external().revoke(&id, terminate).await.map(drop).map_err(external::problem)
    }

    async fn story_page(&self, project: ProjectId) -> Result<StoryPage, ProductionProblem> {
        story::page(self, project).await.map_err(problem_of)
    }

    async fn reach_beat(&self, project: ProjectId, beat: String) -> Result<(), ProductionProblem> {
        let beat = ReachedBeat { beat_name: beat, scene_id: None, keywords: None };
        self.productions().reach_beat(project, beat).await.map(drop).map_err(problem_of)
    }

    async fn switch_structure(&self, project: ProjectId, version: u32, structure: String) -> Result<(), ProductionProblem> {
        self.productions().switch_structure(project, Some(version), structure).await.map(drop).map_err(problem_of)
    }

    async fn activity_page(&self, project: ProjectId, query: ActivityQuery) -> Result<ActivityPage, ProductionProblem> {
        activity::page(self, project, query).await.map_err(problem_of)
    }

    async fn dailies_page(&self, project: ProjectId) -> Result<DailiesPage, ProductionProblem> {
        dailies::page(self.productions(), project).await.map_err(problem_of)
    }

    async fn share_dailies(&self, project: ProjectId) -> Result<String, ProductionProblem> {
        let token = self.productions().share_dailies(project).await.map_err(problem_of)?;
        Ok(format!("/dailies/{token}"))
    }

    async fn unshare_dailies(&self, project: ProjectId) -> Result<(), ProductionProblem> {
        self.productions().unshare_dailies(project).await.map_err(problem_of)
    }

    async fn assets_page(&self, project: ProjectId) -> Result<AssetsPage, ProductionProblem> {
        assets::page(self.productions(), project).await.map_err(problem_of)
    }

    async fn asset_shots(&self, project: ProjectId, asset: AssetId) -> Result<Vec<AssetShot>, ProductionProblem> {
        assets::usage(self.productions(), project, asset).await.map_err(problem_of)
    }
}
