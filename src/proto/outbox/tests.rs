use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const NOW: Timestamp = Timestamp(1_000_000);

fn id(number: u128) -> CommandId {
    CommandId(Uuid::from_u128(number))
}

fn cancel(number: u128, at: u64) -> Pending {
    let task = TaskId(Uuid::from_u128(number));
    Pending::new(id(number), Order::Command(Command::Cancel { task }), format!("Cancel {number}"), Timestamp(at))
}

fn done() -> Answer {
    Answer::Done { task: None }
}

#[test]
fn orders_are_sent_one_at_a_time_in_order() {
    let mut outbox = Outbox::default();
    for number in 1..=3 {
        outbox.add(cancel(number, 5), 10).unwrap();
    }
    assert_eq!(outbox.send(NOW).unwrap().id, id(1));
    assert_eq!(outbox.send(NOW), None, "one is on its way");
    outbox.unanswered(id(1));
    assert_eq!(outbox.send(NOW).unwrap().id, id(1), "the others wait for it");
    assert_eq!(outbox.answered(id(1), &done()), None);
    assert_eq!(outbox.send(NOW).unwrap().id, id(2));
    let waits = outbox.answered(id(2), &Answer::Later("The disk is full.".into())).unwrap();
    assert_eq!(waits.note.as_deref(), Some("The disk is full."));
    assert_eq!(outbox.send(NOW).unwrap().id, id(2));
}

#[test]
fn orders_are_limited_in_number_and_size() {
    let mut outbox = Outbox::default();
    assert_eq!(outbox.add(cancel(1, 0), limits::OUTBOX_ORDER + 1), Ok(id(1)), "the first may leave at once");
    assert_eq!(outbox.add(cancel(2, 0), limits::OUTBOX_ORDER + 1), Err(OutboxError::TooLarge));
    for number in 3..=limits::OUTBOX as u128 + 1 {
        outbox.add(cancel(number, 0), limits::OUTBOX_ORDER).unwrap();
    }
    assert_eq!(outbox.orders().len(), limits::OUTBOX);
    assert_eq!(outbox.add(cancel(1000, 0), 1), Err(OutboxError::Full));
}

#[test]
fn a_repeated_command_is_queued_once_and_a_repeated_submission_twice() {
    let mut outbox = Outbox::default();
    outbox.add(cancel(1, 0), 1).unwrap();
    let again = Pending { id: id(9), ..cancel(1, 1) };
    assert_eq!(outbox.add(again, 1), Ok(id(1)));
    let submission = Order::Submit(Submission::Workflow { name: "a".into(), json: "{}".into() });
    for number in [2, 3] {
        outbox.add(Pending::new(id(number), submission.clone(), "Generate a".into(), NOW), 1).unwrap();
    }
    assert_eq!(outbox.orders().len(), 3);
}

#[test]
fn an_order_that_is_being_sent_cannot_be_withdrawn() {
    let mut outbox = Outbox::default();
    outbox.add(cancel(1, 0), 1).unwrap();
    outbox.add(cancel(2, 0), 1).unwrap();
    outbox.send(NOW);
    assert_eq!(outbox.withdraw(id(1)), None);
    assert_eq!(outbox.withdraw(id(2)).unwrap().id, id(2));
    outbox.unanswered(id(1));
    assert!(outbox.withdraw(id(1)).unwrap().tried, "it may have been carried out");
}

#[test]
fn an_order_expires_after_a_day_with_a_reason() {
    let day = u64::try_from(limits::KEY_LIFE.as_millis()).unwrap();
    let mut outbox = Outbox::default();
    outbox.load(vec![cancel(1, 0), Pending { tried: true, ..cancel(2, 1) }, cancel(3, 2)], Timestamp(day + 1));
    let notes: Vec<_> = outbox.orders().iter().map(|pending| (pending.refused, pending.note.as_deref().unwrap_or_default())).collect();
    assert!(notes[0].0 && notes[0].1.ends_with("It was not carried out."));
    assert!(notes[1].0 && notes[1].1.ends_with("Whether it was carried out is not known."));
    assert_eq!(notes[2], (false, ""));
    assert_eq!(outbox.send(Timestamp(day + 1)).unwrap().id, id(3));
    outbox.unanswered(id(3));
    assert_eq!(outbox.send(Timestamp(day + 2)), None, "nor is it sent when it waited too long here");
}

