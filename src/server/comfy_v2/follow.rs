//! A job that is followed: server-sent events, without ids and without a memory. Who connects gets how it is now, and then what changes.

use std::{collections::HashSet, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Serialize;
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

use super::{
    base_url::BaseUrl,
    job_output::outputs,
    job_report::{JobProgress, JobStatus},
    jobs::Jobs,
};
use crate::{clock::now, media::sniff, store::StoreError, topic_wakers::ReaderWaker};
use proto::{ids::TaskId, limits, task::Task, wire::PreviewFrame};

pub struct JobFollower {
    jobs: Arc<Jobs>,
    id: TaskId,
    base: BaseUrl,
    /// Any task's, because they move this one in the queue.
    states: watch::Receiver<()>,
    /// Of this task.
    waker: Arc<ReaderWaker>,
    status: Option<StatusEvent>,
    progress: Option<JobProgress>,
    preview: Option<Bytes>,
    outputs: HashSet<u32>,
    /// When progress and previews may be sent again.
    next_progress: Instant,
    is_over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct StatusEvent {
    status: JobStatus,
    queue_position: Option<usize>,
}

#[derive(Debug, Serialize)]
struct PreviewEvent<'a> {
    node_id: &'a str,
    content_type: &'static str,
    data_base64: String,
}

/// In the format of the HTML Standard. One `data` line is enough: compact JSON has no line breaks.
fn write(text: &mut String, event: &str, data: &impl Serialize) {
    let data = serde_json::to_string(data).unwrap_or_default();
    text.push_str(&format!("event: {event}\ndata: {data}\n\n"));
}

impl Jobs {
    /// Follows a job. `None`: there is none.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn follow(self: &Arc<Self>, id: TaskId, asker: &str, base: BaseUrl) -> Result<Option<JobFollower>, StoreError> {
        Ok(self.has(id, asker).await?.then(|| JobFollower::new(self.clone(), id, base)))
    }
}

impl Drop for JobFollower {
    fn drop(&mut self) {
        self.jobs.tracker.hub().unfollow(&self.waker, &[self.id]);
    }
}

impl JobFollower {
    fn new(jobs: Arc<Jobs>, id: TaskId, base: BaseUrl) -> Self {
        let hub = jobs.tracker.hub();
        let (mut states, (waker, _)) = (hub.states(), hub.follow(&[id]));
        states.mark_unchanged();
        Self {
            jobs,
            id,
            base,
            states,
            waker,
            status: None,
            progress: None,
            preview: None,
            outputs: HashSet::new(),
            next_progress: Instant::now(),
            is_over: false,
        }
    }

    /// The next events. `None`: the end was sent, or the job was removed.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.is_over {
                return None;
            }
            self.states.mark_unchanged();
            let task = self.jobs.archive.task(self.id).await?;
            let events = self.events(&task).await;
            if !events.is_empty() {
                return Some(events.into());
            }
            let runs = self.status.is_some_and(|event| matches!(event.status, JobStatus::Running | JobStatus::Canceling));
            // Progress raises no change of state. The sender is dropped only when the server ends.
            if runs {
                let now = Instant::now();
                let due = if self.next_progress > now { self.next_progress } else { now + limits::JOB_PROGRESS_EVERY };
                let _ = timeout_at(due, self.waker.state_changed()).await;
            } else if self.states.changed().await.is_err() {
                return None;
            }
        }
    }

    /// What is new. The outputs come before the end.
    async fn events(&mut self, task: &Task) -> String {
        let mut text = String::new();
        let status = JobStatus::of(task);
        let queue_position = if status == JobStatus::Queued { self.jobs.tracker.position(self.id) } else { None };
        let event = StatusEvent { status, queue_position };
        let is_new = self.status != Some(event);
        if is_new && !status.is_end() {
            write(&mut text, "status", &event);
        }
        if status.is_end() || Instant::now() >= self.next_progress {
            self.progress(task, &mut text);
            if !status.is_end() {
                self.preview(&mut text);
            }
        }
        self.outputs(task, &mut text).await;
        if is_new && status.is_end() {
            write(&mut text, "status", &event);
            self.is_over = true;
        }
        self.status = Some(event);
        text
    }

    fn progress(&mut self, task: &Task, text: &mut String) {
        let Some(mut progress) = JobProgress::of(task) else { return };
        // Another attempt begins anew; what was said before is not taken back.
        if let Some(last) = &self.progress {
            progress.value = progress.value.max(last.value);
            progress.nodes_done = progress.nodes_done.max(last.nodes_done.min(progress.nodes_total));
        }
        if self.progress.as_ref() != Some(&progress) {
            write(text, "progress", &progress);
            self.progress = Some(progress);
            self.next_progress = Instant::now() + limits::JOB_PROGRESS_EVERY;
        }
    }

    fn preview(&mut self, text: &mut String) {
        let Some(frame) = self.jobs.tracker.newest_preview(self.id).filter(|frame| self.preview.as_ref() != Some(frame)) else { return };
        if let Some(PreviewFrame { node, image, .. }) = PreviewFrame::decode(&frame)
            && let Some(content_type) = sniff(image)
        {
            write(text, "preview", &PreviewEvent { node_id: node.as_str(), content_type, data_base64: STANDARD.encode(image) });
            self.next_progress = Instant::now() + limits::JOB_PROGRESS_EVERY;
        }
        self.preview = Some(frame);
    }

    async fn outputs(&mut self, task: &Task, text: &mut String) {
        if task.outputs.len() == self.outputs.len() {
            return;
        }
        let kept = self.jobs.store.kept_outputs(self.id).await.unwrap_or_else(|error| {
            tracing::error!(%error, id = %self.id, "the sizes of outputs cannot be read");
            Vec::new()
        });
        for output in outputs(task, &kept, &self.base, now()) {
            if self.outputs.insert(output.number) {
                write(text, "output", &output);
            }
        }
    }
}
