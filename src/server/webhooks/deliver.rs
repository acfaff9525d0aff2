//! Takes due messages from the store, sends them, and stores the results.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::{WebhookCall, calls::ActiveCalls, progress::LastProgress};
use crate::{
    AppState,
    clock::now,
    store::{Attempted, Claimed, DeliveryTarget, Due, StoreError},
};
use proto::{
    limits,
    task::TaskState,
    time::Timestamp,
    webhook::{Outcome, WebhookEvent, pause},
};

/// Interval for checking progress.
const TICK: Duration = Duration::from_secs(1);

impl AppState {
    /// Delivers messages until `stop`. ActiveCalls in progress then finish, if given the time.
    pub(crate) async fn deliver(&self, stop: CancellationToken) {
        let subscribed = async {
            while let Err(error) = self.0.store.subscribe(self.webhooks().subscribers()).await {
                tracing::error!(%error, "webhooks wait for the database");
                sleep(limits::STORE_RETRY).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = subscribed => {}
        }
        let (mut deliveries, mut told) = (ActiveCalls::default(), LastProgress::default());
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let wait = self.depart(&mut deliveries).await.unwrap_or_else(|error| {
                tracing::error!(%error, "webhooks cannot be looked up");
                limits::STORE_RETRY
            });
            let runs = !self.tracker().unfinished(|task| task.state == TaskState::Running).is_empty();
            tokio::select! {
                () = stop.cancelled() => break,
                () = deliveries.ended() => {}
                () = self.0.store.messages() => {}
                () = sleep(wait) => {}
                _ = ticks.tick(), if runs => self.tell_progress(&mut deliveries, &mut told).await,
            }
        }
        while !deliveries.is_empty() {
            deliveries.ended().await;
        }
    }

    /// Starts all due calls for which there is room. Returns the time until the next one is due.
    async fn depart(&self, deliveries: &mut ActiveCalls) -> Result<Duration, StoreError> {
        let now = now();
        let (held, released) = deliveries.in_flight.held(now);
        for due in self.0.store.due(now, deliveries.in_flight.full(), held).await? {
            // Wait while ComfyUI may still refuse the task: a refused task never existed. Its acceptance wakes this loop again.
            if deliveries.in_flight.has_room(&due.line) && !self.tracker().is_pending(due.line.task) {
                let state = self.clone();
                deliveries.begin(due.line.clone(), async move { state.send(due).await });
            }
        }
        let (next, waiting) = self.0.store.next_due(now).await?;
        self.tracker().meters().webhooks_waiting(waiting);
        let next = next.into_iter().chain(released).min();
        Ok(next.map_or(limits::WEBHOOK_LOOK, |next| Duration::from_millis(next.since(now)).min(limits::WEBHOOK_LOOK)))
    }

    /// Makes an attempt. Returns the end of the pause that the receiver requested, if any.
    async fn send(self, due: Due) -> Option<Timestamp> {
        let claimed = match self.claim(&due).await {
            Ok(Some(claimed)) => claimed,
            Ok(None) => return None,
            Err(error) => {
                tracing::warn!(%error, task = %due.line.task, "a webhook cannot be called now");
                sleep(limits::STORE_RETRY).await;
                return None;
            }
        };
        let is_last = due.by_hand || pause(&self.webhooks().retries, due.slot, 0).is_none();
        self.call(due.line, &due.id, due.event, claimed, is_last).await
    }

    async fn claim(&self, due: &Due) -> Result<Option<Claimed>, StoreError> {
        let body = if due.has_body { None } else { self.webhook_body(due.line.task, due.event).await? };
        if body.is_none() && !due.has_body {
            // The task was just removed, and this message will be.
            sleep(limits::STORE_RETRY).await;
            return Ok(None);
        }
        let at = now();
        let next_at = pause(&self.webhooks().retries, due.slot, rand::random_range(0..=1000)).map(|pause| at.plus(pause));
        self.0.store.claim(due.clone(), body, at, next_at).await
    }

    /// Makes the claimed call.
    pub(super) async fn call(
        &self,
        line: DeliveryTarget,
        id: &str,
        event: WebhookEvent,
        claimed: Claimed,
        is_last: bool,
    ) -> Option<Timestamp> {
        let Claimed { number, body, secret } = claimed;
        let key = self.webhooks().key(&line, secret.as_ref());
        let call = WebhookCall { url: &line.url, id, event, body, key: &key };
        let attempted = self.webhooks().caller.call(call, now()).await;
        let outcome = match attempted.outcome {
            Outcome::Delivered => "delivered",
            Outcome::Gone => "disabled",
            Outcome::Again { .. } if is_last => "failed",
            Outcome::Again { .. } => "retried",
        };
        self.tracker().meters().webhook(outcome);
        let why = attempted.error.as_deref().unwrap_or_default();
        tracing::debug!(task = %line.task, host = line.host, event = event.as_str(), outcome, why, "called a webhook");
        if attempted.outcome == Outcome::Gone {
            tracing::warn!(task = %line.task, host = line.host, "a webhook is disabled: its receiver answered 410");
        }
        let held = if let Outcome::Again { not_before } = attempted.outcome { not_before } else { None };
        self.note(line, id, number, attempted).await;
        held
    }

    /// Stores an attempt's result; retries until the database is closed, as otherwise the result would be unknown.
    async fn note(&self, line: DeliveryTarget, id: &str, number: u32, attempted: Attempted) {
        loop {
            match self.0.store.attempted(id, number, line.clone(), attempted.clone(), now()).await {
                Ok(()) | Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "what came of a webhook's call cannot be kept yet");
                    sleep(limits::STORE_RETRY).await;
                }
            }
        }
    }
}
