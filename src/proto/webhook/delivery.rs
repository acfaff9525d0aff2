//! The delivery of one message as a pure state machine: the store saves the [`DeliveryRow`] that [`step`] returns, and carries out the [`Action`].
//! The loop that makes an attempt once it is due, and reports its start and end, is the server's `Deliveries::run`.
//!
//! An attempt takes its slot of the schedule (`slot`, `next_at`) on disk before the call is made. So a slot is used at most once, whenever the
//! process is killed.

use std::time::Duration;

use super::{
    outcome::AttemptOutcome,
    records::{AttemptState, DeliveryState},
    schedule::pause,
};
use crate::time::Timestamp;

/// What is stored about the delivery of a message, besides the message itself: columns of the table `deliveries`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    pub state: DeliveryState,
    /// Attempts of the schedule that were started.
    pub slot: u32,
    /// When the next attempt of the schedule is due. Kept while an attempt is under way. `None`: there is no further one.
    pub next_at: Option<Timestamp>,
    /// When the next attempt is due, of the schedule or by hand. Set exactly while [`DeliveryState::Waiting`].
    pub due_at: Option<Timestamp>,
    /// The attempt that is due was requested by a person or program: it uses no slot.
    pub by_hand: bool,
    /// The message was delivered before. It stays delivered when another delivery of it fails.
    pub delivered: bool,
}

/// An event of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryEvent {
    /// The attempt that was read as due is about to be made. `slot` and `by_hand` are those that were read. `next_at`: see [`next_attempt`].
    AttemptStarted { slot: u32, by_hand: bool, next_at: Option<Timestamp> },
    /// The attempt ended.
    AttemptEnded(AttemptOutcome),
    /// The process was started, and this attempt was under way when the one before it ended: its outcome is unknown.
    Interrupted,
    /// A person or program requested another delivery, at once.
    RedeliveryRequested { at: Timestamp },
    /// Another message to the same webhook was answered with 410.
    WebhookDisabled,
    /// The webhook is no longer in the settings.
    WebhookRemoved,
}

/// What the store does besides saving the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing. The event does not apply: the row is as it was.
    Ignore,
    /// Only save the row.
    Save,
    /// Record an attempt, and call the receiver once the row is on disk.
    Call,
    /// Disable the webhook: no message goes to it any more. Its other deliveries get [`DeliveryEvent::WebhookDisabled`].
    DisableWebhook,
    /// Enable the webhook, in case it is disabled. Other deliveries that were disabled with it stay so.
    EnableWebhook,
}

/// When the attempt after the one in `slot` is due, when that one is made at `now`. `None`: it is the last. `jitter`: a random number from 0 to 1000.
#[must_use]
pub fn next_attempt(retries: &[Duration], slot: u32, now: Timestamp, jitter: u16) -> Option<Timestamp> {
    pause(retries, slot, jitter).map(|pause| now.plus(pause))
}

impl DeliveryRow {
    /// A message about something that happened at `at`. It is due at once, unless its webhook is disabled.
    #[must_use]
    pub fn new(at: Timestamp, webhook_disabled: bool) -> Self {
        let due = if webhook_disabled { None } else { Some(at) };
        let state = if webhook_disabled { DeliveryState::Disabled } else { DeliveryState::Waiting };
        Self { state, slot: 0, next_at: due, due_at: due, by_hand: false, delivered: false }
    }

    /// A message about progress. Its only attempt is under way from the beginning.
    #[must_use]
    pub fn new_progress() -> Self {
        Self { state: DeliveryState::Sending, slot: 1, next_at: None, due_at: None, by_hand: false, delivered: false }
    }

    /// An attempt ended without success, or in an unknown way: the next one of the schedule, not before `not_before`.
    fn retry(self, not_before: Option<Timestamp>) -> Self {
        let next_at = self.next_at.map(|next| next.max(not_before.unwrap_or_default()));
        let state = match next_at {
            Some(_) => DeliveryState::Waiting,
            None if self.delivered => DeliveryState::Delivered,
            None => DeliveryState::Failed,
        };
        Self { state, next_at, due_at: next_at, ..self }
    }

    fn without_schedule(self, state: DeliveryState) -> Self {
        Self { state, next_at: None, due_at: None, ..self }
    }
}

/// The row after an event, and the action. An event that does not apply gives the same row and [`Action::Ignore`].
#[must_use]
pub fn step(row: DeliveryRow, event: DeliveryEvent) -> (DeliveryRow, Action) {
    let is_sending = row.state == DeliveryState::Sending;
    match event {
        // An attempt by hand does not change the schedule.
        DeliveryEvent::AttemptStarted { by_hand: true, .. } if row.by_hand && row.due_at.is_some() => {
            (DeliveryRow { state: DeliveryState::Sending, due_at: None, by_hand: false, ..row }, Action::Call)
        }
        DeliveryEvent::AttemptStarted { slot, by_hand: false, next_at } if !row.by_hand && row.due_at.is_some() && row.slot == slot => {
            (DeliveryRow { state: DeliveryState::Sending, slot: slot + 1, next_at, due_at: None, ..row }, Action::Call)
        }
        DeliveryEvent::AttemptEnded(AttemptOutcome::Delivered) => {
            (DeliveryRow { delivered: true, ..row.without_schedule(DeliveryState::Delivered) }, Action::Save)
        }
        DeliveryEvent::AttemptEnded(AttemptOutcome::Retry { not_before }) => (row.retry(not_before), Action::Save),
        DeliveryEvent::AttemptEnded(AttemptOutcome::Gone) => {
            let state = if row.delivered { DeliveryState::Delivered } else { DeliveryState::Disabled };
            (row.without_schedule(state), Action::DisableWebhook)
        }
        DeliveryEvent::Interrupted if is_sending => (row.retry(None), Action::Save),
        // Whoever requests it expects that the receiver works again: later messages are sent, too.
        DeliveryEvent::RedeliveryRequested { at } if !is_sending => {
            (DeliveryRow { state: DeliveryState::Waiting, due_at: Some(at), by_hand: true, ..row }, Action::EnableWebhook)
        }
        // An attempt in progress finishes, and is not retried.
        DeliveryEvent::WebhookDisabled if is_sending => (row.without_schedule(row.state), Action::Save),
        DeliveryEvent::WebhookDisabled if row.state == DeliveryState::Waiting => {
            (DeliveryRow { by_hand: false, ..row.without_schedule(DeliveryState::Disabled) }, Action::Save)
        }
        DeliveryEvent::WebhookRemoved if row.due_at.is_some() => {
            (DeliveryRow { by_hand: false, ..row.without_schedule(DeliveryState::Disabled) }, Action::Save)
        }
        DeliveryEvent::AttemptStarted { .. }
        | DeliveryEvent::Interrupted
        | DeliveryEvent::RedeliveryRequested { .. }
        | DeliveryEvent::WebhookDisabled
        | DeliveryEvent::WebhookRemoved => (row, Action::Ignore),
    }
}

/// The recorded state of an attempt with this outcome.
#[must_use]
pub fn attempt_state(outcome: AttemptOutcome) -> AttemptState {
    if outcome == AttemptOutcome::Delivered { AttemptState::Delivered } else { AttemptState::Failed }
}

#[cfg(test)]
mod tests;