/// If this fails, orders that wait in browsers would be misread: raise `FORMAT`, and they are left out instead.
#[test]
fn the_stored_bytes_match_the_format_version() {
    let pending = Pending { tried: true, ..cancel(7, 300) };
    let head = [&[FORMAT, 16][..], Uuid::from_u128(7).as_bytes(), &[1, 0, 16], Uuid::from_u128(7).as_bytes()].concat();
    let tail = [&[8][..], b"Cancel 7", &[172, 2, 1, 0, 0]].concat();
    let bytes = [head, tail].concat();
    assert_eq!(pending.encode().unwrap(), bytes);
    assert_eq!(Pending::decode(&bytes), Some(Pending { stored: true, ..pending }));
    assert_eq!(Pending::decode(&[]), None);
    assert_eq!(Pending::decode(&[FORMAT + 1, 2, 3]), None);
}

/// A server that carries out each id once, and the storage that two tabs share.
#[derive(Default)]
struct Simulation {
    acted: Vec<u128>,
    known: HashSet<CommandId>,
    storage: BTreeMap<String, Vec<u8>>,
    tabs: [Tab; 2],
}

#[derive(Default)]
struct Tab {
    outbox: Outbox,
    /// Sent and without an answer.
    request: Option<Pending>,
}

#[derive(Clone, Debug)]
enum Step {
    Give {
        tab: usize,
    },
    Send {
        tab: usize,
    },
    /// The request arrives; its answer does, or not.
    Arrive {
        tab: usize,
        answered: bool,
    },
    Lose {
        tab: usize,
    },
    /// Another page takes its place.
    Reload {
        tab: usize,
    },
    /// The other tab's changes are heard of.
    Sync {
        tab: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    (0..2_usize, 0..8_u8, any::<bool>()).prop_map(|(tab, kind, answered)| match kind {
        0 | 1 => Step::Give { tab },
        2 | 3 => Step::Send { tab },
        4 | 5 => Step::Arrive { tab, answered },
        6 => Step::Lose { tab },
        _ if answered => Step::Reload { tab },
        _ => Step::Sync { tab },
    })
}

impl Simulation {
    fn stored(&self) -> Vec<Pending> {
        self.storage.values().filter_map(|bytes| Pending::decode(bytes)).collect()
    }

    fn sync(&mut self, tab: usize) {
        let stored = self.stored();
        self.tabs[tab].outbox.load(stored, NOW);
    }

    fn give(&mut self, tab: usize, number: u128) {
        self.sync(tab);
        let outbox = &mut self.tabs[tab].outbox;
        if let Ok(id) = outbox.add(cancel(number, u64::try_from(number).unwrap()), 1) {
            let added = outbox.orders().iter().find(|pending| pending.id == id).unwrap();
            self.storage.insert(added.key(), added.encode().unwrap());
            outbox.stored(id);
        }
    }

    fn arrive(&mut self, tab: usize, answered: bool) {
        let Some(sent) = self.tabs[tab].request.take() else { return };
        if self.known.insert(sent.id) {
            self.acted.push(sent.id.0.as_u128());
        }
        let outbox = &mut self.tabs[tab].outbox;
        if !answered {
            return outbox.unanswered(sent.id);
        }
        assert_eq!(outbox.answered(sent.id, &done()), None);
        self.storage.remove(&sent.key());
    }

    fn take(&mut self, step: &Step, number: u128) {
        match *step {
            Step::Give { tab } => self.give(tab, number),
            Step::Send { tab } => {
                if let Some(sent) = self.tabs[tab].outbox.send(NOW) {
                    self.tabs[tab].request = Some(sent);
                }
            }
            Step::Arrive { tab, answered } => self.arrive(tab, answered),
            Step::Lose { tab } => {
                if let Some(sent) = self.tabs[tab].request.take() {
                    self.tabs[tab].outbox.unanswered(sent.id);
                }
            }
            Step::Reload { tab } => {
                self.tabs[tab] = Tab::default();
                self.sync(tab);
            }
            Step::Sync { tab } => self.sync(tab),
        }
    }
}

proptest! {
    /// However requests and answers are lost, pages reloaded, and two tabs send the same: all that was given is done, once, in order.
    #[test]
    fn every_order_acts_once_and_in_order(steps in proptest::collection::vec(step(), 0..80)) {
        let mut simulation = Simulation::default();
        let mut given = Vec::new();
        for (number, step) in (1..).zip(&steps) {
            if matches!(step, Step::Give { .. }) {
                given.push(number);
            }
            simulation.take(step, number);
        }
        for _ in 0..2 * steps.len() {
            for tab in 0..2 {
                simulation.sync(tab);
                simulation.take(&Step::Send { tab }, 0);
                simulation.take(&Step::Arrive { tab, answered: true }, 0);
            }
        }
        prop_assert_eq!(simulation.acted, given);
        prop_assert!(simulation.storage.is_empty());
    }
}
