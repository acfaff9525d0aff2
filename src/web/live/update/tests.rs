//! A socket and polls bring updates in any order, across restarts of the server: the live state never goes back, and is always one that the
//! server had.

use std::collections::{HashMap, VecDeque};

use leptos::prelude::*;
use proptest::prelude::*;

use super::*;
use crate::live::provide_live;
use proto::{
    ids::{Epoch, Resume, Seq},
    task::Change,
    time::Timestamp,
};

/// What happens next.
#[derive(Clone, Debug)]
enum Event {
    /// The server's state changes.
    Change,
    /// The server ends and starts again; its sequence numbers begin anew.
    Restart,
    /// A slow connection gets a snapshot instead of the changes it missed.
    Resync,
    Connect,
    /// The socket's next message arrives.
    SocketDelivers,
    Poll,
    /// One of the answers to polls arrives, not necessarily the oldest.
    PollDelivers(usize),
    /// What arrived is applied, as with the next animation frame.
    Draw,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Change),
        1 => Just(Event::Restart),
        1 => Just(Event::Resync),
        2 => Just(Event::Connect),
        6 => Just(Event::SocketDelivers),
        2 => Just(Event::Poll),
        2 => (0_usize..4).prop_map(Event::PollDelivers),
        3 => Just(Event::Draw),
    ]
}

/// Its state is whether the queue is paused: each change reverses that, so that one that is missing or comes twice shows.
struct Server {
    state: Snapshot,
    log: Vec<Numbered>,
    /// Every state there ever was.
    states: HashMap<(Epoch, Seq), bool>,
}

impl Server {
    fn new(epoch: u64) -> Self {
        let mut server = Self { state: Snapshot { epoch: Epoch(epoch), ..Snapshot::default() }, log: Vec::new(), states: HashMap::new() };
        server.note();
        server
    }

    fn note(&mut self) {
        self.states.insert((self.state.epoch, self.state.seq), self.state.queue_paused);
    }

    fn change(&mut self) -> Numbered {
        let numbered = self.state.push(Change::QueuePaused { paused: !self.state.queue_paused });
        self.log.push(numbered.clone());
        self.note();
        numbered
    }

    fn restart(&mut self) {
        self.state.epoch = Epoch(self.state.epoch.0 + 1);
        self.state.seq = Seq(0);
        self.log.clear();
        self.note();
    }

    /// The answer to a poll, and the start of a socket's stream.
    fn since(&self, known: Resume) -> StateUpdate {
        if known.epoch != self.state.epoch {
            return self.snapshot();
        }
        StateUpdate::Changes(known.epoch, self.log.iter().filter(|numbered| numbered.seq > known.seq).cloned().collect())
    }

    fn snapshot(&self) -> StateUpdate {
        StateUpdate::Snapshot(Box::new(self.state.clone()))
    }
}

fn run(events: Vec<Event>) -> Result<(), TestCaseError> {
    let mut server = Server::new(7);
    let live = provide_live(server.state.clone());
    // The messages of the present socket that are under way. The server's end of it is gone after a restart.
    let mut socket = VecDeque::new();
    let mut is_open = false;
    let mut polls: Vec<StateUpdate> = Vec::new();
    let mut arrived: Vec<StateUpdate> = Vec::new();
    let mut before = live.resume();
    for event in events {
        match event {
            Event::Change => {
                let numbered = server.change();
                if is_open {
                    socket.push_back(StateUpdate::Changes(server.state.epoch, vec![numbered]));
                }
            }
            Event::Restart => {
                server.restart();
                is_open = false;
            }
            Event::Resync if is_open => socket.push_back(server.snapshot()),
            Event::Resync => {}
            Event::Connect => {
                socket = VecDeque::from([server.since(live.resume())]);
                is_open = true;
            }
            Event::SocketDelivers => arrived.extend(socket.pop_front()),
            Event::Poll => polls.push(server.since(live.resume())),
            Event::PollDelivers(at) if at < polls.len() => arrived.push(polls.remove(at)),
            Event::PollDelivers(_) => {}
            Event::Draw => live.update(std::mem::take(&mut arrived)),
        }
        let now = live.resume();
        prop_assert!(before <= now, "from {before:?} back to {now:?}");
        let shown = live.with_all(|all| all.queue_paused);
        prop_assert_eq!(Some(&shown), server.states.get(&(now.epoch, now.seq)), "not the server's state at {:?}", now);
        before = now;
    }
    // What is still under way changes nothing about that; then one poll brings the page up to date.
    live.update(arrived);
    live.update(polls);
    live.update(vec![server.since(live.resume())]);
    prop_assert_eq!(live.resume(), server.state.resume());
    prop_assert_eq!(live.with_all(|all| all.queue_paused), server.state.queue_paused);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn an_older_change_never_replaces_a_newer_state(events in proptest::collection::vec(event(), 1..80)) {
        Owner::new().with(|| run(events))?;
    }
}

#[test]
fn an_older_snapshot_is_refused_and_an_equal_one_taken() {
    Owner::new().with(|| {
        let at = |epoch, seq, queue_paused| {
            StateUpdate::Snapshot(Box::new(Snapshot {
                epoch: Epoch(epoch),
                seq: Seq(seq),
                queue_paused,
                now: Timestamp(0),
                ..Snapshot::default()
            }))
        };
        let live = provide_live(Snapshot { epoch: Epoch(3), seq: Seq(9), ..Snapshot::default() });
        let paused = || untrack(|| live.with_all(|all| all.queue_paused));
        live.update(vec![at(3, 8, true)]);
        assert!(!paused(), "an older sequence number");
        live.update(vec![at(2, 50, true)]);
        assert!(!paused(), "an older epoch");
        live.update(vec![StateUpdate::Changes(Epoch(2), vec![Numbered { seq: Seq(51), change: Change::QueuePaused { paused: true } }])]);
        assert!(!paused(), "changes of an older epoch");
        live.update(vec![
            StateUpdate::Changes(Epoch(3), vec![Numbered { seq: Seq(10), change: Change::QueuePaused { paused: true } }]),
            at(3, 9, false),
        ]);
        assert!(paused(), "a snapshot that is refused does not undo the changes before it");
        live.update(vec![at(3, 10, false)]);
        assert!(!paused(), "the same position, asked for because a message could not be read");
        live.update(vec![at(4, 0, true)]);
        assert!(paused(), "a newer epoch");
    });
}
