use proptest::prelude::*;

use super::*;
use crate::webhook::RETRIES;

const AGAIN: DeliveryEvent = DeliveryEvent::AttemptEnded(AttemptOutcome::Retry { not_before: None });
const DELIVERED: DeliveryEvent = DeliveryEvent::AttemptEnded(AttemptOutcome::Delivered);
const GONE: DeliveryEvent = DeliveryEvent::AttemptEnded(AttemptOutcome::Gone);

fn retries() -> Vec<Duration> {
    RETRIES.map(Duration::from_secs).to_vec()
}

/// What the server does with a due row: it starts the attempt that it read.
fn start(row: DeliveryRow, now: Timestamp) -> DeliveryEvent {
    DeliveryEvent::AttemptStarted { slot: row.slot, by_hand: row.by_hand, next_at: next_attempt(&retries(), row.slot, now, 0) }
}

fn after(row: DeliveryRow, events: &[DeliveryEvent]) -> DeliveryRow {
    events.iter().fold(row, |row, event| step(row, *event).0)
}

/// A new message whose first attempt is under way.
fn sending() -> DeliveryRow {
    let new = DeliveryRow::new(Timestamp(1_000), false);
    after(new, &[start(new, Timestamp(1_000))])
}

#[test]
fn a_message_that_always_fails_uses_every_slot_once_and_then_fails() {
    let mut row = DeliveryRow::new(Timestamp(0), false);
    let mut times = Vec::new();
    while let Some(now) = row.due_at {
        times.push(now.0 / 1000);
        row = after(row, &[start(row, now), AGAIN]);
    }
    assert_eq!(row.state, DeliveryState::Failed);
    assert_eq!(times, [0, 5, 305, 2_105, 9_305, 27_305, 63_305, 113_705, 185_705, 272_105]);
}

#[test]
fn retry_after_delays_the_next_attempt_and_never_hastens_it() {
    let of = |not_before| after(sending(), &[DeliveryEvent::AttemptEnded(AttemptOutcome::Retry { not_before })]).due_at;
    assert_eq!(of(None), Some(Timestamp(6_000)));
    assert_eq!(of(Some(Timestamp(2_000))), Some(Timestamp(6_000)));
    assert_eq!(of(Some(Timestamp(60_000))), Some(Timestamp(60_000)));
}

#[test]
fn retry_after_gives_no_attempt_beyond_the_last() {
    let row = DeliveryRow { next_at: None, ..sending() };
    let row = after(row, &[DeliveryEvent::AttemptEnded(AttemptOutcome::Retry { not_before: Some(Timestamp(60_000)) })]);
    assert_eq!(row.state, DeliveryState::Failed);
    assert_eq!(row.due_at, None);
}

#[test]
fn an_interrupted_attempt_is_followed_by_the_next_of_the_schedule() {
    let (row, action) = step(sending(), DeliveryEvent::Interrupted);
    assert_eq!(action, Action::Save);
    assert_eq!(row.state, DeliveryState::Waiting);
    assert_eq!(row.slot, 1, "its slot is used");
    assert_eq!(row.due_at, Some(Timestamp(6_000)));
    assert_eq!(step(row, DeliveryEvent::Interrupted), (row, Action::Ignore));
}

#[test]
fn an_interrupted_message_of_progress_has_failed() {
    assert_eq!(step(DeliveryRow::new_progress(), DeliveryEvent::Interrupted).0.state, DeliveryState::Failed);
}

#[test]
fn a_410_disables_the_webhook_and_its_other_messages() {
    let (row, action) = step(sending(), GONE);
    assert_eq!(action, Action::DisableWebhook);
    assert_eq!(row.state, DeliveryState::Disabled);
    assert_eq!(after(DeliveryRow::new(Timestamp(0), false), &[DeliveryEvent::WebhookDisabled]).state, DeliveryState::Disabled);
    let under_way = after(sending(), &[DeliveryEvent::WebhookDisabled]);
    assert_eq!(under_way.state, DeliveryState::Sending);
    assert_eq!(after(under_way, &[AGAIN]).state, DeliveryState::Failed, "it is not tried again");
    assert_eq!(after(under_way, &[DELIVERED]).state, DeliveryState::Delivered);
}

#[test]
fn a_redelivery_enables_the_webhook_and_uses_no_slot() {
    let waiting = after(sending(), &[AGAIN]);
    let (row, action) = step(waiting, DeliveryEvent::RedeliveryRequested { at: Timestamp(3_000) });
    assert_eq!(action, Action::EnableWebhook);
    assert_eq!(row.due_at, Some(Timestamp(3_000)));
    let row = after(row, &[start(row, Timestamp(3_000)), AGAIN]);
    assert_eq!(row, waiting, "the schedule goes on where it was");
}

