//! What the pages of productions ask, beside board and shot. Inner errors are why it was not done, for people.

use leptos::{prelude::*, server_fn::codec::Postcard};

use super::error::CallError;
use proto::production::{
    AssetId, ProductionProblem, ProjectId,
    views::{ActivityPage, ActivityQuery, AgentsPage, AssetShot, AssetsPage, DailiesPage, ExternalPage, ExternalQuery, StoryPage},
};

/// The agents of a project; `None`: of all.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "agents_page", input = Postcard, output = Postcard)]
pub async fn fetch_agents(project: Option<ProjectId>) -> Result<Result<AgentsPage, ProductionProblem>, CallError> {
    Ok(super::context::service()?.agents_page(project).await)
}

/// Tasks of other programs, and who carries them out.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "external_page", input = Postcard, output = Postcard)]
pub async fn fetch_external(query: ExternalQuery) -> Result<Result<ExternalPage, ProductionProblem>, CallError> {
    Ok(super::context::service()?.external_page(query).await)
}

/// Tells workers that a task of another program is not to run, and with `terminate` also the one that runs it.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "revoke_external", input = Postcard, output = Postcard)]
pub async fn revoke_external(id: String, terminate: bool) -> Result<Result<(), ProductionProblem>, CallError> {
    Ok(super::context::service()?.revoke_external(id, terminate).await)
}

/// Where the story of a project is.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "story_page", input = Postcard, output = Postcard)]
pub async fn fetch_story(project: ProjectId) -> Result<Result<StoryPage, ProductionProblem>, CallError> {
    Ok(super::context::service()?.story_page(project).await)
}

/// A beat is reached.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "reach_beat", input = Postcard, output = Postcard)]
pub async fn reach_beat(project: ProjectId, beat: String) -> Result<Result<(), ProductionProblem>, CallError> {
    Ok(super::context::service()?.reach_beat(project, beat).await)
}

/// Gives a project another narrative structure, if nobody changed the project since `version`. Nothing is removed.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "switch_structure", input = Postcard, output = Postcard)]
pub async fn switch_structure(project: ProjectId, version: u32, structure: String) -> Result<Result<(), ProductionProblem>, CallError> {
    Ok(super::context::service()?.switch_structure(project, version, structure).await)
}

/// What happened in a project.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "activity_page", input = Postcard, output = Postcard)]
pub async fn fetch_activity(project: ProjectId, query: ActivityQuery) -> Result<Result<ActivityPage, ProductionProblem>, CallError> {
    Ok(super::context::service()?.activity_page(project, query).await)
}

/// The current takes of a project in the order of the story.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "dailies_page", input = Postcard, output = Postcard)]
pub async fn fetch_dailies(project: ProjectId) -> Result<Result<DailiesPage, ProductionProblem>, CallError> {
    Ok(super::context::service()?.dailies_page(project).await)
}

/// The address of a new link to the dailies of a project, which needs no sign-in. The one that there was leads nowhere any more.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "share_dailies", input = Postcard, output = Postcard)]
pub async fn share_dailies(project: ProjectId) -> Result<Result<String, ProductionProblem>, CallError> {
    Ok(super::context::service()?.share_dailies(project).await)
}

/// No link leads to the dailies of a project any more.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "unshare_dailies", input = Postcard, output = Postcard)]
pub async fn unshare_dailies(project: ProjectId) -> Result<Result<(), ProductionProblem>, CallError> {
    Ok(super::context::service()?.unshare_dailies(project).await)
}

/// The assets of a project.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "assets_page", input = Postcard, output = Postcard)]
pub async fn fetch_assets(project: ProjectId) -> Result<Result<AssetsPage, ProductionProblem>, CallError> {
    Ok(super::context::service()?.assets_page(project).await)
}

/// The shots that an asset is in.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "asset_shots", input = Postcard, output = Postcard)]
pub async fn fetch_asset_shots(project: ProjectId, asset: AssetId) -> Result<Result<Vec<AssetShot>, ProductionProblem>, CallError> {
    Ok(super::context::service()?.asset_shots(project, asset).await)
}
