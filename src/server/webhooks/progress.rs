//! Progress messages: only the newest, sent once, at most at the requested rate. A failed one is not retried.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::{Webhooks, calls::ActiveCalls};
use crate::{
    AppState,
    clock::now,
    report::Progress,
    store::{DeliveryTarget, StoreError},
};
use proto::{
    task::{Task, TaskState},
    webhook::WebhookEvent,
};

/// The last progress sent to each receiver, and when.
#[derive(Default)]
pub(super) struct LastProgress(HashMap<DeliveryTarget, (Instant, Progress)>);

/// Tolerance for ticks that come slightly early.
const SLACK: Duration = Duration::from_millis(100);

/// Delay after a run's start before progress is sent, so that the `started` message is sent first.
const HEAD_START: Duration = Duration::from_secs(1);

impl AppState {
    pub(super) async fn tell_progress(&self, deliveries: &mut ActiveCalls, told: &mut LastProgress) {
        let now = now();
        let has_run = |task: &Task| task.started_at.is_some_and(|at| now.since(at) >= HEAD_START.as_millis() as u64);
        let running = self.tracker().unfinished(|task| task.state == TaskState::Running && has_run(task));
        told.0.retain(|line, _| running.contains(&line.task));
        if let Err(error) = self.try_tell_progress(&running, deliveries, told).await {
            tracing::warn!(%error, "webhooks cannot be told of progress now");
        }
    }

    async fn try_tell_progress(
        &self,
        running: &[proto::ids::TaskId],
        deliveries: &mut ActiveCalls,
        told: &mut LastProgress,
    ) -> Result<(), StoreError> {
        let (mut listeners, disabled) = self.0.store.progress_listeners().await?;
        listeners.retain(|(line, _)| running.contains(&line.task));
        for (endpoint, every) in self.webhooks().listeners() {
            let (url, host) = (endpoint.target.url.to_string(), &endpoint.target.host);
            if !disabled.contains(&url) {
                let line = |task| DeliveryTarget { task, is_own: false, url: url.clone(), host: host.clone() };
                listeners.extend(running.iter().map(|task| (line(*task), every)));
            }
        }
        for (line, every) in listeners {
            let last = told.0.get(&line);
            if last.is_some_and(|(at, _)| at.elapsed() + SLACK < every)
                || !deliveries.in_flight.has_room(&line)
                || deliveries.in_flight.is_held(&line.url, now())
            {
                continue;
            }
            let Some(message) = self.message(line.task, &self.webhooks().urls).await? else { continue };
            if message.is_end() || last.is_some_and(|(_, progress)| *progress == message.progress) {
                continue;
            }
            let body = serde_json::to_string(&message)?;
            told.0.insert(line.clone(), (Instant::now(), message.progress));
            let state = self.clone();
            deliveries.begin(line.clone(), async move {
                let (at, id) = (now(), Webhooks::progress_id(&line, now().0));
                match state.0.store.claim_progress(line.clone(), id.clone(), body, at).await {
                    Ok(Some(claimed)) => state.call(line, &id, WebhookEvent::Progress, claimed, true).await,
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
