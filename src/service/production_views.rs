//! What the pages of productions may ask, beside board and shot.

use async_trait::async_trait;
use proto::production::{
    AssetId, ProductionProblem, ProjectId,
    views::{ActivityPage, ActivityQuery, AgentsPage, AssetShot, AssetsPage, DailiesPage, ExternalPage, ExternalQuery, StoryPage},
};

/// Every error is why it was not done, for people.
#[async_trait]
pub trait ProductionViewsService: Send + Sync {
    /// The agents of a project; `None`: of all.
    async fn agents_page(&self, project: Option<ProjectId>) -> Result<AgentsPage, ProductionProblem>;

    /// Tasks of other programs, and who carries them out.
    async fn external_page(&self, query: ExternalQuery) -> Result<ExternalPage, ProductionProblem>;

    /// Tells workers that a task of another program is not to run, and with `terminate` also the one that runs it.
    async fn revoke_external(&self, id: String, terminate: bool) -> Result<(), ProductionProblem>;

    /// Where the story of a project is.
    async fn story_page(&self, project: ProjectId) -> Result<StoryPage, ProductionProblem>;

    /// A beat is reached.
    async fn reach_beat(&self, project: ProjectId, beat: String) -> Result<(), ProductionProblem>;

    /// Gives a project another narrative structure, if nobody changed the project since `version`. Nothing is removed.
    async fn switch_structure(&self, project: ProjectId, version: u32, structure: String) -> Result<(), ProductionProblem>;

    /// What happened in a project.
    async fn activity_page(&self, project: ProjectId, query: ActivityQuery) -> Result<ActivityPage, ProductionProblem>;

    /// The current takes of a project in the order of the story.
    async fn dailies_page(&self, project: ProjectId) -> Result<DailiesPage, ProductionProblem>;

    /// The address of a new link to the dailies of a project, which needs no sign-in. The one that there was leads nowhere any more.
    async fn share_dailies(&self, project: ProjectId) -> Result<String, ProductionProblem>;

    /// No link leads to the dailies of a project any more.
    async fn unshare_dailies(&self, project: ProjectId) -> Result<(), ProductionProblem>;

    /// The assets of a project.
    async fn assets_page(&self, project: ProjectId) -> Result<AssetsPage, ProductionProblem>;

    /// The shots that an asset is in.
    async fn asset_shots(&self, project: ProjectId, asset: AssetId) -> Result<Vec<AssetShot>, ProductionProblem>;
}
