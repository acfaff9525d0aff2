//! Calls webhooks, and calls them again after a failure: [`Deliveries::run`] makes each attempt when it is due, and records its outcome.
//!
//! As an attempt starts, [`next_attempt`](proto::webhook::delivery::next_attempt) computes from the schedule in the settings when the one after it is
//! due; from its outcome, [`step`](proto::webhook::delivery::step) decides whether there is one.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::{call::WebhookCall, deliveries::Deliveries, progress::SentProgress, running_calls::RunningCalls};
use crate::{
    clock::now,
    store::{Attempted, Claimed, DeliverySubject, DeliveryTarget, Due, StoreError},
};
use comfyui::{StopPlace, reach};
use proto::{
    limits,
    task::TaskState,
    time::Timestamp,
    webhook::{AttemptOutcome, MessageEvent, delivery::next_attempt},
};

/// How often progress is sent, at most.
const TICK: Duration = Duration::from_secs(1);

impl Deliveries {
    /// Delivers until `stop`, and then waits for the calls that are under way.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let subscribed = async {
            while let Err(error) = self.store.subscribe(self.settings.subscribers()).await {
                tracing::error!(%error, "webhooks wait for the database");
                sleep(limits::STORE_RETRY).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = subscribed => {}
        }
        let (mut calls, mut sent) = (RunningCalls::default(), SentProgress::default());
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let wait = self.start_due(&mut calls).await.unwrap_or_else(|error| {
                tracing::error!(%error, "webhooks cannot be looked up");
                limits::STORE_RETRY
            });
            let is_running = !self.tracker.unfinished(|task| task.state == TaskState::Running).is_empty();
            tokio::select! {
                () = stop.cancelled() => break,
                () = calls.finished() => {}
                () = self.store.new_deliveries() => {}
                () = sleep(wait) => {}
                _ = ticks.tick(), if is_running => self.send_progress(&mut calls, &mut sent).await,
            }
        }
        while !calls.is_empty() {
            calls.finished().await;
        }
    }

    /// Starts all calls that are due and for which there is room. Returns how long to wait for the next one.
    async fn start_due(self: &Arc<Self>, calls: &mut RunningCalls) -> Result<Duration, StoreError> {
        let now = now();
        let (paused, resumed_at) = calls.in_flight.paused(now);
        for due in self.store.due(now, calls.in_flight.full(), paused).await? {
            if calls.in_flight.has_room(&due.target) && self.is_published(&due) {
                let this = self.clone();
                calls.start(due.target.clone(), async move { this.send(due).await });
            }
        }
        let (next, waiting) = self.store.next_due(now).await?;
        self.tracker.meters().set_webhooks_waiting(waiting);
        let next = next.into_iter().chain(resumed_at).min();
        Ok(next.map_or(limits::WEBHOOK_POLL, |next| Duration::from_millis(next.since(now)).min(limits::WEBHOOK_POLL)))
    }

    /// Whether everybody sees what the message is about. The change that makes it visible wakes [`run`](Self::run).
    fn is_published(&self, due: &Due) -> bool {
        // What happened in a production is told to everybody when it is on disk.
        let (DeliverySubject::Task(task), MessageEvent::Task(event)) = (due.target.subject, due.event) else { return true };
        // ComfyUI may still refuse a pending task, which then never existed. An end is on disk before it is published (`Tracker::keep_end`), and
        // the body of a message is made of what is published.
        !self.tracker.is_pending(task) && (!event.is_end() || self.tracker.has_ended(task))
    }

    /// Makes an attempt. Returns the time before which the receiver wants no other, if it named one.
    async fn send(&self, due: Due) -> Option<Timestamp> {
        let (claimed, is_last) = match self.claim(&due).await {
            Ok(Some(claimed)) => claimed,
            Ok(None) => return None,
            Err(error) => {
                tracing::warn!(%error, about = %due.target.subject, "a webhook cannot be called now");
                sleep(limits::STORE_RETRY).await;
                return None;
            }
        };
        self.call(due.target, &due.id, due.event, claimed, is_last).await
    }

    /// Records that an attempt starts, and whether it is the last. `None`: the message no longer applies.
    async fn claim(&self, due: &Due) -> Result<Option<(Claimed, bool)>, StoreError> {
        let body = match (due.target.subject, due.event) {
            (DeliverySubject::Task(task), MessageEvent::Task(event)) if !due.has_body => self.body(task, event).await?,
            _ => None,
        };
        if body.is_none() && !due.has_body {
            // Its task was just removed, and the message will be removed, too.
            sleep(limits::STORE_RETRY).await;
            return Ok(None);
        }
        let at = now();
        let next_at = next_attempt(&self.settings.retries, due.slot, at, rand::random_range(0..=1000));
        let is_last = due.by_hand || next_at.is_none();
        Ok(self.store.claim(due.clone(), body, at, next_at).await?.map(|claimed| (claimed, is_last)))
    }

    /// Makes the call of a claimed attempt.
    pub(super) async fn call(
        &self,
        target: DeliveryTarget,
        id: &str,
        event: MessageEvent,
        claimed: Claimed,
        is_last: bool,
    ) -> Option<Timestamp> {
        let Claimed { number, body, secret } = claimed;
        let key = self.settings.key(&target, secret.as_ref());
        let call = WebhookCall { url: &target.url, id, event, body, key: &key };
        reach(StopPlace::InWebhook);
        let attempted = self.settings.client.call(call, now()).await;
        let outcome = match attempted.outcome {
            AttemptOutcome::Delivered => "delivered",
            AttemptOutcome::Gone => "disabled",
            AttemptOutcome::Retry { .. } if is_last => "failed",
            AttemptOutcome::Retry { .. } => "retried",
        };
        self.tracker.meters().webhook_called(outcome);
        let why = attempted.error.as_deref().unwrap_or_default();
        tracing::debug!(about = %target.subject, host = target.host, event = event.as_str(), outcome, why, "called a webhook");
        if attempted.outcome == AttemptOutcome::Gone {
            tracing::warn!(about = %target.subject, host = target.host, "a webhook is disabled: its receiver answered 410");
        }
        let not_before = if let AttemptOutcome::Retry { not_before } = attempted.outcome { not_before } else { None };
        self.record(target, id, number, attempted).await;
        not_before
    }

    /// Records the outcome of an attempt. Repeated until it succeeds or the database is closed: otherwise the attempt would have no known outcome.
    async fn record(&self, target: DeliveryTarget, id: &str, number: u32, attempted: Attempted) {
        loop {
            match self.store.attempted(id, number, target.clone(), attempted.clone(), now()).await {
                Ok(()) | Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "what came of a webhook's call cannot be kept yet");
                    sleep(limits::STORE_RETRY).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
