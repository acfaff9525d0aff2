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
    config::{ClientVisibility, Retention},
    store::{Filter, Origin, Store, StoreError, Stored},
    task_archive::TaskArchive,
    tracker::Tracker,
};
use proto::{comfy::Workflow, ids::TaskId, task::Task};

pub struct Jobs {
    pub(super) tracker: Arc<Tracker>,
    pub(super) store: Store,
    pub(super) archive: Arc<TaskArchive>,
    retention: Retention,
    visibility: ClientVisibility,
}

/// Errors of all of these: the database cannot be read. `asker`: who asks, as the server names callers; what it may not see is not there.
impl Jobs {
    #[must_use]
    pub fn new(tracker: Arc<Tracker>, store: Store, archive: Arc<TaskArchive>, retention: Retention, visibility: ClientVisibility) -> Self {
        Self { tracker, store, archive, retention, visibility }
    }

    async fn stored(&self, id: TaskId, asker: &str) -> Result<Option<Stored>, StoreError> {
        let stored = self.archive.stored(id).await?;
        Ok(stored.filter(|stored| self.visibility == ClientVisibility::All || stored.origin.submitter.as_deref() == Some(asker)))
    }

    /// Whether there is such a job.
    pub async fn has(&self, id: TaskId, asker: &str) -> Result<bool, StoreError> {
        Ok(match self.visibility {
            ClientVisibility::All => self.archive.task(id).await.is_some(),
            ClientVisibility::Own => self.stored(id, asker).await?.is_some(),
        })
    }

    /// A job as it is now. `None`: there is none.
    pub async fn get(&self, id: TaskId, asker: &str, base: &BaseUrl) -> Result<Option<JobReport>, StoreError> {
        let Some(stored) = self.stored(id, asker).await? else { return Ok(None) };
        Ok(Some(self.report(&stored.task, Some(&stored.origin), base).await?))
    }

    async fn report(&self, task: &Task, origin: Option<&Origin>, base: &BaseUrl) -> Result<JobReport, StoreError> {
        let kept = if task.outputs.is_empty() { Vec::new() } else { self.store.kept_outputs(task.id).await? };
        let outputs = outputs(task, &kept, base, now());
        Ok(JobReport::of(task, origin, self.tracker.position(task.id), outputs, self.retention, base))
    }

    /// The workflow that ran, in API format. `None`: there is no such job.
    pub async fn workflow(&self, id: TaskId, asker: &str) -> Result<Option<Arc<Workflow>>, StoreError> {
        Ok(self.stored(id, asker).await?.map(|stored| stored.workflow))
    }

    /// Jobs, newest first.
    pub async fn list(
        &self,
        filter: Filter,
        asker: String,
        cursor: Option<JobCursor>,
        limit: usize,
        base: &BaseUrl,
    ) -> Result<JobPage, StoreError> {
        let filter = Filter { submitter: (self.visibility == ClientVisibility::Own).then_some(asker), ..filter };
        let page = self.archive.list(filter, cursor.map(|cursor| cursor.0), limit).await?;
        let mut jobs = Vec::with_capacity(page.tasks.len());
        for task in &page.tasks {
            jobs.push(self.report(task, page.origins.get(&task.id), base).await?);
        }
        Ok(JobPage::new(jobs, page.next.map(JobCursor)))
    }
}
