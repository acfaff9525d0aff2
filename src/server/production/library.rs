//! Projects, and what happens in them.

use std::sync::Arc;

use proto::{
    limits,
    production::{Moment, ProductionEvent, ProductionRecord, Project, ProjectId},
};
use serde_json::{Map, Value};
use tokio::sync::broadcast;

use super::{board_cache::BoardCache, encoded_event::ProjectChannels};
use crate::{
    clock::now,
    commands::Commands,
    pool::Pool,
    store::{NewsFilter, ProductionError, ProductionHistory, ProductionNewsPage, ProductionUnit, ProjectChange, Store, UnitError},
    submissions::Submissions,
    tracker::Tracker,
    workflow_library::WorkflowLibrary,
};

/// The productions of this server. Everything is on disk when a change returns.
pub struct Productions {
    pub(super) store: Store,
    pub(super) tracker: Arc<Tracker>,
    pub(super) pool: Arc<Pool>,
    pub(super) submissions: Arc<Submissions>,
    pub(super) commands: Arc<Commands>,
    pub(super) library: Arc<WorkflowLibrary>,
    /// Progress, which is told and not stored.
    pub(super) progress: broadcast::Sender<Arc<ProductionRecord>>,
    pub(super) channels: ProjectChannels,
    pub(super) boards: BoardCache,
}

/// The services that productions use.
pub struct ProductionParts {
    pub store: Store,
    pub tracker: Arc<Tracker>,
    pub pool: Arc<Pool>,
    pub submissions: Arc<Submissions>,
    pub commands: Arc<Commands>,
    pub library: Arc<WorkflowLibrary>,
}

/// The time of a change.
pub(super) fn moment() -> Moment {
    Moment(now())
}

/// Errors of all of these: see [`crate::store::ProductionRefusal`], and the database cannot be read or written.
impl Productions {
    #[must_use]
    pub fn new(parts: ProductionParts) -> Self {
        let ProductionParts { store, tracker, pool, submissions, commands, library } = parts;
        let progress = broadcast::Sender::new(limits::PRODUCTION_PROGRESS);
        Self {
            store,
            tracker,
            pool,
            submissions,
            commands,
            library,
            progress,
            channels: ProjectChannels::default(),
            boards: BoardCache::default(),
        }
    }

    pub async fn add_project(&self, fields: Map<String, Value>) -> Result<Project, ProductionError> {
        self.store.add_project(fields, moment()).await
    }

    /// Changes several things: all of them are written together, or none.
    pub async fn at_once<T: Send + 'static>(
        &self,
        work: impl Fn(&ProductionUnit) -> Result<T, UnitError> + Send + 'static,
    ) -> Result<T, ProductionError> {
        self.store.at_once(moment(), work).await
    }

    /// A project, also one in the trash.
    pub async fn project(&self, id: ProjectId) -> Result<Project, ProductionError> {
        self.store.project(id).await
    }

    /// Projects, the newest first, and where the next part begins. `is_archived`: only those that are put away, or only those that are not.
    pub async fn projects(
        &self,
        is_archived: Option<bool>,
        in_trash: bool,
        before: Option<ProjectId>,
        limit: u32,
    ) -> Result<(Vec<Project>, Option<ProjectId>), ProductionError> {
        let mut projects = self.store.projects(is_archived, in_trash, before, limit.saturating_add(1)).await?;
        let has_more = projects.len() > limit as usize;
        projects.truncate(limit as usize);
        let next = projects.last().filter(|_| has_more).map(|project| project.id);
        Ok((projects, next))
    }

    pub async fn change_project(&self, id: ProjectId, change: ProjectChange) -> Result<Project, ProductionError> {
        self.store.change_project(id, change, moment()).await
    }

    /// Puts a project in the trash, or takes it out again.
    pub async fn trash_project(&self, id: ProjectId, version: Option<u32>, is_trashed: bool) -> Result<Project, ProductionError> {
        self.store.trash_project(id, version, is_trashed, moment()).await
    }

    /// What happened after the event `after`, at most `limit`.
    pub async fn events(&self, filter: NewsFilter, after: u64, limit: u32) -> Result<ProductionNewsPage, ProductionError> {
        if let Some(project) = filter.project {
            self.store.project(project).await?;
        }
        self.store.production_news(filter, after, limit).await
    }

    /// Events of these types up to a number, the newest first, at most `limit`. Without types: of any.
    pub async fn history(
        &self,
        project: ProjectId,
        types: &'static [&'static str],
        upto: Option<u64>,
        limit: u32,
    ) -> Result<ProductionHistory, ProductionError> {
        self.store.production_history(project, types, upto, limit).await
    }

    /// Tells those that follow a project of progress, which is not stored.
    pub fn tell_progress(&self, project_id: Option<ProjectId>, event: ProductionEvent) {
        // Nobody listens: then nobody misses it.
        let _ = self.progress.send(Arc::new(ProductionRecord { number: 0, timestamp: moment(), project_id, event }));
    }
}
