//! Tasks as jobs: one, and a page of them.

use std::sync::Arc;

use super::{
    base_url::BaseUrl,
    job_list::{JobCursor, JobPage},
    job_output::outputs,
    job_report::JobReport,
};
use crate::{
    clock::now,
    config::Retention,
    store::{Filter, Origin, Store, StoreError},
    task_archive::TaskArchive,
    tracker::Tracker,
};
use proto::{comfy::Workflow, ids::TaskId, task::Task};

pub struct Jobs {
    pub(super) tracker: Arc<Tracker>,
    pub(super) store: Store,
    pub(super) archive: Arc<TaskArchive>,
    retention: Retention,
}

/// Errors of all of these: the database cannot be read.
impl Jobs {
    #[must_use]
    pub fn new(tracker: Arc<Tracker>, store: Store, archive: Arc<TaskArchive>, retention: Retention) -> Self {
        Self { tracker, store, archive, retention }
    }

    /// A job as it is now. `None`: there is none.
    pub async fn get(&self, id: TaskId, base: &BaseUrl) -> Result<Option<JobReport>, StoreError> {
        let Some(stored) = self.archive.stored(id).await? else { return Ok(None) };
        Ok(Some(self.report(&stored.task, Some(&stored.origin), base).await?))
    }

    async fn report(&self, task: &Task, origin: Option<&Origin>, base: &BaseUrl) -> Result<JobReport, StoreError> {
        let kept = if task.outputs.is_empty() { Vec::new() } else { self.store.kept_outputs(task.id).await? };
        let outputs = outputs(task, &kept, base, now());
        Ok(JobReport::of(task, origin, self.tracker.position(task.id), outputs, self.retention, base))
    }

    /// The workflow that ran, in API format. `None`: there is no such job.
    pub async fn workflow(&self, id: TaskId) -> Result<Option<Arc<Workflow>>, StoreError> {
        Ok(self.archive.stored(id).await?.map(|stored| stored.workflow))
    }

    /// Jobs, newest first.
    pub async fn list(&self, filter: Filter, cursor: Option<JobCursor>, limit: usize, base: &BaseUrl) -> Result<JobPage, StoreError> {
        let page = self.archive.list(filter, cursor.map(|cursor| cursor.0), limit).await?;
        let mut jobs = Vec::with_capacity(page.tasks.len());
        for task in &page.tasks {
            jobs.push(self.report(task, page.origins.get(&task.id), base).await?);
        }
        Ok(JobPage::new(jobs, page.next.map(JobCursor)))
    }
}
