//! Progress, for webhooks that subscribed to it: the newest progress, not more often than they want. A message that does not arrive is not sent again,
//! because a newer one follows.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{deliveries::Deliveries, running_calls::RunningCalls, settings::WebhookSettings};
use crate::{
    clock::now,
    report::Progress,
    store::{DeliverySubject, DeliveryTarget, StoreError},
};
use proto::{
    ids::TaskId,
    task::{Task, TaskState},
    webhook::{MessageEvent, WebhookEvent},
};

/// The progress that each webhook got last, and when.
#[derive(Default)]
pub(super) struct SentProgress(HashMap<DeliveryTarget, (Instant, Progress)>);

/// A tick may be early by this much.
const SLACK: Duration = Duration::from_millis(100);

/// Progress is sent this long after the start of a task, so that the message about the start is sent before.
const HEAD_START: Duration = Duration::from_secs(1);

impl Deliveries {
    /// Starts a call for each webhook whose progress is due.
    pub(super) async fn send_progress(self: &Arc<Self>, calls: &mut RunningCalls, sent: &mut SentProgress) {
        let now = now();
        let has_run = |task: &Task| task.started_at.is_some_and(|at| now.since(at) >= HEAD_START.as_millis() as u64);
        let running = self.tracker.unfinished(|task| task.state == TaskState::Running && has_run(task));
        sent.0.retain(|target, _| target.subject.task().is_some_and(|task| running.contains(&task)));
        if let Err(error) = self.try_send_progress(&running, calls, sent).await {
            tracing::warn!(%error, "webhooks cannot be told of progress now");
        }
    }

    async fn try_send_progress(
        self: &Arc<Self>,
        running: &[TaskId],
        calls: &mut RunningCalls,
        sent: &mut SentProgress,
    ) -> Result<(), StoreError> {
        let (mut listeners, disabled) = self.store.progress_listeners().await?;
        listeners.retain(|(target, _)| target.subject.task().is_some_and(|task| running.contains(&task)));
        for (endpoint, every) in self.settings.progress_listeners() {
            let (url, host) = (endpoint.target.url.to_string(), &endpoint.target.host);
            if !disabled.contains(&url) {
                let target =
                    |task| DeliveryTarget { subject: DeliverySubject::Task(task), is_own: false, url: url.clone(), host: host.clone() };
                listeners.extend(running.iter().map(|task| (target(*task), every)));
            }
        }
        for (target, every) in listeners {
            let last = sent.0.get(&target);
            if last.is_some_and(|(at, _)| at.elapsed() + SLACK < every)
                || !calls.in_flight.has_room(&target)
                || calls.in_flight.is_paused(&target.url, now())
            {
                continue;
            }
            let Some(task) = target.subject.task() else { continue };
            let Some(message) = self.archive.message(task, &self.settings.urls).await? else { continue };
            if message.is_end() || last.is_some_and(|(_, progress)| *progress == message.progress) {
                continue;
            }
            let body = serde_json::to_string(&message)?;
            sent.0.insert(target.clone(), (Instant::now(), message.progress));
            let this = self.clone();
            calls.start(target.clone(), async move {
                let (at, id) = (now(), WebhookSettings::progress_id(task, &target, now().0));
                match this.store.claim_progress(target.clone(), id.clone(), body, at).await {
                    Ok(Some(claimed)) => this.call(target, &id, MessageEvent::Task(WebhookEvent::Progress), claimed, true).await,
                    Ok(None) => None,
                    Err(error) => {
                        tracing::warn!(%error, "a webhook cannot be told of progress now");
                        None
                    }
                }
            });
        }
        Ok(())
    }
}