#[test]
fn a_delivered_message_stays_delivered_after_a_failed_redelivery() {
    let delivered = after(sending(), &[DELIVERED]);
    let again = after(delivered, &[DeliveryEvent::RedeliveryRequested { at: Timestamp(9_000) }]);
    let again = after(again, &[start(again, Timestamp(9_000))]);
    for end in [AGAIN, GONE, DELIVERED, DeliveryEvent::Interrupted] {
        assert_eq!(after(again, &[end]).state, DeliveryState::Delivered, "{end:?}");
    }
}

#[test]
fn a_message_is_not_redelivered_while_it_is_being_sent() {
    let row = sending();
    assert_eq!(step(row, DeliveryEvent::RedeliveryRequested { at: Timestamp(9_000) }), (row, Action::Ignore));
}

#[test]
fn a_removed_webhook_gets_nothing_that_is_due_and_keeps_what_is_over() {
    assert_eq!(after(DeliveryRow::new(Timestamp(0), false), &[DeliveryEvent::WebhookRemoved]).state, DeliveryState::Disabled);
    let delivered = after(sending(), &[DELIVERED]);
    assert_eq!(step(delivered, DeliveryEvent::WebhookRemoved), (delivered, Action::Ignore));
}

/// Events in any order. `AttemptStarted` is replaced by what the server reads from some earlier row: a stale one too.
#[derive(Clone, Debug)]
enum Happens {
    Start { stale: bool },
    Other(DeliveryEvent),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => any::<bool>().prop_map(|stale| Happens::Start { stale }),
        2 => proptest::option::of(0_u64..1_000_000_000).prop_map(|at| {
            Happens::Other(DeliveryEvent::AttemptEnded(AttemptOutcome::Retry { not_before: at.map(Timestamp) }))
        }),
        1 => Just(Happens::Other(DELIVERED)),
        1 => Just(Happens::Other(GONE)),
        1 => Just(Happens::Other(DeliveryEvent::Interrupted)),
        1 => (0_u64..1_000_000_000).prop_map(|at| Happens::Other(DeliveryEvent::RedeliveryRequested { at: Timestamp(at) })),
        1 => Just(Happens::Other(DeliveryEvent::WebhookDisabled)),
        1 => Just(Happens::Other(DeliveryEvent::WebhookRemoved)),
    ]
}

proptest! {
    /// Whatever happens in whatever order: a slot is used at most once, no two attempts are under way at a time, and the fields agree.
    #[test]
    fn a_slot_is_used_once_and_the_fields_agree(disabled: bool, events in proptest::collection::vec(happens(), 0..60)) {
        let mut row = DeliveryRow::new(Timestamp(0), disabled);
        let mut read = row;
        let mut used = Vec::new();
        for happens in events {
            let before = row;
            let event = match happens {
                Happens::Start { stale } => {
                    read = if stale { read } else { row };
                    start(read, read.due_at.unwrap_or_default())
                }
                // Only an attempt that was started ends.
                Happens::Other(DeliveryEvent::AttemptEnded(_)) if row.state != DeliveryState::Sending => continue,
                Happens::Other(event) => event,
            };
            let (next, action) = step(row, event);
            row = next;
            if action == Action::Ignore {
                prop_assert_eq!(row, before);
            }
            if action == Action::Call {
                prop_assert_ne!(before.state, DeliveryState::Sending);
                prop_assert_eq!(row.state, DeliveryState::Sending);
                if !before.by_hand {
                    used.push(before.slot);
                }
            }
            prop_assert_eq!(row.due_at.is_some(), row.state == DeliveryState::Waiting, "{:?}", row);
            prop_assert!(!row.by_hand || row.state == DeliveryState::Waiting, "{:?}", row);
            prop_assert!(row.by_hand || row.due_at.is_none() || row.due_at == row.next_at, "{:?}", row);
            prop_assert!(!row.delivered || row.next_at.is_none(), "{:?}", row);
            prop_assert!(!before.delivered || row.delivered, "{:?}", row);
            prop_assert!(row.slot as usize == used.len());
        }
        let slots: Vec<u32> = (0..).take(used.len()).collect();
        prop_assert_eq!(&used, &slots);
        prop_assert!(used.len() <= RETRIES.len() + 1);
    }
}
