//! All watchers of a run, and what they know in the end compared with what Darkroom says.

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use darkroom::proto::{
    ids::TaskId,
    task::{Snapshot, Task, TaskState},
};
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    client::Caller,
    event_watcher::EventWatcher,
    socket_watcher::{SocketWatcher, Watched},
    witness::Witness,
};

/// For the last of it to arrive, and for a connection that nobody has closed to be given up.
const PATIENCE: Duration = Duration::from_secs(45);

pub struct Watchers {
    sockets: Vec<Arc<Mutex<Watched>>>,
    streams: Vec<Arc<Mutex<Witness>>>,
    jobs: Vec<JoinHandle<()>>,
}

impl Drop for Watchers {
    fn drop(&mut self) {
        self.jobs.iter().for_each(JoinHandle::abort);
    }
}

/// Of all of them together.
#[derive(Debug, Default)]
pub struct Seen {
    pub told_twice: usize,
    pub taken_back: usize,
    pub backwards: usize,
    /// Tasks whose end a watcher never heard of, or that it shows in another state than Darkroom.
    pub holes: usize,
    pub connections: usize,
    /// Whole states given to sockets and to event streams, beyond the first of each.
    pub snapshots: usize,
    pub start_overs: usize,
    pub complaints: Vec<String>,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "connections={} snapshots={} start_overs={} taken_back={} backwards={}",
            self.connections, self.snapshots, self.start_overs, self.taken_back, self.backwards
        )
    }
}

impl Watchers {
    /// As many of each kind.
    pub fn start(balancer: SocketAddr, count: usize) -> Self {
        let mut watchers = Self { sockets: Vec::new(), streams: Vec::new(), jobs: Vec::new() };
        for _ in 0..count {
            let (socket, stream) = (SocketWatcher::new(balancer), EventWatcher::new(balancer));
            watchers.sockets.push(socket.watched.clone());
            watchers.streams.push(stream.witness.clone());
            watchers.jobs.push(tokio::spawn(socket.watch()));
            watchers.jobs.push(tokio::spawn(stream.watch()));
        }
        watchers
    }

    /// Pages alone.
    pub fn of_pages(balancer: SocketAddr, count: usize) -> Self {
        let mut watchers = Self { sockets: Vec::new(), streams: Vec::new(), jobs: Vec::new() };
        for _ in 0..count {
            let socket = SocketWatcher::new(balancer);
            watchers.sockets.push(socket.watched.clone());
            watchers.jobs.push(tokio::spawn(socket.watch()));
        }
        watchers
    }

    /// The longest time between two connections of a page.
    pub fn longest_away(&self) -> Duration {
        self.sockets.iter().map(|one| one.lock().expect("lock").longest_away).max().unwrap_or_default()
    }

    /// So that all of them see everything.
    pub async fn until_connected(&self) {
        let sockets = || self.sockets.iter().all(|one| one.lock().expect("lock").witness.resyncs > 0);
        let streams = || self.streams.iter().all(|one| one.lock().expect("lock").connections > 0);
        while !(sockets() && streams()) {
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many tasks are at their end, as the one says that knows most.
    pub fn known_ends(&self) -> usize {
        self.streams.iter().map(|one| one.lock().expect("lock").ends.len()).max().unwrap_or_default()
    }

    /// When everything is over. `tasks`: what Darkroom says of all that were accepted.
    pub async fn judge(&self, caller: &Caller, tasks: &BTreeMap<TaskId, Option<Task>>) -> Seen {
        let ends: BTreeMap<TaskId, TaskState> =
            tasks.iter().filter_map(|(id, task)| Some((*id, task.as_ref()?.state))).filter(|(_, state)| state.is_final()).collect();
        let start = Instant::now();
        loop {
            let shown = loop {
                match caller.snapshot().await {
                    Some(snapshot) => break snapshot,
                    None => sleep(Duration::from_millis(50)).await,
                }
            };
            let seen = self.look(&shown, &ends);
            if seen.holes == 0 || start.elapsed() > PATIENCE {
                return seen;
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    fn look(&self, shown: &Snapshot, ends: &BTreeMap<TaskId, TaskState>) -> Seen {
        let mut seen = Seen::default();
        for (at, watched) in self.sockets.iter().enumerate() {
            let Watched { state, witness, .. } = &*watched.lock().expect("lock");
            let who = format!("socket {at}");
            seen.snapshots += witness.resyncs.saturating_sub(1);
            seen.add(&who, witness, ends);
            for hole in differences(state, shown) {
                seen.holes += 1;
                seen.complaints.push(format!("{who} shows {hole}"));
            }
        }
        for (at, witness) in self.streams.iter().enumerate() {
            let witness = &*witness.lock().expect("lock");
            seen.start_overs += witness.resyncs.saturating_sub(1);
            seen.add(&format!("stream {at}"), witness, ends);
        }
        seen
    }
}

impl Seen {
    fn add(&mut self, who: &str, witness: &Witness, ends: &BTreeMap<TaskId, TaskState>) {
        self.told_twice += witness.told_twice;
        self.taken_back += witness.taken_back;
        self.backwards += witness.backwards;
        self.connections += witness.connections;
        self.complaints.extend(witness.complaints.iter().map(|complaint| format!("{who}: {complaint}")));
        for (task, end) in ends {
            let known = witness.ends.get(task);
            if known != Some(end) {
                self.holes += 1;
                self.complaints.push(format!("{who} knows {known:?} of {task}, which is {end:?}"));
            }
        }
    }
}

/// In what the tasks of a page differ from those that Darkroom shows now. A page may know more of a task than a snapshot says.
fn differences(page: &Snapshot, shown: &Snapshot) -> Vec<String> {
    let view = |task: &Task| {
        let outputs: Vec<_> = task.outputs.iter().map(|output| (output.id, output.content.clone(), output.storage)).collect();
        (task.state, task.attempt, task.permille, task.paused, task.place, task.ended_at, outputs)
    };
    let mut differences = Vec::new();
    for task in &shown.tasks {
        match page.task(task.id) {
            None => differences.push(format!("no {}", task.id)),
            Some(known) if view(known) != view(task) => {
                differences.push(format!("{} as {:?}, and it is {:?}", task.id, view(known), view(task)));
            }
            Some(_) => {}
        }
    }
    let unknown = page.tasks.iter().filter(|task| shown.task(task.id).is_none());
    differences.extend(unknown.map(|task| format!("{}, which is not there any more", task.id)));
    differences
}
