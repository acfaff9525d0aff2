//! The page of the activity.

use proto::{
    limits,
    production::{
        ProjectId,
        views::{ActivityLine, ActivityPage, ActivityQuery, PageProject},
    },
};

use crate::{AppState, store::ProductionError};

pub(super) async fn page(state: &AppState, project: ProjectId, query: ActivityQuery) -> Result<ActivityPage, ProductionError> {
    let productions = state.productions();
    let head = PageProject::from(&productions.project(project).await?);
    let history = productions.history(project, query.kind.events(), query.upto, limits::ACTIVITY_LINES).await?;
    Ok(ActivityPage {
        project: head,
        query,
        lines: history.records.iter().map(ActivityLine::of).collect(),
        oldest: history.oldest,
        newest: history.newest,
        has_more: history.has_more,
    })
}
